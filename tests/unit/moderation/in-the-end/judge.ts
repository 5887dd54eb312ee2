import {
  type Action,
  type Delivery,
  deliveryOf,
  namesOf,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import { MEMBERS, type Member } from './sonoran.ts';
import type { Decided, World } from './world.ts';

/** A ban is over at the latest so long after the wall clock has begun to say so, in milliseconds. */
const SURELY_OVER_MS = 65 * 60_000;

/**
 * Banned is whoever has a ban, decided after the last lift of them, that has neither ended nor been revoked.
 *
 * @returns what is not so, in words.
 */
export function faultsNow(world: World): readonly string[] {
  return MEMBERS.flatMap((member) => {
    const about = world.actionsAbout(member);
    return about.flatMap((ban): string[] => {
      if (ban.kind !== 'ban') return [];
      const root = rootOf(ban, about);
      if (ban.inForce && hasEnded(world, member, ban, root, about))
        return [`${ban.id} is in force, and has ended`];
      const isLost = !ban.inForce && ban === root && !mayHaveEnded(world, member, ban);
      return isLost ? [`${ban.id} is not in force, and nobody has ended it`] : [];
    });
  });
}

/** The same once everything is well again and has gone out, also in Sonoran. */
export function faultsInTheEnd(world: World): readonly string[] {
  const waiting = world.life.ledger.pending().map(({ id }) => `${id} is still on its way`);
  return [...waiting, ...faultsNow(world), ...MEMBERS.flatMap((member) => faultsInSonoran(world, member))];
}

/** What puts another ban right is that one: it ends with it. */
function rootOf(ban: Action, about: readonly Action[]): Action {
  const id = /^again:([^:]+):/.exec(ban.key ?? '')?.[1];
  const root = about.find((other) => other.id === id);
  return root ? rootOf(root, about) : ban;
}

/** What was decided about somebody after a ban was told, the last time it was. */
function since({ decided }: World, who: Member, { id }: Action): readonly Decided[] {
  const place = decided.findLastIndex((one) => one.step.does === 'decide' && one.id === id);
  return decided.slice(place + 1).filter((one) => one.who === who);
}

function hasEnded(world: World, who: Member, ban: Action, root: Action, about: readonly Action[]): boolean {
  const { clock } = world.life;
  const overSince = world.overSince.get(ban.id);
  if (overSince !== undefined && clock.elapsed() - overSince >= SURELY_OVER_MS) return true;
  if (isNobodys(ban)) return true;
  const isConfirmed = ban.deliveries.some(({ state }) => state.status === 'delivered');
  if (world.cancelled.has(ban.id) && !isConfirmed) return true;
  const later = since(world, who, root);
  if (later.some(({ step, id }) => step.does === 'revoke' && id === root.id)) return true;
  const lifts = later.filter(({ id }) => {
    const lift = about.find((other) => other.id === id);
    return who.isKnown || (lift !== undefined && isKnownToBeOne(lift, ban));
  });
  return isLiftedInAll(ban, lifts);
}

/** Lifts of some products alone end a ban together, when nothing of it is left in the others. */
function isLiftedInAll({ deliveries }: Action, later: readonly Decided[]): boolean {
  const lifted = later.flatMap(({ step }) =>
    step.does === 'decide' && step.kind === 'unban' ? step.products : [],
  );
  const isOver = ({ product, state }: Delivery) =>
    lifted.includes(product) || (state.status === 'refused' && state.code !== 'EXPIRED');
  return lifted.length > 0 && deliveries.every(isOver);
}

/** No product takes it, and nobody wanted it to be held by the door alone. */
function isNobodys({ deliveries }: Action): boolean {
  const codes = deliveries.map(({ state }) => (state.status === 'refused' ? state.code : undefined));
  return (
    !codes.includes(undefined) && !codes.includes('EXPIRED') && codes.some((code) => code !== 'UNSUPPORTED')
  );
}

/** They share a name, or Sonoran has named the same account for both. */
function isKnownToBeOne(lift: Action, ban: Action): boolean {
  const names = namesOf(ban.person);
  return namesOf(lift.person).some((name) => names.includes(name)) || (isNamed(lift) && isNamed(ban));
}

function isNamed({ deliveries }: Action): boolean {
  return deliveries.some(({ state }) => state.status === 'delivered' && state.account !== null);
}

function mayHaveEnded(world: World, who: Member, ban: Action): boolean {
  if (world.everOver.has(ban.id) || world.cancelled.has(ban.id)) return true;
  if (ban.deliveries.every(({ state }) => state.status === 'refused' && state.code !== 'EXPIRED'))
    return true;
  const later = since(world, who, ban);
  const isEnd = ({ step, id }: Decided) =>
    step.does === 'lift-on-web' || (step.does === 'revoke' && id === ban.id);
  return later.some(isEnd) || isLiftedInAll(ban, later);
}

function faultsInSonoran(world: World, who: Member): readonly string[] {
  const { sonoran } = world;
  const about = world.actionsAbout(who);
  const bans = about.filter(({ kind }) => kind === 'ban');
  const faults: string[] = [];
  for (const product of PRODUCTS) {
    const isBanned = sonoran.banned[product].has(who);
    const holder = bans.find(
      (ban) => ban.inForce && isConfirmed(ban, product) && !isUndone(world, who, ban, product, about),
    );
    if (holder && !isBanned)
      faults.push(`${holder.id} is in force, and ${who.name} is not banned in ${product}`);
    if (isBanned && !bans.some((ban) => mayHaveReached(ban, product))) {
      faults.push(`${who.name} is banned in ${product}, and no ban has gone out`);
    }
  }
  const isHeld = bans.some((ban) => ban.inForce);
  if (sonoran.banned.cad.has(who) && !isHeld && !isExcused(world, who, about)) {
    faults.push(`${who.name} is banned in CAD, and no ban is in force`);
  }
  return faults;
}

function isConfirmed(action: Action, product: Product): boolean {
  return deliveryOf(action, product)?.state.status === 'delivered';
}

function mayHaveReached(ban: Action, product: Product): boolean {
  return isConfirmed(ban, product) || (deliveryOf(ban, product)?.unanswered ?? null) !== null;
}

/**
 * A lift on the web, or in one product alone, has undone it there, and is meant to; a ban that is told again while it
 * waits for the other product does not go out a second time.
 */
function isUndone(
  { decided }: World,
  who: Member,
  ban: Action,
  product: Product,
  about: readonly Action[],
): boolean {
  const { id } = rootOf(ban, about);
  const first = decided.findIndex((one) => one.step.does === 'decide' && one.id === id);
  return (
    decided
      .slice(first + 1)
      .some(
        ({ step, who: whom }) =>
          whom === who &&
          (step.does === 'lift-on-web' ||
            (step.does === 'decide' &&
              step.kind === 'unban' &&
              step.products.length < PRODUCTS.length &&
              step.products.includes(product))),
      ) ||
    (!who.isKnown && about.some(isOfNobodyKnown))
  );
}

/**
 * An answer that did not say for whom it was, or was lost for good: nobody could learn that it is about the same
 * account as another.
 */
function isOfNobodyKnown({ deliveries }: Action): boolean {
  return deliveries.some(
    ({ product, state, unanswered }) =>
      product === 'cad' && (state.status === 'delivered' ? state.account === null : unanswered !== null),
  );
}

/**
 * Whom nobody was found by is not lifted; and what was cancelled, though it may have been heard, is for a person to look
 * at. A lift of CMS alone lifts nothing in CAD, also when it ends the last ban, that held there what another had done.
 */
function isExcused({ decided }: World, who: Member, about: readonly Action[]): boolean {
  const isForAPerson = ({ step }: Decided) =>
    step.does === 'cancel' ||
    (step.does === 'decide' && step.kind === 'unban' && !step.products.includes('cad'));
  return (
    decided.some((one) => one.who === who && isForAPerson(one)) ||
    about.some((action) => action.kind !== 'kick' && isNotDone(action))
  );
}

function isNotDone(action: Action): boolean {
  const delivery = deliveryOf(action, 'cad');
  if (delivery?.state.status !== 'refused') return false;
  return action.kind === 'unban' || delivery.state.code === 'REFUSED';
}
