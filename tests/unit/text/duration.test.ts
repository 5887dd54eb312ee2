import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_DURATION_MS, lasting, readDuration } from '../../../server/text/duration.ts';
import { anyText } from '../identity/arbitraries.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Every word for a unit of time that is known, and what begins with none of them. */
const UNITS_KNOWN = new Set([
  ...['s', 'sec', 'secs', 'second', 'seconds', 'm', 'min', 'mins', 'minute', 'minutes', 'ms'],
  ...['millisecond', 'milliseconds', 'msec', 'msecs', 'h', 'hr', 'hrs', 'hour', 'hours', 'd', 'day', 'days'],
  ...['night', 'nights', 'w', 'wk', 'wks', 'week', 'weeks', 'weekend', 'weekends', 'fortnight', 'fortnights'],
  ...['mo', 'mos', 'mth', 'mths', 'month', 'months', 'quarter', 'quarters', 'y', 'yr', 'yrs', 'year'],
  ...['years', 'decade', 'decades', 'century', 'centuries'],
]);

describe('a duration', () => {
  it.each<[string, number]>([
    ['30m', 30 * MINUTE],
    ['12h', 12 * HOUR],
    ['3d', 3 * DAY],
    ['2w', 14 * DAY],
    ['2W', 14 * DAY],
    ['1d12h', 36 * HOUR],
    ['1D12H30M', 36 * HOUR + 30 * MINUTE],
    ['12h1d', 36 * HOUR],
    ['007d', 7 * DAY],
    ['1d0h', DAY],
    ['3650d', LONGEST_DURATION_MS],
  ])('%s', (word, ms) => {
    expect(readDuration(word)).toEqual({ kind: 'lasts', ms });
  });

  it.each(['perm', 'PERM', 'Perm'])('%s is for good', (word) => {
    expect(readDuration(word)).toEqual({ kind: 'permanent' });
  });

  it.each([
    ...['90min', '1mo', '30sec', '1y', '1yr', '2years', '5s', '1hr', '7days', '2hours', '3weeks', '1month'],
    ...['0m', '0d0h', '3651d', '522w', '99999999999999999999d', `${'9'.repeat(400)}w`],
    ...['1.5h', '1,5h', '-1d', '+1d', '1h30', '2d,', '2d.', '1d-2d', '2 days', '2d cheating', '7 days off'],
    ...['1d,12h', '2d-cheating', '7-day', '7-Day', '7-day-ban', '7–day', '1h30-rude', '2d/rude', '12-hour'],
    ...['1fortnight', '2fortnights', '1decade', '1century', '2centuries', '500ms', '1quarter', '2nights'],
    ...['7-day ban', '1d, 12h'],
  ])('%s is meant as one, and is none', (word) => {
    expect(readDuration(word)).toEqual({ kind: 'wrong' });
  });

  it.each([
    ['7', 'days'],
    ['2', 'years'],
    ['2', 'YEARS'],
    ['30', 'sec'],
    ['5', 'm'],
    ['1', 'd'],
    ['1.5', 'hours'],
    ['7', 'days,'],
    ['7', 'day-ban'],
    ['7', 'days,cheating'],
    ['1', 'fortnight'],
  ])('%s %s is meant as one, and is none', (word, next) => {
    expect(readDuration(word, next)).toEqual({ kind: 'wrong' });
  });

  it.each([
    ['3', 'warnings'],
    ['1v1', 'me'],
    ['3', ''],
    ['2nd', 'time'],
    ['1st', 'day'],
    ['3rd', 'warning'],
    ['24/7', 'spam'],
    ['permanently', 'rude'],
    ['d', ''],
    ['m4', ''],
    ['days', 'long'],
    ['10x', ''],
    ['911', 'prank'],
    ['911-prank', ''],
    ['4chan', 'words'],
    ['2fast', ''],
    ['2fast4u', ''],
    ['9mm', 'glitch'],
    ['3-strike', 'rule'],
    ['2-man', 'raid'],
    ['50/50', ''],
    ['3', 'mistakes'],
    ['3', 'warnings,'],
    ['2', 'dayz'],
    ['2dé', ''],
    ['3 warnings', ''],
    ['rude', '2d'],
    ['', ''],
  ])('"%s %s" is a reason', (word, next) => {
    expect(readDuration(word, next)).toEqual({ kind: 'none' });
  });

  const UNITS = { m: MINUTE, h: HOUR, d: DAY, w: 7 * DAY };
  const part = fc.record({
    count: fc.nat(20_000_000),
    unit: fc.constantFrom('m', 'h', 'd', 'w'),
    isUpper: fc.boolean(),
  });

  it('is the sum of its parts, more than nothing, and ten years at most', () => {
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), anyText, (parts, next) => {
        const word = parts
          .map(({ count, unit, isUpper }) => `${count}${isUpper ? unit.toUpperCase() : unit}`)
          .join('');
        const ms = parts.reduce((sum, { count, unit }) => sum + count * UNITS[unit as 'm'], 0);
        const isOne = ms > 0 && ms <= LONGEST_DURATION_MS;
        expect(readDuration(word, next)).toEqual(isOne ? { kind: 'lasts', ms } : { kind: 'wrong' });
      }),
    );
  });

  it('with anything but a letter or a digit after it is not taken for a reason', () => {
    const after = fc.string({ minLength: 1 }).filter((text) => /^[^\p{L}\p{N}\s]/u.test(text));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), after, (parts, rest) => {
        const word = parts.map(({ count, unit }) => `${count}${unit}`).join('');
        expect(readDuration(`${word}${rest}`)).toEqual({ kind: 'wrong' });
      }),
    );
  });

  it('is no number with letters after it that are no unit of time', () => {
    const letters = fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => !UNITS_KNOWN.has(text));
    fc.assert(
      fc.property(fc.nat(), letters, anyText, (count, text, next) => {
        expect(readDuration(`${count}${text}`, next)).toEqual({ kind: 'none' });
      }),
    );
  });

  it('is read from any text without a fault, and never as long as nothing, or for ever', () => {
    fc.assert(
      fc.property(anyText, anyText, (word, next) => {
        const read = readDuration(word, next);
        if (read.kind === 'lasts') {
          expect(read.ms).toBeGreaterThan(0);
          expect(read.ms).toBeLessThanOrEqual(LONGEST_DURATION_MS);
        }
        // A word without a digit never is one.
        if (!/[0-9]/.test(word) && word.toLowerCase() !== 'perm') expect(read.kind).toBe('none');
      }),
    );
  });

  it('takes no long time on a long word', () => {
    const before = performance.now();
    readDuration(`${'1'.repeat(50_000)}x`);
    readDuration(`${'1d'.repeat(50_000)}x`, '1'.repeat(50_000));
    readDuration('1 '.repeat(20_000));
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('of a number that is none is wrong', () => {
    for (const ms of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, LONGEST_DURATION_MS + 1]) {
      expect(lasting(ms)).toEqual({ kind: 'wrong' });
    }
  });
});
