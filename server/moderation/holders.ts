import { forgetOldest } from '../forget-oldest.ts';
import type { Ledger } from './ports.ts';

/** Most identifiers of an account's holder that an action keeps. */
export const MOST_HOLDER = 100;
/** Most accounts of which it is remembered whom look-ups have shown; the one looked up longest ago is forgotten first. */
const MOST_ACCOUNTS = 10_000;

/**
 * By which identifiers whoever holds an account seems to go: also by API IDs, which people type themselves. That is
 * enough to drop them with a kick of the account, as it is for a ban; it proves nothing, see `Ties`.
 */
export interface Holders {
  /**
   * A look-up has found an account.
   *
   * @param account Sonoran's id.
   * @param identifiers of whoever it was found for, and those that the account has, `type:value`.
   */
  found(account: string, identifiers: readonly string[]): void;
  /** `type:value`, in no order. */
  of(account: string): readonly string[];
}

/** @param listed by which identifiers the products' lists know a banned account. */
export function createHolders(
  ledger: Pick<Ledger, 'about'>,
  listed: (account: string) => readonly string[],
): Holders {
  const lookedUp = new Map<string, readonly string[]>();

  /** Those for whom an answer has named the account. */
  function decidedAbout(account: string): readonly string[] {
    return ledger.about([`account:${account}`]).flatMap(({ person, deliveries }) => {
      const isTheirs = deliveries.some(
        ({ state }) => state.status === 'delivered' && state.account?.toLowerCase() === account,
      );
      return isTheirs ? person.identifiers : [];
    });
  }

  return {
    found(account, identifiers) {
      const name = account.toLowerCase();
      lookedUp.delete(name);
      lookedUp.set(name, identifiers);
      forgetOldest(lookedUp, MOST_ACCOUNTS);
    },
    of(account) {
      const name = account.toLowerCase();
      return [...new Set([...(lookedUp.get(name) ?? []), ...decidedAbout(name), ...listed(name)])];
    },
  };
}
