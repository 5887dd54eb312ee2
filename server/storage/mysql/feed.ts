import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import { inSlices } from '../../slices.ts';
import type { Database } from './database.ts';
import { createDatabaseClock, type DatabaseClock } from './database-clock.ts';
import type { LeaseState } from './lease.ts';
import { DATABASE_NOW } from './now.ts';
import { PAGE, RECORD_COLUMNS, readRecordRow, type SharedRecord } from './record-row.ts';
import { type Failure, failure } from './trouble.ts';
import { createTroubleReport } from './trouble-report.ts';

/*
 * Follows a community: one small query a second, or four while somebody waits. What it knows is a revision; when the
 * community's has moved on, the records behind it are read: each revision has records, unless they were forgotten.
 * It reads everything
 * - at first;
 * - when records were forgotten that were taken away after its revision: it was away for too long to hear of them;
 * - when the community's revision has gone back, and stays there: an administrator has restored an older database.
 *   For a moment it may be older than known behind a balancer, which asks another node of a cluster.
 */

/**
 * How often it looks, in milliseconds: with the word every 15 s that a server is there, and a second connection when
 * both are sent at once, one query a second in all.
 */
const IDLE_MS = 1_100;
const HURRY_MS = 250;
/** Longer than a cluster's nodes are apart, in milliseconds. */
const RESTORED_MS = 30_000;

/** What every poll brings. */
export interface CommunityState extends LeaseState {
  readonly holderName: string | null;
  /** How many wait to become actions. */
  readonly requests: number;
  readonly revision: number;
}

export interface FeedOptions {
  readonly database: Database;
  readonly community: string;
  readonly clock: Clock;
  /** A record as it is now, or that it is gone: a null value. In slices, those that were written first coming first. */
  readonly onRecord: (record: SharedRecord) => void;
  /** All records up to a revision were told; called only when that is a new one. */
  readonly onCaughtUp: (revision: number) => void;
  /** In every poll, before its records. */
  readonly onState: (state: CommunityState) => void;
  /** Once per kind, until it is over: null. */
  readonly onTrouble: (trouble: Failure | null) => void;
}

export interface Feed {
  start(): void;
  /** Looks more often for so long, in milliseconds, beginning at once. */
  hurry(ms: number): void;
  /** The database's clock, as the polls tell it. */
  readonly time: DatabaseClock;
  stop(): void;
}

const StateRow = v.object({
  revision: v.number(),
  token: v.number(),
  holder: v.nullable(v.string()),
  holder_name: v.nullable(v.string()),
  expires_at: v.number(),
  purged: v.number(),
  requests: v.number(),
  time_now: v.number(),
});

const POLL = `SELECT revision, token, holder, holder_name, expires_at, purged, ${DATABASE_NOW} AS time_now,
    (SELECT COUNT(*) FROM cmsban_request WHERE community = ?) AS requests
  FROM cmsban_community WHERE community = ?`;

/**
 * What of the records is new, in the order in which they were written; a group of writes may be longer than a page.
 * In these words, both databases read two ranges of the index, and nothing before them.
 */
const NEWS = `SELECT ${RECORD_COLUMNS} FROM cmsban_record
  WHERE community = ? AND (revision > ? OR (revision = ? AND name > ?))
  ORDER BY revision, name LIMIT ${PAGE}`;

export function createFeed({
  database,
  community,
  clock,
  onRecord,
  onCaughtUp,
  onState,
  onTrouble,
}: FeedOptions): Feed {
  const note = createTroubleReport(onTrouble);
  const time = createDatabaseClock(clock);
  /** All that is there, by name: to say what has gone when everything is read anew. */
  const names = new Set<string>();
  /** Up to which all was told; undefined before the first time. */
  let known: number | undefined;
  /** Since when the community's revision is an older one. */
  let behindSince: number | undefined;
  let hurriedUntil = Number.NEGATIVE_INFINITY;
  let begunAt = Number.NEGATIVE_INFINITY;
  let isPolling = false;
  let isStopped = true;
  let cancel = () => {};

  function schedule(): void {
    cancel();
    if (isStopped || isPolling) return;
    const every = clock.elapsed() < hurriedUntil ? HURRY_MS : IDLE_MS;
    cancel = clock.after(Math.max(begunAt + every - clock.elapsed(), 0), () => void run());
  }

  async function run(): Promise<void> {
    isPolling = true;
    begunAt = clock.elapsed();
    note(await poll());
    isPolling = false;
    schedule();
  }

  async function poll(): Promise<{ readonly ok: true } | Failure> {
    const sentAt = clock.elapsed();
    const answer = await database.query(POLL, [community, community], { isRepeatable: true });
    if (!answer.ok || isStopped) return answer;
    const [first] = answer.rows;
    if (!first) return failure('fault', 'cmsban_community');
    const row = v.parse(StateRow, first);
    time.heard(row.time_now, sentAt, clock.elapsed());
    const { revision, purged, holder_name: holderName, expires_at: expiresAt, time_now: now, ...rest } = row;
    onState({ ...rest, holderName, expiresAt, now, revision });
    behindSince = known !== undefined && revision < known ? (behindSince ?? sentAt) : undefined;
    const isRestored = behindSince !== undefined && sentAt - behindSince >= RESTORED_MS;
    if (known === undefined || purged > known || isRestored) return readAll(purged);
    return revision > known ? readNews(known, purged) : answer;
  }

  /** Up to what was read, which may be less than the poll has said: another node of a cluster may have answered. */
  function caughtUp(revision: number): void {
    if (revision === known) return;
    known = revision;
    behindSince = undefined;
    onCaughtUp(revision);
  }

  function tell(record: SharedRecord): void {
    if (record.value === null) names.delete(record.name);
    else names.add(record.name);
    onRecord(record);
  }

  async function readNews(since: number, purged: number): Promise<{ readonly ok: true } | Failure> {
    const read = await readAfter(since, tell);
    if (read.ok && !isStopped) caughtUp(Math.max(read.last, purged));
    return read;
  }

  async function readAll(purged: number): Promise<{ readonly ok: true } | Failure> {
    const found = new Set<string>();
    const read = await readAfter(0, (record) => {
      if (record.value !== null) found.add(record.name);
      else found.delete(record.name);
      // What was never there need not go.
      if (record.value !== null || names.has(record.name)) tell(record);
    });
    if (!read.ok || isStopped) return read;
    const revision = Math.max(read.last, purged);
    const gone = [...names].filter((name) => !found.has(name));
    await inSlices(gone, clock, (name) => tell({ name, value: null, revision }));
    caughtUp(revision);
    return read;
  }

  /**
   * Reads what was written after a revision, page by page. Each is read as it is then; what is written meanwhile comes
   * last, so that nothing is missed.
   */
  async function readAfter(
    since: number,
    take: (record: SharedRecord) => void,
  ): Promise<{ readonly ok: true; readonly last: number } | Failure> {
    // Of the revision that is known, all names were told.
    let from = { revision: since + 1, key: '' };
    let last = since;
    for (;;) {
      const params = [community, from.revision, from.revision, from.key];
      const answer = await database.query(NEWS, params, { isRepeatable: true });
      if (!answer.ok) return answer;
      await inSlices(
        answer.rows,
        clock,
        (row) => {
          const { key, record } = readRecordRow(row);
          from = { revision: record.revision, key };
          last = record.revision;
          if (!isStopped) take(record);
        },
        'at once',
      );
      if (answer.rows.length < PAGE || isStopped) return { ok: true, last };
    }
  }

  return {
    time,
    start() {
      isStopped = false;
      void run();
    },
    hurry(ms) {
      hurriedUntil = Math.max(hurriedUntil, clock.elapsed() + ms);
      schedule();
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
