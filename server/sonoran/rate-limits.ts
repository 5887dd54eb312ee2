import type { Clock } from '../clock.ts';
import type { Product } from '../moderation/action.ts';
import type { Change, Storage } from '../storage/storage.ts';
import { LIMIT_CLASSES, type LimitClass, limitOf, othersOfHost } from './limits.ts';
import { createRateLimit, type RateLimit } from './rate-limit.ts';

const PREFIX = 'limit:';

/** The rate limits of all classes of calls, also across restarts. */
export interface RateLimits {
  of(name: LimitClass): RateLimit;
  /** Goes on where the last run ended. No call may go out before. */
  load(): Promise<void>;
  /** Resolves when that is done. */
  readonly loaded: Promise<void>;
  /** Writes all down. @param isClosed this run ends in order. */
  keep(isClosed: boolean): void;
}

/** What they are made of. */
export interface RateLimitsOptions {
  readonly clock: Clock;
  readonly storage: Storage;
  /** Whether the vendor's own resource for a product runs here now: it spends part of the limits. */
  readonly isVendorRunning: (product: Product) => boolean;
}

export function createRateLimits({ clock, storage, isVendorRunning }: RateLimitsOptions): RateLimits {
  const limits = new Map<LimitClass, RateLimit>();
  const { promise: loaded, resolve: setLoaded } = Promise.withResolvers<void>();

  function of(name: LimitClass): RateLimit {
    const known = limits.get(name);
    if (known) return known;
    const limit = limitOf(name);
    const { product, isVendors } = limit;
    const made = createRateLimit({
      limit,
      clock,
      keep: (value) => void storage.soon([{ name: PREFIX + name, value }]),
      share: () => (isVendors && isVendorRunning(product) ? 1 / 2 : 1),
      // A block is one of the caller, by the whole host.
      onBlock(ms) {
        for (const other of othersOfHost(name)) of(other).block(ms);
      },
    });
    limits.set(name, made);
    return made;
  }

  const change = (name: LimitClass, isClosed: boolean): Change => ({
    name: PREFIX + name,
    value: of(name).record(isClosed),
  });

  return {
    of,
    loaded,
    async load() {
      const found = new Map<LimitClass, string | undefined>();
      await storage.load(PREFIX, ({ name, value }) => {
        const known = LIMIT_CLASSES.find((each) => PREFIX + each === name);
        if (known) found.set(known, value);
      });
      for (const [name, text] of found) of(name).restore(text);
      // On disk, before a call is made: a run that is cut off must not be taken for one that ended in order.
      await storage.write([...found.keys()].map((name) => change(name, false)));
      setLoaded();
    },
    keep: (isClosed) => void storage.soon([...limits.keys()].map((name) => change(name, isClosed))),
  };
}
