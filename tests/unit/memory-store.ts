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

  function put(changes: readonly StoreChange[]): void {
    for (const { key, value } of changes) {
      if (value === null) disk.delete(key);
      else disk.set(key, value);
    }
  }

  return {
    disk,
    writes,
    get: (key) => disk.get(key),
    keys: (prefix) => [...disk.keys()].filter((key) => key.startsWith(prefix)).sort(),
    write(changes) {
      if (isDead || changes.length === 0) return;
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
