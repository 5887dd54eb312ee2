import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { begin, only, pass, passUntil, quietWorld, saying } from './ban-lists.ts';
import { callsTo } from './calls.ts';
import { banNotice, kickNotice } from './notices.ts';
import { tryAgain } from './pending.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { openWorld, startWorld, type World, type WorldOptions } from './world.ts';

/** Who is dropped from the server, when, and with which words. */

const HOUR_MS = 60 * 60 * 1_000;

type Rule = 'success' | 'all' | 'always';
type Case = 'both confirm' | 'one is not linked' | 'one refuses' | 'both are down' | 'none knows them';
/** `at once`: before Sonoran has answered. */
type When = 'at once' | 'confirmed' | 'never';

const EXPECTED: Readonly<Record<Rule, Readonly<Record<Case, When>>>> = {
  success: {
    'both confirm': 'confirmed',
    'one is not linked': 'confirmed',
    'one refuses': 'confirmed',
    'both are down': 'confirmed',
    'none knows them': 'confirmed',
  },
  all: {
    'both confirm': 'confirmed',
    'one is not linked': 'confirmed',
    'one refuses': 'never',
    'both are down': 'confirmed',
    'none knows them': 'confirmed',
  },
  always: {
    'both confirm': 'at once',
    'one is not linked': 'at once',
    'one refuses': 'at once',
    'both are down': 'at once',
    'none knows them': 'at once',
  },
};

const RULES = ['success', 'all', 'always'] as const;
const CASES = Object.keys(EXPECTED.success) as Case[];

function somebodyFor(world: World, what: Case): Somebody {
  if (what === 'one is not linked') return newSomebody(world, { cad: [] });
  if (what === 'none knows them') return newSomebody(world, { cms: [], cad: [] });
  return newSomebody(world);
}

/** Types a command in the console, and waits for the end. */
async function typed(world: World, line: string): Promise<Record<string, unknown>> {
  const before = world.events.length;
  await world.fx.console(line);
  return until(() => world.events[before]?.outcome, 'the outcome');
}

describe.each(RULES)('cmsban_drop_when %s', (rule) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_drop_when: rule } });
  });
  afterAll(() => world.close());

  it.each(CASES.filter((what) => what !== 'both are down'))('when %s', async (what) => {
    const who = somebodyFor(world, what);
    if (what === 'one refuses') {
      world.sonoran.cad.fault('*', { kind: 'status', status: 400, body: 'NOT THE OWNER' }, 1);
    }
    const player = await world.join(who.name, who.identifiers);
    const before = { requests: callsTo(world.sonoran.cms).length, events: world.events.length };
    let connectedOnTheWire: boolean | undefined;
    const stop = world.sonoran.cms.onChange(() => {
      connectedOnTheWire ??= player.connected;
    });
    await world.fx.console(`cmsban ${player.id} being rude`);
    const settled = await until(() => world.events[before.events], 'the outcome');
    stop();

    const when = EXPECTED[rule][what];
    expect(player.connected).toBe(when === 'never');
    expect(settled.outcome['dropped']).toBe(when !== 'never');
    if (what !== 'none knows them') expect(connectedOnTheWire).toBe(when !== 'at once');
    expect(settled.name).toBe(what === 'none knows them' ? 'queued' : 'delivered');
  });

  it('when both are down, and back an hour later', async () => {
    const who = somebodyFor(world, 'both are down');
    const player = await world.join(who.name, who.identifiers);
    const bystander = await world.join('Bob', ['license:b0b', 'ip:127.0.0.1']);
    const before = world.events.length;
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await world.fx.console(`cmsban ${player.id} being rude`);
    const queued = await until(() => world.events[before], 'the first answer');
    expect(queued).toMatchObject({ name: 'queued', outcome: { dropped: rule === 'always' } });
    expect(player.connected).toBe(rule !== 'always');

    const start = world.clock.now();
    while (world.clock.now() < start + HOUR_MS) await tryAgain(world);
    expect(player.connected).toBe(rule !== 'always');
    // Whoever is not here does not come back.
    expect(await world.fx.connect({ name: 'Knut', identifiers: who.identifiers })).toMatchObject({
      admitted: false,
      message: expect.stringContaining('Reason: being rude (by console)'),
    });
    expect(world.events).toHaveLength(before + 1);

    await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
    await tryAgain(world);
    expect(player.connected).toBe(rule === 'all');
    await tryAgain(world);
    expect(player.connected).toBe(false);
    expect(player.dropReason).toContain('being rude');
    expect(await until(() => world.events[before + 1], 'the end')).toMatchObject({
      name: 'delivered',
      outcome: { dropped: true },
    });
    expect(bystander.connected).toBe(true);
    bystander.leave();
  });
});

describe('a ban or kick', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  const settled = (line: string) => typed(world, line);

  it('drops everybody who shares an identifier, and nobody who shares an address', async () => {
    const who = newSomebody(world);
    const [license = '', steam = '', discord = ''] = who.identifiers;
    const same = [
      await world.join(who.name, who.identifiers),
      await world.join('Other game', [license, 'ip:10.0.0.1']),
      await world.join('Other licence', ['license:0ther', steam]),
      await world.join('Other steam', ['license:0ther2', 'steam:110000100000abc', discord.toUpperCase()]),
    ];
    const others = [
      await world.join('Flatmate', ['license:f1a7', 'ip:127.0.0.1']),
      await world.join('Nobody', []),
      // The same value under another type is somebody else.
      await world.join('Twin', [`license2:${who.license}`, `fivem:${who.discord}`]),
    ];
    expect(await settled(`cmsban ${same[0]?.id}`)).toMatchObject({ status: 'delivered', dropped: true });
    expect(same.map(({ connected }) => connected)).toEqual([false, false, false, false]);
    expect(others.map(({ connected }) => connected)).toEqual([true, true, true]);
  });

  it('of nobody with an identifier drops nobody', async () => {
    const player = await world.join('Nobody', ['ip:10.0.0.9']);
    const flatmate = await world.join('Flatmate', ['license:f1a72', 'ip:10.0.0.9']);
    expect(await settled(`cmsban ${player.id}`)).toMatchObject({ code: 'NO_IDENTIFIER', dropped: false });
    expect([player.connected, flatmate.connected]).toEqual([true, true]);
  });

  it.each([
    ['cmsban', 'being rude', banNotice('being rude', 'console')],
    ['cmskick', 'being rude', kickNotice('being rude', 'console')],
    ['cmsban', '', banNotice('none given', 'console')],
    ['cmsban', '^1being^7\trude', banNotice('1being7 rude', 'console')],
    ['cmsban', '{author} {reason}', banNotice('{author} {reason}', 'console')],
  ])('says which action, why and by whom: %s %s', async (command, reason, message) => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    await settled(`${command} ${player.id} "${reason}"`);
    expect(player.dropReason).toMatch(message);
  });

  it('names the moderator who typed it', async () => {
    const moderator = await world.moderator();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    await moderator.chatInput(`/cmsban ${player.id} being rude`);
    await until(() => !player.connected, 'the drop');
    expect(player.dropReason).toContain('Reason: being rude (by Mia)');
    moderator.leave();
  });

  it('of a player who leaves meanwhile goes through', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cms.fault('*', { kind: 'latency', ms: 1_000 }, 1);
    world.sonoran.cad.fault('*', { kind: 'latency', ms: 1_000 }, 1);
    const requests = callsTo(world.sonoran.cms).length;
    const before = world.events.length;
    await world.fx.console(`cmsban ${player.id} being rude`);
    await until(() => callsTo(world.sonoran.cms).length > requests, 'the request');
    await until(() => world.sonoran.cad.openRequests === 1, 'the other request');
    player.leave('Exiting');
    await world.clock.advance(1_000);
    expect(await until(() => world.events[before]?.outcome, 'the outcome')).toMatchObject({
      status: 'delivered',
      dropped: false,
      target: { name: who.name },
    });
    expect(player.dropReason).toBe('Exiting');
    expect(world.log.join('\n')).not.toContain('internal error');
  });

  it('does not drop whoever has got the server id meanwhile', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cms.fault('*', { kind: 'status', status: 503 }, 1);
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    const before = world.events.length;
    await world.fx.console(`cmsban ${player.id} being rude`);
    await until(() => world.events[before], 'the first answer');
    player.leave();
    const next = await world.join('Next', ['license:4e87', 'ip:127.0.0.1']);
    await tryAgain(world);
    await tryAgain(world);
    expect(await until(() => world.events[before + 1]?.outcome, 'the end')).toMatchObject({
      status: 'delivered',
      dropped: false,
    });
    expect(next.connected).toBe(true);
  });

  it('that is lifted drops nobody', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cad.ban(who.uuid);
    expect(await settled(`cmsunban ${player.id}`)).toMatchObject({ status: 'delivered', dropped: false });
    expect(player.connected).toBe(true);
    const outcome = await world.call('unbanPlayer', player.id, 'sorry', { drop: 'always' });
    expect(outcome).toMatchObject({ status: 'delivered', dropped: false });
    expect(player.connected).toBe(true);
  });

  it.each([
    ['always', { cms: [], cad: [] }, true],
    ['success', { cms: [], cad: [] }, true],
    ['all', { cad: [] }, true],
    ['all', {}, true],
    [null, { cad: [] }, true],
  ] as const)('of an export drops as the caller says: %s', async (drop, links, isDropped) => {
    const who = newSomebody(world, links);
    const player = await world.join(who.name, who.identifiers);
    const outcome = await world.call('banPlayer', player.id, 'speed hack', { drop, author: 'anticheat' });
    expect(outcome).toMatchObject({ dropped: isDropped });
    expect(player.connected).toBe(!isDropped);
    if (isDropped) expect(player.dropReason).toContain('Reason: speed hack (by anticheat)');
  });
});

describe('a ban of an account', () => {
  it.each([
    ['account', ({ accId }: Somebody) => `account:${accId}`],
    ['username', ({ name }: Somebody) => `username:${name}`],
  ])('drops whoever holds it, for the decision: %s', async (_, target) => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const outcome = await world.call('banPlayer', target(who), 'rude');
    expect(outcome).toMatchObject({ status: 'delivered' });
    await until(() => !player.connected, 'the drop');
    expect(player.dropReason).toContain(`Reason: rude (by caller). Ends: never. Ban id: ${outcome['id']}`);
    expect(await world.call<unknown>('getHistory')).toMatchObject([{ id: outcome['id'], dropped: true }]);
    expect(world.log.filter((line) => line.includes('was dropped: banned'))).toEqual([]);
  });

  it.each(['true', 'false'])(
    'waits with cmsban_drop_when all for every product (cmsban_join_gate %s)',
    async (on) => {
      const convars = { cmsban_drop_when: 'all', cmsban_join_gate: on };
      const world = await startWorld({ convars });
      const who = newSomebody(world);
      const player = await world.join(who.name, who.identifiers);
      await world.sonoran.cad.down();
      const { id } = await world.outcomeOf(() => world.fx.console(`cmsban account:${who.accId} rammed`));
      await pass(world, 20_000);
      expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
      expect(player.connected).toBe(true);
      await world.sonoran.cad.up();
      await passUntil(world, () => !player.connected, 'the drop');
      expect(player.dropReason).toContain('Reason: rammed (by console)');
      expect(await world.call<unknown>('getHistory')).toMatchObject([
        { id, dropped: true, products: { cms: { code: 'OK' }, cad: { code: 'NOT_LINKED' } } },
      ]);
    },
  );
});

describe('a kick of an account', () => {
  /** Somebody who is here, and whose accounts are linked by nothing but what they have typed. */
  async function linkedByApiId(options: WorldOptions = {}) {
    const world = await startWorld(options);
    const moderator = await world.moderator();
    const who = newSomebody(world, { cms: ['license'], cad: ['license'] });
    return { world, moderator, who };
  }

  /** @returns what is told in the end. */
  async function kick(world: World, account: string) {
    const { message } = await world.outcomeOf(() => world.fx.console(`cmskick account:${account} idle`));
    return String(message);
  }

  it.each(['cms', 'cad'] as const)('drops whom a look-up has shown to hold it: %s', async (product) => {
    const { world, who, moderator } = await linkedByApiId({ use: only(product) });
    const player = await world.join(who.name, who.identifiers);
    const before = moderator.chat.length;
    await moderator.chatInput(`/cmslookup ${player.id}`);
    await until(
      () => moderator.chat.slice(before).some((line) => line.includes('account Nora')),
      'the answer',
    );
    expect(await kick(world, product === 'cms' ? who.accId : who.uuid)).toMatch(saying('dropped'));
    expect(player.dropReason).toContain('Reason: idle');
  });

  it('drops whom an earlier action was about that found it, also after a restart', async () => {
    const { world, who } = await linkedByApiId({ use: only('cad') });
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} rude`));
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    await world.restart();
    await world.listsRead();
    const player = await world.join(who.name, who.identifiers);
    expect(await kick(world, who.uuid)).toMatch(saying('dropped'));
    expect(player.dropReason).toContain('Reason: idle');
  });

  it('drops whom the ban list shows to hold it', async () => {
    const config = ['add_ace builtin.everyone cmsban.gate.bypass allow'];
    const world = await quietWorld({ use: only('cad'), config });
    const who = newSomebody(world, { cad: ['license'] });
    world.sonoran.cad.ban(who.uuid);
    await begin(world, 'cad');
    const player = await world.join(who.name, who.identifiers);
    expect(await kick(world, who.uuid)).toMatch(saying('dropped'));
    expect(player.dropReason).toContain('Reason: idle');
  });

  it('says that nobody is known to hold it, and drops nobody', async () => {
    const { world, who } = await linkedByApiId({ use: only('cad') });
    const player = await world.join(who.name, who.identifiers);
    const message = await kick(world, who.uuid);
    expect(message).toMatch(saying('nobodyDropped'));
    expect(player.connected).toBe(true);
  });

  it('that waits does not say yet that nobody was dropped', async () => {
    const { world, who } = await linkedByApiId({ use: only('cad') });
    await world.sonoran.cad.down();
    expect(await kick(world, who.uuid)).not.toMatch(saying('nobodyDropped'));
  });
});

describe('those who are still connecting', () => {
  /** Somebody who is banned while they connect, and comes in afterwards. */
  async function bannedAtTheDoor(world: World) {
    const who = newSomebody(world);
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    expect(await typed(world, `cmsban license:${who.license}`)).toMatchObject({
      status: 'delivered',
      dropped: false,
    });
    expect(connecting.state).toBe('connecting');
    expect(connecting.player.dropReason).toBeNull();
    world.fx.emit('doorman:open');
    await connecting.result;
    expect(connecting.state).toBe('joined');
    return connecting.player;
  }

  const resources = { doorman: new URL('./resources/doorman', import.meta.url).pathname };

  it.each(['true', 'false'])('are not touched before they are in (cmsban_join_gate %s)', async (joinGate) => {
    const world = await startWorld({ resources, convars: { cmsban_join_gate: joinGate } });
    const player = await bannedAtTheDoor(world);
    expect(player.connected).toBe(false);
    expect(player.dropReason).toMatch(/^You are banned from this community\. Reason: /);
  });
});
