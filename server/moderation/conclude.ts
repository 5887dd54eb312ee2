import { type Action, type Delivery, type DeliveryState, isKept, isQueued } from './action.ts';
import { coversAll } from './lift.ts';

/** What becomes of the ban of somebody whom no product knows: it waits for a link, or ends (`cmsban_unlinked`). */
export const UNLINKED_RULES = ['keep', 'refuse'] as const;
export type UnlinkedRule = (typeof UNLINKED_RULES)[number];

/**
 * What an action is after a change of its shares.
 *
 * A ban whose person every product that was asked does not know is kept, if the owner wants that and there is an
 * identifier to keep it by. Once a product confirms, another that does not know the person ends. A ban ends here when
 * it was lifted wherever somebody took it, nobody ever will, and the door alone cannot hold it either; one that was
 * given up stays in force.
 */
export function conclude(action: Action, unlinked: UnlinkedRule): Action {
  if (action.kind !== 'ban') return action;
  const isConfirmed = action.deliveries.some(({ state }) => state.status === 'delivered');
  const deliveries = action.deliveries.map((delivery): Delivery => {
    if (isConfirmed && isKept(delivery)) return { ...delivery, state: NOT_LINKED };
    return delivery;
  });
  const now = { ...action, deliveries };
  if (unlinked === 'keep' && isForKeeping(now, isKept)) return withUnknownKept(now);
  return now.inForce && hasEnded(now) ? { ...now, inForce: false } : now;
}

/**
 * An action as it is told. While another product has not answered yet, a share of somebody who is not known has not
 * ended: the ban will be kept unless that product confirms, so the share waits for a link like one that is kept.
 */
export function asTold(action: Action, unlinked: UnlinkedRule): Action {
  if (unlinked !== 'keep' || action.kind !== 'ban' || !isForKeeping(action, isQueued)) return action;
  return withUnknownKept(action);
}

/** Whether the door here is all that holds a ban: it is kept, or no product can lift it and so none was asked. */
export function isHeldHere(action: Action): boolean {
  const { deliveries, inForce } = action;
  if (!inForce || deliveries.some(({ state }) => state.status === 'delivered')) return false;
  return isDoorOnly(action) || (deliveries.some(isKept) && deliveries.every(isOver));
}

/** A temporary ban that no product can take, and of somebody whom the door can tell. */
export function isDoorOnly({ kind, expiresAt, deliveries, person }: Action): boolean {
  if (kind !== 'ban' || expiresAt === null || deliveries.length === 0) return false;
  const isTellable = person.identifiers.length > 0 || person.account?.startsWith('account:') === true;
  return isTellable && deliveries.every(isLeftOut);
}

const NOT_LINKED: DeliveryState = { status: 'refused', code: 'NOT_LINKED', detail: '' };

/** @param isWaiting which shares may wait beside those of products that do not know the person. */
function isForKeeping(
  { inForce, person, deliveries }: Action,
  isWaiting: (delivery: Delivery) => boolean,
): boolean {
  const asked = deliveries.filter((delivery) => !isLeftOut(delivery));
  if (!inForce || person.identifiers.length === 0 || !asked.some(isUnknown)) return false;
  return asked.every((delivery) => isUnknown(delivery) || isWaiting(delivery));
}

function withUnknownKept(action: Action): Action {
  const deliveries = action.deliveries.map((delivery) => (isUnknown(delivery) ? kept(delivery) : delivery));
  return { ...action, deliveries };
}

function hasEnded(action: Action): boolean {
  return !isDoorOnly(action) && coversAll(action, []);
}

function isLeftOut({ state }: Delivery): boolean {
  return state.status === 'refused' && state.code === 'UNSUPPORTED';
}

function isUnknown({ state }: Delivery): boolean {
  return state.status === 'refused' && (state.code === 'NOT_LINKED' || state.code === 'NO_IDENTIFIER');
}

function isOver(delivery: Delivery): boolean {
  return isKept(delivery) || delivery.state.status !== 'queued';
}

function kept(delivery: Delivery): Delivery {
  const { state, subjects } = delivery;
  // Who has no identifier to ask by is told which are looked for.
  const detail = state.status === 'refused' && subjects.length === 0 ? state.detail : '';
  return { ...delivery, state: { status: 'queued', code: 'NOT_LINKED', detail, nextTryAt: null } };
}
