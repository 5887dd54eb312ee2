import { type Action, isKept, isQueued } from './action.ts';
import type { Moderation } from './contract.ts';
import type { Outcome } from './outcome.ts';
import type { Ledger } from './ports.ts';
import type { Telling } from './telling.ts';

/** Says how actions stand; of one that is being written nobody hears yet. */
export type Standings = Pick<Moderation, 'pending' | 'history' | 'standing'>;

/** What they take. */
export interface StandingsOptions {
  readonly ledger: Pick<Ledger, 'byId' | 'latest' | 'pending' | 'safe'>;
  readonly telling: Pick<Telling, 'isUndecided'>;
  /** The answer to an action as it stands now. */
  readonly stands: (action: Action) => Outcome;
}

export function createStandings({ ledger, telling, stands }: StandingsOptions): Standings {
  const shown = (actions: readonly Action[]) =>
    actions.filter(({ id }) => !telling.isUndecided(id)).map((action) => stands(ledger.safe(action)));
  return {
    pending() {
      const pending = ledger.pending();
      const isForLink = ({ deliveries }: Action) => deliveries.filter(isQueued).every(isKept);
      // What waits for its person, and may do so for years, is not to hide what waits for its turn.
      return shown([...pending.filter((action) => !isForLink(action)), ...pending.filter(isForLink)]);
    },
    history: (limit) => shown(ledger.latest(limit)),
    standing(id) {
      const action = ledger.byId(id);
      return action && stands(ledger.safe(action));
    },
  };
}
