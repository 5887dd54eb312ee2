import { isSameSubject } from '../identity/subject.ts';
import { type Action, type Delivery, QUEUED } from './action.ts';
import type { ModerationOptions } from './contract.ts';
import { subjectsFor } from './plan.ts';
import { identifiersInFull } from './ties.ts';

/**
 * The share of a ban that no name in it has found, with those that were learned since: of who was told again with
 * more identifiers, or has been seen meanwhile. Undefined when there are none.
 */
export type WithMoreNames = (action: Action, delivery: Delivery) => Delivery | undefined;

export function createWithMoreNames({
  products,
  ties,
}: Pick<ModerationOptions, 'products' | 'ties'>): WithMoreNames {
  return ({ kind, person }, delivery) => {
    const { state, subjects, product } = delivery;
    const isUnknown =
      state.status === 'refused' && (state.code === 'NOT_LINKED' || state.code === 'NO_IDENTIFIER');
    const inUse = products().find(({ api }) => api.product === product);
    if (kind !== 'ban' || !isUnknown || person.account !== null || !inUse) return undefined;
    const identifiers = identifiersInFull(person, ties);
    const all = subjectsFor(inUse, { identifiers, account: undefined, cadApiId: undefined });
    const more = all.filter((subject) => !subjects.some((known) => isSameSubject(known, subject)));
    if (more.length === 0) return undefined;
    return { ...delivery, subjects: [...subjects, ...more], candidate: subjects.length, state: QUEUED };
  };
}
