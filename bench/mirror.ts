import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyValueStore } from '../devserver/fxserver/key-value-store.ts';
import { FxServer } from '../devserver/fxserver/server.ts';
import { identifiersOf, pagesOf } from './bans.ts';
import { figureOfRuns, quantile } from './figures.ts';
import { memoryUsed } from './heap.ts';
import { memoryOfStore } from './store-memory.ts';
import { watchTurns } from './turns.ts';

const CMSBAN = join(import.meta.dirname, '..');
const ROUNDS = 5;
const JOINS = 10_000;
/** Before that many, the code is not compiled yet. */
const WARM_UP = 1_000;
/** Nobody listens there: Sonoran is down. */
const NOWHERE = 'http://127.0.0.1:9';

/** What one product's ban list costs, and how that grows with it. */
export async function benchMirror(): Promise<void> {
  // Not counted: the first one compiles the code, which a start pays for however many bans there are.
  await measureMirror(1_000);
  for (const bans of [1_000, 10_000, 100_000]) {
    const rounds: MirrorFigures[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await measureMirror(bans));
    const name = `${bans.toLocaleString('en').replace(',', ' ')} bans`;
    const print = (what: string, pick: (figures: MirrorFigures) => number, unit: string) =>
      figureOfRuns(`${name}: ${what}`, rounds.map(pick), unit);
    print('main thread until loaded', ({ loadMs }) => loadMs, 'ms');
    print('longest slice', ({ sliceMs }) => sliceMs, 'ms');
    print('memory', ({ memoryMiB }) => memoryMiB, 'MiB');
    print('pages in the store', ({ pages }) => pages, '');
    print('a join with the gate, median', ({ withGate }) => withGate.median, 'µs');
    print('a join without, median', ({ without }) => without.median, 'µs');
    print('a join with the gate, p99', ({ withGate }) => withGate.p99, 'µs');
    print('a join without, p99', ({ without }) => without.p99, 'µs');
  }
}

/** What a start with so many bans costs, and a join after it. */
export interface MirrorFigures {
  /** What the main thread did from the evaluated script until somebody who had to wait got in, in milliseconds. */
  readonly loadMs: number;
  /** The longest turn of the event loop meanwhile, in milliseconds. */
  readonly sliceMs: number;
  /** What the resource's memory has grown by, on the heap and off it, without the stand-in's copy of the store. */
  readonly memoryMiB: number;
  readonly pages: number;
  /** The synchronous part of `playerConnecting`, the stand-in's share included, in microseconds. */
  readonly withGate: Spread;
  readonly without: Spread;
}

interface Spread {
  readonly median: number;
  readonly p99: number;
}

async function measureMirror(bans: number): Promise<MirrorFigures> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-bench-'));
  try {
    const data = join(folder, 'data');
    const pages = seed(join(data, 'cmsban.kvp'), bans);
    const storeBytes = await memoryOfStore(join(data, 'cmsban.kvp'), 'mirror:');
    const config = join(folder, 'server.cfg');
    await writeFile(
      config,
      [
        `set cmsban_cms_url "${NOWHERE}"`,
        'set cmsban_cms_community_id "bench"',
        'set cmsban_cms_api_key "bench"',
        '',
      ].join('\n'),
    );
    const fx = await FxServer.start({ config, resources: { cmsban: CMSBAN }, data });
    try {
      const without = measureJoins(fx, bans);
      const before = await memoryUsed();
      await fx.console('ensure cmsban');
      const turns = watchTurns();
      const joined = await fx.connect({ name: 'Early', identifiers: identifiersOf(bans + 1) });
      const slices = turns.stop();
      const banned = await fx.connect({ name: 'Banned', identifiers: identifiersOf(bans - 1) });
      if (!joined.admitted || banned.admitted) throw new Error('the gate decides wrongly');
      const memory = (await memoryUsed()) - before - storeBytes;
      const withGate = measureJoins(fx, bans);
      return {
        loadMs: slices.reduce((sum, slice) => sum + slice, 0),
        sliceMs: Math.max(...slices),
        memoryMiB: memory / 2 ** 20,
        pages,
        withGate,
        without,
      };
    } finally {
      await fx.stop();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** People who are not banned, each let in and gone again. */
function measureJoins(fx: FxServer, bans: number): Spread {
  const times: number[] = [];
  for (let join = -WARM_UP; join < JOINS; join++) {
    const identifiers = identifiersOf(bans + 10 + WARM_UP + join);
    const begin = performance.now();
    const connecting = fx.startConnecting({ name: 'Somebody', identifiers });
    if (join >= 0) times.push((performance.now() - begin) * 1_000);
    connecting.cancel();
  }
  return { median: quantile(times, 0.5), p99: quantile(times, 0.99) };
}

/** Fills a store as a server leaves it. @returns in how many pages. */
function seed(path: string, bans: number): number {
  const store = new KeyValueStore(path);
  const head = { version: 1, community: `${NOWHERE} bench`, readAt: Date.now() };
  store.setUnsynced('mirror:cms', { type: 'string', value: JSON.stringify(head) });
  const pages = pagesOf(bans);
  for (const [number, value] of pages.entries()) {
    store.setUnsynced(`mirror:cms:${number}`, { type: 'string', value });
  }
  store.close();
  return pages.length;
}
