import type { Clock } from './clock.ts';

/** How a scaled clock runs, so that several processes can share one. Plain data. */
export interface ClockScale {
  /** How many times faster than real time. */
  readonly factor: number;
  /** The real moment from which it runs faster, in milliseconds since the Unix epoch; before it would be the past. */
  readonly from: number;
}

/**
 * A clock that runs so many times faster than real time, on real timers: backoffs of minutes pass in
 * fractions of a second, and two processes that are given the same scale agree about the time.
 *
 * Real timers take a millisecond at least, so nothing shorter than `factor` milliseconds can be told apart.
 */
export function scaledClock({ factor, from }: ClockScale): Clock {
  const start = performance.now();
  return {
    now: () => Math.floor(from + (performance.timeOrigin + performance.now() - from) * factor),
    elapsed: () => (performance.now() - start) * factor,
    setTimeout: (callback, ms) => setTimeout(callback, Math.ceil(ms / factor)),
    clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
  };
}
