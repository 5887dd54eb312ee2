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

/** Where a delivery stands. */
export type DeliveryState =
  | {
      readonly status: 'queued';
      /** What it waits for: its turn or the next try, or that somebody mends the credentials or the plan. */
      readonly code: 'QUEUED' | 'BAD_CREDENTIALS' | 'REFUSED';
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
    };

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
  /** Names the decision where it came from, so that it has one effect however often it is told; null when nothing does. */
  readonly key: string | null;
  readonly kind: ActionKind;
  readonly person: Person;
  readonly reason: string;
  readonly author: Author;
  readonly origin: Origin;
  /** When it was decided, in Unix milliseconds. */
  readonly at: number;
  readonly drop: DropRule;
  /** Whether a connected player was dropped for it. */
  readonly dropped: boolean;
  /** When a temporary ban ends, in Unix milliseconds; null for everything else. */
  readonly expiresAt: number | null;
  /** Whether the end of a temporary ban is still to come: not when it was lifted or a later decision replaced it. */
  readonly isExpiryPending: boolean;
  readonly deliveries: readonly Delivery[];
}

/** A delivery that is still on its way. */
export function isQueued(delivery: Delivery): boolean {
  return delivery.state.status === 'queued';
}

/** An action with nothing more to come. */
export function isSettled(action: Action): boolean {
  return !action.deliveries.some(isQueued);
}

/** The share of one product; undefined when the action does not concern it. */
export function deliveryOf(action: Action, product: Product): Delivery | undefined {
  return action.deliveries.find((delivery) => delivery.product === product);
}

/** The same action with one delivery replaced by its newer version. */
export function withDelivery(action: Action, delivery: Delivery): Action {
  return {
    ...action,
    deliveries: action.deliveries.map((old) => (old.product === delivery.product ? delivery : old)),
  };
}

/** What makes a person the same person: each identifier, or the account they were named by. */
export function keysOf({ identifiers, account }: Person): readonly string[] {
  return account === null ? identifiers : [...identifiers, account];
}

/** Whether two targets are known to be one person: they share an identifier, or were named by the same account. */
export function isSamePerson(one: Person, other: Person): boolean {
  const keys = keysOf(other);
  return keysOf(one).some((key) => keys.includes(key));
}
