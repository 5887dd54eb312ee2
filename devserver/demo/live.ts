import { createInterface } from 'node:readline/promises';
import { cmsAccountOf } from './people.ts';
import { line, note } from './screen.ts';
import type { Stage } from './stage.ts';
import { Witness } from './witness.ts';

const HELP = `Commands:
  as <id> /<command> …        a player types into the chat, for example: as 1 /cmslookup 2
  join <name> [identifier…]   a player connects
  tx ban <id> <reason>        a ban in txAdmin
  tx kick <id> <reason>       a kick in txAdmin (mirrored when cmsban_txadmin_actions has kick)
  players                     who is on the server
  cms ban <name>              somebody bans the member of that name in the CMS web panel
  cms unban <name>            … and lifts the ban
  cms kick <name>             … or removes them from the community
  sonoran down | up | slow    Sonoran fails, is back, or takes five seconds for every answer
  help, quit
  Anything else goes to the server console as typed, for example: cmsban 2 ramming
Who may moderate: Alice (1). Players who were dropped come back with: join <name> <identifier…>`;

/** A console on the running stand-ins, until `quit` or the end of the input. */
export async function runLive(stage: Stage, printed: string[]): Promise<void> {
  const { fx, txAdmin, sonoran } = stage;
  note(`\nThe server runs. ${HELP}\n`);
  const witness = new Witness(stage);
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
  const news = setInterval(() => {
    if (printed.length === 0 && !witness.hasNews) return;
    process.stdout.write('\r');
    for (const text of printed.splice(0)) line('console', 'server console', text);
    witness.show();
    terminal.prompt(true);
  }, 50);

  async function run(input: string): Promise<'quit' | undefined> {
    const [word = '', ...rest] = input.trim().split(/\s+/);
    switch (word) {
      case '':
        return;
      case 'quit':
      case 'exit':
        return 'quit';
      case 'help':
        return note(HELP) as undefined;
      case 'players':
        for (const { id, name, identifiers } of fx.players.values()) {
          line('does', `${id} ${name}`, identifiers.join(' '));
        }
        return;
      case 'as': {
        const [id, ...words] = rest;
        const player = fx.players.get(Number(id));
        if (player) await player.chatInput(words.join(' '));
        else note(`There is no player ${id ?? ''}.`);
        return;
      }
      case 'join': {
        const [name = 'Newcomer', ...identifiers] = rest;
        const joined = await fx.connect({ name, identifiers });
        note(joined.admitted ? `${name} is on the server as ${joined.player.id}.` : joined.message);
        return;
      }
      case 'tx': {
        const [what, id, ...words] = rest;
        const decision = { author: 'you', reason: words.join(' ') || 'no reason', target: Number(id) };
        if (what === 'ban') await txAdmin.ban(decision);
        else if (what === 'kick') await txAdmin.kick(decision);
        else note('tx ban <id> <reason>, or tx kick <id> <reason>');
        return;
      }
      case 'cms': {
        const [what, ...words] = rest;
        const account = cmsAccountOf(sonoran, words.join(' '));
        if (what !== 'ban' && what !== 'unban' && what !== 'kick') {
          note('cms ban <name>, cms unban <name>, or cms kick <name>');
        } else if (account === undefined) note(`Nobody in CMS is called ${words.join(' ')}.`);
        else sonoran.cms[what](account.accId);
        return;
      }
      case 'sonoran':
        for (const host of [sonoran.cms, sonoran.cad]) {
          host.clearFaults();
          if (rest[0] === 'down') await host.down();
          else await host.up();
          if (rest[0] === 'slow') host.fault('*', { kind: 'latency', ms: 5_000, effect: true });
        }
        return;
      default:
        await fx.console(input);
    }
    return undefined;
  }

  try {
    terminal.prompt();
    for await (const input of terminal) {
      if ((await run(input)) === 'quit') break;
      terminal.prompt();
    }
  } finally {
    clearInterval(news);
    terminal.close();
  }
}
