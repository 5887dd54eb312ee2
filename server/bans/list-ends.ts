import { accountIdOf } from '../identity/target.ts';
import { type Action, deliveryOf, type Product } from '../moderation/action.ts';
import { isLiftedIn } from '../moderation/lift.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { Ledger, Withdrawal } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import { type Ban, countingKeys } from './ban-index.ts';
import type { BanLists } from './ban-lists.ts';
import type { Mirror } from './mirror.ts';

/** What is known of a product's list. */
type ListedBans = Pick<Mirror, 'isKnown' | 'find' | 'findAccount'>;

/** What it takes to end bans in force here that were lifted elsewhere. */
export interface ListEndsOptions {
  readonly bans: Pick<BanLists, 'onGone'> & {
    get(product: Product): { readonly mirror: ListedBans } | undefined;
  };
  readonly ledger: Pick<Ledger, 'inForceAbout'>;
  /** Ends a ban here, with what is on its way of it. @returns by product, how that was taken back. */
  readonly ended: (ban: Action) => ReadonlyMap<Product, readonly Withdrawal[]>;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Ends a ban in force here once the lists of all products that confirmed it no longer have the person: what is on its
 * way to another product is taken back.
 */
export function endWhatIsGone({ bans, ledger, ended, log, say }: ListEndsOptions): void {
  function tell({ person, id }: Action, takenBack: ReturnType<ListEndsOptions['ended']>): void {
    const words = { name: displayName(person), id };
    const names = (isMeant: (how: Withdrawal) => boolean) =>
      [...takenBack]
        .flatMap(([product, how]) => (how.some(isMeant) ? [productName(product, say)] : []))
        .join(say('list.and'));
    const unheard = names((how) => how === 'unheard');
    const heard = names((how) => how !== 'unheard');
    const sentences = [
      say('ended.elsewhere', words),
      ...(unheard === '' ? [] : [say('ended.elsewhere.unsent', { products: unheard })]),
      ...(heard === '' ? [] : [say('ended.elsewhere.heard', { products: heard })]),
    ];
    log[heard === '' ? 'info' : 'warn'](sentences.join(' '));
  }

  bans.onGone((_, gone) => {
    for (const action of ledger.inForceAbout(gone.flatMap(namesOfBan))) {
      const isListed = (product: Product) => isOnList(action, product, bans.get(product)?.mirror);
      if (hasEndedOnLists(action, isListed)) tell(action, ended(action));
    }
  });
}

/** The names by which a ban on a list can be that of a decision made here. */
function namesOfBan(ban: Ban): readonly string[] {
  const keys = countingKeys(ban);
  return ban.account === null ? keys : [`account:${ban.account}`, ...keys];
}

/**
 * Whether a ban has ended elsewhere: the lists of all products that confirmed it no longer have the person. What is on
 * its way to another product is no confirmation, and what was lifted here has not ended elsewhere.
 *
 * @param isListed what a product's list says of the action's person; null when it is not known.
 */
export function hasEndedOnLists(ban: Action, isListed: (product: Product) => boolean | null): boolean {
  if (!ban.inForce) return false;
  const confirmed = ban.deliveries.filter(
    ({ product, state }) => state.status === 'delivered' && !isLiftedIn(ban, product),
  );
  return confirmed.length > 0 && confirmed.every(({ product }) => isListed(product) === false);
}

function isOnList(action: Action, product: Product, mirror: ListedBans | undefined): boolean | null {
  if (!mirror?.isKnown) return null;
  const state = deliveryOf(action, product)?.state;
  const account = (state?.status === 'delivered' && state.account) || accountIdOf(action.person.account);
  if (account) return mirror.findAccount(account.toLowerCase()) !== undefined || isFound();
  // Whose account it is was never seen: it may be listed without the key that its owner has taken away since.
  return isFound() || null;

  function isFound(): boolean {
    return mirror?.find(action.person.identifiers) !== undefined;
  }
}
