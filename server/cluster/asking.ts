import type { Clock } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import { type Action, type Delivery, isSettled, namesOf } from '../moderation/action.ts';
import { createAnswers } from '../moderation/answers.ts';
import { type Lookup, noLookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import { type FoundPerson, subjectableOf } from '../moderation/person.ts';
import { type ProductInUse, planDelivery } from '../moderation/plan.ts';
import type { Audience } from '../moderation/ports.ts';
import type { Cancelled, SanctionRequest, Ticket } from '../moderation/request.ts';
import { isAnswered } from '../moderation/telling.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work } from '../work.ts';
import type { Answer } from './answer.ts';
import { type Request, type RequestOf, readRequest, sanctionIn, whoIn, writeRequest } from './request.ts';

/** Where what is asked is kept here until it is done. */
const PREFIX = 'asked:';
export const ASKED_PREFIX = PREFIX;
/** For how long whoever has decided waits for a first answer from the server that works, in milliseconds. */
const PATIENCE_MS = 2_000;
/** The same for a look-up, which nobody keeps. */
const LOOKUP_MS = 5_000;
/** How soon a request is sent again that could not be, in milliseconds. */
const AGAIN_MS = 1_000;

/** The place in the database where servers put what they ask. */
export interface RequestBox {
  /** Has one effect however often it is sent. @returns whether it is there. */
  add(request: { readonly id: string; readonly at: number; readonly body: string }): Promise<boolean>;
}

/** Asks the server that works for the community. */
export interface Asking {
  /** Sends what an earlier run has asked, and was not done. */
  resume(): Promise<void>;
  submit(who: FoundPerson, request: SanctionRequest, id?: string): Promise<Ticket>;
  /** @returns undefined when nothing is on its way, or nobody has answered. */
  cancel(actionId: string): Promise<Cancelled | undefined>;
  /** @returns undefined when nobody has answered. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  lookUp(who: FoundPerson): Promise<Lookup>;
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
}

/** What it takes. */
export interface AskingOptions {
  readonly server: { readonly id: string; readonly name: string | null };
  readonly local: Pick<Storage, 'load' | 'write' | 'soon'>;
  readonly box: RequestBox;
  /** Unix milliseconds of the clock that all servers share. */
  readonly now: () => number;
  readonly products: () => readonly ProductInUse[];
  readonly ties: Pick<Ties, 'of'>;
  readonly seen: Pick<Seen, 'with'>;
  readonly audience: Audience;
  readonly refuse: (request: SanctionRequest, id: string, message: string) => Outcome;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  readonly actionById: (id: string) => Action | undefined;
  readonly newId: () => string;
  /** Why nobody answers, in words. */
  readonly why: () => string;
  /** Told that somebody waits. */
  readonly onAsked: () => void;
  readonly clock: Clock;
  readonly say: Say;
}

interface Asked {
  readonly request: Request;
  /** As it will be told until it is taken in; undefined for what is no decision. */
  readonly action: Action | undefined;
  readonly resolve: (answer: Answer | 'taken in') => void;
  readonly taken: Promise<Answer | 'taken in'>;
}

/**
 * Asked → kept here → in the database → taken in, or answered → forgotten. Whoever waits for more than two seconds is
 * told what it waits for. It counts here from the beginning.
 */
export function createAsking(options: AskingOptions): Asking {
  const { server, local, box, audience, clock, say } = options;
  /** By id, in the order decided. */
  const asked = new Map<string, Asked>();
  const answers = createAnswers();

  function head(id: string) {
    return {
      version: 1 as const,
      id,
      serverId: server.id,
      server: server.name,
      at: options.now(),
    };
  }

  function enter(request: Request, action: Action | undefined): Asked {
    const { promise: taken, resolve } = Promise.withResolvers<Answer | 'taken in'>();
    const entry: Asked = { request, action, resolve, taken };
    asked.set(request.id, entry);
    return entry;
  }

  async function send(request: Request): Promise<void> {
    options.onAsked();
    const row = { id: request.id, at: request.at, body: writeRequest(request) };
    while (asked.has(request.id) && !(await box.add(row))) {
      await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
    }
    options.onAsked();
  }

  function forget(id: string): void {
    asked.delete(id);
    void local.soon([{ name: PREFIX + id, value: null }]);
  }

  /** @returns undefined when nobody has answered by then. */
  function within<T>(ms: number, answer: Promise<T>): Promise<T | undefined> {
    const { promise, resolve } = Promise.withResolvers<T | undefined>();
    const cancel = clock.after(ms, () => resolve(undefined));
    void answer.then((value) => {
      cancel();
      resolve(value);
    });
    return promise;
  }

  /** A decision as it stands while it waits. */
  function asWaiting(
    request: RequestOf<'sanction'>,
    deliveries: readonly Delivery[],
    dropped: Action['drop'],
  ): Action {
    const { sanction, who, id } = request;
    const { name, playerId, identifiers, account } = who;
    return {
      id,
      sequence: 0,
      told: 0,
      key: sanction.key ?? null,
      alsoKeys: [],
      kind: sanction.kind,
      person: { name, playerId, identifiers, account },
      reason: sanction.reason,
      author: sanction.author,
      origin: sanction.origin,
      server: server.name,
      serverId: server.id,
      at: request.at,
      drop: sanction.drop ?? dropped,
      dropped: false,
      expiresAt: sanction.expiresAt ?? null,
      inForce: sanction.kind === 'ban',
      ended: [],
      isOfOneBan: sanction.only !== undefined,
      deliveries,
    };
  }

  function waitingFor(why: string, action: Action): Action {
    const deliveries = action.deliveries.map(
      (delivery): Delivery =>
        delivery.state.status === 'queued'
          ? { ...delivery, state: { ...delivery.state, detail: why } }
          : delivery,
    );
    return { ...action, deliveries };
  }

  async function submit(who: FoundPerson, request: SanctionRequest, id = options.newId()): Promise<Ticket> {
    const products = options.products();
    const subjectable = await subjectableOf(who, products);
    const seen = options.seen.with(who.person.identifiers);
    const body: RequestOf<'sanction'> = {
      ...head(id),
      kind: 'sanction',
      who: whoIn(who, subjectable, seen),
      sanction: sanctionIn(request, options.now() - clock.now()),
    };
    const wanted = products.filter(({ api }) => request.products?.includes(api.product) ?? true);
    const isTemporary = request.expiresAt !== undefined;
    const shares = wanted.map((product) =>
      planDelivery(product, request.kind, subjectable, isTemporary, say),
    );
    const action = asWaiting(body, shares, 'success');
    const entry = enter(body, action);
    const answered = answers.to(id, request.onAnswer);
    if ((await local.write([{ name: PREFIX + id, value: writeRequest(body) }])) !== 'written') {
      asked.delete(id);
      return refused(request, id, say('error.REFUSED.storage'));
    }
    void send(body);
    const taken = await within(PATIENCE_MS, entry.taken);
    if (taken === undefined) {
      const waiting = waitingFor(options.why(), action);
      const outcome = options.outcomeOf(waiting);
      audience.queued(waiting, outcome);
      answers.give(id, outcome);
      return { accepted: true, isAgain: false, answered };
    }
    if (taken === 'taken in') return { accepted: true, isAgain: false, answered };
    if (taken.kind === 'again') return { accepted: true, isAgain: true, answered };
    if (taken.kind === 'refused') return refused(request, id, taken.message);
    return { accepted: true, isAgain: false, answered };
  }

  function refused(request: SanctionRequest, id: string, message: string): Ticket {
    const outcome = options.refuse(request, id, message);
    answers.give(id, outcome);
    return { accepted: false, outcome };
  }

  async function ask(request: Request): Promise<Answer | 'taken in' | undefined> {
    const entry = enter(request, undefined);
    const isKept = request.kind !== 'lookup';
    if (isKept) await local.write([{ name: PREFIX + request.id, value: writeRequest(request) }]);
    void send(request);
    const answer = await within(isKept ? PATIENCE_MS : LOOKUP_MS, entry.taken);
    if (!isKept) forget(request.id);
    return answer;
  }

  return {
    async resume() {
      await local.load(PREFIX, ({ value }) => {
        const request = value === undefined ? undefined : readRequest(value);
        if (!request || asked.has(request.id)) return;
        enter(request, request.kind === 'sanction' ? asWaiting(request, [], 'success') : undefined);
        void send(request);
      });
    },
    submit,
    async cancel(actionId) {
      const answer = await ask({ ...head(options.newId()), kind: 'cancel', actionId });
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
    taken(id, answered) {
      const entry = asked.get(id);
      if (!entry) return;
      forget(id);
      entry.resolve('taken in');
      void answered.then((outcome) => answers.give(id, outcome));
    },
    followed(action) {
      asked.get(action.id)?.resolve('taken in');
      if (asked.has(action.id)) forget(action.id);
      if (!answers.isAwaited(action.id) || !isAnswered(action)) return;
      const outcome = options.outcomeOf(action);
      if (!isSettled(action)) audience.queued(action, outcome);
      answers.give(action.id, outcome);
    },
    answered(id, answer) {
      const entry = asked.get(id);
      if (!entry) return;
      forget(id);
      const there = answer.kind === 'again' ? options.actionById(answer.actionId) : undefined;
      if (there) answers.give(id, { ...options.outcomeOf(there), again: true });
      entry.resolve(answer);
    },
    waiting: () =>
      [...asked.values()].flatMap(({ action }) => (action ? [waitingFor(options.why(), action)] : [])),
    verdictOn(names, known) {
      let verdict = known;
      if (asked.size === 0) return verdict;
      const all = options.ties.of(names);
      for (const { action } of asked.values()) {
        if (!action || !namesOf(action.person).some((name) => all.includes(name))) continue;
        if (action.kind === 'ban') verdict = action;
        else if (action.kind === 'unban' && !action.isOfOneBan) verdict = undefined;
      }
      return verdict;
    },
  };
}
