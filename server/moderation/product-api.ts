import type { Subject, SubjectField } from '../identity/subject.ts';
import type { ActionKind, Product } from './action.ts';

/** Why a call brought nothing, in the closed set that the rest of the product decides by. */
export type CallFailure =
  /** The name belongs to no account of this community. */
  | { readonly kind: 'not-linked' }
  /** Community id or API key are wrong: every further call would fail the same way. */
  | { readonly kind: 'bad-credentials'; readonly words: string }
  /** The community's plan lacks this API: every further call would fail the same way. */
  | { readonly kind: 'not-enabled'; readonly words: string }
  /** The API understood and will not, in its own words. */
  | { readonly kind: 'refused'; readonly words: string }
  /** The call came too fast, and was not looked at. `waitMs`: what the API asked for; null when it did not say. */
  | { readonly kind: 'limited'; readonly waitMs: number | null }
  /** Nothing is decided: the network, the server behind it, or an answer that fits nothing. */
  | {
      readonly kind: 'try-again';
      readonly detail: string;
      /** How long the API asked to wait, in milliseconds; null when it did not say. */
      readonly waitMs: number | null;
      /** Whether the call may have taken effect although no usable answer came. */
      readonly mayHaveHappened: boolean;
    };

/** How a ban, kick or lift ended. */
export type SanctionResult =
  /** `account`: Sonoran's id of the account, when the answer names it. */
  { readonly kind: 'done'; readonly account: string | null } | CallFailure;

/** A Sonoran account as far as an API tells. */
export interface Account {
  readonly id: string | null;
  readonly name: string | null;
  /** Null when this API does not say. */
  readonly banned: boolean | null;
  /** The keys under which its holder can be recognised, see `identity/ban-key.ts`; empty when this API does not say. */
  readonly keys: readonly string[];
  /**
   * `type:value` of which there is proof that they are its holder's: Discord's own login and, where the answer tells
   * them, what the vendor's core has registered. The keys beside them are what people typed.
   */
  readonly proven: readonly string[];
  /** Whether the answer has told what the vendor's core has registered; absent when it has not. */
  readonly isRegistered?: true;
}

/** How a look-up ended. */
export type LookupResult = { readonly kind: 'found'; readonly account: Account } | CallFailure;

/** Whether a name is linked to an account. */
export type LinkResult =
  | { readonly kind: 'linked' }
  /** This API cannot tell that of such a name, or not in this community. */
  | { readonly kind: 'unknown' }
  | Exclude<CallFailure, { kind: 'not-enabled' | 'refused' }>;

/** One page of the list of banned accounts. */
export interface BannedPage {
  readonly kind: 'page';
  /** Every account on it, in the list's order, also one that has no place in such a list. */
  readonly ids: readonly string[];
  /** The banned ones. */
  readonly accounts: readonly BannedAccount[];
  /** Sonoran's ids of those on it of which it cannot be read whether they are banned; absent when there are none. */
  readonly unclear?: readonly string[];
  /** How many accounts the list has in all. */
  readonly total: number;
}

/** An account in the list of banned ones. */
export interface BannedAccount {
  /** Sonoran's id, in lower case. */
  readonly account: string;
  readonly keys: readonly string[];
  /** See {@link Account}. */
  readonly proven: readonly string[];
}

/** What an API tells of a community's banned accounts. */
export interface BannedList {
  /** How many accounts a page has, unless it is the last. */
  readonly pageSize: number;
  /** Reads one page, after everybody who waits for an answer. `unavailable`: this community has no such list. */
  read(offset: number): Promise<BannedPage | { readonly kind: 'unavailable' } | CallFailure>;
}

/** An account in the list of all, as it was listed. */
export interface LinkedAccount {
  /** Sonoran's id, in lower case. */
  readonly account: string;
  /** By Discord's own login; null when there is none, or this API does not say. */
  readonly discordId: string | null;
  readonly apiIds: readonly string[];
}

/** One page of the list of all accounts. */
export interface AccountPage {
  readonly kind: 'page';
  readonly accounts: readonly LinkedAccount[];
  /** How many rows it has, also those that cannot be read. */
  readonly rows: number;
  /** How many accounts the list has in all. */
  readonly total: number;
}

/** What an API tells of all accounts of a community. */
export interface AccountList {
  /**
   * Reads one page in one call, after everybody who waits for an answer. `unavailable`: this community has no such
   * list.
   */
  read(offset: number): Promise<AccountPage | { readonly kind: 'unavailable' } | CallFailure>;
}

/** For whom a look-up is made: somebody who waits for its answer, nobody, or a ban, kick or lift that depends on it. */
export type Urgency = 'person' | 'background' | 'delivery';

/** What the domain needs of one product's API. It never throws and never rejects. */
export interface ProductApi {
  readonly product: Product;
  /** As shown at start-up, for example `CAD v2`. */
  readonly name: string;
  /** What the API can do at all. */
  readonly kinds: ReadonlySet<ActionKind>;
  /** By what an account can be named in a ban, kick or lift. */
  readonly sanctionFields: ReadonlySet<SubjectField>;
  /** By what an account can be looked up. */
  readonly lookupFields: ReadonlySet<SubjectField>;
  sanction(kind: ActionKind, subject: Subject): Promise<SanctionResult>;
  /** Whether a name is linked, for a ban, kick or lift; changes nothing. */
  isLinked(subject: Subject): Promise<LinkResult>;
  /**
   * Whether that is to be asked of every name but the first, because it has limits of its own, and that of bans
   * is narrow.
   */
  readonly asksLinks: boolean;
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult>;
  /**
   * An account with what the vendor's core has registered of it, after everybody who waits for an answer.
   * `unavailable`: this community has no such call. Absent where the API has none.
   *
   * @param account Sonoran's id.
   */
  readonly registered?: (account: string) => Promise<LookupResult | { readonly kind: 'unavailable' }>;
  readonly bannedList: BannedList;
  readonly accountList: AccountList;
}
