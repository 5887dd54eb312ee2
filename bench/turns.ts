/** Takes the time of every turn of the event loop, in milliseconds, from now on. */
export function watchTurns(): { stop(): number[] } {
  const slices: number[] = [];
  let last = performance.now();
  let isOver = false;
  const turn = () => {
    const now = performance.now();
    slices.push(now - last);
    last = now;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  return {
    stop() {
      isOver = true;
      return slices;
    },
  };
}
