import { type Action, type Delivery, deliveryOf, isQueued, type Product, productsOf } from './action.ts';
import { afterLift } from './lift.ts';

/**
 * A decision that comes late, from a server that could not hand it on at once, counts from when it was taken. What was
 * decided about its person meanwhile, or told again, is the later decision.
 */

/** The lifts, not of one ban alone, that were told after a time, in Unix milliseconds. */
export function liftsSince(at: number, about: readonly Action[]): readonly Action[] {
  return about.filter((action) => action.kind === 'unban' && !action.isOfOneBan && action.toldAt > at);
}

/** The bans in force that were told after a time: a lift of that time ends none of them. */
export function bansSince(
  at: number,
  about: readonly Action[],
  toldAt: (ban: Action) => number,
): readonly Action[] {
  return about.filter((action) => action.inForce && toldAt(action) > at);
}

/** Whether one of these bans is of a product, so that nothing is to be lifted there. */
export function isHeldBy(bans: readonly Action[], product: Product): boolean {
  return bans.some((ban) => deliveryOf(ban, product) !== undefined);
}

/** A ban that lifts had lifted before it came: where they have, it is not carried out. */
export function overtaken(ban: Action, lifts: readonly Action[]): Action {
  const lifted = lifts.flatMap(productsOf);
  const deliveries = ban.deliveries.map(
    (delivery): Delivery =>
      isQueued(delivery) && lifted.includes(delivery.product)
        ? { ...delivery, state: { status: 'refused', code: 'CANCELLED', detail: '' } }
        : delivery,
  );
  return afterLift({ ...ban, deliveries }, lifted);
}
