import type { IdentifierType } from '../identity/identifier.ts';
import { deliveryOf, type Product } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Ban } from './ban-index.ts';
import { identifiersOfBan } from './telling.ts';

/** What it takes to tell that a ban on a list was lifted here. */
export interface LiftedHereOptions {
  readonly product: Product;
  /** The identifier types that are API IDs in this product. */
  readonly types: readonly IdentifierType[];
  readonly ledger: Pick<Ledger, 'about' | 'inForceAbout'>;
  readonly ties: Pick<Ties, 'of'>;
}

/**
 * Whether a ban that a product's list has was lifted by a decision made here: that came after the ban, and no ban of
 * the person is in force here.
 */
export function isLiftedHere(ban: Ban, { product, types, ledger, ties }: LiftedHereOptions): boolean {
  const { account, since, own } = ban;
  const identifiers = identifiersOfBan(ban, types);
  const names = ties.of(account === null ? identifiers : [`account:${account}`, ...identifiers]);
  if (ledger.inForceAbout(names).length > 0) return false;
  const [first, ...others] = ledger
    .about(names)
    .filter((action) => action.kind !== 'kick' && deliveryOf(action, product));
  const last = others.reduce((one, other) => (one && one.told > other.told ? one : other), first);
  if (last?.kind !== 'unban') return false;
  // One that was decided here became known when it was confirmed, which may be after it was lifted.
  return own.length > 0 || (since !== null && last.at >= since);
}
