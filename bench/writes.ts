import { figureOfRuns } from './figures.ts';
import { startGameServer } from './game-server.ts';
import { SkippingClock } from './skipping-clock.ts';
import type { SonoranProcess } from './sonoran-process.ts';
import { watchTurns } from './turns.ts';
import { WatchedDisk } from './watched-disk.ts';
import { watchWire } from './wire.ts';

/** What a flush takes on a disk that is slow, in milliseconds. */
const FLUSH_MS = 10;
const RUNS = 7;
/** Bans that compile the code, before those that count. */
const WARM_UP = 5;
/** Bans that wait for nothing: CMS v1 takes five in five seconds. */
const AT_ONCE = 5;
/** After which all limits are free again. */
const WINDOW_MS = 61_000;
/** What may take a second is on disk by then. */
const SOON_MS = 1_200;

/** What one run of some bans came to. */
interface Run {
  readonly writes: number;
  /** Writes after everything was settled, of what may be lost. */
  readonly later: number;
  readonly firstByteMs: number;
  readonly settledMs: number;
  /** How long the thread stood still for the disk until everything was settled. */
  readonly blockedMs: number;
  readonly longestTurnMs: number;
}

/** How often a ban waits for the disk, on one whose flush takes ten milliseconds. */
export async function benchWrites(sonoran: SonoranProcess): Promise<void> {
  const clock = new SkippingClock();
  const disk = new WatchedDisk(FLUSH_MS);
  const server = await startGameServer(sonoran, clock, {}, disk);
  const ports = [sonoran.cms, sonoran.cad].map(({ url }) => Number(new URL(url).port));
  let people = 0;

  /** Bans so many people in one turn, and waits until all are banned in both. */
  async function run(count: number): Promise<Run> {
    clock.skip(WINDOW_MS);
    // The connections have closed meanwhile; a look-up opens them.
    const seen = server.nextLine('warmth');
    await server.fx.console('cmslookup license:warmth');
    await seen;
    await disk.quiet(SOON_MS);
    const licenses = Array.from({ length: count }, () => `feed${++people}`);
    for (const license of licenses) {
      for (const product of ['cms', 'cad'])
        await sonoran.tell({ do: 'addAccount', product, account: { apiIds: [license] } });
    }
    const settled = Promise.all(licenses.map((license) => server.nextLine(`license:${license} is banned`)));
    const wire = watchWire(ports);
    const turns = watchTurns('wall');
    const begin = performance.now();
    for (const license of licenses) void server.fx.console(`cmsban license:${license} ramming`);
    await settled;
    const end = performance.now();
    const slices = turns.stop();
    wire.stop();
    const writes = disk.since(begin);
    await disk.quiet(SOON_MS);
    return {
      writes: writes.length,
      later: disk.since(end).length,
      firstByteMs: (wire.times[0] ?? Number.NaN) - begin,
      settledMs: end - begin,
      blockedMs: writes.reduce((sum, write) => sum + write.end - write.begin, 0),
      longestTurnMs: slices.reduce((longest, slice) => Math.max(longest, slice), 0),
    };
  }

  await server.fx.console('ensure cmsban');
  await disk.quiet(2 * SOON_MS);
  await run(WARM_UP);
  for (const [name, count] of [
    ['one ban', 1],
    ['five bans at once', AT_ONCE],
    ['ten bans at once', 2 * AT_ONCE],
  ] as const) {
    const runs: Run[] = [];
    for (let round = 0; round < RUNS; round++) runs.push(await run(count));
    const of = (pick: (run: Run) => number) => runs.map(pick);
    figureOfRuns(
      `${name}, slow disk: writes until settled`,
      of((each) => each.writes),
      '',
    );
    figureOfRuns(
      `${name}, slow disk: writes after that`,
      of((each) => each.later),
      '',
    );
    figureOfRuns(
      `${name}, slow disk: first byte on the wire`,
      of((each) => each.firstByteMs),
      'ms',
    );
    figureOfRuns(
      `${name}, slow disk: until settled`,
      of((each) => each.settledMs),
      'ms',
    );
    figureOfRuns(
      `${name}, slow disk: thread blocked by writes`,
      of((each) => each.blockedMs),
      'ms',
    );
    figureOfRuns(
      `${name}, slow disk: longest turn`,
      of((each) => each.longestTurnMs),
      'ms',
    );
  }
  await server.close();
}
