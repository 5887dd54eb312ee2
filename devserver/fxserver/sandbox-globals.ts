import { EventEmitter } from 'node:events';
import { type Clock, systemClock } from '../clock.ts';
import type { AnyFunction } from './message-pack.ts';
import type { Realm } from './realm.ts';

/** Node's globals that a resource gets as they are. */
const sharedNames = [
  'AbortController',
  'Blob',
  'BroadcastChannel',
  'Buffer',
  'ByteLengthQueuingStrategy',
  'CompressionStream',
  'CountQueuingStrategy',
  'CryptoKey',
  'DOMException',
  'DecompressionStream',
  'Event',
  'EventTarget',
  'File',
  'MessageChannel',
  'MessageEvent',
  'MessagePort',
  'ReadableStream',
  'ReadableStreamDefaultReader',
  'TextDecoder',
  'TextDecoderStream',
  'TextEncoder',
  'TextEncoderStream',
  'TransformStream',
  'URL',
  'URLSearchParams',
  'WritableStream',
  'atob',
  'btoa',
  'crypto',
  'queueMicrotask',
  'structuredClone',
  // Buffer and the web streams check for these two with the host's classes.
  'ArrayBuffer',
  'Uint8Array',
];

/** `performance`, on the stand-in's clock. */
export function clockPerformance(clock: Clock): object {
  const nothing = (): undefined => undefined;
  return {
    timeOrigin: clock.now() - clock.elapsed(),
    now: () => clock.elapsed(),
    mark: nothing,
    measure: nothing,
    markResourceTiming: nothing,
    toJSON: () => ({}),
  };
}

/** `process`, without the ways to end the host or to hear of its affairs. */
export function sandboxedProcess(clock: Clock, call: (run: () => unknown) => void): object {
  const { arch, argv0, config, execArgv, pid, platform, release, title, version, versions, features } =
    process;
  const end = (): never => {
    throw new Error('a resource tried to end the server');
  };
  const hrtime = Object.assign(
    () => [Math.floor(clock.elapsed() / 1000), Math.floor((clock.elapsed() % 1000) * 1e6)],
    { bigint: () => BigInt(Math.round(clock.elapsed() * 1e6)) },
  );
  return Object.assign(new EventEmitter(), {
    arch,
    argv: [argv0],
    argv0,
    config,
    execArgv,
    features,
    pid,
    platform,
    release,
    title,
    version,
    versions,
    env: {},
    hrtime,
    uptime: () => clock.elapsed() / 1000,
    cwd: () => process.cwd(),
    memoryUsage: process.memoryUsage,
    cpuUsage: process.cpuUsage,
    emitWarning: () => undefined,
    nextTick: (callback: AnyFunction, ...args: unknown[]) =>
      process.nextTick(() => call(() => callback(...args))),
    exit: end,
    abort: end,
    kill: end,
  });
}

/** `AbortSignal`, whose `timeout()` is on the stand-in's clock. */
function clockAbortSignal(clock: Clock): unknown {
  return new Proxy(AbortSignal, {
    get: (target, key) => {
      if (key !== 'timeout') return Reflect.get(target, key);
      return (ms: number) => {
        const controller = new AbortController();
        const expire = (): void =>
          controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
        clock.setTimeout(expire, ms).unref();
        return controller.signal;
      };
    },
  });
}

/** Makes `Date` follow the clock: `Date.now()`, `new Date()` and `Date()`. */
export function installClock(realm: Realm, clock: Clock): void {
  if (clock === systemClock) return;
  const RealDate = realm.globals.Date;
  const ClockDate = new Proxy(RealDate, {
    construct: (target, args: [], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [clock.now()] : args, newTarget),
    apply: () => new RealDate(clock.now()).toString(),
    get: (target, key) => (key === 'now' ? () => clock.now() : Reflect.get(target, key)),
  });
  Object.defineProperty(RealDate.prototype, 'constructor', {
    value: ClockDate,
    writable: true,
    configurable: true,
  });
  realm.define({ Date: ClockDate });
}

/** Gives a realm what Node's globals are to a resource. */
export function installNodeGlobals(realm: Realm, clock: Clock): void {
  const host = globalThis as unknown as Record<string, unknown>;
  realm.define(Object.fromEntries(sharedNames.map((name) => [name, host[name]])));
  realm.define({ AbortSignal: clockAbortSignal(clock) });
}
