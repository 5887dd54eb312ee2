/** A timer as `node:timers` hands it out, as far as the bundle and its libraries use it. */
export interface Timer {
  ref(): this;
  unref(): this;
  hasRef(): boolean;
  /** Starts the full delay again; also from inside the callback. */
  refresh(): this;
  close(): this;
  [Symbol.toPrimitive](): number;
}

/**
 * The time that a stand-in lives by. The system's for the demo, a virtual one for tests, so that a
 * week of retries passes in milliseconds.
 */
export interface Clock {
  /** Wall clock, in milliseconds since the Unix epoch. It can jump, as a server's does under NTP. */
  now(): number;
  /** Milliseconds since this clock was made. Never goes back. */
  elapsed(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Lets everything that is ready run: promises, immediates, and sockets that have something to read. */
export async function eventLoopTurn(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}

/**
 * Waits, in real time, until a condition holds: for work that crosses a socket, where no virtual
 * clock helps. Not a sleep: it returns in the turn in which the condition becomes true.
 *
 * @throws after `limitMs` real milliseconds, naming what was waited for.
 */
export async function until<T>(
  condition: () => T | undefined | false | null,
  what = 'a condition',
  limitMs = 10_000,
): Promise<T> {
  const limit = performance.now() + limitMs;
  for (;;) {
    const value = condition();
    if (value !== undefined && value !== false && value !== null) return value;
    if (performance.now() > limit) throw new Error(`waited ${limitMs} ms in vain for ${what}`);
    await eventLoopTurn();
  }
}

class VirtualTimer implements Timer {
  readonly #clock: VirtualClock;
  readonly #id: number;
  readonly callback: () => void;
  readonly ms: number;
  #referenced = true;

  constructor(clock: VirtualClock, id: number, callback: () => void, ms: number) {
    this.#clock = clock;
    this.#id = id;
    this.callback = callback;
    this.ms = ms;
  }

  ref(): this {
    this.#referenced = true;
    return this;
  }
  unref(): this {
    this.#referenced = false;
    return this;
  }
  hasRef(): boolean {
    return this.#referenced;
  }
  refresh(): this {
    this.#clock.schedule(this);
    return this;
  }
  close(): this {
    this.#clock.clearTimeout(this);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#id;
  }
}

/** How often the event loop may turn before a virtual clock goes on all the same. */
const MOST_TURNS_PER_MOMENT = 1_000;

/** A clock that stands still until it is told to go on. */
export class VirtualClock implements Clock {
  #elapsed = 0;
  #offset: number;
  #nextId = 1;
  readonly #due = new Map<VirtualTimer, { at: number; order: number }>();
  readonly #holds = new Set<() => boolean>();

  /** @param epoch the wall-clock time to begin at, in milliseconds since the Unix epoch. */
  constructor(epoch: number = Date.UTC(2026, 0, 1)) {
    this.#offset = epoch;
  }

  now(): number {
    return Math.floor(this.#offset + this.#elapsed);
  }

  elapsed(): number {
    return this.#elapsed;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const timer = new VirtualTimer(this, this.#nextId++, callback, Math.max(1, Number(ms) || 1));
    this.schedule(timer);
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer instanceof VirtualTimer) this.#due.delete(timer);
  }

  /** Puts a timer at its full delay from now. */
  schedule(timer: VirtualTimer): void {
    this.#due.set(timer, { at: this.#elapsed + timer.ms, order: this.#nextId++ });
  }

  /** How far away the next timer is, in milliseconds; undefined when there is none. */
  untilNext(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : Math.max(0, next.at - this.#elapsed);
  }

  /** Sets the wall clock forward or back, as NTP does; timers do not notice. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /**
   * Keeps time from passing while something is still to happen at this very moment: work that is queued
   * on the event loop, and may set further timers.
   *
   * @param isBusy asked before every step of {@link advance}.
   * @returns a function that lets go.
   */
  holdWhile(isBusy: () => boolean): () => void {
    this.#holds.add(isBusy);
    return () => this.#holds.delete(isBusy);
  }

  /** Lets time pass: every timer that falls due runs at its moment, in order, with I/O in between. */
  async advance(ms: number): Promise<void> {
    const target = this.#elapsed + ms;
    for (;;) {
      await this.#settle();
      const next = this.#next();
      if (next === undefined || next.at > target) break;
      this.#due.delete(next.timer);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.timer.callback();
    }
    this.#elapsed = target;
    await this.#settle();
  }

  /** One turn, and as many more as somebody holds; not for ever, lest a loop of immediates stop the clock. */
  async #settle(): Promise<void> {
    await eventLoopTurn();
    for (let turn = 0; turn < MOST_TURNS_PER_MOMENT && this.#isHeld(); turn++) await eventLoopTurn();
  }

  #isHeld(): boolean {
    for (const isBusy of this.#holds) if (isBusy()) return true;
    return false;
  }

  #next(): { timer: VirtualTimer; at: number } | undefined {
    let found: { timer: VirtualTimer; at: number; order: number } | undefined;
    for (const [timer, { at, order }] of this.#due) {
      if (found === undefined || at < found.at || (at === found.at && order < found.order)) {
        found = { timer, at, order };
      }
    }
    return found;
  }
}
