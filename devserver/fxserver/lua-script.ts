import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LuaEngine, LuaFactory } from 'wasmoon';
import { type AnyFunction, type FunctionCrossing, hostShape, pack, unpack } from './message-pack.ts';
import { playerNatives } from './natives/players.ts';
import type { NativeTable, Script } from './script.ts';
import type { ServerParts } from './server-parts.ts';
import { allServerNatives } from './server-script.ts';

const runtimeFile = join(import.meta.dirname, 'lua-runtime.lua');
const REFERENCE = '__cfx_functionReference';
let factory: LuaFactory | undefined;

/** The functions of `lua-runtime.lua` that the host calls. */
interface LuaRuntime {
  load(code: string, name: string): void;
  event(name: string, args: string, source: string): void;
  /** @returns `[ok, …results]` as JSON. */
  call(index: number, args: string): string;
  tick(now: number): void;
  nextDue(): number | undefined | null;
  release(index: number): void;
}

/**
 * A resource's Lua scripts in a Lua of their own, with the runtime that FXServer puts around them, as far
 * as a server script that calls exports, natives and events needs it.
 */
export class LuaScript implements Script {
  readonly resourceName: string;
  readonly #server: ServerParts;
  readonly #engine: LuaEngine;
  readonly #runtime: LuaRuntime;
  readonly #natives: NativeTable;
  readonly #crossing: FunctionCrossing;
  readonly #prefix: string;
  readonly #endings: (() => void)[] = [];
  /** Lua's copies of others' functions; they stay valid for as long as the script runs. */
  readonly #kept = new Map<string, AnyFunction>();
  /** How many copies of its functions others hold, by number. */
  readonly #copies = new Map<number, number>();
  #alive = true;
  /** How deep the host is in calls into Lua: the engine must not be closed under them. */
  #depth = 0;
  ticksEntered = 0;

  /** Makes the world for a resource's Lua scripts. */
  static async create(server: ServerParts, resourceName: string): Promise<LuaScript> {
    factory ??= new LuaFactory();
    const engine = await factory.createEngine({ openStandardLibs: true, injectObjects: false });
    return new LuaScript(server, resourceName, engine);
  }

  private constructor(server: ServerParts, resourceName: string, engine: LuaEngine) {
    this.#server = server;
    this.resourceName = resourceName;
    this.#engine = engine;
    const { prefix, forget } = server.references.register(resourceName, this);
    this.#prefix = prefix;
    this.#crossing = {
      toReference: (fn) => server.hostFunctions.toReference(fn),
      fromReference: (reference) => this.#keep(reference),
    };
    this.#natives = this.#createNatives();
    engine.global.set('__runtime', readFileSync(runtimeFile, 'utf8'));
    engine.global.set('__host', this.#host());
    engine.doStringSync(`
      local runtime = assert(load(__runtime, '@citizen:/lua-runtime.lua', 't'))(__host)
      __runtime, __host = nil, nil
      for name, run in pairs(runtime) do _G['__cfx_' .. name] = run end
    `);
    const take = (name: string): AnyFunction => {
      const run = engine.global.get(`__cfx_${name}`) as AnyFunction;
      engine.global.set(`__cfx_${name}`, undefined);
      return run;
    };
    this.#runtime = {
      load: take('load'),
      event: take('event'),
      call: take('call'),
      tick: take('tick'),
      nextDue: take('nextDue'),
      release: take('release'),
    } as unknown as LuaRuntime;
    const ticking = {
      nextDue: () => (this.#alive ? (this.#runtime.nextDue() ?? undefined) : undefined),
      tick: (now: number) => {
        this.ticksEntered++;
        this.#enter(() => this.#runtime.tick(now));
      },
    };
    server.events.join(this);
    server.ticks.join(ticking);
    this.#endings.push(() => {
      forget();
      server.events.leave(this);
      server.ticks.leave(ticking);
    });
  }

  load(code: string, filename: string): void {
    this.#enter(() => this.#runtime.load(code, filename));
  }

  handleEvent(name: string, payload: Uint8Array, source: string): void {
    this.#enter(() =>
      this.#runtime.event(name, this.#toJson(unpack(payload, this.#crossing, hostShape)), source),
    );
  }

  callReference(index: number, args: Uint8Array): Uint8Array | undefined {
    if (!this.#alive) return undefined;
    const result = this.#enter(() =>
      this.#runtime.call(index, this.#toJson(unpack(args, this.#crossing, hostShape))),
    );
    const values = this.#fromJson(String(result)) as unknown[];
    if (values[0] === false) {
      this.#server.swallowed.push({ resource: this.resourceName, error: new Error(String(values[1])) });
    }
    return pack(values, this.#crossing);
  }

  countReference(index: number, change: 1 | -1): void {
    const copies = (this.#copies.get(index) ?? 0) + change;
    this.#copies.set(index, copies);
    if (copies > 0) return;
    this.#copies.delete(index);
    this.#enter(() => this.#runtime.release(index));
  }

  kill(): void {
    if (!this.#alive) return;
    this.#alive = false;
    for (const ending of this.#endings) ending();
    this.#kept.clear();
    this.#close();
  }

  /** Frees the Lua state, once nothing of it is on the stack any more. */
  #close(): void {
    if (this.#depth === 0) this.#engine.global.close();
    else setImmediate(() => this.#close());
  }

  #enter<T>(run: () => T): T | undefined {
    if (!this.#alive) return undefined;
    this.#depth++;
    try {
      return this.#server.invocations.run(this, run);
    } catch (error) {
      this.#fail(`^1SCRIPT ERROR: ${String(error)}^7`);
      return undefined;
    } finally {
      this.#depth--;
    }
  }

  #fail(text: string): void {
    if (!this.#alive) return;
    this.#server.swallowed.push({ resource: this.resourceName, error: new Error(text) });
    this.#server.print(this.resourceName, text);
  }

  /** What `lua-runtime.lua` calls. */
  #host(): Record<string, AnyFunction> {
    const server = this.#server;
    const whileAlive = (run: AnyFunction): AnyFunction => {
      return (...args) => (this.#alive ? run(...args) : undefined);
    };
    return {
      resourceName: () => this.resourceName,
      reference: (index) => `${this.#prefix}:${String(index)}`,
      now: () => server.clock.elapsed(),
      wallClock: () => server.clock.now(),
      wake: whileAlive((at) => server.ticks.dueAt(Number(at))),
      print: whileAlive((text) => server.print(this.resourceName, String(text))),
      fail: whileAlive((text) => this.#fail(String(text))),
      hasNative: (name) => Object.hasOwn(this.#natives, String(name)),
      native: (name, args) => this.#callNative(String(name), String(args)),
      emit: whileAlive((name, args) => {
        server.events.trigger(String(name), pack(this.#fromJson(String(args)), this.#crossing));
      }),
      emitNet: whileAlive((name, target, args) => {
        server.sendToClient(Number(target), String(name), pack(this.#fromJson(String(args)), this.#crossing));
      }),
      call: (reference, args) => {
        if (!this.#alive) return '[true]';
        const packed = server.references.call(
          String(reference),
          pack(this.#fromJson(String(args)), this.#crossing),
        );
        return packed === undefined ? '' : this.#toJson(unpack(packed, this.#crossing, hostShape));
      },
    };
  }

  #callNative(name: string, args: string): string {
    if (!this.#alive) return '[true]';
    try {
      const result = this.#natives[name]?.(...(this.#fromJson(args) as unknown[]));
      return this.#toJson([true, result]);
    } catch (error) {
      return this.#toJson([false, error instanceof Error ? error.message : String(error)]);
    }
  }

  /** Lua gives natives a player's number as it is; the platform turns it into text. */
  #createNatives(): NativeTable {
    const natives = allServerNatives(this.#server, this.resourceName, (end) => this.#endings.push(end));
    for (const name of Object.keys(playerNatives(this.#server, this.resourceName))) {
      const native = natives[name];
      if (native === undefined || name === 'GetPlayerFromIndex') continue;
      natives[name] = (id, ...rest) => native(typeof id === 'number' ? String(id) : id, ...rest);
    }
    return natives;
  }

  #keep(reference: string): AnyFunction {
    const known = this.#kept.get(reference) ?? this.#server.hostFunctions.fromReference(reference);
    this.#kept.set(reference, known);
    return known;
  }

  #toJson(value: unknown): string {
    return JSON.stringify(value, (_key, item: unknown) => {
      if (typeof item !== 'function') return item;
      return { [REFERENCE]: this.#crossing.toReference(item as AnyFunction) };
    });
  }

  #fromJson(text: string): unknown {
    return JSON.parse(text, (key, item: unknown) => {
      // The platform's decoder assigns it to an object, where it is no field.
      if (key === '__proto__') return undefined;
      const reference =
        typeof item === 'object' && item !== null ? (item as Record<string, unknown>)[REFERENCE] : undefined;
      return typeof reference === 'string' ? this.#keep(reference) : item;
    });
  }
}
