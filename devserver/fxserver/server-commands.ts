import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { CommandHandler } from './commands.ts';
import { splitCommands } from './console-line.ts';
import type { ConvarKind } from './convars.ts';
import { pack } from './message-pack.ts';
import type { Resources } from './resources.ts';
import type { ServerParts } from './server-parts.ts';

/** Lines of a usual `server.cfg` about things that the stand-in has not. */
const ignored = [
  'endpoint_add_tcp',
  'endpoint_add_udp',
  'load_server_icon',
  'set_steam_key',
  'block_net_game_event',
];

/** What the server's own commands act on. */
export interface ServerConsole {
  readonly server: ServerParts;
  readonly resources: Resources;
  /** Runs one console line, as the console. */
  run(line: string): Promise<void>;
}

/** Registers the server's own commands. */
export function registerServerCommands(console: ServerConsole): void {
  const { server, resources } = console;
  const { access, convars, commands } = server;
  const say = (text: string): void => server.print('cmd', text);

  /** A command with this many words after it at least; fewer get its usage. */
  const add = (
    name: string,
    words: readonly string[],
    run: (args: string[], raw: string) => Promise<void> | undefined,
  ): void => {
    const handler: CommandHandler = (source, args, raw) => {
      if (args.length >= words.length) return run(args, raw);
      source.print(`Usage: ${[name, ...words.map((word) => `<${word}>`)].join(' ')}`);
      return undefined;
    };
    commands.register(name, handler);
  };
  const now = (run: (args: string[]) => void) => (args: string[]) => {
    run(args);
    return undefined;
  };
  const each = async (names: string[], run: (name: string) => Promise<unknown>): Promise<void> => {
    for (const name of names) await run(name);
  };
  const allows = (word: string): boolean | undefined => {
    if (word === 'allow' || word === 'deny') return word === 'allow';
    say("Access type needs to be 'allow' or 'deny'.");
    return undefined;
  };

  const kinds: Record<string, ConvarKind> = {
    set: 'server',
    setr: 'replicated',
    sets: 'serverInfo',
    seta: 'server',
  };
  for (const [name, kind] of Object.entries(kinds)) {
    add(
      name,
      ['convar', 'value'],
      now(([convar = '', ...value]) => convars.set(convar, value.join(' '), kind)),
    );
  }
  add(
    'add_convar_permission',
    ['resource', 'read', 'convar'],
    now(([resource = '', right, convar = '']) => {
      if (right === 'read') convars.permitReading(resource, convar);
    }),
  );

  add(
    'add_ace',
    ['principal', 'object', 'allow'],
    now(([principal = '', object = '', word = '']) => {
      const allow = allows(word);
      if (allow !== undefined) access.add(principal, object, allow);
    }),
  );
  add(
    'remove_ace',
    ['principal', 'object', 'allow'],
    now(([principal = '', object = '', word = '']) => {
      const allow = allows(word);
      if (allow !== undefined) access.remove(principal, object, allow);
    }),
  );
  add(
    'add_principal',
    ['child', 'parent'],
    now(([child = '', parent = '']) => access.inherit(child, parent)),
  );
  add(
    'remove_principal',
    ['child', 'parent'],
    now(([child = '', parent = '']) => access.disinherit(child, parent)),
  );
  add(
    'test_ace',
    ['principal', 'object'],
    now(([principal = '', object = '']) => {
      say(`${principal} -> ${object}: ${access.isAllowed([principal], object) ? 'ALLOWED' : 'DENIED'}`);
    }),
  );

  add('start', ['resource'], (names) => each(names, (name) => resources.start(name)));
  add('ensure', ['resource'], (names) =>
    each(names, async (name) => {
      resources.stop(name);
      await resources.start(name);
    }),
  );
  add(
    'stop',
    ['resource'],
    now((names) => {
      for (const name of names) resources.stop(name);
    }),
  );
  add('restart', ['resource'], (names) =>
    each(names, async (name) => {
      if (resources.state(name) !== 'started') return;
      resources.stop(name);
      await resources.start(name);
    }),
  );
  add('refresh', [], async () => {
    await resources.readManifests();
    server.events.trigger('onResourceListRefresh', pack([], server.hostFunctions));
  });

  add('exec', ['file'], async ([file = '']) => {
    const [, resource, rest] = /^@([^/]+)\/(.+)$/.exec(file) ?? [];
    const folder =
      resource === undefined ? dirname(convars.get('serverConfig') ?? '.') : resources.path(resource);
    if (folder === undefined) {
      say(`No such config file: ${file}`);
      return;
    }
    let text: string;
    try {
      text = readFileSync(resource === undefined ? resolve(folder, file) : join(folder, rest ?? ''), 'utf8');
    } catch {
      say(`No such config file: ${file}`);
      return;
    }
    for (const line of splitCommands(text)) await console.run(line);
  });

  add('say', [], (_args, raw) => {
    const text = raw.replace(/^\s*say\s*/i, '');
    server.sendToClient(-1, 'chat:addMessage', pack([{ args: ['console', text] }], server.hostFunctions));
    say(`console: ${text}`);
    return undefined;
  });
  add(
    'status',
    [],
    now(() => {
      for (const player of server.players.joined.values()) {
        say(`${player.id} ${player.identifiers[0] ?? ''} ${player.name} ${player.endpoint} 25`);
      }
    }),
  );
  add(
    'clientkick',
    ['id', 'reason'],
    now(([id = '', ...reason]) => {
      const player = server.players.find(id);
      if (player?.connected) server.drop(player, reason.join(' '), '');
    }),
  );
  for (const name of ignored)
    add(
      name,
      [],
      now(() => undefined),
    );
}
