import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Database } from '../storage/mysql/database.ts';
import type { Term } from '../storage/mysql/lease.ts';
import { likePrefix } from '../storage/mysql/names.ts';
import { DATABASE_NOW } from '../storage/mysql/now.ts';
import { purgeTombstones } from '../storage/mysql/tombstones.ts';
import type { Storage } from '../storage/storage.ts';
import { ANSWER_PREFIX } from './answer.ts';

/** How often it is done, in milliseconds. */
const EVERY_MS = 60 * 60 * 1000;
/** So soon after a take-over for the first time: a community whose servers take turns is kept clean as well. */
const FIRST_MS = 60_000;
/** For how long it is known that a record was taken away: who was away for longer reads all anew. */
const TOMBSTONES_MS = 24 * 60 * 60 * 1000;
/** An answer that nobody has fetched by then is of no use any more. */
const ANSWERS_MS = 10 * 60 * 1000;

export interface HousekeepingOptions {
  readonly database: Database;
  readonly community: string;
  readonly term: Term;
  readonly storage: Pick<Storage, 'write'>;
  /** That of the term: nothing is done after it. */
  readonly clock: Clock;
  readonly onBug: (error: unknown) => void;
}

const NameRow = v.object({ name: v.string() });

/** Takes away what nobody needs any more: the rows of records that are gone, and answers. */
export async function tidy({ database, community, term, storage }: HousekeepingOptions): Promise<void> {
  const found = await database.query(
    `SELECT name FROM cmsban_record
      WHERE community = ? AND name LIKE ? AND value IS NOT NULL AND changed_at < ${DATABASE_NOW} - ?`,
    [community, likePrefix(ANSWER_PREFIX), ANSWERS_MS],
    { isRepeatable: true },
  );
  if (found.ok)
    await storage.write(found.rows.map((row) => ({ name: v.parse(NameRow, row).name, value: null })));
  // What is wrong with the database is said by whoever cannot do without it.
  await purgeTombstones({ database, community, term, olderThanMs: TOMBSTONES_MS });
}

/** The same every hour, until the term is over. */
export function startHousekeeping(options: HousekeepingOptions): void {
  const again = () => {
    tidy(options).catch(options.onBug);
    options.clock.after(EVERY_MS, again);
  };
  options.clock.after(FIRST_MS, again);
}
