import { type Action, type Delivery, deliveryOf, isQueued } from '../moderation/action.ts';

/** What is on disk of the actions that have changed since. */
export class Unsafe {
  readonly #actions = new Map<string, { safe: Action; latest: Action }>();

  /**
   * An action is being written.
   *
   * @param before as it was until now; undefined when it is new.
   * @returns to be called once it is on disk.
   */
  begin(action: Action, before: Action | undefined): () => void {
    const { id } = action;
    const known = this.#actions.get(id);
    if (known) known.latest = action;
    else if (before) this.#actions.set(id, { safe: before, latest: action });
    return () => {
      const entry = this.#actions.get(id);
      if (entry?.latest === action) this.#actions.delete(id);
      else if (entry) entry.safe = action;
    };
  }

  /** The action as it is, but for what has ended and would not have after a crash. */
  safe(action: Action): Action {
    const safe = this.#actions.get(action.id)?.safe;
    if (!safe) return action;
    const deliveries = action.deliveries.map((now) => {
      const before = deliveryOf(safe, now.product);
      return before && isQueued(before) && !isQueued(now) ? underWay(before) : now;
    });
    return { ...action, deliveries };
  }
}

/** That its end is being written down is no time to be waited for. */
function underWay(delivery: Delivery): Delivery {
  const { state } = delivery;
  return state.status === 'queued' ? { ...delivery, state: { ...state, nextTryAt: null } } : delivery;
}
