import { type Action, deliveryOf, namesOfAction, type Product, productsOf } from '../action.ts';
import type { Moderation, ModerationOptions } from '../contract.ts';
import { isLifted, isLiftedIn, mayHaveReached } from '../lift.ts';
import { liftAgain } from '../lift-again.ts';
import { isLiftAgain, keyOfServed } from '../own-keys.ts';
import { samePerson } from '../person.ts';
import type { Ledger } from '../ports.ts';
import type { DecidedAbout } from '../ties.ts';
import type { LiftAtEnd } from './lift-at-end.ts';

/**
 * The end of one ban lifts nothing that another one in force holds, or is about to. With the end of the last of them,
 * the person's earlier ones are lifted where a product still has them.
 */
export interface LiftWhatIsLeft {
  /** To be called when a ban has ended. */
  after(ban: Action): void;
  /** To be called at a start, for all that is stored: a crash may have come before it. */
  resume(all: readonly Action[]): void;
}

/** What it takes. */
export interface LiftWhatIsLeftOptions extends Pick<ModerationOptions, 'everyProduct' | 'onBug'> {
  readonly ledger: Pick<Ledger, 'byId' | 'byKey'>;
  readonly decidedAbout: DecidedAbout;
  readonly liftAtEnd: LiftAtEnd;
  readonly submit: Moderation['submit'];
}

export function createLiftWhatIsLeft(options: LiftWhatIsLeftOptions): LiftWhatIsLeft {
  const { everyProduct, ledger, decidedAbout, liftAtEnd, submit, onBug } = options;

  const canLift = (product: Product) =>
    everyProduct.some(({ api }) => api.product === product && api.kinds.has('unban'));

  /** Where a lift has ended a ban, and left it, so that it may be there still. */
  function leftBy(lift: Action, ban: Action): readonly Product[] {
    return productsOf(ban).filter(
      (product) =>
        !deliveryOf(lift, product) &&
        mayHaveReached(ban, product) &&
        !isLiftedIn(ban, product) &&
        canLift(product),
    );
  }

  function liftLeft(ban: Action, about: readonly Action[]): void {
    const lift = about.findLast((other) => other.isOfOneBan && other.ended.includes(ban.id));
    if (!lift) return;
    // A ban that went out after a lift, or was heard after it, was not lifted by that one.
    const since = isLiftAgain(lift) ? lift : ban;
    for (const product of leftBy(lift, ban)) {
      if (isLifted(ban, product, about, since)) continue;
      submit(samePerson(ban), liftAgain(ban, lift, product)).catch(onBug);
    }
  }

  function after(ban: Action): void {
    const about = decidedAbout(namesOfAction(ban));
    if (about.some(({ inForce }) => inForce)) return;
    for (const over of about) {
      if (over.kind !== 'ban') continue;
      const isServed = over.expiresAt !== null && !ledger.byKey(keyOfServed(over));
      const lifted = isServed ? liftAtEnd(over) : undefined;
      if (lifted) lifted.catch(onBug);
      else liftLeft(over, about);
    }
  }

  return {
    after,
    resume(all) {
      for (const lift of all) {
        if (!lift.isOfOneBan) continue;
        const left = lift.ended.flatMap((id) => ledger.byId(id) ?? []);
        for (const ban of left) if (leftBy(lift, ban).length > 0) after(ban);
      }
    },
  };
}
