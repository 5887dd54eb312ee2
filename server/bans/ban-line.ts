import type { Ban } from './ban-index.ts';

/**
 * A ban as a line of text, without the line's end: account or `-`, since or `-`, then the keys, listed ones
 * bare and own ones behind a `+`; a tab between all of them.
 */

/** Most listed and most own keys of one ban; nobody has that many. */
const MAX_KEYS = 64;
/** Longest line, in characters: with as many keys as there can be, of the length that they can have. */
const MAX_LINE = 16_384;
/** Largest time that a line holds. */
const MAX_SINCE = 10 ** 15 - 1;

/** Most bans have no own keys: one list for all of them. */
const NONE: readonly string[] = [];

const KEY = /^[0-9a-z:]{1,80}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LINE =
  /^(?:-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t(?:-|[0-9]{1,15})(?:\t\+?[0-9a-z:]{1,80})*$/;

/** Keys that can be kept, each once, and no more than a ban may have of one sort. */
function keptKeys(keys: readonly string[]): string[] {
  return [...new Set(keys)].filter((key) => KEY.test(key)).slice(0, MAX_KEYS);
}

/**
 * What of a ban can be kept.
 *
 * @returns undefined when nothing is left by which it could ever be found.
 */
export function keptBan({ account, since, listed, own }: Ban): Ban | undefined {
  const isTime = since !== null && Number.isSafeInteger(since) && since >= 0 && since <= MAX_SINCE;
  const kept: Ban = {
    account: account !== null && UUID.test(account) ? account : null,
    since: isTime ? since : null,
    listed: keptKeys(listed),
    own: keptKeys(own),
  };
  return kept.account === null && kept.listed.length + kept.own.length === 0 ? undefined : kept;
}

/** @param ban one that {@link keptBan} has given. */
export function lineOf({ account, since, listed, own }: Ban): string {
  return [account ?? '-', since ?? '-', ...listed, ...own.map((key) => `+${key}`)].join('\t');
}

/** Reads a line of whatever origin; undefined when it is none of which something could be found. */
export function banOf(line: string): Ban | undefined {
  if (line.length > MAX_LINE || !LINE.test(line)) return undefined;
  const [account = '-', since = '-', ...keys] = line.split('\t');
  if (account === '-' && keys.length === 0) return undefined;
  return {
    account: account === '-' ? null : account,
    since: since === '-' ? null : Number(since),
    listed: line.includes('+') ? keys.filter((key) => !key.startsWith('+')) : keys,
    own: line.includes('+') ? keys.filter((key) => key.startsWith('+')).map((key) => key.slice(1)) : NONE,
  };
}
