/** How often a condition is looked at, and how long at most, in milliseconds. */
const EVERY_MS = 5;
const LONGEST_MS = 15_000;

/** Waits, in real time, until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const end = performance.now() + LONGEST_MS;
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
}
