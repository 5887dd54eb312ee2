import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { settled } from './ban-lists.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { tryAgain } from './pending.ts';
import { newSomebody } from './somebody.ts';
import { nativesCalled, openWatchedWorld, startWatchedWorld } from './watched.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** What the resource costs a server on which nothing happens, and a full one on which something does. */

const MINUTE_MS = 60 * 1_000;
const HOUR_MS = 60 * MINUTE_MS;

/** How long a connection may be kept for the next call. */
const KEEP_ALIVE_MS = MINUTE_MS;
/** In a world the ban lists are read once a day, give or take a tenth: before this, nothing reads them. */
const UNTIL_NEXT_READ_MS = 20 * HOUR_MS;
/** A timer that is further away is that of the next read: a world here lives for less than half a day. */
const FAR_MS = 8 * HOUR_MS;

const readsOf = ({ sonoran }: World) =>
  [sonoran.cms, sonoran.cad].map((host) => host.requests.length - callsTo(host).length);

describe('while nothing happens', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWatchedWorld();
  });
  afterEach(() => world.close());

  it('nothing runs: no tick, no timer before that of the next read, no native, no line', async () => {
    await world.clock.advance(KEEP_ALIVE_MS);
    nativesCalled(world);
    const before = { ticks: world.fx.runtime('cmsban').ticksEntered, lines: world.log.length };
    expect(world.clock.untilNext()).toBeGreaterThan(UNTIL_NEXT_READ_MS);
    await world.clock.advance(UNTIL_NEXT_READ_MS);
    expect(world.fx.runtime('cmsban').ticksEntered).toBe(before.ticks);
    expect(before.ticks).toBe(0);
    expect(world.log).toHaveLength(before.lines);
    expect(nativesCalled(world)).toEqual({});
    expect([readsOf(world), callsToBoth(world.sonoran)]).toEqual([[1, 1], []]);
  });

  it('the ban lists are read, with one request each, and nothing but the store is touched for it', async () => {
    await world.clock.advance(UNTIL_NEXT_READ_MS);
    nativesCalled(world);
    const lines = world.log.length;
    await world.clock.advance(8 * HOUR_MS);
    expect([readsOf(world), callsToBoth(world.sonoran)]).toEqual([[2, 2], []]);
    expect(world.log).toHaveLength(lines);
    expect(Object.keys(nativesCalled(world)).filter((call) => !/^[A-Z][A-Za-z]*Kvp/.test(call))).toEqual([]);
    expect(world.fx.runtime('cmsban').ticksEntered).toBe(0);
    await world.clock.advance(KEEP_ALIVE_MS);
    expect(world.clock.untilNext()).toBeGreaterThan(FAR_MS);
  });

  it('nothing runs because players come and go, but a look at who they are', async () => {
    await world.clock.advance(KEEP_ALIVE_MS);
    nativesCalled(world);
    const { name, identifiers } = newSomebody(world);
    const connecting = world.fx.startConnecting({ name, identifiers });
    await connecting.result;
    const { player, temporaryId } = connecting;
    const ids = [temporaryId, player.id].map((id) => `(${id})`);
    const calls = Object.keys(nativesCalled(world));
    expect(calls.filter((call) => !ids.some((id) => call.endsWith(id)))).toEqual([]);
    player.leave();
    expect(nativesCalled(world)).toEqual({});
    expect(world.clock.untilNext()).toBeGreaterThan(FAR_MS);
    expect(world.fx.runtime('cmsban').ticksEntered).toBe(0);
  });
});

describe('somebody who comes', () => {
  const ALL_TYPES = ['fivem:12345', 'license2:cafe1', 'live:844425', 'xbl:253547'];

  /** What is asked about somebody while they connect, and when they join; by name. */
  async function askedAbout(world: World, identifiers: readonly string[]) {
    nativesCalled(world);
    const connecting = world.fx.startConnecting({ name: 'Ann', identifiers });
    const onTheWay = aboutId(connecting.temporaryId, nativesCalled(world));
    await connecting.result;
    return { onTheWay, here: aboutId(connecting.player.id, nativesCalled(world)) };
  }

  const aboutId = (id: number, calls: Readonly<Record<string, number>>) =>
    Object.fromEntries(
      Object.entries(calls)
        .filter(([call]) => call.endsWith(`(${id})`))
        .map(([call, times]) => [call.slice(0, call.indexOf('(')), times]),
    );

  it('is asked for each identifier once, and for no right: with eight of them 9 calls, and 10 on joining', async () => {
    const world = await startWatchedWorld();
    const { identifiers } = newSomebody(world);
    const all = [...identifiers, ...ALL_TYPES];
    expect(await askedAbout(world, all)).toEqual({
      onTheWay: { GetNumPlayerIdentifiers: 1, GetPlayerIdentifier: 8 },
      here: { GetPlayerName: 1, GetNumPlayerIdentifiers: 1, GetPlayerIdentifier: 8 },
    });
  });

  it('and is banned, is asked for one right more', async () => {
    const world = await startWatchedWorld();
    const { license, identifiers } = newSomebody(world);
    await world.call('banPlayer', `license:${license}`);
    const { onTheWay } = await askedAbout(world, identifiers);
    expect(onTheWay).toEqual({ GetNumPlayerIdentifiers: 1, GetPlayerIdentifier: 4, IsPlayerAceAllowed: 1 });
  });

  it('is asked for nothing on the way in when nobody is at the door', async () => {
    const world = await startWatchedWorld({ convars: { cmsban_join_gate: 'false' } });
    const { onTheWay } = await askedAbout(world, newSomebody(world).identifiers);
    expect(onTheWay).toEqual({});
  });
});

describe('after an action', () => {
  let world: World;
  beforeEach(async () => {
    world = await openWorld({ convars: { cmsban_request_timeout_ms: '500', cmsban_retry_hours: '1' } });
  });
  afterEach(() => world.close());

  const rows: ReadonlyArray<[what: string, act: (world: World) => Promise<unknown>]> = [
    ['that is delivered', ({ call }) => call('banPlayer', `license:${newSomebody(world).license}`)],
    ['that is not linked', ({ call }) => call('kickPlayer', 'license:nobody')],
    ['that is no action', ({ call }) => call('banPlayer', 'nothing')],
    ['that is a look-up', ({ call }) => call('lookupPlayer', `license:${newSomebody(world).license}`)],
    [
      'that was tried again',
      async ({ call }) => {
        world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
        await call('banPlayer', `license:${newSomebody(world).license}`);
        await tryAgain(world);
      },
    ],
    [
      'that hung',
      async ({ call }) => {
        world.sonoran.cad.fault('*', { kind: 'hang', when: 'body' }, 1);
        const requests = callsTo(world.sonoran.cad).length;
        const answer = call('banPlayer', `license:${newSomebody(world).license}`, 'x', { products: ['cad'] });
        await until(() => callsTo(world.sonoran.cad).length > requests, 'the request');
        await world.clock.advance(500);
        await answer;
        await tryAgain(world);
      },
    ],
    [
      'that was given up',
      async ({ call }) => {
        await world.sonoran.cad.down();
        await call('banPlayer', `license:${newSomebody(world).license}`, 'x', { products: ['cad'] });
        while ((await call<unknown[]>('getPending')).length > 0) await tryAgain(world);
        await world.sonoran.cad.up();
      },
    ],
    [
      'that ended by itself',
      async () => {
        const who = newSomebody(world);
        const before = world.events.length;
        await world.clock.advance((1_000 - (world.clock.elapsed() % 1_000)) % 1_000);
        await world.txAdmin.ban({
          author: 'Mia',
          reason: 'x',
          identifiers: who.identifiers,
          // To the second: the clock is to stop at the lift, and not run on into its deadline.
          expiration: (world.clock.now() + 120 * MINUTE_MS) / 1_000,
        });
        await until(() => world.events[before], 'the ban');
        await world.clock.advance(120 * MINUTE_MS);
        await until(() => world.events[before + 1], 'the lift');
      },
    ],
  ];

  it.each(rows)('%s, no timer is left but those of kept connections, which end', async (_, act) => {
    await act({ ...world, call: world.call.bind(world) } as World);
    // What follows from it in the background comes in its own time, and is written within a second.
    await settled(world);
    await world.clock.advance(1_000);
    await settled(world);
    await world.clock.advance(KEEP_ALIVE_MS);
    // That of the next read of a list.
    expect(world.clock.untilNext()).toBeGreaterThan(FAR_MS);
    expect(world.fx.runtime('cmsban').ticksEntered).toBe(0);
  });
});

it('while a temporary ban lasts, nothing but a timer an hour is set', async () => {
  const world = await startWorld();
  const who = newSomebody(world);
  const before = world.events.length;
  await world.txAdmin.ban({
    author: 'Mia',
    reason: 'x',
    identifiers: who.identifiers,
    duration: '3 weeks',
  });
  await until(() => world.events[before], 'the ban');
  await world.clock.advance(KEEP_ALIVE_MS);
  const next = world.clock.untilNext();
  expect(next).toBeGreaterThan(50 * MINUTE_MS);
  expect(next).toBeLessThanOrEqual(60 * MINUTE_MS);
  await world.fx.console(`cmsunban license:${who.license}`);
  await until(() => world.events[before + 1], 'the lift');
  await world.clock.advance(KEEP_ALIVE_MS);
  // What is to be lifted is decided at the end: until then nothing but this timer is left.
  const again = world.clock.untilNext();
  expect(again).toBeGreaterThan(50 * MINUTE_MS);
  expect(again).toBeLessThanOrEqual(60 * MINUTE_MS);
});

it('while Sonoran is down, the queue sleeps between its tries', async () => {
  const world = await startWorld();
  await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
  for (let number = 0; number < 20; number++) {
    await world.call('banPlayer', `license:${newSomebody(world).license}`);
  }
  expect(world.fx.runtime('cmsban').ticksEntered).toBe(0);
  expect(await world.call('getPending')).toHaveLength(20);
});

describe('on a full server', () => {
  let world: World;
  const players: Array<Awaited<ReturnType<World['join']>>> = [];
  beforeAll(async () => {
    world = await openWatchedWorld();
    for (let number = 0; number < 200; number++) {
      players.push(await world.join(`Player ${number}`, [`license:f00d${number}`, `ip:10.0.0.${number}`]));
    }
    await world.moderator();
  });
  afterAll(() => world.close());

  /** The calls of natives that were about other players than these. */
  async function aboutOthers(ids: readonly number[], act: () => Promise<unknown>): Promise<string[]> {
    nativesCalled(world);
    const before = world.events.length;
    await act();
    await until(() => world.events[before], 'the outcome');
    const own = ids.map((id) => `(${id})`);
    return Object.keys(nativesCalled(world)).filter(
      (call) => /\(\d+\)$|Ind(ex|ices)/.test(call) && !own.some((suffix) => call.endsWith(suffix)),
    );
  }

  it('it costs nothing per player to ban', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    expect(await aboutOthers([player.id], () => world.call('banPlayer', player.id))).toEqual([]);
    expect(player.connected).toBe(false);
    expect(players.every(({ connected }) => connected)).toBe(true);
  });

  it('nor to ban somebody who is not here', async () => {
    const who = newSomebody(world);
    expect(await aboutOthers([], () => world.call('banPlayer', `license:${who.license}`))).toEqual([]);
  });

  it('nor by command, beside the moderator', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const moderator = world.everybody.find(({ name }) => name === 'Mia');
    expect(
      await aboutOthers([player.id, moderator?.id ?? 0], async () =>
        moderator?.chatInput(`/cmsban ${player.id}`),
      ),
    ).toEqual([]);
  });

  it('nor by txAdmin', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    expect(
      await aboutOthers([player.id], () =>
        world.txAdmin.ban({ author: 'Mia', reason: 'x', target: player.id }),
      ),
    ).toEqual([]);
  });

  it('and of the player themselves, nothing is asked that is known', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    nativesCalled(world);
    await world.call('banPlayer', player.id);
    const calls = Object.entries(nativesCalled(world)).filter(([call]) => call.endsWith(`(${player.id})`));
    expect(Object.fromEntries(calls)).toEqual({
      [`DoesPlayerExist(${player.id})`]: 1,
      [`DropPlayer(${player.id})`]: 1,
    });
  });
});
