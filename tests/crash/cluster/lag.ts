/** How often it is looked, in milliseconds. */
const EVERY_MS = 10;
/** Later than that is late. */
const LATE_MS = 10;

/** How late this process has come to what it had to do: by so much later it may have seen what happened. */
export interface Lag {
  /** The longest in the second before a moment, in milliseconds. */
  before(at: number): number;
  stop(): void;
}

export function watchLag(): Lag {
  const late: { at: number; ms: number }[] = [];
  let due = performance.now() + EVERY_MS;
  const timer = setInterval(() => {
    const ms = performance.now() - due;
    if (ms > LATE_MS) late.push({ at: Date.now(), ms });
    due = performance.now() + EVERY_MS;
  }, EVERY_MS);
  return {
    before: (at) =>
      Math.max(0, ...late.filter((one) => one.at >= at - 1_000 && one.at <= at + 1_000).map(({ ms }) => ms)),
    stop: () => clearInterval(timer),
  };
}
