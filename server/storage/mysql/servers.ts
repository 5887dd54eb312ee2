import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Database } from './database.ts';
import { shortened } from './names.ts';
import { DATABASE_NOW } from './now.ts';
import type { Failure } from './trouble.ts';

/** How often a server says that it is there, in milliseconds. */
const EVERY_MS = 15_000;

/** A server of the community. */
export interface KnownServer {
  readonly id: string;
  readonly name: string;
  /** How long ago it last said that it was there, in milliseconds, on the database's clock. */
  readonly seenAgoMs: number;
}

export interface ServersOptions {
  readonly database: Database;
  readonly community: string;
  readonly server: { readonly id: string; readonly name: string | null };
  readonly clock: Clock;
  readonly everyMs?: number;
}

export interface Servers {
  /** Begins to say that this one is there. */
  start(): void;
  /** All that were ever seen, the latest first. */
  list(): Promise<{ readonly ok: true; readonly servers: readonly KnownServer[] } | Failure>;
  /** Those but this one that were there within so many milliseconds. */
  othersSeenWithin(
    ms: number,
  ): Promise<{ readonly ok: true; readonly servers: readonly KnownServer[] } | Failure>;
  stop(): void;
}

const ServerRow = v.object({ id: v.string(), name: v.string(), ago: v.number() });

/** Which servers belong to a community, and when each was last there. */
export function createServers({
  database,
  community,
  server,
  clock,
  everyMs = EVERY_MS,
}: ServersOptions): Servers {
  let isStopped = true;
  let cancel = () => {};

  async function beat(): Promise<void> {
    // Whoever follows the community says what is wrong with the database.
    await database.query(
      `INSERT INTO cmsban_server (community, id, name, seen_at) VALUES (?, ?, ?, ${DATABASE_NOW})
        ON DUPLICATE KEY UPDATE name = VALUES(name), seen_at = VALUES(seen_at)`,
      [community, server.id, shortened(server.name ?? '')],
      { isRepeatable: true },
    );
    if (!isStopped) cancel = clock.after(everyMs, () => void beat());
  }

  async function list(): ReturnType<Servers['list']> {
    const answer = await database.query(
      `SELECT id, name, ${DATABASE_NOW} - seen_at AS ago FROM cmsban_server WHERE community = ? ORDER BY seen_at DESC, id`,
      [community],
      { isRepeatable: true },
    );
    if (!answer.ok) return answer;
    const servers = answer.rows.map((row) => {
      const { id, name, ago } = v.parse(ServerRow, row);
      return { id, name, seenAgoMs: ago };
    });
    return { ok: true, servers };
  }

  return {
    start() {
      isStopped = false;
      void beat();
    },
    list,
    async othersSeenWithin(ms) {
      const all = await list();
      if (!all.ok) return all;
      const servers = all.servers.filter(({ id, seenAgoMs }) => id !== server.id && seenAgoMs <= ms);
      return { ok: true, servers };
    },
    stop() {
      isStopped = true;
      cancel();
    },
  };
}
