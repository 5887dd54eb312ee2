import type { Say } from '../text/locale.ts';
import { duration, moment } from '../text/time.ts';
import type { Person, Product } from './action.ts';

/** What is known here about a ban in one product, without asking Sonoran. */
export interface KnownBan {
  /** Null when nothing is known: no list has been read yet, or the person is named in a way that lists do not. */
  readonly banned: boolean | null;
  /** Sonoran's id of the banned account; null when it is not known. */
  readonly account: string | null;
  /** When the ban was first known of here, in Unix milliseconds; null when it is older than that. */
  readonly since: number | null;
  /** How old the knowledge is, in milliseconds; null when it is our own record, or nothing. */
  readonly ageMs: number | null;
  /** Whether that is older than it should be. */
  readonly stale: boolean;
}

/** Looks somebody up in what is known here. Answers at once. */
export type FindKnownBan = (product: Product, person: Person) => KnownBan;

/** The same for people: `BANNED since 2026-11-21 08:15 UTC, list read 3 min ago`. */
export function knownBanWords({ banned, since, ageMs, stale }: KnownBan, say: Say): string {
  if (banned === null) return say('known.nothing');
  const parts = [
    banned && since !== null
      ? say('known.banned.since', { at: moment(since) })
      : say(banned ? 'lookup.banned.yes' : 'lookup.banned.no'),
  ];
  if (ageMs !== null) parts.push(say(stale ? 'known.age.stale' : 'known.age', { age: duration(ageMs, say) }));
  return parts.join(', ');
}
