import { cmsAccountOf, linkAccounts, PEOPLE } from './people.ts';
import { line, note } from './screen.ts';
import type { Stage } from './stage.ts';

/** What can be typed. */
export const HELP = `Commands (a player is a name or a server id):
  as <player> /<command> …    a player types into the chat, for example: as Alice /cmsban Pia 2h ramming
                              then, with the id from the answer: as Alice /cmsunban 83a12779c3
  join <name> [identifier…]   a player connects; those of the demo bring their identifiers along
  link <name>                 a player links their accounts in Sonoran; Ulf has not done so yet
  later <time>                so much time passes at once, for example: later 2h (also m and d)
  tx ban <player> <reason>    a ban in txAdmin
  tx kick <player> <reason>   a kick in txAdmin (mirrored when cmsban_txadmin_actions has kick)
  players                     who is on the server
  cms ban <name>              somebody bans the member of that name in the CMS web panel
  cms unban <name>            … and lifts the ban
  cms kick <name>             … or removes them from the community
  sonoran down | up | slow    Sonoran fails, is back, or takes five seconds for every answer
  help, quit
  Anything else goes to the server console as typed, for example: cmsban Pia ramming
Alice may moderate, nobody else.`;

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Runs one line; true when it asks to quit. */
export type RunLine = (input: string) => Promise<boolean>;

/** Makes what runs the lines that are typed into the demo. Whatever a line gets wrong, it says so. */
export function createConsole({ fx, txAdmin, sonoran, clock }: Stage): RunLine {
  function playersHere(): string {
    const names = [...fx.players.values()].map(({ id, name }) => `${name} (${id})`);
    return names.length === 0 ? 'Nobody is on the server.' : `On the server: ${names.join(', ')}.`;
  }

  /** The player of that id or name, in any case. Says so when there is none. */
  function playerCalled(word: string | undefined) {
    const isMeant = (name: string) => name.toLowerCase() === word?.toLowerCase();
    const player = fx.players.get(Number(word)) ?? [...fx.players.values()].find(({ name }) => isMeant(name));
    if (player === undefined) {
      note(word === undefined ? 'Which player?' : `No player is called ${word}, or has that id.`);
      note(playersHere());
    }
    return player;
  }

  /** In a command of cmsban, the name of somebody who is here becomes their id, as a player would type it. */
  function withId(text: string): string {
    const [command = '', name, ...rest] = text.split(' ');
    if (!/^\/?cms/.test(command)) return text;
    const named = [...fx.players.values()].find(
      (player) => player.name.toLowerCase() === name?.toLowerCase(),
    );
    return named === undefined ? text : [command, named.id, ...rest].join(' ');
  }

  async function say([who, ...words]: readonly string[]): Promise<void> {
    const player = playerCalled(who);
    if (player !== undefined) await player.chatInput(withId(words.join(' ')));
  }

  async function join([name, ...identifiers]: readonly string[]): Promise<void> {
    if (name === undefined) return note('Who? For example: join Bob');
    const known = Object.values(PEOPLE).find((person) => person.name.toLowerCase() === name.toLowerCase());
    const joined = await fx.connect(known && identifiers.length === 0 ? known : { name, identifiers });
    note(joined.admitted ? `${name} is on the server as ${joined.player.id}.` : joined.message);
  }

  function link([name]: readonly string[]): void {
    const isMeant = (player: { name: string }) => player.name.toLowerCase() === name?.toLowerCase();
    const player = Object.values(PEOPLE).find(isMeant) ?? [...fx.players.values()].find(isMeant);
    if (name === undefined) note('Who? For example: link Ulf');
    else if (player === undefined || !linkAccounts(sonoran, player)) {
      note(`No member is called ${name}. In CMS: ${memberNames()}.`);
    }
  }

  function later([time = '']: readonly string[]): void {
    const [, count, unit = ''] = /^(\d{1,3})([mhd])$/.exec(time) ?? [];
    const ms = UNIT_MS[unit];
    if (ms === undefined) note('How much later? For example: later 30m, later 2h, later 7d');
    else clock.skip(Number(count) * ms);
  }

  async function decideInTxAdmin([what, who, ...words]: readonly string[]): Promise<void> {
    if (what !== 'ban' && what !== 'kick') {
      return note('tx ban <player> <reason>, or tx kick <player> <reason>');
    }
    const player = playerCalled(who);
    if (player === undefined) return;
    await txAdmin[what]({ author: 'you', reason: words.join(' ') || 'no reason', target: player.id });
  }

  function decideInPanel([what, ...words]: readonly string[]): void {
    const account = cmsAccountOf(sonoran, words.join(' '));
    if (what !== 'ban' && what !== 'unban' && what !== 'kick') {
      note('cms ban <name>, cms unban <name>, or cms kick <name>');
    } else if (account === undefined) {
      note(`No member is called ${words.join(' ')}. In CMS: ${memberNames()}.`);
    } else sonoran.cms[what](account.accId);
  }

  function memberNames(): string {
    return sonoran.cms.accounts.map(({ accName }) => accName).join(', ');
  }

  async function setSonoran([state]: readonly string[]): Promise<void> {
    if (state !== 'down' && state !== 'up' && state !== 'slow') {
      return note('sonoran down, sonoran up, or sonoran slow');
    }
    for (const host of [sonoran.cms, sonoran.cad]) {
      host.clearFaults();
      if (state === 'down') await host.down();
      else await host.up();
      if (state === 'slow') host.fault('*', { kind: 'latency', ms: 5_000, effect: true });
    }
  }

  const commands: Readonly<Record<string, (words: readonly string[]) => Promise<void> | void>> = {
    help: () => note(HELP),
    players: () => {
      for (const { id, name, identifiers } of fx.players.values()) {
        line('does', `${id} ${name}`, identifiers.join(' '));
      }
    },
    as: say,
    join,
    link,
    later,
    tx: decideInTxAdmin,
    cms: decideInPanel,
    sonoran: setSonoran,
  };

  return async (input) => {
    const [word = '', ...rest] = input.trim().split(/\s+/);
    if (word === 'quit' || word === 'exit') return true;
    const command = Object.hasOwn(commands, word) ? commands[word] : undefined;
    if (command !== undefined) await command(rest);
    else if (word !== '') await fx.console(withId(input.trim()));
    return false;
  };
}
