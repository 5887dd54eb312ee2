import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDatabaseClock } from '../../../server/storage/mysql/database-clock.ts';
import { createManualClock } from '../manual-clock.ts';

function start() {
  const clock = createManualClock(1_000_000);
  const time = createDatabaseClock(clock);
  /** An answer of a database that is so far ahead of us. */
  const ask = (ahead: number, wayThere: number, wayBack: number) => {
    const sentAt = clock.elapsed();
    clock.pass(wayThere);
    const now = clock.now() + ahead;
    clock.pass(wayBack);
    time.heard(now, sentAt, clock.elapsed());
  };
  return { clock, time, ask };
}

describe("the database's clock, seen from here", () => {
  it('is not known before the first answer', () => {
    const { time } = start();
    expect(time.now()).toBeUndefined();
    expect(time.offset()).toBeUndefined();
  });

  it('is known as well as the way is short, there on one question and back on another', () => {
    const { time, ask } = start();
    ask(500, 400, 0);
    expect(time.offset()).toBeCloseTo(700, -1);
    ask(500, 0, 300);
    expect(time.offset()).toBeOneOf([500, 501]);
    ask(500, 70, 90);
    expect(time.offset()).toBeOneOf([500, 501]);
  });

  it('is never further off than half the shortest way there and back', () => {
    const ways = fc.array(fc.tuple(fc.nat(300), fc.nat(300)), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(ways, (all) => {
        const { time, ask } = start();
        for (const [there, back] of all) ask(500, there, back);
        const shortest = Math.min(...all.map(([there, back]) => there + back));
        expect(Math.abs((time.offset() ?? Number.NaN) - 500)).toBeLessThanOrEqual(shortest / 2 + 1);
      }),
    );
  });

  it('is followed when one of the clocks drifts, or is set', () => {
    const { time, ask, clock } = start();
    ask(500, 1, 1);
    for (let minutes = 1; minutes <= 60; minutes++) {
      clock.pass(60_000);
      ask(500 + minutes, 1, 1);
    }
    expect(Math.abs((time.offset() ?? 0) - 560)).toBeLessThan(8);
    ask(-7_000, 1, 1);
    expect(time.offset()).toBeOneOf([-7_000, -6_999]);
  });

  it('goes on when our clock is set', () => {
    const { time, ask, clock } = start();
    ask(500, 0, 0);
    clock.setWall(9_000_000);
    clock.pass(1_000);
    expect(time.now()).toBeOneOf([1_001_500, 1_001_501]);
    expect(time.offset()).toBeOneOf([1_001_500 - 9_001_000, 1_001_501 - 9_001_000]);
  });
});
