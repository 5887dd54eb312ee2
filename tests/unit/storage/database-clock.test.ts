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

  it('is known as well as the way is short', () => {
    const { time, ask } = start();
    ask(500, 400, 0);
    expect(time.offset()).toBe(700);
    ask(500, 2, 2);
    expect(time.offset()).toBe(500);
    ask(500, 0, 300);
    expect(time.offset()).toBe(500);
  });

  it('is asked anew after a minute', () => {
    const { time, ask, clock } = start();
    ask(500, 1, 1);
    clock.pass(59_000);
    ask(510, 2, 2);
    expect(time.offset()).toBe(500);
    clock.pass(2_000);
    ask(510, 2, 2);
    expect(time.offset()).toBe(510);
  });

  it('goes on when our clock is set', () => {
    const { time, ask, clock } = start();
    ask(500, 0, 0);
    clock.setWall(9_000_000);
    clock.pass(1_000);
    expect(time.now()).toBe(1_001_500);
    expect(time.offset()).toBe(1_001_500 - 9_001_000);
  });
});
