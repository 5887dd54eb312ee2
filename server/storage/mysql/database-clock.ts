import type { Clock } from '../../clock.ts';

/** A better answer is forgotten after so long, in milliseconds: clocks drift. */
const GOOD_FOR_MS = 60_000;

/** The one clock that all servers share, as it can be known here. */
export interface DatabaseClock {
  /** An answer says that it was `now` between two moments of our clock's `elapsed`. */
  heard(now: number, sentAt: number, answeredAt: number): void;
  /** Unix milliseconds of the database; undefined before the first answer. Does not follow what our wall clock does. */
  now(): number | undefined;
  /** What is to be added to our wall clock, as it is set now, to get the database's. */
  offset(): number | undefined;
}

export function createDatabaseClock(clock: Clock): DatabaseClock {
  /** The database's time when our `elapsed` was 0, by the answer that took the shortest time. */
  let best: { readonly base: number; readonly tookMs: number; readonly at: number } | undefined;
  const now = () => (best === undefined ? undefined : Math.round(best.base + clock.elapsed()));

  return {
    heard(time, sentAt, answeredAt) {
      const tookMs = answeredAt - sentAt;
      if (best && tookMs > best.tookMs && answeredAt - best.at < GOOD_FOR_MS) return;
      best = { base: time - (sentAt + tookMs / 2), tookMs, at: answeredAt };
    },
    now,
    offset() {
      const time = now();
      return time === undefined ? undefined : time - clock.now();
    },
  };
}
