import { forgetOldest } from '../forget-oldest.ts';
import type { Action } from './action.ts';

/** Of how many actions it is remembered that somebody was dropped for them here. */
const MOST_DROPPED = 1_000;

/** For which actions somebody was dropped on this server: one that follows others has that from nobody's record. */
export interface DroppedHere {
  add(id: string): void;
  /** The action, with what is known of it here alone. */
  asHere(action: Action): Action;
}

/** @param ids what is known already, and is kept up; latest last. */
export function createDroppedHere(ids: Set<string>): DroppedHere {
  return {
    add(id) {
      ids.add(id);
      forgetOldest(ids, MOST_DROPPED);
    },
    asHere: (action) => (ids.has(action.id) && !action.dropped ? { ...action, dropped: true } : action),
  };
}
