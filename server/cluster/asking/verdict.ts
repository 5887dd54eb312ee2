import { type Action, namesOf } from '../../moderation/action.ts';
import type { OpenRequest } from './open-requests.ts';

/**
 * Whether somebody is banned, with what waits to be taken in: it was decided after all that is known.
 *
 * @param open in the order decided.
 * @param names all by which they go.
 * @param known the ban that counts otherwise.
 */
export function verdictWith(
  open: Iterable<OpenRequest>,
  names: readonly string[],
  known: Action | undefined,
  now: number,
): Action | undefined {
  let verdict = known;
  for (const { action, request } of open) {
    if (!action || request.kind !== 'sanction') continue;
    if (!namesOf(action.person).some((name) => names.includes(name))) continue;
    const { only, products } = request.sanction;
    const isOver = action.expiresAt !== null && now >= action.expiresAt;
    if (action.kind === 'ban' && !isOver) verdict = action;
    if (action.kind !== 'unban' || products) continue;
    if (!only || (verdict && ('id' in only ? only.id === verdict.id : only.key === verdict.key))) {
      verdict = undefined;
    }
  }
  return verdict;
}
