import { eventLoopTurn } from '../../devserver/clock.ts';

/**
 * How long a computation keeps our thread's processor, in milliseconds, at its best of three times. The clock on the
 * wall would count what other processes do meanwhile, the process what the collector does beside us, and the first
 * time what is compiled.
 */
export function cpuMs(run: () => void): number {
  const times = [1, 2, 3].map(() => {
    const passed = startCpuWatch();
    run();
    return passed();
  });
  return Math.min(...times);
}

/** The same for what takes turns; once. */
export async function cpuMsOf(run: () => Promise<unknown>): Promise<number> {
  const passed = startCpuWatch();
  await run();
  return passed();
}

/** Starts to count; the function says how long our thread has had the processor since, in milliseconds. */
export function startCpuWatch(): () => number {
  const before = process.threadCpuUsage();
  return () => {
    const { user, system } = process.threadCpuUsage(before);
    return (user + system) / 1_000;
  };
}

/** The longest turn until something is done, in milliseconds of our thread's processor. */
export async function longestTurnOf(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  let longest = 0;
  while (!isDone) longest = Math.max(longest, await cpuMsOf(eventLoopTurn));
  await done;
  return longest;
}

/**
 * The least of what several runs need, of any unit; the first one below a limit is the last one. What disturbs a run
 * (the collector, a cold cache, other processes) never makes it better, and on a busy machine it disturbs many.
 */
export async function leastOf(
  limit: number,
  run: () => number | Promise<number>,
  most = 10,
): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count < most && least >= limit; count++) least = Math.min(least, await run());
  return least;
}
