import { type Action, type Delivery, deliveryOf, type Product } from './action.ts';

/**
 * A decision that comes late, from a server that could not hand it on at once, counts from when it was taken. What was
 * decided about its person meanwhile is the later decision.
 */

/** The lift, of all that a person had, that was decided after a time, in Unix milliseconds; undefined when none was. */
export function liftSince(at: number, about: readonly Action[]): Action | undefined {
  return about.find((action) => action.kind === 'unban' && !action.isOfOneBan && action.at > at);
}

/** The bans in force that were decided after a time: a lift of that time ends none of them. */
export function bansSince(at: number, about: readonly Action[]): readonly Action[] {
  return about.filter((action) => action.inForce && action.at > at);
}

/** Whether one of these bans is of a product, so that nothing is to be lifted there. */
export function isHeldBy(bans: readonly Action[], product: Product): boolean {
  return bans.some((ban) => deliveryOf(ban, product) !== undefined);
}

/** A ban that had been lifted before it came: it is not carried out. */
export function overtaken(ban: Action): Action {
  const deliveries = ban.deliveries.map(
    (delivery): Delivery =>
      delivery.state.status === 'queued'
        ? { ...delivery, state: { status: 'refused', code: 'CANCELLED', detail: '' } }
        : delivery,
  );
  return { ...ban, deliveries, inForce: false };
}
