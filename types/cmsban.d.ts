// Types of cmsban for other server resources in TypeScript or JavaScript. Name this file in your tsconfig.json
// ("include"), or write at the head of a script:
//
//   /// <reference path="../cmsban/types/cmsban.d.ts" />
//
// Then `exports.cmsban.banPlayer(…)` is known; where @citizenfx/server is used, it is taken from there.

/** What was decided. A kick removes somebody from the community in Sonoran. */
export type ActionKind = 'ban' | 'kick' | 'unban';

/** Sonoran CMS and Sonoran CAD. */
export type Product = 'cms' | 'cad';

/**
 * - `delivered`: at least one product confirmed and none is pending; or only the door here can hold it, and does.
 * - `queued`: something is pending, and is tried again.
 * - `refused`: nothing was, or ever will be, delivered.
 */
export type Status = 'delivered' | 'queued' | 'refused';

/** How an answer ended, in one word. */
export type Code =
  | 'OK'
  | 'QUEUED'
  | 'PLAYER_NOT_FOUND'
  | 'INVALID_TARGET'
  | 'NO_IDENTIFIER'
  | 'NOT_LINKED'
  | 'IMMUNE'
  | 'FORBIDDEN'
  | 'NOT_CONFIGURED'
  | 'BAD_CREDENTIALS'
  | 'UNSUPPORTED'
  | 'REFUSED'
  | 'EXPIRED'
  | 'CANCELLED';

/** Where a decision was made. */
export type Origin = 'chat' | 'console' | 'txadmin' | 'export';

/** When a connected player is dropped, see `cmsban_drop_when`. */
export type DropRule = 'success' | 'all' | 'always';

/**
 * Whom a call is about: a server id (number or text), an identifier (`license:…`, `discord:…`), a Sonoran account
 * (`account:<uuid>`, `username:<name>`, `unique:<number>`), or the id of an earlier action (whoever that was about).
 */
export type Target = number | string;

/** What may be chosen for one decision. An unknown name is refused. */
export interface Options {
  /** Who decided, as people read it; the name of the calling resource when not given. */
  author?: string | null;
  /** When the player is dropped; as `cmsban_drop_when` says when not given. */
  drop?: DropRule | null;
  /** Your own name for the decision, on this server: told again under it, it has no second effect. */
  id?: string | null;
  /** The products that it goes to; all in use when not given. */
  products?: Product[] | null;
  /** How long a ban lasts: text as in chat (`3d`, `1d12h`, `perm`), or seconds; for good when not given. */
  duration?: string | number | null;
}

/** Whom an answer is about, as far as the server knows. */
export interface Person {
  name: string | null;
  /** `type:value`, never `ip:`. */
  identifiers: string[];
  /** `account:…`, `username:…` or `unique:…`, when the target was named so. */
  account: string | null;
}

/** How one product's share of an action stands. */
export interface ProductOutcome {
  status: Status;
  code: Code;
  /** A sentence for people. */
  message: string;
  /** The API ID (or other name) by which the account was found. */
  apiId?: string;
  /** Sonoran's id of the account, when Sonoran told it. */
  account?: string;
  /** When it is tried next, in Unix milliseconds; only while queued. */
  nextTryAt?: number;
}

/** One per product that the action concerns. */
export interface ProductOutcomes {
  cms?: ProductOutcome;
  cad?: ProductOutcome;
}

/** The answer to a ban, kick or unban; also what events carry. */
export interface Outcome {
  /** Names the action: in messages, in the history, and as a target. */
  id: string;
  action: ActionKind;
  status: Status;
  code: Code;
  /** A sentence or two for people. */
  message: string;
  /** Set when the same decision was there already: then this is its answer. */
  again?: true;
  target: Person;
  reason: string;
  author: string;
  origin: Origin;
  /** When it was decided, in Unix milliseconds. */
  at: number;
  /** When a ban ends, in Unix milliseconds; null when it does not, and for everything else. */
  until: number | null;
  /** Whether a connected player was dropped. */
  dropped: boolean;
  /** The server on which it was decided (`cmsban_server_name`); null when that has no name. */
  server: string | null;
  products: ProductOutcomes;
}

/** A Sonoran account; null is what the product does not tell. */
export interface Account {
  id: string | null;
  name: string | null;
}

/** What this server knows by itself of a ban; null when it cannot tell. */
export interface KnownBan {
  banned: boolean | null;
  /** When the ban was first known of here, in Unix milliseconds. */
  since: number | null;
  /** Whether the list is older than it should be, or could not be read yet. */
  stale: boolean;
}

/** What one product knows of a person. */
export interface ProductLookup {
  status: 'found' | 'refused';
  code: Code;
  message: string;
  apiId?: string;
  account?: Account;
  /** Null when the product does not tell, or could not be asked. */
  banned: boolean | null;
  mirror: KnownBan;
}

/** One per product in use. */
export interface ProductLookups {
  cms?: ProductLookup;
  cad?: ProductLookup;
}

/** The answer to a look-up. */
export interface Lookup {
  code: Code;
  message: string;
  target: Person;
  products: ProductLookups;
}

/** Whether somebody is banned, per product in use; null when it cannot be told. */
export interface BannedProducts {
  cms?: boolean | null;
  cad?: boolean | null;
}

/** The answer to `isBanned`, from what is known here: nothing is asked for it. */
export interface BannedAnswer {
  /** True when this server or any product in use says so, false when all say no, null when it cannot be told. */
  banned: boolean | null;
  /** A ban that only this server knows is `banned` with these false. */
  products: BannedProducts;
  /** The id of the action, when the ban was decided here. */
  id?: string;
  /** When the ban ends, in Unix milliseconds, when that is known. */
  until?: number;
  reason?: string;
  /** Sonoran's id of the banned account, when it is known. */
  account?: string;
  /** When the ban was first known of here, in Unix milliseconds. */
  since?: number;
  /** Whether a list that this rests on is older than it should be, or could not be read yet. */
  stale: boolean;
  code: Code;
  message: string;
}

/** The functions. None rejects or throws for an expected failure: the answer's `code` says what came of it. */
export type Exports = {
  banPlayer(target: Target, reason?: string | null, options?: Options | null): Promise<Outcome>;
  kickPlayer(target: Target, reason?: string | null, options?: Options | null): Promise<Outcome>;
  unbanPlayer(target: Target, reason?: string | null, options?: Options | null): Promise<Outcome>;
  /** Asks every product in use which account this is, and whether it is banned. */
  lookupPlayer(target: Target): Promise<Lookup>;
  isBanned(target: Target): Promise<BannedAnswer>;
  /** What is still pending, at most 50 when no limit is given; bans that wait for a link come last. */
  getPending(limit?: number | null): Promise<Outcome[]>;
  /** The latest actions, newest first, at most 50 when no limit is given. */
  getHistory(limit?: number | null): Promise<Outcome[]>;
};

/** Server events, each with the outcome: `on('cmsban:delivered', (outcome: Outcome) => …)`. */
export type Event = 'cmsban:queued' | 'cmsban:delivered' | 'cmsban:refused';

declare global {
  interface CitizenExports {
    cmsban: Exports;
  }
}
