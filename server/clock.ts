/** Time, as it is handed to everything that needs it. */
export interface Clock {
  /** Unix milliseconds. The wall clock of a server jumps, forward and back, when it is set. */
  now(): number;
  /** Milliseconds since some fixed moment; never goes back. For waiting. */
  elapsed(): number;
  /** Runs a callback once, after `ms` milliseconds. Returns what calls it off. */
  after(ms: number, callback: () => void): () => void;
  /** Lets everything else that is ready have its turn. */
  pause(): Promise<void>;
}

/** Resolves after `ms` milliseconds. */
export function sleep(clock: Clock, ms: number): Promise<void> {
  return new Promise((resolve) => clock.after(ms, resolve));
}
