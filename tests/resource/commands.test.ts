import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { banNotice } from './notices.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { asked, newSomebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** What people type, who may, and what they are told in which order. */

const FIRST_RETRY_MS = 2_000;
const COMMANDS = ['cmsban', 'cmskick', 'cmsunban', 'cmslookup'];

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});
afterEach(() => {
  world.sonoran.cms.clearFaults();
  world.sonoran.cad.clearFaults();
});

/** The lines that a player's chat gained by doing something, once there are so many. */
async function chatOf(player: Player, lines: number, act: () => Promise<unknown>) {
  const before = player.chat.length;
  await act();
  await until(() => player.chat.length >= before + lines, `${lines} lines in chat`);
  return player.chat.slice(before).map((line) => line.replace(/^cmsban: /, ''));
}

/** Lets somebody in who may use every command. */
async function newModerator(name: string, license: string): Promise<Player> {
  await world.fx.console(`add_principal identifier.license:${license} group.admin`);
  return world.join(name, [`license:${license}`]);
}

const requestCount = () => callsToBoth(world.sonoran).length;

describe('usage', () => {
  const rows = COMMANDS.flatMap((command) => [command, `${command} ""`, `${command}   `]);

  it.each(rows)('of a wrong call: /%s', async (line) => {
    const name = line.split(' ')[0];
    const events = world.events.length;
    const duration = name === 'cmsban' ? ' [duration]' : '';
    const reason = name === 'cmslookup' ? '' : ' [reason…]';
    const usage = `Usage: /${name} <target>${duration}${reason} A target is a server id`;
    const [answer] = await chatOf(moderator, 1, () => moderator.chatInput(`/${line}`));
    expect(answer).toContain(usage);
    const printed = world.log.length;
    await world.fx.console(line);
    expect(world.log.slice(printed)).toEqual([expect.stringContaining(usage)]);
    expect(world.events).toHaveLength(events);
  });
});

describe('who may', () => {
  it.each(COMMANDS)('nobody without the ACE: /%s', async (command) => {
    const who = newSomebody(world);
    const player = await world.join('Peter', [`license:${command}`]);
    const before = { requests: requestCount(), events: world.events.length, log: world.log.length };
    await player.chatInput(`/${command} license:${who.license} being rude`);
    expect(player.chat).toEqual([`Access denied for command ${command}.`]);
    expect({ requests: requestCount(), events: world.events.length, log: world.log.length }).toEqual(before);
  });

  it('whoever holds the ACE of one command, that one alone', async () => {
    const who = newSomebody(world);
    await world.fx.console('add_ace identifier.license:5eed command.cmslookup allow');
    const player = await world.join('Luke', ['license:5eed']);
    await player.chatInput(`/cmsban license:${who.license} being rude`);
    expect(player.chat).toEqual(['Access denied for command cmsban.']);
    const lines = await chatOf(player, 2, () => player.chatInput(`/cmslookup license:${who.license}`));
    expect(lines[1]).toContain('not banned');
  });

  it('the console, always', async () => {
    const who = newSomebody(world);
    const outcome = await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} being rude`));
    expect(outcome).toMatchObject({ code: 'OK', author: 'console', origin: 'console', reason: 'being rude' });
  });
});

describe('what is typed', () => {
  it.each<[string, (who: ReturnType<typeof newSomebody>) => string, 'cms' | 'cad', string]>([
    ['LICENSE:', ({ license }) => `LICENSE:${license.toUpperCase()}`, 'cad', 'license'],
    ['Steam:', ({ steam }) => `Steam:${steam}`, 'cms', 'steam'],
    ['DiScOrD:', ({ discord }) => `DiScOrD:${discord}`, 'cms', 'discord'],
    ['ACCOUNT:', ({ accId }) => `ACCOUNT:${accId.toUpperCase()}`, 'cms', 'accId'],
    ['Account:', ({ uuid }) => `Account:${uuid.toUpperCase()}`, 'cad', 'uuid'],
    ['USERNAME:', ({ name }) => `USERNAME:${name}`, 'cms', 'name'],
  ])('in odd case: %s', async (_, typed, product, field) => {
    const who = newSomebody(world);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${typed(who)} being rude`));
    expect(outcome).toMatchObject({ status: 'delivered' });
    // Whoever is banned by an account's name is looked up afterwards, by a GET.
    const ban = callsTo(world.sonoran[product]).findLast(({ method }) => method === 'POST');
    const named = Object.values(asked(ban ?? fail()) as object);
    expect(named).toContain(who[field as keyof typeof who]);
  });

  it('with a command in odd case, a unique number and zeros in front', async () => {
    const { accId, uniqueId } = world.sonoran.cms.addAccount();
    await world.outcomeOf(() => moderator.chatInput(`/CmsBan UNIQUE:00${uniqueId}`));
    expect(world.sonoran.cms.account(accId).banned).toBe(true);
  });

  it('with a server id that has zeros in front', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() => moderator.chatInput(`/cmsban 00${player.id}`));
    expect(player.connected).toBe(false);
  });

  it.each([
    ['chat', (line: string) => moderator.chatInput(`/${line}`)],
    ['console', (line: string) => world.fx.console(line)],
  ])('with quotes, in the %s', async (origin, type) => {
    const accName = `John "J" Doe of ${origin}`;
    const { accId } = world.sonoran.cms.addAccount({ accName });
    const outcome = await world.outcomeOf(() =>
      type(`cmsban "username:${accName.replaceAll('"', '\\"')}" said "so  what"`),
    );
    expect(outcome).toMatchObject({
      status: 'delivered',
      target: { name: null, identifiers: [], account: `username:${accName}` },
    });
    expect(outcome['reason']).toBe('said "so what"');
    expect(world.sonoran.cms.account(accId).banned).toBe(true);
  });

  it('unquoted, a name ends at the space', async () => {
    world.sonoran.cms.addAccount({ accName: 'Jane' });
    const outcome = await world.outcomeOf(() => moderator.chatInput('/cmsban username:Jane Doe rude'));
    expect(outcome).toMatchObject({ target: { account: 'username:Jane' }, reason: 'Doe rude' });
  });

  it('without a reason', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id}`));
    expect(outcome).toMatchObject({ reason: '' });
    expect(player.dropReason).toMatch(banNotice('none given', 'Mia'));
  });

  it('about a player who is not there', async () => {
    const requests = requestCount();
    const [answer] = await chatOf(moderator, 1, () => moderator.chatInput('/cmskick 4242 idling'));
    expect(answer).toMatch(/^There is no player with the id 4242\./);
    expect(requestCount()).toBe(requests);
  });

  it('about oneself', async () => {
    const self = await newModerator('Selma', '5e1f');
    world.sonoran.cad.addAccount({ apiIds: ['5e1f'] });
    const outcome = await world.outcomeOf(() => self.chatInput(`/cmsban ${self.id} testing`));
    expect(outcome).toMatchObject({ status: 'delivered', dropped: true });
    expect(self.connected).toBe(false);
  });
});

describe('immune', () => {
  beforeAll(async () => {
    for (const line of [
      'add_ace identifier.license:1001 cmsban.immune allow',
      'add_ace group.owner cmsban allow',
      'add_principal identifier.steam:1002 group.staff',
      'add_principal group.staff group.owner',
      'add_principal identifier.license:1003 group.owner',
      'add_ace identifier.license:1003 cmsban.immune deny',
      'add_ace identifier.license:1005 cmsban.immune allow',
    ]) {
      await world.fx.console(line);
    }
  });

  /** Whether a ban or kick of the target is refused as immune, without a word to Sonoran. */
  async function isRefused(line: string): Promise<boolean> {
    const requests = requestCount();
    const before = moderator.chat.length;
    await moderator.chatInput(line);
    const answer = await until(() => moderator.chat[before], 'the answer');
    if (!answer.includes('is immune')) return false;
    const outcome = world.events.at(-1)?.outcome;
    expect(outcome).toMatchObject({ code: 'IMMUNE', status: 'refused', dropped: false, products: {} });
    expect(requestCount()).toBe(requests);
    return true;
  }

  it.each([
    ['a player, by an identifier', ['license:1001'], true],
    ['a player, through two groups', ['license:2', 'steam:1002'], true],
    ['not one to whom it is denied', ['license:1003'], false],
    ['not anybody else', ['license:1004'], false],
  ] as const)('%s', async (_, identifiers, immune) => {
    const player = await world.join('Ivo', identifiers);
    for (const kind of ['ban', 'kick']) {
      expect(await isRefused(`/cms${kind} ${player.id} being rude`)).toBe(immune);
      expect(await isRefused(`/cms${kind} ${identifiers[0]} being rude`)).toBe(immune);
    }
    if (immune) expect(player.connected).toBe(true);
    if (player.connected) player.leave();
  });

  it('whoever is not here, by the identifier typed', async () => {
    expect(await isRefused('/cmsban license:1001 being rude')).toBe(true);
    expect(await isRefused('/cmsban STEAM:1002 being rude')).toBe(true);
    expect(await isRefused('/cmsban license:1006 being rude')).toBe(false);
  });

  it('whoever would be dropped along with the target', async () => {
    const owner = await world.join('Ann', ['license:1001', 'discord:31337']);
    const other = await world.join('Ben', ['license:77', 'discord:31337']);
    expect(await isRefused(`/cmsban ${other.id} being rude`)).toBe(true);
    // Gone, but known since: whoever shares the identifier is the same person.
    owner.leave();
    expect(await isRefused(`/cmsban ${other.id} being rude`)).toBe(true);
  });

  it('from the console as well, but not from a lift, a look-up or another resource', async () => {
    const { uuid } = world.sonoran.cad.addAccount({ apiIds: ['1005'] });
    const refused = await world.outcomeOf(() => world.fx.console('cmsban license:1005 being rude'));
    expect(refused).toMatchObject({ code: 'IMMUNE' });
    await until(() => world.log.at(-1)?.includes('is immune'), 'the answer');
    world.sonoran.cad.ban(uuid);
    const [, found] = await chatOf(moderator, 2, () => moderator.chatInput('/cmslookup license:1005'));
    expect(found).toContain('BANNED');
    const lifted = await world.outcomeOf(() => moderator.chatInput('/cmsunban license:1005'));
    expect(lifted).toMatchObject({ products: { cad: { status: 'delivered' } } });
    expect(await world.call('banPlayer', 'license:1005')).toMatchObject({ code: 'OK' });
  });
});

describe('what is told', () => {
  it('the author: at once, and again when it is settled; nobody else', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const witness = await world.join('Wim', ['license:717']);
    const name = `${who.name} (${player.id})`;
    const lines = await chatOf(moderator, 2, () => moderator.chatInput(`/cmsban ${player.id} rude`));
    expect(lines).toEqual([
      expect.stringMatching(/^\[[0-9a-f]{10}\] Banning .*…$/),
      expect.stringMatching(/^\[[0-9a-f]{10}\] .*The player was dropped from the server\.$/),
    ]);
    expect(lines.map((line) => line.slice(13))).toEqual([
      `Banning ${name}…`,
      `${name} is banned in Sonoran CMS and Sonoran CAD. The player was dropped from the server.`,
    ]);
    expect(player.chat).toEqual([]);
    expect(witness.chat).toEqual([]);
    expect(player.dropReason).toMatch(banNotice('rude', 'Mia'));
  });

  it('the accepted line before Sonoran has answered', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.fault('*', { kind: 'latency', ms: 3_000 }, 1);
    world.sonoran.cad.fault('*', { kind: 'latency', ms: 6_000 }, 1);
    const requests = requestCount();
    await moderator.chatInput(`/cmsban license:${who.license} rude`);
    await until(() => requestCount() === requests + 2, 'the requests');
    const line = moderator.chat.at(-1);
    expect(line).toMatch(new RegExp(`^cmsban: \\[\\w{10}\\] Banning license:${who.license}…$`));
    // One product alone is not the end.
    await world.clock.advance(3_000);
    await until(() => world.sonoran.cms.openRequests === 0, 'the first answer');
    expect(moderator.chat.at(-1)).toBe(line);
    await world.outcomeOf(() => world.clock.advance(3_000));
    expect(moderator.chat.at(-1)).toContain('is banned in Sonoran CMS and Sonoran CAD.');
  });

  it('three lines when it has to be tried again', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    const lines = await chatOf(moderator, 3, async () => {
      await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${who.license} rude`));
      await world.outcomeOf(() => world.clock.advance(FIRST_RETRY_MS));
    });
    expect(lines).toEqual([
      expect.stringContaining('Banning'),
      expect.stringMatching(
        /accepted, but not done yet\. They can no longer join\. Sonoran CMS: done\. Sonoran CAD: .*503/,
      ),
      expect.stringContaining('is banned in Sonoran CMS and Sonoran CAD.'),
    ]);
  });

  it('each product that did not, and why', async () => {
    const who = newSomebody(world, { cms: [] });
    const lines = await chatOf(moderator, 2, () =>
      moderator.chatInput(`/cmsban license:${who.license} rude`),
    );
    expect(lines[1]).toMatch(/\] license:\S+ is banned in Sonoran CAD\. Sonoran CMS: no account is linked/);
  });

  it.each([
    ['stays', /The player is still on the server\.$/, (_: Player) => {}],
    ['has left meanwhile', /account:<uuid>\.$/, (player: Player) => player.leave()],
  ])('that somebody is still here only while they are: who %s', async (_, words, meanwhile) => {
    const who = newSomebody(world, { cms: [], cad: [] });
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cms.fault('*', { kind: 'latency', ms: 3_000 }, 1);
    const requests = requestCount();
    await moderator.chatInput(`/cmskick ${player.id} rude`);
    await moderator.chatInput('/cmskick confirm');
    await until(() => requestCount() > requests, 'the requests');
    meanwhile(player);
    const outcome = await world.outcomeOf(() => world.clock.advance(3_000));
    expect(outcome['message']).toMatch(words);
  });

  it('in short by which API IDs nobody was found, per product', async () => {
    const who = newSomebody(world, { cms: [], cad: [] });
    const player = await world.join(who.name, who.identifiers);
    const lines = await chatOf(moderator, 2, () => moderator.chatInput(`/cmsban ${player.id} rude`));
    const { license, steam, discord } = who;
    expect(lines[1]).toContain(
      `Sonoran CMS: no account is linked to this person yet (asked for: ${discord}, ${steam}, ${license}). `,
    );
    expect(lines[1]).toContain(
      `Sonoran CAD: no account is linked to this person yet (asked for: ${license}, ${steam}, ${discord}). `,
    );
  });

  it('plainly that CMS cannot lift a ban', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    const lines = await chatOf(moderator, 2, () => moderator.chatInput(`/cmsunban license:${who.license}`));
    expect(lines).toEqual([
      expect.stringContaining(`] Lifting the ban of license:${who.license}…`),
      expect.stringMatching(
        /no longer banned in Sonoran CAD\. Sonoran CMS: it has no call to lift a ban; its ban list does not have them \(if .+ web panel\)\.$/,
      ),
    ]);
  });

  it('the console, in the console, and nothing twice', async () => {
    const who = newSomebody(world);
    const before = world.log.length;
    const outcome = await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} rude`));
    expect(world.log.slice(before)).toEqual([
      expect.stringContaining(`Banning license:${who.license}…`),
      expect.stringContaining(String(outcome['message'])),
    ]);
  });

  it('the log, what others have decided', async () => {
    const who = newSomebody(world);
    const before = world.log.length;
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${who.license} rude`));
    expect(world.log.slice(before)).toEqual([
      `[${String(outcome['id'])}] ban by Mia (chat): ${String(outcome['message'])} Reason: rude`,
    ]);
  });
});

describe('an author who has left', () => {
  /** Types a ban that Sonoran does not take yet; and what becomes of it when it does. */
  async function typeWhileDown(author: Player) {
    const who = newSomebody(world);
    world.sonoran.cms.fault('*', { kind: 'status', status: 503 }, 1);
    const outcome = await world.outcomeOf(() => author.chatInput(`/cmsban license:${who.license} rude`));
    expect(outcome).toMatchObject({ status: 'queued' });
    const settled = `cmsban: [${String(outcome['id'])}] license:${who.license} is banned in Sonoran CMS and Sonoran CAD.`;
    return { settled, settle: () => world.outcomeOf(() => world.clock.advance(FIRST_RETRY_MS)) };
  }

  it('is told under another server id', async () => {
    const author = await newModerator('Rita', 'a001');
    const { settled, settle } = await typeWhileDown(author);
    author.leave();
    const again = await world.join('Rita', ['license:a001']);
    expect(again.id).not.toBe(author.id);
    await settle();
    expect(again.chat).toEqual([settled]);
    expect(author.chat.at(-1)).toContain('not done yet');
  });

  it('for good: the log has it, and nobody else is told', async () => {
    const author = await newModerator('Rolf', 'a002');
    const { settled, settle } = await typeWhileDown(author);
    author.leave();
    const lines = moderator.chat.length;
    await settle();
    expect(moderator.chat).toHaveLength(lines);
    expect(world.log.at(-1)).toContain(settled.replace(/^cmsban: \[\w+\] /, ''));
  });

  it('without identifiers: the same, also when others without any come', async () => {
    const author = await world.join('Ghost', []);
    await world.fx.console(`add_ace player.${author.id} command allow`);
    const { settle } = await typeWhileDown(author);
    author.leave();
    const other = await world.join('Ghost', ['ip:127.0.0.1']);
    await settle();
    expect(other.chat).toEqual([]);
  });

  it('not at all, without identifiers, is told', async () => {
    const author = await world.join('Ghost', []);
    await world.fx.console(`add_ace player.${author.id} command allow`);
    const { settled, settle } = await typeWhileDown(author);
    await settle();
    expect(author.chat.at(-1)).toBe(settled);
  });
});

describe('several at once', () => {
  it('two moderators ban two people: each hears of their own', async () => {
    const other = await newModerator('Otto', 'b001');
    const [one, two] = [newSomebody(world), newSomebody(world)];
    const [mine, theirs] = await Promise.all([
      chatOf(moderator, 2, () => moderator.chatInput(`/cmsban license:${one.license} rude`)),
      chatOf(other, 2, () => other.chatInput(`/cmsban license:${two.license} rude`)),
    ]);
    expect(mine.join()).toMatch(
      new RegExp(`^\\[\\w+\\] Banning license:${one.license}….*${one.license} is banned`),
    );
    expect(theirs.join()).toMatch(
      new RegExp(`^\\[\\w+\\] Banning license:${two.license}….*${two.license} is banned`),
    );
  });

  it('two moderators ban the same person: both are told, one drop, banned once', async () => {
    const other = await newModerator('Olga', 'b002');
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const [mine, theirs] = await Promise.all([
      chatOf(moderator, 2, () => moderator.chatInput(`/cmsban ${player.id} rude`)),
      chatOf(other, 2, () => other.chatInput(`/cmsban ${player.id} very rude`)),
    ]);
    expect(mine[1]).toContain('is banned in Sonoran CMS and Sonoran CAD.');
    expect(theirs[1]).toContain('is banned in Sonoran CMS and Sonoran CAD.');
    expect(player.dropReason).toContain('Reason: rude (by Mia)');
    const effects = [...world.sonoran.cms.effects, ...world.sonoran.cad.effects].filter(
      ({ accId, changed }) => changed && (accId === who.accId || accId === who.uuid),
    );
    expect(effects.map(({ kind }) => kind)).toEqual(['ban', 'ban']);
  });

  it('ban, kick and lift of one person go out in the order typed', async () => {
    const who = newSomebody(world);
    const events = world.events.length;
    const target = `license:${who.license}`;
    for (const kind of ['ban', 'unban', 'ban']) await moderator.chatInput(`/cms${kind} ${target}`);
    await until(() => world.events.length === events + 3, 'all three');
    expect(
      world.sonoran.cad.effects.filter(({ accId }) => accId === who.uuid).map(({ kind }) => kind),
    ).toEqual(['ban', 'unban', 'ban']);
  });
});

it('on a full server nobody but the target is touched or told', async () => {
  const full = await startWorld();
  const mia = await full.moderator();
  const crowd: Player[] = [];
  for (let number = 0; number < 199; number++) {
    crowd.push(await full.join(`P${number}`, [`license:c${number}`, `steam:5${number}`, 'ip:10.0.0.1']));
  }
  const [target, alt] = [crowd[137], await full.join('Alt', ['license:a17', 'steam:5137', 'ip:10.0.0.1'])];
  const { uuid } = full.sonoran.cad.addAccount({ apiIds: ['c137'] });
  await full.outcomeOf(() => mia.chatInput(`/cmsban ${target?.id} being rude`));
  expect(full.sonoran.cad.account(uuid).status).toBe(4);
  expect(full.everybody.filter(({ connected }) => !connected)).toEqual([target, alt]);
  expect(full.everybody.filter(({ chat }) => chat.length > 0)).toEqual([mia]);
  expect(full.fx.players.size).toBe(199);
});

function fail(): never {
  throw new Error('there was no request');
}
