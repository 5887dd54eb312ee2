import { type Action, deliveryOf, type Product, productsOf } from './action.ts';
import { coversAll, isLiftedIn, isToEnd } from './lift.ts';

/** What has to be done when it turns out during delivery that two decisions were about one account. */
export interface Correction {
  /**
   * `end`: a lift that was decided later has lifted the ban: it is to end here as well, as far as the lift goes.
   * `lift-again`: that lift went out before the ban, or may have, and is to be made once more. `ban-again`: a ban that
   * was decided later went out before the lift.
   */
  readonly kind: 'end' | 'lift-again' | 'ban-again';
  readonly ban: Action;
  readonly lift: Action;
}

/**
 * Names that are not known to be one person's may belong to one account. Two such decisions go out in any order, and
 * only their answers tell. The later decision is the one that counts. Those that were known to be about one person from
 * the beginning have gone out in their order; that they share a name may have become known while they waited.
 *
 * @param action one whose share in a product was confirmed just now, with the account that it was for.
 * @param others those that were confirmed for the same account before.
 * @param placeOf the place of an action in the order of decisions: what puts another right has that one's.
 * @param isOverlapped whether another was confirmed there while a call of the action was under way, which may have
 * been carried out before.
 */
export function correctionsOf(
  action: Action,
  product: Product,
  others: readonly Action[],
  placeOf: (action: Action) => number,
  isOverlapped: (other: Action) => boolean,
): readonly Correction[] {
  const isLiftAfter = (lift: Action, ban: Action) =>
    lift.kind === 'unban' && !lift.isOfOneBan && placeOf(lift) > placeOf(ban);
  if (action.kind === 'ban') {
    // One of some products alone is about nothing that another has confirmed.
    const isAbout = (lift: Action) => deliveryOf(lift, product) !== undefined || endsAllOf(lift, action);
    const lifts = others.filter((other) => isLiftAfter(other, action) && isAbout(other));
    // The call of one that has ended was under way when a lift was confirmed, and may have been heard after it.
    const lift = action.inForce
      ? (lifts.find((other) => endsAllOf(other, action)) ?? lifts[0])
      : lifts.find((other) => hasFound(other, product));
    if (lift) return [{ kind: 'lift-again', ban: action, lift }];
    const undone = others.find((other) => other.kind === 'unban' && isOverlapped(other));
    return undone && action.inForce ? [{ kind: 'ban-again', ban: action, lift: undone }] : [];
  }
  if (action.kind !== 'unban') return [];
  return others.flatMap((ban): Correction[] => {
    if (ban.kind !== 'ban') return [];
    if (isLiftAfter(action, ban) && isOverlapped(ban)) return [{ kind: 'lift-again', ban, lift: action }];
    if (!ban.inForce) return [];
    if (isLiftAfter(action, ban)) {
      return isToEnd(ban, productsOf(action)) ? [{ kind: 'end', ban, lift: action }] : [];
    }
    // What was confirmed in this product is lifted there now; one that was decided later still may want that.
    const isUndone = deliveryOf(ban, product)?.state.status === 'delivered' && !isLiftedIn(ban, product);
    return isUndone ? [{ kind: 'ban-again', ban, lift: action }] : [];
  });
}

/** Whether a product has confirmed an action, and named the account. */
function hasFound(action: Action, product: Product): boolean {
  const state = deliveryOf(action, product)?.state;
  return state?.status === 'delivered' && state.account !== null;
}

/** Whether nothing of a ban is left when the products of a lift have lifted it. */
export function endsAllOf(lift: Action, ban: Action): boolean {
  return coversAll(ban, productsOf(lift));
}
