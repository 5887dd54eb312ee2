import type { Clock } from '../server/clock.ts';
import type { KeyValueStore } from '../server/delivery/store.ts';
import { formatIdentifier, parseIdentifiers } from '../server/identity/identifier.ts';
import { createLog } from '../server/log.ts';
import { createMirror, type Mirror } from '../server/mirror/mirror.ts';
import { readLocale } from '../server/text/locale.ts';
import { createNotices } from '../server/triggers/eviction.ts';
import { createJoinGate } from '../server/triggers/join-gate.ts';
import { identifiersOf, piecesOf } from './bans.ts';
import { figure, quantile } from './figures.ts';

const JOINS = 50_000;
/** Before that many, the code is not compiled yet. */
const WARM_UP = 5_000;

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
    const { say } = readLocale('en', undefined);
    const gate = createJoinGate({
      mirrors: () => mirrors,
      loaded: Promise.resolve(),
      whenUnknown: 'allow',
      notices: createNotices('', say),
      access: { playerHas: () => false, identifierHas: () => false, resourceHas: () => false },
      clock,
      log: createLog(
        'error',
        () => {},
        (text) => text,
      ),
      say,
      onRefused() {},
    });
    await clock.pause();
    for (const [who, first, refused] of [
      ['not banned', bans, false],
      ['banned', 0, true],
    ] as const) {
      const times: number[] = [];
      for (let join = -WARM_UP; join < JOINS; join++) {
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
        if (join >= 0) times.push((performance.now() - begin) * 1_000);
        if (isRefused !== refused) throw new Error('the gate decides wrongly');
      }
      const name = `gate, two lists of ${bans.toLocaleString('en').replace(',', ' ')}, ${who}`;
      figure(`${name}: median`, quantile(times, 0.5), 'µs');
      figure(`${name}: p99`, quantile(times, 0.99), 'µs');
    }
  }
}

async function loadedMirror(product: 'cms' | 'cad', bans: number): Promise<Mirror> {
  const mirror = createMirror({
    product,
    community: () => 'bench',
    list: { pageSize: 100, read: async () => ({ kind: 'unavailable' }) },
    types: ['license', 'steam', 'discord'],
    store: storeOf(product, piecesOf(bans)),
    clock,
    random: Math.random,
    seed: 1,
    intervalMs: 900_000,
    renewCredentials: () => false,
    onNewBan() {},
    onRead() {},
    onBug(error) {
      throw error;
    },
  });
  await mirror.load();
  if (mirror.size !== bans) throw new Error(`${mirror.size} bans were loaded`);
  return mirror;
}

/** A store with a snapshot in it. */
function storeOf(product: string, pieces: readonly string[]): KeyValueStore {
  const head = JSON.stringify({ version: 1, community: 'bench', readAt: Date.now() });
  const entries = new Map([
    [`mirror:${product}`, head],
    ...pieces.map((text, number) => [`mirror:${product}:${number}`, text] as const),
  ]);
  return {
    get: (key) => entries.get(key),
    keys: (prefix) => [...entries.keys()].filter((key) => key.startsWith(prefix)),
    write() {},
    stage() {},
  };
}
