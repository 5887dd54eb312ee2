import { describe, expect, it } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { pass, readsOf, SURELY_AGAIN_MS, settled } from './ban-lists.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { CMS_KEY, startWorld, type World, type WorldOptions } from './world.ts';

/** Who waits while cmsban is stopped is answered before it is gone; a stop that was only claimed stops nothing. */

const path = (name: string) => new URL(`./resources/${name}`, import.meta.url).pathname;
const STOPPER = { stopper: path('stopper') };
const CALLERS = ['caller', 'caller-lua'] as const;
type Answer = Record<string, unknown>;

const start = (options: WorldOptions = {}) =>
  startWorld({ ...options, resources: { ...STOPPER, 'caller-lua': path('caller-lua') } });

let calls = 10_000;

/** Calls an export, and returns what looks for the answer that has arrived so far. */
function call(world: World, caller: (typeof CALLERS)[number], name: string, ...args: unknown[]) {
  const number = ++calls;
  world.fx.emit(`${caller}:call`, number, name, JSON.stringify(args));
  return (): Answer | undefined => {
    const line = world.printedBy(caller).find((text) => text.startsWith(`answer ${number} `));
    return line === undefined ? undefined : (JSON.parse(line.slice(`answer ${number} `.length)) as Answer);
  };
}

const stops = [
  ['by the console', (world: World) => void world.fx.console('stop cmsban')],
  ['by another resource', (world: World) => world.fx.emit('stopper:stop')],
] as const;

describe.each(stops)('stopped %s', (_, stop) => {
  it.each(CALLERS)('tells a caller whose call is under way that it is queued: %s', async (caller) => {
    const world = await start();
    const who = newSomebody(world);
    for (const product of ['cms', 'cad'] as const) {
      world.sonoran[product].fault('*', { kind: 'hang', when: 'before' }, 1);
    }
    const answer = call(world, caller, 'banPlayer', `license:${who.license}`, 'x');
    await until(() => callsToBoth(world.sonoran).length === 2, 'the calls');
    stop(world);
    expect(world.fx.resourceState('cmsban')).toBe('stopped');
    expect(await until(answer, 'the answer')).toMatchObject({
      status: 'queued',
      code: 'QUEUED',
      message: expect.stringContaining('this is sent when cmsban runs again'),
    });
    await world.fx.console('start cmsban');
    await until(() => world.events.some(({ name }) => name === 'delivered'), 'the ban');
    expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
    expect(world.faults).toEqual([]);
  });

  it.each(CALLERS)(
    'tells a caller of the same tick the same, and keeps what was decided: %s',
    async (caller) => {
      const world = await start();
      const who = newSomebody(world);
      const answer = call(world, caller, 'kickPlayer', `license:${who.license}`, 'x');
      stop(world);
      expect(await until(answer, 'the answer')).toMatchObject({ status: 'queued', action: 'kick' });
      expect(callsToBoth(world.sonoran)).toEqual([]);
      await world.fx.console('start cmsban');
      await until(() => world.events.some(({ name }) => name === 'delivered'), 'the kick');
    },
  );

  it('tells those who wait for a next try', async () => {
    const world = await start();
    const who = newSomebody(world);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    // The second decision waits for the first, which waits for its next try.
    const answers = ['kick', 'ban'].map((kind) =>
      call(world, 'caller', `${kind}Player`, `license:${who.license}`),
    );
    await until(answers[0] ?? (() => undefined), 'the first answer');
    stop(world);
    for (const answer of answers)
      expect(await until(answer, 'the answer')).toMatchObject({ status: 'queued' });
  });

  it.each(CALLERS)('tells whoever looks somebody up that there is no answer: %s', async (caller) => {
    const world = await start();
    world.sonoran.cms.fault('*', { kind: 'hang', when: 'before' }, 1);
    const answer = call(world, caller, 'lookupPlayer', 'license:cafe');
    await until(() => callsTo(world.sonoran.cms).length === 1, 'the call');
    stop(world);
    expect(await until(answer, 'the answer')).toMatchObject({
      code: 'EXPIRED',
      message: 'cmsban is being stopped. Nothing was done; try again in a moment.',
    });
  });

  it('tells a moderator who waits', async () => {
    const world = await start();
    const who = newSomebody(world);
    const moderator = await world.moderator();
    world.sonoran.cms.fault('*', { kind: 'hang', when: 'before' }, 1);
    await moderator.chatInput(`/cmsban license:${who.license}`);
    await until(() => callsTo(world.sonoran.cms).length === 1, 'the call');
    stop(world);
    expect(moderator.chat.at(-1)).toContain('this is sent when cmsban runs again');
  });

  it.each(CALLERS)('while it still reads what is stored does nothing, and says that: %s', async (caller) => {
    const world = await start({ start: false });
    await world.fx.console('ensure cmsban');
    const who = newSomebody(world);
    const answers = ['banPlayer', 'lookupPlayer', 'getHistory', 'getPending'].map((name) =>
      call(world, caller, name, ...(name.endsWith('Player') ? [`license:${who.license}`] : [])),
    );
    stop(world);
    const [ban, lookup, history, pending] = await Promise.all(
      answers.map((answer) => until(answer, 'the answer')),
    );
    expect(ban).toMatchObject({
      status: 'refused',
      code: 'CANCELLED',
      message: expect.stringContaining('Nothing was done'),
    });
    expect(lookup).toMatchObject({ code: 'EXPIRED' });
    expect([history, pending]).toEqual([[], []]);
    await world.fx.console('start cmsban');
    await world.listsRead();
    await settled(world);
    expect(await world.call('getHistory')).toEqual([]);
    expect(callsToBoth(world.sonoran)).toEqual([]);
  });
});

describe('a stop that is only claimed', () => {
  const claim = (world: World) => world.fx.emit('stopper:claim');

  it.each(CALLERS)('answers who waits, and goes on with what is under way: %s', async (caller) => {
    const world = await start();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    for (const product of ['cms', 'cad'] as const) {
      world.sonoran[product].fault('*', { kind: 'latency', ms: 1_000 }, 1);
    }
    const answer = call(world, caller, 'banPlayer', player.id, 'x');
    await until(() => callsToBoth(world.sonoran).length === 2, 'the calls');
    claim(world);
    expect(await until(answer, 'the answer')).toMatchObject({ status: 'queued' });
    await world.clock.advance(1_000);
    await until(() => world.events.some(({ name }) => name === 'delivered'), 'the ban');
    expect(player.connected).toBe(false);
    expect(callsToBoth(world.sonoran)).toHaveLength(2);
    expect(world.faults).toEqual([]);
  });

  it('begins no call before it turns out to have been one', async () => {
    const world = await start();
    const [before, after] = [newSomebody(world), newSomebody(world)];
    const first = call(world, 'caller', 'banPlayer', `license:${before.license}`);
    claim(world);
    const second = call(world, 'caller', 'banPlayer', `license:${after.license}`);
    expect(await until(first, 'the answer')).toMatchObject({ status: 'queued' });
    expect(await until(second, 'the answer')).toMatchObject({ status: 'refused', code: 'CANCELLED' });
    expect(callsToBoth(world.sonoran)).toEqual([]);
    await until(() => world.events.some(({ name }) => name === 'delivered'), 'the first ban');
    await settled(world);
    // What the caller was told not to have happened does not happen later.
    expect(world.sonoran.cms.account(after.accId).banned).toBe(false);
    expect(await world.call('getHistory')).toHaveLength(1);
  });

  it('ends a call that is refused in that moment once', async () => {
    const world = await start({ use: { cms: false } });
    const answers = [
      call(world, 'caller', 'banPlayer', 'license:cafe', 'x', { products: ['cms'] }),
      call(world, 'caller', 'banPlayer', null, 'x'),
    ];
    claim(world);
    expect(await until(answers[0] ?? never, 'the answer')).toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(await until(answers[1] ?? never, 'the answer')).toMatchObject({ code: 'INVALID_TARGET' });
    await settled(world);
    expect(world.events.map(({ outcome }) => outcome['code'])).toEqual(['NOT_CONFIGURED', 'INVALID_TARGET']);
  });

  it('does not end what waits for its time', async () => {
    const world = await start({ convars: { cmsban_mirror_minutes: '15' } });
    const [late, temporary, web] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    await world.call('banPlayer', `license:${late.license}`, 'x', { products: ['cad'] });
    await world.txAdmin.ban({
      author: 'Mia',
      reason: 'x',
      identifiers: [`license:${temporary.license}`],
      duration: '2 hours',
    });
    await until(() => world.sonoran.cad.account(temporary.uuid).status === 4, 'the temporary ban');
    claim(world);
    claim(world);
    await eventLoopTurn();
    await pass(world, 10_000);
    expect(world.sonoran.cad.account(late.uuid).status).toBe(4);
    const reads = readsOf(world, 'cad').length;
    world.sonoran.cad.ban(web.uuid);
    await pass(world, SURELY_AGAIN_MS);
    expect(readsOf(world, 'cad').length).toBeGreaterThan(reads);
    expect(await world.call('isBanned', `license:${web.license}`)).toMatchObject({ banned: true });
    await pass(world, 2 * 60 * 60 * 1_000);
    expect(world.sonoran.cad.account(temporary.uuid).status).toBe(1);
    expect(world.faults).toEqual([]);
  });

  it('leaves everything working', async () => {
    const world = await start({ config: ['add_ace identifier.license:m command allow'] });
    claim(world);
    await world.clock.advance(0);
    await eventLoopTurn();
    // Exports and their connections.
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    expect(await world.call('banPlayer', player.id, 'x')).toMatchObject({
      status: 'delivered',
      dropped: true,
    });
    expect(await world.call('lookupPlayer', `license:${who.license}`)).toMatchObject({ code: 'OK' });
    // The door.
    expect(await world.fx.connect({ name: who.name, identifiers: who.identifiers })).toMatchObject({
      admitted: false,
    });
    // Commands and the log.
    const other = newSomebody(world);
    await world.outcomeOf(() => world.fx.console(`cmsban license:${other.license} x`));
    expect(world.log.at(-1)).toContain('is banned in Sonoran CMS and Sonoran CAD');
    // txAdmin.
    const third = newSomebody(world);
    const mirrored = await world.outcomeOf(() =>
      world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: third.identifiers }),
    );
    expect(mirrored).toMatchObject({ status: 'delivered' });
    // Push events.
    const fourth = newSomebody(world);
    const here = await world.join(fourth.name, fourth.identifiers);
    const answer = await fetch(`http://127.0.0.1:${world.fx.port}/cmsban/events`, {
      method: 'POST',
      body: JSON.stringify({
        key: CMS_KEY,
        type: 'ACCOUNT_BANNED',
        data: { accountId: fourth.accId, discordId: fourth.discord },
      }),
    });
    expect(answer.status).toBe(200);
    await until(() => !here.connected, 'the drop');
    expect(world.faults).toEqual([]);
  });

  it('told over and over does not keep anything from going on', async () => {
    const world = await start();
    const people = Array.from({ length: 5 }, () => newSomebody(world));
    for (const { license } of people) call(world, 'caller', 'banPlayer', `license:${license}`);
    for (let round = 0; round < 50; round++) {
      claim(world);
      await world.clock.advance(1);
      await eventLoopTurn();
    }
    await until(() => people.every(({ accId }) => world.sonoran.cms.account(accId).banned), 'the bans');
    expect(world.faults).toEqual([]);
  });

  it('by a name that is not ours is nothing to us', async () => {
    const world = await start();
    const who = newSomebody(world);
    const answer = call(world, 'caller', 'banPlayer', `license:${who.license}`);
    world.fx.emit('onResourceStop', 'caller');
    expect(await until(answer, 'the answer')).toMatchObject({ status: 'delivered' });
  });
});

it('a shutdown that txAdmin has announced and that does not come stops nothing for good', async () => {
  const world = await start();
  const who = newSomebody(world);
  await world.txAdmin.shutdown();
  expect(await world.call('banPlayer', `license:${who.license}`)).toMatchObject({ status: 'queued' });
  expect(callsToBoth(world.sonoran)).toEqual([]);
  await pass(world, 61_000);
  expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
});

function never(): never {
  throw new Error('no call was made');
}
