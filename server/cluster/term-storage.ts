import type { Storage } from '../storage/storage.ts';

/** Storage that can be written to for the term of a lease alone. */
export interface TermStorage extends Storage {
  open(target: Storage): void;
  close(): void;
}

/** @param load reads what is stored, whoever writes. */
export function termStorage(load: Storage['load']): TermStorage {
  let target: Storage | undefined;
  return {
    load: (prefix, take) => (target ?? { load }).load(prefix, take),
    write: async (changes) => (target ? target.write(changes) : 'not the writer'),
    async soon(changes) {
      await target?.soon(changes);
    },
    flush: () => target?.flush() ?? true,
    open(opened) {
      target = opened;
    },
    close() {
      target = undefined;
    },
  };
}
