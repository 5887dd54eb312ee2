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
  /** Calls back whenever a call has ended, so that background work can ask again. */
  onFree(callback: () => void): void;
}

export function createGate({ name, limit, clock, store }: GateOptions): Gate {
  const limiter = new Limiter(limit);
  const key = PREFIX + name;
  const listeners: Array<() => void> = [];
  const waiting: Array<{ deadline: number; resolve: (permit: Permit | undefined) => void }> = [];
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

  /** Lets those in who wait, in their order. */
  function serve(): void {
    cancelWake();
    if (waiting.length === 0) return;
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      const permit = tryTake();
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

  return {
    windowMs: limit.windowMs,
    tryTake: () => (waiting.length > 0 ? Number.POSITIVE_INFINITY : tryTake()),
    take(patienceMs) {
      return new Promise((resolve) => {
        waiting.push({ deadline: clock.elapsed() + patienceMs, resolve });
        if (waiting.length === 1) serve();
      });
    },
    onFree: (callback) => listeners.push(callback),
  };
}
