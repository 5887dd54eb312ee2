/** Time that counts only while something runs. */
export class Stopwatch {
  #counted = 0;
  /** Since when it runs; undefined while it stands still. */
  #since: number | undefined;

  /** @param now on the clock that never goes back, in milliseconds, as everywhere here. */
  set(isRunning: boolean, now: number): void {
    this.#counted = this.read(now);
    this.#since = isRunning ? now : undefined;
  }

  /** The time that has counted so far, in milliseconds. */
  read(now: number): number {
    return this.#counted + (this.#since === undefined ? 0 : now - this.#since);
  }
}
