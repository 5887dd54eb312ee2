import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Limit, Limiter, type Permit } from './limiter.ts';

const RecordSchema = v.object({
  calls: v.array(v.pipe(v.number(), v.finite())),
  running: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  blockedUntil: v.pipe(v.number(), v.finite()),
  silent: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
  /** Whether look-ups go through here: their calls do not wait until it is kept that they are made. */
  lookUps: v.exactOptional(v.boolean()),
  /** Whether the run ended in order, so that nothing was made that is not in here. */
  isClosed: v.exactOptional(v.boolean()),
});

/** While bans want every permit, those who stand back look again after this, in milliseconds. */
const STAND_BACK_MS = 1_000;

/** What a rate limit is made of. */
export interface RateLimitOptions {
  readonly limit: Limit;
  readonly clock: Clock;
  /** Keeps what must survive a restart; it may take a second. */
  readonly keep: (record: string) => void;
  /** How much of the limit is ours at the moment, from 0 to 1; all of it unless given. */
  readonly share?: () => number;
  /** Told when a refusal that may be a block keeps calls back, and for how long, in milliseconds. */
  readonly onBlock?: (ms: number) => void;
}

/** The one whose calls go before all others: a product's bans, kicks and lifts. */
export interface FirstClient {
  /** A call has ended, or time has passed: takes what permits it wants. */
  serve(): void;
  /** Whether it would take another permit right now, if there were one. */
  isWanting(): boolean;
}

/**
 * Lets a class of calls through, within their limit, also across restarts. Bans, kicks and lifts go
 * first, then those who wait for an answer, then what happens in the background.
 */
export interface RateLimit {
  /** How long the limit takes to be free again, in milliseconds. */
  readonly windowMs: number;
  /**
   * A permit for the first client, or how long to wait before asking again, in milliseconds; Infinity
   * when that depends on a running call.
   */
  tryTake(): Permit | number;
  /**
   * A permit for somebody who waits.
   *
   * @param patienceMs the longest wait; undefined comes back when it would take longer. Infinity waits for ever.
   * @param isDelivery it is a step of a ban, kick or lift: where those share the limit, it goes with them.
   */
  take(patienceMs: number, isDelivery?: boolean): Promise<Permit | undefined>;
  /** A permit for what nobody waits for, once nobody waits: however long that takes. */
  takeLast(): Promise<Permit>;
  /** Lets nothing through for so long. */
  block(ms: number): void;
  /** Names who goes first. */
  goesFirst(client: FirstClient): void;
  /** Goes on where the last run ended. @param text what was kept; undefined when it cannot be read. */
  restore(text: string | undefined): void;
  /** What is to be kept. @param isClosed nothing more happens in this run. */
  record(isClosed: boolean): string;
}

/** Somebody who waits for a permit. */
interface Waiting extends PromiseWithResolvers<Permit | undefined> {
  readonly deadline: number;
  readonly isDelivery: boolean;
}

export function createRateLimit({ limit, clock, keep, share, onBlock }: RateLimitOptions): RateLimit {
  const limiter = new Limiter(limit, share);
  let first: FirstClient | undefined;
  const waiting: Waiting[] = [];
  const patient: Array<PromiseWithResolvers<Permit>> = [];
  let cancelWake = () => {};
  let lookUps = false;

  function record(isClosed: boolean): string {
    const kept = limiter.record(clock.elapsed(), clock.now());
    return JSON.stringify({ ...kept, ...(lookUps && { lookUps, isClosed }) });
  }

  const keepNow = () => keep(record(false));

  /** @param isFirst for the first client: it writes down that its call is made before it makes it, and this with it. */
  function tryTake(isLookUp: boolean, isFirst = false, isLast = false): Permit | number {
    const permit = limiter.tryTake(clock.elapsed, isLookUp, isLast);
    if (typeof permit === 'number') return permit;
    lookUps ||= !isFirst;
    keepNow();
    return {
      ended() {
        permit.ended();
        serve();
      },
      unsent() {
        permit.unsent();
        keepNow();
        serve();
      },
      limited(waitMs) {
        const ms = permit.limited(waitMs);
        keepNow();
        if (limit.blocks) onBlock?.(ms);
        serve();
        return ms;
      },
    };
  }

  /** Lets those in who wait: who goes first, then people in their order, and after them those who are patient. */
  function serve(): void {
    first?.serve();
    serveLookUps();
  }

  function serveLookUps(): void {
    cancelWake();
    cancelWake = () => {};
    if (waiting.length > 0) servePeople();
    if (waiting.length === 0) servePatient();
  }

  /** Wakes those who wait; a call that ends does so by itself. */
  function wakeIn(ms: number): void {
    if (Number.isFinite(ms)) cancelWake = clock.after(ms, serve);
  }

  function servePeople(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const permit = takeFor(next.isDelivery);
      if (typeof permit === 'number') {
        const left = next.deadline - clock.elapsed();
        if (left > 0) {
          wakeIn(Math.min(permit, left));
          return;
        }
      }
      waiting.shift();
      next.resolve(typeof permit === 'number' ? undefined : permit);
    }
  }

  function servePatient(): void {
    for (let next = patient[0]; next !== undefined; next = patient[0]) {
      const permit = takeFor(false, true);
      if (typeof permit === 'number') {
        wakeIn(permit);
        return;
      }
      patient.shift();
      next.resolve(permit);
    }
  }

  function takeFor(isDelivery: boolean, isLast = false): Permit | number {
    return !isDelivery && first?.isWanting() ? STAND_BACK_MS : tryTake(!isDelivery, false, isLast);
  }

  return {
    windowMs: limit.windowMs,
    tryTake: () => tryTake(false, true),
    take(patienceMs, isDelivery = false) {
      const entry = {
        ...Promise.withResolvers<Permit | undefined>(),
        deadline: clock.elapsed() + patienceMs,
        isDelivery,
      };
      const place = waiting.findIndex((other) => isDelivery && first !== undefined && !other.isDelivery);
      waiting.splice(place < 0 ? waiting.length : place, 0, entry);
      if (waiting[0] === entry) serveLookUps();
      return entry.promise;
    },
    takeLast() {
      const entry = Promise.withResolvers<Permit>();
      patient.push(entry);
      if (patient.length === 1 && waiting.length === 0) serveLookUps();
      return entry.promise;
    },
    block(ms) {
      limiter.block(ms, clock.elapsed());
      keepNow();
    },
    goesFirst(client) {
      first = client;
    },
    restore(text) {
      const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), RecordSchema), text);
      const usedUp = { calls: [], running: limit.calls };
      // Unreadable: as if the limit had just been used up.
      const kept = parsed.success ? parsed.output : { ...usedUp, blockedUntil: 0 };
      lookUps = kept.lookUps ?? false;
      // So it is after a crash: what look-ups did in the last second was not kept.
      const isUsedUp = lookUps && kept.isClosed !== true;
      limiter.restore(isUsedUp ? { ...kept, ...usedUp } : kept, clock.elapsed(), clock.now());
    },
    record,
  };
}
