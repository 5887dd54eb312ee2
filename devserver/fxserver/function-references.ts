import { type AnyFunction, type FunctionCrossing, hostShape, pack, unpack } from './message-pack.ts';

/** Whoever owns functions that others can call. */
export interface ReferenceOwner {
  /** @returns the packed `[ok, …results]`, or undefined when the function is gone. */
  callReference(index: number, args: Uint8Array): Uint8Array | undefined;
  /** Counts the copies that others hold; at zero the function can be forgotten. */
  countReference(index: number, change: 1 | -1): void;
}

/** One owner's functions, by number. */
export class HeldFunctions {
  #next = 0;
  readonly #functions = new Map<number, { readonly fn: AnyFunction; copies: number }>();

  add(fn: AnyFunction): number {
    const index = this.#next++;
    this.#functions.set(index, { fn, copies: 0 });
    return index;
  }

  get(index: number): AnyFunction | undefined {
    return this.#functions.get(index)?.fn;
  }

  count(index: number, change: 1 | -1): void {
    const held = this.#functions.get(index);
    if (held === undefined) return;
    held.copies += change;
    if (held.copies <= 0) this.#functions.delete(index);
  }

  clear(): void {
    this.#functions.clear();
  }

  get size(): number {
    return this.#functions.size;
  }
}

/**
 * Finds the owner of a function reference. A reference is text, `<resource>:<instance>:<number>`, as
 * FXServer's canonical ones; an instance is one start of a script, so a reference dies with it.
 */
export class ReferenceRouter {
  readonly #owners = new Map<string, ReferenceOwner>();
  #nextInstance = 1;
  /** A copy that is garbage-collected gives its reference back. */
  readonly #collected = new FinalizationRegistry<string>((reference) => this.#count(reference, -1));

  /** @returns the prefix of the owner's references, and what makes them all invalid. */
  register(resource: string, owner: ReferenceOwner): { prefix: string; forget: () => void } {
    const prefix = `${resource}:${this.#nextInstance++}`;
    this.#owners.set(prefix, owner);
    return { prefix, forget: () => this.#owners.delete(prefix) };
  }

  /** @returns the packed result, or undefined when the reference is not valid any more. */
  call(reference: string, args: Uint8Array): Uint8Array | undefined {
    const { owner, index } = this.#find(reference);
    return owner?.callReference(index, args);
  }

  /** Counts a copy for as long as the function that stands for it lives. */
  holdFor(copy: AnyFunction, reference: string): void {
    this.hold(reference);
    this.#collected.register(copy, reference);
  }

  /** Counts a copy that {@link drop} gives back. */
  hold(reference: string): void {
    this.#count(reference, 1);
  }

  drop(reference: string): void {
    this.#count(reference, -1);
  }

  #count(reference: string, change: 1 | -1): void {
    const { owner, index } = this.#find(reference);
    owner?.countReference(index, change);
  }

  #find(reference: string): { owner: ReferenceOwner | undefined; index: number } {
    const colon = reference.lastIndexOf(':');
    return {
      owner: this.#owners.get(reference.slice(0, colon)),
      index: Number(reference.slice(colon + 1)),
    };
  }
}

/** What a function reference gave back. */
export type ReferenceResult =
  | { readonly ok: true; readonly values: unknown[] }
  | { readonly ok: false; readonly message: string };

/** The packed error that a script's failed call gives back, as v8/main.js writes it. */
export function packFailure(message: string, crossing: FunctionCrossing): Uint8Array {
  return pack([false, message], crossing);
}

/** The server's own functions that scripts call back: deferrals, kick reasons, HTTP responses. */
export class HostFunctions implements ReferenceOwner, FunctionCrossing {
  readonly #router: ReferenceRouter;
  readonly #held = new HeldFunctions();
  readonly #prefix: string;
  readonly #referenceOf = new WeakMap<AnyFunction, string>();

  constructor(router: ReferenceRouter) {
    this.#router = router;
    this.#prefix = router.register('_host', this).prefix;
  }

  /** A script's function that the server passes on keeps its own reference. */
  toReference(fn: AnyFunction): string {
    const own = this.#referenceOf.get(fn);
    if (own !== undefined) return own;
    return `${this.#prefix}:${this.#held.add(fn)}`;
  }

  /** A script's function as the server calls it: errors in it are the script's own business. */
  fromReference(reference: string): AnyFunction {
    const fn: AnyFunction = (...args) => {
      const result = this.#call(reference, pack(args, this));
      return result?.ok === true ? result.values[0] : undefined;
    };
    this.#referenceOf.set(fn, reference);
    this.#router.holdFor(fn, reference);
    return fn;
  }

  /**
   * Calls a script's function, and waits for the promise if it returned one.
   *
   * @throws an Error when the function is gone or throws; the message alone when its promise is rejected.
   */
  async callAndWait(fn: AnyFunction, args: unknown[]): Promise<unknown> {
    const result = this.callPacked(fn, pack(args, this));
    if (result === undefined) throw new Error('Error in nested ref call.');
    if (!result.ok) throw new Error(result.message);
    const [value] = result.values;
    if (typeof value !== 'object' || value === null || !('__cfx_async_retval' in value)) return value;
    const wait = value.__cfx_async_retval as AnyFunction;
    return await new Promise((resolve, reject) => {
      wait((values: unknown, failure: unknown) => {
        if (failure !== null && failure !== undefined) reject(failure);
        else resolve(Array.isArray(values) ? values[0] : values);
      });
    });
  }

  /** Calls a script's function with arguments that are packed already. @returns undefined when it is gone. */
  callPacked(fn: AnyFunction, args: Uint8Array): ReferenceResult | undefined {
    return this.#call(this.#referenceOf.get(fn) ?? '', args);
  }

  #call(reference: string, args: Uint8Array): ReferenceResult | undefined {
    const packed = this.#router.call(reference, args);
    if (packed === undefined) return undefined;
    const [ok, ...values] = unpack(packed, this, hostShape) as [boolean, ...unknown[]];
    return ok ? { ok, values } : { ok, message: String(values[0]) };
  }

  callReference(index: number, args: Uint8Array): Uint8Array | undefined {
    const fn = this.#held.get(index);
    if (fn === undefined) return undefined;
    try {
      return pack([true, fn(...(unpack(args, this, hostShape) as unknown[]))], this);
    } catch (error) {
      return packFailure(String(error), this);
    }
  }

  countReference(index: number, change: 1 | -1): void {
    this.#held.count(index, change);
  }
}
