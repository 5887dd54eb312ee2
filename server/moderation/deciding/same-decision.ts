import { type Action, isSettled, namesOf, type Person, type Product } from '../action.ts';
import { type Again, isLonger } from '../again.ts';
import type { ModerationOptions } from '../contract.ts';
import type { Latest } from '../latest.ts';
import { isToEnd } from '../lift.ts';
import type { WithMoreNames } from '../more-names.ts';
import type { SanctionRequest } from '../request.ts';
import type { DecidedAbout } from '../ties.ts';

/** The action that is this decision already. A lift that has something to end, or may have, is always another one. */
export type FindSame = (
  request: SanctionRequest,
  products: readonly Product[],
  person: Person,
) => Action | undefined;

/** What it takes. */
export interface FindSameOptions extends Pick<ModerationOptions, 'clock' | 'known'> {
  readonly again: Pick<Again, 'find'>;
  readonly latest: Pick<Latest, 'placeOf'>;
  readonly decidedAbout: DecidedAbout;
  readonly withMoreNames: WithMoreNames;
}

export function createFindSame(options: FindSameOptions): FindSame {
  const { again, latest, decidedAbout, withMoreNames, clock, known } = options;

  /** Whether a product that has confirmed a lift is known to have them banned since, by whoever. */
  function isBannedAgain({ person, deliveries }: Action): boolean {
    return deliveries.some(
      ({ product, state }) => state.status === 'delivered' && known(product, person).banned === true,
    );
  }

  return (request, products, person) => {
    if (request.isCorrection || request.only) return undefined;
    const about = decidedAbout(namesOf(person));
    if (request.kind === 'unban' && about.some((ban) => isToEnd(ban, products))) return undefined;
    const told = { ...request, products, expiresAt: request.expiresAt ?? null, at: clock.now() };
    const same = again.find(told, about);
    if (!same) return undefined;
    // By now there are more names by which somebody may be found whom nobody knew.
    if (isSettled(same) && same.deliveries.some((share) => withMoreNames(same, share))) return undefined;
    // What was decided meanwhile may turn out to be of this person: a ban, or a lift, after which a longer ban is another one.
    if (same.kind === 'unban') {
      return latest.placeOf('ban') > same.sequence || isBannedAgain(same) ? undefined : same;
    }
    const mayBeLifted = same.kind === 'ban' && latest.placeOf('unban') > same.told;
    return mayBeLifted && isLonger(same, told) ? undefined : same;
  };
}
