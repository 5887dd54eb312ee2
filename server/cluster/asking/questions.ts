import { type Lookup, noLookup } from '../../moderation/lookup.ts';
import { type FoundPerson, subjectableOf } from '../../moderation/person.ts';
import type { Cancelled } from '../../moderation/request.ts';
import type { Work } from '../../work.ts';
import type { Answer } from '../answer.ts';
import type { Request } from '../request.ts';
import type { NewRequests } from './new-requests.ts';
import type { OpenRequests } from './open-requests.ts';
import type { AskingOptions } from './options.ts';

/** For how long whoever looks somebody up waits, in milliseconds: nobody keeps that. */
const LOOKUP_MS = 5_000;

/** What is asked to hear the answer, and becomes no action. */
export interface Questions {
  /** @returns undefined when nothing is on its way; `later` when nobody has answered yet, and it is kept until then. */
  cancel(actionId: string): Promise<Cancelled | 'later' | undefined>;
  /** @returns undefined when nobody has answered yet: it is kept until then. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  lookUp(who: FoundPerson): Promise<Lookup>;
  /** Asks what an earlier run has kept: nobody waits for the answer any more. */
  resume(request: Request): void;
}

/** What they take. */
export type QuestionsOptions = Pick<AskingOptions, 'products' | 'why'> & {
  readonly open: OpenRequests;
  readonly make: Pick<NewRequests, 'cancel' | 'retry' | 'lookup'>;
};

export function createQuestions({ open, make, products, why }: QuestionsOptions): Questions {
  /** For what changes something: it is kept until it is done. */
  async function askFirmly(request: Request): Promise<Answer | 'taken' | undefined> {
    const entry = open.enter(request);
    await open.keep(request);
    void open.send(request);
    return open.answerTo(entry);
  }

  async function ask(request: Request): Promise<Answer | 'taken' | undefined> {
    const entry = open.enter(request);
    void open.send(request);
    const answer = await open.answerTo(entry, LOOKUP_MS);
    open.withdraw(request.id);
    return answer;
  }

  return {
    async cancel(actionId) {
      const answer = await askFirmly(make.cancel(actionId));
      if (answer === undefined) return 'later';
      return typeof answer === 'object' && answer.kind === 'cancelled'
        ? (answer.how ?? undefined)
        : undefined;
    },
    async retry(actionId) {
      const answer = await askFirmly(make.retry(actionId));
      return typeof answer === 'object' && answer.kind === 'retried' ? answer : undefined;
    },
    async lookUp(who) {
      const answer = await ask(make.lookup(who, await subjectableOf(who, products())));
      const found = typeof answer === 'object' && answer.kind === 'found' ? answer.lookup : undefined;
      return found === undefined ? noLookup('EXPIRED', why()) : JSON.parse(found);
    },
    resume(request) {
      open.enter(request);
      void open.send(request);
    },
  };
}
