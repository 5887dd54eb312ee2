import type { Ban } from './ban-index.ts';

/**
 * A ban as a line of ASCII text, without the line's end: account or `-`, since or `-`, then the keys, listed
 * ones bare and own ones behind a `+`; a tab between all of them.
 */

/** Longest key, in characters. */
export const MAX_KEY = 80;
/** Most listed and most own keys of one ban; nobody has that many, and a line stays shorter than a piece. */
const MAX_KEYS = 64;
/** Digits of the largest time that a line holds; as a number it is still exact. */
const MAX_DIGITS = 15;
const MAX_SINCE = 10 ** MAX_DIGITS - 1;

const KEY = new RegExp(`^[0-9a-z:]{1,${MAX_KEY}}$`);
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const TAB = 9;
export const PLUS = 43;
export const DASH = 45;
const UUID_LENGTH = 36;

/** Keys that can be kept, each once, and no more than a ban may have of one sort. */
export function keptKeys(keys: readonly string[]): string[] {
  return [...new Set(keys)].filter((key) => KEY.test(key)).slice(0, MAX_KEYS);
}

/** @returns undefined when nothing is left by which it could ever be found. */
export function lineOf({ account, since, listed, own }: Ban): string | undefined {
  const id = account !== null && UUID.test(account) ? account : '-';
  const keys = [...keptKeys(listed), ...keptKeys(own).map((key) => `+${key}`)];
  if (id === '-' && keys.length === 0) return undefined;
  const isTime = since !== null && Number.isSafeInteger(since) && since >= 0 && since <= MAX_SINCE;
  return [id, isTime ? since : '-', ...keys].join('\t');
}

/** Reads a line that {@link isLine}. */
export function banOf(line: string): Ban {
  const [account = '-', since = '-', ...keys] = line.split('\t');
  return {
    account: account === '-' ? null : account,
    since: since === '-' ? null : Number(since),
    listed: keys.filter((key) => !key.startsWith('+')),
    own: keys.filter((key) => key.startsWith('+')).map((key) => key.slice(1)),
  };
}

/**
 * Whether bytes, of whatever origin, are a line of which something could be found.
 *
 * @param end where the line's newline is.
 */
// Byte by byte, because a hundred thousand lines are read at a start: as strings they would be garbage.
export function isLine(bytes: Uint8Array, start: number, end: number): boolean {
  const hasAccount = bytes[start] !== DASH;
  let at = hasAccount ? start + UUID_LENGTH : start + 1;
  if (hasAccount && !isUuid(bytes, start)) return false;
  if (bytes[at] !== TAB) return false;
  const since = ++at;
  if (bytes[at] === DASH) at++;
  else while (at < end && isDigit(bytes[at] ?? 0)) at++;
  if (at === since || at - since > MAX_DIGITS) return false;
  if (at === end) return hasAccount;
  while (at < end) {
    if (bytes[at++] !== TAB) return false;
    if (bytes[at] === PLUS) at++;
    const key = at;
    while (at < end && isKeyByte(bytes[at] ?? 0)) at++;
    if (at === key || at - key > MAX_KEY) return false;
  }
  return true;
}

function isUuid(bytes: Uint8Array, start: number): boolean {
  for (let at = 0; at < UUID_LENGTH; at++) {
    const byte = bytes[start + at] ?? 0;
    const isDash = at === 8 || at === 13 || at === 18 || at === 23;
    if (isDash ? byte !== DASH : !isDigit(byte) && (byte < 97 || byte > 102)) return false;
  }
  return true;
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

/** Whether it is one of those that keys are made of. */
export function isKeyByte(byte: number): boolean {
  // The colon is the character after the nine.
  return (byte >= 48 && byte <= 58) || (byte >= 97 && byte <= 122);
}
