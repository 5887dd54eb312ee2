import { createMirror, type Mirror } from '../server/bans/mirror.ts';
import type { Clock } from '../server/clock.ts';
import { createJoinGate } from '../server/door/join-gate.ts';
import { createNotices } from '../server/door/notice.ts';
import { formatIdentifier, parseIdentifiers } from '../server/identity/identifier.ts';
import { createLog } from '../server/notify/log.ts';
import type { Storage } from '../server/storage/storage.ts';
import { readLocale } from '../server/text/locale.ts';
import { identifiersOf, pagesOf } from './bans.ts';
import { figureOfRuns, quantile } from './figures.ts';

const RUNS = 5;
const JOINS = 10_000;
/** Before that many, the code is not compiled yet. */
const WARM_UP = 5_000;

const { say } = readLocale('en', undefined);

const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after: () => () => {},
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

/** How long the gate takes to decide about somebody, without what FXServer does around it. */
export async function benchGate(): Promise<void> {
  for (const bans of [1_000, 10_000, 100_000]) {
    const mirrors = [await loadedMirror('cms', bans), await loadedMirror('cad', bans)];
    const gate = createJoinGate({
      here: { find: () => undefined },
      mirrors: () => mirrors,
      loaded: Promise.resolve(),
      whenUnknown: 'allow',
      notices: createNotices({ appealText: '', clock, say }),
      access: { playerHas: () => false, identifierHas: () => false, resourceHas: () => false },
      clock,
      log: createLog(
        'error',
        () => {},
        (text) => text,
        say,
      ),
      say,
      onRefused() {},
    });
    await clock.pause();
    for (const [who, first, refused] of [
      ['not banned', bans, false],
      ['banned', 0, true],
    ] as const) {
      const runs: number[][] = Array.from({ length: RUNS }, () => []);
      for (let join = -WARM_UP; join < RUNS * JOINS; join++) {
        const identifiers = parseIdentifiers(identifiersOf(first + (Math.abs(join) % bans))).map(
          formatIdentifier,
        );
        let isRefused = false;
        const arrival = {
          id: 65_537,
          name: 'Somebody',
          identifiers,
          refuse() {
            isRefused = true;
          },
          defer: () => () => {},
        };
        const begin = performance.now();
        gate.arrived(arrival);
        if (join >= 0) runs[Math.floor(join / JOINS)]?.push((performance.now() - begin) * 1_000);
        if (isRefused !== refused) throw new Error('the gate decides wrongly');
      }
      const name = `gate, two lists of ${bans.toLocaleString('en').replace(',', ' ')}, ${who}`;
      for (const [what, share] of [
        ['median', 0.5],
        ['p99', 0.99],
      ] as const)
        figureOfRuns(
          `${name}: ${what}`,
          runs.map((times) => quantile(times, share)),
          'µs',
        );
    }
  }
}

async function loadedMirror(product: 'cms' | 'cad', bans: number): Promise<Mirror> {
  const mirror = createMirror({
    product,
    community: () => 'bench',
    list: { pageSize: 100, read: async () => ({ kind: 'unavailable' }) },
    types: ['license', 'steam', 'discord'],
    storage: storageOf(product, pagesOf(bans)),
    clock,
    random: Math.random,
    intervalMs: 900_000,
    renewCredentials: () => false,
    isStillBanned: async () => false,
    tied: (names) => names,
    onProof() {},
    onNewAccount() {},
    onNewBan() {},
    onGone() {},
    onRead() {},
    say,
    onBug(error) {
      throw error;
    },
  });
  await mirror.load();
  if (mirror.size !== bans) throw new Error(`${mirror.size} bans were loaded`);
  return mirror;
}

/** Storage with a snapshot in it. */
function storageOf(product: string, pages: readonly string[]): Pick<Storage, 'load' | 'soon' | 'write'> {
  const head = JSON.stringify({ version: 1, community: 'bench', readAt: Date.now() });
  return {
    async load(_, take) {
      take({ name: `mirror:${product}`, value: head });
      for (const [number, value] of pages.entries()) take({ name: `mirror:${product}:${number}`, value });
    },
    async soon() {},
    write: async () => 'written',
  };
}
