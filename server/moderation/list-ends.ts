import { type Action, isQueued, type Product } from './action.ts';

/**
 * Whether a ban has ended elsewhere: the lists of all products that confirmed it no longer have the person.
 *
 * @param isListed what a product's list says of the action's person; null when it is not known.
 */
export function hasEndedOnLists(
  { inForce, deliveries }: Action,
  isListed: (product: Product) => boolean | null,
): boolean {
  if (!inForce || deliveries.some(isQueued)) return false;
  const confirmed = deliveries.filter(({ state }) => state.status === 'delivered');
  return confirmed.length > 0 && confirmed.every(({ product }) => isListed(product) === false);
}
