import { type Action, type Delivery, isKept } from './action.ts';
import { isHeldHere } from './conclude.ts';

/**
 * Whether connected players are to be dropped now: a product has confirmed, or the door here is all that holds a ban.
 * What has ended meanwhile drops nobody.
 */
export function isDropDue(action: Action): boolean {
  const { kind, drop, deliveries, inForce } = action;
  if (kind === 'unban' || (kind === 'ban' && !inForce)) return false;
  if (drop === 'always' || isHeldHere(action)) return true;
  const counted = drop === 'all' ? deliveries.filter((delivery) => !isWithout(delivery)) : deliveries;
  const isDelivered = counted.map(({ state }) => state.status === 'delivered');
  return isDelivered.includes(true) && (drop === 'success' || !isDelivered.includes(false));
}

/** A product that was left out, or has no account of the person, does not count. */
function isWithout(delivery: Delivery): boolean {
  const { state } = delivery;
  if (isKept(delivery)) return true;
  return (
    state.status === 'refused' &&
    (state.code === 'UNSUPPORTED' || state.code === 'NOT_LINKED' || state.code === 'NO_IDENTIFIER')
  );
}
