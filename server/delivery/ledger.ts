import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Action, CODES, isSettled, keysOf } from '../moderation/action.ts';
import { verdictOf } from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import { inSlices } from '../slices.ts';
import { readActionRecord, writeActionRecord } from './action-record.ts';
import type { KeyValueStore, StoreChange } from './store.ts';

const PREFIX = 'action:';
/** For decisions whose action the history has forgotten: that they were carried out. */
const KEY_PREFIX = 'key:';
/** How many of those are kept, the latest. */
const KEYS_KEPT = 10_000;
/** Where a record goes that cannot be read: kept for whoever wants to look at it, out of everybody's way. */
const ASIDE = 'unreadable:';

const KeyRecord = v.object({
  version: v.literal(1),
  id: v.string(),
  sequence: v.pipe(v.number(), v.safeInteger()),
  status: v.picklist(['delivered', 'queued', 'refused']),
  code: v.picklist(CODES),
});
type KeyRecord = v.InferOutput<typeof KeyRecord>;

/** What a ledger is made of. */
export interface LedgerOptions {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  /** How many settled actions are kept. */
  readonly historyLimit: number;
}

/** The ledger, and what only its start needs. */
export interface StoredLedger extends Ledger {
  /**
   * Reads what is stored, in slices. To be awaited before anything else is asked of the ledger.
   *
   * @returns the keys of records that could not be read; they were set aside.
   */
  load(): Promise<{ readonly setAside: readonly string[] }>;
  /** Writes what is waiting to be written. */
  flush(): void;
}

/** Keeps actions in the key-value store: all that are on their way, and the latest that are settled. */
export function createLedger({ store, clock, historyLimit }: LedgerOptions): StoredLedger {
  const pending = new Map<string, Action>();
  /** In the order in which they settled. */
  const settled = new Map<string, Action>();
  /** Temporary bans whose end is still to come. */
  const expiring = new Map<string, Action>();
  const idByKey = new Map<string, string>();
  const endedByKey = new Map<string, KeyRecord>();
  let lastSequence = 0;

  let unwritten: StoreChange[] = [];
  /** Those who wait until what is unwritten is on disk. */
  let waiting: Array<PromiseWithResolvers<void>> = [];

  const byId = (id: string) => pending.get(id) ?? settled.get(id);

  function remember(action: Action): void {
    if (action.key !== null) idByKey.set(action.key, action.id);
    lastSequence = Math.max(lastSequence, action.sequence);
    if (action.isExpiryPending) expiring.set(action.id, action);
    else expiring.delete(action.id);
    if (isSettled(action)) {
      pending.delete(action.id);
      settled.set(action.id, action);
    } else {
      pending.set(action.id, action);
    }
  }

  /**
   * A temporary ban is kept until it has ended, however long the history has become since, and so is
   * what else was decided about that person: it says what is to be lifted then.
   */
  function forgetOldest(): void {
    let surplus = settled.size - historyLimit;
    if (surplus <= 0) return;
    const kept = new Set([...expiring.values()].flatMap(({ person }) => keysOf(person)));
    for (const action of settled.values()) {
      if (surplus-- <= 0) return;
      if (keysOf(action.person).some((key) => kept.has(key))) continue;
      settled.delete(action.id);
      unwritten.push({ key: PREFIX + action.id, value: null });
      if (action.key !== null) keepKey(action, action.key);
    }
  }

  /** The history forgets an action; that it was carried out must be known for longer. */
  function keepKey(action: Action, key: string): void {
    idByKey.delete(key);
    const ended: KeyRecord = { version: 1, id: action.id, sequence: action.sequence, ...verdictOf(action) };
    endedByKey.set(key, ended);
    unwritten.push({ key: KEY_PREFIX + key, value: JSON.stringify(ended) });
    for (const oldest of endedByKey.keys()) {
      if (endedByKey.size <= KEYS_KEPT) return;
      endedByKey.delete(oldest);
      unwritten.push({ key: KEY_PREFIX + oldest, value: null });
    }
  }

  function note(action: Action): void {
    remember(action);
    unwritten.push({ key: PREFIX + action.id, value: writeActionRecord(action) });
    forgetOldest();
  }

  /** A decision that could not be kept was not accepted: it must not come back later. */
  function forget({ id, key }: Action): void {
    pending.delete(id);
    settled.delete(id);
    expiring.delete(id);
    if (key !== null) idByKey.delete(key);
    unwritten = unwritten.filter((change) => change.key !== PREFIX + id);
  }

  async function writeSoon(): Promise<void> {
    await clock.pause();
    try {
      flush();
    } catch {
      // Whoever waits for it has been told.
    }
  }

  function flush(): void {
    const changes = unwritten;
    const told = waiting;
    unwritten = [];
    waiting = [];
    try {
      store.write(changes);
    } catch (error) {
      // The next write takes them along; nobody is told that they are safe.
      unwritten = [...changes, ...unwritten];
      for (const { reject } of told) reject(error);
      throw error;
    }
    for (const { resolve } of told) resolve();
  }

  return {
    async load() {
      const loaded: Action[] = [];
      const ended: Array<[key: string, record: KeyRecord]> = [];
      const unreadable: Array<{ key: string; text: string }> = [];
      await inSlices(store.keys(PREFIX), clock, (key) => {
        const text = store.get(key) ?? '';
        const action = readActionRecord(text);
        if (action && key === PREFIX + action.id) loaded.push(action);
        else unreadable.push({ key, text });
      });
      await inSlices(store.keys(KEY_PREFIX), clock, (key) => {
        const text = store.get(key) ?? '';
        const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), KeyRecord), text);
        if (parsed.success) ended.push([key.slice(KEY_PREFIX.length), parsed.output]);
        else unreadable.push({ key, text });
      });
      // Only now: the store is not to be changed while it is searched.
      for (const { key, text } of unreadable) {
        store.write([
          { key: ASIDE + key, value: text },
          { key, value: null },
        ]);
      }
      for (const [key, record] of ended.sort(([, one], [, other]) => one.sequence - other.sequence)) {
        lastSequence = Math.max(lastSequence, record.sequence);
        endedByKey.set(key, record);
      }
      await clock.pause();
      loaded.sort((one, other) => one.sequence - other.sequence);
      await inSlices(loaded, clock, remember);
      await clock.pause();
      forgetOldest();
      flush();
      return { setAside: unreadable.map(({ key }) => key) };
    },
    nextSequence: () => ++lastSequence,
    save(action) {
      note(action);
      const written = Promise.withResolvers<void>();
      waiting.push(written);
      // All that is decided in this turn of the event loop goes to disk in one write.
      if (waiting.length === 1) void writeSoon();
      return written.promise.catch((error: unknown) => {
        forget(action);
        throw error;
      });
    },
    saveNow(action) {
      note(action);
      flush();
    },
    update: remember,
    byId,
    byKey(key) {
      const id = idByKey.get(key);
      return id === undefined ? undefined : byId(id);
    },
    pending: () => [...pending.values()],
    expiring: () => [...expiring.values()],
    endedByKey: (key) => endedByKey.get(key),
    latest: (limit) =>
      [...pending.values(), ...settled.values()]
        .sort((one, other) => other.sequence - one.sequence)
        .slice(0, limit),
    flush,
  };
}
