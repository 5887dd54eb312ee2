import type { KeyValueStore, StoreChange } from '../delivery/store.ts';

/** The resource's key-value store in the server: RocksDB, one namespace per resource name. */
export const store: KeyValueStore = {
  get: (key) => GetResourceKvpString(key) ?? undefined,
  *keys(prefix) {
    const search = StartFindKvp(prefix);
    // -1: the store could not be searched.
    if (search === -1) return;
    try {
      for (let key = FindKvp(search); key; key = FindKvp(search)) yield key;
    } finally {
      EndFindKvp(search);
    }
  },
  stage,
  write(changes) {
    stage(changes);
    // What was written without sync is on disk from here on, and not before.
    if (changes.length > 0) FlushResourceKvp();
  },
};

function stage(changes: readonly StoreChange[]): void {
  for (const { key, value } of changes) {
    if (value === null) DeleteResourceKvpNoSync(key);
    else SetResourceKvpNoSync(key, value);
  }
}
