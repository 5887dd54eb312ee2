import type { Subject } from '../identity/subject.ts';

/** The three things that can be decided about a person. */
export const ACTION_KINDS = ['ban', 'kick', 'unban'] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

/** Sonoran's two products. */
export const PRODUCTS = ['cms', 'cad'] as const;
export type Product = (typeof PRODUCTS)[number];

/** What started an action. */
export type Origin = 'chat' | 'console' | 'txadmin' | 'export';

/** When a player is dropped (`cmsban_drop_when`). */
export const DROP_RULES = ['success', 'all', 'always'] as const;
export type DropRule = (typeof DROP_RULES)[number];

/** How an answer ended, in one word that scripts can compare. */
export const CODES = [
  'OK',
  'QUEUED',
  'PLAYER_NOT_FOUND',
  'INVALID_TARGET',
  'NO_IDENTIFIER',
  'NOT_LINKED',
  'IMMUNE',
  'FORBIDDEN',
  'NOT_CONFIGURED',
  'BAD_CREDENTIALS',
  'UNSUPPORTED',
  'REFUSED',
  'EXPIRED',
  'CANCELLED',
] as const;
export type Code = (typeof CODES)[number];

/** Why a request was never carried out. */
export type RefusalCode = Exclude<Code, 'OK' | 'QUEUED'>;

/** Why one product's share was never carried out; the other codes end a request before it has shares. */
export type DeliveryRefusalCode = Extract<
  Code,
  'NO_IDENTIFIER' | 'NOT_LINKED' | 'BAD_CREDENTIALS' | 'UNSUPPORTED' | 'REFUSED' | 'EXPIRED' | 'CANCELLED'
>;

/** Whom an action is about, as far as the server knows. */
export interface Person {
  /** As shown in messages; null when only an identifier or account is known. */
  readonly name: string | null;
  /** The player's server id when they were connected as the action began. */
  readonly playerId: number | null;
  /** `type:value`, without `ip:`. */
  readonly identifiers: readonly string[];
  /** `account:…`, `username:…` or `unique:…` when the target was typed so. */
  readonly account: string | null;
}

/** Who decided. */
export interface Author {
  readonly name: string;
  /** The author's own identifiers, by which they are found again when the action settles; empty for non-players. */
  readonly identifiers: readonly string[];
  /** The author's server id when they decided; null for non-players. */
  readonly playerId: number | null;
}

/** What a delivery waits for. */
export const QUEUED_CODES = ['QUEUED', 'BAD_CREDENTIALS', 'REFUSED', 'NOT_LINKED'] as const;
export type QueuedCode = (typeof QUEUED_CODES)[number];

/** Where a delivery stands. */
export type DeliveryState =
  | {
      readonly status: 'queued';
      /**
       * What it waits for: its turn or the next try; that somebody mends the credentials or the plan; or, with
       * `NOT_LINKED`, that the person links an account: then it is kept, and not tried.
       */
      readonly code: QueuedCode;
      /** What kept it last, in words; empty before the first try. */
      readonly detail: string;
      /** Unix milliseconds of the next try; null while one is under way or before the first. */
      readonly nextTryAt: number | null;
    }
  | {
      readonly status: 'delivered';
      /** The API ID (or other field's value) by which the account was known; null when no call was needed. */
      readonly apiId: string | null;
      /** Sonoran's id of the account, when it told us. */
      readonly account: string | null;
    }
  | {
      readonly status: 'refused';
      readonly code: DeliveryRefusalCode;
      /** The API's own words, or what else explains the code; may be empty. */
      readonly detail: string;
      /** It is over here alone: another server sees to it, which the detail names. */
      readonly isElsewhere?: true;
    };

/** A delivery that has its first try, or the next, before it. */
export const QUEUED: DeliveryState = { status: 'queued', code: 'QUEUED', detail: '', nextTryAt: null };

/** One product's share of an action. A record: plain data, replaced and never changed. */
export interface Delivery {
  readonly product: Product;
  /** The ways to name the account, best first. */
  readonly subjects: readonly Subject[];
  /** Which of the subjects is to be tried next. */
  readonly candidate: number;
  /** How many calls were made and have to be made again. */
  readonly attempts: number;
  /** For how long it has been tried, in milliseconds; what it waited for credentials does not count. */
  readonly spentMs: number;
  /** The candidate of the last call that may have taken effect though its answer was never seen. */
  readonly unanswered: number | null;
  readonly state: DeliveryState;
}

/** One decision about one person. A record: plain data, replaced and never changed. */
export interface Action {
  readonly id: string;
  /** Its place in the order of decisions; wall clocks jump, this does not. */
  readonly sequence: number;
  /** Its place when it was told last: the same decision told again counts from then. */
  readonly told: number;
  /** When it was told last, in Unix milliseconds: what another server has decided before comes later and is earlier. */
  readonly toldAt: number;
  /** Names the decision where it came from, so that it has one effect however often it is told; null when nothing does. */
  readonly key: string | null;
  /** More such names: of decisions that were the same, and were told while this one was there. The latest. */
  readonly alsoKeys: readonly string[];
  readonly kind: ActionKind;
  readonly person: Person;
  /**
   * By which identifiers, `type:value`, whoever holds the account goes that is all a ban or kick names. They count at
   * the door and for whom to drop; that they are one person's is not proven.
   */
  readonly holder: readonly string[];
  readonly reason: string;
  readonly author: Author;
  readonly origin: Origin;
  /** The server on which it was decided (`cmsban_server_name`); null when it has no name. */
  readonly server: string | null;
  /** Names that server for good among several that share their storage; null where one is alone. */
  readonly serverId: string | null;
  /** When it was decided, in Unix milliseconds. */
  readonly at: number;
  readonly drop: DropRule;
  /** Set when whoever decided named no rule, and several servers share the decision: then each drops by its own. */
  readonly isDropOpen?: true;
  /** Whether a connected player was dropped for it. */
  readonly dropped: boolean;
  /** When a temporary ban ends, in Unix milliseconds; null for everything else. */
  readonly expiresAt: number | null;
  /** Whether a ban counts here: at the door, and for `isBanned`. False once it has ended, and for everything else. */
  readonly inForce: boolean;
  /** The products in which a ban was lifted by lifts of these products alone; empty for everything else. */
  readonly lifted: readonly Product[];
  /** Whether a temporary ban has kept its person out until its end. False for everything else. */
  readonly served: boolean;
  /** The ids of the bans that a lift has ended here; empty for everything else. */
  readonly ended: readonly string[];
  /** Whether a lift is of one ban alone, and not of all that were decided about its person before. */
  readonly isOfOneBan: boolean;
  readonly deliveries: readonly Delivery[];
}

/** A delivery that is still on its way. */
export function isQueued(delivery: Delivery): boolean {
  return delivery.state.status === 'queued';
}

/** A delivery that waits for the person to link an account, and is not tried until then. */
export function isKept({ state }: Delivery): boolean {
  return state.status === 'queued' && state.code === 'NOT_LINKED';
}

/** A delivery that was taken back. */
export function isCancelled({ state }: Delivery): boolean {
  return state.status === 'refused' && state.code === 'CANCELLED';
}

/** An action with nothing more to come. */
export function isSettled(action: Action): boolean {
  return !action.deliveries.some(isQueued);
}

/** All names of a decision where it came from. */
export function keysOf({ key, alsoKeys }: Action): readonly string[] {
  return key === null ? alsoKeys : [key, ...alsoKeys];
}

/** The share of one product; undefined when the action does not concern it. */
export function deliveryOf(action: Action, product: Product): Delivery | undefined {
  return action.deliveries.find((delivery) => delivery.product === product);
}

/** The products that an action concerns. */
export function productsOf({ deliveries }: Action): readonly Product[] {
  return deliveries.map(({ product }) => product);
}

/** The same action with one delivery replaced by its newer version. */
export function withDelivery(action: Action, delivery: Delivery): Action {
  return {
    ...action,
    deliveries: action.deliveries.map((old) => (old.product === delivery.product ? delivery : old)),
  };
}

/** The names that a person goes by: each identifier, and the account they were named by. */
export function namesOf({
  identifiers,
  account,
}: Pick<Person, 'identifiers' | 'account'>): readonly string[] {
  return account === null ? identifiers : [...identifiers, account];
}

/** The names that an action can be found by: those of its person, and the accounts that answers have named. */
export function namesOfAction({
  person,
  deliveries,
}: Pick<Action, 'person' | 'deliveries'>): readonly string[] {
  const accounts = deliveries.flatMap(({ state }) =>
    state.status === 'delivered' && state.account !== null ? [`account:${state.account.toLowerCase()}`] : [],
  );
  return accounts.length === 0 ? namesOf(person) : [...new Set([...namesOf(person), ...accounts])];
}

/** Whether two targets are known to be one person: they share an identifier, or were named by the same account. */
export function isSamePerson(one: Person, other: Person): boolean {
  const names = namesOf(other);
  return namesOf(one).some((name) => names.includes(name));
}
