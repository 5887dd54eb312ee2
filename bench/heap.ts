/** What is in use once everything that is over has been collected, in bytes. */
export async function heapUsed(): Promise<number> {
  if (!globalThis.gc) throw new Error('run with --expose-gc');
  for (let round = 0; round < 3; round++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** The same, and what is in use off the heap, such as array buffers. */
export async function memoryUsed(): Promise<number> {
  const heap = await heapUsed();
  return heap + process.memoryUsage().external;
}
