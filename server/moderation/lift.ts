import type { Subject } from '../identity/subject.ts';
import type { Say } from '../text/locale.ts';
import { type Action, type Delivery, deliveryOf, isQueued, type Product, productsOf } from './action.ts';
import type { Withdrawal } from './ports.ts';

/** Whether a ban's call has reached a product, or may have. */
export function mayHaveReached(ban: Action, product: Product): boolean {
  const delivery = deliveryOf(ban, product);
  if (ban.kind !== 'ban' || !delivery) return false;
  return delivery.state.status === 'delivered' || delivery.unanswered !== null;
}

/** Whether a product has a ban, may have it, or is about to get it. */
export function holdsIn(ban: Action, product: Product): boolean {
  const delivery = deliveryOf(ban, product);
  return delivery !== undefined && (isQueued(delivery) || mayHaveReached(ban, product));
}

/**
 * Whether a later decision, of those about the same person, has lifted a ban in a product, or is about to. The end of
 * another ban has not lifted one that is in force: it may have gone out before.
 *
 * @param since the decision after which it was made; the ban itself, unless it went out after a lift.
 */
export function isLifted(
  ban: Action,
  product: Product,
  about: readonly Action[],
  since: Action = ban,
): boolean {
  return about.some((other) => {
    const status = deliveryOf(other, product)?.state.status;
    return (
      other.kind === 'unban' &&
      other.sequence > since.sequence &&
      !(other.isOfOneBan && ban.inForce) &&
      (status === 'delivered' || status === 'queued')
    );
  });
}

/**
 * Whether a person may be banned in a product by what was decided here.
 *
 * @param about all that was decided about the person.
 */
export function mayHold(product: Product, about: readonly Action[]): boolean {
  return about.some((ban) => mayHaveReached(ban, product) && !isLifted(ban, product, about));
}

/** Whether a lift has something to end in a ban: in these products, or, when it is of all, here as well. */
export function isToEnd(ban: Action, products: readonly Product[] | undefined): boolean {
  if (ban.kind !== 'ban') return false;
  const shares = ban.deliveries.filter(({ product }) => products?.includes(product) ?? true);
  if (shares.some(isQueued)) return true;
  return ban.inForce && (coversAll(ban, products) || shares.some(({ product }) => !isLiftedIn(ban, product)));
}

/** Whether a lift of some products, and this one among them, has lifted a ban that counts for the others. */
export function isLiftedIn({ lifted }: Action, product: Product): boolean {
  return lifted.includes(product);
}

/**
 * Whether nothing of a ban is left when its shares in these products have ended, and those that were lifted before.
 *
 * @param products undefined: all of them.
 */
export function coversAll(ban: Action, products: readonly Product[] | undefined): boolean {
  if (!products) return true;
  return ban.deliveries.every(
    ({ product, state }) =>
      products.includes(product) ||
      isLiftedIn(ban, product) ||
      (state.status === 'refused' && state.code !== 'EXPIRED'),
  );
}

/** A ban after a lift of these products, or, when they are undefined, of all: it ends when nothing of it is left. */
export function afterLift(ban: Action, products: readonly Product[] | undefined): Action {
  const lifted = products
    ? productsOf(ban).filter((product) => products.includes(product) || isLiftedIn(ban, product))
    : ban.lifted;
  return { ...ban, lifted, inForce: ban.inForce && !coversAll(ban, products) };
}

/**
 * The share of a lift that names, after all others, the accounts for which the product has confirmed its bans: what
 * they were found by may not be linked any more.
 */
export function withAccountsOf(bans: readonly Action[], planned: Delivery): Delivery {
  const { state, product, subjects } = planned;
  if (state.status !== 'queued') return planned;
  const accounts = bans.flatMap((ban): Subject[] => {
    const confirmed = deliveryOf(ban, product)?.state;
    if (confirmed?.status !== 'delivered' || confirmed.account === null) return [];
    return [{ by: 'account', value: confirmed.account }];
  });
  const added = accounts.filter(
    ({ value }, place) =>
      ![...subjects, ...accounts.slice(0, place)].some(
        (other) => other.by === 'account' && other.value === value,
      ),
  );
  return { ...planned, subjects: [...subjects, ...added] };
}

/** What a lift found in a product. */
export interface LiftFacts {
  /** How its bans' shares there were taken back. */
  readonly withdrawn: readonly Withdrawal[];
  /** Whether another ban decided here may hold there all the same. */
  readonly mayHold: boolean;
  /** What the product's ban list says of the person; null when it is not known. */
  readonly isListed: boolean | null;
}

/**
 * The share of a lift in a product, with what taking bans back has done. Where a call can lift, it is made: the person
 * may be banned there by somebody else. Where none can, all is done when every ban was taken back unheard and nothing
 * else is known to hold; otherwise it says what is to be looked at.
 */
export function liftShare(planned: Delivery, facts: LiftFacts, say: Say): Delivery {
  const { state } = planned;
  if (state.status !== 'refused' || state.code !== 'UNSUPPORTED') return planned;
  const isHeard = facts.withdrawn.some((how) => how !== 'unheard');
  const isHeld = facts.mayHold || facts.isListed === true;
  if (facts.withdrawn.length > 0 && !isHeard && !isHeld) {
    return { ...planned, state: { status: 'delivered', apiId: null, account: null } };
  }
  const isFree = !isHeld && facts.isListed === false;
  const words = isHeld ? 'lift.listed' : isFree ? 'lift.free' : 'unsupported.unban';
  const detail = say(isHeard ? 'lift.heard' : words);
  return { ...planned, state: { ...state, detail } };
}
