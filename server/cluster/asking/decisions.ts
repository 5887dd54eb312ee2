import type { Action } from '../../moderation/action.ts';
import type { Answers } from '../../moderation/answers.ts';
import { type Outcome, refusal } from '../../moderation/outcome.ts';
import type { FoundPerson } from '../../moderation/person.ts';
import type { Subjectable } from '../../moderation/plan.ts';
import type { SanctionRequest, Ticket } from '../../moderation/request.ts';
import { isAnswered } from '../../moderation/telling.ts';
import { createTurns } from '../../moderation/turns.ts';
import type { Storage } from '../../storage/storage.ts';
import type { RequestOf } from '../request.ts';
import { type AsWaiting, asWaiting, waitingFor } from './as-waiting.ts';
import type { NewRequests } from './new-requests.ts';
import type { OpenDecision, OpenRequest, OpenRequests } from './open-requests.ts';
import type { AskingOptions } from './options.ts';
import { isNamed, toldAgain } from './told-again.ts';

/** So long after it was taken in, in milliseconds, whoever has decided is told that, if nothing else has been told. */
const TAKEN_IN_MS = 3_000;
/** How often it is handed on that a decision is told again while it waits, in milliseconds. */
const REPEAT_MS = 1_000;

/** What is decided here, and is for another server to take in. */
export interface Decisions {
  submit(who: FoundPerson, request: SanctionRequest, id: string): Promise<Ticket>;
  /** Goes on with what an earlier run has kept: whoever decided was told then that it waits. */
  resume(request: RequestOf<'sanction'>): void;
  /** Whether a decision waits that goes by this name: told again, it is that one, whoever works. */
  isWaiting(key: string): boolean;
  /** Keeps a decision here that may not be on the way to any disk. */
  keep(who: FoundPerson, request: SanctionRequest, id: string): ReturnType<Storage['write']>;
  /** What has not been taken in yet, as actions, in the order decided. */
  waiting(): readonly Action[];
  /** Begins all that has been handed in, at once. */
  hurry(): void;
  /** Gives whoever waits for a first answer one now. What was asked is kept. */
  answerAll(why: string): void;
}

/** What they take. */
export type DecisionsOptions = Pick<
  AskingOptions,
  | 'server'
  | 'now'
  | 'products'
  | 'dropWhen'
  | 'dropIfDue'
  | 'isTold'
  | 'audience'
  | 'outcomeOf'
  | 'actionById'
  | 'actionByKey'
  | 'why'
  | 'clock'
  | 'say'
> & {
  readonly open: OpenRequests;
  readonly make: Pick<NewRequests, 'sanction'>;
  /** Those who have decided, and wait for a first answer. */
  readonly answers: Answers;
  /** Resolves when what an earlier run has asked has been read. */
  readonly ready: Promise<void>;
};

export function createDecisions(options: DecisionsOptions): Decisions {
  const { open, make, answers, server, audience, clock, say } = options;
  const turns = createTurns(options.ready, options.products);
  const waitingParts: AsWaiting = { server, dropWhen: options.dropWhen, products: options.products, say };

  const enter = (request: RequestOf<'sanction'>, isTold: boolean): OpenRequest =>
    open.enter(request, asWaiting(request, waitingParts), isTold);

  /** In the turn in which it is decided it is on its way to the disk here: there may be no later one. */
  async function begin(
    who: FoundPerson,
    subjectable: Subjectable,
    request: SanctionRequest,
    id: string,
  ): Promise<Ticket> {
    if (request.isCalledOff?.()) return notMade(request, id, 'CANCELLED', say('error.stopping'));
    const known = request.key === undefined ? undefined : options.actionByKey(request.key);
    if (known && known.id !== id && isAnswered(known)) return answerAgain(known, request);
    const same = toldAgain(open.byId.values(), who, request, options.products(), options.now());
    if (same) {
      repeat(same, make.sanction(who, subjectable, request, id));
      return answerAgain(waitingFor(options.why(), same.action), request);
    }
    if (options.products().length === 0) {
      const refused = notMade(request, id, 'NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
      audience.settled(undefined, refused.outcome);
      request.onAnswer?.(refused.outcome);
      return refused;
    }
    const body = make.sanction(who, subjectable, request, id);
    const entry = enter(body, options.isTold(id));
    const answered = answers.to(id, request.onAnswer);
    if ((await open.keep(body)) !== 'written') {
      open.drop(id);
      const { outcome } = notMade(request, id, 'REFUSED', say('error.REFUSED.storage'));
      audience.settled(undefined, outcome);
      answers.give(id, outcome);
      return { accepted: false, outcome };
    }
    if (entry.action) options.dropIfDue(entry.action);
    void open.send(body);
    const taken = await open.answerTo(entry);
    if (taken === undefined) tellWaiting(entry, options.why());
    if (typeof taken !== 'object') {
      clock.after(TAKEN_IN_MS, () => tellTakenIn(id));
      return { accepted: true, isAgain: false, id, answered };
    }
    if (taken.kind === 'refused') return { accepted: false, outcome: await answered };
    const isAgain = taken.kind === 'again';
    return { accepted: true, isAgain, id: isAgain ? taken.actionId : id, answered };
  }

  function notMade(
    { kind, reason, author, origin }: SanctionRequest,
    id: string,
    code: Parameters<typeof refusal>[1],
    message: string,
  ): { readonly accepted: false; readonly outcome: Outcome } {
    const facts = { id, kind, reason, author: author.name, origin, server: server.name, at: options.now() };
    return { accepted: false, outcome: refusal(facts, code, message, undefined) };
  }

  /** It counts from now: what another server has decided meanwhile is the earlier decision. */
  function repeat(entry: OpenDecision, body: RequestOf<'sanction'>): void {
    const { at, keys } = entry.again;
    const { key } = body.sanction;
    if (key === undefined ? body.at - at < REPEAT_MS : keys.includes(key)) return;
    entry.again = key === undefined ? { at: body.at, keys } : { at, keys: [...keys, key] };
    // The action of both is the one that waits.
    open.enter(body);
    void open.keep(body);
    void open.send(body);
  }

  function answerAgain(action: Action, request: SanctionRequest): Ticket {
    const outcome: Outcome = { ...options.outcomeOf(action), again: true };
    request.onAnswer?.(outcome);
    return { accepted: true, isAgain: true, id: action.id, answered: Promise.resolve(outcome) };
  }

  function tellWaiting(entry: OpenRequest, why: string): void {
    const { action } = entry;
    if (!action || entry.isTold || !open.byId.has(action.id)) return;
    entry.isTold = true;
    const waiting = waitingFor(why, action);
    const outcome = options.outcomeOf(waiting);
    audience.queued(waiting, outcome);
    answers.give(action.id, outcome);
  }

  /** The server that works may be gone before it had anything to tell of it. */
  function tellTakenIn(id: string): void {
    const action = answers.isAwaited(id) ? options.actionById(id) : undefined;
    if (!action) return;
    const outcome = options.outcomeOf(action);
    audience.queued(action, outcome);
    answers.give(id, outcome);
  }

  return {
    submit: (who, request, id) => turns.take(who, (subjectable) => begin(who, subjectable, request, id)),
    resume(request) {
      enter(request, true);
      void open.send(request);
    },
    isWaiting: (key) => [...open.byId.values()].some((each) => isNamed(each, key)),
    keep: (who, request, id) => open.keep(make.sanction(who, who.subjectable, request, id)),
    waiting: () =>
      [...open.byId.values()].flatMap(({ action }) => (action ? [waitingFor(options.why(), action)] : [])),
    hurry: turns.hurry,
    answerAll(why) {
      for (const entry of open.byId.values()) tellWaiting(entry, why);
    },
  };
}
