import type { Clock } from '../clock.ts';

/** The clock of what ends before the process does: nothing goes off after that. */
export interface TermClock extends Clock {
  stop(): void;
}

/** @param offsetMs by how much the wall clock that all share is ahead of ours, in milliseconds. */
export function termClock(clock: Clock, offsetMs: () => number): TermClock {
  let isStopped = false;
  return {
    now: () => clock.now() + offsetMs(),
    elapsed: clock.elapsed,
    after: (ms, callback) => clock.after(ms, () => isStopped || callback()),
    pause: clock.pause,
    stop() {
      isStopped = true;
    },
  };
}
