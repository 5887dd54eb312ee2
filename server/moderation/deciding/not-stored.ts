import type { Action } from '../action.ts';
import type { ModerationOptions } from '../contract.ts';
import type { Outcome } from '../outcome.ts';
import { samePerson } from '../person.ts';
import type { Ledger, Outbox } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import type { Telling } from '../telling.ts';
import type { Refusals } from './refusals.ts';

/**
 * What becomes of a decision that could not be stored here. Where others write for this community too it is handed on,
 * or handed in again by whoever has it; where nobody does, it was not made.
 */
export interface NotStored {
  /** A new one: nothing of it has gone out, and nothing ever will from here. */
  decision(action: Action, request: SanctionRequest): Ticket | Promise<Ticket>;
  /** One that was told again: the work here has ended before that was kept. */
  retold(action: Action, request: SanctionRequest): Ticket | Promise<Ticket>;
}

/** What it takes. */
export interface NotStoredOptions extends Pick<ModerationOptions, 'newId' | 'say' | 'serverId'> {
  readonly handOn: ModerationOptions['handOn'];
  readonly ledger: Pick<Ledger, 'forget'>;
  readonly outbox: Pick<Outbox, 'forget'>;
  readonly telling: Pick<Telling, 'giveAnswer' | 'giveUp'>;
  readonly refusals: Pick<Refusals, 'refuse' | 'notStored'>;
}

export function createNotStored(options: NotStoredOptions): NotStored {
  const { handOn, ledger, outbox, telling, refusals, newId, say, serverId } = options;
  return {
    decision(action, request) {
      outbox.forget(action.id);
      ledger.forget(action);
      const { elsewhere, isCorrection } = request;
      if (handOn && (isCorrection || elsewhere?.serverId === serverId)) {
        const onAnswer = (outcome: Outcome) => telling.giveAnswer(action.id, outcome);
        const who = { ...samePerson(action), person: action.person };
        // Whether it is wanted was asked once: by now somebody may know that it is accepted.
        const { isCalledOff: _, ...wanted } = request;
        return handOn(who, { ...wanted, onAnswer }, action.id);
      }
      if (handOn) {
        telling.giveUp(action.id);
        return refusals.notStored(request);
      }
      const outcome = refusals.refuse(request, 'REFUSED', say('error.REFUSED.storage'));
      telling.giveAnswer(action.id, outcome);
      return { accepted: false, outcome };
    },
    retold(action, request) {
      if (handOn && request.elsewhere?.serverId === serverId) {
        return handOn({ ...samePerson(action), person: action.person }, request, newId());
      }
      return refusals.notStored(request);
    },
  };
}
