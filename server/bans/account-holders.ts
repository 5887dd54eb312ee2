import type { Clock } from '../clock.ts';
import { accountIdOf } from '../identity/target.ts';
import { type Action, productsOf } from '../moderation/action.ts';
import { isDoorOnly } from '../moderation/conclude.ts';
import { displayName } from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import type { BanLists } from './ban-lists.ts';

/** How often an account is asked for that brings no answer, in milliseconds. */
const AGAIN_MS = 60_000;

/**
 * Finds out who holds an account that is banned at the door here alone: no product's list tells it. Asked → known, or
 * there is no such account. No answer → asked again when somebody tries to come in: it may be them.
 */
export interface AccountHolders {
  /** To be told of every action that was accepted. */
  accepted(action: Action): void;
  /** Goes on with the bans that are stored. */
  resume(): void;
  /** To be told that somebody tries to come in. */
  tried(): void;
}

/** What it takes. */
export interface AccountHoldersOptions {
  readonly bans: { get(...args: Parameters<BanLists['get']>): Pick<Asked, 'identify'> | undefined };
  readonly ledger: Pick<Ledger, 'byId' | 'inForce'>;
  /** Told by which identifiers, `type:value`, the holder of an account goes that a ban names. */
  readonly recognised: (actionId: string, identifiers: readonly string[]) => void;
  readonly clock: Pick<Clock, 'elapsed'>;
  readonly log: Pick<Log, 'warn'>;
  readonly say: Say;
}

type Asked = NonNullable<ReturnType<BanLists['get']>>;

/** Whether nobody has told yet who it is that a ban keeps out at the door alone. */
export function isUnknown(action: Action): boolean {
  const { inForce, person, holder } = action;
  return inForce && isDoorOnly(action) && person.identifiers.length === 0 && holder.length === 0;
}

export function createAccountHolders(options: AccountHoldersOptions): AccountHolders {
  const { bans, ledger, clock } = options;
  /** Ids of the bans whose account nobody has told yet, and when it was asked for last, on `elapsed`. */
  const waiting = new Map<string, number>();

  function ask(action: Action): void {
    const account = accountIdOf(action.person.account);
    if (account === null) return;
    waiting.set(action.id, clock.elapsed());
    const products = productsOf(action);
    const unknownIn = new Set<string>();
    for (const product of products) {
      bans.get(product)?.identify(
        account,
        (identifiers) => {
          waiting.delete(action.id);
          options.recognised(action.id, identifiers);
        },
        () => {
          unknownIn.add(product);
          if (unknownIn.size < products.length || !waiting.delete(action.id)) return;
          const words = { name: displayName(action.person), id: action.id };
          options.log.warn(options.say('holder.none', words));
        },
      );
    }
  }

  return {
    accepted(action) {
      if (isUnknown(action)) ask(action);
    },
    resume() {
      for (const action of ledger.inForce()) if (isUnknown(action)) ask(action);
    },
    tried() {
      for (const [id, askedAt] of [...waiting]) {
        const action = ledger.byId(id);
        if (!action || !isUnknown(action)) waiting.delete(id);
        else if (clock.elapsed() - askedAt >= AGAIN_MS) ask(action);
      }
    },
  };
}
