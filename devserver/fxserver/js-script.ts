import { format, types } from 'node:util';
import { HeldFunctions, packFailure } from './function-references.ts';
import { type AnyFunction, type FunctionCrossing, pack, unpack } from './message-pack.ts';
import { Realm } from './realm.ts';
import { installClock } from './sandbox-globals.ts';
import type { NativeTable, Script } from './script.ts';
import { ScriptTimers } from './script-timers.ts';
import type { ServerParts } from './server-parts.ts';
import { claimStrayErrors } from './stray-errors.ts';

/** What makes a script a client's or the server's. */
export interface ScriptSide {
  /** Where its handlers listen. */
  readonly events: {
    trigger(name: string, payload: Uint8Array, source?: string): boolean;
    join(script: Script): void;
    leave(script: Script): void;
  };
  print(text: string): void;
}

/** A value that stands for a promise of the other side. */
interface AsyncResult {
  readonly __cfx_async_retval: AnyFunction;
}

function isAsyncResult(value: unknown): value is AsyncResult {
  return typeof value === 'object' && value !== null && '__cfx_async_retval' in value;
}

function messageOf(error: unknown): string {
  if (!error) return '';
  const { message } = error as { message?: unknown };
  return message ? String(message) : String(error);
}

/** The event by which an export is looked for. */
function exportEvent(resource: string, name: string): string {
  return `__cfx_export_${resource === 'txAdmin' ? 'monitor' : resource}_${name}`;
}

/**
 * A resource's JavaScript in its own global scope, with the runtime that FXServer puts around it
 * (data/shared/citizen/scripting/v8/main.js). One for all server scripts of a resource, and one per
 * player for its client scripts.
 */
export class JsScript implements Script {
  readonly resourceName: string;
  readonly realm = new Realm();
  readonly #server: ServerParts;
  readonly #side: ScriptSide;
  readonly #held = new HeldFunctions();
  readonly #crossing: FunctionCrossing;
  readonly #handlers = new Map<string, AnyFunction[]>();
  readonly #netSafe = new Set<string>();
  readonly #timers: ScriptTimers;
  readonly #endings: (() => void)[] = [];
  readonly #strayErrors = {
    owns: (error: unknown, promise: unknown) => this.#ownsStray(error, promise),
    uncaught: (error: unknown) => this.#swallow(error),
    unhandledRejection: (error: unknown) => this.#printError('promise (unhandled rejection)', error),
  };
  /** By resource, what its exports are called through. */
  readonly #exportCache = new Map<string, Map<string, AnyFunction>>();
  #alive = true;

  constructor(server: ServerParts, resourceName: string, side: ScriptSide) {
    this.#server = server;
    this.resourceName = resourceName;
    this.#side = side;
    const { prefix, forget } = server.references.register(resourceName, this);
    this.#crossing = {
      toReference: (fn) => `${prefix}:${this.#held.add(fn)}`,
      fromReference: (reference) => this.#fromReference(reference),
    };
    this.#timers = new ScriptTimers({
      clock: server.clock,
      dueAt: (at) => server.ticks.dueAt(at),
      call: (where, run) => this.#call(where, run),
      typeError: (message) => this.realm.error(message),
    });
    installClock(this.realm, server.clock);
    this.realm.defineLocked(this.#timers.globals());
    this.realm.define({ source: null, console: this.#console(), exports: this.#exports() });
    this.realm.define(this.#eventGlobals());
    side.events.join(this);
    server.ticks.join(this.#timers);
    claimStrayErrors(this.#strayErrors);
    this.onKill(() => {
      forget();
      side.events.leave(this);
      server.ticks.leave(this.#timers);
      this.#timers.clear();
      this.#held.clear();
      this.#handlers.clear();
    });
  }

  get ticksEntered(): number {
    return this.#timers.ticksEntered;
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  /** Adds natives. A dead script's natives do nothing; functions it hands over become references. */
  defineNatives(natives: NativeTable): void {
    const guarded = Object.entries(natives).map(([name, native]) => [
      name,
      (...args: unknown[]) => {
        if (!this.#alive) return undefined;
        const handed = args.map((arg) =>
          typeof arg === 'function'
            ? this.#server.hostFunctions.fromReference(this.#crossing.toReference(arg as AnyFunction))
            : arg,
        );
        try {
          const result = this.#inside(() => native(...handed));
          return typeof result === 'object' && result !== null
            ? unpack(pack(result, this.#crossing), this.#crossing, this.realm)
            : result;
        } catch (error) {
          throw this.realm.error(messageOf(error));
        }
      },
    ]);
    this.realm.define(Object.fromEntries(guarded));
  }

  load(code: string, filename: string): void {
    try {
      this.enter(() => this.realm.run(code, filename));
    } catch (error) {
      this.#print(
        `^1Error loading script ${filename} in resource ${this.resourceName}: ${describe(error)}^7`,
      );
    }
  }

  /** Enters the script from outside: it gets on top of the invocation stack, also when it called itself. */
  enter<T>(run: () => T): T {
    return this.#server.invocations.run(this, run);
  }

  /** Runs something on the script's behalf: it gets on the invocation stack unless it is there, as after an `await`. */
  #inside<T>(run: () => T): T {
    return this.#server.invocations.current === this.resourceName ? run() : this.enter(run);
  }

  /** Calls back into the script as Node's event loop does: an error in it is swallowed. */
  enterFromNode(run: () => unknown): void {
    try {
      this.enter(run);
    } catch (error) {
      this.#swallow(error);
    }
  }

  /** Adds something to do when the script ends. */
  onKill(ending: () => void): void {
    this.#endings.push(ending);
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const ending of this.#endings) ending();
  }

  handleEvent(name: string, payload: Uint8Array, source: string): void {
    if (!this.#alive) return;
    if (name === 'onServerResourceStop' || name === 'onClientResourceStop') this.#forgetExports(payload);
    if (name === 'onServerResourceStart') this.#offerManifestExports(payload);
    const handlers = [...(this.#handlers.get(name) ?? [])];
    const setSource = (value: unknown): void => {
      this.realm.globals['source'] = value;
    };
    this.enter(() => {
      setSource(source);
      if (source.startsWith('net:')) {
        if (handlers.length > 0 && !this.#netSafe.has(name)) {
          this.#print(`Event ${name} was not safe for net`);
          setSource(null);
          return;
        }
        setSource(Number.parseInt(source.slice('net:'.length), 10));
      } else if (source.startsWith('internal-net:')) {
        setSource(Number.parseInt(source.slice('internal-net:'.length), 10));
      }
      if (handlers.length > 0) {
        const args = unpack(payload, this.#crossing, this.realm) as unknown[];
        for (const handler of handlers) this.#runHandler(name, handler, args);
      }
      // Also when a handler raised the same kind of event meanwhile: there is one `source` per script.
      setSource(null);
    });
  }

  callReference(index: number, args: Uint8Array): Uint8Array | undefined {
    if (!this.#alive) return undefined;
    const fn = this.#held.get(index);
    if (fn === undefined) {
      this.#print(`Invalid ref call attempt: ${index}`);
      return pack([false], this.#crossing);
    }
    return this.enter(() => {
      try {
        const result = fn(...(unpack(args, this.#crossing, this.realm) as unknown[]));
        return pack([true, types.isPromise(result) ? this.#asyncResult(result) : result], this.#crossing);
      } catch (error) {
        this.#swallow(error);
        return packFailure(this.#describeError('call ref', error), this.#crossing);
      }
    });
  }

  countReference(index: number, change: 1 | -1): void {
    this.#held.count(index, change);
  }

  #runHandler(name: string, handler: AnyFunction, args: unknown[]): void {
    const result = this.#call(`event \`${name}'`, () => handler(...args));
    if (!types.isPromise(result)) return;
    result.then(undefined, (error: unknown) => {
      this.#swallow(error);
      this.#print(`Unhandled promise failure: ${describe(error)}`);
    });
  }

  /** Calls script code from the runtime; an error in it is printed. */
  #call(where: string, run: () => unknown): unknown {
    if (!this.#alive) return undefined;
    try {
      return this.#inside(run);
    } catch (error) {
      this.#printError(where, error);
      return undefined;
    }
  }

  #eventGlobals(): Record<string, unknown> {
    const on = (name: string, handler: AnyFunction, netSafe = false): void => {
      if (!this.#alive) return;
      if (typeof handler !== 'function') throw this.realm.error('on only accepts instances of Function');
      if (netSafe) this.#netSafe.add(name);
      this.#handlers.set(name, [...(this.#handlers.get(name) ?? []), handler]);
    };
    const onNet = (name: string, handler: AnyFunction): void => on(name, handler, true);
    const off = (name: string, handler: AnyFunction): void => {
      const handlers = this.#handlers.get(name) ?? [];
      const at = handlers.indexOf(handler);
      if (at !== -1) this.#handlers.set(name, handlers.toSpliced(at, 1));
    };
    const allow = (name: string): void => void this.#netSafe.add(name);
    const emit = (name: string, ...args: unknown[]): void => this.emit(name, args);
    return {
      on,
      addEventListener: on,
      AddEventHandler: on,
      onNet,
      addNetEventListener: onNet,
      RegisterNetEvent: allow,
      RegisterServerEvent: allow,
      removeEventListener: off,
      RemoveEventHandler: off,
      setMaxEventListeners: () => undefined,
      emit,
      TriggerEvent: emit,
    };
  }

  /** Triggers an event as this script does. */
  emit(name: string, args: unknown[]): void {
    if (!this.#alive) return;
    const payload = pack(args, this.#crossing);
    this.#inside(() => this.#side.events.trigger(name, payload));
  }

  /** The bytes that the script's values cross as. */
  pack(value: unknown): Uint8Array {
    return pack(value, this.#crossing);
  }

  /** A function of another script, or of the server, as this script calls it. */
  #fromReference(reference: string): AnyFunction {
    const from = this.#server.invocations.invoking;
    const fn: AnyFunction = (...args) => {
      if (!this.#alive) return undefined;
      const packed = this.#inside(() => this.#server.references.call(reference, pack(args, this.#crossing)));
      if (packed === undefined) throw this.realm.error(this.#deadReference(from));
      const [ok, ...values] = unpack(packed, this.#crossing, this.realm) as [boolean, ...unknown[]];
      if (!ok) throw this.realm.error(String(values[0] ?? ''));
      if (values.length !== 1) return values.length === 0 ? undefined : values;
      const [value] = values;
      return isAsyncResult(value) ? this.#awaited(value) : value;
    };
    this.#server.references.holdFor(fn, reference);
    return fn;
  }

  #deadReference(from: string | null): string {
    const own = this.resourceName;
    if (from === null) return `Error in nested ref call for ${own}. `;
    const state =
      this.#server.resources.state(from) === 'started'
        ? `(did ${from} restart recently?)`
        : `And ${from} isn't started, was the resource restarted mid call?`;
    return `Error in nested ref call for ${own}. ${own} tried to call a function reference in ${from} but the reference wasn't valid. ${state}`;
  }

  /** The other side's promise: its rejection is the message alone, and not an Error. */
  #awaited(value: AsyncResult): unknown {
    return new this.realm.globals.Promise((resolve, reject) => {
      value.__cfx_async_retval((values: unknown, failure: unknown) => {
        if (failure !== null && failure !== undefined) reject(failure);
        else resolve(Array.isArray(values) && values.length <= 1 ? values[0] : values);
      });
    });
  }

  /** This side's promise, as the other side gets it. */
  #asyncResult(promise: Promise<unknown>): AsyncResult {
    return {
      __cfx_async_retval: (callback) => {
        const settle = callback as AnyFunction | null;
        promise
          .then((value) => settle?.([value], null))
          .catch((error: unknown) => settle?.(null, messageOf(error)));
      },
    };
  }

  #exports(): unknown {
    const find = (resource: string, name: string): void => {
      const known = this.#exportCache.get(resource) ?? new Map<string, AnyFunction>();
      this.#exportCache.set(resource, known);
      if (known.has(name)) return;
      const keep: AnyFunction = (fn) => {
        if (typeof fn === 'function') known.set(name, (...args) => fn(...args));
      };
      this.emit(exportEvent(resource, name), [keep]);
      if (!known.has(name)) throw this.realm.error(`No such export ${name} in resource ${resource}`);
    };
    const ofResource = (resource: string): object =>
      new Proxy(this.realm.object(), {
        get: (_target, name) => {
          const exported = String(name);
          find(resource, exported);
          return (...args: unknown[]) => {
            try {
              // Not looked up again: a caller that kept the function from before a restart gets an error.
              const current = this.#exportCache.get(resource)?.get(exported);
              if (current === undefined) throw this.realm.error('the export is gone');
              return current(...args);
            } catch (error) {
              this.#print(describe(error));
              throw this.realm.error(
                `An error occurred while calling export ${exported} of resource ${resource} - see above for details`,
              );
            }
          };
        },
        set: () => {
          throw this.realm.error('cannot set values on an export resource');
        },
      });
    return new Proxy(() => undefined, {
      get: (_target, resource) => ofResource(String(resource)),
      apply: (_target, _self, args: unknown[]) => {
        if (args.length !== 2) throw this.realm.error('this needs 2 arguments');
        const [name, fn] = args;
        this.#offer(String(name), () => fn);
      },
      set: () => {
        throw this.realm.error('cannot set values on exports');
      },
    });
  }

  /** What a resource that has stopped exported is gone; what others export is not looked for again. */
  #forgetExports(payload: Uint8Array): void {
    this.#exportCache.delete(String(this.#firstOf(payload)));
  }

  /** What the own manifest names as exports are globals, offered as soon as the resource has started. */
  #offerManifestExports(payload: Uint8Array): void {
    if (this.#firstOf(payload) !== this.resourceName) return;
    for (const name of this.#server.resources.metadata(this.resourceName, 'server_export')) {
      this.#offer(name, () => this.realm.globals[name]);
    }
  }

  #firstOf(payload: Uint8Array): unknown {
    const args = unpack(payload, this.#crossing, this.realm);
    return Array.isArray(args) ? args[0] : undefined;
  }

  #offer(name: string, find: () => unknown): void {
    const event = exportEvent(this.resourceName, name);
    const offer: AnyFunction = (setCallback) => {
      const offered = find();
      if (offered && typeof setCallback === 'function') setCallback(offered);
    };
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), offer]);
  }

  #console(): object {
    const print = (...args: unknown[]): void => this.#print(format(...args));
    const nothing = (): void => undefined;
    return {
      ...Object.fromEntries(
        ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir'].map((name) => [name, print]),
      ),
      assert: nothing,
      time: nothing,
      timeEnd: nothing,
      timeLog: nothing,
    };
  }

  #print(text: string): void {
    if (this.#alive) this.#side.print(text);
  }

  #swallow(error: unknown): void {
    if (this.#alive) this.#server.swallowed.push({ resource: this.resourceName, error });
  }

  #printError(where: string, error: unknown): void {
    this.#swallow(error);
    this.#print(this.#describeError(where, error));
  }

  /** As FXServer prints a script's error: the message, and the frames in scripts. */
  #describeError(where: string, error: unknown): string {
    const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : '';
    const frames = stack
      .split('\n')
      .filter((line) => line.includes('@'))
      .map((line) => line.trim().replace(/^at /, '> '));
    return [`^1SCRIPT ERROR in ${where}: ${String(error)}^7`, ...frames].join('\n');
  }

  /**
   * Whether an error that nobody caught came from this script: made by its own code, or by Node with this
   * resource's code on the stack. A rejected promise says so itself.
   */
  #ownsStray(error: unknown, promise: unknown): boolean {
    if (promise !== undefined) return this.realm.owns(promise) || this.realm.owns(error);
    if (this.realm.owns(error)) return true;
    return error instanceof Error && (error.stack ?? '').includes(`@${this.resourceName}/`);
  }
}

function describe(error: unknown): string {
  return typeof error === 'object' && error !== null && 'stack' in error
    ? String(error.stack)
    : String(error);
}
