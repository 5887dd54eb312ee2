import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { settled, timesSaid } from './ban-lists.ts';
import { portUrl, push, send } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { CMS_KEY, startWorld, type World, type WorldOptions } from './world.ts';

/** Push events that come through the vendor's own core, which other resources use as well. */

const CORE = '/sonorancms/events';
const THROUGH_CORE = 'Push events come through sonorancms as well.';
/** By this the core tells its own ACE module, and everybody else, of an update. */
const RANKS = 'sonoran_permissions::rankupdate';
const OK = { status: 200, text: 'ok', headers: expect.anything() };

/** A world in which the core runs before cmsban, and a plug-in of it. */
async function coreWorld(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld({
    use: { cad: false },
    ...options,
    config: [`set sonorancms_key "${CMS_KEY}"`, ...(options.config ?? [])],
    resources: {
      sonorancms: new URL('../../devserver/resources/sonorancms', import.meta.url).pathname,
      'push-plugin': new URL('./resources/push-plugin', import.meta.url).pathname,
    },
  });
  // Resources hear of each other's start a tick later, and the core's own thread begins.
  await world.clock.advance(100);
  return world;
}

/** The same, in which the core does not run yet. */
async function worldBeforeCore(options: WorldOptions = {}): Promise<World> {
  const world = await coreWorld({ ...options, start: false });
  await run(world, 'stop sonorancms');
  await run(world, 'ensure cmsban');
  await world.listsRead();
  return world;
}

/** Runs a console line, and lets every resource hear of it. */
async function run(world: World, line: string): Promise<void> {
  await world.fx.console(line);
  await world.clock.advance(100);
  await settled(world);
}

const join = (world: World, { name, identifiers }: Somebody) => world.join(name, identifiers);
const goneFor = async (player: { dropReason: string | null }) =>
  until(() => player.dropReason ?? undefined, 'the drop');
const throughCore = (world: World, type: string, data: unknown) => push(world, type, data, { path: CORE });
const aboutUs = (world: World) => world.log.filter((line) => line.includes(THROUGH_CORE)).length;
/** The lines about who does not get a type of events any more because of us. */
const displacements = (world: World) =>
  world.log.filter((line) => /^(?!.*cmsban no longer).* no longer gets ACCOUNT_/.test(line));
/** How often we have subscribed so far. */
const subscriptions = (world: World) =>
  world.printedBy('push-plugin').filter((line) => line.startsWith('cmsban subscribes')).length;
const naming = ({ discord, accId }: Somebody) => ({ discordId: discord, accountId: accId });

/** What the plug-in has got, each as `what type keyed|keyless`. */
function got(world: World): string[] {
  return world
    .printedBy('push-plugin')
    .map((line) => line.split(' ').slice(0, 3).join(' '))
    .filter((line) => / key(ed|less)$/.test(line));
}

/** A ban that the core is told of drops its person. */
async function expectToWork(world: World): Promise<void> {
  const who = newSomebody(world);
  const player = await join(world, who);
  const answer = await throughCore(world, 'ACCOUNT_BANNED', naming(who));
  expect(answer).toMatchObject({ status: 200, text: 'ok' });
  expect(await goneFor(player)).toContain('You are banned from this community.');
  await settled(world);
  const name = `${who.name} \\(\\d+\\)`;
  expect(timesSaid(world, 'evicted.banned', { name, product: 'Sonoran CMS' })).toBe(1);
  expect(world.faults).toEqual([]);
}

describe('the core', () => {
  it('that runs before us hands its events over', async () => {
    const world = await coreWorld();
    await expectToWork(world);
    const kicked = newSomebody(world);
    const player = await join(world, kicked);
    await throughCore(world, 'ACCOUNT_KICKED', naming(kicked));
    expect(await goneFor(player)).toContain('You were removed from this community.');
    const updated = newSomebody(world);
    const other = await join(world, updated);
    const data = { accId: updated.accId, discordId: null, activeApiIds: [updated.steam], banned: true };
    await throughCore(world, 'ACCOUNT_UPDATED', data);
    expect(await goneFor(other)).toContain('You are banned from this community.');
  });

  it('is mentioned once for each of its starts, and of ours', async () => {
    const world = await coreWorld();
    expect(aboutUs(world)).toBe(1);
    await run(world, 'restart sonorancms');
    expect(aboutUs(world)).toBe(2);
    await run(world, 'restart cmsban');
    expect(aboutUs(world)).toBe(3);
  });

  it('that is started later hands its events over', async () => {
    const world = await worldBeforeCore();
    expect(aboutUs(world)).toBe(0);
    await run(world, 'start sonorancms');
    expect(aboutUs(world)).toBe(1);
    await expectToWork(world);
  });

  it('that is restarted hands its events over again', async () => {
    const world = await coreWorld();
    for (let round = 0; round < 3; round++) {
      await run(world, 'restart sonorancms');
      await expectToWork(world);
    }
  });

  it('that is restarted while an event is on its way harms nothing', async () => {
    const world = await coreWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    const event = throughCore(world, 'ACCOUNT_BANNED', naming(who)).catch(() => undefined);
    await run(world, 'restart sonorancms');
    await event;
    await expectToWork(world);
    if (player.connected) await throughCore(world, 'ACCOUNT_BANNED', naming(who));
    expect(await goneFor(player)).toContain('You are banned');
  });

  it('that is stopped leaves the direct way', async () => {
    const world = await coreWorld();
    await run(world, 'stop sonorancms');
    const who = newSomebody(world);
    const player = await join(world, who);
    expect(await throughCore(world, 'ACCOUNT_BANNED', naming(who))).toMatchObject({ status: 404 });
    expect(await push(world, 'ACCOUNT_BANNED', naming(who))).toMatchObject({ status: 200 });
    expect(await goneFor(player)).toContain('You are banned');
    expect(world.faults).toEqual([]);
  });

  it.each(['restart cmsban', 'stop cmsban\nstart cmsban'])(
    'hands its events over after our own %j',
    async (line) => {
      const world = await coreWorld();
      for (let round = 0; round < 3; round++) {
        await run(world, line);
        await expectToWork(world);
      }
    },
  );

  it('that does not know the key hands nothing over', async () => {
    const world = await coreWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    const body = JSON.stringify({ key: 'x', type: 'ACCOUNT_BANNED', data: naming(who) });
    expect(await send(world, { path: CORE, body })).toMatchObject({ text: 'Bad API Key' });
    await settled(world);
    expect(player.connected).toBe(true);
  });

  it('and the direct way at once: one drop, one line', async () => {
    const world = await coreWorld();
    world.sonoran.cms.pushEventsTo([portUrl(world, CORE), portUrl(world)]);
    const banned = newSomebody(world);
    const kicked = newSomebody(world);
    const players = [await join(world, banned), await join(world, kicked)];
    world.sonoran.cms.ban(banned.accId);
    world.sonoran.cms.kick(kicked.accId);
    for (const player of players) await goneFor(player);
    await until(() => world.sonoran.cms.pushes.every(({ status }) => status === 200), 'the answers');
    await settled(world);
    expect(world.sonoran.cms.pushes).toHaveLength(4);
    expect(timesSaid(world, 'evicted.banned') + timesSaid(world, 'evicted.kicked')).toBe(2);
    expect(world.faults).toEqual([]);
  });

  it('that comes second does not drop who has come back from a kick', async () => {
    const world = await coreWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    await push(world, 'ACCOUNT_KICKED', naming(who));
    await goneFor(player);
    await settled(world);
    const back = await join(world, who);
    await throughCore(world, 'ACCOUNT_KICKED', naming(who));
    await settled(world);
    expect(back.connected).toBe(true);
  });

  it('hands over what names no account: that is said, and ignored', async () => {
    const world = await coreWorld();
    expect(await throughCore(world, 'ACCOUNT_KICKED', { discordId: 7 })).toMatchObject({ text: 'ok' });
    expect(await world.logged('A push event from sonorancms was ignored')).toContain('it names no account');
    await expectToWork(world);
  });

  it('is answered also when nobody is here', async () => {
    const world = await coreWorld();
    const nobody = { discordId: '1', accountId: '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001' };
    for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED']) {
      expect(await throughCore(world, type, nobody)).toMatchObject({ status: 200, text: 'ok' });
    }
    expect(world.faults).toEqual([]);
  });

  it('is left alone with cmsban_push_events false', async () => {
    const world = await coreWorld({ convars: { cmsban_push_events: 'false' } });
    const who = newSomebody(world);
    const player = await join(world, who);
    expect(await throughCore(world, 'ACCOUNT_BANNED', naming(who))).toMatchObject({
      text: 'Event not registered',
    });
    await throughCore(world, 'ACCOUNT_UPDATED', { ...naming(who), banned: true });
    expect(got(world)).toEqual([
      'sonoran_permissions ACCOUNT_UPDATED keyed',
      'sonoran_jobsync ACCOUNT_UPDATED keyed',
    ]);
    await run(world, 'restart sonorancms');
    await settled(world);
    expect(player.connected).toBe(true);
    expect(aboutUs(world)).toBe(0);
  });
});

describe('the permissions that the core gives by rank', () => {
  /** What the core needs for it, as its own guide says. */
  const MAY_CHANGE_ACES = ['add_principal', 'remove_principal'].map(
    (command) => `add_ace resource.sonorancms command.${command} allow`,
  );
  const config = [...MAY_CHANGE_ACES, 'add_ace group.boss cmsban.test allow'];

  /** Whether the core has answered that somebody has these ranks now, and what they may do then. */
  async function ranksOf(world: World, { discord, accId }: Somebody, ranks: readonly string[]) {
    const data = { accId, discordId: discord, activeApiIds: [], ranks, banned: false };
    expect(await throughCore(world, 'ACCOUNT_UPDATED', data)).toEqual(OK);
    await settled(world);
    const before = world.output.length;
    await world.fx.console(`test_ace identifier.discord:${discord} cmsban.test`);
    return world.output[before]?.text.split(' ').at(-1);
  }

  /** Ranks come and go in the core as without us. */
  async function expectSync(world: World): Promise<void> {
    const who = newSomebody(world);
    expect(await ranksOf(world, who, [])).toBe('DENIED');
    expect(await ranksOf(world, who, ['boss'])).toBe('ALLOWED');
    expect(await ranksOf(world, who, ['clerk'])).toBe('DENIED');
  }

  it('are taken from who is demoted, with cmsban started after the core, restarted, and stopped', async () => {
    const world = await coreWorld({ config });
    await expectSync(world);
    for (const line of ['restart cmsban', 'restart sonorancms', 'stop cmsban', 'start cmsban']) {
      await run(world, line);
      await expectSync(world);
    }
    expect(world.faults).toEqual([]);
  });

  it('are taken from who is demoted, with cmsban started before the core', async () => {
    const world = await worldBeforeCore({ config });
    await run(world, 'start sonorancms');
    await expectSync(world);
    await run(world, 'restart cmsban');
    await expectSync(world);
  });

  it('are taken from who was given them while cmsban was not there, and the other way round', async () => {
    const world = await coreWorld({ config, start: false });
    const [early, late] = [newSomebody(world), newSomebody(world)];
    expect(await ranksOf(world, early, ['boss'])).toBe('ALLOWED');
    await run(world, 'ensure cmsban');
    await world.listsRead();
    expect(await ranksOf(world, early, [])).toBe('DENIED');
    expect(await ranksOf(world, late, ['boss'])).toBe('ALLOWED');
    await run(world, 'stop cmsban');
    expect(await ranksOf(world, late, [])).toBe('DENIED');
  });

  it('stay as they were when somebody else sends the event', async () => {
    const world = await coreWorld({ config });
    const who = newSomebody(world);
    expect(await ranksOf(world, who, ['boss'])).toBe('ALLOWED');
    const cheater = await world.join('Cheater', ['license:c4ea7']);
    const data = { ...naming(who), activeApiIds: [who.steam], ranks: [], banned: true };
    const player = await join(world, who);
    const body = { type: 'ACCOUNT_UPDATED', data };
    cheater.trigger(RANKS, body);
    cheater.trigger(RANKS, { ...body, key: CMS_KEY.toLowerCase() });
    world.fx.emit(RANKS, body);
    world.fx.emitFrom('push-plugin', RANKS, body);
    world.fx.emitFrom('cmsban', RANKS, body);
    await settled(world);
    // Neither the core nor we have acted on it.
    expect(player.connected).toBe(true);
    expect(await ranksOf(world, who, ['boss'])).toBe('ALLOWED');
    expect(world.faults).toEqual([]);
  });
});

describe('the core, once we are gone', () => {
  it('answers by itself: no handler of ours is left in it', async () => {
    const world = await coreWorld();
    await expectToWork(world);
    await run(world, 'stop cmsban');
    const who = newSomebody(world);
    for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_KICKED']) {
      expect(await throughCore(world, type, naming(who))).toMatchObject({ text: 'Event not registered' });
    }
    expect(await throughCore(world, 'ACCOUNT_UPDATED', naming(who))).toEqual(OK);
    await run(world, 'start cmsban');
    await world.listsRead();
    await expectToWork(world);
  });

  it('hands its events over again when the stop was only claimed', async () => {
    const world = await coreWorld();
    world.fx.emitFrom('push-plugin', 'onResourceStop', 'cmsban');
    await settled(world);
    expect(aboutUs(world)).toBe(1);
    for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_KICKED']) {
      expect(await throughCore(world, type, naming(newSomebody(world)))).toEqual(OK);
    }
  });

  it('leaves a type to the resource that took it last', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:insist', 'ACCOUNT_KICKED');
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_KICKED');
    await settled(world);
    await run(world, 'stop cmsban');
    await throughCore(world, 'ACCOUNT_KICKED', naming(newSomebody(world)));
    expect(got(world)).toEqual(['handled ACCOUNT_KICKED keyed']);
  });
});

describe('our handler', () => {
  it('is deaf to everybody but the core', async () => {
    const world = await coreWorld();
    const who = newSomebody(world);
    const player = await join(world, who);
    const body = { type: 'ACCOUNT_BANNED', data: naming(who) };
    world.fx.emit('push-plugin:call', JSON.stringify(body));
    world.fx.emit('push-plugin:call', JSON.stringify({ ...body, key: CMS_KEY }));
    await settled(world);
    expect(player.connected).toBe(true);
    expect(got(world)).toEqual([]);
    expect(world.faults).toEqual([]);
    await expectToWork(world);
  });
});

describe('a player who subscribes, as the core lets everybody', () => {
  it.each([null, 'text', 7, {}])('with %j keeps no events from us, and is not spoken of', async (handler) => {
    const world = await coreWorld();
    const cheater = await world.join('Cheater', ['license:c4ea7']);
    for (let round = 0; round < 10; round++) {
      for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'NOTHING']) {
        cheater.trigger('sonorancms::RegisterPushEvent', type, handler);
      }
      await world.clock.advance(100);
    }
    expect(displacements(world)).toEqual([]);
    await expectToWork(world);
  });

  it.each([null, 'text'])(
    'to updates with %j takes them from the core, which is none of our doing',
    async (handler) => {
      const world = await coreWorld();
      const cheater = await world.join('Cheater', ['license:c4ea7']);
      const before = subscriptions(world);
      cheater.trigger('sonorancms::RegisterPushEvent', 'ACCOUNT_UPDATED', handler);
      await world.clock.advance(100);
      expect(subscriptions(world)).toBe(before);
      await expectToWork(world);
    },
  );
});

describe('another resource that subscribes', () => {
  const updated = (who: Somebody) => ({ accId: who.accId, discordId: who.discord, banned: false });

  it.each(['ACCOUNT_BANNED', 'ACCOUNT_KICKED'])(
    'to %s after us is displaced, which is said in one line',
    async (type) => {
      const world = await coreWorld();
      world.fx.emit('push-plugin:subscribe', type);
      await world.clock.advance(100);
      expect(displacements(world)).toEqual([expect.stringMatching(`push-plugin no longer gets ${type} `)]);
      const who = newSomebody(world);
      const player = await join(world, who);
      expect(await throughCore(world, type, naming(who))).toEqual(OK);
      await goneFor(player);
      expect(got(world)).toEqual([]);
      await expectToWork(world);
    },
  );

  it('between the start of the core and our subscription is displaced, which is said', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:hasty', 'ACCOUNT_BANNED');
    await run(world, 'restart sonorancms');
    expect(displacements(world)).toEqual([
      expect.stringMatching('push-plugin no longer gets ACCOUNT_BANNED '),
    ]);
    await expectToWork(world);
  });

  it('again and again is displaced a few times; then the type is left to it, which is said', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:insist', 'ACCOUNT_BANNED');
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_BANNED');
    await settled(world);
    await world.clock.advance(60_000);
    expect(subscriptions(world)).toBeLessThan(10);
    expect(displacements(world)).toHaveLength(1);
    const given = world.log.filter((line) => line.includes('cmsban no longer gets'));
    expect(given).toEqual([expect.stringMatching('cmsban no longer gets ACCOUNT_BANNED .* push-plugin ')]);
    await throughCore(world, 'ACCOUNT_BANNED', naming(newSomebody(world)));
    expect(got(world)).toEqual(['handled ACCOUNT_BANNED keyed']);
    // The other type stays ours, and with the resource gone both are.
    const who = newSomebody(world);
    const player = await join(world, who);
    await throughCore(world, 'ACCOUNT_KICKED', naming(who));
    await goneFor(player);
    await run(world, 'stop push-plugin');
    await expectToWork(world);
  });

  it('to updates is between it and the core', async () => {
    const world = await coreWorld();
    const before = subscriptions(world);
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await world.clock.advance(100);
    expect(await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)))).toEqual(OK);
    expect(got(world)).toEqual(['handled ACCOUNT_UPDATED keyed']);
    expect(subscriptions(world)).toBe(before);
    expect(displacements(world)).toEqual([]);
    await expectToWork(world);
  });

  it('to another type is none of our business', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'CLOCKED_IN');
    await world.clock.advance(100);
    expect(await throughCore(world, 'CLOCKED_IN', { x: 1 })).toEqual(OK);
    expect(got(world)).toEqual(['handled CLOCKED_IN keyed']);
    expect(displacements(world)).toEqual([]);
    await expectToWork(world);
  });
});

it('the key is in nothing that we say to other resources', async () => {
  const world = await coreWorld();
  await expectToWork(world);
  const who = newSomebody(world);
  const data = { ...naming(who), activeApiIds: [who.steam], banned: true };
  await throughCore(world, 'ACCOUNT_UPDATED', data);
  await push(world, 'ACCOUNT_KICKED', naming(newSomebody(world)));
  await settled(world);
  // What the core tells by itself; of us there is only that we subscribe.
  expect(got(world)).toEqual([
    'sonoran_permissions ACCOUNT_UPDATED keyed',
    'sonoran_jobsync ACCOUNT_UPDATED keyed',
  ]);
  expect(world.printedBy('push-plugin').filter((line) => line.startsWith('told by cmsban'))).toEqual([]);
  expect(world.faults).toEqual([]);
});
