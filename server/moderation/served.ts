import { type Action, type Delivery, isCancelled, isKept } from './action.ts';

/** A temporary ban whose end has come. What waits for a link has no more to wait for: no account was linked. */
export function servedToTheEnd(ban: Action): Action {
  const deliveries = ban.deliveries.map((delivery): Delivery => {
    const { state } = delivery;
    if (!isKept(delivery) || state.status !== 'queued') return delivery;
    return { ...delivery, state: { status: 'refused', code: 'NOT_LINKED', detail: state.detail } };
  });
  return { ...ban, served: true, deliveries };
}

/** Whether a ban was taken back, of which no product had confirmed anything. */
export function isTakenBack({ kind, inForce, deliveries }: Action): boolean {
  return kind === 'ban' && !inForce && deliveries.some(isCancelled) && deliveries.every(isRefused);
}

/** Whether the door here has kept somebody out until the end of a ban that no product ever had. */
export function isServedHere({ inForce, served, deliveries }: Action): boolean {
  return served && !inForce && deliveries.every(isRefused);
}

function isRefused({ state }: Delivery): boolean {
  return state.status === 'refused';
}
