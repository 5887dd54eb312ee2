/**
 * FXServer hands natives C strings. A number in the place of a string is a pointer to nowhere, and a
 * string ends at its first NUL.
 */
export function text(native: string, value: unknown): string {
  if (typeof value !== 'string') {
    throw new TypeError(`${native}: expected a string, got ${value === null ? 'null' : typeof value}`);
  }
  const nul = value.indexOf('\0');
  return nul === -1 ? value : value.slice(0, nul);
}

/** A 32-bit integer argument; what is not a number is 0. */
export function integer(value: unknown): number {
  return Number(value) | 0;
}

/** A callback argument. */
export function callback(native: string, value: unknown): (...args: unknown[]) => unknown {
  if (typeof value === 'function') return value as (...args: unknown[]) => unknown;
  throw new TypeError(`${native}: expected a function, got ${typeof value}`);
}

/** A native of type BOOL gives JavaScript 1 or false, never true (V8ScriptRuntime.cpp). */
export function bool(value: boolean): 1 | false {
  return value ? 1 : false;
}
