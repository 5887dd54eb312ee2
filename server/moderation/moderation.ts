import type { Clock } from '../clock.ts';
import type { Target } from '../identity/target.ts';
import { cleanText, MAX_NAME, MAX_REASON } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import {
  type Action,
  type ActionKind,
  type Author,
  type Delivery,
  type DropRule,
  deliveryOf,
  isQueued,
  isSettled,
  namesOf,
  type Origin,
  type Person,
  type Product,
  withDelivery,
} from './action.ts';
import { isDropDue } from './drop-rule.ts';
import { isInForce } from './in-force.ts';
import { createOnTheWay } from './on-the-way.ts';
import { displayName, type Outcome, outcomeOf, type RequestFacts, refusal } from './outcome.ts';
import { type FoundPerson, isOnServer } from './person.ts';
import { type ProductInUse, planDelivery, type Subjectable } from './plan.ts';
import type { Audience, ConnectedPlayer, Ended, Ledger, Outbox, Players } from './ports.ts';
import { createTurns } from './turns.ts';

/** A decision, as a trigger hands it in. */
export interface SanctionRequest {
  readonly kind: ActionKind;
  readonly reason: string;
  readonly author: Author;
  readonly origin: Origin;
  /** See {@link Action.key}. */
  readonly key?: string;
  /** Instead of `cmsban_drop_when`. */
  readonly drop?: DropRule;
  /** Instead of every product in use. */
  readonly products?: readonly Product[];
  /** When a ban is to end, in Unix milliseconds; products that cannot lift it are left out. */
  readonly expiresAt?: number;
  /** Told the first answer in the moment in which it is given; whoever awaits the ticket hears of it a little later. */
  readonly onAnswer?: (outcome: Outcome) => void;
  /** Whether nobody wants it any more: asked once, before it is taken in. */
  readonly isCalledOff?: () => boolean;
}

/** What became of a request. */
export type Ticket =
  | { readonly accepted: false; readonly outcome: Outcome }
  | {
      readonly accepted: true;
      /** The first answer: the end, or `queued` when something has to be tried again. */
      readonly answered: Promise<Outcome>;
    };

/** Takes decisions in, sees them through, and tells how they went. */
export interface Moderation {
  /** Carries out a decision about somebody who was found. */
  submit(who: FoundPerson, request: SanctionRequest): Promise<Ticket>;
  /** Answers a request that cannot become an action. */
  refuse(
    request: Pick<SanctionRequest, 'kind' | 'reason' | 'author' | 'origin'>,
    code: Parameters<typeof refusal>[1],
    message: string,
    target?: Target,
  ): Outcome;
  /** To be called once the queues hold what is stored, before they start: a crash may have kept a lift from taking bans back. */
  resume(): void;
  /** Calls back with every action that was taken in and is safe. */
  onAccepted(callback: (action: Action) => void): void;
  /** To be told who has joined, with the temporary id they had on the way in. */
  onJoined(player: ConnectedPlayer, temporaryId: number): void;
  /** Begins all that has been handed in, at once, as far as what is stored has been read. */
  hurry(): void;
  /**
   * Gives whoever waits for a first answer one now: it is accepted, and goes out later.
   *
   * @param why what it waits for, in words.
   * @param isSaved whether all that was taken in is on disk; for what is not there is no answer yet.
   */
  answerAll(why: string, isSaved: boolean): void;
  pending(): Outcome[];
  history(limit: number): Outcome[];
}

/** What moderation is made of. */
export interface ModerationOptions {
  /** Those in use at the moment. */
  readonly products: () => readonly ProductInUse[];
  readonly players: Players;
  readonly ledger: Ledger;
  readonly audience: Audience;
  readonly clock: Clock;
  readonly say: Say;
  readonly dropWhen: DropRule;
  readonly newId: () => string;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly outbox: Outbox;
}

/**
 * A decision: handed in → in line → stored, and in the outbox → told (accepted) → each delivery settles, waits or is
 * taken back by a lift → stored → told. Not stored → refused, and nothing has gone out.
 *
 * A file longer than others: what is stored before what is told is one order, and it is kept in one place.
 */
export function createModeration(options: ModerationOptions): Moderation {
  const { players, ledger, audience, clock, say, outbox } = options;
  const isHere = (person: Person) => isOnServer(person, players);
  /** Per action id, who waits for the first answer. */
  const waiting = new Map<string, { answered: Promise<Outcome>; told: Array<(outcome: Outcome) => void> }>();

  const accepted: Array<(action: Action) => void> = [];
  /** While a lift takes bans back: of their ends is told when it is told of the lift. */
  let takenBack: Action[] | undefined;
  /** How actions stand of which that is told once it is safe. */
  const unsaid = new Map<string, Action>();

  const onTheWay = createOnTheWay(players);
  const turns = createTurns(options.ready, options.products);

  /** Ids of actions that are not on disk yet, or of which it is open what they take back: nobody is shown them. */
  const undecided = new Set<string>();

  const shown = (actions: readonly Action[]) =>
    actions
      .filter(({ id }) => !undecided.has(id))
      .map((action) => outcomeOf(ledger.safe(action), say, isHere));

  function facts({ kind, reason, author, origin }: Parameters<Moderation['refuse']>[0]): RequestFacts {
    return {
      id: options.newId(),
      kind,
      reason: cleanText(reason, MAX_REASON),
      author: cleanText(author.name, MAX_NAME) || origin,
      origin,
      at: clock.now(),
    };
  }

  function refuse(
    request: Parameters<Moderation['refuse']>[0],
    code: Parameters<typeof refusal>[1],
    message: string,
    target?: Target,
  ): Outcome {
    const outcome = refusal(facts(request), code, message, target);
    audience.settled(undefined, outcome);
    return outcome;
  }

  /** At once: whoever is stopped in this very moment is not to hear of two ends. */
  function refuseUnused(request: SanctionRequest, message: string): Ticket {
    const outcome = refuse(request, 'NOT_CONFIGURED', message);
    request.onAnswer?.(outcome);
    return { accepted: false, outcome };
  }

  function answerTo(id: string, { onAnswer }: SanctionRequest): Promise<Outcome> {
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const waiter = waiting.get(id) ?? { answered: promise, told: [resolve] };
    if (onAnswer) waiter.told.push(onAnswer);
    waiting.set(id, waiter);
    return waiter.answered;
  }

  function giveAnswer(id: string, outcome: Outcome): void {
    const waiter = waiting.get(id);
    waiting.delete(id);
    for (const tell of waiter?.told ?? []) tell(outcome);
  }

  /** The same decision told again: the answer is the one it has already. */
  function sameAgain(again: Action, request: SanctionRequest): Ticket {
    const action = ledger.safe(again);
    const answered = isAnswered(action)
      ? Promise.resolve(outcomeOf(action, say, isHere))
      : answerTo(action.id, request);
    return { accepted: true, answered };
  }

  /** The same, of an action that is too old to be known in full. */
  function longAgo(ended: Ended, person: Person, request: SanctionRequest): Ticket {
    const outcome = refusal(
      facts(request),
      'REFUSED',
      say('again', { name: displayName(person) }),
      undefined,
    );
    const target = { name: person.name, identifiers: [...person.identifiers], account: person.account };
    return { accepted: true, answered: Promise.resolve({ ...outcome, ...ended, target }) };
  }

  function dropPlayers(action: Action): Action {
    if (action.kind === 'unban') return action;
    onTheWay.due(action);
    const sharing = players.sharing(action.person.identifiers);
    const dropped = sharing.filter((player) => dropPlayer(player, action));
    return dropped.length === 0 ? action : { ...action, dropped: true };
  }

  function dropPlayer({ id }: ConnectedPlayer, { kind, reason, author }: Action): boolean {
    if (kind === 'unban') return false;
    const words = { reason: reason || say('reason.none'), author: author.name };
    return players.drop(id, say(`drop.${kind}`, words));
  }

  /** Takes the bans back that a lift overtakes: those of the same person that have not gone out. */
  function withdrawBans(lift: Action): Overtaken {
    const bans: Action[] = [];
    takenBack = bans;
    const withdrawn = ledger
      .about(namesOf(lift.person))
      .filter(({ kind, sequence }) => kind === 'ban' && sequence < lift.sequence)
      // The latest first: the end of an earlier one would let the next go out.
      .sort((one, other) => other.sequence - one.sequence)
      .flatMap((ban) => ban.deliveries.filter(isQueued).map(({ product }) => ({ id: ban.id, product })))
      .filter(({ product }) => lift.deliveries.some((delivery) => delivery.product === product))
      .filter(({ id, product }) => outbox.withdraw(id, product));
    takenBack = undefined;
    return { products: [...new Set(withdrawn.map(({ product }) => product))], bans };
  }

  /** Where a ban cannot be lifted, taking it back was all there was to do, unless an earlier one is in force. */
  function afterWithdrawal(lift: Action, products: readonly Product[]): Action {
    const about = ledger.about(namesOf(lift.person)).filter(({ id }) => id !== lift.id);
    const deliveries = lift.deliveries.map((delivery): Delivery => {
      const { product, state } = delivery;
      const isDone =
        state.status === 'refused' &&
        state.code === 'UNSUPPORTED' &&
        products.includes(product) &&
        !about.some((ban) => isInForce(ban, product, about));
      return isDone ? { ...delivery, state: { status: 'delivered', apiId: null, account: null } } : delivery;
    });
    return { ...lift, deliveries };
  }

  /** Tells whoever is concerned how an action stands. */
  function announce(action: Action): void {
    const settled = isSettled(action);
    if (!settled && !isAnswered(action)) return;
    const outcome = outcomeOf(action, say, isHere);
    if (settled) audience.settled(action, outcome);
    else if (waiting.has(action.id)) audience.queued(action, outcome);
    giveAnswer(action.id, outcome);
  }

  /** Begins a decision. What it does before it waits for the disk is done at once: there may be no later turn. */
  async function decide(
    { person }: FoundPerson,
    subjectable: Subjectable,
    request: SanctionRequest,
  ): Promise<Ticket> {
    if (request.isCalledOff?.()) {
      const outcome = refusal(facts(request), 'CANCELLED', say('error.stopping'), undefined);
      return { accepted: false, outcome };
    }
    const products = options.products();
    const again = request.key === undefined ? undefined : ledger.byKey(request.key);
    if (again) return sameAgain(again, request);
    const ended = request.key === undefined ? undefined : ledger.endedByKey(request.key);
    if (ended) return longAgo(ended, person, request);
    if (products.length === 0) return refuseUnused(request, say('error.NOT_CONFIGURED'));
    const wanted = products.filter(({ api }) => request.products?.includes(api.product) ?? true);
    if (wanted.length === 0) {
      const names = request.products?.join(', ') ?? '';
      return refuseUnused(request, say('error.NOT_CONFIGURED.products', { products: names }));
    }
    const isTemporary = request.expiresAt !== undefined;
    const { id, kind, reason, author, origin, at } = facts(request);
    const action: Action = {
      id,
      sequence: ledger.nextSequence(),
      key: request.key ?? null,
      kind,
      person,
      reason,
      author: { ...request.author, name: author },
      origin,
      at,
      drop: request.drop ?? options.dropWhen,
      dropped: false,
      expiresAt: request.expiresAt ?? null,
      inForce: kind === 'ban',
      ended: [],
      deliveries: wanted.map((product) => planDelivery(product, kind, subjectable, isTemporary, say)),
    };
    const answered = answerTo(id, request);
    undecided.add(id);
    const saved = ledger.save(action);
    // In the same turn, so that it is written together, and goes out in the order of decisions.
    const overtaken = kind === 'unban' ? overtake(action) : NOTHING_OVERTAKEN;
    dispatch(action);
    const result = await saved;
    if (result !== 'written') {
      undecided.delete(id);
      restore(overtaken);
      return notStored(action, request);
    }
    if (kind === 'unban') onTheWay.lifted(action);
    audience.accepted(action);
    for (const callback of accepted) callback(action);
    const now = dropAtOnce(ledger.byId(id) ?? action);
    for (const ban of overtaken.bans) announce(ledger.byId(ban.id) ?? ban);
    if (overtaken.products.length > 0) audience.withdrawn(now, overtaken.products);
    // Nobody else has told it meanwhile.
    if (undecided.delete(id)) announce(now);
    return { accepted: true, answered };
  }

  /** Nobody hears of it before it is on disk. */
  function overtake(lift: Action): Overtaken {
    const overtaken = withdrawBans(lift);
    if (overtaken.products.length > 0) void ledger.save(afterWithdrawal(lift, overtaken.products));
    return overtaken;
  }

  /** The lift was not made: the bans go out after all. */
  function restore({ bans }: Overtaken): void {
    // In the order decided, in which they were in line.
    for (const before of [...bans].sort((one, other) => one.sequence - other.sequence)) {
      const now = ledger.byId(before.id) ?? before;
      const deliveries = now.deliveries.map((delivery) =>
        isCancelled(delivery) ? (deliveryOf(before, delivery.product) ?? delivery) : delivery,
      );
      const ban = { ...now, deliveries };
      ledger.saveSoon(ban);
      dispatch(ban);
    }
  }

  function dropAtOnce(action: Action): Action {
    if (action.drop !== 'always') return action;
    const now = dropPlayers(action);
    if (now !== action) ledger.saveSoon(now);
    return now;
  }

  function dispatch(action: Action): void {
    for (const delivery of action.deliveries.filter(isQueued)) outbox.add(action, delivery);
  }

  /** A decision that could not be stored was not made: nothing has gone out, and nothing ever will. */
  function notStored(action: Action, request: SanctionRequest): Ticket {
    outbox.forget(action.id);
    ledger.forget(action);
    const outcome = refuse(request, 'REFUSED', say('error.REFUSED.storage'));
    giveAnswer(action.id, outcome);
    return { accepted: false, outcome };
  }

  function sayOnceSafe(action: Action): void {
    unsaid.set(action.id, action);
    void ledger.save(action).then(() => {
      if (unsaid.get(action.id) === action) tellUnsaid(action);
    });
  }

  function tellUnsaid(action: Action): void {
    unsaid.delete(action.id);
    announce(action);
  }

  outbox.listen({
    changed(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      const isConfirmed = delivery.state.status === 'delivered';
      const after = isConfirmed && isDropDue(action) ? dropPlayers(action) : action;
      if (takenBack) {
        if (!takenBack.some(({ id }) => id === actionId)) takenBack.push(before);
        void ledger.save(after);
        return;
      }
      // What is told is safe: after a crash nothing is done again that somebody knows to be done.
      if (isSettled(after) || (isAnswered(after) && waiting.has(actionId))) {
        sayOnceSafe(after);
        return;
      }
      // Which names are nobody's is known for good: after a crash it costs no call again.
      const isKnown = delivery.candidate !== deliveryOf(before, delivery.product)?.candidate;
      if (isKnown) void ledger.save(after);
      else ledger.saveSoon(after);
    },
    waits(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      ledger.note(action);
      if (undecided.has(actionId)) return;
      // Another product's share may have ended, and that may not be on disk yet.
      if (ledger.safe(action) === action) announce(action);
      else if (isAnswered(action)) sayOnceSafe(action);
    },
  });

  return {
    submit: (who, request) => turns.take(who, (subjectable) => decide(who, subjectable, request)),

    refuse,

    resume() {
      const lifts = new Map<string, number>();
      for (const { kind, sequence, person, deliveries } of ledger.latest(Number.POSITIVE_INFINITY)) {
        if (kind !== 'unban') continue;
        for (const key of namesOf(person)) {
          for (const { product } of deliveries) {
            const place = `${product} ${key}`;
            lifts.set(place, Math.max(sequence, lifts.get(place) ?? 0));
          }
        }
      }
      if (lifts.size === 0) return;
      for (const { id, kind, sequence, person, deliveries } of [...ledger.pending()].reverse()) {
        if (kind !== 'ban') continue;
        for (const { product } of deliveries.filter(isQueued)) {
          const isLifted = namesOf(person).some((key) => (lifts.get(`${product} ${key}`) ?? 0) > sequence);
          if (isLifted) outbox.withdraw(id, product);
        }
      }
    },

    onAccepted: (callback) => accepted.push(callback),

    hurry: turns.hurry,

    answerAll(why, isSaved) {
      for (const action of [...unsaid.values()]) tellUnsaid(action);
      for (const id of [...waiting.keys()]) {
        const action = ledger.byId(id);
        if (!action || (undecided.has(id) && !isSaved)) continue;
        undecided.delete(id);
        announce({ ...action, deliveries: action.deliveries.map((delivery) => waitingFor(why, delivery)) });
      }
    },

    onJoined(player, temporaryId) {
      const id = onTheWay.joined(player, temporaryId);
      const action = id === undefined ? undefined : ledger.byId(id);
      if (action && dropPlayer(player, action)) ledger.saveSoon({ ...action, dropped: true });
    },

    pending: () => shown(ledger.pending()),
    history: (limit) => shown(ledger.latest(limit)),
  };
}

/** The share as it stands when something else than the product keeps it from going out. */
function waitingFor(why: string, delivery: Delivery): Delivery {
  const { state } = delivery;
  if (state.status !== 'queued' || state.detail !== '') return delivery;
  return { ...delivery, state: { ...state, detail: why } };
}

/** What a lift has taken back. */
interface Overtaken {
  /** Where. */
  readonly products: readonly Product[];
  /** As they were before. */
  readonly bans: readonly Action[];
}

const NOTHING_OVERTAKEN: Overtaken = { products: [], bans: [] };

function isCancelled({ state }: Delivery): boolean {
  return state.status === 'refused' && state.code === 'CANCELLED';
}

/** Every share is settled or has met something that made it wait: there is something to say. */
function isAnswered(action: Action): boolean {
  return action.deliveries.every(({ state }) => state.status !== 'queued' || state.detail !== '');
}
