import './fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoff } from '../../server/backoff.ts';

const ALMOST_ONE = 1 - Number.EPSILON;
const random = fc.double({ min: 0, max: ALMOST_ONE, noNaN: true });

describe('the wait before the next try', () => {
  it.each([
    [1, 0, 1_000],
    [1, 0.5, 1_500],
    [2, 0.5, 2_500],
    [3, 0.5, 4_500],
    [8, 0.5, 128_500],
    [9, 0.5, 150_500],
    [50, 0.5, 150_500],
    [1_000_000, 0, 1_000],
  ])('after %i tries with luck %d is %i ms', (attempts, luck, expected) => {
    expect(backoff(attempts, null, luck)).toBe(expected);
  });

  it('is from one second to five minutes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), random, (attempts, luck) => {
        const wait = backoff(attempts, null, luck);
        expect(wait).toBeGreaterThanOrEqual(1_000);
        expect(wait).toBeLessThanOrEqual(300_000);
      }),
    );
  });

  it('grows with the tries and with bad luck', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), random, random, (attempts, luck, other) => {
        expect(backoff(attempts + 1, null, luck)).toBeGreaterThanOrEqual(backoff(attempts, null, luck));
        const [less, more] = luck < other ? [luck, other] : [other, luck];
        expect(backoff(attempts, null, more)).toBeGreaterThanOrEqual(backoff(attempts, null, less));
      }),
    );
  });

  it('is never shorter than what was asked for, and not made longer by a shorter wish', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.nat({ max: 3_600_000 }),
        random,
        (attempts, asked, luck) => {
          expect(backoff(attempts, asked, luck)).toBe(Math.max(asked, backoff(attempts, null, luck)));
        },
      ),
    );
  });
});
