import * as v from 'valibot';
import { type Clock, sleep } from '../../clock.ts';
import type { Database } from './database.ts';
import { MIGRATIONS, VERSION_TABLE } from './migrations.ts';
import { DATABASE_NOW } from './now.ts';
import { type Failure, failure } from './trouble.ts';

/** How long a server that migrates may be silent until another one takes over, in milliseconds. */
const LOCK_MS = 60_000;
/** For one statement: changing a large table takes its time. */
const DEADLINE_MS = 45_000;
/** How often the others look whether it is done. */
const LOOK_MS = 200;

/** The table, the column, or the key is there already; what was to be dropped is not there. */
const DONE_ALREADY: readonly number[] = [1050, 1060, 1061, 1091];

const VersionRow = v.object({ version: v.number() });

/**
 * How it went: the tables are as this version of cmsban knows them; a newer one has been here, whose tables this one
 * must not touch; or the database did not do it.
 */
export type Migrated =
  | { readonly ok: true; readonly version: number }
  | { readonly ok: false; readonly trouble: 'newer schema'; readonly version: number }
  | Failure;

export interface MigrateOptions {
  readonly database: Database;
  readonly clock: Clock;
  /** Of this process, up to 32 characters: nobody else's. */
  readonly processId: string;
  readonly migrations?: readonly (readonly string[])[];
}

/**
 * Brings the tables up to date. Any number of servers may do it at once: one of them does the work, and the others
 * wait for it; should it stop in the middle, another one does all of it again.
 */
export async function migrate({
  database,
  clock,
  processId,
  migrations = MIGRATIONS,
}: MigrateOptions): Promise<Migrated> {
  const newest = migrations.length;
  const run = (sql: string, params: readonly (string | number)[] = []) =>
    database.query(sql, params, { isRepeatable: true });

  async function version(): Promise<Migrated> {
    const answer = await run('SELECT version FROM cmsban_schema WHERE id = 1');
    if (!answer.ok) return answer;
    const row = v.safeParse(VersionRow, answer.rows[0]);
    if (!row.success) return failure('fault', 'cmsban_schema');
    const { version: found } = row.output;
    return found > newest
      ? { ok: false, trouble: 'newer schema', version: found }
      : { ok: true, version: found };
  }

  /** @returns whether it is ours now; a lock of this process is ours for longer. */
  async function lock(): Promise<boolean | Failure> {
    const answer = await run(
      `UPDATE cmsban_schema SET locked_by = ?, locked_until = ${DATABASE_NOW} + ?
        WHERE id = 1 AND (locked_by = ? OR locked_until < ${DATABASE_NOW})`,
      [processId, LOCK_MS, processId],
    );
    return answer.ok ? answer.affectedRows > 0 : answer;
  }

  async function unlock(): Promise<void> {
    await run('UPDATE cmsban_schema SET locked_by = NULL, locked_until = 0 WHERE id = 1 AND locked_by = ?', [
      processId,
    ]);
  }

  /** Up to the newest version, by the one who has the lock. */
  async function work(): Promise<Migrated> {
    for (;;) {
      const now = await version();
      if (!now.ok || now.version === newest) return now;
      for (const sql of migrations[now.version] ?? []) {
        const isOurs = await lock();
        if (isOurs === false) return failure('lost', 'cmsban_schema');
        if (isOurs !== true) return isOurs;
        const answer = await database.query(sql, [], { isRepeatable: true, deadlineMs: DEADLINE_MS });
        if (!answer.ok && !DONE_ALREADY.includes(answer.number)) return answer;
      }
      const answer = await run(
        'UPDATE cmsban_schema SET version = ? WHERE id = 1 AND version = ? AND locked_by = ?',
        [now.version + 1, now.version, processId],
      );
      if (!answer.ok) return answer;
    }
  }

  // Mostly it was all done long ago, and then there may be no right to make tables.
  const before = await version();
  if (before.ok ? before.version === newest : before.trouble !== 'fault') return before;
  for (const sql of VERSION_TABLE) {
    const answer = await run(sql);
    if (!answer.ok) return answer;
  }
  for (;;) {
    const now = await version();
    if (!now.ok || now.version === newest) return now;
    const isOurs = await lock();
    if (isOurs === true) {
      const result = await work();
      await unlock();
      return result;
    }
    if (isOurs !== false) return isOurs;
    await sleep(clock, LOOK_MS);
  }
}
