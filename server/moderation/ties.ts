import { parseIdentifier } from '../identity/identifier.ts';
import type { Seen } from '../identity/seen.ts';
import { type Action, namesOf, type Person } from './action.ts';
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
   * @param names what else Sonoran calls the account: `username:…`, `unique:…`.
   */
  learn(account: string, identifiers: readonly string[], names?: readonly string[]): void;
}

/** All that is known to have been decided about whoever goes by these names, in no order. */
export type DecidedAbout = (names: readonly string[]) => readonly Action[];

/**
 * The identifiers by which somebody is found in Sonoran: of whoever is not here, also those that are tied to theirs.
 * Theirs come first.
 */
export function identifiersInFull(
  { playerId, identifiers }: Pick<Person, 'playerId' | 'identifiers'>,
  ties: Pick<Ties, 'of'>,
): readonly string[] {
  // Who is here has shown what is theirs.
  if (playerId !== null) return identifiers;
  return ties.of(identifiers).filter((name) => parseIdentifier(name) !== undefined);
}

export function createTies(seen: Pick<Seen, 'with'>, ledger: Pick<Ledger, 'about'>): Ties {
  /** By name, in both directions. */
  const known = new Map<string, Set<string>>();
  /** By account, what else it is called. */
  const accounts = new Map<string, readonly string[]>();
  /**
   * The same the other way round; each product may have an account of that name. A name is an account's own: to go by
   * it is no step.
   */
  const accountsByName = new Map<string, Set<string>>();

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
    rename(account, []);
    accounts.delete(account);
  }

  function rename(account: string, names: readonly string[]): void {
    for (const name of accounts.get(account) ?? []) {
      const others = accountsByName.get(name);
      others?.delete(account);
      if (others?.size === 0) accountsByName.delete(name);
    }
    for (const name of names) {
      const others = accountsByName.get(name);
      if (others) others.add(account);
      else accountsByName.set(name, new Set([account]));
    }
    accounts.delete(account);
    accounts.set(account, names);
  }

  return {
    of(asked) {
      const accountsOfNames = asked.flatMap((name) => [...(accountsByName.get(name.toLowerCase()) ?? [])]);
      const names = [...asked, ...accountsOfNames];
      const all = new Set(seen.with(names));
      for (const name of names) for (const other of known.get(name) ?? []) all.add(other);
      for (const action of ledger.about(names)) {
        const proven = provenNames(action);
        if (proven.some((name) => names.includes(name))) for (const name of proven) all.add(name);
      }
      return [...all];
    },
    learn(account, identifiers, names = []) {
      if (identifiers.length + names.length === 0) return;
      const name = `account:${account.toLowerCase()}`;
      const added = names.map((each) => each.toLowerCase());
      // An account has one name of each form: it may be called otherwise by now.
      const kept = (accounts.get(name) ?? []).filter(
        (old) => !added.some((each) => formOf(each) === formOf(old)),
      );
      rename(name, [...kept, ...added]);
      for (const identifier of identifiers) {
        tie(name, identifier);
        tie(identifier, name);
      }
      for (const oldest of accounts.keys()) {
        if (accounts.size <= MOST_ACCOUNTS) break;
        forget(oldest);
      }
    },
  };
}

/** What a name is: `username` of `username:jane`. */
function formOf(name: string): string {
  return name.slice(0, name.indexOf(':'));
}

/** The names in an action that are proven to be one person's: not an account that was found by a typed API ID. */
function provenNames({ person, deliveries }: Action): readonly string[] {
  const accounts = deliveries.flatMap(({ state, subjects, candidate }) => {
    const by = subjects[candidate]?.by;
    // Every other name is the account's own, and not one that somebody has typed into it.
    const isProven = by !== undefined && by !== 'apiId';
    return state.status === 'delivered' && state.account !== null && isProven
      ? [`account:${state.account.toLowerCase()}`]
      : [];
  });
  return [...namesOf(person), ...accounts];
}
