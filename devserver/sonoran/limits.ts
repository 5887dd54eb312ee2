import type { Clock } from '../clock.ts';

/** Counts the calls of one class. Works on {@link Clock.elapsed}, so wall-clock jumps change nothing. */
export interface Limit {
  /** @returns 0 when the call may pass, which it then counts; else how many ms until one may. */
  admit(caller: string): number;
}

/**
 * At most so many calls in any 60 s, per caller (the vendor's v2: per API key). A refused call does not
 * count: a caller that hammers is let in as soon as its admitted calls are a minute old.
 */
export class SlidingMinute implements Limit {
  readonly #clock: Clock;
  readonly #ceiling: number;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: Clock, ceiling: number) {
    this.#clock = clock;
    this.#ceiling = ceiling;
  }

  admit(caller: string): number {
    const now = this.#clock.elapsed();
    const recent = (this.#calls.get(caller) ?? []).filter((at) => at > now - 60_000);
    this.#calls.set(caller, recent);
    const [oldest] = recent;
    if (oldest !== undefined && recent.length >= this.#ceiling) return oldest + 60_000 - now;
    recent.push(now);
    return 0;
  }
}

/** v1 publishes no number; "not more than one call per second for long" is taken as this burst. */
const burst = 10;
const intervalMs = 1000;

/**
 * One call a second, sustained, after a burst of ten: a bucket of ten that gains one a second. It is
 * kept as the time at which the bucket would be full again, so that whole milliseconds stay exact.
 */
export class SteadySecond implements Limit {
  readonly #clock: Clock;
  readonly #fullAt = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  admit(caller: string): number {
    const now = this.#clock.elapsed();
    const fullAt = Math.max(this.#fullAt.get(caller) ?? now, now);
    const wait = fullAt + intervalMs - burst * intervalMs - now;
    if (wait > 0) return wait;
    this.#fullAt.set(caller, fullAt + intervalMs);
    return 0;
  }

  /** Forgets what was used up. */
  reset(caller: string): void {
    this.#fullAt.delete(caller);
  }
}

/**
 * What CMS v1 does: the call that goes over is refused and so is every later one until the block is
 * over. Calls made during the block neither count nor prolong it; afterwards the burst is there again.
 */
export class BlockingSecond implements Limit {
  readonly #clock: Clock;
  readonly #blockMs: () => number;
  readonly #steady: SteadySecond;
  readonly #blockedUntil = new Map<string, number>();

  /** @param blockMs read whenever a block begins. */
  constructor(clock: Clock, blockMs: () => number) {
    this.#clock = clock;
    this.#blockMs = blockMs;
    this.#steady = new SteadySecond(clock);
  }

  /** How many ms of a block are left; 0 when there is none. */
  blocked(caller: string): number {
    return Math.max(0, (this.#blockedUntil.get(caller) ?? 0) - this.#clock.elapsed());
  }

  admit(caller: string): number {
    const left = this.blocked(caller);
    if (left > 0) return left;
    if (this.#steady.admit(caller) === 0) return 0;
    this.#steady.reset(caller);
    this.#blockedUntil.set(caller, this.#clock.elapsed() + this.#blockMs());
    return this.blocked(caller);
  }
}
