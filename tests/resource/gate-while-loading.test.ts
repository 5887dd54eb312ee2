import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventLoopTurn, until } from '../../devserver/clock.ts';
import { addBanned, begin, pass, passUntil, timesSaid } from './ban-lists.ts';
import { openWorld, type World } from './world.ts';

/** Whoever connects while the snapshot of a large community is still being read waits for it, and no longer. */

const BANS = 20_000;
const REFUSAL =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';

let world: World;
/** The last of them, as it is stored. */
let last: string;

beforeAll(async () => {
  world = await openWorld({ start: false, use: { cad: false } });
  last = `license:${addBanned(world, 'cms', BANS).at(-1)}`;
  await begin(world);
  await passUntil(world, () => timesSaid(world, 'list.read', { bans: BANS }) === 1, 'the list');
  await world.sonoran.cms.down();
}, 60_000);
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.close();
});

/** Starts cmsban anew, and comes back while it reads: as on a real server, time goes on meanwhile. */
async function startToRead(how: 'stop' | 'crash' = 'stop'): Promise<void> {
  await world.restart(how);
  const elapsed = world.clock.elapsed.bind(world.clock);
  const began = performance.now();
  vi.spyOn(world.clock, 'elapsed').mockImplementation(() => elapsed() + performance.now() - began);
  const lines = world.log.length;
  void world.fx.console('ensure cmsban');
  await until(() => world.log.slice(lines).some((line) => line.includes('join gate: on')), 'the start');
}

describe('while the snapshot is read', () => {
  it.each(['stop', 'crash'] as const)(
    'whoever connects is deferred, and then decided about (%s)',
    async (how) => {
      await startToRead(how);
      const banned = world.fx.startConnecting({ name: 'Knut', identifiers: [last] });
      const other = world.fx.startConnecting({ name: 'Nora', identifiers: ['license:cafe'] });
      expect([banned.state, other.state]).toEqual(['connecting', 'connecting']);
      expect([...banned.deferrals.keys(), ...other.deferrals.keys()]).toEqual(['cmsban', 'cmsban']);
      expect(await banned.result).toEqual({ admitted: false, message: REFUSAL });
      expect(await other.result).toMatchObject({ admitted: true });
      expect([...banned.misuse, ...other.misuse]).toEqual([]);
      expect([...banned.openDeferrals, ...other.openDeferrals]).toEqual([]);
      other.player.leave();

      // From now on nobody waits any more.
      const later = world.fx.startConnecting({ name: 'Knut', identifiers: [last] });
      expect(later.state).toBe('refused');
      expect(later.deferrals.size).toBe(0);
    },
  );

  it('whoever gives up meanwhile is left alone', async () => {
    await startToRead();
    const gone = [0, 1, 2].map(() => world.fx.startConnecting({ name: 'Knut', identifiers: [last] }));
    gone[0]?.cancel();
    await eventLoopTurn();
    gone[1]?.cancel();
    expect(await gone[2]?.result).toMatchObject({ admitted: false });
    await pass(world, 20_000);
    expect(gone.map(({ state }) => state)).toEqual(['cancelled', 'cancelled', 'refused']);
    expect(gone.flatMap(({ misuse }) => misuse)).toEqual([]);
    expect(gone.flatMap(({ openDeferrals }) => openDeferrals)).toEqual([]);
  });

  it('many who connect at once are all decided about', async () => {
    await startToRead();
    const crowd = Array.from({ length: 200 }, (_, number) =>
      world.fx.startConnecting({
        name: `Nora${number}`,
        identifiers: [number % 2 === 0 ? last : `license:cafe${number}`],
      }),
    );
    expect(crowd.every(({ deferrals }) => deferrals.has('cmsban'))).toBe(true);
    const results = await Promise.all(crowd.map(({ result }) => result));
    expect(results.map(({ admitted }) => admitted)).toEqual(crowd.map((_, number) => number % 2 === 1));
    expect(crowd.flatMap(({ misuse }) => misuse)).toEqual([]);
  });

  it('nobody is left waiting when cmsban is stopped', async () => {
    await startToRead();
    const connecting = world.fx.startConnecting({ name: 'Nora', identifiers: ['license:cafe'] });
    expect(connecting.deferrals.has('cmsban')).toBe(true);
    // So that the deferral is one tick old.
    await eventLoopTurn();
    await eventLoopTurn();
    expect(connecting.state).toBe('connecting');
    await world.fx.console('stop cmsban');
    vi.restoreAllMocks();
    await pass(world, 20_000);
    expect(connecting.openDeferrals).toEqual([]);
    expect(connecting.state).toBe('joined');
    expect(connecting.misuse).toEqual([]);
  });
});
