import type { Clock } from '../clock.ts';
import type { Log } from '../notify/log.ts';
import type { Failure, Trouble } from '../storage/mysql/trouble.ts';
import type { Say } from '../text/locale.ts';

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
  const said = new Set<Trouble>();
  let cancel: (() => void) | undefined;

  function tell({ trouble, detail }: Failure): void {
    if (said.has(trouble)) return;
    said.add(trouble);
    log.error(say(`database.${trouble}`, { detail }));
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
