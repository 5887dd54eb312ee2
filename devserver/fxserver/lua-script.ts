import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type LuaEngine, LuaFactory } from 'wasmoon';
import { crossAsBytes, luaBytes, luaText } from './lua-strings.ts';
import { type AnyFunction, hostShape, pack, unpack } from './message-pack.ts';
import { playerNatives } from './natives/players.ts';
import type { NativeTable, Script } from './script.ts';
import type { ServerParts } from './server-parts.ts';
import { allServerNatives } from './server-script.ts';

const runtimeFiles = ['lua-message-pack.lua', 'lua-runtime.lua'] as const;
let factory: Promise<LuaFactory> | undefined;

/** One engine's code for all scripts. */
async function makeFactory(): Promise<LuaFactory> {
  const made = new LuaFactory();
  crossAsBytes(await made.getLuaModule());
  return made;
}

/** The functions of `lua-runtime.lua` that the host calls. Every string is bytes, see {@link crossAsBytes}. */
interface LuaRuntime {
  load(code: string, name: string): void;
  event(name: string, args: string, source: string): void;
  /** @returns `[ok, …results]`, packed. */
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
  readonly #prefix: string;
  readonly #endings: (() => void)[] = [];
  /** How many copies of its functions others hold, by number. */
  readonly #copies = new Map<number, number>();
  #alive = true;
  /** How deep the host is in calls into Lua: the engine must not be closed under them. */
  #depth = 0;
  ticksEntered = 0;

  /** Makes the world for a resource's Lua scripts. */
  static async create(server: ServerParts, resourceName: string): Promise<LuaScript> {
    factory ??= makeFactory();
    const engine = await (await factory).createEngine({ openStandardLibs: true, injectObjects: false });
    return new LuaScript(server, resourceName, engine);
  }

  private constructor(server: ServerParts, resourceName: string, engine: LuaEngine) {
    this.#server = server;
    this.resourceName = resourceName;
    this.#engine = engine;
    const { prefix, forget } = server.references.register(resourceName, this);
    this.#prefix = prefix;
    this.#natives = this.#createNatives();
    for (const file of runtimeFiles) {
      engine.global.set(file, luaBytes(readFileSync(join(import.meta.dirname, file), 'utf8')));
    }
    engine.global.set('__host', this.#host());
    engine.doStringSync(`
      local function run(file, ...)
        local code = _G[file]
        _G[file] = nil
        return assert(load(code, '@citizen:/' .. file, 't'))(...)
      end
      local runtime = run('lua-runtime.lua', __host, run('lua-message-pack.lua'))
      __host = nil
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
    this.#enter(() => this.#runtime.load(luaBytes(code), luaBytes(filename)));
  }

  handleEvent(name: string, payload: Uint8Array, source: string): void {
    this.#enter(() => this.#runtime.event(luaBytes(name), byteString(payload), source));
  }

  callReference(index: number, args: Uint8Array): Uint8Array | undefined {
    const result = this.#enter(() => this.#runtime.call(index, byteString(args)));
    return result === undefined ? undefined : bytesOf(result);
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
      this.#fail(`^1SCRIPT ERROR: ${luaText(error)}^7`);
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
      resourceName: () => luaBytes(this.resourceName),
      reference: (index) => luaBytes(`${this.#prefix}:${String(index)}`),
      hold: whileAlive((reference) => server.references.hold(luaText(reference))),
      drop: (reference) => server.references.drop(luaText(reference)),
      now: () => server.clock.elapsed(),
      wallClock: () => server.clock.now(),
      wake: whileAlive((at) => server.ticks.dueAt(Number(at))),
      print: whileAlive((text) => server.print(this.resourceName, luaText(text))),
      fail: whileAlive((text) => this.#fail(luaText(text))),
      hasNative: (name) => Object.hasOwn(this.#natives, luaText(name)),
      native: (name, args) => byteString(this.#callNative(luaText(name), bytesOf(args))),
      emit: whileAlive((name, args) => server.events.trigger(luaText(name), bytesOf(args))),
      emitNet: whileAlive((name, target, args) => {
        server.sendToClient(Number(target), luaText(name), bytesOf(args));
      }),
      call: whileAlive((reference, args) => {
        const result = server.references.call(luaText(reference), bytesOf(args));
        return result === undefined ? undefined : byteString(result);
      }),
    };
  }

  #callNative(name: string, args: Uint8Array): Uint8Array {
    const { hostFunctions } = this.#server;
    if (!this.#alive) return pack([true], hostFunctions);
    try {
      const values = unpack(args, hostFunctions, hostShape);
      return pack([true, this.#natives[name]?.(...(Array.isArray(values) ? values : []))], hostFunctions);
    } catch (error) {
      return pack([false, error instanceof Error ? error.message : String(error)], hostFunctions);
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
}

/** Bytes as Lua's strings are, see {@link crossAsBytes}. */
function byteString(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function bytesOf(text: unknown): Uint8Array {
  return Buffer.from(String(text), 'latin1');
}
