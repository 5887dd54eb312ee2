import { accountIdOf } from '../identity/target.ts';
import { type Action, deliveryOf, isQueued, type Product } from '../moderation/action.ts';
import { displayName } from '../moderation/outcome.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import { type Ban, countingKeys } from './ban-index.ts';
import type { BanLists } from './ban-lists.ts';
import type { Mirror } from './mirror.ts';

/** What it takes to end bans in force here that were lifted elsewhere. */
export interface ListEndsOptions {
  readonly bans: Pick<BanLists, 'get' | 'onGone'>;
  readonly ledger: Pick<Ledger, 'inForceAbout'>;
  /** Ends a ban here. */
  readonly ended: (ban: Action) => void;
  readonly log: Log;
  readonly say: Say;
}

/** Ends a ban in force here once the lists of all products that confirmed it no longer have the person. */
export function endWhatIsGone({ bans, ledger, ended, log, say }: ListEndsOptions): void {
  bans.onGone((_, gone) => {
    for (const action of ledger.inForceAbout(gone.flatMap(namesOfBan))) {
      const isListed = (product: Product) => isOnList(action, product, bans.get(product)?.mirror);
      if (!hasEndedOnLists(action, isListed)) continue;
      ended(action);
      log.info(say('ended.elsewhere', { name: displayName(action.person), id: action.id }));
    }
  });
}

/** The names by which a ban on a list can be that of a decision made here. */
function namesOfBan(ban: Ban): readonly string[] {
  const keys = countingKeys(ban);
  return ban.account === null ? keys : [`account:${ban.account}`, ...keys];
}

/**
 * Whether a ban has ended elsewhere: the lists of all products that confirmed it no longer have the person.
 *
 * @param isListed what a product's list says of the action's person; null when it is not known.
 */
export function hasEndedOnLists(
  { inForce, deliveries }: Action,
  isListed: (product: Product) => boolean | null,
): boolean {
  if (!inForce || deliveries.some(isQueued)) return false;
  const confirmed = deliveries.filter(({ state }) => state.status === 'delivered');
  return confirmed.length > 0 && confirmed.every(({ product }) => isListed(product) === false);
}

function isOnList(action: Action, product: Product, mirror: Mirror | undefined): boolean | null {
  if (!mirror?.isKnown) return null;
  const state = deliveryOf(action, product)?.state;
  const account = (state?.status === 'delivered' && state.account) || accountIdOf(action.person.account);
  if (account && mirror.findAccount(account.toLowerCase())) return true;
  return mirror.find(action.person.identifiers) !== undefined;
}
