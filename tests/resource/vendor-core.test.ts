import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { settled, timesSaid } from './ban-lists.ts';
import { portUrl, push, send } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { CMS_KEY, startWorld, type World, type WorldOptions } from './world.ts';

/** Push events that come through the vendor's own core, which other resources use as well. */

const CORE = '/sonorancms/events';
const THROUGH_CORE = 'push events come through sonorancms as well';

/** A world in which the core runs before cmsban, and a plug-in of it. */
async function coreWorld(options: WorldOptions = {}): Promise<World> {
  const world = await startWorld({
    use: { cad: false },
    ...options,
    config: [`set sonorancms_key "${CMS_KEY}"`],
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
async function worldBeforeCore(): Promise<World> {
  const world = await coreWorld({ start: false });
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
    expect(await world.logged('ignored ACCOUNT_KICKED from sonorancms')).toContain('it names no account');
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
  it.each([null, 'text', 7, {}])(
    'with %j keeps no events from us, nor from who is displaced',
    async (handler) => {
      const world = await coreWorld();
      world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
      await world.clock.advance(100);
      const cheater = await world.join('Cheater', ['license:c4ea7']);
      for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_UPDATED', 'ACCOUNT_KICKED', 'NOTHING']) {
        cheater.trigger('sonorancms::RegisterPushEvent', type, handler);
      }
      await world.clock.advance(100);
      await expectToWork(world);
      const data = { accId: newSomebody(world).accId, banned: false };
      expect(await throughCore(world, 'ACCOUNT_UPDATED', data)).toMatchObject({ text: 'ok' });
      expect(got(world)).toEqual(['handled ACCOUNT_UPDATED keyed']);
      expect(world.faults).toEqual([]);
    },
  );
});

describe('another resource that subscribes', () => {
  const updated = (who: Somebody) => ({ accId: who.accId, discordId: who.discord, banned: false });

  it('before us: what the core itself would have done for updates is done, without the key', async () => {
    const world = await coreWorld({ start: false });
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await run(world, 'ensure cmsban');
    await world.listsRead();
    const who = newSomebody(world);
    expect(await throughCore(world, 'ACCOUNT_UPDATED', updated(who))).toMatchObject({ text: 'ok' });
    expect(got(world)).toEqual([
      'sonoran_permissions ACCOUNT_UPDATED keyless',
      'sonoran_jobsync ACCOUNT_UPDATED keyless',
    ]);
    const line = world.printedBy('push-plugin').find((text) => text.startsWith('sonoran_')) ?? '';
    expect(JSON.parse(line.slice(line.indexOf('{')))).toEqual(updated(who));
    await expectToWork(world);
  });

  it.each(['ACCOUNT_UPDATED', 'ACCOUNT_BANNED', 'ACCOUNT_KICKED'])(
    'to %s after us gets its events, and so do we',
    async (type) => {
      const world = await coreWorld();
      world.fx.emit('push-plugin:subscribe', type);
      await world.clock.advance(100);
      for (let round = 0; round < 3; round++) {
        const who = newSomebody(world);
        const player = await join(world, who);
        await throughCore(world, type, { ...naming(who), banned: true });
        await goneFor(player);
      }
      expect(got(world)).toEqual(Array.from({ length: 3 }, () => `handled ${type} keyed`));
      await expectToWork(world);
    },
  );

  it('again and again is called once, with what it subscribed last', async () => {
    const world = await coreWorld();
    for (let round = 0; round < 5; round++) {
      world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
      await world.clock.advance(100);
    }
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await world.clock.advance(100);
    await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
    expect(got(world)).toEqual(['handled ACCOUNT_UPDATED keyed']);
  });

  it('gets also what only repeats the direct way', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_BANNED');
    await world.clock.advance(100);
    const who = newSomebody(world);
    await push(world, 'ACCOUNT_BANNED', naming(who));
    await throughCore(world, 'ACCOUNT_BANNED', naming(who));
    expect(got(world)).toEqual(['handled ACCOUNT_BANNED keyed']);
  });

  it('and has stopped is not called any more, and the core does its own part again', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await world.clock.advance(100);
    await run(world, 'stop push-plugin');
    for (let round = 0; round < 2; round++) {
      const answer = await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
      expect(answer).toMatchObject({ text: 'ok' });
      await settled(world);
    }
    await run(world, 'start push-plugin');
    const before = got(world).length;
    await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
    expect(got(world).slice(before)).toEqual([
      'sonoran_permissions ACCOUNT_UPDATED keyless',
      'sonoran_jobsync ACCOUNT_UPDATED keyless',
    ]);
    await expectToWork(world);
  });

  it('and fails once gets the next event all the same', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await world.clock.advance(100);
    world.fx.emit('push-plugin:broken', true);
    const answer = await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
    expect(answer).toMatchObject({ text: 'ok' });
    await settled(world);
    world.fx.emit('push-plugin:broken', false);
    await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
    expect(got(world)).toEqual(['handled ACCOUNT_UPDATED keyed']);
    expect(world.faults).toEqual([]);
  });

  it('is forgotten when the core stops, as the core itself forgets it', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'ACCOUNT_UPDATED');
    await world.clock.advance(100);
    await run(world, 'restart sonorancms');
    await throughCore(world, 'ACCOUNT_UPDATED', updated(newSomebody(world)));
    expect(got(world)).toEqual([
      'sonoran_permissions ACCOUNT_UPDATED keyed',
      'sonoran_jobsync ACCOUNT_UPDATED keyed',
    ]);
    await expectToWork(world);
  });

  it('to another type is none of our business', async () => {
    const world = await coreWorld();
    world.fx.emit('push-plugin:subscribe', 'CLOCKED_IN');
    await world.clock.advance(100);
    expect(await throughCore(world, 'CLOCKED_IN', { x: 1 })).toMatchObject({ text: 'ok' });
    expect(got(world)).toEqual(['handled CLOCKED_IN keyed']);
    await expectToWork(world);
  });
});
