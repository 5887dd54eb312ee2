import { type Action, isSettled } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';

/**
 * Keeps actions in memory: all that are on their way, and the latest that are settled.
 *
 * @param historyLimit how many settled actions are kept.
 */
export function createMemoryLedger(historyLimit: number): Ledger {
  const pending = new Map<string, Action>();
  /** Oldest first. */
  const settled = new Map<string, Action>();
  const keys = new Map<string, string>();

  function forgetOldest(): void {
    for (const [id, { key }] of settled) {
      if (settled.size <= historyLimit) return;
      settled.delete(id);
      if (key !== null) keys.delete(key);
    }
  }

  const byId = (id: string) => pending.get(id) ?? settled.get(id);

  return {
    async save(action) {
      if (action.key !== null) keys.set(action.key, action.id);
      if (!isSettled(action)) {
        pending.set(action.id, action);
        return;
      }
      pending.delete(action.id);
      settled.set(action.id, action);
      forgetOldest();
    },
    byId,
    byKey(key) {
      const id = keys.get(key);
      return id === undefined ? undefined : byId(id);
    },
    pending: () => [...pending.values()],
    latest: (limit) => [...settled.values(), ...pending.values()].sort((a, b) => b.at - a.at).slice(0, limit),
  };
}
