import { describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** Stops and restarts, of cmsban and of what it lives beside. */

const requestsOf = ({ sonoran }: World) => callsToBoth(sonoran);

/** As long as a server may take to get over it. */
const DAY_MS = 24 * 60 * 60 * 1_000;

const complaints = (world: World) =>
  world.fx.output.filter(({ text }) => /internal error|SCRIPT ERROR|Unhandled|\berror in\b/i.test(text));

async function workingAgain(world: World): Promise<void> {
  const who = newSomebody(world);
  const player = await world.join(who.name, who.identifiers);
  expect(await world.call('banPlayer', player.id, 'again')).toMatchObject({
    status: 'delivered',
    dropped: true,
  });
  const other = newSomebody(world);
  await world.fx.console(`cmsban license:${other.license} from the console`);
  await until(
    () => world.events.some(({ outcome }) => outcome['reason'] === 'from the console'),
    'the command',
  );
  expect(world.sonoran.cms.account(other.accId).banned).toBe(true);
}

describe.each(['restart', 'stop, then start'])('%s', (how) => {
  const again = (world: World) =>
    world.fx.console(how === 'restart' ? 'restart cmsban' : 'stop cmsban\nstart cmsban');

  it('with nothing under way', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    await world.call('banPlayer', `license:${who.license}`);
    await again(world);
    await workingAgain(world);
    expect(complaints(world)).toEqual([]);
  });

  it.each([
    ['a call that hangs', { kind: 'hang', when: 'before' }],
    ['an answer that is half here', { kind: 'hang', when: 'body' }],
    ['a late answer', { kind: 'latency', ms: 1_000 }],
  ] as const)('with %s', async (_, fault) => {
    const world = await startWorld();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cms.fault('*', fault, 1);
    world.sonoran.cad.fault('*', fault, 1);
    world.startCall('banPlayer', player.id);
    await until(() => requestsOf(world).length === 2, 'the requests');
    await again(world);
    await until(
      () => world.sonoran.cms.openRequests + world.sonoran.cad.openRequests === 0,
      'the calls to end',
    );
    // The old runtime does nothing more; the new one has it from the store.
    await until(() => world.events[1]?.name === 'delivered', 'the ban');
    await world.clock.advance(DAY_MS);
    expect(requestsOf(world)).toHaveLength(4);
    expect(player.connected).toBe(false);
    // Whoever waited was told when it stopped.
    expect(world.events.map(({ name }) => name)).toEqual(['queued', 'delivered']);
    await workingAgain(world);
    expect(complaints(world)).toEqual([]);
  });

  it('with something that waits for its next try', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    expect(await world.call('banPlayer', `license:${who.license}`)).toMatchObject({ status: 'queued' });
    await again(world);
    await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
    const events = world.events.length;
    await world.clock.advance(60_000);
    await until(() => world.events[events]?.name === 'delivered', 'the ban');
    await world.clock.advance(DAY_MS);
    expect(world.events).toHaveLength(events + 1);
    await workingAgain(world);
    expect(complaints(world)).toEqual([]);
  });

  it('with a look-up under way', async () => {
    const world = await startWorld();
    world.sonoran.cms.fault('*', { kind: 'hang', when: 'before' }, 1);
    const moderator = await world.moderator();
    await moderator.chatInput('/cmslookup license:cafe');
    await until(() => callsTo(world.sonoran.cms).length === 1, 'the request');
    const lines = moderator.chat.length;
    await again(world);
    await world.clock.advance(DAY_MS);
    expect(moderator.chat).toHaveLength(lines);
    await workingAgain(world);
    expect(complaints(world)).toEqual([]);
  });

  it('knows those who are here already, and the events of the next txAdmin ban', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const alt = await world.join('Alt', [`steam:${who.steam}`]);
    await again(world);
    await world.txAdmin.ban({ author: 'Mia', reason: 'being rude', target: player.id });
    expect(await until(() => world.events[0], 'the outcome')).toMatchObject({
      name: 'delivered',
      outcome: { target: { name: who.name } },
    });
    expect(alt.connected).toBe(false);
    expect(world.events).toHaveLength(1);
  });

  it('reads the settings again', async () => {
    const world = await startWorld();
    await world.fx.console('set cmsban_txadmin_actions "none"');
    await again(world);
    const who = newSomebody(world);
    await world.txAdmin.ban({ author: 'Mia', reason: 'being rude', identifiers: who.identifiers });
    await workingAgain(world);
    expect(world.events.filter(({ outcome }) => outcome['origin'] === 'txadmin')).toEqual([]);
  });
});

it('does nothing more once it has stopped', async () => {
  const world = await startWorld();
  const who = newSomebody(world);
  const player = await world.join(who.name, who.identifiers);
  await world.fx.console('stop cmsban');
  await world.fx.console(`cmsban ${player.id}`);
  await world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: ['license:other'] });
  expect(await world.call('banPlayer', player.id)).toMatchObject({ threw: expect.any(String) });
  await world.clock.advance(DAY_MS);
  expect(requestsOf(world)).toEqual([]);
  expect(player.connected).toBe(true);
  expect(world.clock.untilNext()).toBeUndefined();
  expect(world.sonoran.cms.connections + world.sonoran.cad.connections).toBe(0);
});

it('closes its connections as it stops', async () => {
  const world = await startWorld();
  await world.call('banPlayer', `license:${newSomebody(world).license}`);
  expect(world.sonoran.cms.connections).toBe(1);
  await world.fx.console('stop cmsban');
  await until(
    () => world.sonoran.cms.connections + world.sonoran.cad.connections === 0,
    'the sockets to close',
  );
  await eventLoopTurn();
  expect(world.clock.untilNext()).toBeUndefined();
});

it('restarts many times', async () => {
  const world = await startWorld();
  for (let round = 0; round < 5; round++) {
    world.startCall('banPlayer', `license:${newSomebody(world).license}`);
    await world.fx.console('restart cmsban');
    // Others hear of it a tick later; until then they hold on to the exports of before.
    await world.clock.advance(0);
  }
  await workingAgain(world);
  expect(complaints(world)).toEqual([]);
  expect(world.fx.swallowed.filter(({ resource }) => resource === 'cmsban')).toEqual([]);
});

it('starts without txAdmin, and hears of it when it comes', async () => {
  const world = await startWorld({ start: false });
  await world.fx.console('stop monitor\nensure cmsban');
  await workingAgain(world);
  await world.fx.console('start monitor');
  const who = newSomebody(world);
  const before = world.events.length;
  await world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: who.identifiers });
  expect(await until(() => world.events[before], 'the outcome')).toMatchObject({ name: 'delivered' });
  expect(complaints(world)).toEqual([]);
});

it('starts before everybody else', async () => {
  const world = await startWorld({ start: false });
  await world.fx.console('stop caller\nstop monitor\nensure cmsban\nstart monitor\nstart caller');
  await workingAgain(world);
  expect(complaints(world)).toEqual([]);
});

it('goes down with the server, whatever is under way', async () => {
  const world = await startWorld();
  world.sonoran.cms.fault('*', { kind: 'hang', when: 'before' });
  world.startCall('banPlayer', `license:${newSomebody(world).license}`);
  await until(() => callsTo(world.sonoran.cms).length === 1, 'the request');
  await world.fx.stop();
  await until(() => world.sonoran.cms.openRequests === 0, 'the call to end');
  expect(world.clock.untilNext()).toBeUndefined();
  expect(complaints(world)).toEqual([]);
});
