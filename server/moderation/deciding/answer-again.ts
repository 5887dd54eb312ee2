import type { Action, Person } from '../action.ts';
import type { ModerationOptions } from '../contract.ts';
import { displayName, type Outcome, refusal } from '../outcome.ts';
import type { Ended, Ledger } from '../ports.ts';
import type { SanctionRequest, Ticket } from '../request.ts';
import { isAnswered, type Telling } from '../telling.ts';
import type { FactsOf } from './facts.ts';

/** Answers decisions that are there already: the answer is the one that they have. */
export interface AnswerAgain {
  /** The ticket of a decision that is known by its id or key; undefined when it is none. */
  known(person: Person, request: SanctionRequest): Ticket | undefined;
  same(there: Action, request: SanctionRequest): Ticket;
}

/** What it takes. */
export interface AnswerAgainOptions extends Pick<ModerationOptions, 'say'> {
  readonly ledger: Pick<Ledger, 'byId' | 'byKey' | 'endedByKey' | 'safe'>;
  readonly telling: Pick<Telling, 'answerTo'>;
  readonly factsOf: FactsOf;
  /** The answer to an action as it stands now. */
  readonly stands: (action: Action) => Outcome;
}

export function createAnswerAgain(options: AnswerAgainOptions): AnswerAgain {
  const { ledger, telling, factsOf, stands, say } = options;

  function same(there: Action, request: SanctionRequest): Ticket {
    const action = ledger.safe(there);
    if (isAnswered(action)) {
      const outcome = asAgain(stands(action));
      request.onAnswer?.(outcome);
      return { accepted: true, isAgain: true, id: action.id, answered: Promise.resolve(outcome) };
    }
    const { onAnswer } = request;
    const answered = telling.answerTo(action.id, onAnswer && ((outcome) => onAnswer(asAgain(outcome))));
    return { accepted: true, isAgain: true, id: action.id, answered: answered.then(asAgain) };
  }

  /** The same, of an action that is too old to be known in full. */
  function longAgo(ended: Ended, person: Person, request: SanctionRequest): Ticket {
    const plain = refusal(
      factsOf(request),
      'REFUSED',
      say('again', { name: displayName(person) }),
      undefined,
    );
    const target = { name: person.name, identifiers: [...person.identifiers], account: person.account };
    const outcome: Outcome = { ...plain, ...ended, target, again: true };
    request.onAnswer?.(outcome);
    return { accepted: true, isAgain: true, id: ended.id, answered: Promise.resolve(outcome) };
  }

  return {
    known(person, request) {
      const { elsewhere, key } = request;
      const there =
        (elsewhere && ledger.byId(elsewhere.id)) ?? (key === undefined ? undefined : ledger.byKey(key));
      if (there) return same(there, request);
      const ended = key === undefined ? undefined : ledger.endedByKey(key);
      return ended && longAgo(ended, person, request);
    },
    same,
  };
}

function asAgain(outcome: Outcome): Outcome {
  return { ...outcome, again: true };
}
