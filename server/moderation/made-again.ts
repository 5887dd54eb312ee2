import type { Action } from './action.ts';
import { banMadeAgainBy } from './own-keys.ts';
import type { Ledger } from './ports.ts';

/** Which decision an action stands for: a ban that a lift has undone by mistake is made again, and is no new decision. */
export interface MadeAgain {
  /** The ban that was made first; of every other action itself. */
  firstOf(action: Action): Action;
  /** The place in the order of decisions. A ban that was made again has that of the first, unless somebody has told it since. */
  placeOf(action: Action): number;
  /** When it was told last, in Unix milliseconds, by the same rule. */
  timeOf(action: Action): number;
}

export function createMadeAgain(ledger: Pick<Ledger, 'byId'>): MadeAgain {
  /** The ban that was made again by another. */
  function before(action: Action): Action | undefined {
    const id = banMadeAgainBy(action);
    return id === undefined ? undefined : ledger.byId(id);
  }

  function firstOf(action: Action): Action {
    const earlier = before(action);
    return earlier ? firstOf(earlier) : action;
  }

  function placeOf(action: Action): number {
    const earlier = before(action);
    return earlier && action.told === action.sequence ? placeOf(earlier) : action.told;
  }

  function timeOf(action: Action): number {
    const earlier = before(action);
    return earlier && action.toldAt === action.at ? timeOf(earlier) : action.toldAt;
  }

  return { firstOf, placeOf, timeOf };
}
