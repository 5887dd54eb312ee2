import type { Action, Product } from './action.ts';

/**
 * The names of decisions that follow from others, see {@link Action.key}: each is made once, and known again after a
 * crash.
 */

/** Of the lift at the end of a temporary ban. */
export function keyOfServed({ id }: Action): string {
  return `${SERVED}${id}`;
}

/** The id of the temporary ban whose end a decision is; undefined of every other decision. */
export function servedBanOf({ key }: Pick<Action, 'key'>): string | undefined {
  return key?.startsWith(SERVED) ? key.slice(SERVED.length) : undefined;
}

/** Of the lift of one ban that went out, or was heard, after its end. @param product the one alone in which it is lifted. */
export function keyOfLiftAgain({ id }: Action, product?: Product): string {
  return product === undefined ? `${END}${id}` : `${END}${id}:${product}`;
}

/** Whether a decision is such a lift. */
export function isLiftAgain({ key }: Pick<Action, 'key'>): boolean {
  return key?.startsWith(END) === true;
}

/** Of a ban that is made again because an earlier lift has undone it. */
export function keyOfBanAgain(ban: Action, lift: Action): string {
  return `again:${ban.id}:${lift.id}`;
}

/** The id of the ban that a decision makes again; undefined of every other decision. */
export function banMadeAgainBy({ key }: Pick<Action, 'key'>): string | undefined {
  return /^again:([^:]+):/.exec(key ?? '')?.[1];
}

const SERVED = 'lift:';
const END = 'end:';
