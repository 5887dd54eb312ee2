import type { CommandHandler } from './commands.ts';
import { splitCommands } from './console-line.ts';
import type { ConvarKind } from './convars.ts';
import { pack } from './message-pack.ts';
import { isCategory, type Resources } from './resources.ts';
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
  /** Whether the server's configuration has been run to its end. */
  readonly isConfigured: boolean;
  /** A config file's text; undefined when there is none. */
  readConfig(path: string): string | undefined;
  /** Runs one console line, as the console. */
  run(line: string): Promise<void>;
}

/** Registers the server's own commands. */
export function registerServerCommands(console: ServerConsole): void {
  const { server, resources } = console;
  const { access, convars, commands } = server;
  const say = (text: string): void => server.print('cmd', text);

  /** A command with exactly these words after it (Console.Commands.h), or, when it `takesMore`, any after them. */
  const add = (
    name: string,
    words: readonly string[],
    run: (args: string[], raw: string) => Promise<void> | undefined,
    takesMore = false,
  ): void => {
    const handler: CommandHandler = (source, args, raw) => {
      const fits = takesMore ? args.length >= words.length : args.length === words.length;
      if (fits) return run(args, raw);
      source.print(`Argument count mismatch (passed ${args.length}, wanted ${words.length})`);
      return undefined;
    };
    commands.register(name, handler);
  };
  const now = (run: (args: string[]) => void) => (args: string[]) => {
    run(args);
    return undefined;
  };
  /** The resource that is meant, or all of a `[category]`. */
  const named = (name: string): readonly string[] => {
    if (!isCategory(name)) return [name];
    const found = resources.inCategory(name);
    if (found.length === 0) say(`^3Couldn't find resource category ${name}.^7`);
    return found;
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
      now(([convar = '', value = '']) => convars.set(convar, value, kind)),
    );
  }
  add(
    'add_convar_permission',
    ['resource', 'read', 'convar'],
    now(([resource = '', right, convar = '']) => {
      // Also when it stands in a file that somebody runs by `exec` later (ConsoleScriptFunctions.cpp).
      if (console.isConfigured) {
        say('^3Warning: add_convar_permission is only executable before the server finished execution.^7');
      } else if (right === 'read') convars.permitReading(resource, convar);
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

  add('start', ['resource'], async ([name = '']) => {
    for (const resource of named(name)) await resources.start(resource);
  });
  add('ensure', ['resource'], async ([name = '']) => {
    for (const resource of named(name)) {
      // While the configuration runs, what a dependency has started stays as it is (ServerResources.cpp).
      if (console.isConfigured) resources.stop(resource);
      await resources.start(resource);
    }
  });
  add(
    'stop',
    ['resource'],
    now(([name = '']) => {
      for (const resource of named(name)) resources.stop(resource);
    }),
  );
  add('restart', ['resource'], async ([name = '']) => {
    for (const resource of named(name)) {
      if (resources.state(resource) !== 'started') continue;
      resources.stop(resource);
      await resources.start(resource);
    }
  });
  add('refresh', [], async () => {
    await resources.refresh();
    server.events.trigger('onResourceListRefresh', pack([], server.hostFunctions));
  });

  add('exec', ['file'], async ([file = '']) => {
    const text = console.readConfig(file);
    if (text === undefined) {
      say(`No such config file: ${file}`);
      return;
    }
    for (const line of splitCommands(text)) await console.run(line);
  });

  add(
    'say',
    [],
    (_args, raw) => {
      const text = raw.replace(/^\s*say\s*/i, '');
      server.sendToClient(-1, 'chat:addMessage', pack([{ args: ['console', text] }], server.hostFunctions));
      say(`console: ${text}`);
      return undefined;
    },
    true,
  );
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
    true,
  );
  for (const name of ignored) {
    add(
      name,
      [],
      now(() => undefined),
      true,
    );
  }
}
