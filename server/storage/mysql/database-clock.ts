import type { Clock } from '../../clock.ts';

/** By how much two clocks drift apart at the most, in milliseconds for each. */
const DRIFT = 0.000_1;
/** The database tells whole milliseconds: it may be almost one more. */
const WHOLE_MS = 1;

/** The one clock that all servers share, as it can be known here. */
export interface DatabaseClock {
  /** An answer says that it was `now` between two moments of our clock's `elapsed`. */
  heard(now: number, sentAt: number, answeredAt: number): void;
  /** Unix milliseconds of the database; undefined before the first answer. Does not follow what our wall clock does. */
  now(): number | undefined;
  /** What is to be added to our wall clock, as it is set now, to get the database's. */
  offset(): number | undefined;
}

/**
 * Each answer says between which two times the database's clock stood when our `elapsed` was 0. All of them together
 * say it better than the best of them: what comes late on the way there is bounded by what comes late on the way back.
 */
export function createDatabaseClock(clock: Clock): DatabaseClock {
  let known: { readonly from: number; readonly to: number; readonly at: number } | undefined;
  const now = () =>
    known === undefined ? undefined : Math.round((known.from + known.to) / 2 + clock.elapsed());

  return {
    heard(time, sentAt, answeredAt) {
      const from = time - answeredAt;
      const to = time + WHOLE_MS - sentAt;
      const drift = known ? (answeredAt - known.at) * DRIFT : 0;
      const both = known && {
        from: Math.max(from, known.from - drift),
        to: Math.min(to, known.to + drift),
      };
      // One of the clocks was set, or this one stood still.
      const isPossible = both !== undefined && both.from <= both.to;
      known = { ...(isPossible ? both : { from, to }), at: answeredAt };
    },
    now,
    offset() {
      const time = now();
      return time === undefined ? undefined : time - clock.now();
    },
  };
}
