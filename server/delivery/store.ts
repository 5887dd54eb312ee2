/** One change of the store. A null value deletes the key. */
export interface StoreChange {
  readonly key: string;
  readonly value: string | null;
}

/** The resource's key-value store, as far as deliveries need it. */
export interface KeyValueStore {
  get(key: string): string | undefined;
  /** All keys that begin with a prefix, in no order. */
  keys(prefix: string): Iterable<string>;
  /** Writes all changes; they are on disk when it returns. One synced write, however many they are. */
  write(changes: readonly StoreChange[]): void;
  /** Changes that go to disk with the next write, before it, and not earlier: after a crash both are there, or none. */
  stage(changes: readonly StoreChange[]): void;
}
