import type { Clock, Timer } from '../devserver/clock.ts';

/** The system's clock, which can be set forward: what falls due meanwhile runs then. Durations are real ones. */
export class SkippingClock implements Clock {
  readonly timers = new Set<SkippedTimer>();
  #skipped = 0;

  now(): number {
    return Date.now() + this.#skipped;
  }

  elapsed(): number {
    return performance.now() + this.#skipped;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    return new SkippedTimer(this, callback, ms).refresh();
  }

  clearTimeout(timer: Timer | undefined): void {
    timer?.close();
  }

  skip(ms: number): void {
    this.#skipped += ms;
    for (const timer of [...this.timers]) timer.arm();
  }
}

class SkippedTimer implements Timer {
  readonly #clock: SkippingClock;
  readonly #callback: () => void;
  readonly #ms: number;
  #at = 0;
  #timeout: NodeJS.Timeout | undefined;

  constructor(clock: SkippingClock, callback: () => void, ms: number) {
    this.#clock = clock;
    this.#callback = callback;
    this.#ms = ms;
  }

  arm(): void {
    clearTimeout(this.#timeout);
    const left = Math.max(1, this.#at - this.#clock.elapsed());
    this.#timeout = setTimeout(() => {
      this.#clock.timers.delete(this);
      this.#callback();
    }, left);
  }

  refresh(): this {
    this.#at = this.#clock.elapsed() + this.#ms;
    this.#clock.timers.add(this);
    this.arm();
    return this;
  }

  close(): this {
    clearTimeout(this.#timeout);
    this.#clock.timers.delete(this);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.toPrimitive](): number {
    return 0;
  }
}
