import { type Ban, newBan } from './ban-index.ts';

/**
 * A ban as a line of text, without the line's end: account or `-`, since or `-`, then words, a tab between all of them.
 * A word is a listed key, bare; or one with a mark in front: `+` an own key, `=` a proven identifier, `?` a claim, `!`
 * when what is registered was read. A `.` alone says that it has been told which keys the account has. Lines of
 * earlier versions have bare and own keys alone: an account that was listed by keys had been told by them.
 */

/** Most listed and most own keys of one ban; nobody has that many. */
const MAX_KEYS = 64;
/** Most proven identifiers and most claims of one ban. */
const MAX_OTHERS = 32;
/** Longest line, in characters: with as many keys as there can be, of the length that they can have. */
const MAX_LINE = 16_384;
/** Largest time that a line holds. */
const MAX_TIME = 10 ** 15 - 1;

/** Most bans have keys of few sorts: one list for all that are empty. */
const NONE: readonly string[] = [];

const KEY = /^[0-9a-z:]{1,80}$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LINE =
  /^(?:-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t(?:-|[0-9]{1,15})(?:\t(?:[+=?]?[0-9a-z:]{1,80}|![0-9]{1,15}|\.))*$/;

/** Keys that can be kept, each once, and no more than a ban may have of one sort. */
function keptKeys(keys: readonly string[], most: number): readonly string[] {
  return keys.length === 0 ? NONE : [...new Set(keys)].filter((key) => KEY.test(key)).slice(0, most);
}

function keptTime(time: number | null): number | null {
  return time !== null && Number.isSafeInteger(time) && time >= 0 && time <= MAX_TIME ? time : null;
}

/**
 * What of a ban can be kept.
 *
 * @returns undefined when nothing is left by which it could ever be found.
 */
export function keptBan(ban: Ban): Ban | undefined {
  const kept: Ban = {
    account: ban.account !== null && UUID.test(ban.account) ? ban.account : null,
    since: keptTime(ban.since),
    listed: keptKeys(ban.listed, MAX_KEYS),
    own: keptKeys(ban.own, MAX_KEYS),
    proven: keptKeys(ban.proven, MAX_OTHERS),
    claims: keptKeys(ban.claims, MAX_OTHERS),
    // Of an account with keys it was told by them.
    isListed: ban.isListed || ban.listed.length > 0,
    registeredAt: keptTime(ban.registeredAt),
  };
  const isFound = kept.account !== null || kept.listed.length + kept.own.length + kept.proven.length > 0;
  return isFound ? kept : undefined;
}

/** @param ban one that {@link keptBan} has given. */
export function lineOf({ account, since, listed, own, proven, claims, isListed, registeredAt }: Ban): string {
  return [
    account ?? '-',
    since ?? '-',
    ...listed,
    ...own.map((key) => `+${key}`),
    ...proven.map((key) => `=${key}`),
    ...claims.map((key) => `?${key}`),
    ...(registeredAt === null ? [] : [`!${registeredAt}`]),
    ...(isListed && listed.length === 0 ? ['.'] : []),
  ].join('\t');
}

/** Reads a line of whatever origin; undefined when it is none of which something could be found. */
export function banOf(line: string): Ban | undefined {
  if (line.length > MAX_LINE || !LINE.test(line)) return undefined;
  const [account = '-', since = '-', ...words] = line.split('\t');
  const marked = (mark: string): readonly string[] => {
    if (!line.includes(mark)) return NONE;
    return words.filter((word) => word.startsWith(mark)).map((word) => word.slice(1));
  };
  const [registeredAt] = marked('!');
  return keptBan({
    ...newBan(account === '-' ? null : account, since === '-' ? null : Number(since)),
    listed: words.filter((word) => KEY.test(word)),
    own: marked('+'),
    proven: marked('='),
    claims: marked('?'),
    isListed: words.includes('.'),
    registeredAt: registeredAt === undefined ? null : Number(registeredAt),
  });
}
