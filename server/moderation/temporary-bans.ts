import type { Clock } from '../clock.ts';
import { type Action, isSamePerson, type Product } from './action.ts';
import { isInForce, isLifted } from './in-force.ts';
import type { Ledger } from './ports.ts';

/** Longest timer, in milliseconds; expiry is a matter of the wall clock, which may be set meanwhile. */
const LONGEST_SLEEP_MS = 60 * 60 * 1000;

/** Ends temporary bans when they expire, also after restarts. */
export interface TemporaryBans {
  /** Goes on waiting for the end of the bans that are stored; those that have ended meanwhile are lifted now. */
  resume(): void;
  /** To be told of every action that was accepted. */
  accepted(action: Action): void;
  stop(): void;
}

/** What temporary bans are made of. */
export interface TemporaryBansOptions {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'byId' | 'saveNow' | 'expiring' | 'latest'>;
  /** Lifts a ban in the given products; resolves when that is safe, and has one effect however often it is asked. */
  readonly lift: (ban: Action, products: readonly Product[]) => Promise<unknown>;
  /** Takes back a ban that cannot have had an effect yet; false when it is too late. */
  readonly withdraw: (actionId: string, product: Product) => boolean;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/**
 * What is lifted is decided when a ban expires, product by product: not what somebody has lifted since,
 * and not where another ban of the same person lasts longer. What did not come to pass does not count.
 */
export function createTemporaryBans(options: TemporaryBansOptions): TemporaryBans {
  const { clock, ledger, lift, withdraw } = options;
  const timers = new Map<string, () => void>();

  function wait({ id, expiresAt }: Action): void {
    if (expiresAt === null) return;
    const left = Math.min(Math.max(expiresAt - clock.now(), 1), LONGEST_SLEEP_MS);
    timers.set(
      id,
      clock.after(left, () => {
        timers.delete(id);
        const ban = ledger.byId(id);
        if (!ban) return;
        if (clock.now() < expiresAt) wait(ban);
        else expire(ban).catch(options.onBug);
      }),
    );
  }

  async function expire(ban: Action): Promise<void> {
    const others = ledger
      .latest(Number.POSITIVE_INFINITY)
      .filter((other) => other.id !== ban.id && isSamePerson(other.person, ban.person));
    const products = ban.deliveries
      .filter(({ state }) => state.status !== 'refused')
      .map(({ product }) => product)
      .filter((product) => !isLifted(ban, product, others))
      .filter((product) => !others.some((other) => isInForce(other, product, others) && outlasts(other, ban)))
      // A ban that never went out is called off; it may not be the one that is in force.
      .filter((product) => !withdraw(ban.id, product));
    // Only then: a crash in between repeats the lift, which has one effect.
    if (products.length > 0) await lift(ban, products);
    const now = ledger.byId(ban.id);
    if (now?.isExpiryPending) ledger.saveNow({ ...now, isExpiryPending: false });
  }

  return {
    resume() {
      for (const ban of ledger.expiring()) if (!timers.has(ban.id)) wait(ban);
    },
    accepted(action) {
      if (action.isExpiryPending) wait(action);
    },
    stop() {
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

/** Of two that end together, the later decision sees to it. */
function outlasts(other: Action, ban: Action): boolean {
  if (other.expiresAt === null || ban.expiresAt === null) return other.expiresAt === null;
  return (
    other.expiresAt > ban.expiresAt || (other.expiresAt === ban.expiresAt && other.sequence > ban.sequence)
  );
}
