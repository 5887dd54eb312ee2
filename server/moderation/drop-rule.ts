import type { Action } from './action.ts';

/** Whether, with one more product having confirmed, connected players are to be dropped. */
export function isDropDue({ drop, deliveries }: Action): boolean {
  const isDelivered = deliveries.map(({ state }) => state.status === 'delivered');
  switch (drop) {
    case 'always':
      return true;
    case 'success':
      return isDelivered.includes(true);
    case 'all':
      return !isDelivered.includes(false);
  }
}
