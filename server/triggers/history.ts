import { type Action, namesOf, type Person } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';

/** What it takes to find what was decided about somebody. */
export interface HistoryParts {
  readonly ledger: Pick<Ledger, 'about'>;
  readonly ties: Pick<Ties, 'of'>;
}

/** All that was decided about a person, by whatever name, the latest first. */
export function historyOf(person: Person, { ledger, ties }: HistoryParts): readonly Action[] {
  return [...ledger.about(ties.of(namesOf(person)))].sort((one, other) => placeOf(other) - placeOf(one));
}

/** What waits for the server that works has no place yet: it comes after all others. */
function placeOf({ sequence }: Action): number {
  return sequence === 0 ? Number.MAX_SAFE_INTEGER : sequence;
}
