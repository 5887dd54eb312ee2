import { type Action, namesOfAction } from '../action.ts';
import type { Moderation, ModerationOptions } from '../contract.ts';
import type { LiftPlans } from '../lift-plan.ts';
import { keyOfServed } from '../own-keys.ts';
import { samePerson } from '../person.ts';
import type { Ledger } from '../ports.ts';
import type { Ticket } from '../request.ts';
import type { DecidedAbout } from '../ties.ts';

/** Lifts temporary bans whose end has come. */
export interface LiftAtEnd {
  /** Lifts a ban, once, where a product may have it; undefined when none does. */
  lift(ban: Action): Promise<Ticket> | undefined;
  /**
   * To be called when a ban has ended. With the last one in force of a person, the temporary ones that had ended before
   * are lifted where a product still has them: they were left there for this one.
   */
  liftWhatIsLeft(ban: Action): void;
}

/** What it takes. */
export interface LiftAtEndOptions extends Pick<ModerationOptions, 'say' | 'onBug'> {
  readonly ledger: Pick<Ledger, 'byKey'>;
  readonly decidedAbout: DecidedAbout;
  readonly plans: Pick<LiftPlans, 'ofOne'>;
  readonly submit: Moderation['submit'];
}

export function createLiftAtEnd(options: LiftAtEndOptions): LiftAtEnd {
  const { ledger, decidedAbout, plans, submit, say, onBug } = options;

  function lift(ban: Action): Promise<Ticket> | undefined {
    if (plans.ofOne(ban, ban.person).products.length === 0) return undefined;
    return submit(samePerson(ban), {
      kind: 'unban',
      key: keyOfServed(ban),
      reason: say('reason.expired', { reason: ban.reason || say('reason.none') }),
      author: ban.author,
      origin: ban.origin,
      only: { id: ban.id },
    });
  }

  return {
    lift,
    liftWhatIsLeft(ban) {
      const about = decidedAbout(namesOfAction(ban));
      if (about.some(({ inForce }) => inForce)) return;
      for (const over of about) {
        const isLeft = over.kind === 'ban' && over.expiresAt !== null && !ledger.byKey(keyOfServed(over));
        if (isLeft) lift(over)?.catch(onBug);
      }
    },
  };
}
