import { until } from '../devserver/clock.ts';
import type { KeyValueStore } from '../devserver/fxserver/key-value-store.ts';
import type { FxServer } from '../devserver/fxserver/server.ts';
import { writeActionRecord } from '../server/storage/action-record.ts';
import { figureOfRuns } from './figures.ts';
import { startGameServer } from './game-server.ts';
import { SkippingClock } from './skipping-clock.ts';
import type { SonoranProcess } from './sonoran-process.ts';
import { temporaryBan } from './temporary-ban.ts';
import { longestOf, watchTurns } from './turns.ts';
import { WatchedDisk } from './watched-disk.ts';

const RUNS = 5;
const RUNNING = 2_000;
const ENDED = 4_000;
const SAME = 400;
/** Bans of which one run takes the mean: as many as CMS v1 takes at once. */
const BANS = 5;
const HOUR_MS = 3_600_000;
/** After which all limits are free again. */
const WINDOW_MS = 61_000;
/** What was due at a start is believed to be after five minutes, and looked at once a minute. */
const DOUBT_MS = 5 * 60_000;
/** Nothing is going on when nothing was written for so long, in real milliseconds. */
const QUIET_MS = 1_500;

/** What the main thread did, in milliseconds. */
interface Cost {
  readonly busyMs: number;
  readonly sliceMs: number;
}

/** What must not grow with what is kept, beside the same with next to nothing kept. */
export async function benchGrowth(sonoran: SonoranProcess): Promise<void> {
  for (const kept of [0, RUNNING]) {
    figureOfRuns(`a ban while ${kept} temporary ones run: main thread`, await bans(sonoran, kept), 'ms');
  }
  for (const ended of [1, ENDED]) {
    const costs: Cost[] = [];
    for (let run = 0; run < RUNS; run++) costs.push(await start(sonoran, ended));
    print(`${ended} temporary bans ended while it was down`, costs);
  }
  for (const same of [1, SAME]) print(`${same} bans of one player in a tick`, await bansOfOne(sonoran, same));
}

function print(name: string, costs: readonly Cost[]): void {
  figureOfRuns(
    `${name}: main thread`,
    costs.map(({ busyMs }) => busyMs),
    'ms',
  );
  figureOfRuns(
    `${name}: longest slice`,
    costs.map(({ sliceMs }) => sliceMs),
    'ms',
  );
}

async function open(sonoran: SonoranProcess, seed: (store: KeyValueStore) => void) {
  const clock = new SkippingClock();
  const disk = new WatchedDisk();
  const server = await startGameServer(sonoran, clock, {}, disk, seed);
  await server.fx.console('ensure cmsban');
  await disk.quiet(QUIET_MS);
  return { clock, disk, ...server };
}

const seedBans = (count: number, endsIn: number) => (store: KeyValueStore) => {
  for (let number = 1; number <= count; number++) {
    const ban = temporaryBan(number, Date.now() - HOUR_MS, Date.now() + endsIn);
    store.setUnsynced(`action:${ban.id}`, { type: 'string', value: writeActionRecord(ban) });
  }
};

/** Watches the main thread, less what other processes did with it. */
function watch(): () => Cost {
  const turns = watchTurns();
  const begin = process.cpuUsage();
  return () => {
    const slices = turns.stop();
    const { user, system } = process.cpuUsage(begin);
    // A turn in which nothing was to be done takes a few microseconds.
    const busyMs = slices.reduce((sum, slice) => sum + slice, 0);
    const sliceMs = longestOf(slices);
    return { busyMs: Math.min(busyMs, (user + system) / 1_000), sliceMs };
  };
}

/** @returns per run what a ban costs in the mean, from the command to its last consequence. */
async function bans(sonoran: SonoranProcess, kept: number): Promise<number[]> {
  const server = await open(sonoran, seedBans(kept, 48 * HOUR_MS));
  const costs: number[] = [];
  for (let run = -1; run < RUNS; run++) {
    server.clock.skip(WINDOW_MS);
    await server.disk.quiet(QUIET_MS);
    let busyMs = 0;
    for (let ban = 0; ban < BANS; ban++) {
      const license = `fade${kept}${run + 1}${ban}`;
      for (const product of ['cms', 'cad'])
        await sonoran.tell({ do: 'addAccount', product, account: { apiIds: [license] } });
      const settled = server.nextLine(`license:${license} is banned`);
      const before = performance.eventLoopUtilization();
      await server.fx.console(`cmsban license:${license} ramming`);
      await settled;
      await new Promise((resolve) => setTimeout(resolve, 20));
      busyMs += performance.eventLoopUtilization(before).active;
    }
    if (run >= 0) costs.push(busyMs / BANS);
  }
  await server.close();
  return costs;
}

/** From the start after a downtime until all that has ended meanwhile is on its way to be lifted. */
async function start(sonoran: SonoranProcess, ended: number): Promise<Cost> {
  const server = await open(sonoran, seedBans(ended, -60_000));
  const isDone = saidOf(server.fx, ['Lifting the ban', 'This ban of'], ended);
  // Seen as over once, and five minutes later still.
  server.clock.skip(WINDOW_MS);
  await server.disk.quiet(QUIET_MS);
  const stop = watch();
  server.clock.skip(DOUBT_MS);
  await until(isDone, 'the lifts', 120_000);
  const cost = stop();
  await server.close();
  return cost;
}

/** From the commands until all are accepted. */
async function bansOfOne(sonoran: SonoranProcess, count: number): Promise<Cost[]> {
  const costs: Cost[] = [];
  for (let run = 0; run < RUNS; run++) {
    const server = await open(sonoran, () => {});
    const license = `cafe${count}${run}`;
    const isDone = saidOf(server.fx, [license], count);
    const stop = watch();
    for (let ban = 0; ban < count; ban++) void server.fx.console(`cmsban license:${license} ramming ${ban}`);
    await until(isDone, 'the answers', 60_000);
    costs.push(stop());
    await server.close();
  }
  return costs;
}

/** Whether so many lines with one of these words have been printed from now on; each line is looked at once. */
function saidOf({ output }: FxServer, words: readonly string[], count: number): () => boolean {
  let seen = output.length;
  let found = 0;
  return () => {
    for (const { text } of output.slice(seen)) if (words.some((word) => text.includes(word))) found++;
    seen = output.length;
    return found >= count;
  };
}
