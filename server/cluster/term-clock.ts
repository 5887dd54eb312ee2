import type { Clock } from '../clock.ts';

/** The clock of what ends before the process does: nothing goes off after that, and nothing is kept for it. */
export interface TermClock extends Clock {
  stop(): void;
}

/** @param now the wall clock that all servers share, in Unix milliseconds. */
export function termClock(clock: Clock, now: () => number): TermClock {
  let isStopped = false;
  const open = new Set<() => void>();
  return {
    now,
    elapsed: clock.elapsed,
    after(ms, callback) {
      if (isStopped) return () => {};
      const cancel = () => {
        open.delete(cancel);
        cancelTimer();
      };
      const cancelTimer = clock.after(ms, () => {
        open.delete(cancel);
        callback();
      });
      open.add(cancel);
      return cancel;
    },
    pause: clock.pause,
    stop() {
      isStopped = true;
      for (const cancel of [...open]) cancel();
    },
  };
}
