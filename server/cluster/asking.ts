import { type Clock, sleep } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import { type Action, isSamePerson, isSettled, namesOf } from '../moderation/action.ts';
import { isSame } from '../moderation/again.ts';
import { createAnswers } from '../moderation/answers.ts';
import { type Lookup, noLookup } from '../moderation/lookup.ts';
import { displayName, type Outcome, refusal } from '../moderation/outcome.ts';
import { type FoundPerson, subjectableOf } from '../moderation/person.ts';
import type { ProductInUse, Subjectable } from '../moderation/plan.ts';
import type { Audience } from '../moderation/ports.ts';
import type { Cancelled, SanctionRequest, Ticket } from '../moderation/request.ts';
import { isAnswered } from '../moderation/telling.ts';
import type { Ties } from '../moderation/ties.ts';
import { createTurns } from '../moderation/turns.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work } from '../work.ts';
import type { Answer } from './answer.ts';
import { type AsWaiting, asWaiting, calledOff, waitingFor } from './as-waiting.ts';
import { isToBeKept, type Report } from './report.ts';
import {
  onSharedClock,
  type Request,
  type RequestOf,
  readRequest,
  sanctionIn,
  whoIn,
  writeRequest,
} from './request.ts';
import { type AddToBox, createSending, type RequestRow } from './sending.ts';

/*
 * What is asked of the server that works:
 *
 * - `asked`: kept here, if it is a decision, and counts here: at the door, for `isBanned`. → in the database, as soon
 *   as that takes it (see sending.ts); told, when nobody has taken it in for two seconds, or it is known that the
 *   database is away
 * - `told`: whoever decided knows what it waits for.
 * - `taken in`: there is an action of it, whose record is heard, or an answer. Forgotten here: from now on the action
 *   is told as any other that was decided here.
 */

/** Where what is asked is kept here until it is done. */
const PREFIX = 'asked:';
export const ASKED_PREFIX = PREFIX;
/** For how long whoever has decided waits for a first answer from the server that works, in milliseconds. */
const PATIENCE_MS = 2_000;
/** The same for a look-up, which nobody keeps. */
const LOOKUP_MS = 5_000;
/** So long after it was taken in, in milliseconds, whoever has decided is told that, if nothing else has been told. */
const TAKEN_IN_MS = 3_000;
/** How often it is handed on that a decision is told again while it waits, in milliseconds. */
const REPEAT_MS = 1_000;
/** Most reports that wait for the database. Of more, the oldest are forgotten: what they tell of is over. */
const MOST_REPORTS = 1_000;
/** So far ahead of the clock may be what many requests in one moment have got, in milliseconds. */
const AHEAD_MS = 1_000;

/** The place in the database where servers put what they ask. */
export interface RequestBox {
  /** Has one effect however often it is sent. */
  add: AddToBox;
  /** What nobody waits for any more. */
  remove(id: string): void;
}

/** Asks the server that works for the community. */
export interface Asking {
  /** Reads what an earlier run has asked, and was not done; from now on it takes decisions. */
  resume(): Promise<void>;
  /** To be told that all that the database holds is known: some of it may be what was asked. */
  reconcile(): void;
  submit(who: FoundPerson, request: SanctionRequest, id?: string): Promise<Ticket>;
  /** Whether a decision waits that goes by this name: told again, it is that one, whoever works. */
  isWaiting(key: string): boolean;
  /** Keeps a decision here that may not be on the way to any disk. */
  keep(who: FoundPerson, request: SanctionRequest, id: string): ReturnType<Storage['write']>;
  /** @returns undefined when nothing is on its way; `later` when nobody has answered yet, and it is kept until then. */
  cancel(actionId: string): Promise<Cancelled | 'later' | undefined>;
  /** @returns undefined when nobody has answered yet: it is kept until then. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  lookUp(who: FoundPerson): Promise<Lookup>;
  /** Hands on what nobody waits for: kept until it is in the database, where it is worth that. */
  report(report: Report): Promise<void>;
  /** Keeps one here, as it is handed on by a run that comes. @returns its id. */
  keepReport(report: Report): string;
  /** What was kept here by this id need not be handed on any more, unless it is asked. */
  forgetKept(id: string): void;
  /** To be told that this server itself has taken a request in. */
  taken(id: string, answered: Promise<Outcome>): void;
  /** To be told how an action stands that was decided here. */
  followed(action: Action): void;
  /** To be told of an answer. */
  answered(id: string, answer: Answer): void;
  /** What has not been taken in yet, as actions, in the order decided. */
  waiting(): readonly Action[];
  /** The ban among it that counts for whoever goes by these names, or whether a lift of them is among it. */
  verdictOn(names: readonly string[], known: Action | undefined): Action | undefined;
  /** Begins all that has been handed in, at once. */
  hurry(): void;
  /** Gives whoever waits for a first answer one now. What was asked is kept. */
  answerAll(why: string): void;
}

/** What it takes. */
export interface AskingOptions {
  readonly server: { readonly id: string; readonly name: string | null };
  readonly local: Pick<Storage, 'load' | 'write' | 'soon'>;
  readonly box: RequestBox;
  /** Unix milliseconds of the clock that all servers share; of our own, until that is known. */
  readonly now: () => number;
  /** What is to be added to our wall clock to get that one; undefined until it is known. */
  readonly offset: () => number | undefined;
  readonly products: () => readonly ProductInUse[];
  /** For decisions that name no rule. */
  readonly dropWhen: Action['drop'];
  /** Drops whom an action is about, when that is due here already. */
  readonly dropIfDue: (action: Action) => Action;
  readonly ties: Pick<Ties, 'of'>;
  readonly seen: Pick<Seen, 'with'>;
  readonly audience: Audience;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  readonly actionById: (id: string) => Action | undefined;
  /** Whether whoever has decided this was told already that it waits. */
  readonly isTold: (id: string) => boolean;
  readonly newId: () => string;
  /** Why nobody answers, in words. */
  readonly why: () => string;
  /** Whether it is known that nobody will answer for now. */
  readonly isAway: () => boolean;
  /** Told that somebody waits. */
  readonly onAsked: () => void;
  readonly clock: Clock;
  readonly say: Say;
}

interface Asked {
  readonly request: Request;
  /** As it will be told until it is taken in; undefined for what is no decision. */
  readonly action: Action | undefined;
  /** Whether whoever decided was told that it waits, in this run or an earlier one. */
  isTold: boolean;
  /** When it was told last here, and by which names else: what was handed on of it. */
  again: { readonly at: number; readonly keys: readonly string[] };
  readonly resolve: (answer: Answer | 'taken') => void;
  readonly taken: Promise<Answer | 'taken'>;
}

interface AskedDecision extends Asked {
  readonly action: Action;
}

function isDecision(entry: Asked): entry is AskedDecision {
  return entry.action !== undefined;
}

export function createAsking(options: AskingOptions): Asking {
  const { server, local, box, audience, clock, say } = options;
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const turns = createTurns(ready, options.products);
  /** By id, in the order decided. */
  const asked = new Map<string, Asked>();
  const answers = createAnswers();
  /** The latest time given: what was asked first is first also within a millisecond. */
  let latest = 0;
  /** The ids of the reports that wait, oldest first. */
  const reports = new Set<string>();
  const sending = createSending({
    add: box.add,
    rowOf(id) {
      const request = asked.get(id)?.request;
      return request && rowIn(request);
    },
    clock,
  });
  const waitingParts: AsWaiting = { server, dropWhen: options.dropWhen, products: options.products, say };

  function rowIn(request: Request): RequestRow {
    const { at, ...rest } = onSharedClock(request, options.offset());
    return { id: request.id, at, body: writeRequest({ ...rest, at }) };
  }

  function nextTime(): number {
    const now = options.now();
    // It may turn out that our clock was ahead of the database's.
    latest = latest - now < AHEAD_MS ? Math.max(now, latest + 1) : now;
    return latest;
  }

  function head(id: string, at = nextTime()) {
    return {
      version: 1 as const,
      id,
      serverId: server.id,
      server: server.name,
      at,
      ...(options.offset() === undefined ? { isOwnClock: true as const } : {}),
    };
  }

  function enter(request: Request, isTold = false, isRepeat = false): Asked {
    const { promise: taken, resolve } = Promise.withResolvers<Answer | 'taken'>();
    const action = request.kind === 'sanction' && !isRepeat ? asWaiting(request, waitingParts) : undefined;
    const key = request.kind === 'sanction' ? request.sanction.key : undefined;
    const again = { at: request.at, keys: key === undefined ? [] : [key] };
    const entry: Asked = { request, action, isTold, again, resolve, taken };
    asked.set(request.id, entry);
    return entry;
  }

  function reportRequest(report: Report): RequestOf<'report'> {
    return { ...head(options.newId()), kind: 'report', report };
  }

  function keepLocally(request: Request): ReturnType<Storage['write']> {
    return local.write([{ name: PREFIX + request.id, value: writeRequest(request) }]);
  }

  /** Resolves once it is in the database, or nobody wants it there any more. */
  async function send(request: Request): Promise<void> {
    options.onAsked();
    await sending.send(request.id);
    options.onAsked();
  }

  /** @param kept resolves when it is kept here, as far as it can be. */
  async function sendReport(request: RequestOf<'report'>, kept: Promise<unknown>): Promise<void> {
    const { id } = request;
    enter(request);
    reports.add(id);
    for (const oldest of reports) {
      if (reports.size <= MOST_REPORTS) break;
      reports.delete(oldest);
      forget(oldest);
    }
    await kept;
    await send(request);
    reports.delete(id);
    forget(id);
  }

  function forget(id: string): void {
    if (!asked.delete(id)) return;
    void local.soon([{ name: PREFIX + id, value: null }]);
  }

  /** @returns undefined when nobody has answered by then. */
  function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
    return Promise.race([answer, sleep(clock, ms).then(() => undefined)]);
  }

  /** In the turn in which it is decided it is on its way to the disk here: there may be no later one. */
  async function begin(
    who: FoundPerson,
    subjectable: Subjectable,
    request: SanctionRequest,
    id: string,
  ): Promise<Ticket> {
    if (request.isCalledOff?.()) return notMade(request, id, 'CANCELLED', say('error.stopping'));
    const same = sameAsked(who, request);
    if (same) {
      repeat(same, bodyOf(who, subjectable, request, id));
      return again(same, request);
    }
    if (options.products().length === 0) {
      const refused = notMade(request, id, 'NOT_CONFIGURED', say('error.NOT_CONFIGURED'));
      audience.settled(undefined, refused.outcome);
      request.onAnswer?.(refused.outcome);
      return refused;
    }
    const body = bodyOf(who, subjectable, request, id);
    const entry = enter(body, options.isTold(id));
    const answered = answers.to(id, request.onAnswer);
    if ((await keepLocally(body)) !== 'written') {
      asked.delete(id);
      const { outcome } = notMade(request, id, 'REFUSED', say('error.REFUSED.storage'));
      audience.settled(undefined, outcome);
      answers.give(id, outcome);
      return { accepted: false, outcome };
    }
    if (entry.action) options.dropIfDue(entry.action);
    void send(body);
    const taken = await within(options.isAway() ? 0 : PATIENCE_MS, entry.taken);
    if (taken === undefined) tellWaiting(entry, options.why());
    if (typeof taken !== 'object') {
      clock.after(TAKEN_IN_MS, () => tellTakenIn(id));
      return { accepted: true, isAgain: false, id, answered };
    }
    if (taken.kind === 'refused') return { accepted: false, outcome: await answered };
    return { accepted: true, isAgain: taken.kind === 'again', id: idIn(taken) ?? id, answered };
  }

  function bodyOf(
    who: FoundPerson,
    subjectable: Subjectable,
    request: SanctionRequest,
    id: string,
  ): RequestOf<'sanction'> {
    return {
      ...head(id, request.elsewhere?.at),
      kind: 'sanction',
      who: whoIn(who, subjectable, options.seen.with(who.person.identifiers)),
      sanction: sanctionIn(request),
    };
  }

  function idIn(answer: Answer): string | undefined {
    return answer.kind === 'again' ? answer.actionId : undefined;
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

  const isNamed =
    (key: string) =>
    ({ again }: Asked): boolean =>
      again.keys.includes(key);

  /** The same decision, told again while it waits here. */
  function sameAsked({ person }: FoundPerson, request: SanctionRequest): AskedDecision | undefined {
    if (request.isCorrection) return undefined;
    const entries = [...asked.values()].filter(isDecision);
    const byKey = request.key !== undefined && entries.find(isNamed(request.key));
    if (byKey) return byKey;
    const latest = entries.findLast(({ action }) => isSamePerson(action.person, person));
    if (latest?.request.kind !== 'sanction') return undefined;
    const { only } = latest.request.sanction;
    if (only || request.only) {
      const isOfSame = JSON.stringify(only) === JSON.stringify(request.only);
      return isOfSame && latest.action.kind === request.kind ? latest : undefined;
    }
    const products = options.products().map(({ api }) => api.product);
    const told = {
      kind: request.kind,
      origin: request.origin,
      products: products.filter((product) => request.products?.includes(product) ?? true),
      expiresAt: request.expiresAt ?? null,
      at: options.now(),
    };
    return isSame(latest.action, told) ? latest : undefined;
  }

  /** It counts from now: what another server has decided meanwhile is the earlier decision. */
  function repeat(entry: Asked, body: RequestOf<'sanction'>): void {
    const { at, keys } = entry.again;
    const { key } = body.sanction;
    if (key === undefined ? body.at - at < REPEAT_MS : keys.includes(key)) return;
    entry.again = { at: body.at, keys: key === undefined ? keys : [...keys, key] };
    enter(body, true, true);
    void keepLocally(body);
    void send(body);
  }

  function again({ action }: AskedDecision, request: SanctionRequest): Ticket {
    const outcome: Outcome = { ...options.outcomeOf(waitingFor(options.why(), action)), again: true };
    request.onAnswer?.(outcome);
    return { accepted: true, isAgain: true, id: action.id, answered: Promise.resolve(outcome) };
  }

  function tellWaiting(entry: Asked, why: string): void {
    const { action } = entry;
    if (!action || entry.isTold || !asked.has(action.id)) return;
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

  async function ask(request: Request): Promise<Answer | 'taken' | undefined> {
    const entry = enter(request);
    const isKept = request.kind !== 'lookup';
    if (isKept) await keepLocally(request);
    void send(request);
    const patienceMs = options.isAway() ? 0 : PATIENCE_MS;
    const answer = await within(isKept ? patienceMs : LOOKUP_MS, entry.taken);
    if (!isKept && asked.has(request.id)) {
      forget(request.id);
      box.remove(request.id);
    }
    return answer;
  }

  function followed(action: Action): void {
    const entry = asked.get(action.id);
    forget(action.id);
    entry?.resolve('taken');
    if (!answers.isAwaited(action.id) || !isAnswered(action)) return;
    const outcome = options.outcomeOf(action);
    if (!isSettled(action)) audience.queued(action, outcome);
    answers.give(action.id, outcome);
  }

  /** The outcome that an answer stands for, and the action that tells of it. */
  function outcomeIn(answer: Answer, { request, action }: Asked): readonly [Action, Outcome] | undefined {
    if (request.kind !== 'sanction' || !action) return undefined;
    if (answer.kind === 'again') {
      const there = options.actionById(answer.actionId);
      // Its author is whoever has told it once more.
      if (there) return [{ ...there, author: action.author, origin: action.origin }, toldAgain(there)];
      const { status, code } = answer;
      const message = say('again', { name: displayName(action.person) });
      return [
        action,
        { ...options.outcomeOf(action), id: answer.actionId, status, code, message, again: true },
      ];
    }
    if (answer.kind !== 'refused') return undefined;
    if (answer.code === 'CANCELLED') {
      const over = calledOff(action);
      return [over, options.outcomeOf(over)];
    }
    const message = answer.code === 'NOT_CONFIGURED' ? say('error.NOT_CONFIGURED') : say('cluster.notTaken');
    return [
      action,
      { ...options.outcomeOf(action), status: 'refused', code: answer.code, message, products: {} },
    ];
  }

  const toldAgain = (there: Action): Outcome => ({ ...options.outcomeOf(there), again: true });

  return {
    async resume() {
      const found: Request[] = [];
      await local.load(PREFIX, ({ value }) => {
        const request = value === undefined ? undefined : readRequest(value);
        if (request && !asked.has(request.id)) found.push(request);
      });
      for (const request of found.sort((one, other) => one.at - other.at)) {
        if (request.kind === 'report') {
          void sendReport(request, Promise.resolve());
          continue;
        }
        enter(request, true);
        void send(request);
      }
      setReady();
    },
    reconcile() {
      for (const [id, { isTold }] of [...asked]) {
        const action = options.actionById(id);
        if (!action) continue;
        followed(action);
        // It ended while this server was away, and so nobody has heard.
        if (isTold && isSettled(action)) audience.settled(action, options.outcomeOf(action));
      }
    },
    submit: (who, request, id = options.newId()) =>
      turns.take(who, (subjectable) => begin(who, subjectable, request, id)),
    isWaiting: (key) => [...asked.values()].some(isNamed(key)),
    keep: (who, request, id) => keepLocally(bodyOf(who, who.subjectable, request, id)),
    async cancel(actionId) {
      const answer = await ask({ ...head(options.newId()), kind: 'cancel', actionId });
      if (answer === undefined) return 'later';
      return typeof answer === 'object' && answer.kind === 'cancelled'
        ? (answer.how ?? undefined)
        : undefined;
    },
    async retry(actionId) {
      const answer = await ask({ ...head(options.newId()), kind: 'retry', actionId: actionId ?? null });
      return typeof answer === 'object' && answer.kind === 'retried' ? answer : undefined;
    },
    async lookUp(who) {
      const subjectable = await subjectableOf(who, options.products());
      const seen = options.seen.with(who.person.identifiers);
      const answer = await ask({
        ...head(options.newId()),
        kind: 'lookup',
        who: whoIn(who, subjectable, seen),
      });
      const found = typeof answer === 'object' && answer.kind === 'found' ? answer.lookup : undefined;
      return found === undefined ? noLookup('EXPIRED', options.why()) : JSON.parse(found);
    },
    async report(report) {
      const request = reportRequest(report);
      if (!isToBeKept(report)) return void (await box.add(rowIn(request)));
      // In the same turn, which is before the next one that is reported.
      await sendReport(request, keepLocally(request));
    },
    keepReport(report) {
      const request = reportRequest(report);
      void keepLocally(request);
      return request.id;
    },
    forgetKept(id) {
      if (!asked.has(id)) void local.soon([{ name: PREFIX + id, value: null }]);
    },
    taken(id, answered) {
      const entry = asked.get(id);
      if (!entry) return;
      forget(id);
      entry.resolve('taken');
      void answered.then((outcome) => answers.give(id, outcome));
    },
    followed,
    answered(id, answer) {
      const entry = asked.get(id);
      if (!entry) return;
      forget(id);
      const [action, outcome] = outcomeIn(answer, entry) ?? [];
      if (action && outcome) {
        // Whoever was told that it waits is told how it ended.
        if (entry.isTold) audience[outcome.status === 'queued' ? 'queued' : 'settled'](action, outcome);
        else if (outcome.status === 'refused' && !outcome.again) audience.settled(undefined, outcome);
        answers.give(id, outcome);
      }
      entry.resolve(answer);
    },
    waiting: () =>
      [...asked.values()].flatMap(({ action }) => (action ? [waitingFor(options.why(), action)] : [])),
    verdictOn(names, known) {
      let verdict = known;
      if (asked.size === 0) return verdict;
      const all = options.ties.of(names);
      for (const { action, request } of asked.values()) {
        if (!action || request.kind !== 'sanction') continue;
        if (!namesOf(action.person).some((name) => all.includes(name))) continue;
        const { only, products } = request.sanction;
        const isOver = action.expiresAt !== null && options.now() >= action.expiresAt;
        if (action.kind === 'ban' && !isOver) verdict = action;
        if (action.kind !== 'unban' || products) continue;
        if (!only || (verdict && ('id' in only ? only.id === verdict.id : only.key === verdict.key))) {
          verdict = undefined;
        }
      }
      return verdict;
    },
    hurry: turns.hurry,
    answerAll(why) {
      for (const entry of asked.values()) tellWaiting(entry, why);
    },
  };
}
