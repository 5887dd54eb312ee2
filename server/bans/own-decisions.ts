import type { Subject } from '../identity/subject.ts';
import { accountIdOf } from '../identity/target.ts';
import type { Action, Delivery } from '../moderation/action.ts';
import type { Account } from '../moderation/product-api.ts';
import type { Mirror } from './mirror.ts';

/**
 * Takes what a product has confirmed of our own decisions into its mirror. What changes goes to disk
 * together with the decision.
 *
 * @returns what is not known of the account yet: CMS bans without telling which one it was.
 */
export function mirrorDecision(
  mirror: Mirror,
  { kind, person }: Action,
  delivery: Delivery,
): UnknownAccount | undefined {
  const { state, subjects } = delivery;
  // Without an API ID no call was made: there was nothing to lift.
  if (state.status !== 'delivered' || state.apiId === null || kind === 'kick') return undefined;
  const account = state.account?.toLowerCase() ?? accountIdOf(person.account);
  const { identifiers } = person;
  if (kind === 'unban') {
    mirror.lifted(account, identifiers, 'soon');
    return undefined;
  }
  if (account !== null || identifiers.length > 0) {
    mirror.banned({ account, listed: [], own: identifiers }, 'soon');
  }
  const subject = subjects[delivery.candidate];
  if (!subject || (account !== null && identifiers.length > 0)) return undefined;
  const isThere = () => {
    if (account !== null) return mirror.findAccount(account) !== undefined;
    // By a name alone: nothing that happens here could have lifted it.
    return identifiers.length === 0 || mirror.find(identifiers) !== undefined;
  };
  return { subject, isThere };
}

/** Somebody was banned of whose account too little is known to recognise them by all of its names. */
export interface UnknownAccount {
  /** How to ask for it. */
  readonly subject: Subject;
  /** Whether the ban is still there: it may be lifted while Sonoran is asked. */
  readonly isThere: () => boolean;
}

/** Takes the account of somebody who was banned into the mirror. @param own what else they go by. */
export function mirrorAccount(mirror: Mirror, account: Account, own: readonly string[]): void {
  const { id, keys, proven, isRegistered = false } = account;
  if (id === null) return;
  mirror.banned(
    { account: id.toLowerCase(), listed: keys, own, proven, isWhole: true, isRegistered },
    'soon',
  );
}
