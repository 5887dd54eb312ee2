import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import { isSameSubject, type Subject } from '../identity/subject.ts';
import type { Target } from '../identity/target.ts';
import { cleanText, MAX_NAME, MAX_REASON } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';
import {
  type Action,
  type Delivery,
  type DeliveryState,
  type DropRule,
  deliveryOf,
  isKept,
  isQueued,
  isSettled,
  namesOf,
  namesOfAction,
  type Person,
  type Product,
  productsOf,
  withDelivery,
} from './action.ts';
import { createAgain, isLonger } from './again.ts';
import { conclude, type UnlinkedRule } from './conclude.ts';
import { isDropDue } from './drop-rule.ts';
import { createDrops } from './drops.ts';
import type { FindKnownBan } from './known-ban.ts';
import { bansSince, isHeldBy, liftsSince, overtaken } from './late.ts';
import {
  coversAll,
  holdsIn,
  isLiftedIn,
  isToEnd,
  liftShare,
  mayHaveReached,
  mayHold,
  withAccountsOf,
} from './lift.ts';
import { correctionsOf, endsAllOf } from './one-person.ts';
import { displayName, type Outcome, outcomeOf, type RequestFacts, refusal } from './outcome.ts';
import { createOverlaps } from './overlaps.ts';
import { type FoundPerson, isOnServer, samePerson } from './person.ts';
import { type ProductInUse, planDelivery, type Subjectable, subjectsFor } from './plan.ts';
import type { Audience, ConnectedPlayer, Ended, Ledger, Outbox, Players, Withdrawal } from './ports.ts';
import type { Cancelled, SanctionRequest, Ticket } from './request.ts';
import { servedToTheEnd } from './served.ts';
import { createTakingBack, NOTHING_TAKEN_BACK, type TakenBack } from './taking-back.ts';
import { createTelling, isAnswered } from './telling.ts';
import { identifiersInFull, type Ties } from './ties.ts';
import { createTurns } from './turns.ts';

/** Takes decisions in, sees them through, and tells how they went. */
export interface Moderation {
  /** Carries out a decision about somebody who was found. */
  submit(who: FoundPerson, request: SanctionRequest): Promise<Ticket>;
  /** Answers a request that cannot become an action. */
  refuse(
    request: Pick<SanctionRequest, 'kind' | 'reason' | 'author' | 'origin' | 'elsewhere'>,
    code: Parameters<typeof refusal>[1],
    message: string,
    target?: Target,
  ): Outcome;
  /** To be told of every action that another server has written, and of how it was known here before. */
  followed(action: Action, before: Action | undefined): void;
  /** Gives the first answer to what is still being written: it is accepted, and waits. @returns false when it is not known yet. */
  answerNow(id: string, why: string): boolean;
  /** The first answer to an action that another server takes in. @param onAnswer told in the moment in which it is given. */
  answerTo(id: string, onAnswer?: (outcome: Outcome) => void): Promise<Outcome>;
  /** To be called once the queues hold what is stored, before they start: a crash may have kept a lift from taking bans back. */
  resume(): void;
  /** Calls back with every action that was taken in and is safe; with a lift again whenever it has ended another ban. */
  onAccepted(callback: (action: Action) => void): void;
  /** Calls back with a ban whose shares that wait for a link are others than before, see `isKept`. */
  onKept(callback: (action: Action) => void): void;
  /** Calls back with a temporary ban whose end is later than before. */
  onProlonged(callback: (ban: Action) => void): void;
  /**
   * The person of a kept ban has linked an account: it goes out, by this name first. Has no effect on what is not kept.
   */
  linked(actionId: string, product: Product, subject: Subject): void;
  /** It was found out for which account a product has confirmed an action, which its answer did not tell. */
  identified(actionId: string, product: Product, account: string): void;
  /** It was found out by which identifiers, `type:value`, whoever holds the account goes that is all a ban names. */
  recognised(actionId: string, identifiers: readonly string[]): void;
  /** The end of a temporary ban has come. @returns false when that could not be stored. */
  expire(ban: Action): Promise<boolean>;
  /**
   * A ban has ended elsewhere: no product that confirmed it has it any more. What is on its way of it is taken back.
   *
   * @returns by product, how.
   */
  endedElsewhere(ban: Action): TakenBack['how'];
  /** Ends what is on its way of an action, as somebody has typed it; undefined when nothing is. */
  cancel(actionId: string): Promise<Cancelled | undefined>;
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
  /** The same, when another server goes on: only what is on disk is told. */
  handOver(why: string, isSaved: boolean): void;
  /** Drops whom an action is about, when that is due here already. @returns the action, and whether somebody was. */
  dropIfDue(action: Action): Action;
  /** Oldest first; bans that wait for nothing but a link come last. */
  pending(): Outcome[];
  history(limit: number): Outcome[];
  /** How an action stands that is known here. */
  standing(id: string): Outcome | undefined;
}

/** What moderation is made of. */
export interface ModerationOptions {
  /** Those in use at the moment. */
  readonly products: () => readonly ProductInUse[];
  /** Also those that are not: what is in force there is to end all the same. */
  readonly everyProduct: readonly ProductInUse[];
  readonly players: Players;
  readonly ledger: Ledger;
  readonly ties: Ties;
  /** What the products' lists say. */
  readonly known: FindKnownBan;
  readonly audience: Audience;
  readonly clock: Clock;
  readonly say: Say;
  /** What those read who are dropped for an action. */
  readonly notice: (action: Action) => string;
  readonly dropWhen: DropRule;
  readonly unlinked: UnlinkedRule;
  /** The name of this server, for what is decided on it; null when it has none. */
  readonly server: string | null;
  /** See {@link Action.serverId}. */
  readonly serverId: string | null;
  /** Where others write for this community too: hands a decision on that could not be stored here. */
  readonly handOn?: (who: FoundPerson, request: SanctionRequest, id: string) => Promise<Ticket>;
  /** Ids of the actions for which somebody was dropped on this server, latest last. */
  readonly droppedHere?: Set<string>;
  /** Whether this server writes for its community. */
  readonly isWriter?: () => boolean;
  readonly newId: () => string;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  readonly outbox: Outbox;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/** A decision that was told again. */
interface Retold {
  readonly action: Action;
  /** Set where somebody relies on it: resolves when that is on the disk, or cannot be. */
  readonly kept?: ReturnType<Ledger['save']>;
}

/**
 * A decision: handed in → in line → stored, and in the outbox → told (accepted) → each share settles, waits, is kept
 * for a link, or is taken back → stored → told. Not stored → refused, and nothing has gone out.
 *
 * A ban besides: in force from when it is accepted → ended, by its time, a lift, a list, or because nobody takes it.
 *
 * A file longer than others: what is stored before what is told is one order, and it is kept in one place.
 */
export function createModeration(options: ModerationOptions): Moderation {
  const { players, ledger, ties, audience, clock, say, outbox } = options;
  const again = createAgain(clock);
  const isHere = (person: Person) => isOnServer(person, players);
  const { droppedHere = new Set(), isWriter = () => true } = options;
  const isShared = options.serverId !== null;
  const asHere = (action: Action): Action =>
    droppedHere.has(action.id) && !action.dropped ? { ...action, dropped: true } : action;
  const stands = (action: Action, isDropTold = false) =>
    outcomeOf(asHere(action), { say, isHere, unlinked: options.unlinked }, isDropTold);
  const accepted: Array<(action: Action) => void> = [];
  const keptChanged: Array<(action: Action) => void> = [];
  const prolonged: Array<(ban: Action) => void> = [];
  const takingBack = createTakingBack({ ledger, outbox, onKept: keptHasChanged });
  const telling = createTelling({ ledger, audience, outcomeOf: stands, onSettled: again.settled, asHere });
  const drops = createDrops({
    players,
    ties,
    ledger,
    notice: options.notice,
    isOurs: ({ serverId }) => serverId === options.serverId,
    onDropped(id) {
      droppedHere.add(id);
      forgetOldest(droppedHere, MOST_DROPPED);
      telling.dropped(id);
    },
  });
  const turns = createTurns(options.ready, options.products);
  const overlaps = createOverlaps(outbox.isUnderWay);
  /** The place of the latest lift that was not of one ban alone. */
  let lastLift = 0;
  /** The place of the ban that was told last. */
  let lastBan = 0;

  const shown = (actions: readonly Action[]) =>
    actions.filter(({ id }) => !telling.isUndecided(id)).map((action) => stands(ledger.safe(action)));

  /** All that is known to have been decided about whoever goes by these names. */
  const decidedAbout = (names: readonly string[]) => ledger.about(ties.of(names));

  /** When it was decided, in Unix milliseconds. */
  const decidedAt = (elsewhere: SanctionRequest['elsewhere']) => elsewhere?.at ?? clock.now();

  function facts({
    kind,
    reason,
    author,
    origin,
    elsewhere,
  }: Parameters<Moderation['refuse']>[0]): RequestFacts {
    return {
      id: elsewhere?.id ?? options.newId(),
      kind,
      reason: cleanText(reason, MAX_REASON),
      author: cleanText(author.name, MAX_NAME) || origin,
      origin,
      server: elsewhere ? elsewhere.server : options.server,
      at: decidedAt(elsewhere),
    };
  }

  function refuse(
    request: Parameters<Moderation['refuse']>[0],
    code: Parameters<typeof refusal>[1],
    message: string,
    target?: Target,
  ): Outcome {
    const outcome = refusal(facts(request), code, message, target);
    // What another server has decided is told there.
    if (!request.elsewhere || request.elsewhere.serverId === options.serverId) {
      audience.settled(undefined, outcome);
    }
    return outcome;
  }

  /** At once: whoever is stopped in this very moment is not to hear of two ends. */
  function refuseUnused(request: SanctionRequest, message: string): Ticket {
    const outcome = refuse(request, 'NOT_CONFIGURED', message);
    request.onAnswer?.(outcome);
    return { accepted: false, outcome };
  }

  /** The same decision told again: the answer is the one it has already. */
  function sameAgain(there: Action, request: SanctionRequest): Ticket {
    const action = ledger.safe(there);
    const asAgain = (outcome: Outcome): Outcome => ({ ...outcome, again: true });
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
    const plain = refusal(facts(request), 'REFUSED', say('again', { name: displayName(person) }), undefined);
    const target = { name: person.name, identifiers: [...person.identifiers], account: person.account };
    const outcome: Outcome = { ...plain, ...ended, target, again: true };
    request.onAnswer?.(outcome);
    return { accepted: true, isAgain: true, id: ended.id, answered: Promise.resolve(outcome) };
  }

  /** Begins a decision. What it does before it waits for the disk is done at once: there may be no later turn. */
  async function decide(
    { person }: FoundPerson,
    found: Subjectable,
    request: SanctionRequest,
  ): Promise<Ticket> {
    if (request.isCalledOff?.()) {
      const outcome = refusal(facts(request), 'CANCELLED', say('error.stopping'), undefined);
      return { accepted: false, outcome };
    }
    const handedOn = request.elsewhere && ledger.byId(request.elsewhere.id);
    if (handedOn) return sameAgain(handedOn, request);
    const told = request.key === undefined ? undefined : ledger.byKey(request.key);
    if (told) return sameAgain(told, request);
    const ended = request.key === undefined ? undefined : ledger.endedByKey(request.key);
    if (ended) return longAgo(ended, person, request);
    const products = request.only ? options.everyProduct : options.products();
    if (products.length === 0) return refuseUnused(request, say('error.NOT_CONFIGURED'));
    const wanted = products.filter(({ api }) => request.products?.includes(api.product) ?? true);
    if (wanted.length === 0) {
      const names = request.products?.join(', ') ?? '';
      return refuseUnused(request, say('error.NOT_CONFIGURED.products', { products: names }));
    }
    const subjectable = { ...found, identifiers: identifiersInFull(person, ties) };
    const expiresAt = request.expiresAt ?? null;
    const same = sameDecision(
      request,
      wanted.map(({ api }) => api.product),
      person,
    );
    if (same) {
      const { action, kept } =
        request.kind === 'unban' ? toldLater(same, request) : toldAgain(same, person, request);
      if (kept && (await kept) === 'not the writer') return askedElsewhere(action, request);
      return sameAgain(action, request);
    }
    if (request.kind === 'unban') return lift(person, subjectable, request, wanted);
    const isTemporary = expiresAt !== null;
    const action = conclude(
      {
        ...newAction(person, request),
        deliveries: wanted.map((product) =>
          planDelivery(product, request.kind, subjectable, isTemporary, say),
        ),
      },
      options.unlinked,
    );
    const since =
      request.elsewhere && action.kind === 'ban' ? liftsSince(action.at, decidedAbout(namesOf(person))) : [];
    if (since.length > 0) return takeInOvertaken(action, since, request);
    if (action.kind === 'ban') lastBan = action.sequence;
    return takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
  }

  /** It was lifted, on another server, before anybody here heard of it. */
  async function takeInOvertaken(
    ban: Action,
    lifts: readonly Action[],
    request: SanctionRequest,
  ): Promise<Ticket> {
    const action = overtaken(ban, lifts);
    if (action.inForce) lastBan = action.sequence;
    const ticket = await takeIn(action, request, ledger.save(action), NOTHING_TAKEN_BACK);
    const [lift] = lifts;
    if (ticket.accepted && lift && !action.inForce) audience.corrected(lift, action);
    return ticket;
  }

  /** The action that is this decision already. A lift that has something to end, or may have, is always another one. */
  function sameDecision(
    request: SanctionRequest,
    products: readonly Product[],
    person: Person,
  ): Action | undefined {
    if (request.isCorrection || request.only) return undefined;
    const about = decidedAbout(namesOf(person));
    if (request.kind === 'unban' && about.some((ban) => isToEnd(ban, products))) return undefined;
    const told = { ...request, products, expiresAt: request.expiresAt ?? null, at: clock.now() };
    const same = again.find(told, about);
    // What was decided meanwhile may turn out to be of this person: a ban, or a lift, after which a longer ban is another one.
    // By now there are more names by which somebody may be found whom nobody knew.
    if (same && isSettled(same) && same.deliveries.some((share) => withMoreNames(same, share)))
      return undefined;
    if (same?.kind === 'unban' && (lastBan > same.sequence || isBannedAgain(same))) return undefined;
    const mayBeLifted = same?.kind === 'ban' && lastLift > same.told;
    return mayBeLifted && isLonger(same, told) ? undefined : same;
  }

  /**
   * The share of a ban that no name in it has found, with those that were learned since: of who was told again with
   * more identifiers, or has been seen meanwhile. Undefined when there are none.
   */
  function withMoreNames({ kind, person }: Action, delivery: Delivery): Delivery | undefined {
    const { state, subjects, product } = delivery;
    const isUnknown =
      state.status === 'refused' && (state.code === 'NOT_LINKED' || state.code === 'NO_IDENTIFIER');
    const inUse = options.products().find(({ api }) => api.product === product);
    if (kind !== 'ban' || !isUnknown || person.account !== null || !inUse) return undefined;
    const identifiers = identifiersInFull(person, ties);
    const all = subjectsFor(inUse, { identifiers, account: undefined, cadApiId: undefined });
    const more = all.filter((subject) => !subjects.some((known) => isSameSubject(known, subject)));
    if (more.length === 0) return undefined;
    return { ...delivery, subjects: [...subjects, ...more], candidate: subjects.length, state: QUEUED };
  }

  /** Whether a product that has confirmed a lift is known to have them banned since, by whoever. */
  function isBannedAgain({ person, deliveries }: Action): boolean {
    return deliveries.some(
      ({ product, state }) => state.status === 'delivered' && options.known(product, person).banned === true,
    );
  }

  function newAction(person: Person, request: SanctionRequest): Action {
    const { id, kind, reason, author, origin, server, at } = facts(request);
    const sequence = ledger.nextSequence();
    return {
      id,
      sequence,
      told: sequence,
      toldAt: at,
      key: request.key ?? null,
      alsoKeys: [],
      kind,
      person,
      holder: [],
      reason,
      author: { ...request.author, name: author },
      origin,
      server,
      serverId: request.elsewhere?.serverId ?? options.serverId,
      at,
      drop: request.drop ?? options.dropWhen,
      ...(request.drop === undefined && options.serverId !== null ? { isDropOpen: true } : {}),
      dropped: false,
      expiresAt: request.expiresAt ?? null,
      inForce: kind === 'ban',
      lifted: [],
      served: false,
      ended: [],
      isOfOneBan: request.only !== undefined,
      deliveries: [],
    };
  }

  /**
   * What is known of the person now counts too, and whoever is here again is dropped again. A lift that was decided
   * meanwhile may turn out to be of this person: it is the earlier of the two.
   */
  function toldAgain(
    there: Action,
    { identifiers }: Person,
    { key, expiresAt, elsewhere }: SanctionRequest,
  ): Retold {
    const known = there.person.identifiers;
    const news = identifiers.filter((identifier) => !known.includes(identifier));
    const isLater = lastLift > there.told;
    // As long as it waits: nobody is let in earlier than who told it last has said.
    const isProlonged = !isSettled(there) && there.expiresAt !== null && (expiresAt ?? 0) > there.expiresAt;
    const action = {
      ...withKey(there, key),
      told: isLater ? ledger.nextSequence() : there.told,
      toldAt: Math.max(there.toldAt, decidedAt(elsewhere)),
      expiresAt: isProlonged ? (expiresAt ?? null) : there.expiresAt,
      person: { ...there.person, identifiers: [...known, ...news] },
    };
    if (action.kind === 'ban') lastBan = Math.max(lastBan, action.told);
    const now = isDropDue(action) ? drops.drop(action) : action;
    if (isProlonged) for (const callback of prolonged) callback(now);
    if (isLater || isProlonged || key !== undefined) return { action: now, kept: ledger.save(now) };
    if (news.length === 0 && now === action && !isShared) return { action: there };
    ledger.saveSoon(now);
    return { action: now };
  }

  /** The work here has ended before it was kept that a decision was told again. */
  function askedElsewhere(action: Action, request: SanctionRequest): Ticket | Promise<Ticket> {
    if (options.handOn && request.elsewhere?.serverId === options.serverId) {
      return options.handOn({ ...samePerson(action), person: action.person }, request, options.newId());
    }
    const outcome = refusal(facts(request), 'REFUSED', say('error.REFUSED.storage'), undefined);
    return { accepted: false, isNotStored: true, outcome };
  }

  /** A lift that is told again: what another server has decided before, and hands on late, is the earlier decision. */
  function toldLater(there: Action, { key, elsewhere }: SanctionRequest): Retold {
    const toldAt = decidedAt(elsewhere);
    const isLater = isShared && toldAt > there.toldAt;
    if (key === undefined && !isLater) return { action: there };
    const action = { ...withKey(there, key), toldAt: isLater ? toldAt : there.toldAt };
    if (key !== undefined) return { action, kept: ledger.save(action) };
    ledger.saveSoon(action);
    return { action };
  }

  /** The same, by one more name: told once more, it is the same one, and not one of that moment. */
  function withKey(there: Action, key: string | undefined): Action {
    return key === undefined ? there : { ...there, alsoKeys: [...there.alsoKeys, key].slice(-MOST_KEYS) };
  }

  /** A lift ends every ban of the person that was decided before, or one alone. */
  function lift(
    person: Person,
    subjectable: Subjectable,
    request: SanctionRequest,
    wanted: readonly ProductInUse[],
  ): Promise<Ticket> {
    const { only, elsewhere } = request;
    const one = only && ('id' in only ? ledger.byId(only.id) : ledger.byKey(only.key));
    const later = elsewhere ? bansSince(elsewhere.at, decidedAbout(namesOf(person)), timeOf) : [];
    const plan = only
      ? planLiftOfOne(one, person, request)
      : {
          bans: decidedAbout(namesOf(person)).filter(
            (ban) => isToEnd(ban, request.products) && !later.includes(ban),
          ),
          products: wanted.filter(({ api }) => !isHeldBy(later, api.product)),
        };
    const planned = plan.products
      .map((product) => planDelivery(product, 'unban', subjectable, false, say))
      .map((delivery) => withAccountsOf(plan.bans, delivery));
    const action: Action = {
      ...newAction(person, request),
      isOfOneBan: only !== undefined || later.length > 0,
      ended: endedBy(plan.bans, one, request.products),
      deliveries: planned,
    };
    if (!action.isOfOneBan) lastLift = action.sequence;
    // First, so that a crash in between leaves the lift and not bans that are gone.
    void ledger.save(action);
    const takenBack = takingBack.take(plan.bans, request.products);
    const about = decidedAbout(namesOfAction(action));
    const deliveries = planned.map((delivery) => {
      const { product } = delivery;
      const facts = {
        withdrawn: takenBack.how.get(product) ?? [],
        mayHold: mayHold(
          product,
          about.filter(({ id }) => id !== action.id),
        ),
        isListed: options.known(product, person).banned,
      };
      return liftShare(delivery, facts, say);
    });
    const concluded = { ...action, deliveries };
    return takeIn(concluded, request, ledger.save(concluded), takenBack);
  }

  /** The ids of the bans that a lift ends; also of the one that it is of, when that has ended before. */
  function endedBy(
    bans: readonly Action[],
    one: Action | undefined,
    products: readonly Product[] | undefined,
  ): readonly string[] {
    const ids = bans.filter((ban) => coversAll(ban, products)).map(({ id }) => id);
    return one && !one.inForce && !ids.includes(one.id) ? [...ids, one.id] : ids;
  }

  /**
   * While another ban of the person is in force, the end of one lifts nothing that the other one holds.
   *
   * @param isCorrection the ban went out after a later lift, which has therefore not lifted it.
   */
  function planLiftOfOne(
    ban: Action | undefined,
    person: Person,
    { isCorrection, products }: Pick<SanctionRequest, 'isCorrection' | 'products'> = {},
  ): { readonly bans: readonly Action[]; readonly products: readonly ProductInUse[] } {
    const about = decidedAbout(ban ? [...namesOf(person), ...namesOfAction(ban)] : namesOf(person));
    // However often it had to be made again.
    const own = ban ? about.filter((other) => firstOf(other).id === firstOf(ban).id) : [];
    const others = about.filter((other) => other.inForce && !own.includes(other));
    const isToLift = (product: Product) => {
      if (others.some((other) => holdsIn(other, product) && !isLiftedIn(other, product))) return false;
      // Of one that is not known here: only while nothing else keeps the person out.
      if (!ban) return others.length === 0 && options.products().some(({ api }) => api.product === product);
      if (isCorrection && own.some((each) => mayHaveReached(each, product))) return true;
      return mayHold(product, about);
    };
    return {
      bans: own.filter((each) => isToEnd(each, products)),
      products: options.everyProduct.filter(
        ({ api }) => (products?.includes(api.product) ?? true) && isToLift(api.product),
      ),
    };
  }

  /** What was decided is on its way to the disk: what follows from it is done once it is there. */
  async function takeIn(
    action: Action,
    request: SanctionRequest,
    saved: ReturnType<Ledger['save']>,
    takenBack: TakenBack,
  ): Promise<Ticket> {
    const { id } = action;
    const answered = telling.answerTo(id, request.onAnswer);
    telling.begin(id);
    // In the same turn, so that it goes out in the order of decisions.
    takingBack.dispatch(action);
    const result = await saved;
    if (result !== 'written') {
      telling.decided(id);
      takingBack.restore(takenBack);
      return notStored(action, request);
    }
    if (action.kind === 'unban') drops.lifted(ties.of(namesOfAction(action)));
    audience.accepted(action);
    for (const callback of accepted) callback(action);
    const now = drops.dropIfDue(ledger.byId(id) ?? action);
    for (const before of takenBack.before.values()) {
      const ban = ledger.byId(before.id) ?? before;
      if (!isSettled(before) && isSettled(ban)) telling.announce(ban);
    }
    tellWithdrawn(now, takenBack);
    if (now.deliveries.some(isKept)) keptHasChanged(id);
    // Nobody else has told it meanwhile.
    if (telling.decided(id)) telling.announce(now);
    return { accepted: true, isAgain: false, id, answered };
  }

  /** Tells whoever lifted of the bans that will not be sent any more. */
  function tellWithdrawn(lift: Action, { how }: TakenBack): void {
    const unheard = [...how].flatMap(([product, hows]) => (hows.includes('unheard') ? [product] : []));
    if (unheard.length > 0) audience.withdrawn(lift, unheard);
  }

  /** A decision that could not be stored was not made: nothing has gone out, and nothing ever will. */
  function notStored(action: Action, request: SanctionRequest): Ticket | Promise<Ticket> {
    outbox.forget(action.id);
    ledger.forget(action);
    const { elsewhere, isCorrection } = request;
    if (options.handOn && (isCorrection || elsewhere?.serverId === options.serverId)) {
      const onAnswer = (outcome: Outcome) => telling.giveAnswer(action.id, outcome);
      const who = { ...samePerson(action), person: action.person };
      // Whether it is wanted was asked once: by now somebody may know that it is accepted.
      const { isCalledOff: _, ...wanted } = request;
      return options.handOn(who, { ...wanted, onAnswer }, action.id);
    }
    if (options.handOn) {
      telling.giveUp(action.id);
      const outcome = refusal(facts(request), 'REFUSED', say('error.REFUSED.storage'), undefined);
      return { accepted: false, isNotStored: true, outcome };
    }
    const outcome = refuse(request, 'REFUSED', say('error.REFUSED.storage'));
    telling.giveAnswer(action.id, outcome);
    return { accepted: false, outcome };
  }

  function keptHasChanged(id: string): void {
    const action = ledger.byId(id);
    if (action) for (const callback of keptChanged) callback(action);
  }

  function submit(who: FoundPerson, request: SanctionRequest): Promise<Ticket> {
    return turns.take(who, (subjectable) => decide(who, subjectable, request));
  }

  /** The later decision about an account counts, whichever went out first. */
  function correct(action: Action, product: Product): void {
    const { state } = deliveryOf(action, product) ?? {};
    const overlapping = overlaps.noticed(action, product, ledger.pending());
    if (state?.status !== 'delivered' || state.account === null) return;
    const name = `account:${state.account.toLowerCase()}`;
    const others = ledger
      .about([name])
      .filter((other) => other.id !== action.id && namesOfAction(other).includes(name));
    for (const { kind, ban, lift } of correctionsOf(action, product, others, placeOf, overlapping)) {
      if (kind === 'end') {
        endNow(ban, lift);
        continue;
      }
      const [later, earlier] = kind === 'ban-again' ? [ban, lift] : [lift, ban];
      audience.corrected(later, earlier);
      const { reason, author, origin } = later;
      const request = { reason, author, origin, isCorrection: true };
      const correction: SanctionRequest =
        kind === 'lift-again'
          ? {
              ...request,
              kind: 'unban',
              only: { id: ban.id },
              // With one that was made again the first is lifted, which may count in more products.
              ...(endsAllOf(lift, firstOf(ban))
                ? { key: `end:${ban.id}` }
                : { key: `end:${ban.id}:${product}`, products: [product] }),
            }
          : {
              ...request,
              kind: 'ban',
              // Of one that was made again before, the first is the decision: it is made once for each lift.
              key: `again:${firstOf(ban).id}:${lift.id}`,
              products: [product],
              ...(ban.expiresAt === null ? {} : { expiresAt: ban.expiresAt }),
            };
      submit(samePerson(ban), correction).catch(options.onBug);
    }
  }

  /** A ban that was made again was decided when it was made first, unless somebody has told it since. */
  function placeOf(action: Action): number {
    const first = madeAgain(action);
    return first && action.told === action.sequence ? placeOf(first) : action.told;
  }

  /** The same, in Unix milliseconds. */
  function timeOf(action: Action): number {
    const first = madeAgain(action);
    return first && action.toldAt === action.at ? timeOf(first) : action.toldAt;
  }

  /** The ban that was made again by another; undefined of every other action. */
  function madeAgain({ key }: Action): Action | undefined {
    const id = /^again:([^:]+):/.exec(key ?? '')?.[1];
    return id === undefined ? undefined : ledger.byId(id);
  }

  function firstOf(action: Action): Action {
    const first = madeAgain(action);
    return first ? firstOf(first) : action;
  }

  /** Ends a ban here, with what is on its way of it, as far as a lift goes that turned out to be about it. */
  function endNow(ban: Action, lift: Action): void {
    const known = ledger.byId(lift.id) ?? lift;
    const isWhole = endsAllOf(lift, ban);
    if (isWhole) {
      audience.corrected(lift, ban);
      // First: after a crash in between, a start ends what a lift says that it has ended.
      const lifted = { ...known, ended: [...known.ended, ban.id] };
      void ledger.save(lifted);
      for (const callback of accepted) callback(lifted);
    }
    const takenBack = takeBackNow(ban, isWhole ? undefined : productsOf(lift));
    if (!isWhole) tellWithdrawn(known, takenBack);
  }

  /** Ends a ban here, or its shares in some products, with what is on its way of it, and tells so. */
  function takeBackNow(ban: Action, products: readonly Product[] | undefined): TakenBack {
    const takenBack = takingBack.take([ban], products);
    const now = ledger.byId(ban.id) ?? ban;
    if (!isSettled(ban) && isSettled(now)) telling.announceOnceSafe(now);
    return takenBack;
  }

  /**
   * With the last ban in force of a person, the temporary ones that had ended before are lifted where a product still
   * has them: they were left there for this one.
   */
  function liftWhatIsLeft(ban: Action): void {
    const about = decidedAbout(namesOfAction(ban));
    if (about.some(({ inForce }) => inForce)) return;
    for (const over of about) {
      const isLeft = over.kind === 'ban' && over.expiresAt !== null && !ledger.byKey(`lift:${over.id}`);
      if (isLeft && planLiftOfOne(over, over.person).products.length > 0) {
        submit(samePerson(over), liftAtEnd(over)).catch(options.onBug);
      }
    }
  }

  /** A product has confirmed a ban that has ended meanwhile, and that no lift has lifted there. */
  function liftLate(ban: Action, product: Product): void {
    const about = decidedAbout(namesOfAction(ban));
    const isHeld = about.some((other) => other.inForce && holdsIn(other, product));
    const { api } = options.everyProduct.find((each) => each.api.product === product) ?? {};
    if (isHeld || !api?.kinds.has('unban') || !mayHold(product, about)) return;
    const { reason, author, origin } = ban;
    const key = `end:${ban.id}:${product}`;
    const lift: SanctionRequest = { kind: 'unban', reason, author, origin, key, only: { id: ban.id } };
    submit(samePerson(ban), { ...lift, products: [product], isCorrection: true }).catch(options.onBug);
  }

  function liftAtEnd(ban: Action): SanctionRequest {
    return {
      kind: 'unban',
      key: `lift:${ban.id}`,
      reason: say('reason.expired', { reason: ban.reason || say('reason.none') }),
      author: ban.author,
      origin: ban.origin,
      only: { id: ban.id },
    };
  }

  /** What another server has written: it concerns who is here, and who has decided here. */
  function followed(action: Action, before: Action | undefined): void {
    // It may have been another server's alone until now.
    const isLongAgo = !before && action.kind === 'kick' && clock.now() - action.at > KICK_MS;
    const wasDue = before !== undefined && isDropDue(before) && !isMoreKnown(action, before);
    const isDueNow = isDropDue(action) && !wasDue && !isLongAgo;
    const now = isDueNow ? drops.drop(action) : action;
    if (action.kind === 'unban' && !before) drops.lifted(ties.of(namesOfAction(action)));
    if (action.serverId !== options.serverId) return;
    if (!before) audience.accepted(now);
    const isNews = (isSettled(action) && !(before && isSettled(before))) || telling.isAwaited(action.id);
    if (isNews) telling.announce(now);
  }

  outbox.listen({
    changed(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      if (takingBack.noticed(before, delivery)) return;
      const richer = withMoreNames(before, delivery);
      if (richer) {
        const action = withDelivery(before, richer);
        void ledger.save(action);
        outbox.add(action, richer);
        return;
      }
      const action = conclude(withDelivery(before, delivery), options.unlinked);
      const isConfirmed = delivery.state.status === 'delivered';
      const isKeptNow = action.deliveries.some(isKept) && !before.deliveries.some(isKept);
      const isNews = isConfirmed || !isDropDue(before);
      const after = isNews && isDropDue(action) ? drops.drop(action) : action;
      // What is told is safe: after a crash nothing is done again that somebody knows to be done.
      if (isSettled(after) || isKeptNow || (isAnswered(after) && telling.isAwaited(actionId))) {
        telling.announceOnceSafe(after);
      } else if (delivery.candidate !== deliveryOf(before, delivery.product)?.candidate) {
        // Which names are nobody's is known for good: after a crash it costs no call again.
        void ledger.save(after);
      } else ledger.saveSoon(after);
      if (isKeptNow || before.deliveries.some(isKept)) keptHasChanged(actionId);
      if (isConfirmed) correct(after, delivery.product);
      if (isConfirmed && after.kind === 'ban' && !after.inForce) liftLate(after, delivery.product);
      if (before.inForce && !after.inForce) liftWhatIsLeft(after);
    },
    waits(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before) return;
      const action = withDelivery(before, delivery);
      ledger.note(action);
      if (telling.isUndecided(actionId)) return;
      // Another product's share may have ended, and that may not be on disk yet.
      if (ledger.safe(action) === action) telling.announce(action);
      else if (isAnswered(action)) telling.announceOnceSafe(action);
    },
  });

  return {
    submit,

    refuse,

    followed,

    answerNow(id, why) {
      const action = ledger.byId(id);
      if (!action) return false;
      drops.dropIfDue(action);
      telling.answerNow(id, why);
      return true;
    },

    answerTo: telling.answerTo,

    resume() {
      telling.resume();
      const all = ledger.latest(Number.POSITIVE_INFINITY);
      again.resume(all, clock.now());
      const takeAgain = (bans: readonly Action[], products: readonly Product[] | undefined) =>
        takingBack.take(
          bans.filter((ban) => isToEnd(ban, products)),
          products,
        );
      for (const action of all) {
        const { kind, ended, sequence, told, isOfOneBan } = action;
        if (kind === 'ban') lastBan = Math.max(lastBan, told);
        if (kind !== 'unban') continue;
        takeAgain(
          ended.flatMap((id) => ledger.byId(id) ?? []),
          undefined,
        );
        if (isOfOneBan) continue;
        lastLift = Math.max(lastLift, sequence);
        const products = productsOf(action);
        // One that has ended a ban says so. A lift of some products has not, and may have ended its shares there.
        const isInDoubt = (ban: Action) =>
          ban.told < sequence && (!isSettled(ban) || !coversAll(ban, products));
        takeAgain(decidedAbout(namesOfAction(action)).filter(isInDoubt), products);
      }
      // One that has ended otherwise, while a call of it was under way.
      const isOver = ({ kind, inForce }: Action) => kind === 'ban' && !inForce;
      takingBack.take(ledger.pending().filter(isOver), undefined);
    },

    onAccepted: (callback) => accepted.push(callback),

    onKept: (callback) => keptChanged.push(callback),

    onProlonged: (callback) => prolonged.push(callback),

    linked(actionId, product, subject) {
      const before = ledger.byId(actionId);
      const share = before && deliveryOf(before, product);
      if (!share || !isKept(share)) return;
      const deliveries = before.deliveries.map((delivery): Delivery => {
        if (!isKept(delivery)) return delivery;
        const { subjects } = delivery;
        const others = subjects.filter((other) => !isSameSubject(other, subject));
        const known = delivery.product === product ? [subject, ...others] : subjects;
        return known.length === 0 ? delivery : { ...delivery, subjects: known, candidate: 0, state: QUEUED };
      });
      const action = { ...before, deliveries };
      void ledger.save(action);
      takingBack.dispatch(action);
      keptHasChanged(actionId);
    },

    identified(actionId, product, account) {
      const before = ledger.byId(actionId);
      const share = before && deliveryOf(before, product);
      if (!before || share?.state.status !== 'delivered' || share.state.account !== null) return;
      const action = withDelivery(before, { ...share, state: { ...share.state, account } });
      ledger.saveSoon(action);
      correct(action, product);
    },

    recognised(actionId, identifiers) {
      const before = ledger.byId(actionId);
      if (!before?.inForce || before.person.identifiers.length > 0) return;
      const news = identifiers.filter((identifier) => !before.holder.includes(identifier));
      if (news.length === 0) return;
      const action = { ...before, holder: [...before.holder, ...news].slice(0, MOST_HOLDER) };
      ledger.saveSoon(action);
      drops.dropIfDue(action);
    },

    async expire(ban) {
      const now = ledger.byId(ban.id);
      if (!now?.inForce) return true;
      // Another server ends it; here it is known to be over.
      if (!isWriter()) return false;
      const over = servedToTheEnd(now);
      void ledger.save(over);
      if (now.deliveries.some(isKept)) keptHasChanged(now.id);
      const { products } = planLiftOfOne(now, now.person);
      if (products.length > 0) {
        const ticket = await submit(samePerson(now), liftAtEnd(now));
        if (!ticket.accepted) return false;
      }
      // Nothing is to be lifted, or the lift is older than a crash that kept the end of the ban from the disk.
      const left = ledger.byId(now.id);
      const hasWaited = !isSettled(now) && isSettled(over);
      if (!left || !isToEnd(left, undefined)) {
        if (left && hasWaited) telling.announceOnceSafe(left);
        return true;
      }
      const takenBack = takingBack.take([left], undefined);
      const ended = ledger.byId(left.id);
      if (!ended) return true;
      if ((await ledger.save(ended)) !== 'written') {
        takingBack.restore(takenBack);
        return false;
      }
      if ((hasWaited || !isSettled(left)) && isSettled(ended)) telling.announce(ended);
      return true;
    },

    endedElsewhere(ban) {
      const now = ledger.byId(ban.id);
      // Another server ends it.
      if (!now?.inForce || !isWriter()) return NOTHING_TAKEN_BACK.how;
      const { how } = isSettled(now) ? NOTHING_TAKEN_BACK : takeBackNow(now, undefined);
      ledger.saveSoon({ ...(ledger.byId(now.id) ?? now), inForce: false });
      liftWhatIsLeft(now);
      return how;
    },

    async cancel(actionId) {
      const before = ledger.byId(actionId);
      if (!before?.deliveries.some(isQueued)) return undefined;
      const result: Record<Exclude<Withdrawal, 'not-here'>, Product[]> = {
        unheard: [],
        heard: [],
        'under-way': [],
      };
      for (const share of before.deliveries.filter(isQueued)) {
        const how = takingBack.withdraw(before, share, false);
        if (how !== 'not-here') result[how].push(share.product);
      }
      const now = ledger.byId(actionId) ?? before;
      const isConfirmed = now.deliveries.some(
        ({ product, state }) => state.status === 'delivered' && !isLiftedIn(now, product),
      );
      const isOver = isSettled(now) && !isConfirmed;
      // In the same group: when it is told, it is safe, and whoever waited for the end has heard of it.
      const ended = isOver ? { ...now, inForce: false } : now;
      await ledger.save(ended);
      if (isOver && before.kind === 'ban') liftWhatIsLeft(ended);
      if (before.deliveries.some(isKept)) {
        keptHasChanged(actionId);
        if (isSettled(ended)) telling.announce(ended);
      }
      return result;
    },

    hurry: turns.hurry,

    answerAll: telling.answerAll,

    handOver: telling.handOver,

    dropIfDue: drops.dropIfDue,

    onJoined: drops.joined,

    pending() {
      const pending = ledger.pending();
      const isForLink = ({ deliveries }: Action) => deliveries.filter(isQueued).every(isKept);
      // What waits for its person, and may do so for years, is not to hide what waits for its turn.
      return shown([...pending.filter((action) => !isForLink(action)), ...pending.filter(isForLink)]);
    },
    history: (limit) => shown(ledger.latest(limit)),
    standing(id) {
      const action = ledger.byId(id);
      return action && stands(ledger.safe(action));
    },
  };
}

/** A kick that is older, in milliseconds, when it is heard of is over: whoever comes after it may. */
const KICK_MS = 60_000;

/** Whether more names are known by now of whom an action is about. */
function isMoreKnown(action: Action, before: Action): boolean {
  const known = [...before.person.identifiers, ...before.holder];
  return [...action.person.identifiers, ...action.holder].some((name) => !known.includes(name));
}

/** Of how many actions it is remembered that somebody was dropped for them here. */
const MOST_DROPPED = 1_000;

/** How many names of decisions that were the same are remembered of an action. */
const MOST_KEYS = 50;

/** Most identifiers that are remembered of whoever holds an account. */
const MOST_HOLDER = 100;

const QUEUED: DeliveryState = { status: 'queued', code: 'QUEUED', detail: '', nextTryAt: null };
