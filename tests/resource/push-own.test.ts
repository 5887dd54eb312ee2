import { beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { knock, pass, passUntil, settled, timesSaid } from './ban-lists.ts';
import { callsTo } from './calls.ts';
import { banNotice, kickNotice } from './notices.ts';
import { portUrl, push } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What was decided here comes back as a push event, and is not done twice. */

const OWN_BAN = banNotice('ramming', 'console');
const OWN_KICK = kickNotice('ramming', 'console');
const BANNED =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';
const KICKED =
  'You were removed from this community. If this is a mistake, contact the staff of this community.';

/** A world whose game server gets the push events. */
async function subscribedWorld(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld(options);
  world.sonoran.cms.pushEventsTo(portUrl(world));
  return world;
}

async function pushed(world: World): Promise<void> {
  await until(
    () => world.sonoran.cms.pushes.every(({ status, error }) => status !== undefined || error !== undefined),
    'the answers to the push events',
  );
  await settled(world);
}

const join = (world: World, { name, identifiers }: Somebody) => world.join(name, identifiers);
const goneFor = async (player: { dropReason: string | null }) =>
  until(() => player.dropReason ?? undefined, 'the drop');
const deliveredEvents = ({ events }: World) => events.filter(({ name }) => name === 'delivered');

/** Nobody was dropped for what Sonoran says. */
function expectNoEviction(world: World): void {
  expect(timesSaid(world, 'evicted.banned') + timesSaid(world, 'evicted.kicked')).toBe(0);
}

/** Ways to ban a player from here. */
const BANS: ReadonlyArray<readonly [string, (world: World, id: number) => unknown]> = [
  ['a command', (world, id) => world.fx.console(`cmsban ${id} ramming`)],
  ['an export', (world, id) => world.startCall('banPlayer', id, 'ramming')],
  ['txAdmin', (world, id) => world.txAdmin.ban({ author: 'Mia', reason: 'ramming', target: id })],
];

describe.each(BANS)('a ban by %s', (_, ban) => {
  it('drops once, with its own message, and is told once', async () => {
    const world = await subscribedWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    await ban(world, player.id);
    expect(await goneFor(player)).toMatch(/ramming/);
    await until(() => deliveredEvents(world)[0], 'the event');
    await pushed(world);
    expect(world.sonoran.cms.pushes).toMatchObject([{ type: 'ACCOUNT_BANNED', status: 200 }]);
    await world.clock.advance(60_000);
    await settled(world);
    expect(world.events).toHaveLength(1);
    expectNoEviction(world);
    expect(world.sonoran.cms.effects.map(({ kind }) => kind)).toEqual(['ban']);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['ban']);
    expect(callsTo(world.sonoran.cms).filter(({ operation }) => operation === 'BAN_ACCOUNT')).toHaveLength(1);
    expect(await world.fx.callExport('test', 'cmsban', 'getHistory')).toHaveLength(1);
    expect(await knock(world, who.identifiers)).toMatch(/Reason: ramming \(by .+\)\. Ends: never\. Ban id: /);
    expect(world.faults).toEqual([]);
  });
});

describe('an event that arrives before the answer of the call', () => {
  let world: World;
  beforeEach(async () => {
    world = await subscribedWorld({ use: { cad: false } });
  });

  it.each([
    ['cmsban', 'BAN_ACCOUNT', OWN_BAN],
    ['cmskick', 'KICK_ACCOUNT', OWN_KICK],
  ] as const)('of /%s leaves the drop to the answer', async (command, operation, message) => {
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.fault(operation, { kind: 'latency', ms: 2_000, effect: true }, 1);
    void world.fx.console(`${command} ${player.id} ramming`);
    await until(() => world.sonoran.cms.pushes.length === 1, 'the push event');
    await until(() => world.sonoran.cms.pushes[0]?.status === 200, 'the answer to it');
    expect(player.connected).toBe(true);
    await world.clock.advance(2_000);
    expect(await goneFor(player)).toMatch(message);
    await until(() => deliveredEvents(world)[0], 'the event');
    await settled(world);
    expect(world.events).toHaveLength(1);
    expectNoEviction(world);
  });

  it.each([
    ['cmsban', 'BAN_ACCOUNT', OWN_BAN],
    ['cmskick', 'KICK_ACCOUNT', OWN_KICK],
  ] as const)(
    'of /%s, whose answer is lost, leaves the drop to the next try',
    async (command, operation, message) => {
      const who = newSomebody(world);
      const player = await join(world, who);
      world.sonoran.cms.fault(operation, { kind: 'reset', when: 'after' }, 1);
      void world.fx.console(`${command} ${player.id} ramming`);
      await until(() => world.sonoran.cms.pushes[0]?.status === 200, 'the push event');
      await settled(world);
      expect(player.connected).toBe(true);
      await passUntil(world, () => !player.connected, 'the drop');
      expect(player.dropReason).toMatch(message);
      expect(world.events.map(({ name }) => name)).toEqual(['queued', 'delivered']);
      expectNoEviction(world);
    },
  );
});

describe('with cmsban_drop_when all', () => {
  it('whose ban waits for CAD stays, until CAD has it too', async () => {
    const world = await subscribedWorld({ convars: { cmsban_drop_when: 'all' } });
    await world.sonoran.cad.down();
    const who = newSomebody(world);
    const player = await join(world, who);
    void world.fx.console(`cmsban ${player.id} ramming`);
    await until(() => world.sonoran.cms.pushes[0]?.status === 200, 'the push event');
    await settled(world);
    expect(player.connected).toBe(true);
    // Told again, and later.
    const event = { discordId: who.discord, accountId: who.accId };
    await world.clock.advance(11_000);
    expect(await push(world, 'ACCOUNT_BANNED', event)).toMatchObject({ status: 200 });
    await settled(world);
    expect(player.connected).toBe(true);
    await world.sonoran.cad.up();
    await passUntil(world, () => !player.connected, 'the drop');
    expect(player.dropReason).toMatch(OWN_BAN);
    expect(deliveredEvents(world)).toHaveLength(1);
    expectNoEviction(world);
  });

  it('who was let off on the web meanwhile, and is banned there again, is dropped', async () => {
    const world = await subscribedWorld({ convars: { cmsban_drop_when: 'all' } });
    await world.sonoran.cad.down();
    const who = newSomebody(world);
    const player = await join(world, who);
    void world.fx.console(`cmsban ${player.id} ramming`);
    await until(() => world.sonoran.cms.pushes[0]?.status === 200, 'the push event');
    await pass(world, 10 * 60_000);
    world.sonoran.cms.unban(who.accId);
    await pushed(world);
    await pass(world, 60_000);
    world.sonoran.cms.ban(who.accId);
    await pushed(world);
    // The ban that waited for CAD has ended with the first.
    expect(player.dropReason).toMatch(BANNED);
    expect(timesSaid(world, 'ended.elsewhere.unsent')).toBe(1);
  });

  it('somebody else who goes by the same account is dropped', async () => {
    const world = await subscribedWorld({ convars: { cmsban_drop_when: 'all' } });
    await world.sonoran.cad.down();
    const who = newSomebody(world);
    const player = await world.join('Main', [`license:${who.license}`]);
    const alt = await world.join('Alt', [`discord:${who.discord}`]);
    void world.fx.console(`cmsban ${player.id} ramming`);
    expect(await goneFor(alt)).toContain('You are banned from this community.');
    await settled(world);
    expect(player.connected).toBe(true);
  });
});

/** Somebody who was kicked from here, and has come back once the push event about it was through. */
async function kickedAndBack() {
  const world = await subscribedWorld();
  const who = newSomebody(world);
  const player = await join(world, who);
  await world.outcomeOf(() => world.fx.console(`cmskick ${player.id} ramming`));
  await pushed(world);
  const back = await join(world, who);
  return { world, who, back };
}

describe('/cmskick', () => {
  it('of somebody who rejoins at once does not drop them again', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    await world.outcomeOf(() => world.fx.console(`cmskick ${player.id} ramming`));
    expect(player.dropReason).toMatch(OWN_KICK);
    const back = await join(world, who);
    const event = { discordId: who.discord, accountId: who.accId };
    expect(await push(world, 'ACCOUNT_KICKED', event)).toMatchObject({ status: 200 });
    await settled(world);
    expect(back.connected).toBe(true);
    expectNoEviction(world);
  });

  it('is followed by a ban on the web, which drops', async () => {
    const { world, who, back } = await kickedAndBack();
    world.sonoran.cms.readmit(who.accId);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(back)).toBe(BANNED);
  });

  it('is followed by a kick on the web minutes later, which drops', async () => {
    const { world, who, back } = await kickedAndBack();
    world.sonoran.cms.readmit(who.accId);
    await world.clock.advance(3 * 60_000);
    world.sonoran.cms.kick(who.accId);
    expect(await goneFor(back)).toBe(KICKED);
  });
});

describe('/cmsban', () => {
  it('of an account drops whoever holds it, once: nobody knew before', async () => {
    const world = await subscribedWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    void world.fx.console(`cmsban account:${who.accId} ramming`);
    expect(await goneFor(player)).toMatch(OWN_BAN);
    await until(() => world.events[0], 'the event');
    await pushed(world);
    expect(world.events).toHaveLength(1);
    expectNoEviction(world);
    expect(await world.call<unknown>('getHistory')).toMatchObject([{ dropped: true }]);
  });

  it.each([1_000, 30_000, 90_000, 10 * 60_000])(
    'that is lifted on the web %i ms later keeps nobody out',
    async (ms) => {
      const world = await subscribedWorld();
      const who = newSomebody(world, { cad: [] });
      const player = await join(world, who);
      await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} ramming`));
      await pushed(world);
      await world.clock.advance(ms);
      expect(await knock(world, who.identifiers)).toMatch(OWN_BAN);
      world.sonoran.cms.unban(who.accId);
      await pushed(world);
      expect(await knock(world, who.identifiers)).toBeUndefined();
    },
  );

  it.each(['license', 'steam', 'discord'] as const)(
    'by %s of somebody who is not here keeps nobody out once it is lifted on the web',
    async (type) => {
      const world = await subscribedWorld();
      const who = newSomebody(world, { cad: [] });
      await world.outcomeOf(() => world.fx.console(`cmsban ${type}:${who[type]} ramming`));
      await pushed(world);
      expect(await knock(world, who.identifiers)).toMatch(OWN_BAN);
      world.sonoran.cms.unban(who.accId);
      await pushed(world);
      expect(await knock(world, who.identifiers)).toBeUndefined();
    },
  );

  it.each([30_000, 3 * 60_000])(
    'that is lifted on the web %i ms later, and made there again, drops',
    async (ms) => {
      const world = await subscribedWorld();
      const who = newSomebody(world, { cad: [] });
      const player = await join(world, who);
      await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} ramming`));
      await pushed(world);
      await world.clock.advance(ms);
      world.sonoran.cms.unban(who.accId);
      await pushed(world);
      const back = await join(world, who);
      world.sonoran.cms.ban(who.accId);
      await pushed(world);
      expect(back.dropReason).toBe(BANNED);
    },
  );

  it('is not undone by what Sonoran told of the account before it', async () => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    await world.call('banPlayer', `discord:${who.discord}`, 'ramming', { author: 'console' });
    const before = { accId: who.accId, discordId: who.discord, activeApiIds: [who.steam], banned: false };
    expect(await push(world, 'ACCOUNT_UPDATED', before)).toMatchObject({ status: 200 });
    await settled(world);
    expect(await knock(world, who.identifiers)).toMatch(OWN_BAN);
  });

  it('that Sonoran refuses is no reason to ignore the ban on the web', async () => {
    const world = await subscribedWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'status', status: 400, body: 'NOPE' }, 5);
    expect(await world.call('banPlayer', player.id, 'ramming')).toMatchObject({ status: 'refused' });
    expect(player.connected).toBe(true);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toBe(BANNED);
  });

  it('that has not gone out yet is no reason to ignore the ban on the web', async () => {
    const world = await subscribedWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'rate-limit', retryAfter: 600 });
    const own = { author: 'console' };
    expect(await world.call('banPlayer', player.id, 'ramming', own)).toMatchObject({ status: 'queued' });
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toMatch(OWN_BAN);
  });
});
