const MINUTE_MS = 60 * 1000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['m', MINUTE_MS],
  ['h', 60 * MINUTE_MS],
  ['d', DAY_MS],
  ['w', 7 * DAY_MS],
]);

/** The longest duration, in milliseconds: ten years of 365 days. */
export const LONGEST_DURATION_MS = 10 * 365 * DAY_MS;

/** What a word says of how long something lasts. */
export type TypedDuration =
  /** Nothing: it is a word like any other. */
  | { readonly kind: 'none' }
  /** It is meant as a duration, and is none: another unit, zero, more than ten years. */
  | { readonly kind: 'wrong' }
  | { readonly kind: 'permanent' }
  | { readonly kind: 'lasts'; readonly ms: number };

const PERMANENT = /^perm$/i;
const DURATION = /^(?:[0-9]+[mhdw])+$/i;
const PART = /([0-9]+)([mhdw])/gi;

const NUMBER = '[+-]?[0-9]+(?:[.,][0-9]+)?';
const UNIT =
  '(?:ms|msecs?|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|nights?|w|wks?|weeks?' +
  '|weekends?|fortnights?|mos?|mths?|months?|quarters?|y|yrs?|years?|decades?|century|centuries)';
/** What follows is no part of the word: `2d-cheating`, and not `2dance`. */
const END = '(?![\\p{L}\\p{N}])';
/** `90min`, `1y`, `1.5h`, `1h30`, `7-day`, `1d,12h`, `2d-cheating`: a ban for good is not what was meant. */
const MEANT = new RegExp(`^(?:${NUMBER}[-–—]?${UNIT})+(?:${NUMBER})?${END}`, 'iu');
const BARE_NUMBER = new RegExp(`^${NUMBER}$`);
const UNIT_ALONE = new RegExp(`^${UNIT}${END}`, 'iu');

/**
 * Reads a duration: numbers with `m`, `h`, `d` or `w` in either case, joined (`1d12h`), or `perm`.
 *
 * @param word as typed; one that was quoted may have spaces in it.
 * @param next the word after it, which tells whether a bare number is meant as a duration (`7 days`).
 */
export function readDuration(word: string, next = ''): TypedDuration {
  if (PERMANENT.test(word)) return { kind: 'permanent' };
  if (DURATION.test(word)) return lasting(millisecondsOf(word));
  if (MEANT.test(word) || (BARE_NUMBER.test(word) && UNIT_ALONE.test(next))) return { kind: 'wrong' };
  const [first = '', second = ''] = word.trim().split(/\s+/);
  // Quoted together with the reason: `"2d cheating"`.
  if (first !== word && readDuration(first, second).kind !== 'none') return { kind: 'wrong' };
  return { kind: 'none' };
}

/** A span of milliseconds as a duration, if it can be one. */
export function lasting(ms: number): TypedDuration {
  return ms > 0 && ms <= LONGEST_DURATION_MS ? { kind: 'lasts', ms } : { kind: 'wrong' };
}

function millisecondsOf(word: string): number {
  let ms = 0;
  for (const [, count, unit = ''] of word.matchAll(PART)) {
    ms += Number(count) * (UNIT_MS.get(unit.toLowerCase()) ?? Number.NaN);
  }
  return ms;
}
