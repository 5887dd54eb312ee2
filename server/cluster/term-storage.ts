import type { Storage } from '../storage/storage.ts';

/** Storage that can be written to for the term of a lease alone. */
export interface TermStorage extends Storage {
  open(target: Storage): void;
  isOpen(): boolean;
  close(): void;
}

/** @param load reads what is stored, whoever writes. */
export function termStorage(load: Storage['load']): TermStorage {
  let target: Storage | undefined;
  return {
    load: (prefix, take) => (target ?? { load }).load(prefix, take),
    write: async (changes) => (target ? target.write(changes) : 'not the writer'),
    async soon(changes) {
      if (target) await target.soon(changes);
      // What is never written is never on disk.
      else await new Promise<never>(() => {});
    },
    flush: () => target?.flush() ?? true,
    open(opened) {
      target = opened;
    },
    isOpen: () => target !== undefined,
    close() {
      target = undefined;
    },
  };
}
