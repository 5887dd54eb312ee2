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
  type Origin,
  type Product,
  withDelivery,
} from './action.ts';
import { isDropDue } from './drop-rule.ts';
import { type Outcome, outcomeOf, type RequestFacts, refusal } from './outcome.ts';
import type { FoundPerson } from './person.ts';
import { type ProductInUse, planDelivery } from './plan.ts';
import type { Audience, Ledger, Players } from './ports.ts';

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
  /** To be told by the queues of every change of a delivery. */
  onDelivery(actionId: string, delivery: Delivery): void;
  pending(): Outcome[];
  history(limit: number): Outcome[];
}

/** What moderation is made of. */
export interface ModerationOptions {
  readonly products: readonly ProductInUse[];
  readonly players: Players;
  readonly ledger: Ledger;
  readonly audience: Audience;
  readonly clock: Clock;
  readonly say: Say;
  readonly dropWhen: DropRule;
  readonly newId: () => string;
  /** Hands a delivery to its product's queue. */
  readonly dispatch: (action: Action, delivery: Delivery) => void;
  /** Takes a delivery back that cannot have had an effect; false when it is too late. */
  readonly withdraw: (actionId: string, product: Product) => boolean;
}

export function createModeration(options: ModerationOptions): Moderation {
  const { products, players, ledger, audience, clock, say } = options;
  /** Per action id, who waits for the first answer. */
  const waiting = new Map<string, { answered: Promise<Outcome>; answer: (outcome: Outcome) => void }>();

  function facts({ kind, reason, author, origin }: Parameters<Moderation['refuse']>[0]): RequestFacts {
    return {
      id: options.newId(),
      kind,
      reason: cleanText(reason, MAX_REASON),
      author: cleanText(author.name, MAX_NAME),
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

  function answerPromise(id: string): Promise<Outcome> {
    const known = waiting.get(id);
    if (known) return known.answered;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    waiting.set(id, { answered: promise, answer: resolve });
    return promise;
  }

  /** The same decision told again: the answer is the one it has already. */
  function sameAgain(action: Action): Ticket {
    const answered = isAnswered(action) ? Promise.resolve(outcomeOf(action, say)) : answerPromise(action.id);
    return { accepted: true, answered };
  }

  function dropPlayers(action: Action): Action {
    const { kind, person } = action;
    if (kind === 'unban') return action;
    const message = say(`drop.${kind}`, {
      reason: action.reason || say('reason.none'),
      author: action.author.name,
    });
    const dropped = players.sharing(person.identifiers).filter((player) => players.drop(player.id, message));
    return dropped.length === 0 ? action : { ...action, dropped: true };
  }

  /** A lift overtakes a ban that is still waiting: then there is nothing to lift. */
  function withdrawBans(lift: Action): void {
    for (const action of ledger.pending()) {
      if (action.kind !== 'ban' || !isSamePerson(action.person, lift.person)) continue;
      for (const { product } of action.deliveries.filter(isQueued)) {
        if (lift.deliveries.some((delivery) => delivery.product === product)) {
          options.withdraw(action.id, product);
        }
      }
    }
  }

  /** Keeps the newest version of an action, and tells whoever is concerned. */
  function proceed(action: Action): void {
    void ledger.save(action);
    const settled = isSettled(action);
    if (!settled && !isAnswered(action)) return;
    const waiter = waiting.get(action.id);
    waiting.delete(action.id);
    const outcome = outcomeOf(action, say);
    if (settled) audience.settled(action, outcome);
    else if (waiter) audience.queued(action, outcome);
    waiter?.answer(outcome);
  }

  return {
    async submit({ person, subjectable }, request) {
      const again = request.key === undefined ? undefined : ledger.byKey(request.key);
      if (again) return sameAgain(again);
      if (products.length === 0) {
        return { accepted: false, outcome: refuse(request, 'NOT_CONFIGURED', say('error.NOT_CONFIGURED')) };
      }
      const wanted = products.filter(({ api }) => request.products?.includes(api.product) ?? true);
      if (wanted.length === 0) {
        const message = say('error.NOT_CONFIGURED.products', {
          products: request.products?.join(', ') ?? '',
        });
        return { accepted: false, outcome: refuse(request, 'NOT_CONFIGURED', message) };
      }
      const isTemporary = request.expiresAt !== undefined;
      const { id, kind, reason, author, origin, at } = facts(request);
      let action: Action = {
        id,
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
        deliveries: wanted.map((product) => planDelivery(product, kind, subjectable, isTemporary, say)),
      };
      const answered = answerPromise(id);
      await ledger.save(action);
      audience.accepted(action);
      if (action.drop === 'always') action = dropPlayers(action);
      if (kind === 'unban') withdrawBans(action);
      proceed(action);
      for (const delivery of action.deliveries.filter(isQueued)) options.dispatch(action, delivery);
      return { accepted: true, answered };
    },

    refuse,

    onDelivery(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      const isConfirmed = delivery.state.status === 'delivered';
      proceed(isConfirmed && isDropDue(action) ? dropPlayers(action) : action);
    },

    pending: () => ledger.pending().map((action) => outcomeOf(action, say)),
    history: (limit) => ledger.latest(limit).map((action) => outcomeOf(action, say)),
  };
}

/** Every share is settled or has met something that made it wait: there is something to say. */
function isAnswered(action: Action): boolean {
  return action.deliveries.every(({ state }) => state.status !== 'queued' || state.detail !== '');
}
