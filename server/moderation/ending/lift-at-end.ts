import type { Action } from '../action.ts';
import type { Moderation, ModerationOptions } from '../contract.ts';
import type { LiftPlans } from '../lift-plan.ts';
import { keyOfServed } from '../own-keys.ts';
import { samePerson } from '../person.ts';
import type { Ticket } from '../request.ts';

/** Lifts a temporary ban whose end has come, once, where a product may have it; undefined when none does. */
export type LiftAtEnd = (ban: Action) => Promise<Ticket> | undefined;

/** What it takes. */
export interface LiftAtEndOptions extends Pick<ModerationOptions, 'say'> {
  readonly plans: Pick<LiftPlans, 'ofOne'>;
  readonly submit: Moderation['submit'];
}

export function createLiftAtEnd({ plans, submit, say }: LiftAtEndOptions): LiftAtEnd {
  return (ban) => {
    if (plans.ofOne(ban, ban.person).products.length === 0) return undefined;
    return submit(samePerson(ban), {
      kind: 'unban',
      key: keyOfServed(ban),
      reason: say('reason.expired', { reason: ban.reason || say('reason.none') }),
      author: ban.author,
      origin: ban.origin,
      only: { id: ban.id },
    });
  };
}
