import { inspect } from 'node:util';

const MASK = '•••';

/** A value that must not be shown. Printed, joined, copied or serialised, it is a mask; only `reveal` gives it out. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
    Object.freeze(this);
  }

  /** The value itself: for the request that needs it, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return MASK;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/**
 * A function that takes the given secrets out of any text: the last guard before a line is shown,
 * for the case that somebody else's answer or an error's stack repeats one.
 *
 * @param secrets may grow later.
 */
export function redactor(secrets: readonly Secret[]): (text: string) => string {
  return (text) =>
    secrets
      .map((secret) => secret.reveal())
      .filter((value) => value !== '')
      // Inside JSON a key may be written with escapes.
      .flatMap((value) => [value, JSON.stringify(value).slice(1, -1)])
      // A key that begins with another one goes first, and whole.
      .sort((one, other) => other.length - one.length)
      .reduce((shown, value) => shown.replaceAll(value, MASK), text);
}
