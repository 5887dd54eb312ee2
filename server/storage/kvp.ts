import { type Clock, sleep } from '../clock.ts';
import type { WriteResult } from '../moderation/ports.ts';
import { inSlices } from '../slices.ts';
import type { Change, Storage } from './storage.ts';

/** How long what may be lost waits for a write to go along with, in milliseconds. */
const SOON_MS = 1_000;
/** How soon what the store did not keep is tried again, and a search for which there was no handle, in milliseconds. */
const RETRY_MS = 1_000;
/**
 * Flushing holds up the thread on which everybody plays: after a flush that took so long, the disk is left alone for
 * so many times as long. What comes meanwhile goes in one group.
 */
const REST = 3;
const LONGEST_REST_MS = 250;
/** Most records in a group, unless one call has more: each is a native call. */
const GROUP = 200;

/** The server's own key-value store, as its natives offer it. */
export interface KeyValueStore {
  /** May throw: a record can be corrupted. */
  get(name: string): string | undefined;
  /** All names with a prefix; undefined when the store cannot be searched, for want of a handle. */
  search(prefix: string): Iterable<string> | undefined;
  /** On disk after the next flush, and not before. A full disk does not throw. */
  put(change: Change): void;
  flush(): void;
}

/** Something is wrong with the store, or right again. */
export type StoreTrouble = 'cannot be searched' | 'does not keep' | 'keeps again';

/** What it is made of. */
export interface KvpOptions {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly onTrouble: (trouble: StoreTrouble) => void;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly resolve: (result: WriteResult) => void;
}

/**
 * Storage in the server's key-value store. The server ignores the database's answer to a put, so the last record
 * that each group changes is read back.
 */
export function createKvpStorage({ store, clock, onTrouble }: KvpOptions): Storage {
  /** Calls of `write`, oldest first. */
  let waiting: Waiting[] = [];
  /** What may be lost, and what the store did not keep; by name, as it is to be. */
  const along = new Map<string, string | null>();
  /** Resolves when all of that is on disk: one for all, for there may be thousands. */
  let kept = Promise.withResolvers<void>();
  let isKeeping = true;
  let restUntil = 0;
  let cancel = () => {};
  let dueAt = Number.POSITIVE_INFINITY;

  function schedule(at: number): void {
    if (at >= dueAt) return;
    cancel();
    dueAt = at;
    const wait = Math.max(at, restUntil) - clock.elapsed();
    if (wait > 0) {
      cancel = clock.after(wait, run);
      return;
    }
    let isCancelled = false;
    cancel = () => {
      isCancelled = true;
    };
    // At the end of the turn, with all that happens in it.
    void clock.pause().then(() => isCancelled || run());
  }

  function run(): void {
    dueAt = Number.POSITIVE_INFINITY;
    cancel = () => {};
    writeGroup();
    if (waiting.length > 0) schedule(clock.elapsed());
    else if (along.size > 0) schedule(clock.elapsed() + (isKeeping ? SOON_MS : RETRY_MS));
  }

  function writeGroup(): void {
    const group = new Map<string, string | null>();
    let calls = 0;
    for (const { changes } of waiting) {
      if (calls > 0 && group.size + changes.length > GROUP) break;
      for (const { name, value } of changes) group.set(name, value);
      calls++;
    }
    const told = waiting.slice(0, calls);
    waiting = waiting.slice(calls);
    // What goes along is newer than what was asked for earlier, and must not be overtaken by it.
    if (waiting.length === 0) {
      for (const [name, value] of along) {
        if (group.size >= GROUP && !group.has(name)) continue;
        group.set(name, value);
        along.delete(name);
      }
    }
    if (group.size === 0) return;
    const isKept = put(group);
    if (isKept !== isKeeping) onTrouble(isKept ? 'keeps again' : 'does not keep');
    isKeeping = isKept;
    if (!isKept) comeAgain(group);
    if (along.size === 0 && waiting.length === 0) {
      kept.resolve();
      kept = Promise.withResolvers();
    }
    for (const { resolve } of told) resolve(isKept ? 'written' : 'not kept');
  }

  function comeAgain(group: ReadonlyMap<string, string | null>): void {
    const newer = new Set(waiting.flatMap(({ changes }) => changes.map(({ name }) => name)));
    for (const [name, value] of group) if (!newer.has(name) && !along.has(name)) along.set(name, value);
  }

  function put(group: ReadonlyMap<string, string | null>): boolean {
    const begin = clock.elapsed();
    // One that is there already as it is to be proves nothing.
    const [name, value] = [...group].findLast((change) => !isStored(...change)) ?? [];
    for (const [each, text] of group) store.put({ name: each, value: text });
    store.flush();
    const end = clock.elapsed();
    restUntil = end + Math.min((end - begin) * REST, LONGEST_REST_MS);
    return name === undefined || value === undefined || isStored(name, value);
  }

  function isStored(name: string, value: string | null): boolean {
    return (read(name) ?? null) === value;
  }

  function read(name: string): string | undefined {
    try {
      return store.get(name);
    } catch {
      return undefined;
    }
  }

  /** Waits for a handle, if there is none. */
  async function search(prefix: string): Promise<Iterable<string>> {
    onTrouble('cannot be searched');
    for (;;) {
      await sleep(clock, RETRY_MS);
      const names = store.search(prefix);
      if (names) return names;
    }
  }

  return {
    async load(prefix, take) {
      const names = store.search(prefix) ?? (await search(prefix));
      // What is little is read at once.
      await inSlices(names, clock, (name) => take({ name, value: read(name) }), 'at once');
    },
    write(changes) {
      if (changes.length === 0) return Promise.resolve('written');
      const { promise, resolve } = Promise.withResolvers<WriteResult>();
      for (const { name } of changes) along.delete(name);
      waiting.push({ changes, resolve });
      schedule(clock.elapsed());
      return promise;
    },
    soon(changes) {
      for (const { name, value } of changes) along.set(name, value);
      schedule(clock.elapsed() + SOON_MS);
      return kept.promise;
    },
    flush() {
      while (waiting.length > 0 || along.size > 0) {
        writeGroup();
        if (!isKeeping) return false;
      }
      return true;
    },
  };
}
