/**
 * How long a computation keeps the processor, in milliseconds, at its best of three times. The clock on the wall
 * would count what other processes do meanwhile, and the first time what is compiled.
 */
export function cpuMs(run: () => void): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...times);
}

/** The same for what takes turns; once. */
export async function cpuMsOf(run: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}
