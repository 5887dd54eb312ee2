import { type Action, type Delivery, deliveryOf, type Product } from '../../server/moderation/action.ts';
import { type Evidence, labelOf } from './evidence.ts';
import type { Person } from './people.ts';
import { causeOf, isAbout, liftsAfter, placeOf, revocationOf } from './records.ts';

/** What the product decides on by itself: the end of temporary bans, and what puts right what went out in another order. */
export function judgeOwn({ records, people }: Evidence): string[] {
  return records.flatMap((action, place) => {
    const person = people.find((one) => isAbout(action, one));
    if (!person) return [];
    const about = records.filter((other) => isAbout(other, person));
    return [
      ...judgeEnd(action, about),
      ...judgeCause(action, about, records.slice(0, place)),
      ...judgeLiftOfOne(action, about, person),
    ];
  });
}

/** A temporary ban has ended, and where nothing else can hold, it was lifted. */
function judgeEnd(ban: Action, about: readonly Action[]): string[] {
  if (ban.kind !== 'ban' || ban.expiresAt === null) return [];
  if (ban.inForce) return [`the temporary ban ${labelOf(ban)} is over, and in force`];
  const others = about.filter(({ id, key }) => id !== ban.id && key !== `lift:${ban.id}`);
  const mustBeLifted =
    deliveryOf(ban, 'cad')?.state.status === 'delivered' &&
    !others.some((other) => other.kind === 'unban' && other.sequence > ban.sequence) &&
    !others.some((other) => other.kind === 'ban' && deliveryOf(other, 'cad'));
  const isLifted = about.some(({ key }) => key === `lift:${ban.id}`);
  return mustBeLifted && !isLifted ? [`the temporary ban ${labelOf(ban)} was never lifted`] : [];
}

/** An earlier ban is ended for a later lift, a later ban is made again for an earlier lift. */
function judgeCause(action: Action, about: readonly Action[], before: readonly Action[]): string[] {
  const cause = causeOf(action);
  if (!cause) return [];
  const ban = before.find(({ id }) => id === cause.id);
  if (ban?.kind !== 'ban') return [`${labelOf(action)} was made for no ban`];
  if (cause.why === 'lift') return ban.expiresAt === null ? [`${labelOf(ban)} was lifted by itself`] : [];
  const lifts = about.filter((other) => other.kind === 'unban' && other.id !== action.id);
  const later = lifts.filter((lift) => !lift.isOfOneBan && lift.sequence > placeOf(ban, about));
  const isRight =
    cause.why === 'end'
      ? isNoMore(action, later, ban)
      : lifts.some((lift) => lift.sequence < placeOf(ban, about) || lift.isOfOneBan);
  return isRight ? [] : [`${labelOf(action)} puts nothing right`];
}

/** Whether nothing of a ban is left when lifts have ended it, each in its products. */
export function endTogether(lifts: readonly Action[], ban: Action): boolean {
  return (
    lifts.length > 0 &&
    ban.deliveries.every(
      ({ product, state }) =>
        isLiftedBy(lifts, product) || (state.status === 'refused' && state.code !== 'EXPIRED'),
    )
  );
}

function isLiftedBy(lifts: readonly Action[], product: Product): boolean {
  return lifts.some((lift) => deliveryOf(lift, product) !== undefined);
}

/** One of some products alone is made again in these. */
function isNoMore(again: Action, lifts: readonly Action[], ban: Action): boolean {
  return endTogether(lifts, ban) || again.deliveries.every(({ product }) => isLiftedBy(lifts, product));
}

/** Whether a product has a ban, may have it, or is about to get it. */
function holds(share: Delivery | undefined): boolean {
  return share !== undefined && (share.state.status !== 'refused' || share.unanswered !== null);
}

/** The end of one ban lifts nothing that another one of the person holds. */
function judgeLiftOfOne(lift: Action, about: readonly Action[], person: Person): string[] {
  if (!lift.isOfOneBan || !deliveryOf(lift, 'cad')) return [];
  const ended = about.find(
    (ban) => ban.id === causeOf(lift)?.id || (lift.key !== null && lift.key === revocationOf(ban)),
  );
  // Who is called by an account alone is not known to be the same from the beginning.
  const isKnown = (other: Action) => other.person.identifiers.length > 0 && ended?.person.account === null;
  // A lift of CAD alone leaves a ban in force for CMS; that it was cancelled later brings nothing back.
  const isLiftedThere = (other: Action) =>
    liftsAfter(other, about).some(
      (later) => !later.isOfOneBan && later.sequence < lift.sequence && isLiftedBy([later], 'cad'),
    );
  const holder = about.find(
    (other) =>
      other.inForce &&
      other.id !== ended?.id &&
      other.sequence < lift.sequence &&
      holds(deliveryOf(other, 'cad')) &&
      !isLiftedThere(other) &&
      isKnown(other),
  );
  return holder
    ? [`${labelOf(lift)} lifts ${person.name} in CAD, though ${labelOf(holder)} is in force`]
    : [];
}
