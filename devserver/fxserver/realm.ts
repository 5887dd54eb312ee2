import { constants, createContext, Script } from 'node:vm';
import { decodeTextInScript, type ValueShape } from './message-pack-decoder.ts';

/** The globals of a script's own world. */
export interface RealmGlobals {
  [name: string]: unknown;
  Array: ArrayConstructor;
  Object: ObjectConstructor;
  Error: ErrorConstructor;
  Promise: PromiseConstructor;
  Date: DateConstructor;
}

/**
 * Built-ins of which Node's own modules hand out instances: arrays from `fs`, errors from sockets,
 * promises from `timers/promises`. FXServer has one set of built-ins per resource, so `instanceof` holds
 * for those there; a `vm` context has a second set, so it has to be told.
 */
const sharedByNode = [
  'Object',
  'Function',
  'Array',
  'Promise',
  'Map',
  'Set',
  'Date',
  'RegExp',
  'Error',
  'TypeError',
  'RangeError',
  'SyntaxError',
  'ReferenceError',
  'EvalError',
  'URIError',
  'AggregateError',
] as const;

const ordinaryHasInstance = Function.prototype[Symbol.hasInstance];
const hostGlobals = globalThis as unknown as Record<string, unknown>;

function acceptHostInstances(globals: RealmGlobals): void {
  for (const name of sharedByNode) {
    const inner = globals[name] as object;
    const outer = hostGlobals[name] as object;
    Object.defineProperty(inner, Symbol.hasInstance, {
      value(this: unknown, candidate: unknown): boolean {
        if (ordinaryHasInstance.call(this as never, candidate)) return true;
        return this === inner && ordinaryHasInstance.call(outer as never, candidate);
      },
    });
  }
}

/**
 * A script's own global scope, with its own built-ins: what one resource does to its globals, no other
 * resource sees.
 */
export class Realm implements ValueShape {
  readonly globals: RealmGlobals;

  constructor() {
    // An ordinary global object: the older kind of context looks every global up through an interceptor.
    this.globals = createContext(constants.DONT_CONTEXTIFY) as RealmGlobals;
    acceptHostInstances(this.globals);
    this.define({ global: this.globals });
  }

  /** Runs a classic script: no modules, top-level declarations become globals. */
  run(code: string, filename: string): void {
    new Script(code, { filename }).runInContext(this.globals);
  }

  /** Makes globals that a script may overwrite. */
  define(globals: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(this.globals, name, {
        value,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
  }

  /** Makes globals that a script cannot overwrite, as FXServer's timers. */
  defineLocked(globals: Record<string, unknown>): void {
    for (const [name, value] of Object.entries(globals)) {
      Object.defineProperty(this.globals, name, {
        value,
        writable: false,
        enumerable: true,
        configurable: false,
      });
    }
  }

  array(): unknown[] {
    return new this.globals.Array();
  }

  object(): Record<string, unknown> {
    return new this.globals.Object() as Record<string, unknown>;
  }

  text(bytes: Uint8Array): string {
    return decodeTextInScript(bytes);
  }

  error(message: string): Error {
    return new this.globals.Error(message);
  }

  /** Whether a value was made by this realm's own code. */
  owns(value: unknown): boolean {
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
    let last: unknown = value;
    for (let next = Object.getPrototypeOf(last); next !== null; next = Object.getPrototypeOf(next))
      last = next;
    return last === this.globals.Object.prototype;
  }
}
