/** The disk under the key-value stores, and what can be wrong with it. One for all resources, as the database is. */
export class Disk {
  /** No room is left: the database refuses every put and delete, and the server ignores that it does. */
  isFull = false;
  /** How long a flush takes, in milliseconds; the thread that asks for it does nothing else meanwhile. */
  flushMs: number;
  /** How many flushes there have been: synced writes, and flushes of what was written without. */
  flushes = 0;
  readonly #corrupted = new Set<string>();
  #writes = 0;

  /** @param flushMs nothing at all by default: what a flush takes is then the host's affair. */
  constructor(flushMs = 0) {
    this.flushMs = flushMs;
  }

  /** Makes a record unreadable: it is still found, and every read of it throws, until it is written anew. */
  corrupt(resource: string, key: string): void {
    this.#corrupted.add(`${resource}:${key}`);
  }

  /** To be called by the stores: a record was written or deleted. */
  written(resource: string, key: string): void {
    this.#corrupted.delete(`${resource}:${key}`);
  }

  /** To be called by the stores. */
  isCorrupted(resource: string, key: string): boolean {
    return this.#corrupted.has(`${resource}:${key}`);
  }

  /** To be called by the stores: the place of a write in the order of all, whatever the resource. */
  nextWrite(): number {
    return ++this.#writes;
  }

  /** To be called by the stores: waits as the thread of a server waits for its disk. */
  flush(): void {
    this.flushes++;
    if (this.flushMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, this.flushMs);
  }
}
