import { type Action, namesOf, namesOfAction, type Person, type Product } from './action.ts';
import type { ModerationOptions } from './contract.ts';
import { isHeldBy } from './late.ts';
import { holdsIn, isLiftedIn, isToEnd, mayHaveReached, mayHold } from './lift.ts';
import type { MadeAgain } from './made-again.ts';
import type { ProductInUse } from './plan.ts';
import type { SanctionRequest } from './request.ts';
import type { DecidedAbout } from './ties.ts';

/** What a lift is to do: the bans that it ends, and the products in which it lifts. */
export interface LiftPlan {
  readonly bans: readonly Action[];
  readonly products: readonly ProductInUse[];
}

/** Plans lifts. */
export interface LiftPlans {
  /**
   * Of all that was decided about a person.
   *
   * @param wanted the products that are to be lifted in.
   * @param products those that were named; undefined: all.
   * @param later the bans that were decided after it, which it leaves alone.
   */
  ofAll(
    person: Person,
    wanted: readonly ProductInUse[],
    products: readonly Product[] | undefined,
    later: readonly Action[],
  ): LiftPlan;
  /**
   * Of one ban. While another ban of the person is in force, the end of one lifts nothing that the other one holds.
   *
   * @param ban undefined when it is not known here.
   * @param isCorrection the ban went out after a later lift, which has therefore not lifted it.
   */
  ofOne(
    ban: Action | undefined,
    person: Person,
    request?: Pick<SanctionRequest, 'isCorrection' | 'products'>,
  ): LiftPlan;
}

/** What they take. */
export interface LiftPlansOptions extends Pick<ModerationOptions, 'products' | 'everyProduct'> {
  readonly decidedAbout: DecidedAbout;
  readonly madeAgain: Pick<MadeAgain, 'firstOf'>;
}

export function createLiftPlans(options: LiftPlansOptions): LiftPlans {
  const { decidedAbout, madeAgain } = options;
  const { firstOf } = madeAgain;
  return {
    ofAll: (person, wanted, products, later) => ({
      bans: decidedAbout(namesOf(person)).filter((ban) => isToEnd(ban, products) && !later.includes(ban)),
      products: wanted.filter(({ api }) => !isHeldBy(later, api.product)),
    }),
    ofOne(ban, person, { isCorrection, products } = {}) {
      const about = decidedAbout(ban ? [...namesOf(person), ...namesOfAction(ban)] : namesOf(person));
      // However often it had to be made again.
      const own = ban ? about.filter((other) => firstOf(other).id === firstOf(ban).id) : [];
      const others = about.filter((other) => other.inForce && !own.includes(other));
      const isToLift = (product: Product) => {
        if (others.some((other) => holdsIn(other, product) && !isLiftedIn(other, product))) return false;
        // Of one that is not known here: only while nothing else keeps the person out.
        if (!ban) return others.length === 0 && options.products().some(({ api }) => api.product === product);
        if (isCorrection && own.some((each) => mayHaveReached(each, product))) return true;
        return mayHold(product, about);
      };
      return {
        bans: own.filter((each) => isToEnd(each, products)),
        products: options.everyProduct.filter(
          ({ api }) => (products?.includes(api.product) ?? true) && isToLift(api.product),
        ),
      };
    },
  };
}
