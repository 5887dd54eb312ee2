import {
  type Action,
  type Delivery,
  deliveryOf,
  isKept,
  PRODUCTS,
  type Product,
} from '../../server/moderation/action.ts';
import { callsOf } from './calls.ts';
import { type Evidence, labelOf, stateOf } from './evidence.ts';
import { endTogether } from './own-actions.ts';
import type { Person } from './people.ts';
import { causeOf, isAbout, liftsAfter, revocationOf } from './records.ts';

/**
 * Somebody who is called now by one name and now by another: whoever has a ban, decided after the last lift of them,
 * that has neither ended nor been revoked, is banned; nobody else is; and nothing was done more often than lost
 * answers allow.
 */
export function judgeLastDecisions(evidence: Evidence, person: Person): string[] {
  const about = evidence.records.filter((action) => isAbout(action, person));
  const complaints = [
    ...judgeForce(evidence, about),
    ...judgeCad(evidence, person, about),
    ...judgeCms(evidence, person, about),
    ...judgeKept(evidence, person, about),
    ...PRODUCTS.flatMap((product) => judgeCalls(evidence, person, product, about)),
  ];
  if (complaints.length === 0) return [];
  const lines = about.map((action) => {
    const shares = action.deliveries.map(
      ({ product, state, unanswered }) =>
        `${product} ${state.status} ${state.status === 'delivered' ? (state.account ?? '') : state.code}${unanswered === null ? '' : ', may have been heard'}`,
    );
    return `  ${labelOf(action)}${action.inForce ? ', in force' : ''}${action.expiresAt === null ? '' : ', temporary'}: ${shares.join('; ')}`;
  });
  return [`${person.name}: ${complaints.join('; ')}\n${lines.join('\n')}`];
}

/** Every ban is in force, or is not, as was decided. */
function judgeForce(evidence: Evidence, about: readonly Action[]): string[] {
  return about.flatMap((ban) => {
    if (ban.kind !== 'ban') return [];
    if (hasSurelyEnded(ban, about)) {
      return ban.inForce ? [`${ban.id} is in force, and has ended`] : [];
    }
    if (mayHaveEnded(evidence, ban, about)) return [];
    // It was lifted in the product meanwhile: the one that was made in its place counts.
    const first = rootOf(ban, about).id;
    const isMadeAgain = about.some(({ inForce, key }) => inForce && key?.startsWith(`again:${first}:`));
    if (isMadeAgain) return [];
    return ban.inForce ? [] : [`${ban.id} is not in force, and nobody has ended it`];
  });
}

function hasSurelyEnded(ban: Action, about: readonly Action[]): boolean {
  if (ban.expiresAt !== null || ban.deliveries.every(isNobodysForGood)) return true;
  const lifts = liftsAfter(ban, about);
  // However often it had to be made again.
  const revocation = revocationOf(rootOf(ban, about));
  const isRevoked = lifts.some(({ isOfOneBan, key }) => isOfOneBan && key !== null && key === revocation);
  const known = lifts.filter((lift) => !lift.isOfOneBan && isKnownToBeOne(lift, ban));
  return isRevoked || endTogether(known, ban);
}

function isNobodysForGood({ state }: Delivery): boolean {
  return state.status === 'refused' && state.code !== 'EXPIRED';
}

/** A lift by a name that nobody could know to be the person's, or a cancel, may have ended it. */
function mayHaveEnded({ cancelAsked }: Evidence, ban: Action, about: readonly Action[]): boolean {
  // Who was removed is on no list any more.
  if (cancelAsked.has(ban.id) || about.some(({ kind }) => kind === 'kick')) return true;
  const lifts = liftsAfter(ban, about).filter(({ isOfOneBan }) => !isOfOneBan);
  return endTogether(lifts, ban);
}

/** All identifiers were seen on one player; an account is tied to them by what was answered. */
function isKnownToBeOne(one: Action, other: Action): boolean {
  if ((one.person.account === null) === (other.person.account === null)) return true;
  const [named, called] = one.person.account === null ? [other, one] : [one, other];
  return called.deliveries.some(
    ({ state }) => state.status === 'delivered' && `account:${state.account}` === named.person.account,
  );
}

/** In CAD is banned who has a ban that counts and was carried out, and nobody whose bans there were all lifted. */
function judgeCad(evidence: Evidence, person: Person, about: readonly Action[]): string[] {
  const { sonoran, cancelAsked } = evidence;
  const account = person.accounts.cad;
  if (!account) return [];
  const { banned } = stateOf(sonoran, 'cad', account.id);
  const isDone = (action: Action) => deliveryOf(action, 'cad')?.state.status === 'delivered';
  const isLifted = (ban: Action) =>
    // The end of one ban is none of another's.
    liftsAfter(ban, about).some((lift) => !(lift.isOfOneBan && ban.inForce) && isDone(lift));
  const holder = about.find((ban) => {
    if (ban.kind !== 'ban' || !ban.inForce || !isDone(ban)) return false;
    // A lift in this product alone leaves it in force elsewhere; one that may have been heard may have been so late.
    const isUndone = liftsAfter(ban, about).some((lift) => isDone(lift) && !lift.isOfOneBan);
    return !isUndone && !about.some(isLostLift) && !about.some((other) => isLostAgain(other, ban, about));
  });
  if (holder && !banned) return [`${holder.id} is in force, and they are not banned in CAD`];
  const mayHold = about.filter(
    (ban) => ban.kind === 'ban' && mayHaveReached(deliveryOf(ban, 'cad')) && !isLifted(ban),
  );
  if (banned && mayHold.length === 0) return ['they are banned in CAD, and every ban there was lifted'];
  // Who is linked by nothing any more is not found, and what was cancelled was not done.
  const isExcused = about.some(
    (action) =>
      action.kind !== 'kick' &&
      (cancelAsked.has(action.id) || (action.kind === 'unban' && isNotFound(deliveryOf(action, 'cad')))),
  );
  const isHeld = about.some(({ inForce }) => inForce);
  return banned && !isHeld && !isExcused ? ['they are banned in CAD, and no ban is in force'] : [];
}

function mayHaveReached(delivery: Delivery | undefined): boolean {
  return delivery?.state.status === 'delivered' || (delivery?.unanswered ?? null) !== null;
}

/** Its answer was lost, and by the next try the account had gone: nobody could learn whom it was about. */
function isLostLift(lift: Action): boolean {
  const delivery = deliveryOf(lift, 'cad');
  return lift.kind === 'unban' && delivery?.state.status !== 'delivered' && mayHaveReached(delivery);
}

/** The decision of a ban was to be made again, for the first time or once more, and the account had gone. */
function isLostAgain(again: Action, ban: Action, about: readonly Action[]): boolean {
  const isOfIt = causeOf(again)?.why === 'again' && rootOf(again, about).id === rootOf(ban, about).id;
  return isOfIt && isNotFound(deliveryOf(again, 'cad'));
}

function isNotFound(delivery: Delivery | undefined): boolean {
  return delivery?.state.status === 'refused' && delivery.state.code === 'NOT_LINKED';
}

/** In CMS nobody is lifted by a call. */
function judgeCms({ sonoran }: Evidence, person: Person, about: readonly Action[]): string[] {
  const account = person.accounts.cms;
  if (!account) return [];
  const { banned } = stateOf(sonoran, 'cms', account.id);
  const bans = about.filter(({ kind }) => kind === 'ban').map((ban) => deliveryOf(ban, 'cms'));
  if (banned && !bans.some(mayHaveReached)) return ['they are banned in CMS, and no ban may have reached it'];
  const isDone = bans.some((delivery) => delivery?.state.status === 'delivered');
  return isDone && !banned ? ['they are not banned in CMS, and a ban was delivered there'] : [];
}

/** Who has linked an account does not wait any more, where the list of all accounts shows the link. */
function judgeKept({ sonoran }: Evidence, person: Person, about: readonly Action[]): string[] {
  const { ids, accounts } = person;
  const cms = accounts.cms && sonoran.cms.account(accounts.cms.id);
  const cad = accounts.cad && sonoran.cad.account(accounts.cad.id);
  const listed: Readonly<Record<Product, readonly string[]>> = {
    cms: cms?.member ? [...cms.activeApiIds, cms.discordId ?? ''] : [],
    cad: cad?.status === 1 ? [cad.communityUserId] : [],
  };
  return about.flatMap((ban) =>
    ban.deliveries.filter(isKept).flatMap(({ product }) => {
      const isLinked = Object.entries(ids).some(
        ([type, id]) => listed[product].includes(id) && ban.person.identifiers.includes(`${type}:${id}`),
      );
      return isLinked ? [`${ban.id} waits for a link in ${product}, and there is one`] : [];
    }),
  );
}

/** Of each kind, no more calls than decisions and tries that have failed, but for those that were not on disk when the server died. */
function judgeCalls(
  { sonoran, people, deaths }: Evidence,
  person: Person,
  product: Product,
  about: readonly Action[],
): string[] {
  const own = callsOf(sonoran, product, people).filter((call) => call.person === person && call.hadEffect);
  return (['ban', 'kick', 'unban'] as const).flatMap((kind) => {
    const calls = own.filter((call) => call.kind === kind);
    const forgotten = calls.filter(({ index }) =>
      deaths.some((death) => index < death[product] && index >= death[product] - NEARLY),
    );
    const shares = about.flatMap((action) =>
      action.kind === kind ? (deliveryOf(action, product) ?? []) : [],
    );
    const tries = shares
      .filter(mayHaveReached)
      .reduce((sum, share) => sum + share.attempts + (isLastUncounted(share) ? 1 : 0), 0);
    if (calls.length <= tries + forgotten.length) return [];
    return [`${calls.length} ${kind} calls in ${product} took effect, for ${tries} tries`];
  });
}

/** Whether its last call is no attempt that failed: it was answered, or the share was taken back while it was under way. */
function isLastUncounted({ state, unanswered }: Delivery): boolean {
  if (state.status === 'delivered') return true;
  return state.status === 'refused' && state.code === 'CANCELLED' && unanswered !== null;
}

/** The decision that a ban which was made again stands for. */
function rootOf(ban: Action, about: readonly Action[]): Action {
  const cause = causeOf(ban);
  const first = cause?.why === 'again' ? about.find(({ id }) => id === cause.id) : undefined;
  return first ? rootOf(first, about) : ban;
}

/** How many requests may have been under way, or not have been written down yet, in the moment of a death. */
const NEARLY = 12;
