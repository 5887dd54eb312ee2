import type { BansHere } from '../bans/bans-here.ts';
import { endOfBan } from '../door/notice.ts';
import { type Action, namesOf, type Person } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import { decidedBy, displayName } from '../moderation/outcome.ts';
import type { Say } from '../text/locale.ts';
import { moment } from '../text/time.ts';

/**
 * What is said of a ban in force here: by whom, since when, until when, why, and its id.
 *
 * @param now Unix milliseconds.
 */
export function banHereWords(ban: Action, now: number, say: Say): string {
  return say('known.here', {
    author: decidedBy(ban, say),
    at: moment(ban.at),
    end: endOfBan(ban, now, say),
    reason: ban.reason || say('reason.none'),
    id: ban.id,
  });
}

/** What it takes to say of a look-up what is in force here. */
export interface WithBanHereOptions {
  readonly here: BansHere;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly say: Say;
}

/** A look-up that says first which ban is in force here: of the person, or of an account that was found. */
export function withBanHere(lookup: Lookup, person: Person, { here, now, say }: WithBanHereOptions): Lookup {
  const products = Object.values(lookup.products);
  const accounts = products.flatMap(({ account }) =>
    account?.id ? [`account:${account.id.toLowerCase()}`] : [],
  );
  const ban = here.find([...namesOf(person), ...accounts]);
  if (!ban) return lookup;
  // Where no product has answered, it says why.
  const answers = products.length > 0 ? products.map((product) => product.message) : [lookup.message];
  const sentences = [banHereWords(ban, now(), say), ...answers];
  const message = say('lookup.result', { name: displayName(person), products: sentences.join(' ') });
  return { ...lookup, message };
}
