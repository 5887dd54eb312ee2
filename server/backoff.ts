const FIRST_MS = 1_000;
const LONGEST_MS = 5 * 60 * 1_000;

/**
 * How long to wait before the next try: exponential with full jitter, between one second and five
 * minutes, and never shorter than the API asked for.
 *
 * @param attempts how many tries have failed, at least 1.
 * @param waitMs what the API asked for; null when it did not.
 * @param random a number from 0 (included) to 1 (excluded).
 */
export function backoff(attempts: number, waitMs: number | null, random: number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.max(FIRST_MS + random * (ceiling - FIRST_MS), waitMs ?? 0);
}
