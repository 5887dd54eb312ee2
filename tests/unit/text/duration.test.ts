import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_DURATION_MS, lasting, readDuration } from '../../../server/text/duration.ts';
import { anyText } from '../identity/arbitraries.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

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
