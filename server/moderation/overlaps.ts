import { type Action, deliveryOf, isQueued, type Product } from './action.ts';

/**
 * Which lifts were confirmed while the call of a ban was under way: that ban may have been carried out first, though
 * its answer comes last. For this run alone: what a restart cuts off is called again.
 */
export interface Overlaps {
  /**
   * To be told of every share that was confirmed.
   *
   * @param pending what is on its way.
   * @returns for a ban, whether a lift was confirmed during its call.
   */
  noticed(action: Action, product: Product, pending: readonly Action[]): (lift: Action) => boolean;
}

export function createOverlaps(): Overlaps {
  /** By product and id of a ban that is on its way, the ids of the lifts. */
  const lifts = new Map<string, Set<string>>();

  function isUnderWay(ban: Action, product: Product): boolean {
    const delivery = deliveryOf(ban, product);
    return ban.kind === 'ban' && delivery !== undefined && isQueued(delivery) && delivery.unanswered !== null;
  }

  return {
    noticed(action, product, pending) {
      const key = `${product} ${action.id}`;
      const during = lifts.get(key);
      lifts.delete(key);
      if (action.kind === 'unban') {
        const bans = pending.filter((ban) => isUnderWay(ban, product));
        const open = new Set(pending.map(({ id }) => id));
        for (const known of lifts.keys())
          if (!open.has(known.slice(known.indexOf(' ') + 1))) lifts.delete(known);
        for (const { id } of bans) {
          const of = `${product} ${id}`;
          lifts.set(of, (lifts.get(of) ?? new Set()).add(action.id));
        }
      }
      return ({ id }) => during?.has(id) ?? false;
    },
  };
}
