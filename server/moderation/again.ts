import type { Clock } from '../clock.ts';
import { type Action, type ActionKind, isSettled, type Origin, type Product, productsOf } from './action.ts';

/** For how long after it has settled a decision that is told again is the same one, in milliseconds. */
const AGAIN_MS = 60_000;
/** By how much the end of a ban may be later to be no longer ban: an end is counted from when it is told. */
const SLACK_MS = 60_000;

/** A decision that is about to be taken in. */
export interface Told {
  readonly kind: ActionKind;
  readonly origin: Origin;
  readonly products: readonly Product[];
  /** In Unix milliseconds; null without an end. */
  readonly expiresAt: number | null;
}

/** Finds decisions that are told again: an anti-cheat in a loop tells the same ban thirty times. */
export interface Again {
  /** To be told of every action that has settled. */
  settled(id: string): void;
  /** The action that is this decision already. @param about all that was decided about the person. */
  find(told: Told, about: readonly Action[]): Action | undefined;
}

export function createAgain(clock: Pick<Clock, 'elapsed'>): Again {
  /** By id, until when a settled action is remembered, on `elapsed`; oldest first. */
  const settled = new Map<string, number>();

  function forgetOld(): void {
    for (const [id, until] of settled) {
      if (until > clock.elapsed()) return;
      settled.delete(id);
    }
  }

  return {
    settled(id) {
      forgetOld();
      settled.delete(id);
      settled.set(id, clock.elapsed() + AGAIN_MS);
    },
    find(told, about) {
      forgetOld();
      return about.find(
        (action) =>
          (!isSettled(action) || settled.has(action.id)) &&
          isSame(action, told) &&
          !about.some((other) => opposes(other, action)),
      );
    },
  };
}

function isSame(action: Action, told: Told): boolean {
  if (action.kind !== told.kind || isRevocable(action) || isRevocable(told)) return false;
  // The end of one ban alone is no lift of all.
  if (action.isOfOneBan) return false;
  if (!counts(action, told)) return false;
  const products = productsOf(action);
  const isEqual =
    products.length === told.products.length && told.products.every((each) => products.includes(each));
  return isEqual && !isLonger(told.expiresAt, action.expiresAt);
}

/** Each of txAdmin's bans is revoked by itself. */
function isRevocable({ kind, origin }: Pick<Told, 'kind' | 'origin'>): boolean {
  return kind === 'ban' && origin === 'txadmin';
}

/**
 * What was refused is not made again for a program; a person may have mended what it was refused for, or know another
 * name. A ban that was confirmed, and has ended since, or was lifted in a product, is another.
 */
function counts({ kind, inForce, lifted, deliveries }: Action, { origin }: Told): boolean {
  if (lifted.length > 0) return false;
  const codes = deliveries.map(({ state }) => (state.status === 'refused' ? state.code : undefined));
  const isRefused = !codes.includes(undefined);
  if (kind === 'ban' ? inForce : !isRefused) return true;
  return origin === 'export' && isRefused && !codes.includes('CANCELLED');
}

/** Whether a ban would keep the person out for longer than it is told now. */
export function isShortened(there: Pick<Action, 'expiresAt'>, told: number | null): boolean {
  return isLonger(there.expiresAt, told);
}

function isLonger(told: number | null, there: number | null): boolean {
  if (there === null) return false;
  return told === null || told > there + SLACK_MS;
}

function opposes(other: Action, action: Action): boolean {
  const kinds = [other.kind, action.kind];
  return other.sequence > action.sequence && kinds.includes('ban') && kinds.includes('unban');
}
