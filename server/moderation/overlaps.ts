import { type Action, deliveryOf, isQueued, type Product } from './action.ts';

/**
 * Which lifts were confirmed while the call of a ban was under way, and which bans while that of a lift was: that call
 * may have been carried out first, though its answer comes last. For this run alone: what a restart cuts off is called
 * again.
 */
export interface Overlaps {
  /**
   * To be told of every share that was confirmed.
   *
   * @param pending what is on its way.
   * @returns of a ban, or a lift, whether it was confirmed during the call of this action, which stands against it.
   */
  noticed(action: Action, product: Product, pending: readonly Action[]): (other: Action) => boolean;
}

export function createOverlaps(): Overlaps {
  /** By product and id of what is on its way, the ids of what was confirmed meanwhile. */
  const confirmed = new Map<string, Set<string>>();

  function isUnderWay(action: Action, product: Product): boolean {
    const delivery = deliveryOf(action, product);
    return delivery !== undefined && isQueued(delivery) && delivery.unanswered !== null;
  }

  return {
    noticed(action, product, pending) {
      const key = `${product} ${action.id}`;
      const during = confirmed.get(key);
      confirmed.delete(key);
      if (action.kind !== 'kick') {
        const opposite = action.kind === 'ban' ? 'unban' : 'ban';
        const open = new Set(pending.map(({ id }) => id));
        for (const known of confirmed.keys())
          if (!open.has(known.slice(known.indexOf(' ') + 1))) confirmed.delete(known);
        for (const other of pending) {
          if (other.kind !== opposite || !isUnderWay(other, product)) continue;
          const of = `${product} ${other.id}`;
          confirmed.set(of, (confirmed.get(of) ?? new Set()).add(action.id));
        }
      }
      return ({ id }) => during?.has(id) ?? false;
    },
  };
}
