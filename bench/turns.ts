/**
 * Takes the time of every turn of the event loop, in milliseconds, from now on.
 *
 * @param by `processor`: never more than the processor did, for other processes' turns are not ours. `wall`: also what
 *   the thread stood still for, such as a disk.
 */
export function watchTurns(by: 'processor' | 'wall' = 'processor'): { stop(): number[] } {
  const slices: number[] = [];
  let last = performance.now();
  let cpu = process.cpuUsage();
  let isOver = false;
  function note(): void {
    const now = performance.now();
    const { user, system } = process.cpuUsage(cpu);
    slices.push(by === 'wall' ? now - last : Math.min(now - last, (user + system) / 1_000));
    cpu = process.cpuUsage();
    last = now;
  }
  const turn = () => {
    // What comes after the end is not ours.
    if (isOver) return;
    note();
    setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      note();
      isOver = true;
      return slices;
    },
  };
}

/** The longest of them; there may be too many for `Math.max`. */
export function longestOf(slices: readonly number[]): number {
  return slices.reduce((longest, slice) => Math.max(longest, slice), 0);
}
