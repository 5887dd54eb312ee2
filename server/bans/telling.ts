import { identifiersOfKey, identifiersOfKeys } from '../identity/ban-key.ts';
import type { IdentifierType } from '../identity/identifier.ts';
import { type Ban, countingKeys } from './ban-index.ts';
import { keptBan } from './ban-line.ts';

/** What a product tells of a banned account. */
export interface Telling {
  /** Its keys, see `identity/ban-key.ts`. */
  readonly keys: readonly string[];
  /** `type:value` that Discord's own login or the vendor's core has for it. */
  readonly proven: readonly string[];
  /** Whether these are all keys that the account has now. */
  readonly isWhole: boolean;
}

/** What is known here of whom identifiers belong to. */
export interface Evidence {
  /** The identifier types that are API IDs in this product. */
  readonly types: readonly IdentifierType[];
  /** All names that are proven to belong to whoever has one of these: `type:value`, `account:<uuid>`. */
  readonly tied: (names: readonly string[]) => readonly string[];
}

/**
 * What is to be known of a ban when a product has told of its account. No key is lost; one that the account has only
 * got since it was first told of counts when it is proven to be its holder's: people type what they like into
 * their own account, and nobody is to keep a stranger out that way.
 *
 * @returns the same ban when there is nothing new.
 */
export function withTelling(ban: Ban, telling: Telling, evidence: Evidence): Ban {
  const { listed, isListed } = ban;
  const proven = union(ban.proven, telling.proven);
  const keys = telling.keys.filter((key) => !listed.includes(key) && !proven.includes(key));
  const next: Ban = isListed
    ? { ...ban, proven, claims: telling.isWhole ? keys : union(ban.claims, keys) }
    : { ...ban, proven, listed: union(listed, keys), isListed: telling.isWhole };
  return withEvidence(ban, next, evidence);
}

/** What is to be known of a ban when it may have become known whose its claims are. @returns as above. */
export function withProof(ban: Ban, evidence: Evidence): Ban {
  return withEvidence(ban, ban, evidence);
}

function withEvidence(before: Ban, ban: Ban, evidence: Evidence): Ban {
  const names = ban.claims.length === 0 ? [] : evidence.tied(namesOfBan(ban, evidence.types));
  const isTheirs = (claim: string) =>
    identifiersOfKey(claim, evidence.types).some((identifier) => names.includes(identifier));
  const shown = ban.claims.filter(isTheirs);
  const kept = keptBan({
    ...ban,
    listed: union(ban.listed, shown),
    claims: ban.claims.filter((claim) => !shown.includes(claim)),
  });
  return kept && !isSame(before, kept) ? kept : before;
}

/** Every identifier by which somebody is found to have a ban. */
export function identifiersOfBan(ban: Ban, types: readonly IdentifierType[]): string[] {
  return [...new Set(identifiersOfKeys(countingKeys(ban), types))];
}

function namesOfBan(ban: Ban, types: readonly IdentifierType[]): string[] {
  const identifiers = identifiersOfBan(ban, types);
  return ban.account === null ? identifiers : [`account:${ban.account}`, ...identifiers];
}

function isSame(ban: Ban, other: Ban): boolean {
  return (
    ban.isListed === other.isListed &&
    ban.registeredAt === other.registeredAt &&
    ban.listed.join() === other.listed.join() &&
    ban.own.join() === other.own.join() &&
    ban.proven.join() === other.proven.join() &&
    ban.claims.join() === other.claims.join()
  );
}

/** Both, each key once; the first list itself when the other has nothing more. */
export function union(keys: readonly string[], others: readonly string[]): readonly string[] {
  const more = others.filter((key) => !keys.includes(key));
  return more.length === 0 ? keys : [...keys, ...new Set(more)];
}
