import { type Action, deliveryOf, isSamePerson, type Product } from './action.ts';
import { coversAll } from './lift.ts';

/** What has to be done when it turns out during delivery that two decisions were about one account. */
export interface Correction {
  /**
   * `end`: a lift that was decided later has lifted the ban: it is to end here as well. `lift-again`: that lift went
   * out before the ban, and is to be made once more. `ban-again`: a ban that was decided later went out before the lift.
   */
  readonly kind: 'end' | 'lift-again' | 'ban-again';
  readonly ban: Action;
  readonly lift: Action;
}

/**
 * Names that are not known to be one person's may belong to one account. Two such decisions go out in any order, and
 * only their answers tell. The later decision is the one that counts.
 *
 * @param action one whose share in a product was confirmed just now, with the account that it was for.
 * @param others those that were confirmed for the same account before.
 */
export function correctionsOf(
  action: Action,
  product: Product,
  others: readonly Action[],
): readonly Correction[] {
  // Of those that were known to be about the same person each was decided, and went out, after the one before.
  const strangers = others.filter(({ person }) => !isSamePerson(person, action.person));
  if (action.kind === 'ban') {
    const lift = strangers.find(
      (other) =>
        other.kind === 'unban' &&
        !other.isOfOneBan &&
        other.sequence > action.sequence &&
        deliveryOf(other, product) !== undefined,
    );
    return lift && action.inForce ? [{ kind: 'lift-again', ban: action, lift }] : [];
  }
  if (action.kind !== 'unban') return [];
  const products = action.deliveries.map((delivery) => delivery.product);
  return strangers.flatMap((ban): Correction[] => {
    if (ban.kind !== 'ban' || !ban.inForce) return [];
    if (ban.sequence < action.sequence && !action.isOfOneBan) {
      // A lift in one product leaves what holds in another.
      return coversAll(ban, products) ? [{ kind: 'end', ban, lift: action }] : [];
    }
    // What was confirmed in this product is lifted there now.
    const isUndone = deliveryOf(ban, product)?.state.status === 'delivered';
    return isUndone ? [{ kind: 'ban-again', ban, lift: action }] : [];
  });
}
