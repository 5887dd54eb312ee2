import type { KeyValueStore, StoreChange } from '../../server/delivery/store.ts';

/** A key-value store in memory that counts its synced writes, and fails or dies when a test says so. */
export interface MemoryStore extends KeyValueStore {
  /** What is on disk. */
  readonly disk: Map<string, string>;
  /** All synced writes so far, oldest first; those without a change are none. */
  readonly writes: (readonly StoreChange[])[];
  /** The next writes fail, so many of them, and leave nothing on disk. */
  fail(times: number): void;
  /**
   * The process is killed in the middle of a write to come: of its changes only the first few reach the
   * disk, and nothing that is written afterwards.
   *
   * @param skip how many writes still succeed before it.
   */
  dieWriting(skip: number, reached: number, onDeath: () => void): void;
}

export class WriteFailure extends Error {
  override readonly name = 'WriteFailure';
}

/** @param disk what an earlier process has left. */
export function createMemoryStore(disk = new Map<string, string>()): MemoryStore {
  const writes: (readonly StoreChange[])[] = [];
  let failures = 0;
  let death: { skip: number; readonly reached: number; readonly onDeath: () => void } | undefined;
  let isDead = false;
  let staged: StoreChange[] = [];

  function put(changes: readonly StoreChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) disk.delete(key);
      else disk.set(key, value);
    }
  }

  return {
    disk,
    writes,
    get(key) {
      const change = staged.findLast((one) => one.key === key);
      return change ? (change.value ?? undefined) : disk.get(key);
    },
    keys(prefix) {
      const keys = new Set(disk.keys());
      for (const { key, value } of staged) {
        if (value === null) keys.delete(key);
        else keys.add(key);
      }
      return [...keys].filter((key) => key.startsWith(prefix)).sort();
    },
    stage(changes) {
      staged.push(...changes);
    },
    write(latest) {
      if (isDead || latest.length === 0) return;
      const changes = [...staged, ...latest];
      staged = [];
      if (failures > 0) {
        failures--;
        throw new WriteFailure('no space left on device');
      }
      if (death && death.skip-- === 0) {
        isDead = true;
        put(changes.slice(0, death.reached));
        death.onDeath();
        return;
      }
      put(changes);
      writes.push(changes);
    },
    fail(times) {
      failures = times;
    },
    dieWriting(skip, reached, onDeath) {
      death = { skip, reached, onDeath };
    },
  };
}
