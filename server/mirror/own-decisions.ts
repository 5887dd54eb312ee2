import type { Subject } from '../identity/subject.ts';
import { accountIdOf } from '../identity/target.ts';
import type { Action, Delivery } from '../moderation/action.ts';
import type { Account } from '../moderation/product-api.ts';
import type { Mirror } from './mirror.ts';

/**
 * Takes what a product has confirmed of our own decisions into its mirror. What changes goes to disk
 * together with the decision.
 *
 * @returns how to ask for the account of somebody who was banned by a name alone: the mirror cannot
 *   recognise them yet.
 */
export function mirrorDecision(
  mirror: Mirror,
  { kind, person }: Action,
  delivery: Delivery,
): Subject | undefined {
  const { state, subjects } = delivery;
  // Without an API ID no call was made: there was nothing to lift.
  if (state.status !== 'delivered' || state.apiId === null || kind === 'kick') return undefined;
  const account = state.account?.toLowerCase() ?? accountIdOf(person.account);
  const { identifiers } = person;
  if (kind === 'unban') {
    mirror.lifted(account, identifiers, 'with-next');
    return undefined;
  }
  if (account !== null || identifiers.length > 0) {
    mirror.banned({ account, listed: [], own: identifiers }, 'with-next');
  }
  return identifiers.length === 0 ? subjects[delivery.candidate] : undefined;
}

/** Takes an account that was banned by name into the mirror. */
export function mirrorAccount(mirror: Mirror, { id, keys }: Account): void {
  if (id !== null) mirror.banned({ account: id.toLowerCase(), listed: keys, own: [] }, 'now');
}
