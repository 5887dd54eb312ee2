import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Limit, Limiter, type LimiterRecord, type Permit } from '../../../server/sonoran/limiter.ts';

const WALL = 1_700_000_000_000;
const HOUR = 3_600_000;
const THREE: Limit = { calls: 3, windowMs: 10_000 };

/** A limiter with a hand-set clock. */
function start(limit = THREE, record?: LimiterRecord, wall = WALL, share?: () => number) {
  let time = 50_000;
  const limiter = new Limiter(limit, share);
  if (record) limiter.restore(record, time, wall);
  const ask = () => limiter.tryTake(() => time);
  return {
    pass: (ms: number) => {
      time += ms;
    },
    ask,
    /** A permit, which must be to be had. */
    take(): Permit {
      const permit = ask();
      if (typeof permit === 'number') throw new Error(`no permit for ${permit} ms`);
      return permit;
    },
    record: () => limiter.record(time, wall + time - 50_000),
  };
}

describe('a limiter', () => {
  it('lets as many calls through as a window takes, and the next when a window is over', () => {
    const { ask, take, pass } = start();
    for (let number = 0; number < 3; number++) take().ended();
    expect(ask()).toBe(10_000);
    pass(9_999);
    expect(ask()).toBe(1);
    pass(1);
    take();
  });

  it('frees the places one by one, as they were taken', () => {
    const { ask, take, pass } = start();
    take().ended();
    pass(4_000);
    take().ended();
    take().ended();
    expect(ask()).toBe(6_000);
    pass(6_000);
    take().ended();
    expect(ask()).toBe(4_000);
  });

  it('counts a call from its start until a window after its end: nobody knows when it arrived', () => {
    const { ask, take, pass } = start();
    const permits = [take(), take(), take()];
    pass(60_000);
    expect(ask()).toBe(Number.POSITIVE_INFINITY);
    permits[1]?.ended();
    expect(ask()).toBe(10_000);
    pass(9_999);
    expect(ask()).toBe(1);
    pass(1);
    take();
  });

  it('does not count what never reached the other side', () => {
    const { ask, take } = start();
    for (let number = 0; number < 10; number++) take().unsent();
    for (let number = 0; number < 3; number++) take().ended();
    expect(ask()).toBe(10_000);
  });

  it.each([
    [2_000, 2_000],
    [1, 1],
    [null, 10_000],
    [HOUR, HOUR],
  ])('stops when it was refused, for %s ms that were asked for: %i', (asked, wait) => {
    const { ask, take, pass } = start();
    pass(500);
    take().limited(asked);
    expect(ask()).toBe(wait);
    pass(wait - 1);
    expect(ask()).toBe(1);
    pass(1);
    take();
  });

  it('is not set free by a shorter wait that came later', () => {
    const { ask, take } = start();
    const [one, other] = [take(), take()];
    one.limited(60_000);
    other.limited(1_000);
    expect(ask()).toBe(60_000);
  });

  /** How many calls go through at this moment. */
  function burst({ ask }: ReturnType<typeof start>): number {
    let calls = 0;
    for (let permit = ask(); typeof permit !== 'number'; permit = ask()) {
      permit.ended();
      calls++;
    }
    return calls;
  }

  it('takes less than it could after a refusal, and buys a call back with every clean window', () => {
    const limiter = start();
    limiter.take().limited(null);
    limiter.pass(10_000);
    expect(burst(limiter)).toBe(2);
    limiter.pass(10_000);
    expect(burst(limiter)).toBe(3);
    limiter.pass(10_000);
    expect(burst(limiter)).toBe(3);
  });

  it('never goes down to nothing, however often it is refused, and recovers whatever happened', () => {
    const limiter = start();
    for (let number = 0; number < 20; number++) {
      limiter.take().limited(0);
      limiter.pass(10_000);
    }
    expect(burst(limiter)).toBeGreaterThanOrEqual(1);
    limiter.pass(100_000);
    expect(burst(limiter)).toBe(3);
  });

  it('knows of calls and of a block after a restart', () => {
    const before = start();
    before.take().ended();
    before.pass(4_000);
    before.take().ended();
    before.take().ended();
    before.pass(1_000);
    const after = start(THREE, before.record(), WALL + 5_000);
    expect(after.ask()).toBe(5_000);
    const blocked = start();
    blocked.take().limited(60_000);
    expect(start(THREE, blocked.record(), WALL + 20_000).ask()).toBe(40_000);
  });

  it('is as free after a long time off as one that never worked', () => {
    const before = start();
    for (const permit of [before.take(), before.take(), before.take()]) permit.limited(null);
    const after = start(THREE, before.record(), WALL + HOUR);
    expect(burst(after)).toBeGreaterThanOrEqual(1);
    after.pass(60_000);
    expect(burst(after)).toBe(3);
  });

  it('takes calls that seem to lie in the future, by a clock that was set back, for just made', () => {
    const before = start();
    for (let number = 0; number < 3; number++) before.take().ended();
    expect(start(THREE, before.record(), WALL - 24 * HOUR).ask()).toBe(10_000);
  });

  it('is not blocked for longer than an hour by a clock that was set back', () => {
    const before = start();
    before.take().limited(60_000);
    expect(start(THREE, before.record(), WALL - 24 * HOUR).ask()).toBe(HOUR);
  });

  it('goes on with a smaller limit than the one it was recorded under', () => {
    const before = start();
    for (let number = 0; number < 3; number++) before.take().ended();
    const after = start({ calls: 1, windowMs: 10_000 }, before.record());
    expect(after.ask()).toBe(10_000);
    after.pass(10_000);
    after.take();
  });

  describe('where a refusal may be a block', () => {
    const blocking: Limit = { ...THREE, blocks: true };

    it('rests a minute after one that does not say for how long, then twice as long, up to an hour', () => {
      const { take, ask, pass } = start(blocking);
      const waits = [1, 2, 4, 8, 16, 32, 60, 60].map((minutes) => minutes * 60_000);
      for (const wait of waits) {
        expect(take().limited(null)).toBe(wait);
        pass(wait - 1);
        expect(ask()).toBe(1);
        pass(1);
      }
      take().ended();
      pass(10_000);
      expect(take().limited(null)).toBe(60_000);
    });

    it('obeys one that says for how long, and does not count it', () => {
      const { take, pass } = start(blocking);
      expect(take().limited(5_000)).toBe(5_000);
      pass(10_000);
      expect(take().limited(null)).toBe(60_000);
    });

    it('counts those that were under way together once', () => {
      const { take, ask, pass } = start(blocking);
      const [one, other] = [take(), take()];
      one.limited(null);
      other.limited(null);
      expect(ask()).toBe(60_000);
      pass(60_000);
      expect(take().limited(null)).toBe(120_000);
    });

    it('goes on counting after a restart', () => {
      const before = start(blocking);
      before.take().limited(null);
      before.pass(60_000);
      before.take().limited(null);
      before.pass(120_000);
      const after = start(blocking, before.record(), WALL + 180_000);
      expect(after.take().limited(null)).toBe(240_000);
    });
  });

  it('leaves the share of others, as it is at the moment', () => {
    let share = 0.5;
    const limiter = start({ calls: 27, windowMs: 60_000 }, undefined, WALL, () => share);
    expect(burst(limiter)).toBe(13);
    share = 1;
    expect(burst(limiter)).toBe(14);
    share = 0.5;
    limiter.pass(59_999);
    expect(limiter.ask()).toBe(1);
    limiter.pass(1);
    expect(burst(limiter)).toBe(13);
  });

  it('never goes down to nothing by a share either', () => {
    expect(burst(start({ calls: 1, windowMs: 1_000 }, undefined, WALL, () => 0.5))).toBe(1);
  });

  it('keeps no more than it needs', () => {
    const limiter = start();
    for (let number = 0; number < 1_000; number++) {
      limiter.take().ended();
      limiter.pass(5_000);
    }
    expect(limiter.record().calls.length).toBeLessThanOrEqual(3);
  });
});

/** One call: how long after the permit before it is asked for, when it arrives, and when its answer is back. */
interface Timing {
  readonly gap: number;
  readonly way: number;
  readonly back: number;
  /** Whether the process is killed and started anew before it is asked for; how long that takes. */
  readonly restart: number | null;
}

const limit: fc.Arbitrary<Limit> = fc.record({
  calls: fc.integer({ min: 1, max: 12 }),
  windowMs: fc.integer({ min: 1, max: 60_000 }),
});

function timing(restarts: boolean): fc.Arbitrary<Timing> {
  const ms = fc.oneof(fc.constant(0), fc.nat({ max: 20 }), fc.nat({ max: 15_000 }));
  return fc.record({
    gap: ms,
    way: ms,
    back: ms,
    restart: restarts ? fc.option(fc.nat({ max: 20_000 }), { freq: 8 }) : fc.constant(null),
  });
}

/** Makes the calls as early as the limiter lets them; returns when they arrived, and when the last permit was given. */
function drive(bounds: Limit, timings: readonly Timing[]) {
  let time = 0;
  let limiter = new Limiter(bounds);
  let open: { at: number; permit: Permit }[] = [];
  let saved: LimiterRecord = { calls: [], running: 0, blockedUntil: 0 };
  const arrivals: number[] = [];
  const passTo = (moment: number) => {
    open.sort((one, other) => one.at - other.at);
    while (open[0] !== undefined && open[0].at <= moment) {
      time = Math.max(time, open[0].at);
      open.shift()?.permit.ended();
    }
    time = Math.max(time, moment);
  };
  for (const { gap, way, back, restart } of timings) {
    passTo(time + gap);
    if (restart !== null) {
      // The process dies with its calls; those that have not arrived do so in this moment, on a wire that is still up.
      for (const [index, at] of arrivals.entries()) if (at > time) arrivals[index] = time;
      open = [];
      time += restart;
      limiter = new Limiter(bounds);
      limiter.restore(saved, time, WALL + time);
    }
    let permit = limiter.tryTake(() => time);
    while (typeof permit === 'number') {
      const first = Math.min(...open.map(({ at }) => at), time + permit);
      passTo(first);
      permit = limiter.tryTake(() => time);
    }
    // As a rate limit does: on disk before the call goes out.
    saved = limiter.record(time, WALL + time);
    arrivals.push(time + way);
    open.push({ at: time + way + back, permit });
  }
  return { arrivals: arrivals.sort((a, b) => a - b), time };
}

/** No window of the length, wherever it begins, has more calls in it than the limit. */
function expectWithin({ calls, windowMs }: Limit, arrivals: readonly number[]): void {
  for (const [index, first] of arrivals.entries()) {
    const next = arrivals[index + calls];
    if (next !== undefined) expect(next - first).toBeGreaterThanOrEqual(windowMs);
  }
}

describe('any calls, whatever their delays', () => {
  const timings = (restarts: boolean) => fc.array(timing(restarts), { minLength: 1, maxLength: 60 });

  it('stay within a strict sliding window', () => {
    fc.assert(
      fc.property(limit, timings(false), (bounds, calls) => {
        expectWithin(bounds, drive(bounds, calls).arrivals);
      }),
      { numRuns: 500 },
    );
  });

  it('stay within it also when the process is killed in between', () => {
    fc.assert(
      fc.property(limit, timings(true), (bounds, calls) => {
        expectWithin(bounds, drive(bounds, calls).arrivals);
      }),
      { numRuns: 500 },
    );
  });

  it('go out as fast as the limit allows when they take no time', () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 100 }), (bounds, count) => {
        const at = { gap: 0, way: 0, back: 0, restart: null };
        const { time } = drive(
          bounds,
          Array.from({ length: count }, () => at),
        );
        expect(time).toBe(Math.floor((count - 1) / bounds.calls) * bounds.windowMs);
      }),
    );
  });
});

describe('a limiter that learns', () => {
  it('goes on calling, and ever more carefully, where the true limit is lower than documented', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 10 }), fc.integer({ min: 1, max: 10 }), (calls, cut) => {
        const truth = Math.max(1, calls - cut);
        const limiter = new Limiter({ calls, windowMs: 10_000 });
        let time = 0;
        const served: number[] = [];
        let refused = 0;
        while (time < HOUR) {
          const permit = limiter.tryTake(() => time);
          if (typeof permit === 'number') {
            expect(Number.isFinite(permit)).toBe(true);
            time += Math.max(permit, 1);
            continue;
          }
          if (served.filter((at) => at > time - 10_000).length >= truth) {
            refused++;
            permit.limited(null);
          } else {
            served.push(time);
            permit.ended();
          }
        }
        // At least a call in two windows, and fewer refusals than calls.
        expect(served.length).toBeGreaterThan(HOUR / 20_000 - 1);
        expect(refused).toBeLessThan(served.length);
      }),
      { numRuns: 30 },
    );
  });
});
