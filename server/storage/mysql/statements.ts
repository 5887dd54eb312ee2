import type { Param } from './connection.ts';
import { storedName } from './names.ts';
import { DATABASE_NOW } from './now.ts';

/**
 * Most text in a statement, in bytes, unless one record has more. Escaped it may become twice as long, and old
 * servers take a packet of 1 MiB (max_allowed_packet).
 */
const MOST_BYTES = 384 * 1024;
/** What a row needs besides its texts. */
const ROW_BYTES = 100;
/** Most ids in a statement. */
const MOST_IDS = 500;

export interface Statement {
  readonly sql: string;
  readonly params: readonly Param[];
}

const UPSERT = `INSERT INTO cmsban_record (community, name, whole_name, value, revision, changed_at) VALUES `;
const ROW = `(?, ?, ?, ?, ?, ${DATABASE_NOW})`;
const INSTEAD = ` ON DUPLICATE KEY UPDATE value = VALUES(value), revision = VALUES(revision), changed_at = VALUES(changed_at)`;

/**
 * The statements that write records, a null value being one that is taken away. They are the same each time, and do
 * the same when they are repeated.
 */
export function upserts(
  community: string,
  revision: number,
  records: Iterable<readonly [name: string, value: string | null]>,
): readonly Statement[] {
  const statements: Statement[] = [];
  let rows = 0;
  let bytes = 0;
  let params: Param[] = [];
  function end(): void {
    if (rows > 0) statements.push({ sql: UPSERT + Array(rows).fill(ROW).join(', ') + INSTEAD, params });
    rows = 0;
    bytes = 0;
    params = [];
  }
  for (const [name, value] of records) {
    const { key, wholeName } = storedName(name);
    const size =
      ROW_BYTES +
      [community, key, wholeName, value].reduce((sum, text) => sum + Buffer.byteLength(text ?? ''), 0);
    if (bytes + size > MOST_BYTES) end();
    params.push(community, key, wholeName, value, revision);
    rows++;
    bytes += size;
  }
  end();
  return statements;
}

/** The statements that take requests away. */
export function requestDeletes(community: string, ids: readonly string[]): readonly Statement[] {
  const statements: Statement[] = [];
  for (let at = 0; at < ids.length; at += MOST_IDS) {
    const sql = 'DELETE FROM cmsban_request WHERE community = ? AND id IN (?)';
    statements.push({ sql, params: [community, ids.slice(at, at + MOST_IDS)] });
  }
  return statements;
}
