import { isSamePerson } from '../../moderation/action.ts';
import { isSame } from '../../moderation/again.ts';
import type { FoundPerson } from '../../moderation/person.ts';
import type { ProductInUse } from '../../moderation/plan.ts';
import type { SanctionRequest } from '../../moderation/request.ts';
import { isDecision, type OpenDecision, type OpenRequest } from './open-requests.ts';

/** Whether a decision waits by this name, or was told again by it. */
export function isNamed({ again }: OpenRequest, key: string): boolean {
  return again.keys.includes(key);
}

/** The same decision, when it is told again while it waits. @param open what waits, in the order decided. */
export function toldAgain(
  open: Iterable<OpenRequest>,
  { person }: FoundPerson,
  request: SanctionRequest,
  products: readonly ProductInUse[],
  now: number,
): OpenDecision | undefined {
  if (request.isCorrection) return undefined;
  const decisions = [...open].filter(isDecision);
  const { key } = request;
  const byKey = key === undefined ? undefined : decisions.find((each) => isNamed(each, key));
  if (byKey) return byKey;
  const latest = decisions.findLast(({ action }) => isSamePerson(action.person, person));
  if (latest?.request.kind !== 'sanction') return undefined;
  const { only } = latest.request.sanction;
  if (only || request.only) {
    const isOfSame = JSON.stringify(only) === JSON.stringify(request.only);
    return isOfSame && latest.action.kind === request.kind ? latest : undefined;
  }
  const told = {
    kind: request.kind,
    origin: request.origin,
    products: products
      .map(({ api }) => api.product)
      .filter((product) => request.products?.includes(product) ?? true),
    expiresAt: request.expiresAt ?? null,
    at: now,
  };
  return isSame(latest.action, told) ? latest : undefined;
}
