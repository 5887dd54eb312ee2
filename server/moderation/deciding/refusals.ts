import type { Moderation, ModerationOptions } from '../contract.ts';
import { refusal } from '../outcome.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import type { FactsOf } from './facts.ts';

/** Answers requests that become no action. */
export interface Refusals {
  readonly refuse: Moderation['refuse'];
  /** No product is there for it. At once: whoever is stopped in this very moment is not to hear of two ends. */
  unused(request: SanctionRequest, message: string): Ticket;
  /** Nobody wants it any more, so that nobody is told. */
  calledOff(request: SanctionRequest): Ticket;
  /** It could not be stored, and will be handed in again: nobody is told. */
  notStored(request: SanctionRequest): Ticket;
}

/** What they take. */
export interface RefusalsOptions extends Pick<ModerationOptions, 'audience' | 'say' | 'serverId'> {
  readonly factsOf: FactsOf;
}

export function createRefusals({ factsOf, audience, say, serverId }: RefusalsOptions): Refusals {
  const refuse: Moderation['refuse'] = (request, code, message, target) => {
    const outcome = refusal(factsOf(request), code, message, target);
    // What another server has decided is told there.
    if (!request.elsewhere || request.elsewhere.serverId === serverId) {
      audience.settled(undefined, outcome);
    }
    return outcome;
  };

  return {
    refuse,
    unused(request, message) {
      const outcome = refuse(request, 'NOT_CONFIGURED', message);
      request.onAnswer?.(outcome);
      return { accepted: false, outcome };
    },
    calledOff(request) {
      const outcome = refusal(factsOf(request), 'CANCELLED', say('error.stopping'), undefined);
      return { accepted: false, outcome };
    },
    notStored(request) {
      const outcome = refusal(factsOf(request), 'REFUSED', say('error.REFUSED.storage'), undefined);
      return { accepted: false, isNotStored: true, outcome };
    },
  };
}
