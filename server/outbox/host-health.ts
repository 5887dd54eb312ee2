import { backoff } from '../backoff.ts';

/** Failures in a row, without any answer between them, after which a host counts as down. */
const FAILURES_UNTIL_DOWN = 2;

/** With somebody waiting for an answer, a host that is down is asked again after this, in milliseconds. */
const IMPATIENT_MS = 5_000;

/**
 * Whether the host behind an API answers. While it does not, one call at a time probes it, at growing
 * intervals, instead of the whole queue.
 */
export class HostHealth {
  readonly #random: () => number;
  #failures = 0;
  #lastFailureAt = 0;
  #probeAt = 0;

  /** @param random a number from 0 (included) to 1 (excluded), for the jitter. */
  constructor(random: () => number) {
    this.#random = random;
  }

  get isDown(): boolean {
    return this.#failures >= FAILURES_UNTIL_DOWN;
  }

  /** When the next probe may go out, on the clock that never goes back; 0 when nothing forbids a call. */
  get probeAt(): number {
    return this.isDown ? this.#probeAt : 0;
  }

  /** The host answered, whatever it said. @returns whether it had been down. */
  answered(): boolean {
    const wasDown = this.isDown;
    this.#failures = 0;
    return wasDown;
  }

  /** The host did not answer, or with nothing that makes sense. */
  failed(now: number): void {
    this.#failures++;
    this.#lastFailureAt = now;
    if (this.isDown) this.#probeAt = now + backoff(this.#failures - 1, null, this.#random());
  }

  /** Somebody waits: the next probe comes soon. */
  hurry(now: number): void {
    this.#probeAt = Math.min(this.#probeAt, Math.max(now, this.#lastFailureAt + IMPATIENT_MS));
  }

  /** Somebody wants to know now. */
  probeNow(): void {
    this.#probeAt = 0;
  }
}
