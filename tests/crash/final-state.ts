import type { ActionKind, Product } from '../../server/moderation/action.ts';

/** How an account stands. */
export interface AccountState {
  readonly banned: boolean;
  readonly member: boolean;
}

/** Something that may have happened to an account. */
export interface Happening {
  readonly what: ActionKind | 'readmitted';
  /** `maybe`: it was called off, and may have gone out before. */
  readonly certainty: 'surely' | 'maybe';
}

/** How an account can stand after all this, in this order, for somebody who began as an ordinary member. */
export function possibleStates(product: Product, happenings: readonly Happening[]): readonly AccountState[] {
  let states: readonly AccountState[] = [{ banned: false, member: true }];
  for (const { what, certainty } of happenings) {
    const after = states.map((state) => afterwards(product, state, what));
    states = certainty === 'surely' ? after : [...states, ...after];
  }
  return states;
}

function afterwards(product: Product, state: AccountState, what: Happening['what']): AccountState {
  switch (what) {
    case 'ban':
      return state.member ? { ...state, banned: true } : state;
    case 'unban':
      return { ...state, banned: false };
    case 'kick':
      // The stand-in's CAD has one status for both, and a kick does not end a ban.
      return product === 'cad' && state.banned ? state : { ...state, member: false };
    case 'readmitted':
      return { ...state, member: true };
  }
}
