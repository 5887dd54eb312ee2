import { type Clock, sleep } from '../clock.ts';
import { joinCommunity } from '../storage/mysql/community.ts';
import type { ConnectionConfig } from '../storage/mysql/connection-string.ts';
import { createDatabase, type Database } from '../storage/mysql/database.ts';
import { createFeed } from '../storage/mysql/feed.ts';
import { createLease, type Lease, type Term } from '../storage/mysql/lease.ts';
import { migrate } from '../storage/mysql/migrate.ts';
import { createPieces } from '../storage/mysql/pieces.ts';
import { createRequests } from '../storage/mysql/requests.ts';
import { createServers } from '../storage/mysql/servers.ts';
import { createSharedStorage } from '../storage/mysql/shared-storage.ts';
import { type Failure, failure } from '../storage/mysql/trouble.ts';
import type { Change } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import { detailOf } from './database-news.ts';
import { writeAll } from './own-records.ts';

/** A server that was seen within so many milliseconds goes on with what is on its way. */
const SEEN_MS = 60_000;
/** How long the lease is waited for, in milliseconds: a server that has gone just now may have had it. */
const LEASE_MS = 20_000;
/** How long may be read, in milliseconds. */
const READ_MS = 60_000;
const LOOK_MS = 50;

export interface LeftDatabaseOptions {
  readonly config: ConnectionConfig | undefined;
  readonly community: string;
  readonly ids: { readonly cmsId: string; readonly cadId: string };
  readonly server: { readonly id: string; readonly name: string };
  readonly newId: () => string;
  readonly clock: Clock;
  readonly say: Say;
}

/** The database of a community, for a server that leaves it. */
export interface LeftDatabase {
  readonly ok: true;
  readonly records: Map<string, string>;
  /** The ids of what this server has asked, and nobody has taken in. */
  readonly asked: ReadonlySet<string>;
  /** Whether no other server is there: then this one may take along what is on its way, and nobody else writes. */
  readonly isAlone: boolean;
  /** @returns false when somebody else has come. */
  write(changes: readonly Change[]): Promise<boolean>;
  /** Takes back what this server has asked, and its own store as far as it was handed in. */
  takeBack(ids: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens it once. @returns why that is not possible, in words. */
export async function openLeftDatabase(
  options: LeftDatabaseOptions,
): Promise<LeftDatabase | { readonly ok: false; readonly detail: string }> {
  const { config, community, server, clock, say } = options;
  if (!config) return { ok: false, detail: say('moving.out.unset') };
  const database = createDatabase({ config, clock });
  let lease: Lease | undefined;

  async function close(): Promise<void> {
    await lease?.stop();
    await database.close();
  }

  async function failed(detail: string): Promise<{ readonly ok: false; readonly detail: string }> {
    await close();
    return { ok: false, detail };
  }

  const migrated = await migrate({ database, clock, processId: options.newId() });
  if (!migrated.ok) {
    return failed(migrated.trouble === 'newer schema' ? say('moving.out.newer') : detailOf(migrated, say));
  }
  const joined = await joinCommunity({ database, community, ...options.ids });
  // That it belongs there is known by its own store.
  if (!joined.ok && joined.trouble !== 'unknown') {
    return failed(joined.trouble === 'another community' ? say('moving.out.foreign') : detailOf(joined, say));
  }
  const others = await createServers({ database, community, server, clock }).othersSeenWithin(SEEN_MS);
  if (!others.ok) return failed(detailOf(others, say));
  let term: Term | undefined;
  if (others.servers.length === 0) {
    // Where it is still in our name, the process that had it has ended: the own store has one at a time.
    await database.query(
      'UPDATE cmsban_community SET expires_at = 0 WHERE community = ? AND holder = ?',
      [community, server.id],
      { isRepeatable: true },
    );
    lease = createLease({
      database,
      community,
      server,
      clock,
      onGained(gained) {
        term = gained;
      },
      onLost: () => {},
      onTrouble: () => {},
    });
    lease.start();
    for (let waited = 0; !term && waited < LEASE_MS; waited += LOOK_MS) await sleep(clock, LOOK_MS);
  }
  const records = await readAll(database, community, clock);
  if (!records.ok) return failed(detailOf(records, say));
  const requests = createRequests({ database, community });
  const listed = await requests.list();
  if (!listed.ok) return failed(detailOf(listed, say));
  const storage =
    term && createSharedStorage({ database, community, term, clock, onLost: () => {}, onTrouble: () => {} });

  return {
    ok: true,
    records: records.records,
    asked: new Set(listed.requests.filter((each) => each.server === server.id).map(({ id }) => id)),
    isAlone: storage !== undefined,
    write: async (changes) => storage !== undefined && writeAll(storage, changes, clock),
    async takeBack(ids) {
      await storage?.removeRequests(ids);
      await createPieces({ database, community }).clear(server.id);
    },
    close,
  };
}

async function readAll(
  database: Database,
  community: string,
  clock: Clock,
): Promise<{ readonly ok: true; readonly records: Map<string, string> } | Failure> {
  const records = new Map<string, string>();
  let trouble: Failure | null = null as Failure | null;
  let isThere = false;
  const feed = createFeed({
    database,
    community,
    clock,
    onRecord({ name, value }) {
      if (value === null) records.delete(name);
      else records.set(name, value);
    },
    onCaughtUp() {
      isThere = true;
    },
    onState() {},
    onTrouble(found) {
      trouble = found;
    },
  });
  feed.start();
  for (let waited = 0; !isThere && trouble === null && waited < READ_MS; waited += LOOK_MS) {
    await sleep(clock, LOOK_MS);
  }
  feed.stop();
  return isThere ? { ok: true, records } : (trouble ?? failure('too slow', ''));
}
