import type { BansHere } from '../bans/bans-here.ts';
import { accountIdOf } from '../identity/target.ts';
import { type Action, type Code, namesOf, type Person, type Product } from '../moderation/action.ts';
import { type FindKnownBan, type KnownBan, knownBanWords } from '../moderation/known-ban.ts';
import { displayName, productName } from '../moderation/outcome.ts';
import type { Say } from '../text/locale.ts';
import { banHereWords } from './ban-here.ts';

/** The answer to `isBanned`, from what is known here. Plain data. */
export interface BannedAnswer {
  /** True when a ban in force here or any product in use says so, false when all say no, null when it cannot be told. */
  banned: boolean | null;
  /** Per product in use, what its list says; false, too, for a ban that only this server knows. */
  products: { cms?: boolean | null; cad?: boolean | null };
  /** The id of the action that the ban in force here is. */
  id?: string;
  /** When that ends, in Unix milliseconds, if it ever does. */
  until?: number;
  /** Why it was decided, unless nobody said. */
  reason?: string;
  /** Sonoran's id of the banned account, when it is known. */
  account?: string;
  /** When the ban was first known of here, in Unix milliseconds, unless it is older than that. */
  since?: number;
  /** Whether a ban list that this rests on is older than it should be, or could not be read yet. */
  stale: boolean;
  code: Code;
  message: string;
}

/** An answer for somebody who cannot be told. */
export function noBannedAnswer(code: Code, message: string): BannedAnswer {
  return { banned: null, products: {}, stale: true, code, message };
}

/** What answers are made from. */
export interface BannedAnswerOptions {
  readonly here: BansHere;
  /** Whether any product is in use at the moment. */
  readonly isConfigured: () => boolean;
  /** The products in use at the moment. */
  readonly products: () => readonly Product[];
  readonly known: FindKnownBan;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly say: Say;
}

/**
 * Says whether somebody is banned, as far as is known here.
 *
 * @param isLoaded whether what is stored has been read: until then nobody is known not to be banned here.
 */
export function bannedAnswer(person: Person, isLoaded: boolean, options: BannedAnswerOptions): BannedAnswer {
  const { say } = options;
  const own = options.here.find(namesOf(person));
  const products = options.products();
  if (!own && !options.isConfigured()) {
    return noBannedAnswer('NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
  }
  const isListable = person.account === null || accountIdOf(person.account) !== null;
  if (!own && !isListable) return noBannedAnswer('UNSUPPORTED', say('unsupported.known'));
  const lists = products.map((product): KnownBan & { readonly product: Product } => ({
    product,
    ...options.known(product, person),
  }));
  const told = [own ? true : isLoaded ? false : null, ...lists.map(({ banned }) => banned)];
  const account = lists.find((list) => list.account !== null)?.account ?? (own && accountOf(own)) ?? null;
  const since = Math.min(
    ...(own ? [own.at] : []),
    ...lists.flatMap((list) => (list.banned && list.since !== null ? [list.since] : [])),
  );
  return {
    banned: told.includes(true) ? true : told.includes(null) ? null : false,
    products: Object.fromEntries(lists.map(({ product, banned }) => [product, banned])),
    ...(own ? factsOf(own) : {}),
    ...(account === null ? {} : { account }),
    ...(Number.isFinite(since) ? { since } : {}),
    stale: !isLoaded || lists.some(({ stale }) => stale),
    code: 'OK',
    message: messageOf(person, own, lists, options),
  };
}

function factsOf({ id, expiresAt, reason }: Action): Pick<BannedAnswer, 'id' | 'until' | 'reason'> {
  return {
    id,
    ...(expiresAt === null ? {} : { until: expiresAt }),
    ...(reason === '' ? {} : { reason }),
  };
}

/** The account that a ban's answers have named. */
function accountOf({ deliveries, person }: Action): string | null {
  const named = deliveries.flatMap(({ state }) =>
    state.status === 'delivered' && state.account !== null ? [state.account] : [],
  );
  return named[0] ?? accountIdOf(person.account);
}

function messageOf(
  person: Person,
  own: Action | undefined,
  lists: ReadonlyArray<KnownBan & { readonly product: Product }>,
  { now, say }: BannedAnswerOptions,
): string {
  const shares = lists.map((list) =>
    say('share', { product: productName(list.product, say), message: knownBanWords(list, say) }),
  );
  const products = [...(own ? [banHereWords(own, now(), say)] : []), ...shares];
  return say('lookup.result', {
    name: displayName(person),
    products: products.join(' ') || say('known.nothing'),
  });
}
