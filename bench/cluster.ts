import { figure, figureOfRuns, quantile } from './figures.ts';
import { type FollowFigures, measureFollow } from './follow.ts';
import { heapUsed } from './heap.ts';
import { type Mariadb, startMariadb } from './mariadb.ts';
import { type Asked, measureRaid, type RaidFigures } from './raid.ts';
import { measureSeveral, type SeveralFigures } from './several.ts';
import { longestOf } from './turns.ts';

const RUNS = 3;
const SERVERS = 10;
const RAID = { players: 200, bans: 500, withinMs: 60_000, memory: heapUsed };
/** That is 30 bans on three servers at once. */
const AT_ONCE = { servers: 3, players: 20, bans: 30, withinMs: 0 };
const FOLLOWED = 10_000;
const FOLLOW_RUNS = 5;
/** Bans of which each run takes the median. */
const BANS = 20;
const MIB = 2 ** 20;

/** What writes; all else reads, or begins and ends. */
const WRITES = ['INSERT', 'UPDATE', 'DELETE'];

/** Several servers with one database. In virtual time, but for what they follow. */
export async function benchCluster(): Promise<void> {
  const database = await startMariadb();
  try {
    const several: SeveralFigures[] = [];
    for (let run = 0; run < RUNS; run++) several.push(await measureSeveral(database, BANS));
    printSeveral(several);
    const atOnce: RaidFigures[] = [];
    for (let run = 0; run < RUNS; run++) atOnce.push(await measureRaid({ ...AT_ONCE, database }));
    print('30 bans on three servers', atOnce);
    await follow(database);
    const alone: RaidFigures[] = [];
    for (let run = 0; run < RUNS; run++) alone.push(await measureRaid({ ...RAID, servers: 1 }));
    print('500 bans on one server', alone);
    const together: RaidFigures[] = [];
    for (let run = 0; run < RUNS; run++)
      together.push(await measureRaid({ ...RAID, servers: SERVERS, database }));
    print('500 bans on ten servers', together);
    printDatabase(together);
  } finally {
    await database.stop();
  }
}

function printSeveral(runs: readonly SeveralFigures[]): void {
  const of = (what: string, read: (run: SeveralFigures) => number, unit: string) =>
    figureOfRuns(what, runs.map(read), unit);
  of('a ban through another server, on the wire, median', (run) => quantile(run.onTheWire, 0.5), 'ms');
  of('the same, longest', (run) => Math.max(...run.onTheWire), 'ms');
  of('take-over after a stop', ({ afterStop }) => afterStop / 1_000, 's');
  of('take-over after a crash', ({ afterCrash }) => afterCrash / 1_000, 's');
  of('idle, the server that works: statements a second', ({ idle }) => idle[0] ?? Number.NaN, '');
  of('idle, another server: statements a second', ({ idle }) => Math.max(...idle.slice(1)), '');
}

/** In real time, each run in the same process: the first is cold. */
async function follow(database: Mariadb): Promise<void> {
  const runs: FollowFigures[] = [];
  for (let run = 0; run < FOLLOW_RUNS; run++) runs.push(await measureFollow(database, FOLLOWED));
  for (const [what, read] of [
    ['a server that joins', ({ joined }: FollowFigures) => joined],
    ['one that follows', ({ heard }: FollowFigures) => heard],
  ] as const) {
    const of = (name: string, value: (slices: readonly number[]) => number, unit: string) =>
      figureOfRuns(
        `10 000 records, ${what}: ${name}`,
        runs.map((run) => value(read(run))),
        unit,
      );
    of('main thread', (slices) => slices.reduce((sum, slice) => sum + slice, 0), 'ms');
    of('longest slice', longestOf, 'ms');
    of('slices over 8 ms', (slices) => slices.filter((slice) => slice > 8).length, '');
  }
}

function print(name: string, runs: readonly RaidFigures[]): void {
  const of = (what: string, read: (run: RaidFigures) => number, unit: string) =>
    figureOfRuns(`${name}: ${what}`, runs.map(read), unit);
  for (const [what, read] of [
    ['answered', ({ times }: RaidFigures) => times.answered],
    ['refused everywhere', ({ times }: RaidFigures) => times.refused],
    ['dropped', ({ times }: RaidFigures) => times.dropped],
    ['banned in CMS', ({ times }: RaidFigures) => times.cms],
    ['banned in CAD', ({ times }: RaidFigures) => times.cad],
  ] as const) {
    of(`${what}, median`, (run) => quantile(read(run), 0.5) / 1_000, 's');
    of(`${what}, p95`, (run) => quantile(read(run), 0.95) / 1_000, 's');
    of(`${what}, last`, (run) => Math.max(...read(run)) / 1_000, 's');
  }
  of('until Sonoran has the last', ({ tookMs }) => tookMs / 1_000, 's');
  of('calls to Sonoran', ({ calls }) => calls, '');
  figure(`${name}: refused for coming too fast, worst`, Math.max(...runs.map(({ tooFast }) => tooFast)), '');
  of('heap of the resource for a server, before', ({ heapBefore }) => heapBefore / MIB, 'MiB');
  of('heap of the resource for a server, after', ({ heapAfter }) => heapAfter / MIB, 'MiB');
}

function printDatabase(runs: readonly RaidFigures[]): void {
  const isWrite = ({ verb }: { readonly verb: string }) => WRITES.includes(verb);
  /** In the busiest second. */
  function peak(asked: Asked): number {
    const seconds = new Map<number, number>();
    for (const { at } of asked.flat()) {
      const second = Math.floor(at / 1_000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    return Math.max(...seconds.values());
  }
  /** Of each server, the holder's first. */
  const counts = (asked: Asked) => asked.map(({ length }) => length).sort((one, other) => other - one);
  const holder = (asked: Asked) => counts(asked)[0] ?? Number.NaN;
  const follower = (asked: Asked) => quantile(counts(asked).slice(1), 0.5);
  for (const [phase, read] of [
    ['a minute before', ({ idle }: RaidFigures) => idle],
    ['until all servers know all', ({ during }: RaidFigures) => during],
    ['until Sonoran has the last', ({ after }: RaidFigures) => after],
  ] as const) {
    const of = (what: string, count: (asked: Asked) => number, unit = '') =>
      figureOfRuns(
        `database, ${phase}: ${what}`,
        runs.map((run) => count(read(run))),
        unit,
      );
    of('statements', (asked) => asked.flat().length);
    of('that write', (asked) => asked.flat().filter(isWrite).length);
    of('busiest second', peak);
    of('holder', holder);
    of('follower, median', follower);
  }
}
