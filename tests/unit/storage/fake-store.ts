import type { KeyValueStore } from '../../../server/storage/kvp.ts';
import type { Change } from '../../../server/storage/storage.ts';

/** A server's key-value store as it is on a bad day. */
export interface FakeStore extends KeyValueStore {
  /** What would be there after a crash. */
  readonly disk: Map<string, string>;
  /** The groups that were flushed, oldest first. */
  readonly groups: (readonly Change[])[];
  /** Puts vanish without a word, as on a full disk. */
  isFull: boolean;
  /** Others hold all search handles. */
  isBusy: boolean;
  /** Reading these throws. */
  readonly corrupted: Set<string>;
  /** What was put and not flushed. */
  readonly unflushed: Change[];
  onFlush: () => void;
}

/** @param disk what an earlier process has left. */
export function createFakeStore(disk = new Map<string, string>()): FakeStore {
  const unflushed: Change[] = [];
  const store: FakeStore = {
    disk,
    groups: [],
    isFull: false,
    isBusy: false,
    corrupted: new Set(),
    unflushed,
    onFlush() {},
    get(name) {
      if (store.corrupted.has(name)) throw new Error('corrupted');
      const change = unflushed.findLast((one) => one.name === name);
      return change ? (change.value ?? undefined) : disk.get(name);
    },
    search(prefix) {
      return store.isBusy ? undefined : [...disk.keys()].filter((name) => name.startsWith(prefix));
    },
    put(change) {
      if (!store.isFull) unflushed.push(change);
    },
    flush() {
      store.onFlush();
      const group = unflushed.splice(0);
      apply(disk, group);
      store.groups.push(group);
    },
  };
  return store;
}

/** Writes changes where they belong. */
export function apply(disk: Map<string, string>, changes: readonly Change[]): void {
  for (const { name, value } of changes) {
    if (value === null) disk.delete(name);
    else disk.set(name, value);
  }
}
