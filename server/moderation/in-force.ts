import { type Action, deliveryOf, type Product } from './action.ts';

/** Whether an action holds in a product: it has a share there that has come, or may come, to pass. */
function holdsIn(action: Action, product: Product): boolean {
  const status = deliveryOf(action, product)?.state.status;
  return status === 'delivered' || status === 'queued';
}

/** Whether a later decision, of those about the same person, has lifted a ban in a product, or is about to. */
export function isLifted(ban: Action, product: Product, others: readonly Action[]): boolean {
  return others.some(
    (other) => other.kind === 'unban' && other.sequence > ban.sequence && holdsIn(other, product),
  );
}

/** Whether a ban holds in a product and none of the others, about the same person, lifts it. */
export function isInForce(ban: Action, product: Product, others: readonly Action[]): boolean {
  return ban.kind === 'ban' && holdsIn(ban, product) && !isLifted(ban, product, others);
}
