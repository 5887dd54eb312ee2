import type { Clock } from '../clock.ts';
import type { AnyFunction } from './message-pack.ts';
import { SERVER_TICK_MS, type Ticking } from './tick-loop.ts';

interface PendingTimer {
  readonly callback: () => void;
  readonly intervalMs: number;
  lastRun: number;
}

interface Ticker {
  readonly callback: AnyFunction;
  lastRun: number;
  /** A ticker that returned a promise is not called again until it has settled. */
  waiting: boolean;
}

/** What `setTimeout` returns in FXServer. */
interface ScriptTimer {
  readonly id: number;
  ref(): ScriptTimer;
  unref(): ScriptTimer;
  hasRef(): boolean;
  refresh(): ScriptTimer;
  [Symbol.toPrimitive](): number;
}

/** The host's side of a script's timers. */
export interface ScriptTimersHost {
  readonly clock: Clock;
  /** To be told when something is due earlier than before. */
  dueAt(at: number): void;
  /** Calls script code, with errors printed as FXServer prints them. */
  call(where: string, run: () => unknown): unknown;
  typeError(message: string): Error;
}

/** The longest delay that FXServer keeps; longer ones are cut to it (v8/timer.js). */
const LONGEST_MS = 2_147_483_647;

/**
 * The timers that FXServer puts in the place of Node's (data/shared/citizen/scripting/v8/timer.js). They
 * are driven by ticks, and a timeout is deleted *after* its callback ran, so that calling `refresh()` in
 * the callback does nothing. undici's own timeouts rely on exactly that, and so never fire.
 */
export class ScriptTimers implements Ticking {
  readonly #host: ScriptTimersHost;
  readonly #timers = new Map<number, PendingTimer>();
  readonly #tickers = new Map<number, Ticker>();
  #nextId = 1;
  /** How many ticks called script code. */
  ticksEntered = 0;

  constructor(host: ScriptTimersHost) {
    this.#host = host;
  }

  /** The global functions, for {@link Realm.defineLocked}. */
  globals(): Record<string, AnyFunction> {
    const clear = (timer: unknown): void => {
      const id = typeof timer === 'object' && timer !== null && 'id' in timer ? timer.id : undefined;
      if (typeof id === 'number') this.#timers.delete(id);
    };
    return {
      setTimeout: (callback, delay, ...args) => this.#timeout(callback, delay, args),
      clearTimeout: clear,
      setInterval: (callback, delay, ...args) => {
        const run = this.#callback(callback);
        return this.#add(() => run(...args), delay);
      },
      clearInterval: clear,
      setImmediate: (callback, ...args) => this.#timeout(callback, 0, args),
      clearImmediate: clear,
      setTick: (callback) => {
        const id = this.#nextId++;
        this.#tickers.set(id, {
          callback: this.#callback(callback),
          lastRun: this.#host.clock.elapsed(),
          waiting: false,
        });
        this.#host.dueAt(this.#host.clock.elapsed() + SERVER_TICK_MS);
        return id;
      },
      clearTick: (ticker) => {
        if (typeof ticker === 'number') this.#tickers.delete(ticker);
      },
    };
  }

  nextDue(): number | undefined {
    let earliest: number | undefined;
    for (const { lastRun, intervalMs } of this.#timers.values()) {
      if (earliest === undefined || lastRun + intervalMs < earliest) earliest = lastRun + intervalMs;
    }
    for (const { lastRun, waiting } of this.#tickers.values()) {
      if (waiting) continue;
      if (earliest === undefined || lastRun + SERVER_TICK_MS < earliest) earliest = lastRun + SERVER_TICK_MS;
    }
    return earliest;
  }

  tick(now: number): void {
    this.ticksEntered++;
    for (const [id, timer] of [...this.#timers]) {
      if (!this.#timers.has(id) || now < timer.lastRun + timer.intervalMs) continue;
      this.#host.call('timer', timer.callback);
      timer.lastRun = now;
    }
    for (const ticker of [...this.#tickers.values()]) {
      if (ticker.waiting || now < ticker.lastRun + SERVER_TICK_MS) continue;
      ticker.lastRun = now;
      const result = this.#host.call('ticker', ticker.callback);
      if (typeof result !== 'object' || result === null || !('then' in result)) continue;
      ticker.waiting = true;
      const release = (): void => {
        ticker.waiting = false;
        this.#host.dueAt(ticker.lastRun + SERVER_TICK_MS);
      };
      Promise.resolve(result).then(release, release);
    }
  }

  clear(): void {
    this.#timers.clear();
    this.#tickers.clear();
  }

  #timeout(callback: unknown, delay: unknown, args: unknown[]): ScriptTimer {
    const run = this.#callback(callback);
    const timer = this.#add(() => {
      try {
        run(...args);
      } finally {
        this.#timers.delete(timer.id);
      }
    }, delay);
    return timer;
  }

  #add(callback: () => void, delay: unknown): ScriptTimer {
    const id = this.#nextId++;
    const { clock } = this.#host;
    // A delay of 0 is 1 ms on FXServer, which is less than a tick: it means the next one.
    const intervalMs = Math.max(0, Math.min(LONGEST_MS, Number(delay) || 0));
    this.#timers.set(id, { callback, intervalMs, lastRun: clock.elapsed() });
    this.#host.dueAt(clock.elapsed() + intervalMs);
    const timer: ScriptTimer = {
      id,
      ref: () => timer,
      unref: () => timer,
      hasRef: () => true,
      refresh: () => {
        const pending = this.#timers.get(id);
        if (pending !== undefined) pending.lastRun = clock.elapsed();
        return timer;
      },
      [Symbol.toPrimitive]: () => id,
    };
    return timer;
  }

  #callback(callback: unknown): AnyFunction {
    if (typeof callback === 'function') return callback as AnyFunction;
    throw this.#host.typeError(`Callback must be a function. Received ${String(callback)}`);
  }
}
