import type { Clock } from '../clock.ts';
import type { Log } from '../notify/log.ts';
import type { Failure, Trouble } from '../storage/mysql/trouble.ts';
import type { MessageKey, Say } from '../text/locale.ts';

/*
 * The feed, the lease and the storage meet the same trouble, each for itself, and one broken connection is tried again
 * before anybody needs to know. What the owner reads:
 *
 * - `works`: nobody is in trouble. → disturbed, in trouble
 * - `disturbed`: somebody has met what passes by itself. → works, without a word; in trouble, when it lasts
 * - `in trouble`: said, once for each kind that calls for another remedy. → works, which is said, when nobody is in
 *   trouble any more.
 */

/** What passes by itself, or is followed by a kind that says more. */
const PASSING: readonly Trouble[] = ['lost', 'too slow', 'again'];
/** For how long it may last until it is said, in milliseconds. */
const PATIENCE_MS = 2_000;

/** What calls for another remedy than the rest of its kind, by the database's number. */
const BY_NUMBER: Readonly<Record<number, MessageKey>> = {
  // Too many connections, of all or of this user.
  1040: 'database.connections',
  1203: 'database.connections',
  1226: 'database.connections',
  // No such database; no right to what was asked; not without TLS.
  1049: 'database.unknown',
  1044: 'database.rights',
  1142: 'database.rights',
  1143: 'database.rights',
  1227: 'database.rights',
  1370: 'database.rights',
  3159: 'database.tls',
};

/** The words that say what to do. */
function keyOf({ trouble, number }: Failure): MessageKey {
  // The driver itself has given up before anybody has logged in.
  if (trouble === 'refused' && number === 0) return 'database.tls';
  return BY_NUMBER[number] ?? `database.${trouble}`;
}

/** What the database has said, or that it has said nothing. */
export function detailOf({ detail }: Failure, say: Say): string {
  return detail === '' ? say('database.silent') : detail;
}

/** Says once what is wrong with the database, and once that it is over. */
export interface DatabaseNews {
  /** To be told by one of those who use it: of trouble, or (null) that it is over. */
  of(user: string): (trouble: Failure | null) => void;
  /** One of them is no more. */
  forget(user: string): void;
  /** Whether it is in trouble, and that was said. */
  isAway(): boolean;
}

export function createDatabaseNews({
  clock,
  log,
  say,
}: {
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'error'>;
  readonly say: Say;
}): DatabaseNews {
  const troubled = new Map<string, Failure>();
  const said = new Set<MessageKey>();
  let cancel: (() => void) | undefined;

  function tell(failure: Failure): void {
    const key = keyOf(failure);
    if (said.has(key)) return;
    said.add(key);
    log.error(say(key, { detail: detailOf(failure, say) }));
  }

  function met(failure: Failure): void {
    if (!PASSING.includes(failure.trouble)) {
      tell(failure);
      return;
    }
    cancel ??= clock.after(PATIENCE_MS, () => {
      cancel = undefined;
      const [one] = troubled.values();
      if (one && said.size === 0) tell(one);
    });
  }

  function over(user: string): void {
    troubled.delete(user);
    if (troubled.size > 0) return;
    cancel?.();
    cancel = undefined;
    if (said.size > 0) log.info(say('database.back'));
    said.clear();
  }

  return {
    of: (user) => (failure) => {
      if (failure === null) return over(user);
      troubled.set(user, failure);
      met(failure);
    },
    forget: over,
    isAway: () => said.size > 0,
  };
}
