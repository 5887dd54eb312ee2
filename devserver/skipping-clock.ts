import { type Clock, systemClock, type Timer } from './clock.ts';

/**
 * The system's clock, until it is told to skip: then so much time has passed at once, and what was due meanwhile
 * runs late, as after a machine has slept. For who does not want to wait two hours for the end of a ban.
 */
export class SkippingClock implements Clock {
  readonly #waiting = new Set<SkippableTimer>();
  #skipped = 0;

  now(): number {
    return systemClock.now() + this.#skipped;
  }

  elapsed(): number {
    return systemClock.elapsed() + this.#skipped;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    return new SkippableTimer(this, this.#waiting, callback, ms);
  }

  clearTimeout(timer: Timer | undefined): void {
    timer?.close();
  }

  /** Lets so many milliseconds pass at once. A timer that was due runs once, in order of the moments. */
  skip(ms: number): void {
    this.#skipped += ms;
    // Of timers that are due at the same time, the system runs the one first that was started first.
    for (const timer of [...this.#waiting].sort((one, other) => one.at - other.at)) timer.wait();
  }
}

/** A timer that can be moved. */
class SkippableTimer implements Timer {
  readonly #clock: Clock;
  readonly #waiting: Set<SkippableTimer>;
  readonly #callback: () => void;
  readonly #ms: number;
  #real: Timer | undefined;
  #referenced = true;
  /** When it is due, on the clock's `elapsed`. */
  at = 0;

  constructor(clock: Clock, waiting: Set<SkippableTimer>, callback: () => void, ms: number) {
    this.#clock = clock;
    this.#waiting = waiting;
    this.#callback = callback;
    this.#ms = ms;
    this.refresh();
  }

  /** Waits, in real time, for what is left. */
  wait(): void {
    systemClock.clearTimeout(this.#real);
    this.#real = systemClock.setTimeout(() => this.#run(), Math.max(0, this.at - this.#clock.elapsed()));
    if (!this.#referenced) this.#real.unref();
  }

  ref(): this {
    this.#referenced = true;
    this.#real?.ref();
    return this;
  }
  unref(): this {
    this.#referenced = false;
    this.#real?.unref();
    return this;
  }
  hasRef(): boolean {
    return this.#referenced;
  }
  refresh(): this {
    this.at = this.#clock.elapsed() + this.#ms;
    this.#waiting.add(this);
    this.wait();
    return this;
  }
  close(): this {
    systemClock.clearTimeout(this.#real);
    this.#waiting.delete(this);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#real?.[Symbol.toPrimitive]() ?? 0;
  }

  #run(): void {
    this.#waiting.delete(this);
    this.#callback();
  }
}
