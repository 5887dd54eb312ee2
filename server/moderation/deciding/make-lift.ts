import { type Action, namesOf, namesOfAction, type Person, type Product } from '../action.ts';
import type { ModerationOptions } from '../contract.ts';
import { bansSince } from '../late.ts';
import type { Latest } from '../latest.ts';
import { coversAll, liftShare, mayHold, withAccountsOf } from '../lift.ts';
import type { LiftPlans } from '../lift-plan.ts';
import type { MadeAgain } from '../made-again.ts';
import { type ProductInUse, planDelivery, type Subjectable } from '../plan.ts';
import type { Ledger } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import type { TakingBack } from '../taking-back.ts';
import type { DecidedAbout } from '../ties.ts';
import type { NewAction } from './new-action.ts';
import type { TakeIn } from './take-in.ts';

/**
 * Makes a lift: it ends every ban of the person that was decided before, or one alone.
 *
 * @param wanted the products that are to be lifted in.
 */
export type MakeLift = (
  person: Person,
  subjectable: Subjectable,
  request: SanctionRequest,
  wanted: readonly ProductInUse[],
) => Promise<Ticket>;

/** What it takes. */
export interface MakeLiftOptions extends Pick<ModerationOptions, 'known' | 'say'> {
  readonly ledger: Pick<Ledger, 'byId' | 'byKey' | 'save'>;
  readonly decidedAbout: DecidedAbout;
  readonly madeAgain: Pick<MadeAgain, 'timeOf'>;
  readonly plans: LiftPlans;
  readonly latest: Pick<Latest, 'note'>;
  readonly takingBack: Pick<TakingBack, 'take'>;
  readonly newAction: NewAction;
  readonly takeIn: TakeIn;
}

export function createMakeLift(options: MakeLiftOptions): MakeLift {
  const { ledger, decidedAbout, madeAgain, plans, latest, takingBack, newAction, takeIn, known, say } =
    options;
  return (person, subjectable, request, wanted) => {
    const { only, elsewhere, products } = request;
    const one = only && ('id' in only ? ledger.byId(only.id) : ledger.byKey(only.key));
    const later = elsewhere ? bansSince(elsewhere.at, decidedAbout(namesOf(person)), madeAgain.timeOf) : [];
    const plan = only ? plans.ofOne(one, person, request) : plans.ofAll(person, wanted, products, later);
    const planned = plan.products
      .map((product) => planDelivery(product, 'unban', subjectable, false, say))
      .map((delivery) => withAccountsOf(plan.bans, delivery));
    const action: Action = {
      ...newAction(person, request),
      isOfOneBan: only !== undefined || later.length > 0,
      ended: endedBy(plan.bans, one, products),
      deliveries: planned,
    };
    if (!action.isOfOneBan) latest.note('unban', action.sequence);
    // First, so that a crash in between leaves the lift and not bans that are gone.
    void ledger.save(action);
    const takenBack = takingBack.take(plan.bans, products);
    const about = decidedAbout(namesOfAction(action)).filter(({ id }) => id !== action.id);
    const deliveries = planned.map((delivery) => {
      const { product } = delivery;
      const facts = {
        withdrawn: takenBack.how.get(product) ?? [],
        mayHold: mayHold(product, about),
        isListed: known(product, person).banned,
      };
      return liftShare(delivery, facts, say);
    });
    const concluded = { ...action, deliveries };
    return takeIn(concluded, request, ledger.save(concluded), takenBack);
  };
}

/** The ids of the bans that a lift ends; also of the one that it is of, when that has ended before. */
function endedBy(
  bans: readonly Action[],
  one: Action | undefined,
  products: readonly Product[] | undefined,
): readonly string[] {
  const ids = bans.filter((ban) => coversAll(ban, products)).map(({ id }) => id);
  return one && !one.inForce && !ids.includes(one.id) ? [...ids, one.id] : ids;
}
