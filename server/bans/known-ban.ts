import type { Clock } from '../clock.ts';
import { accountIdOf } from '../identity/target.ts';
import type { Person } from '../moderation/action.ts';
import type { KnownBan } from '../moderation/known-ban.ts';
import type { Mirror } from './mirror.ts';

const NOTHING: KnownBan = { banned: null, account: null, since: null, ageMs: null, stale: true };

/** What a mirror says of somebody. */
export function knownBan(mirror: Mirror | undefined, person: Person, clock: Clock): KnownBan {
  if (!mirror) return NOTHING;
  const account = accountIdOf(person.account);
  // Lists have no names.
  if (person.account !== null && account === null) return NOTHING;
  const ban = account === null ? mirror.find(person.identifiers) : mirror.findAccount(account);
  return {
    banned: ban ? true : mirror.isKnown ? false : null,
    account: ban?.account ?? null,
    since: ban?.since ?? null,
    ageMs: mirror.readAt === null ? null : Math.max(0, clock.now() - mirror.readAt),
    stale: mirror.isStale,
  };
}
