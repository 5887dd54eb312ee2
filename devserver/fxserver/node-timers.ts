import type { Clock, Timer } from '../clock.ts';
import type { AnyFunction } from './message-pack.ts';

/** What a script's real timers need of the host. */
export interface NodeTimersHost {
  readonly clock: Clock;
  /** Calls script code as Node does: an error in it is an uncaught exception. */
  call(run: () => unknown): void;
  isAlive(): boolean;
}

/** A timer as `node:timers` returns it, on the stand-in's clock. */
class NodeTimer {
  readonly #clock: Clock;
  readonly #timer: Timer;

  constructor(clock: Clock, ms: unknown, run: (timer: NodeTimer) => void) {
    this.#clock = clock;
    this.#timer = clock.setTimeout(() => run(this), Number(ms) || 1);
  }

  ref(): this {
    this.#timer.ref();
    return this;
  }
  unref(): this {
    this.#timer.unref();
    return this;
  }
  hasRef(): boolean {
    return this.#timer.hasRef();
  }
  refresh(): this {
    this.#timer.refresh();
    return this;
  }
  close(): this {
    this.#clock.clearTimeout(this.#timer);
    return this;
  }
  [Symbol.toPrimitive](): number {
    return this.#timer[Symbol.toPrimitive]();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * The module `node:timers` as a resource gets it: real timers, whose `refresh()` works inside the
 * callback too, following the stand-in's clock.
 */
export class NodeTimers {
  readonly #host: NodeTimersHost;
  readonly #live = new Set<NodeTimer>();
  /** The module's exports. */
  readonly module: Record<string, unknown>;
  /** The exports of `node:timers/promises`. */
  readonly promises: Record<string, unknown>;

  constructor(host: NodeTimersHost) {
    this.#host = host;
    const clear = (timer: unknown): void => this.#clear(timer);
    const setTimeout = (callback: AnyFunction, ms?: unknown, ...args: unknown[]): NodeTimer =>
      this.#start(ms, (timer) => {
        this.#live.delete(timer);
        this.#call(() => callback(...args));
      });
    const setInterval = (callback: AnyFunction, ms?: unknown, ...args: unknown[]): NodeTimer =>
      this.#start(ms, (timer) => {
        timer.refresh();
        this.#call(() => callback(...args));
      });
    const immediate = (callback: AnyFunction, ...args: unknown[]): NodeJS.Immediate =>
      setImmediate(() => this.#call(() => callback(...args)));
    const forget = (timer: NodeJS.Immediate | undefined): void => clearImmediate(timer);

    this.promises = {
      setTimeout: (ms?: unknown, value?: unknown, options?: { signal?: AbortSignal }) =>
        new Promise((resolve, reject) => {
          if (options?.signal?.aborted) return reject(abortError(options.signal));
          const timer = setTimeout(() => resolve(value), ms);
          options?.signal?.addEventListener('abort', () => {
            clear(timer);
            reject(abortError(options.signal as AbortSignal));
          });
        }),
      setImmediate: (value?: unknown) => new Promise((resolve) => immediate(() => resolve(value))),
    };
    this.module = {
      setTimeout,
      clearTimeout: clear,
      setInterval,
      clearInterval: clear,
      setImmediate: immediate,
      clearImmediate: forget,
      promises: this.promises,
    };
  }

  /** Stops every timer: the script is gone. */
  clear(): void {
    for (const timer of this.#live) timer.close();
    this.#live.clear();
  }

  #start(ms: unknown, run: (timer: NodeTimer) => void): NodeTimer {
    const timer = new NodeTimer(this.#host.clock, ms, run);
    this.#live.add(timer);
    return timer;
  }

  #clear(timer: unknown): void {
    if (timer instanceof NodeTimer) {
      timer.close();
      this.#live.delete(timer);
      return;
    }
    // A timer can be cleared by its number as well.
    for (const live of this.#live) if (live[Symbol.toPrimitive]() === Number(timer)) live.close();
  }

  #call(run: () => unknown): void {
    if (this.#host.isAlive()) this.#host.call(run);
  }
}

function abortError(signal: AbortSignal): Error {
  const error = new Error('The operation was aborted', { cause: signal.reason });
  error.name = 'AbortError';
  return Object.assign(error, { code: 'ABORT_ERR' });
}
