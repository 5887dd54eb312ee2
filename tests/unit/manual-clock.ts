import type { Clock } from '../../server/clock.ts';

/** A clock that stands still until a test moves it, and whose wall can be set apart from its passing. */
export interface ManualClock extends Clock {
  /** Lets time pass: timers run in their order, and what they start is seen through before the next. */
  advance(ms: number): Promise<void>;
  /** Lets time pass in the middle of something: no timer runs. */
  pass(ms: number): void;
  /** Sets the wall clock, as an administrator does; no time passes. */
  setWall(now: number): void;
  /** How many timers are set. */
  timers(): number;
}

/** The next turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** Lets everything run that waits for promises, and for its turn, alone. */
export async function settle(): Promise<void> {
  // What begins in this turn may wait for the next, and go on in that.
  await turn();
  await turn();
}

export function createManualClock(startAt = 1_700_000_000_000): ManualClock {
  let wall = startAt;
  let elapsed = 5_000;
  const timers = new Set<{ at: number; callback: () => void }>();

  function pass(ms: number): void {
    wall += ms;
    elapsed += ms;
  }

  return {
    now: () => wall,
    elapsed: () => elapsed,
    after(ms, callback) {
      const timer = { at: elapsed + ms, callback };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async advance(ms) {
      const end = elapsed + ms;
      await settle();
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        pass(Math.max(next.at - elapsed, 0));
        next.callback();
        await settle();
      }
      pass(end - elapsed);
    },
    pass,
    pause: turn,
    setWall(now) {
      wall = now;
    },
    timers: () => timers.size,
  };
}
