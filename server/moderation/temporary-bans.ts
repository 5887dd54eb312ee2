import type { Clock } from '../clock.ts';
import { type Action, isSamePerson, type Product } from './action.ts';

/** Longest timer, in milliseconds; expiry is a matter of the wall clock, which may be set meanwhile. */
const LONGEST_SLEEP_MS = 60 * 60 * 1000;

/** Ends temporary bans when they expire. */
export interface TemporaryBans {
  /** To be told of every action that was accepted. */
  accepted(action: Action): void;
  stop(): void;
}

/** What temporary bans are made of. */
export interface TemporaryBansOptions {
  readonly clock: Clock;
  /** Lifts a ban in the given products. */
  readonly lift: (ban: Action, products: readonly Product[]) => void;
  /** The action as it stands now. */
  readonly byId: (id: string) => Action | undefined;
}

/**
 * A later decision about the same person replaces the wait for an expiry: a lift has done it already,
 * a permanent ban must not be undone, and of two temporary bans the one that ends last decides.
 */
export function createTemporaryBans({ clock, lift, byId }: TemporaryBansOptions): TemporaryBans {
  const waiting = new Map<string, { ban: Action; expiresAt: number; cancel: () => void }>();

  function wait(ban: Action, expiresAt: number): void {
    const left = expiresAt - clock.now();
    const cancel = clock.after(Math.min(Math.max(left, 0), LONGEST_SLEEP_MS), () => {
      if (clock.now() < expiresAt) return wait(ban, expiresAt);
      waiting.delete(ban.id);
      expire(ban, expiresAt);
    });
    waiting.set(ban.id, { ban, expiresAt, cancel });
  }

  function expire(ban: Action, expiresAt: number): void {
    const isOutlived = [...waiting.values()].some(
      (other) => other.expiresAt > expiresAt && isSamePerson(other.ban.person, ban.person),
    );
    if (isOutlived) return;
    const products = (byId(ban.id) ?? ban).deliveries
      .filter(({ state }) => state.status !== 'refused')
      .map(({ product }) => product);
    if (products.length > 0) lift(ban, products);
  }

  function forget(action: Action): void {
    for (const [id, { ban, cancel }] of waiting) {
      if (!isSamePerson(ban.person, action.person)) continue;
      cancel();
      waiting.delete(id);
    }
  }

  return {
    accepted(action) {
      if (action.kind === 'ban' && action.expiresAt !== null) wait(action, action.expiresAt);
      else if (action.kind !== 'kick') forget(action);
    },
    stop() {
      for (const { cancel } of waiting.values()) cancel();
      waiting.clear();
    },
  };
}
