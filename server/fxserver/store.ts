import type { KeyValueStore } from '../storage/kvp.ts';

/** The resource's key-value store in the server: RocksDB, one namespace per resource name. */
export const store: KeyValueStore = {
  get: (name) => GetResourceKvpString(name) ?? undefined,
  search(prefix) {
    const handle = StartFindKvp(prefix);
    // The server has 64 handles for all resources, and others forget to give theirs back.
    return handle === -1 ? undefined : found(handle);
  },
  put({ name, value }) {
    if (value === null) DeleteResourceKvpNoSync(name);
    else SetResourceKvpNoSync(name, value);
  },
  // What was put without sync is on disk from here on, and not before.
  flush: () => FlushResourceKvp(),
};

function* found(handle: number): Generator<string> {
  try {
    for (let name = FindKvp(handle); name; name = FindKvp(handle)) yield name;
  } finally {
    EndFindKvp(handle);
  }
}
