import * as v from 'valibot';
import type { Database } from './database.ts';
import { requestDeletes } from './statements.ts';
import type { Failure } from './trouble.ts';

/** Most requests that are read at once. */
const PAGE = 1_000;

/** What a server asks of whoever works for the community. */
export interface StoredRequest {
  /** Up to 64 characters, with no space at the end: nobody else's. */
  readonly id: string;
  /** The id of the server that asks. */
  readonly server: string;
  /** On the database's clock: requests are taken in this order. */
  readonly decidedAt: number;
  readonly body: string;
}

export interface Requests {
  /** Repeatable: one that is there stays as it is. */
  add(request: StoredRequest): Promise<{ readonly ok: true } | Failure>;
  /** The oldest decisions first, and at most 1 000. */
  list(): Promise<{ readonly ok: true; readonly requests: readonly StoredRequest[] } | Failure>;
  /** Repeatable. With the action that it became, it goes by {@link SharedStorage.removeRequests}. */
  remove(ids: readonly string[]): Promise<{ readonly ok: true } | Failure>;
}

const RequestRow = v.object({
  id: v.string(),
  server: v.string(),
  decided_at: v.number(),
  body: v.string(),
});

export interface RequestsOptions {
  readonly database: Database;
  readonly community: string;
}

/** The requests of a community. */
export function createRequests({ database, community }: RequestsOptions): Requests {
  return {
    async add({ id, server, decidedAt, body }) {
      // INSERT IGNORE would cut what is too long.
      const answer = await database.query(
        `INSERT INTO cmsban_request (community, id, server, decided_at, body) VALUES (?, ?, ?, ?, ?)
          ON DUPLICATE KEY UPDATE id = VALUES(id)`,
        [community, id, server, Math.round(decidedAt), body],
        { isRepeatable: true },
      );
      return answer.ok ? { ok: true } : answer;
    },
    async list() {
      const answer = await database.query(
        `SELECT id, server, decided_at, body FROM cmsban_request
          WHERE community = ? ORDER BY decided_at, id LIMIT ${PAGE}`,
        [community],
        { isRepeatable: true },
      );
      if (!answer.ok) return answer;
      const requests = answer.rows.map((row) => {
        const { decided_at: decidedAt, ...rest } = v.parse(RequestRow, row);
        return { ...rest, decidedAt };
      });
      return { ok: true, requests };
    },
    async remove(ids) {
      for (const { sql, params } of requestDeletes(community, ids)) {
        const answer = await database.query(sql, params, { isRepeatable: true });
        if (!answer.ok) return answer;
      }
      return { ok: true };
    },
  };
}
