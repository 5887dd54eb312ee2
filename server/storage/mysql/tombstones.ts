import * as v from 'valibot';
import type { Database, TransactionResult } from './database.ts';
import type { Term } from './lease.ts';
import { DATABASE_NOW } from './now.ts';

export interface PurgeOptions {
  readonly database: Database;
  readonly community: string;
  readonly term: Term;
  /** What was taken away so long ago is forgotten, in milliseconds: a server that was away for longer reads all anew. */
  readonly olderThanMs: number;
}

const LastRow = v.object({ last: v.nullable(v.number()) });

/**
 * Takes away the rows of records that were taken away long ago.
 *
 * @returns how many there were; none when the term is over.
 */
export async function purgeTombstones({
  database,
  community,
  term,
  olderThanMs,
}: PurgeOptions): Promise<TransactionResult<number>> {
  const found = await database.query(
    `SELECT MAX(revision) AS last FROM cmsban_record
      WHERE community = ? AND value IS NULL AND changed_at < ${DATABASE_NOW} - ?`,
    [community, olderThanMs],
    { isRepeatable: true },
  );
  if (!found.ok) return found;
  const row = v.safeParse(LastRow, found.rows[0]);
  const last = row.success ? row.output.last : null;
  if (last === null) return { ok: true, value: 0 };
  return database.transaction(async (transaction) => {
    const fence = await transaction.query(
      `UPDATE cmsban_community SET purged = GREATEST(purged, ?)
        WHERE community = ? AND token = ? AND expires_at >= ${DATABASE_NOW}`,
      [last, community, term.token],
    );
    if (!fence.ok || fence.affectedRows === 0) return 0;
    const sql = 'DELETE FROM cmsban_record WHERE community = ? AND revision <= ? AND value IS NULL';
    const gone = await transaction.query(sql, [community, last]);
    return gone.ok ? gone.affectedRows : 0;
  });
}
