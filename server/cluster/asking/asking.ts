import type { Action } from '../../moderation/action.ts';
import { createAnswers } from '../../moderation/answers.ts';
import type { FoundPerson } from '../../moderation/person.ts';
import type { SanctionRequest, Ticket } from '../../moderation/request.ts';
import { createDecisions, type Decisions } from './decisions.ts';
import { createHearing, type Hearing } from './hearing.ts';
import { createNewRequests } from './new-requests.ts';
import { createOpenRequests, type OpenRequests } from './open-requests.ts';
import type { AskingOptions } from './options.ts';
import { createQuestions, type Questions } from './questions.ts';
import { createReporting, type Reporting } from './reporting.ts';
import { verdictWith } from './verdict.ts';

/*
 * What is asked of the server that works:
 *
 * - `asked`: kept here, if it is a decision, and counts here: at the door, for `isBanned`. → in the database, as soon
 *   as that takes it (see sending.ts); told, when nobody has taken it in for two seconds, or it is known that the
 *   database is away
 * - `told`: whoever decided knows what it waits for.
 * - `taken in`: there is an action of it, whose record is heard, or an answer. Forgotten here: from now on the action
 *   is told as any other that was decided here.
 *
 * It is made in new-requests.ts and kept in open-requests.ts. It begins in decisions.ts; what wants an answer and
 * becomes no action, in questions.ts; what wants none, in reporting.ts. Its end is heard in hearing.ts.
 */

/** Asks the server that works for the community. */
export interface Asking
  extends Omit<Decisions, 'submit' | 'resume'>,
    Omit<Questions, 'resume'>,
    Omit<Reporting, 'resume'>,
    Hearing,
    Pick<OpenRequests, 'forgetKept'> {
  /** Reads what an earlier run has asked, and was not done; from now on it takes decisions. */
  resume(): Promise<void>;
  submit(who: FoundPerson, request: SanctionRequest, id?: string): Promise<Ticket>;
  /** The ban among it that counts for whoever goes by these names, or whether a lift of them is among it. */
  verdictOn(names: readonly string[], known: Action | undefined): Action | undefined;
}

export function createAsking(options: AskingOptions): Asking {
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const make = createNewRequests(options);
  const open = createOpenRequests(options);
  const answers = createAnswers();
  const decisions = createDecisions({ ...options, open, make, answers, ready });
  const questions = createQuestions({ ...options, open, make });
  const reporting = createReporting(open, make);
  const hearing = createHearing({ ...options, open, answers });

  return {
    ...decisions,
    ...questions,
    ...reporting,
    ...hearing,
    forgetKept: open.forgetKept,
    async resume() {
      for (const request of await open.load()) {
        if (request.kind === 'report') reporting.resume(request);
        else if (request.kind === 'sanction') decisions.resume(request);
        else questions.resume(request);
      }
      setReady();
    },
    submit: (who, request, id = options.newId()) => decisions.submit(who, request, id),
    verdictOn(names, known) {
      if (open.byId.size === 0) return known;
      return verdictWith(open.byId.values(), options.ties.of(names), known, options.now());
    },
  };
}
