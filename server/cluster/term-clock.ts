import type { Clock } from '../clock.ts';

/** The clock of what ends before the process does: nothing goes off after that. */
export interface TermClock extends Clock {
  stop(): void;
}

/** @param now the wall clock that all servers share, in Unix milliseconds. */
export function termClock(clock: Clock, now: () => number): TermClock {
  let isStopped = false;
  return {
    now,
    elapsed: clock.elapsed,
    after: (ms, callback) => clock.after(ms, () => isStopped || callback()),
    pause: clock.pause,
    stop() {
      isStopped = true;
    },
  };
}
