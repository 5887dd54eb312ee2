import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Limit, Limiter, type Permit } from './limiter.ts';
import type { KeyValueStore } from './store.ts';

const PREFIX = 'limit:';

const LimiterRecord = v.object({
  calls: v.array(v.pipe(v.number(), v.finite())),
  running: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(100)),
  blockedUntil: v.pipe(v.number(), v.finite()),
});

/** What a gate is made of. */
export interface GateOptions {
  /** Names the API key and the class of endpoints, for the store; without secrets. */
  readonly name: string;
  readonly limit: Limit;
  readonly clock: Clock;
  readonly store: KeyValueStore;
}

/**
 * The one door to a class of calls: within its limit, also across restarts, and people who wait for an
 * answer go before what happens in the background.
 */
export interface Gate {
  /** How long the limit takes to be free again, in milliseconds. */
  readonly windowMs: number;
  /**
   * A permit for background work, or how long to wait before asking again, in milliseconds; Infinity
   * when that depends on a running call.
   */
  tryTake(): Permit | number;
  /**
   * A permit for somebody who waits.
   *
   * @param patienceMs the longest wait; undefined comes back when it would take longer.
   */
  take(patienceMs: number): Promise<Permit | undefined>;
  /** A permit for what nobody waits for, once nobody waits: however long that takes. */
  takeLast(): Promise<Permit>;
  /** Calls back whenever a call has ended, so that background work can ask again. */
  onFree(callback: () => void): void;
}

export function createGate({ name, limit, clock, store }: GateOptions): Gate {
  const limiter = new Limiter(limit);
  const key = PREFIX + name;
  const listeners: Array<() => void> = [];
  const waiting: Array<PromiseWithResolvers<Permit | undefined> & { readonly deadline: number }> = [];
  const patient: Array<PromiseWithResolvers<Permit>> = [];
  let cancelWake = () => {};

  restore();

  function restore(): void {
    const text = store.get(key);
    if (text === undefined) return;
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), LimiterRecord), text);
    // Unreadable: as if the limit had just been used up.
    const record = parsed.success ? parsed.output : { calls: [], running: limit.calls, blockedUntil: 0 };
    limiter.restore(record, clock.elapsed(), clock.now());
  }

  function keep(): void {
    store.write([{ key, value: JSON.stringify(limiter.record(clock.elapsed(), clock.now())) }]);
  }

  function tryTake(): Permit | number {
    const permit = limiter.tryTake(clock.elapsed);
    if (typeof permit === 'number') return permit;
    // On disk before the call goes out: after a crash it counts.
    try {
      keep();
    } catch (error) {
      permit.unsent();
      throw error;
    }
    const freed = () => {
      serve();
      notify();
    };
    return {
      ended() {
        permit.ended();
        freed();
      },
      unsent() {
        permit.unsent();
        keep();
        freed();
      },
      limited(waitMs) {
        permit.limited(waitMs);
        keep();
        freed();
      },
    };
  }

  function notify(): void {
    for (const listener of listeners) listener();
  }

  /** Lets those in who wait, in their order, and after them those who are patient. */
  function serve(): void {
    cancelWake();
    cancelWake = () => {};
    if (waiting.length > 0) servePeople();
    if (waiting.length === 0) servePatient();
  }

  function servePeople(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const permit = takeFor(next);
      if (typeof permit === 'number') {
        const left = next.deadline - clock.elapsed();
        if (left > 0) {
          cancelWake = clock.after(Math.min(permit, left), serve);
          return;
        }
      }
      waiting.shift();
      next.resolve(typeof permit === 'number' ? undefined : permit);
    }
    // Background work has stood back for them.
    notify();
  }

  function servePatient(): void {
    for (let next = patient[0]; next !== undefined; next = patient[0]) {
      const permit = takeFor(next);
      if (typeof permit === 'number') {
        // A call that ends serves again by itself.
        if (Number.isFinite(permit)) cancelWake = clock.after(permit, serve);
        return;
      }
      patient.shift();
      if (permit) next.resolve(permit);
    }
  }

  /** @returns undefined when the store failed: that is told to whom the permit was for, and the others go on. */
  function takeFor({ reject }: { reject: (error: unknown) => void }): Permit | number | undefined {
    try {
      return tryTake();
    } catch (error) {
      reject(error);
      return undefined;
    }
  }

  return {
    windowMs: limit.windowMs,
    tryTake: () => (waiting.length > 0 ? Number.POSITIVE_INFINITY : tryTake()),
    take(patienceMs) {
      const entry = Promise.withResolvers<Permit | undefined>();
      waiting.push({ ...entry, deadline: clock.elapsed() + patienceMs });
      if (waiting.length === 1) serve();
      return entry.promise;
    },
    takeLast() {
      const entry = Promise.withResolvers<Permit>();
      patient.push(entry);
      if (patient.length === 1 && waiting.length === 0) serve();
      return entry.promise;
    },
    onFree: (callback) => listeners.push(callback),
  };
}
