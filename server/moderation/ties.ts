import type { Seen } from '../identity/seen.ts';
import { type Action, namesOf } from './action.ts';
import type { Ledger } from './ports.ts';

/** Most accounts whose ties are remembered; those that were learned first are forgotten first. */
const MOST_ACCOUNTS = 50_000;

/**
 * Which names belong to one person: `type:value`, and accounts as `account:<uuid>`. Only what there is proof of: seen
 * on one player, named in one action, or told by Sonoran of Discord's own login or of what the vendor's core has
 * registered. An API ID that somebody has typed into their account proves nothing, and is no tie.
 */
export interface Ties {
  /** All names that are tied to one of these, and these. One step, and no further. */
  of(names: readonly string[]): readonly string[];
  /**
   * There is proof that an account is that of whoever has these identifiers.
   *
   * @param account Sonoran's id.
   */
  learn(account: string, identifiers: readonly string[]): void;
}

export function createTies(seen: Pick<Seen, 'with'>, ledger: Pick<Ledger, 'about'>): Ties {
  /** By name, in both directions. */
  const known = new Map<string, Set<string>>();
  const accounts = new Map<string, true>();

  function tie(name: string, other: string): void {
    const others = known.get(name);
    if (others) others.add(other);
    else known.set(name, new Set([other]));
  }

  function forget(account: string): void {
    for (const identifier of known.get(account) ?? []) {
      const others = known.get(identifier);
      others?.delete(account);
      if (others?.size === 0) known.delete(identifier);
    }
    known.delete(account);
  }

  return {
    of(names) {
      const all = new Set(seen.with(names));
      for (const name of names) for (const other of known.get(name) ?? []) all.add(other);
      for (const action of ledger.about(names)) {
        const proven = provenNames(action);
        if (proven.some((name) => names.includes(name))) for (const name of proven) all.add(name);
      }
      return [...all];
    },
    learn(account, identifiers) {
      if (identifiers.length === 0) return;
      const name = `account:${account.toLowerCase()}`;
      accounts.delete(name);
      accounts.set(name, true);
      for (const identifier of identifiers) {
        tie(name, identifier);
        tie(identifier, name);
      }
      for (const oldest of accounts.keys()) {
        if (accounts.size <= MOST_ACCOUNTS) break;
        accounts.delete(oldest);
        forget(oldest);
      }
    },
  };
}

/** The names in an action that are proven to be one person's: not an account that was found by a typed API ID. */
function provenNames({ person, deliveries }: Action): readonly string[] {
  const accounts = deliveries.flatMap(({ state, subjects, candidate }) => {
    const by = subjects[candidate]?.by;
    const isProven = by === 'discord' || by === 'account';
    return state.status === 'delivered' && state.account !== null && isProven
      ? [`account:${state.account.toLowerCase()}`]
      : [];
  });
  return [...namesOf(person), ...accounts];
}
