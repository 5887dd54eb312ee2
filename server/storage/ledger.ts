import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import { type Action, CODES, type DropRule, isSettled, keysOf, namesOf } from '../moderation/action.ts';
import { ActionIndex } from '../moderation/action-index.ts';
import { verdictOf } from '../moderation/outcome.ts';
import { servedBanOf } from '../moderation/own-keys.ts';
import type { Ledger } from '../moderation/ports.ts';
import { inSlices } from '../slices.ts';
import { parseJson } from '../text/json.ts';
import { readActionRecord, writeActionRecord } from './action-record.ts';
import type { Change, Storage, StoredRecord } from './storage.ts';
import { Unsafe } from './unsafe.ts';

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
  readonly storage: Storage;
  readonly clock: Clock;
  /** How many settled actions are kept, beside those that are held back. */
  readonly historyLimit: number;
  /** Whether this server writes for its community. One that follows must not: what it made up would hide the truth. */
  readonly isWriter?: () => boolean;
  /** The rule of this server, for decisions that named none and count on several. */
  readonly dropWhen?: DropRule;
  /** Whether other servers follow what is stored: then why something waits is stored too. */
  readonly isFollowed?: boolean;
  /** Told whenever an action is new, gone, or another than before. */
  readonly onChange?: () => void;
}

/** How an action stands that another server has written. */
export interface Followed {
  readonly action: Action;
  /** As it was known here before; undefined when it is new. */
  readonly before: Action | undefined;
}

/** The ledger, and what only whoever holds its storage needs. */
export interface StoredLedger extends Ledger {
  /**
   * Reads what is stored, in slices. To be awaited before anything else is asked of the ledger.
   *
   * @returns the names of records that could not be read; they were set aside.
   */
  load(): Promise<{ readonly setAside: readonly string[] }>;
  /**
   * Takes in a record that another server has written, or taken away (then without value).
   *
   * @returns the action, if it is one that is news here.
   */
  follow(record: StoredRecord): Followed | undefined;
}

/**
 * A lift that an earlier version of cmsban wrote, with the bans that it ended: those of the person that were decided
 * before, unless nobody took the lift. The end of a temporary ban was of that one alone.
 */
export function withEnded(lift: Action, index: ActionIndex): Action {
  if (!lift.deliveries.some(({ state }) => state.status !== 'refused')) return lift;
  const served = servedBanOf(lift);
  const ended = index
    .about(namesOf(lift.person))
    .filter(({ kind, sequence }) => kind === 'ban' && sequence < lift.sequence)
    .filter((ban) => (ban.inForce || !isSettled(ban)) && (served === undefined || ban.id === served));
  return { ...lift, ended: ended.map(({ id }) => id), isOfOneBan: served !== undefined };
}

/** Keeps actions in storage: all that are on their way, and the latest that are settled. */
export function createLedger({
  storage,
  clock,
  historyLimit,
  isWriter = () => true,
  dropWhen,
  isFollowed = false,
  onChange = () => {},
}: LedgerOptions): StoredLedger {
  const index = new ActionIndex();
  const endedByKey = new Map<string, KeyRecord>();
  const unsafe = new Unsafe();
  /** Of what is stored, by action id. */
  const revisions = new Map<string, number>();
  let lastSequence = 0;

  /** @returns how to write down that the history has grown too long: first what must not be lost. */
  function forgetOldest(): Change[] {
    return index.surplus(historyLimit).flatMap((action) => {
      index.remove(action.id);
      revisions.delete(action.id);
      return [...keepKey(action), { name: PREFIX + action.id, value: null }];
    });
  }

  /** The history forgets an action; that it was carried out must be known for longer. */
  function keepKey(action: Action): Change[] {
    const ended: KeyRecord = { version: 1, id: action.id, sequence: action.sequence, ...verdictOf(action) };
    const changes: Change[] = [];
    for (const key of keysOf(action)) {
      endedByKey.set(key, ended);
      changes.push({ name: KEY_PREFIX + key, value: JSON.stringify(ended) });
    }
    for (const oldest of endedByKey.keys()) {
      if (endedByKey.size <= KEYS_KEPT) break;
      endedByKey.delete(oldest);
      changes.push({ name: KEY_PREFIX + oldest, value: null });
    }
    return changes;
  }

  function followKey(key: string, value: string | undefined): void {
    const parsed = v.safeParse(KeyRecord, parseJson(value ?? ''));
    if (!parsed.success) return void endedByKey.delete(key);
    endedByKey.set(key, parsed.output);
    lastSequence = Math.max(lastSequence, parsed.output.sequence);
  }

  /** An action as it counts on this server. */
  const asHere = (action: Action): Action =>
    action.isDropOpen && dropWhen ? { ...action, drop: dropWhen } : action;

  /** The one way in which memory changes here. @returns what is to be written. */
  function apply(action: Action): Change[] {
    index.apply(action);
    onChange();
    const revision = (revisions.get(action.id) ?? -1) + 1;
    revisions.set(action.id, revision);
    return [{ name: PREFIX + action.id, value: writeActionRecord(action, revision) }, ...forgetOldest()];
  }

  function saveSoon(action: Action): void {
    if (!isWriter()) return;
    const isSafe = unsafe.begin(action, index.byId(action.id));
    void storage.soon(apply(action)).then(isSafe);
  }

  return {
    async load() {
      const loaded: Action[] = [];
      const old: Action[] = [];
      const ended: Array<[key: string, record: KeyRecord]> = [];
      const unreadable: StoredRecord[] = [];
      await storage.load(PREFIX, (record) => {
        const stored = record.value === undefined ? undefined : readActionRecord(record.value);
        if (stored && record.name === PREFIX + stored.action.id) {
          loaded.push(asHere(stored.action));
          if (stored.isOld && stored.action.kind === 'unban') old.push(stored.action);
          revisions.set(stored.action.id, stored.revision);
        } else unreadable.push(record);
      });
      await storage.load(KEY_PREFIX, (record) => {
        const parsed = v.safeParse(KeyRecord, parseJson(record.value ?? ''));
        if (parsed.success) ended.push([record.name.slice(KEY_PREFIX.length), parsed.output]);
        else unreadable.push(record);
      });
      // Only now: the store is not to be changed while it is searched.
      void storage.soon(
        unreadable.flatMap(({ name, value }) => [
          { name: ASIDE + name, value: value ?? '' },
          { name, value: null },
        ]),
      );
      for (const [key, record] of ended.sort(([, one], [, other]) => one.sequence - other.sequence)) {
        lastSequence = Math.max(lastSequence, record.sequence);
        endedByKey.set(key, record);
      }
      await clock.pause();
      loaded.sort((one, other) => one.sequence - other.sequence);
      await inSlices(loaded, clock, (action) => index.apply(action));
      await inSlices(old, clock, (lift) => index.apply(withEnded(lift, index)));
      lastSequence = Math.max(lastSequence, index.lastSequence);
      await clock.pause();
      void storage.soon(forgetOldest());
      return { setAside: unreadable.map(({ name }) => name) };
    },
    follow({ name, value }) {
      if (name.startsWith(KEY_PREFIX)) followKey(name.slice(KEY_PREFIX.length), value);
      if (!name.startsWith(PREFIX)) return undefined;
      if (value === undefined) {
        index.remove(name.slice(PREFIX.length));
        revisions.delete(name.slice(PREFIX.length));
        onChange();
        return undefined;
      }
      const stored = readActionRecord(value);
      if (!stored || name !== PREFIX + stored.action.id) return undefined;
      const { revision } = stored;
      const action = asHere(stored.action);
      if (revision <= (revisions.get(action.id) ?? -1)) return undefined;
      const before = index.byId(action.id);
      index.apply(action);
      revisions.set(action.id, revision);
      onChange();
      lastSequence = Math.max(lastSequence, index.lastSequence);
      return { action, before };
    },
    nextSequence: () => ++lastSequence,
    async save(action) {
      if (!isWriter()) return 'not the writer';
      const isSafe = unsafe.begin(action, index.byId(action.id));
      const result = await storage.write(apply(action));
      if (result === 'written') isSafe();
      return result;
    },
    saveSoon,
    safe: (action) => unsafe.safe(action),
    note(action) {
      if (isFollowed && isWriter()) return saveSoon(action);
      index.apply(action);
      onChange();
    },
    forget({ id }) {
      index.remove(id);
      onChange();
      revisions.delete(id);
      void storage.soon([{ name: PREFIX + id, value: null }]);
    },
    byId: (id) => index.byId(id),
    byKey: (key) => index.byKey(key),
    endedByKey: (key) => endedByKey.get(key),
    pending: () => index.pending(),
    inForce: () => index.inForce(),
    about: (names) => index.about(names),
    inForceAbout: (names) => index.inForceAbout(names),
    latest: (limit) => index.latest(limit),
  };
}
