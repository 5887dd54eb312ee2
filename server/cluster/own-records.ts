import type { Clock } from '../clock.ts';
import { readRecordTask } from '../records/record-task.ts';
import { inSlices } from '../slices.ts';
import { readActionRecord } from '../storage/action-record.ts';
import type { Change, Storage } from '../storage/storage.ts';

/** How the names begin of what a server keeps by itself, and takes along to a database and back. */
export const MOVED_PREFIXES = ['action:', 'key:', 'record:', 'mirror:', 'limit:'] as const;

const ASIDE = 'unreadable:';

/** Records in a group: each is a native call. */
const GROUP = 200;

export function isMoved(name: string): boolean {
  return MOVED_PREFIXES.some((prefix) => name.startsWith(prefix));
}

/** What the own store has of that; what cannot be read is left out. */
export async function readOwn(local: Pick<Storage, 'load'>): Promise<Map<string, string>> {
  const records = new Map<string, string>();
  for (const prefix of MOVED_PREFIXES) {
    await local.load(prefix, ({ name, value }) => {
      if (value !== undefined) records.set(name, value);
    });
  }
  return records;
}

/** What takes a record out of the own store; one that makes no sense is set aside for whoever wants to look at it. */
export function takenAway(name: string, value: string): readonly Change[] {
  const isUnreadable =
    (name.startsWith('action:') && !readActionRecord(value)) ||
    (name.startsWith('record:') && !readRecordTask(value));
  const gone = { name, value: null };
  return isUnreadable ? [{ name: ASIDE + name, value }, gone] : [gone];
}

/** Writes many records, in groups and in order. @returns false when the store did not keep them. */
export async function writeAll(
  storage: Pick<Storage, 'write'>,
  changes: readonly Change[],
  clock: Clock,
): Promise<boolean> {
  const groups: Change[][] = [];
  await inSlices(
    changes.keys(),
    clock,
    (at) => {
      if (at % GROUP === 0) groups.push(changes.slice(at, at + GROUP));
    },
    'at once',
  );
  for (const group of groups) if ((await storage.write(group)) !== 'written') return false;
  return true;
}
