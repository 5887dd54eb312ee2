import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { KeyValueStore } from '../delivery/store.ts';
import { PRODUCTS, type Product } from '../moderation/action.ts';
import { Secret } from '../text/secret.ts';
import type { ReadConvar, SettingProblem } from './convars.ts';
import { type CredentialSources, KEY_CONVARS, keyIn, OFF, type Reach, readReach } from './credentials.ts';

/** How often it is looked for what is awaited, beside the news of changes, in milliseconds. */
const LOOK_MS = 30_000;
/** Waits that were shorter are not kept: the vendor's resource takes a moment at every start. */
const SHORT_WAIT_MS = 60_000;
/** Most waits that are kept; the oldest are forgotten. */
const MOST_WAITS = 50;

const Time = v.pipe(v.number(), v.finite());
/** What outlives a restart, under `product:<product>`. Times are Unix milliseconds. */
const ProductRecord = v.object({
  version: v.literal(1),
  /** Names the community and its host as they were when the product was last in use; null: it never was. */
  community: v.nullable(v.string()),
  /** Since when no call can be made, for want of credentials; null while one can. */
  awaitedSince: v.nullable(Time),
  /** From when to when that was so before. */
  waits: v.array(v.tuple([Time, Time])),
});
type ProductRecord = v.InferOutput<typeof ProductRecord>;
const NO_RECORD: ProductRecord = { version: 1, community: null, awaitedSince: null, waits: [] };

/**
 * Follows how each product can be reached.
 *
 * `off` → `awaited`: the vendor's resource starts, or half of the credentials is there. `off`, `awaited` →
 * `in-use`: they are there. `in-use` → `in-use`: others are there; while they are changed one by one, or the
 * vendor's resource is away, the last ones go on to count. A run of a product that was in use before begins
 * `awaited` when they are not there. Anything → `off`: its community id is set to `none`.
 */
export interface CredentialWatch {
  reach(product: Product): Reach;
  /** Names the community and its host, now or when the product was last in use, without secrets. */
  community(product: Product): string | undefined;
  /** What is wrong with what is set. */
  problems(): readonly SettingProblem[];
  /** For how long, since a moment, no call could be made for want of credentials. @param since Unix milliseconds. */
  waitedSince(product: Product, since: number): number;
  /** Reads everything again. */
  look(): void;
  /** Calls back with every change, after it. */
  onChange(callback: (product: Product, now: Reach, before: Reach) => void): void;
  /** Calls back with what is wrong that was not before. */
  onProblems(callback: (problems: readonly SettingProblem[]) => void): void;
}

/** What the watch is made of. */
export interface CredentialWatchOptions {
  readonly sources: CredentialSources;
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** Gets every key that is ever seen, for whoever keeps them out of sight. */
  readonly secrets: Secret[];
  /** Takes these secrets out of a text. */
  readonly redact: (text: string) => string;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

export function watchCredentials(options: CredentialWatchOptions): CredentialWatch {
  const { sources, store, clock } = options;
  const listeners: Array<Parameters<CredentialWatch['onChange']>[0]> = [];
  const problemListeners: Array<Parameters<CredentialWatch['onProblems']>[0]> = [];
  const reaches = new Map<Product, Reach>();
  const records = new Map(PRODUCTS.map((product) => [product, loadRecord(product)]));
  let problems: readonly SettingProblem[] = [];
  let cancelLook = () => {};

  const reachOf = (product: Product): Reach => reaches.get(product) ?? OFF;
  const recordOf = (product: Product) => records.get(product) ?? NO_RECORD;

  function loadRecord(product: Product): ProductRecord {
    const text = store.get(`product:${product}`);
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), ProductRecord), text);
    return parsed.success ? parsed.output : NO_RECORD;
  }

  function keepRecord(product: Product, record: ProductRecord): void {
    const before = JSON.stringify(recordOf(product));
    const after = JSON.stringify(record);
    records.set(product, record);
    if (after === before) return;
    try {
      store.write([{ key: `product:${product}`, value: after }]);
    } catch (error) {
      // The product can be used all the same; only the next run does not hear of it.
      options.onBug(error);
    }
  }

  /** What the record of a product becomes by how it can be reached now. */
  function recordFor(reach: Reach, { community, awaitedSince, waits }: ProductRecord): ProductRecord {
    const now = clock.now();
    switch (reach.state) {
      case 'off':
        return {
          version: 1,
          community: null,
          // What it had to do when it was given up does not run out of time.
          awaitedSince: community === null ? awaitedSince : (awaitedSince ?? now),
          waits,
        };
      case 'awaited':
        return { version: 1, community, awaitedSince: awaitedSince ?? now, waits };
      case 'in-use': {
        const isOver = awaitedSince !== null && now - awaitedSince >= SHORT_WAIT_MS;
        const all = isOver ? [...waits, [awaitedSince, now] satisfies [number, number]] : waits;
        return {
          version: 1,
          community: communityOf(reach),
          awaitedSince: null,
          waits: all.slice(-MOST_WAITS),
        };
      }
    }
  }

  function look(): void {
    collectKeys(sources.convar, options.secrets);
    const found = PRODUCTS.map((product) => {
      const wasInUse = recordOf(product).community !== null;
      return { product, ...readReach(product, sources, wasInUse, options.redact) };
    });
    for (const { product, reach } of found) settle(product, reach);
    report(found.flatMap((each) => each.problems));
    cancelLook();
    const isAwaited = PRODUCTS.some((product) => reachOf(product).state === 'awaited');
    cancelLook = isAwaited ? clock.after(LOOK_MS, look) : () => {};
  }

  function settle(product: Product, reach: Reach): void {
    const before = reachOf(product);
    if (before.state === 'in-use' && reach.state === 'awaited') return;
    keepRecord(product, recordFor(reach, recordOf(product)));
    if (isSame(before, reach)) return;
    reaches.set(product, reach);
    for (const listener of listeners) listener(product, reach, before);
  }

  function report(found: readonly SettingProblem[]): void {
    const fresh = found.filter(
      ({ convar, message }) => !problems.some((old) => old.convar === convar && old.message === message),
    );
    problems = found;
    if (fresh.length > 0) for (const listener of problemListeners) listener(fresh);
  }

  look();
  return {
    reach: reachOf,
    community(product) {
      const reach = reachOf(product);
      if (reach.state === 'off') return undefined;
      return reach.state === 'in-use' ? communityOf(reach) : (recordOf(product).community ?? undefined);
    },
    problems: () => problems,
    waitedSince(product, since) {
      const { awaitedSince, waits } = recordOf(product);
      // Of a product that is not used it does not matter since when.
      const from = reachOf(product).state === 'off' ? (awaitedSince ?? 0) : awaitedSince;
      const now: readonly [number, number][] = from === null ? [] : [[from, clock.now()]];
      return [...waits, ...now].reduce((sum, [from, to]) => sum + Math.max(0, to - Math.max(from, since)), 0);
    },
    look,
    onChange: (callback) => listeners.push(callback),
    onProblems: (callback) => problemListeners.push(callback),
  };
}

/** Adds the keys that are set now, also those that are set in vain, to what must never be shown. */
export function collectKeys(read: ReadConvar, secrets: Secret[]): void {
  const known = new Set(secrets.map((secret) => secret.reveal()));
  for (const convar of KEY_CONVARS) {
    const key = keyIn(read, convar);
    if (key !== '' && !known.has(key)) secrets.push(new Secret(key));
  }
}

function communityOf({ url, communityId }: Reach & { state: 'in-use' }): string {
  return `${url} ${communityId}`;
}

function isSame(one: Reach, other: Reach): boolean {
  const withKey = (reach: Reach) =>
    JSON.stringify(reach.state === 'in-use' ? { ...reach, apiKey: reach.apiKey.reveal() } : reach);
  return withKey(one) === withKey(other);
}
