import type { Clock } from '../clock.ts';
import { type Action, type ActionKind, isSettled, type Origin, type Product, productsOf } from './action.ts';

/** For how long after it has settled a decision that is told again is the same one, in milliseconds. */
const AGAIN_MS = 60_000;
/** By how much a ban may seem longer that is as long: its end was counted a little before it was taken in, in milliseconds. */
const SLACK_MS = 1_000;
/** After a restart, what was decided so shortly before counts as settled in that moment, in milliseconds. */
const RECENT_MS = 2 * 60_000;

/** A decision that is about to be taken in. */
export interface Told {
  readonly kind: ActionKind;
  readonly origin: Origin;
  readonly products: readonly Product[];
  /** In Unix milliseconds; null without an end. */
  readonly expiresAt: number | null;
  /** When it is told, in Unix milliseconds. */
  readonly at: number;
}

/** Finds decisions that are told again: an anti-cheat in a loop tells the same ban thirty times. */
export interface Again {
  /** To be told of every action that has settled. */
  settled(id: string): void;
  /** Goes on where the last run ended, of which nobody knows when something settled. @param now Unix milliseconds. */
  resume(latest: readonly Action[], now: number): void;
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
    resume(latest, now) {
      for (const action of latest) {
        if (isSettled(action) && Math.abs(now - action.at) < RECENT_MS) {
          settled.set(action.id, clock.elapsed() + AGAIN_MS);
        }
      }
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

/** Whether an action is a decision that is told, as far as those two go. */
export function isSame(action: Action, told: Told): boolean {
  if (action.kind !== told.kind || isRevocable(action) || isRevocable(told)) return false;
  // The end of one ban alone is no lift of all.
  if (action.isOfOneBan) return false;
  if (!counts(action, told)) return false;
  const products = productsOf(action);
  const isEqual =
    products.length === told.products.length && told.products.every((each) => products.includes(each));
  return isEqual && !isLonger(told, action);
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

/** From when to when a ban lasts, in Unix milliseconds. */
type Length = Pick<Told, 'at' | 'expiresAt'>;

/** Whether one ban is longer than another: by its length, not by its end, for told again it ends later. */
export function isLonger(one: Length, other: Length): boolean {
  if (other.expiresAt === null) return false;
  return one.expiresAt === null || one.expiresAt - one.at > other.expiresAt - other.at + SLACK_MS;
}

function opposes(other: Action, action: Action): boolean {
  const kinds = [other.kind, action.kind];
  return other.sequence > action.sequence && kinds.includes('ban') && kinds.includes('unban');
}
