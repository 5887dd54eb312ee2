import type { EventTarget } from './events.ts';
import type { ReferenceOwner } from './function-references.ts';
import type { Invoker } from './invocation.ts';
import type { AnyFunction } from './message-pack.ts';

/** A resource's running scripts of one language, in a world of their own. */
export interface Script extends Invoker, EventTarget, ReferenceOwner {
  /** Runs one file. Errors are printed, and do not stop the resource. */
  load(code: string, filename: string): void;
  /** Ends it for good: no timer, handler or reference of it does anything any more. */
  kill(): void;
  /** How many ticks called script code. */
  readonly ticksEntered: number;
}

/** Natives by the names that scripts call them by. */
export type NativeTable = Record<string, AnyFunction>;
