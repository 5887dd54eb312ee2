import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Limit, Limiter, type LimiterRecord, type Permit } from './limiter.ts';
import type { KeyValueStore } from './store.ts';

const PREFIX = 'limit:';

const RecordSchema = v.object({
  calls: v.array(v.pipe(v.number(), v.finite())),
  running: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  blockedUntil: v.pipe(v.number(), v.finite()),
  silent: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100))),
});

/** While bans want every permit, those who stand back look again after this, in milliseconds. */
const STAND_BACK_MS = 1_000;

/** What a gate is made of. */
export interface GateOptions {
  /** Names the API key and the class of endpoints, for the store; without secrets. */
  readonly name: string;
  readonly limit: Limit;
  readonly clock: Clock;
  readonly store: KeyValueStore;
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
 * The one door to a class of calls: within its limit, also across restarts. Bans, kicks and lifts go
 * first, then those who wait for an answer, then what happens in the background.
 */
export interface Gate {
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
}

/** Somebody who waits for a permit. */
interface Waiting extends PromiseWithResolvers<Permit | undefined> {
  readonly deadline: number;
  readonly isDelivery: boolean;
}

export function createGate({ name, limit, clock, store, share, onBlock }: GateOptions): Gate {
  const limiter = new Limiter(limit, share);
  const key = PREFIX + name;
  let first: FirstClient | undefined;
  const waiting: Waiting[] = [];
  const patient: Array<PromiseWithResolvers<Permit>> = [];
  let cancelWake = () => {};

  restore();

  function restore(): void {
    const text = store.get(key);
    if (text === undefined) return;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), RecordSchema), text);
    // Unreadable: as if the limit had just been used up.
    const record: LimiterRecord = parsed.success
      ? parsed.output
      : { calls: [], running: limit.calls, blockedUntil: 0 };
    limiter.restore(record, clock.elapsed(), clock.now());
  }

  function keep(): void {
    store.write([{ key, value: JSON.stringify(limiter.record(clock.elapsed(), clock.now())) }]);
  }

  function tryTake(isLookUp: boolean): Permit | number {
    const permit = limiter.tryTake(clock.elapsed, isLookUp);
    if (typeof permit === 'number') return permit;
    // On disk before the call goes out: after a crash it counts.
    try {
      keep();
    } catch (error) {
      permit.unsent();
      throw error;
    }
    return {
      ended() {
        permit.ended();
        serve();
      },
      unsent() {
        permit.unsent();
        keep();
        serve();
      },
      limited(waitMs) {
        const ms = permit.limited(waitMs);
        keep();
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
      const permit = takeFor(next, next.isDelivery);
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
      const permit = takeFor(next);
      if (typeof permit === 'number') {
        wakeIn(permit);
        return;
      }
      patient.shift();
      if (permit) next.resolve(permit);
    }
  }

  /** @returns undefined when the store failed: that is told to whom the permit was for, and the others go on. */
  function takeFor(
    { reject }: { reject: (error: unknown) => void },
    isDelivery = false,
  ): Permit | number | undefined {
    if (!isDelivery && first?.isWanting()) return STAND_BACK_MS;
    try {
      return tryTake(!isDelivery);
    } catch (error) {
      reject(error);
      return undefined;
    }
  }

  return {
    windowMs: limit.windowMs,
    tryTake: () => tryTake(false),
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
      keep();
    },
    goesFirst(client) {
      first = client;
    },
  };
}
