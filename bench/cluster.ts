import { figure, figureOfRuns, quantile } from './figures.ts';
import { heapUsed } from './heap.ts';
import { startMariadb } from './mariadb.ts';
import { type Asked, measureRaid, type RaidFigures } from './raid.ts';

const RUNS = 3;
const SERVERS = 10;
const RAID = { players: 200, bans: 500, withinMs: 60_000, memory: heapUsed };
const MIB = 2 ** 20;

/** What writes; all else reads, or begins and ends. */
const WRITES = ['INSERT', 'UPDATE', 'DELETE'];

/** A raid on ten servers with one database, beside the same on one server alone. In virtual time. */
export async function benchCluster(): Promise<void> {
  const alone: RaidFigures[] = [];
  for (let run = 0; run < RUNS; run++) alone.push(await measureRaid({ ...RAID, servers: 1 }));
  print('500 bans on one server', alone);
  const database = await startMariadb();
  try {
    const together: RaidFigures[] = [];
    for (let run = 0; run < RUNS; run++)
      together.push(await measureRaid({ ...RAID, servers: SERVERS, database }));
    print('500 bans on ten servers', together);
    printDatabase(together);
  } finally {
    await database.stop();
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
