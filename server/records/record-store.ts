import type { WriteResult } from '../moderation/ports.ts';
import type { Storage, StoredRecord } from '../storage/storage.ts';
import { type RecordTask, readRecordTask, writeRecordTask } from './record-task.ts';

const PREFIX = 'record:';
/** Where goes what cannot be read: kept for whoever wants to look at it, out of everybody's way. */
const ASIDE = 'unreadable:';

/** Where tasks are kept, across restarts. */
export interface RecordStore {
  /** @returns the tasks, the oldest first, and the names of what could not be read; that was set aside. */
  load(): Promise<{ readonly tasks: readonly RecordTask[]; readonly setAside: readonly string[] }>;
  /** `written` once it is on disk. */
  save(task: RecordTask): Promise<WriteResult>;
  /** The same for what may be lost. */
  saveSoon(task: RecordTask): void;
  remove(id: string): void;
}

export function createRecordStore(storage: Storage): RecordStore {
  const change = (task: RecordTask) => ({ name: PREFIX + task.id, value: writeRecordTask(task) });
  return {
    async load() {
      const tasks: RecordTask[] = [];
      const unreadable: StoredRecord[] = [];
      await storage.load(PREFIX, (record) => {
        const task = readRecordTask(record.value);
        if (task && record.name === PREFIX + task.id) tasks.push(task);
        else unreadable.push(record);
      });
      // Only now: the store is not to be changed while it is searched.
      void storage.soon(
        unreadable.flatMap(({ name, value }) => [
          { name: ASIDE + name, value: value ?? '' },
          { name, value: null },
        ]),
      );
      tasks.sort((one, other) => one.at - other.at);
      return { tasks, setAside: unreadable.map(({ name }) => name) };
    },
    save: (task) => storage.write([change(task)]),
    saveSoon: (task) => void storage.soon([change(task)]),
    remove: (id) => void storage.soon([{ name: PREFIX + id, value: null }]),
  };
}
