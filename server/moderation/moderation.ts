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
  isQueued,
  isSamePerson,
  isSettled,
  keysOf,
  type Origin,
  type Person,
  type Product,
  withDelivery,
} from './action.ts';
import { isDropDue } from './drop-rule.ts';
import { isInForce } from './in-force.ts';
import { createOnTheWay } from './on-the-way.ts';
import { displayName, type Outcome, outcomeOf, type RequestFacts, refusal } from './outcome.ts';
import type { FoundPerson } from './person.ts';
import { type ProductInUse, planDelivery, type Subjectable } from './plan.ts';
import type { Audience, ConnectedPlayer, Ended, Ledger, Players } from './ports.ts';
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
  /** To be told by the queues of every change of a delivery; it is on disk on return. */
  onDelivery(actionId: string, delivery: Delivery): void;
  /** To be told by the queues that a call is about to go out; that is on disk on return. */
  onCall(actionId: string, delivery: Delivery): void;
  /** To be told by the queues why a delivery waits that has just come in. */
  onWait(actionId: string, delivery: Delivery): void;
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
  /** Hands a delivery to its product's queue. */
  readonly dispatch: (action: Action, delivery: Delivery) => void;
  /** Takes a delivery back that cannot have had an effect; false when it is too late. */
  readonly withdraw: (actionId: string, product: Product) => boolean;
}

export function createModeration(options: ModerationOptions): Moderation {
  const { players, ledger, audience, clock, say } = options;
  /** Per action id, who waits for the first answer. */
  const waiting = new Map<string, { answered: Promise<Outcome>; told: Array<(outcome: Outcome) => void> }>();

  const onTheWay = createOnTheWay(players);
  const turns = createTurns(options.ready, options.products);

  /** Ids of actions that are not on disk yet, or of which it is open what they take back: nobody is shown them. */
  const undecided = new Set<string>();

  const shown = (actions: readonly Action[]) =>
    actions.filter(({ id }) => !undecided.has(id)).map((action) => outcomeOf(action, say));

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
  function sameAgain(action: Action, request: SanctionRequest): Ticket {
    const answered = isAnswered(action)
      ? Promise.resolve(outcomeOf(action, say))
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

  /** A lift overtakes the bans of the same person that have not gone out. */
  function withdrawBans(lift: Action): Action {
    const withdrawn = ledger
      .pending()
      .filter(({ kind, sequence }) => kind === 'ban' && sequence < lift.sequence)
      .filter(({ person }) => isSamePerson(person, lift.person))
      .flatMap((ban) => ban.deliveries.filter(isQueued).map(({ product }) => ({ id: ban.id, product })))
      .filter(({ product }) => lift.deliveries.some((delivery) => delivery.product === product))
      // The latest first: the end of an earlier one would let the next go out.
      .reverse()
      .filter(({ id, product }) => options.withdraw(id, product));
    const products = [...new Set(withdrawn.map(({ product }) => product))];
    if (products.length === 0) return lift;
    audience.withdrawn(lift, products);
    const about = ledger
      .latest(Number.POSITIVE_INFINITY)
      .filter(({ id, person }) => id !== lift.id && isSamePerson(person, lift.person));
    // Where a ban cannot be lifted, that was all there was to do, unless an earlier one is in force.
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
    const outcome = outcomeOf(action, say);
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
    let action: Action = {
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
      isExpiryPending: isTemporary,
      deliveries: wanted.map((product) => planDelivery(product, kind, subjectable, isTemporary, say)),
    };
    const answered = answerTo(id, request);
    undecided.add(id);
    try {
      await ledger.save(action);
    } catch (error) {
      undecided.delete(id);
      waiting.delete(id);
      throw error;
    }
    audience.accepted(action);
    const accepted = action;
    if (action.drop === 'always') action = dropPlayers(action);
    if (kind === 'unban') {
      onTheWay.lifted(action);
      action = withdrawBans(action);
    }
    if (action !== accepted) ledger.saveNow(action);
    undecided.delete(id);
    announce(action);
    for (const delivery of action.deliveries.filter(isQueued)) options.dispatch(action, delivery);
    return { accepted: true, answered };
  }

  return {
    submit: (who, request) => turns.take(who, (subjectable) => decide(who, subjectable, request)),

    refuse,

    resume() {
      const lifts = new Map<string, number>();
      for (const { kind, sequence, person, deliveries } of ledger.latest(Number.POSITIVE_INFINITY)) {
        if (kind !== 'unban') continue;
        for (const key of keysOf(person)) {
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
          const isLifted = keysOf(person).some((key) => (lifts.get(`${product} ${key}`) ?? 0) > sequence);
          if (isLifted) options.withdraw(id, product);
        }
      }
    },

    onDelivery(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      const isConfirmed = delivery.state.status === 'delivered';
      const after = isConfirmed && isDropDue(action) ? dropPlayers(action) : action;
      ledger.saveNow(after);
      announce(after);
    },

    onCall(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (before) ledger.saveNow(withDelivery(before, delivery));
    },

    onWait(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      ledger.update(action);
      announce(action);
    },

    hurry: turns.hurry,

    answerAll(why, isSaved) {
      for (const id of [...waiting.keys()]) {
        const action = ledger.byId(id);
        if (!action || (undecided.has(id) && !isSaved)) continue;
        announce({ ...action, deliveries: action.deliveries.map((delivery) => waitingFor(why, delivery)) });
      }
    },

    onJoined(player, temporaryId) {
      const id = onTheWay.joined(player, temporaryId);
      const action = id === undefined ? undefined : ledger.byId(id);
      if (action && dropPlayer(player, action)) ledger.saveNow({ ...action, dropped: true });
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

/** Every share is settled or has met something that made it wait: there is something to say. */
function isAnswered(action: Action): boolean {
  return action.deliveries.every(({ state }) => state.status !== 'queued' || state.detail !== '');
}
