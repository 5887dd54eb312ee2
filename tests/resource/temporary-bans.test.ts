import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { tryAgain } from './pending.ts';
import { asked, newSomebody, type Somebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** Bans of txAdmin that end: where they are made, when they are lifted, and what comes between. */

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;

const BANNED = 4;
const FREE = 1;

/** A ban of identifiers in txAdmin, for so many milliseconds; without them, for good. Waits for its outcome. */
async function ban(world: World, who: Somebody, forMs?: number, reason = 'being rude', actionId?: string) {
  // txAdmin writes whole seconds.
  await world.clock.advance((1_000 - (world.clock.elapsed() % 1_000)) % 1_000);
  const before = world.events.length;
  await world.txAdmin.ban({
    author: 'Mia',
    reason,
    identifiers: who.identifiers,
    expiration: forMs === undefined ? false : (world.clock.now() + forMs) / 1_000,
    ...(actionId === undefined ? {} : { actionId }),
  });
  return until(() => world.events[before]?.outcome, 'the outcome of the ban');
}

const statusOf = (world: World, who: Somebody) => world.sonoran.cad.account(who.uuid).status;

/** The lifts that went out for somebody. */
const liftsOf = (world: World, who: Somebody) =>
  callsTo(world.sonoran.cad)
    .map(asked)
    .filter((body) => {
      const text = JSON.stringify(body);
      return (
        text.includes('"isBan":false') &&
        [who.license, who.steam, who.discord].some((id) => text.includes(id))
      );
    });

/** Waits, in real time, for the end of the lift of somebody. */
const lifted = (world: World, who: Somebody) =>
  until(
    () =>
      world.events.find(
        ({ name, outcome }) =>
          name !== 'queued' &&
          outcome['action'] === 'unban' &&
          JSON.stringify(outcome['target']).includes(who.license),
      )?.outcome,
    'the lift',
  );

describe('lift', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  it('bans where it can be lifted again, reports the product that cannot, and lifts at the moment', async () => {
    const who = newSomebody(world);
    const requests = callsTo(world.sonoran.cms).length;
    expect(await ban(world, who, 2 * HOUR_MS)).toMatchObject({
      status: 'delivered',
      products: {
        cms: { status: 'refused', code: 'UNSUPPORTED', message: expect.stringContaining('temporary') },
        cad: { status: 'delivered' },
      },
    });
    expect(world.log.join('\n')).toContain('a temporary ban is not sent there');
    await world.clock.advance(2 * HOUR_MS - 1);
    await eventLoopTurn();
    expect([statusOf(world, who), liftsOf(world, who)]).toEqual([BANNED, []]);

    await world.clock.advance(1);
    expect(await lifted(world, who)).toMatchObject({
      status: 'delivered',
      origin: 'txadmin',
      author: 'Mia',
      reason: 'temporary ban expired (being rude)',
      products: { cad: { status: 'delivered' } },
    });
    expect(statusOf(world, who)).toBe(FREE);
    expect(callsTo(world.sonoran.cms)).toHaveLength(requests);
    await world.clock.advance(DAY_MS);
    expect(liftsOf(world, who)).toHaveLength(1);
  });

  it('drops nobody when it ends', async () => {
    const who = newSomebody(world);
    // Else nobody who is banned could be here.
    await world.fx.console(`add_ace identifier.license:${who.license} cmsban.gate.bypass allow`);
    await ban(world, who, HOUR_MS);
    const player = await world.join(who.name, who.identifiers);
    await world.clock.advance(HOUR_MS);
    await lifted(world, who);
    expect(player.connected).toBe(true);
    player.leave();
  });

  it('waits longer than a timer can: 90 days', async () => {
    const who = newSomebody(world);
    await ban(world, who, 90 * DAY_MS);
    await world.clock.advance(90 * DAY_MS - 1);
    expect(liftsOf(world, who)).toEqual([]);
    await world.clock.advance(1);
    await lifted(world, who);
    expect(statusOf(world, who)).toBe(FREE);
  });

  it('goes by the wall clock: set back, it waits longer', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS);
    world.clock.jump(-HOUR_MS);
    await world.clock.advance(3 * HOUR_MS - 1);
    expect(liftsOf(world, who)).toEqual([]);
    await world.clock.advance(1);
    await lifted(world, who);
  });

  it('goes by the wall clock: set forward, it lifts within the hour', async () => {
    const who = newSomebody(world);
    await ban(world, who, 30 * DAY_MS);
    world.clock.jump(30 * DAY_MS);
    await world.clock.advance(HOUR_MS);
    await lifted(world, who);
  });

  it('does not lift again what was revoked before', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS, 'being rude', 'B8YE-ZQHY');
    await world.txAdmin.revoke({
      actionId: 'B8YE-ZQHY',
      author: 'Mia',
      reason: 'sorry',
      identifiers: who.identifiers,
      revokedBy: 'Zoe',
    });
    expect(await lifted(world, who)).toMatchObject({ author: 'Zoe' });
    await world.clock.advance(2 * HOUR_MS);
    await eventLoopTurn();
    expect(liftsOf(world, who)).toHaveLength(1);
  });

  it.each(['txAdmin', 'a command', 'an export'])(
    'does not lift a ban for good by %s in between',
    async (by) => {
      const who = newSomebody(world);
      await ban(world, who, 2 * HOUR_MS);
      const before = world.events.length;
      if (by === 'txAdmin') await ban(world, who);
      else if (by === 'a command') await world.fx.console(`cmsban steam:${who.steam}`);
      else await world.call('banPlayer', `discord:${who.discord}`);
      await until(() => world.events[before], 'the ban for good');
      await world.clock.advance(3 * HOUR_MS);
      await eventLoopTurn();
      expect([statusOf(world, who), liftsOf(world, who)]).toEqual([BANNED, []]);
    },
  );

  it('still lifts after a kick in between', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS);
    const before = world.events.length;
    await world.fx.console(`cmskick license:${who.license}`);
    await until(() => world.events[before], 'the kick');
    await world.clock.advance(2 * HOUR_MS);
    await lifted(world, who);
  });

  it('still lifts when a ban for good in between was of the other product alone', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS);
    expect(
      await world.call('banPlayer', `license:${who.license}`, 'CMS only', { products: ['cms'] }),
    ).toMatchObject({ status: 'delivered' });
    await world.clock.advance(2 * HOUR_MS);
    await until(() => liftsOf(world, who).length > 0, 'the lift', 1_000);
  });

  it('still lifts when somebody has tried in vain to lift it in the other product', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS);
    expect(
      await world.call('unbanPlayer', `license:${who.license}`, 'CMS only', { products: ['cms'] }),
    ).toMatchObject({ status: 'refused', code: 'UNSUPPORTED' });
    await world.clock.advance(2 * HOUR_MS);
    await until(() => liftsOf(world, who).length > 0, 'the lift', 1_000);
  });

  it('still lifts when a ban for good in between came to nothing', async () => {
    const who = newSomebody(world);
    await ban(world, who, 2 * HOUR_MS);
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'status', status: 400, body: 'NOT THE OWNER' }, 1);
    world.sonoran.cad.fault('account-bans', { kind: 'status', status: 400, body: 'NOT THE OWNER' }, 1);
    expect(await ban(world, who)).toMatchObject({ status: 'refused' });
    await world.clock.advance(2 * HOUR_MS);
    await until(() => liftsOf(world, who).length > 0, 'the lift', 1_000);
  });

  it.each([
    ['the later', HOUR_MS, 3 * HOUR_MS],
    ['the earlier', 3 * HOUR_MS, HOUR_MS],
  ])('of two, the one that ends last counts: %s', async (_, first, second) => {
    const who = newSomebody(world);
    await ban(world, who, first, 'once');
    await ban(world, who, second, 'twice');
    await world.clock.advance(3 * HOUR_MS - 1);
    await eventLoopTurn();
    expect([statusOf(world, who), liftsOf(world, who)]).toEqual([BANNED, []]);
    await world.clock.advance(1);
    await lifted(world, who);
    await world.clock.advance(DAY_MS);
    expect(liftsOf(world, who)).toHaveLength(1);
  });

  it('lifts once when two end at the same moment', async () => {
    const who = newSomebody(world);
    await ban(world, who, HOUR_MS);
    await ban(world, who, HOUR_MS);
    await world.clock.advance(HOUR_MS);
    await lifted(world, who);
    await world.clock.advance(DAY_MS);
    expect(liftsOf(world, who)).toHaveLength(1);
  });

  it('does not mix people up', async () => {
    const [one, other] = [newSomebody(world), newSomebody(world)];
    await ban(world, one, HOUR_MS);
    await ban(world, other, 2 * HOUR_MS);
    await world.clock.advance(HOUR_MS);
    await lifted(world, one);
    expect([statusOf(world, one), statusOf(world, other)]).toEqual([FREE, BANNED]);
    await world.clock.advance(HOUR_MS);
    await lifted(world, other);
  });

  it('leaves out what has expired on arrival', async () => {
    const who = newSomebody(world);
    const [requests, events] = [callsTo(world.sonoran.cad).length, world.events.length];
    for (const expiration of [world.clock.now() / 1_000 - 1, world.clock.now() / 1_000, 1, -5]) {
      await world.txAdmin.ban({ author: 'Mia', reason: 'late', identifiers: who.identifiers, expiration });
    }
    await world.clock.advance(HOUR_MS);
    expect([callsTo(world.sonoran.cad).length, world.events.length]).toEqual([requests, events]);
    expect(world.log.filter((line) => line.includes('it has ended already'))).toHaveLength(4);
  });

  it('of somebody whom CAD does not know lifts nothing', async () => {
    const who = newSomebody(world, { cad: [] });
    expect(await ban(world, who, HOUR_MS)).toMatchObject({ status: 'queued', code: 'NOT_LINKED' });
    await world.clock.advance(HOUR_MS);
    await eventLoopTurn();
    expect(liftsOf(world, who)).toEqual([]);
  });

  it('that never went out lifts nothing: another ban may be in force', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    world.sonoran.cad.fault('account-bans', { kind: 'rate-limit', retryAfter: 3_600 }, 1);
    const before = world.events.length;
    expect(await ban(world, who, HOUR_MS / 2)).toMatchObject({ status: 'queued' });
    await world.clock.advance(HOUR_MS / 2);
    const end = await until(
      () => world.events.slice(before + 1).find(({ outcome }) => outcome['action'] === 'ban'),
      'the end of the ban',
    );
    expect(end).toMatchObject({ name: 'refused', outcome: { products: { cad: { code: 'CANCELLED' } } } });
    await eventLoopTurn();
    await eventLoopTurn();
    expect([statusOf(world, who), liftsOf(world, who)]).toEqual([BANNED, []]);
    // The hour for which CAD wants no call is not the next test's affair.
    await world.clock.advance(HOUR_MS);
  });

  it('is tried again when Sonoran is down at the moment', async () => {
    const who = newSomebody(world);
    await ban(world, who, HOUR_MS);
    await world.sonoran.cad.down();
    const before = world.events.length;
    await world.clock.advance(HOUR_MS);
    const isTheirs = ({ outcome }: World['events'][number]) =>
      JSON.stringify(outcome['target']).includes(who.license);
    expect(await until(() => world.events.slice(before).find(isTheirs), 'the first answer')).toMatchObject({
      name: 'queued',
    });
    await world.sonoran.cad.up();
    await tryAgain(world);
    expect(await lifted(world, who)).toMatchObject({ status: 'delivered' });
    expect(statusOf(world, who)).toBe(FREE);
  });
});

it('lifts by the API ID that was banned', async () => {
  const world = await startWorld({
    resources: { sonorancad: new URL('../../devserver/resources/sonorancad', import.meta.url).pathname },
    config: ['set sonorancad_answer "\\"known-7\\""'],
  });
  const who = newSomebody(world, { cad: [] });
  const { uuid } = world.sonoran.cad.addAccount({ apiIds: ['known-7'] });
  const player = await world.join(who.name, who.identifiers);
  const before = world.events.length;
  await world.txAdmin.ban({ author: 'Mia', reason: 'being rude', target: player.id, duration: '1 hour' });
  expect(await until(() => world.events[before]?.outcome, 'the ban')).toMatchObject({
    products: { cad: { apiId: 'known-7' } },
  });
  await world.clock.advance(HOUR_MS);
  expect(await until(() => world.events[before + 1]?.outcome, 'the lift')).toMatchObject({
    action: 'unban',
    status: 'delivered',
    products: { cad: { apiId: 'known-7' } },
  });
  expect(world.sonoran.cad.account(uuid).status).toBe(FREE);
});

it('is not lifted in a product that is not in use: only CMS', async () => {
  const world = await startWorld({ use: { cad: false } });
  const who = newSomebody(world);
  expect(await ban(world, who, HOUR_MS)).toMatchObject({
    status: 'delivered',
    products: { cms: { code: 'UNSUPPORTED' } },
  });
  await world.clock.advance(2 * HOUR_MS);
  expect(callsTo(world.sonoran.cms)).toEqual([]);
  expect(world.events).toHaveLength(1);
});

it('permanent bans everywhere, and never lifts', async () => {
  const world = await startWorld({ convars: { cmsban_temporary_bans: 'permanent' } });
  const who = newSomebody(world);
  expect(await ban(world, who, HOUR_MS)).toMatchObject({
    products: { cms: { status: 'delivered' }, cad: { status: 'delivered' } },
  });
  await world.clock.advance(DAY_MS);
  expect([statusOf(world, who), liftsOf(world, who)]).toEqual([BANNED, []]);
  expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
});

it('skip leaves temporary bans alone, and makes the others', async () => {
  const world = await startWorld({ convars: { cmsban_temporary_bans: 'skip' } });
  const [one, other] = [newSomebody(world), newSomebody(world)];
  await world.txAdmin.ban({
    author: 'Mia',
    reason: 'being rude',
    identifiers: one.identifiers,
    duration: '2 hours',
  });
  expect(await ban(world, other)).toMatchObject({ status: 'delivered' });
  expect([statusOf(world, one), statusOf(world, other)]).toEqual([FREE, BANNED]);
  expect(world.events).toHaveLength(1);
  await world.logged('cmsban_temporary_bans is skip');
});

it('a revoked ban that was left out is still lifted where it can be', async () => {
  const world = await startWorld({ convars: { cmsban_temporary_bans: 'skip' } });
  const who = newSomebody(world);
  world.sonoran.cad.ban(who.uuid);
  await world.txAdmin.revoke({ author: 'Mia', reason: 'x', identifiers: who.identifiers, revokedBy: 'Mia' });
  await lifted(world, who);
  expect(statusOf(world, who)).toBe(FREE);
});
