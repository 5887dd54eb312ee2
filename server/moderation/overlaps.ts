import type { Action, Product } from './action.ts';

/**
 * Which lifts were confirmed while the call of a ban was under way, and which bans while that of a lift was: that call
 * may have been carried out first, though its answer comes last. What a restart cuts off, or has lost its answer, is
 * called again: that comes last in any case.
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

/** @param isUnderWay whether a call of an action is under way in a product, in this moment. */
export function createOverlaps(isUnderWay: (actionId: string, product: Product) => boolean): Overlaps {
  /** By product and id of what is on its way, the ids of what was confirmed meanwhile. */
  const confirmed = new Map<string, Set<string>>();

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
          if (other.kind !== opposite || !isUnderWay(other.id, product)) continue;
          const of = `${product} ${other.id}`;
          confirmed.set(of, (confirmed.get(of) ?? new Set()).add(action.id));
        }
      }
      return ({ id }) => during?.has(id) ?? false;
    },
  };
}
