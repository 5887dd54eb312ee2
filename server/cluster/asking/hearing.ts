import { type Action, isSettled } from '../../moderation/action.ts';
import type { Answers } from '../../moderation/answers.ts';
import { displayName, type Outcome } from '../../moderation/outcome.ts';
import { isAnswered } from '../../moderation/telling.ts';
import type { Answer } from '../answer.ts';
import { calledOff } from './as-waiting.ts';
import type { OpenRequest, OpenRequests } from './open-requests.ts';
import type { AskingOptions } from './options.ts';

/** What becomes of what is asked: whoever has asked is told, and it is open no more. */
export interface Hearing {
  /** To be told that all that the database holds is known: some of it may be what was asked. */
  reconcile(): void;
  /** To be told that this server itself has taken a request in. */
  taken(id: string, answered: Promise<Outcome>): void;
  /** To be told how an action stands that was decided here. */
  followed(action: Action): void;
  /** To be told of an answer. */
  answered(id: string, answer: Answer): void;
}

/** What it takes. */
export type HearingOptions = Pick<AskingOptions, 'audience' | 'outcomeOf' | 'actionById' | 'say'> & {
  readonly open: OpenRequests;
  /** Those who have decided, and wait for a first answer. */
  readonly answers: Answers;
};

export function createHearing(options: HearingOptions): Hearing {
  const { open, answers, audience, outcomeOf, actionById, say } = options;

  function followed(action: Action): void {
    const entry = open.byId.get(action.id);
    open.forget(action.id);
    entry?.resolve('taken');
    if (!answers.isAwaited(action.id) || !isAnswered(action)) return;
    const outcome = outcomeOf(action);
    if (!isSettled(action)) audience.queued(action, outcome);
    answers.give(action.id, outcome);
  }

  /** The outcome that an answer stands for, and the action that tells of it. */
  function outcomeIn(
    answer: Answer,
    { request, action }: OpenRequest,
  ): readonly [Action, Outcome] | undefined {
    if (request.kind !== 'sanction' || !action) return undefined;
    if (answer.kind === 'again') {
      const there = actionById(answer.actionId);
      // Its author is whoever has told it once more.
      if (there) {
        const told = { ...there, author: action.author, origin: action.origin };
        return [told, { ...outcomeOf(there), again: true }];
      }
      const { actionId: id, status, code } = answer;
      const message = say('again', { name: displayName(action.person) });
      return [action, { ...outcomeOf(action), id, status, code, message, again: true }];
    }
    if (answer.kind !== 'refused') return undefined;
    const { code } = answer;
    if (code === 'CANCELLED') {
      const over = calledOff(action);
      return [over, outcomeOf(over)];
    }
    const message = code === 'NOT_CONFIGURED' ? say('error.NOT_CONFIGURED') : say('cluster.notTaken');
    return [action, { ...outcomeOf(action), status: 'refused', code, message, products: {} }];
  }

  return {
    reconcile() {
      for (const [id, { isTold }] of [...open.byId]) {
        const action = actionById(id);
        if (!action) continue;
        followed(action);
        // It ended while this server was away, and so nobody has heard.
        if (isTold && isSettled(action)) audience.settled(action, outcomeOf(action));
      }
    },
    taken(id, answered) {
      const entry = open.byId.get(id);
      if (!entry) return;
      open.forget(id);
      entry.resolve('taken');
      void answered.then((outcome) => answers.give(id, outcome));
    },
    followed,
    answered(id, answer) {
      const entry = open.byId.get(id);
      if (!entry) return;
      open.forget(id);
      const [action, outcome] = outcomeIn(answer, entry) ?? [];
      if (action && outcome) {
        // Whoever was told that it waits is told how it ended.
        if (entry.isTold) audience[outcome.status === 'queued' ? 'queued' : 'settled'](action, outcome);
        else if (outcome.status === 'refused' && !outcome.again) audience.settled(undefined, outcome);
        answers.give(id, outcome);
      }
      entry.resolve(answer);
    },
  };
}
