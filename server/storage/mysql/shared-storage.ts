import { type Clock, sleep } from '../../clock.ts';
import type { WriteResult } from '../../moderation/ports.ts';
import { inSlices } from '../../slices.ts';
import type { Change, Storage } from '../storage.ts';
import type { Database } from './database.ts';
import type { Term } from './lease.ts';
import { likePrefix } from './names.ts';
import { DATABASE_NOW } from './now.ts';
import { PAGE, RECORD_COLUMNS, readRecordRow } from './record-row.ts';
import { requestDeletes, upserts } from './statements.ts';
import type { Failure } from './trouble.ts';
import { createTroubleReport } from './trouble-report.ts';

/** How long what may be lost waits for a write to go along with, in milliseconds. */
const SOON_MS = 1_000;
/** How soon what the database did not keep is tried again. */
const RETRY_MS = 1_000;
/** How soon a transaction is tried again whose way to the database is disturbed, and a search. */
const DISTURBED_MS = 250;

export interface SharedStorageOptions {
  readonly database: Database;
  readonly community: string;
  /** Nothing is written after it. */
  readonly term: Term;
  readonly clock: Clock;
  /** The database says that the term is over, and it does not know. Once. */
  readonly onLost: (term: Term) => void;
  /** Once per kind, until it is over: null. */
  readonly onTrouble: (trouble: Failure | null) => void;
}

/**
 * Storage in the community's database, for one term of the lease.
 *
 * `write`: a group is one transaction, which is committed only while the lease is ours. `not the writer`: the term is
 * over, and what was asked for is written by nobody, unless an answer was lost: then it may be there.
 *
 * `load` ends with the term too: then it never resolves.
 *
 * `flush` cannot wait for a database: it begins to write, and returns false when there was something.
 */
export interface SharedStorage extends Storage {
  /**
   * Takes requests away, in one transaction with what was written in the same turn, and never before what was
   * written earlier.
   */
  removeRequests(ids: readonly string[]): Promise<WriteResult>;
  /** Resolves when nothing is to be written any more, or the term is over. */
  settled(): Promise<void>;
}

interface Waiting {
  readonly changes: readonly Change[];
  readonly requests: readonly string[];
  readonly resolve: (result: WriteResult) => void;
}

/** What goes in one transaction: records by name, as they are to be, and requests that are taken away. */
interface Group {
  readonly records: ReadonlyMap<string, string | null>;
  readonly requests: ReadonlySet<string>;
}

export function createSharedStorage({
  database,
  community,
  term,
  clock,
  onLost,
  onTrouble,
}: SharedStorageOptions): SharedStorage {
  const note = createTroubleReport(onTrouble);
  /** Calls of `write`, oldest first. */
  let waiting: Waiting[] = [];
  /** What may be lost, and what the database did not keep; by name, as it is to be. */
  const along = new Map<string, string | null>();
  const requestsAlong = new Set<string>();
  /** Resolves when all of that is kept: one for all, for there may be thousands. */
  let kept = Promise.withResolvers<void>();
  const whenSettled: Array<() => void> = [];
  let isKeeping = true;
  let isWriting = false;
  let isOver = false;
  let cancel = () => {};
  let dueAt = Number.POSITIVE_INFINITY;

  const hasAlong = () => along.size > 0 || requestsAlong.size > 0;

  function schedule(at: number): void {
    if (isOver || isWriting || at >= dueAt) return;
    cancel();
    dueAt = at;
    const wait = at - clock.elapsed();
    if (wait > 0) {
      cancel = clock.after(wait, () => void run());
      return;
    }
    let isCancelled = false;
    cancel = () => {
      isCancelled = true;
    };
    // At the end of the turn, with all that happens in it.
    void clock.pause().then(() => (isCancelled ? undefined : run()));
  }

  async function run(): Promise<void> {
    dueAt = Number.POSITIVE_INFINITY;
    cancel = () => {};
    isWriting = true;
    const calls = waiting;
    const group = collect();
    const result = await writeGroup(group);
    isWriting = false;
    if (result === 'not the writer') {
      end(calls);
      return;
    }
    isKeeping = result === 'written';
    if (!isKeeping) comeAgain(group);
    if (!hasAlong() && waiting.length === 0) {
      kept.resolve();
      kept = Promise.withResolvers();
    }
    for (const { resolve } of calls) resolve(result);
    if (waiting.length > 0) schedule(clock.elapsed());
    else if (hasAlong()) schedule(clock.elapsed() + (isKeeping ? SOON_MS : RETRY_MS));
    else for (const resolve of whenSettled.splice(0)) resolve();
  }

  /** All that waits: what is asked for in one turn is never apart. */
  function collect(): Group {
    const records = new Map<string, string | null>();
    const requests = new Set<string>();
    for (const call of waiting) {
      for (const { name, value } of call.changes) records.set(name, value);
      for (const id of call.requests) requests.add(id);
    }
    // What goes along is newer than what was asked for earlier.
    for (const [name, value] of along) records.set(name, value);
    for (const id of requestsAlong) requests.add(id);
    waiting = [];
    along.clear();
    requestsAlong.clear();
    return { records, requests };
  }

  function comeAgain({ records, requests }: Group): void {
    const newer = new Set(waiting.flatMap(({ changes }) => changes.map(({ name }) => name)));
    for (const [name, value] of records) if (!newer.has(name) && !along.has(name)) along.set(name, value);
    for (const id of requests) requestsAlong.add(id);
  }

  /** The term is over: for these calls, and for all that wait. */
  function end(calls: readonly Waiting[]): void {
    isOver = true;
    cancel();
    along.clear();
    requestsAlong.clear();
    const all = [...calls, ...waiting];
    waiting = [];
    if (term.isHeld()) onLost(term);
    for (const { resolve } of all) resolve('not the writer');
    for (const resolve of whenSettled.splice(0)) resolve();
  }

  /** Tries until it is done, cannot be done, or is no more for us to do. */
  async function writeGroup(group: Group): Promise<WriteResult> {
    while (term.isHeld()) {
      const answer = await transact(group);
      note(answer);
      if (answer.ok) return answer.value;
      const { trouble } = answer;
      if (trouble === 'read-only' || trouble === 'full' || trouble === 'fault') return 'not kept';
      await sleep(clock, DISTURBED_MS);
    }
    return 'not the writer';
  }

  /** Check, fence and order in one: the lease row stays locked until the commit, so nobody can take over before. */
  function transact({ records, requests }: Group) {
    return database.transaction(async (transaction): Promise<WriteResult> => {
      const fence = await transaction.query(
        `UPDATE cmsban_community SET revision = LAST_INSERT_ID(revision + ?)
          WHERE community = ? AND token = ? AND expires_at >= ${DATABASE_NOW}`,
        // Whoever follows the revisions finds a record of each.
        [records.size > 0 ? 1 : 0, community, term.token],
      );
      if (!fence.ok || fence.affectedRows === 0) return 'not the writer';
      const statements = [
        ...upserts(community, fence.insertId, records),
        ...requestDeletes(community, [...requests]),
      ];
      for (const { sql, params } of statements) {
        const { ok } = await transaction.query(sql, params);
        if (!ok) break;
      }
      return 'written';
    });
  }

  function ask(changes: readonly Change[], requests: readonly string[]): Promise<WriteResult> {
    if (isOver) return Promise.resolve('not the writer');
    if (changes.length === 0 && requests.length === 0) return Promise.resolve('written');
    const { promise, resolve } = Promise.withResolvers<WriteResult>();
    for (const { name } of changes) along.delete(name);
    waiting.push({ changes, requests, resolve });
    schedule(clock.elapsed());
    return promise;
  }

  /** A page of records behind a key, in the order of keys; undefined while the database does not answer. */
  async function page(prefix: string, after: string) {
    const answer = await database.query(
      `SELECT ${RECORD_COLUMNS} FROM cmsban_record
        WHERE community = ? AND name > ? AND name LIKE ? AND value IS NOT NULL ORDER BY name LIMIT ${PAGE}`,
      [community, after, likePrefix(prefix)],
      { isRepeatable: true },
    );
    note(answer);
    return answer.ok ? answer.rows.map(readRecordRow) : undefined;
  }

  return {
    async load(prefix, take) {
      let after = '';
      while (term.isHeld()) {
        const rows = await page(prefix, after);
        if (!rows) {
          await sleep(clock, DISTURBED_MS);
          continue;
        }
        await inSlices(
          rows,
          clock,
          ({ record }) => {
            if (record.name.startsWith(prefix)) take({ name: record.name, value: record.value ?? undefined });
          },
          'at once',
        );
        const last = rows.at(-1);
        if (rows.length < PAGE || !last) return;
        after = last.key;
      }
      // Who waits for what is no more for us to know waits for ever: that is never the same as "nothing is there".
      await new Promise<never>(() => {});
    },
    write: (changes) => ask(changes, []),
    removeRequests: (ids) => ask([], ids),
    soon(changes) {
      if (isOver) return new Promise(() => {});
      for (const { name, value } of changes) along.set(name, value);
      schedule(clock.elapsed() + SOON_MS);
      return kept.promise;
    },
    flush() {
      if (isOver || (waiting.length === 0 && !hasAlong())) return !isWriting;
      schedule(clock.elapsed());
      return false;
    },
    settled() {
      if (isOver || (!isWriting && waiting.length === 0 && !hasAlong())) return Promise.resolve();
      return new Promise((resolve) => whenSettled.push(resolve));
    },
  };
}
