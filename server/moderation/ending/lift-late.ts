import { type Action, namesOfAction, type Product } from '../action.ts';
import type { Moderation, ModerationOptions } from '../contract.ts';
import { holdsIn, mayHold } from '../lift.ts';
import { liftAgain } from '../lift-again.ts';
import { samePerson } from '../person.ts';
import type { DecidedAbout } from '../ties.ts';

/** A product has confirmed a ban that has ended meanwhile: lifts it there, unless a lift has. */
export type LiftLate = (ban: Action, product: Product) => void;

/** What it takes. */
export interface LiftLateOptions extends Pick<ModerationOptions, 'everyProduct' | 'onBug'> {
  readonly decidedAbout: DecidedAbout;
  readonly submit: Moderation['submit'];
}

export function createLiftLate({ everyProduct, decidedAbout, submit, onBug }: LiftLateOptions): LiftLate {
  return (ban, product) => {
    const about = decidedAbout(namesOfAction(ban));
    const isHeld = about.some((other) => other.inForce && holdsIn(other, product));
    const { api } = everyProduct.find((each) => each.api.product === product) ?? {};
    if (isHeld || !api?.kinds.has('unban') || !mayHold(product, about)) return;
    submit(samePerson(ban), liftAgain(ban, ban, product)).catch(onBug);
  };
}
