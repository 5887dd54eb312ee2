import { joinCommunity } from '../../server/storage/mysql/community.ts';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { createLease, type Lease, type LeaseOptions, type Term } from '../../server/storage/mysql/lease.ts';
import { migrate } from '../../server/storage/mysql/migrate.ts';
import type { Mariadb } from './mariadb.ts';
import { realClock } from './real-clock.ts';
import { until } from './until.ts';

/** Makes the tables. */
export async function makeTables(server: Mariadb): Promise<void> {
  const database = createDatabase({ config: server.config, clock: realClock });
  const result = await migrate({ database, clock: realClock, processId: 'tests' });
  await database.close();
  if (!result.ok) throw new Error(JSON.stringify(result));
}

let communities = 0;

/** A community that nobody else knows. */
export async function newCommunity(database: Database): Promise<string> {
  const community = `community-${++communities}`;
  const result = await joinCommunity({ database, community, cmsId: 'cms', cadId: 'cad' });
  if (!result.ok) throw new Error(JSON.stringify(result));
  return community;
}

/** A lease that writes down what it tells. */
export interface WatchedLease extends Lease {
  /** The term that it is in, or was in last. */
  term(): Term;
  readonly told: string[];
  /** Waits until it has been told so many things. */
  heardOf(count: number): Promise<readonly string[]>;
}

export function watchLease(
  options: Pick<LeaseOptions, 'database' | 'community'> & Partial<LeaseOptions>,
): WatchedLease {
  const told: string[] = [];
  const terms: Term[] = [];
  const lease = createLease({
    server: { id: 'server-1', name: 'One' },
    clock: realClock,
    onGained(term) {
      terms.push(term);
      told.push(`gained ${term.token}`);
    },
    onLost: (why) => told.push(why),
    onTrouble: (trouble) => told.push(trouble === null ? 'no trouble' : `trouble: ${trouble.trouble}`),
    ...options,
  });
  return {
    ...lease,
    told,
    term() {
      const term = terms.at(-1);
      if (!term) throw new Error('no term yet');
      return term;
    },
    async heardOf(count) {
      await until(() => told.length >= count, `${count} news of the lease, not ${told.join(', ')}`);
      return told;
    },
  };
}
