import { accountIdOf } from '../identity/target.ts';
import { type Action, deliveryOf, isSettled, namesOfAction, type Product } from '../moderation/action.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { Ledger, Withdrawal } from '../moderation/ports.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Say } from '../text/locale.ts';
import { type Ban, countingKeys } from './ban-index.ts';
import type { BanLists } from './ban-lists.ts';
import type { Mirror } from './mirror.ts';

/** What it takes to end bans in force here that were lifted elsewhere. */
export interface ListEndsOptions {
  readonly bans: Pick<BanLists, 'get' | 'onGone'>;
  readonly ledger: Pick<Ledger, 'byId' | 'about' | 'inForceAbout'>;
  readonly ties: Pick<Ties, 'of'>;
  /** Ends a ban here, with what is on its way of it. @returns by product, how that was taken back. */
  readonly ended: (ban: Action) => ReadonlyMap<Product, readonly Withdrawal[]>;
  readonly log: Log;
  readonly say: Say;
}

/** Ends bans in force here that were lifted elsewhere. */
export interface ListEnds {
  /** To be told of every action of which a share has changed. */
  changed(actionId: string): void;
}

/**
 * Ends a ban in force here once the lists of all products that confirmed it no longer have the person: what is on its
 * way to another product is taken back. Where a lift of one product, made here, is why its list has lost them, what is
 * on its way elsewhere goes on, and the ban ends when that has ended unconfirmed.
 */
export function endWhatIsGone({ bans, ledger, ties, ended, log, say }: ListEndsOptions): ListEnds {
  /** Ids of bans that the lists have lost, while something of them is on its way all the same. */
  const waiting = new Set<string>();

  function look(action: Action): void {
    const isListed = (product: Product) => isOnList(action, product, bans.get(product)?.mirror);
    if (!hasEndedOnLists(action, isListed)) return;
    if (!isSettled(action) && isLiftedInPart(action)) {
      waiting.add(action.id);
      return;
    }
    tell(action, ended(action));
  }

  function isLiftedInPart(ban: Action): boolean {
    const later = ledger
      .about(ties.of(namesOfAction(ban)))
      .filter(({ kind, sequence }) => kind === 'unban' && sequence > ban.told);
    return ban.deliveries.some(
      ({ product, state }) =>
        state.status === 'delivered' && later.some((lift) => deliveryOf(lift, product) !== undefined),
    );
  }

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
    for (const action of ledger.inForceAbout(gone.flatMap(namesOfBan))) look(action);
  });
  return {
    changed(actionId) {
      if (!waiting.has(actionId)) return;
      const action = ledger.byId(actionId);
      if (action && !isSettled(action)) return;
      waiting.delete(actionId);
      if (action) look(action);
    },
  };
}

/** The names by which a ban on a list can be that of a decision made here. */
function namesOfBan(ban: Ban): readonly string[] {
  const keys = countingKeys(ban);
  return ban.account === null ? keys : [`account:${ban.account}`, ...keys];
}

/**
 * Whether a ban has ended elsewhere: the lists of all products that confirmed it no longer have the person. What is on
 * its way to another product is no confirmation.
 *
 * @param isListed what a product's list says of the action's person; null when it is not known.
 */
export function hasEndedOnLists(
  { inForce, deliveries }: Action,
  isListed: (product: Product) => boolean | null,
): boolean {
  if (!inForce) return false;
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
