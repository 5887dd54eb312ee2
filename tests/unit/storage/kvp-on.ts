import type { Clock } from '../../../server/clock.ts';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import type { Storage } from '../../../server/storage/storage.ts';
import { createFakeStore, type FakeStore } from './fake-store.ts';

/** Storage as it is on a server, and the store under it. @param disk what an earlier process has left. */
export function kvpOn(
  clock: Clock,
  disk: Map<string, string> = new Map(),
): { readonly storage: Storage; readonly store: FakeStore } {
  const store = createFakeStore(disk);
  return { store, storage: createKvpStorage({ store, clock, onTrouble() {} }) };
}
