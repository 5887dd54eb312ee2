import * as v from 'valibot';
import { parseJson } from '../../text/json.ts';
import type { Database } from './database.ts';
import type { Failure } from './trouble.ts';

/**
 * Most text in a piece, in bytes, unless one record has more. As JSON, and escaped, it may become four times as long,
 * and old servers take a packet of 1 MiB (max_allowed_packet).
 */
const MOST_BYTES = 192 * 1024;

type Records = ReadonlyArray<readonly [name: string, value: string]>;

const PieceRow = v.object({ body: v.string() });
const Piece = v.array(v.tuple([v.string(), v.string()]));

/** What servers of a community hand in that is too much for a request. */
export interface Pieces {
  /** Begins anew: what a server had put there is gone. */
  clear(serverId: string): Promise<{ readonly ok: true } | Failure>;
  /** Repeatable. */
  put(serverId: string, number: number, records: Records): Promise<{ readonly ok: true } | Failure>;
  /** @returns no records when there is no such piece. */
  get(
    serverId: string,
    number: number,
  ): Promise<{ readonly ok: true; readonly records: Records | undefined } | Failure>;
}

export interface PiecesOptions {
  readonly database: Database;
  readonly community: string;
}

export function createPieces({ database, community }: PiecesOptions): Pieces {
  return {
    async clear(serverId) {
      const sql = 'DELETE FROM cmsban_piece WHERE community = ? AND server = ?';
      const answer = await database.query(sql, [community, serverId], { isRepeatable: true });
      return answer.ok ? { ok: true } : answer;
    },
    async put(serverId, number, records) {
      const answer = await database.query(
        `INSERT INTO cmsban_piece (community, server, number, body) VALUES (?, ?, ?, ?)
          ON DUPLICATE KEY UPDATE body = VALUES(body)`,
        [community, serverId, number, JSON.stringify(records)],
        { isRepeatable: true },
      );
      return answer.ok ? { ok: true } : answer;
    },
    async get(serverId, number) {
      const sql = 'SELECT body FROM cmsban_piece WHERE community = ? AND server = ? AND number = ?';
      const answer = await database.query(sql, [community, serverId, number], { isRepeatable: true });
      if (!answer.ok) return answer;
      const row = v.safeParse(PieceRow, answer.rows[0]);
      const piece = v.safeParse(Piece, row.success ? parseJson(row.output.body) : undefined);
      return { ok: true, records: piece.success ? piece.output : undefined };
    },
  };
}

/** Cuts records into pieces. */
export function* piecesOf(records: Iterable<readonly [name: string, value: string]>): Generator<Records> {
  let piece: Array<readonly [string, string]> = [];
  let bytes = 0;
  for (const [name, value] of records) {
    const size = Buffer.byteLength(name) + Buffer.byteLength(value);
    if (piece.length > 0 && bytes + size > MOST_BYTES) {
      yield piece;
      piece = [];
      bytes = 0;
    }
    piece.push([name, value]);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}
