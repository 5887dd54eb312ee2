import {
  type Action,
  type ActionKind,
  type Delivery,
  deliveryOf,
  isSamePerson,
  isSettled,
  type Origin,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import type { LinkResult, SanctionResult } from '../../../../server/moderation/product-api.ts';
import type { Cancelled } from '../../../../server/moderation/request.ts';
import { readActionRecord } from '../../../../server/storage/action-record.ts';
import { HOUR, RETRY_MS } from './game-server.ts';
import { MEMBERS, type Member } from './people.ts';
import type { SeenCall } from './sonoran.ts';

/** One product's share of a decision, as it must be. */
interface Share {
  readonly product: Product;
  /** The names of the account, in the order in which they are tried. */
  subjects: readonly string[];
  status: 'queued' | 'delivered' | 'refused';
  /** Of one that is queued: `NOT_LINKED` when it is kept for a link, and not tried. */
  code: string;
  candidate: number;
  unanswered: number | null;
  /** The candidate that was found to be linked. */
  told: number | null;
  isRunning: boolean;
  /** Calls whose answer nobody has seen. */
  unseen: number;
  /** Since this start, a try has failed. */
  isTried: boolean;
  /** A lift has overtaken it while its call was under way: it is not tried again. */
  isCalledOff: boolean;
  /** A lift has ended it, whatever came of its call. */
  isLifted: boolean;
  /** It was under way when the server began to stop. */
  isUnderWay: boolean;
  /** When it last became something else, in Sonoran's time. */
  changedAt: number;
  /** For how long it had been tried, and what the product's watch showed, at this start or when it came in. */
  spentMs: number;
  watchedMs: number;
}

/** A decision that was accepted, or at least reached the disk. */
interface Decision {
  readonly id: string;
  readonly sequence: number;
  /** Its place in line: that of its decision, but behind all others once it was kept and is not any more. */
  turn: number;
  /** Whether it was ever in another place than that of its decision. */
  wasKept: boolean;
  readonly key: string | null;
  readonly kind: ActionKind;
  readonly origin: Origin;
  readonly member: Member;
  /** In Sonoran's time; nothing is known of when it was decided when a crash kept anybody from hearing of it. */
  readonly at: number;
  /** When it was decided by the server's wall clock, in Unix milliseconds. */
  readonly date: number;
  readonly shares: readonly Share[];
  /** The bans that a lift has ended here. */
  readonly ended: readonly string[];
  /** A ban that counts here. */
  inForce: boolean;
  /** When that last became something else, in Sonoran's time. */
  endedAt: number;
  settlements: number;
  /** Until when it is the same decision when it is told again though it is over, in Sonoran's time. */
  againUntil: number;
}

/** A decision that is about to be handed in. */
export interface Told {
  readonly member: Member;
  readonly kind: ActionKind;
  readonly products: readonly Product[];
  readonly origin: Origin;
  readonly key: string | undefined;
}

/** For how long after it has settled a decision that is told again is the same one, in milliseconds. */
const AGAIN_MS = 60_000;
/** What was decided so shortly before a start, and is over, counts as settled in that moment, in milliseconds. */
const RECENT_MS = 2 * 60_000;

/** It waits for a link, and is not tried. */
function isKept({ status, code }: Share): boolean {
  return status === 'queued' && code === 'NOT_LINKED';
}

function subjectsOf({ subjects }: Delivery): readonly string[] {
  return subjects.map(({ value }) => String(value));
}

function codeOf({ state }: Delivery): string {
  if (state.status === 'queued') return state.code === 'NOT_LINKED' ? state.code : '';
  return state.status === 'refused' ? state.code : '';
}

/** What the queue must do, in the plainest terms: a list of decisions, and what each answer makes of them. */
export class Model {
  /** What was not as it must be. */
  readonly violations: string[] = [];
  readonly decisions: Decision[] = [];
  readonly #disk: ReadonlyMap<string, string>;
  /** Since when, in Sonoran's time. */
  readonly #held = new Map<Product, number>();
  readonly #asking = new Set<Product>();
  /** Sonoran's time. */
  now: () => number = () => 0;
  readonly #failures = new Map<Product, number>();
  readonly #decisionOf = new Map<SeenCall, Decision>();
  /** An action as the process has it; as it is on disk when there is none. */
  recorded: (id: string) => Action | undefined = (id) => this.onDisk(id);
  /** Since when the disk keeps nothing. */
  fullSince: number | undefined;
  /** Products whose host has been down since this start. */
  readonly #down = new Set<Product>();
  /** For how long tries could be made in this life, up to when. */
  readonly #watches = new Map<Product, { readonly countedMs: number; at: number }>();
  #isStopped = false;

  constructor(disk: ReadonlyMap<string, string>) {
    this.#disk = disk;
  }

  #expect(isSo: boolean, otherwise: () => string): void {
    if (!isSo) this.violations.push(otherwise());
  }

  /** The first decision about a member that is not over in a product. */
  #head(product: Product, member: Member): { decision: Decision; share: Share } | undefined {
    const due = this.decisions.flatMap((decision) => {
      const share = decision.shares.find((one) => one.product === product);
      if (decision.member !== member || !share) return [];
      this.#seeExpiry(decision, share);
      return share.status === 'queued' && !isKept(share) ? [{ decision, share }] : [];
    });
    return due.sort((one, other) => one.decision.turn - other.decision.turn)[0];
  }

  /**
   * What is over is given up within minutes, not at once: whether it is says the record. It may be when tries could
   * have been made for long enough, and one has failed since the start.
   */
  #seeExpiry(decision: Decision, share: Share): void {
    const { product } = share;
    if (share.status !== 'queued' || isKept(share) || share.isRunning || !this.#mayBeOver(decision)) return;
    if (!share.isTried && !this.#down.has(product)) return;
    const record = this.recorded(decision.id);
    const state = record && deliveryOf(record, product)?.state;
    if (state?.status === 'refused' && state.code === 'EXPIRED')
      this.#settle(decision, share, 'refused', 'EXPIRED');
  }

  /** Not more time can have been counted than has passed. */
  #mayBeOver({ at }: Decision): boolean {
    return this.now() - at >= RETRY_MS - 1_000;
  }

  /** For how long it has been tried at least, in milliseconds. */
  #spentMs({ product, spentMs, watchedMs }: Share): number {
    return spentMs + this.#watchedMs(product) - watchedMs;
  }

  #watchedMs(product: Product): number {
    const watch = this.#watches.get(product);
    if (!watch) return 0;
    return watch.countedMs + (this.#canTry(product) ? Math.max(0, this.now() - watch.at) : 0);
  }

  #canTry(product: Product): boolean {
    return !this.#isStopped && !this.#held.has(product) && this.fullSince === undefined;
  }

  /** To be called before it changes whether tries can be made. */
  #watch(product: Product): void {
    const at = Math.max(this.now(), this.#watches.get(product)?.at ?? 0);
    this.#watches.set(product, { countedMs: this.#watchedMs(product), at });
  }

  /** The disk keeps nothing from now on, or again: that is found out within five seconds. */
  fill(isFull: boolean): void {
    for (const product of PRODUCTS) {
      this.#watch(product);
      const watch = this.#watches.get(product);
      if (watch && !isFull) watch.at = this.now() + 5_000;
    }
    this.fullSince = isFull ? this.now() : undefined;
  }

  #settle(decision: Decision, share: Share, status: 'delivered' | 'refused', code: string): void {
    const isTakenBack = share.isCalledOff && status === 'refused';
    const end = { status, code: isTakenBack ? 'CANCELLED' : code };
    Object.assign(share, { ...end, isRunning: false, changedAt: this.now() });
    this.#conclude(decision);
  }

  /** A ban whom nobody knows is kept; one that nobody took, and nobody will, has ended. */
  #conclude(decision: Decision): void {
    const { kind, shares, inForce } = decision;
    if (kind !== 'ban') return;
    const turn = (share: Share, status: Share['status']) =>
      Object.assign(share, { status, changedAt: this.now() });
    if (shares.some(({ status }) => status === 'delivered')) {
      for (const share of shares.filter(isKept)) turn(share, 'refused');
    }
    if (inForce && shares.every(({ status, code }) => status !== 'delivered' && code === 'NOT_LINKED')) {
      for (const share of shares) turn(share, 'queued');
    }
    if (isCovered(decision, [])) this.#end(decision);
  }

  #end(ban: Decision): void {
    if (ban.inForce) Object.assign(ban, { inForce: false, endedAt: this.now() });
  }

  onDisk(id: string): Action | undefined {
    return readActionRecord(this.#disk.get(`action:${id}`) ?? '')?.action;
  }

  decisionOf(call: SeenCall): Decision | undefined {
    return this.#decisionOf.get(call);
  }

  accepted(action: Action): void {
    this.#expect(this.onDisk(action.id) !== undefined, () => `${action.id} was accepted but is not on disk`);
    const decision = this.#adopt(action, this.now());
    if (decision.kind === 'unban') this.#endBans(decision);
  }

  #adopt(action: Action, at: number): Decision {
    const member = MEMBERS.find(({ who }) => isSamePerson(who.person, action.person));
    if (!member) throw new Error('nobody');
    const decision: Decision = {
      id: action.id,
      sequence: action.sequence,
      turn: action.sequence,
      wasKept: false,
      key: action.key,
      kind: action.kind,
      origin: action.origin,
      member,
      at,
      date: action.at,
      ended: action.ended,
      inForce: action.inForce,
      endedAt: this.now(),
      settlements: 0,
      againUntil: 0,
      shares: action.deliveries.map((delivery) => ({
        product: delivery.product,
        subjects: subjectsOf(delivery),
        status: delivery.state.status,
        code: codeOf(delivery),
        candidate: delivery.candidate,
        unanswered: delivery.unanswered,
        told: null,
        isRunning: false,
        // Written down just before a crash: its call may have been made.
        unseen: delivery.unanswered === null ? 0 : 1,
        isTried: false,
        isCalledOff: false,
        isLifted: action.lifted.includes(delivery.product),
        isUnderWay: false,
        changedAt: this.now(),
        spentMs: delivery.spentMs,
        watchedMs: this.#watchedMs(delivery.product),
      })),
    };
    this.decisions.push(decision);
    this.decisions.sort((one, other) => one.sequence - other.sequence);
    return decision;
  }

  /**
   * The decisions that this one may be, told again: it has their key, or the kind, person and products are the same,
   * one is on its way or has settled a moment ago, and nothing was decided against it since. A lift is made each time.
   */
  again({ member, kind, products, origin, key }: Told): readonly Decision[] {
    const told = this.decisions.filter((one) => key !== undefined && one.key === key);
    if (told.length > 0 || kind === 'unban') return told;
    for (const decision of this.decisions) {
      for (const share of decision.shares) this.#seeExpiry(decision, share);
    }
    return this.decisions.filter((one) => {
      const isPending = one.shares.some(({ status }) => status === 'queued');
      if (one.member !== member || one.kind !== kind || (!isPending && one.againUntil <= this.now()))
        return false;
      const isOpposed = this.decisions.some(
        (later) => later.member === member && later.sequence > one.sequence && isOpposite(later.kind, kind),
      );
      const isSame = PRODUCTS.every(
        (product) => products.includes(product) === one.shares.some((share) => share.product === product),
      );
      // What it was refused for, a person may have mended.
      const isRefused = one.shares.every(({ status }) => status === 'refused');
      const isCancelled = one.shares.some(({ code }) => code === 'CANCELLED');
      const counts =
        (kind === 'ban' ? one.inForce : !isRefused) || (origin === 'export' && isRefused && !isCancelled);
      return isSame && counts && !isOpposed;
    });
  }

  /** A lift ends the bans before it: here, and what is on its way of them. */
  #endBans(lift: Decision): void {
    const products = lift.shares.map(({ product }) => product);
    const bans = this.decisions.filter(
      ({ kind, member, sequence }) => kind === 'ban' && member === lift.member && sequence < lift.sequence,
    );
    const covered = bans.filter((ban) => ban.inForce && isCovered(ban, products));
    liftShares(bans, products);
    const ids = covered.map(({ id }) => id).join();
    const ended = lift.ended.filter((id) => bans.some((ban) => ban.id === id && ban.inForce)).join();
    this.#expect(ended === ids, () => `${lift.id} must end ${ids}, but has ended ${ended}`);
    for (const own of lift.shares) {
      const shares = this.#sharesOf('ban', lift, own.product).filter(
        ({ share }) => share.status === 'queued',
      );
      const isUnheard = shares.every(({ share }) => !share.isRunning && share.unanswered === null);
      for (const { decision, share } of shares) {
        if (share.isRunning) share.isCalledOff = true;
        else this.#settle(decision, share, 'refused', 'CANCELLED');
      }
      if (own.product !== 'cms') continue;
      // Where a ban cannot be lifted, that is as good, unless something holds there all the same.
      const isAsGood = shares.length > 0 && isUnheard && !this.#mayHold(lift, own.product);
      const must = isAsGood ? 'delivered' : 'refused';
      this.#expect(own.status === must, () => `${lift.id} must be ${must} in cms, but is ${own.status}`);
    }
    for (const ban of covered) this.#end(ban);
  }

  /** Nobody heard of the lift: which bans it has taken back already says the disk. */
  #seeWithdrawals(lift: Decision): void {
    for (const { product } of lift.shares) {
      for (const { decision, share } of this.#sharesOf('ban', lift, product)) {
        const record = this.onDisk(decision.id);
        const state = record && deliveryOf(record, product)?.state;
        const isTakenBack = state?.status === 'refused' && state.code === 'CANCELLED';
        if (isTakenBack && share.status === 'queued') this.#settle(decision, share, 'refused', 'CANCELLED');
        if (record && !record.inForce) this.#end(decision);
        if (record?.lifted.includes(product)) share.isLifted = true;
      }
    }
  }

  /**
   * A start goes through the lifts again: the process may have died before one took bans back. When something settled
   * before, nobody knows.
   *
   * @param wall what its wall clock shows.
   */
  resumed(wall: number): void {
    this.#down.clear();
    for (const decision of this.decisions) {
      const { id, date, shares } = decision;
      const record = this.onDisk(id);
      const isRecent = record !== undefined && isSettled(record) && Math.abs(wall - date) < RECENT_MS;
      decision.againUntil = isRecent ? this.now() + AGAIN_MS : 0;
      for (const share of shares) {
        const spentMs = (record && deliveryOf(record, share.product)?.spentMs) ?? 0;
        Object.assign(share, { isTried: false, spentMs, watchedMs: 0 });
      }
    }
    for (const lift of this.decisions.filter(({ kind }) => kind === 'unban')) {
      for (const { product } of lift.shares) {
        for (const { decision, share } of this.#sharesOf('ban', lift, product)) {
          share.isLifted = true;
          if (share.status === 'queued') this.#settle(decision, share, 'refused', 'CANCELLED');
          this.#conclude(decision);
        }
      }
      for (const ban of this.decisions) if (lift.ended.includes(ban.id)) this.#end(ban);
    }
  }

  /** Whether the person may be banned in a product when a lift is decided. */
  #mayHold(lift: Decision, product: Product): boolean {
    const lifts = this.#sharesOf('unban', lift, product).filter(({ share }) => share.status !== 'refused');
    return this.#sharesOf('ban', lift, product)
      .filter(({ share }) => share.status === 'delivered' || share.unanswered !== null)
      .some((ban) => !lifts.some(({ decision }) => decision.sequence > ban.decision.sequence));
  }

  /** What else was decided about the same member before. */
  #sharesOf(kind: ActionKind, before: Decision, product: Product) {
    return this.decisions
      .filter((one) => one.kind === kind && one.member === before.member && one.sequence < before.sequence)
      .flatMap((decision) => decision.shares.map((share) => ({ decision, share })))
      .filter(({ share }) => share.product === product);
  }

  called(product: Product, call: SeenCall, running: number): void {
    const what = `${call.kind} of ${call.member.name} in ${product} by ${call.subject.value}`;
    const head = this.#head(product, call.member);
    this.#expect(head !== undefined, () => `nothing was to be done, but there was a call: ${what}`);
    if (!head) return;
    const { decision, share } = head;
    this.#expect(
      decision.kind === call.kind,
      () => `a ${decision.kind} was due, but there was a call: ${what}`,
    );
    const subject = share.subjects[share.candidate];
    this.#expect(subject === call.subject.value, () => `${subject} was to be tried, not: ${what}`);
    this.#expect(!share.isRunning, () => `a second call at the same time: ${what}`);
    this.#expect(!this.#isStopped || share.isUnderWay, () => `a call after the stop: ${what}`);
    // After an hour it is tried again, by one call.
    // The queue adds where this subtracts: a fraction of a millisecond is none.
    if (this.now() - (this.#held.get(product) ?? Number.POSITIVE_INFINITY) > HOUR - 1 && running === 0) {
      this.release(product);
    }
    // That it goes out was written down in this very moment.
    const isHeld = this.now() > (this.#held.get(product) ?? Number.POSITIVE_INFINITY);
    this.#expect(!isHeld, () => `a call while the product is on hold: ${what}`);
    this.#expect(
      share.candidate === 0 || share.told === share.candidate || !this.#isToBeAsked(decision, product, share),
      () => `a call before it was asked whether the name is linked: ${what}`,
    );
    this.#expect(running < 10, () => `more than ten calls at a time: ${what}`);
    const isDown = (this.#failures.get(product) ?? 0) >= 2;
    this.#expect(!isDown || running === 0, () => `more than a probe of a host that is down: ${what}`);
    const record = this.onDisk(decision.id);
    const noted = record && deliveryOf(record, product)?.unanswered;
    this.#expect(
      noted === share.candidate,
      () => `a call before it was on disk that it may be heard: ${what}`,
    );
    share.isRunning = true;
    this.#decisionOf.set(call, decision);
  }

  /** @param isCurrent whether the call was made with the credentials that are in use now. */
  answered(product: Product, call: SeenCall, result: SanctionResult, isCurrent: boolean): void {
    const decision = this.#decisionOf.get(call);
    const share = decision?.shares.find((one) => one.product === product);
    if (!decision || !share) return;
    share.isRunning = false;
    share.changedAt = this.now();
    this.#seeHost(product, result.kind);
    this.#take(decision, share, result, isCurrent);
    if (share.isCalledOff && share.status === 'queued') this.#settle(decision, share, 'refused', 'CANCELLED');
  }

  #take(decision: Decision, share: Share, result: SanctionResult, isCurrent: boolean): void {
    const { product } = share;
    switch (result.kind) {
      case 'done':
        this.#settle(decision, share, 'delivered', '');
        break;
      case 'refused':
        this.#settle(decision, share, 'refused', 'REFUSED');
        break;
      case 'not-linked':
        this.#notLinked(decision, share);
        break;
      case 'bad-credentials':
      case 'not-enabled':
        if (!isCurrent || this.#held.has(product)) break;
        this.#watch(product);
        this.#held.set(product, this.now());
        break;
      case 'limited':
        break;
      case 'try-again':
        if (result.mayHaveHappened) {
          share.unanswered = share.candidate;
          share.unseen++;
        }
        this.#failed(decision, share);
        break;
    }
  }

  #seeHost(product: Product, result: SanctionResult['kind'] | LinkResult['kind']): void {
    const failures = result === 'try-again' ? (this.#failures.get(product) ?? 0) + 1 : 0;
    this.#failures.set(product, failures);
    if (failures >= 2) this.#down.add(product);
  }

  /** A try has failed: when its time is over, it was the last. */
  #failed(decision: Decision, share: Share): void {
    share.isTried = true;
    if (this.#spentMs(share) >= RETRY_MS) this.#settle(decision, share, 'refused', 'EXPIRED');
  }

  #notLinked(decision: Decision, share: Share): void {
    if (share.candidate + 1 < share.subjects.length) share.candidate++;
    else if (decision.kind === 'kick' && share.unanswered !== null)
      this.#settle(decision, share, 'delivered', '');
    else this.#settle(decision, share, 'refused', 'NOT_LINKED');
  }

  /** A kick that may have been heard under one name goes out under no other. */
  #isKickInDoubt({ kind }: Decision, { candidate, unanswered }: Share): boolean {
    return kind === 'kick' && unanswered !== null && unanswered !== candidate;
  }

  #isToBeAsked(decision: Decision, product: Product, share: Share): boolean {
    if (share.unanswered === share.candidate) return false;
    return product === 'cad' || this.#isKickInDoubt(decision, share);
  }

  asked(product: Product, ask: SeenCall): void {
    const what = `whether ${ask.member.name} is linked in ${product} by ${ask.subject.value}`;
    const head = this.#head(product, ask.member);
    this.#expect(head !== undefined, () => `nothing was to be done, but it was asked ${what}`);
    if (!head) return;
    const { decision, share } = head;
    this.#expect(
      share.candidate > 0 && share.subjects[share.candidate] === ask.subject.value && !share.isRunning,
      () => `needlessly asked ${what}`,
    );
    this.#expect(this.#isToBeAsked(decision, product, share), () => `needlessly asked ${what}`);
    this.#expect(!this.#isStopped, () => `asked after the stop ${what}`);
    this.#expect(!this.#asking.has(product), () => `asked while another question was open ${what}`);
    this.#asking.add(product);
    this.#decisionOf.set(ask, decision);
  }

  told(product: Product, ask: SeenCall, result: LinkResult): void {
    this.#asking.delete(product);
    const decision = this.#decisionOf.get(ask);
    const share = decision?.shares.find((one) => one.product === product);
    // Called off meanwhile.
    if (!decision || share?.status !== 'queued') return;
    share.changedAt = this.now();
    if (result.kind === 'linked') {
      if (this.#isKickInDoubt(decision, share)) this.#settle(decision, share, 'refused', 'EXPIRED');
      else share.told = share.candidate;
      return;
    }
    this.#seeHost(product, result.kind);
    if (result.kind === 'not-linked') this.#notLinked(decision, share);
    if (result.kind === 'try-again') this.#failed(decision, share);
  }

  settled(action: Action): void {
    const decision = this.decisions.find(({ id }) => id === action.id);
    const record = this.onDisk(action.id);
    const isSafe = record !== undefined && isSettled(record);
    // What a full disk does not keep is true all the same, but a crash forgets it.
    if (decision && isSafe) decision.settlements++;
    if (decision) decision.againUntil = this.now() + AGAIN_MS;
    this.#expect((decision?.settlements ?? 1) <= 1, () => `${action.id} was settled twice`);
    this.#expect(
      isSafe || this.fullSince !== undefined,
      () => `of ${action.id} was told what is not on disk`,
    );
  }

  /** @param isUnderWay whether a call is being written down, or made. */
  stopped(isUnderWay: (id: string, product: Product) => boolean): void {
    for (const product of PRODUCTS) this.#watch(product);
    this.#isStopped = true;
    for (const { id, shares } of this.decisions) {
      for (const share of shares) share.isUnderWay = isUnderWay(id, share.product);
    }
  }

  /** Credentials were changed, or somebody wants to know. */
  release(product: Product): void {
    this.#watch(product);
    this.#held.delete(product);
  }

  /** Whether a kick is on its way, as far as a crash would know. */
  isBeingKicked(member: Member, product: Product): boolean {
    return this.decisions.some(({ id, kind, member: kicked }) => {
      const record = kind === 'kick' && kicked === member ? this.onDisk(id) : undefined;
      return record && deliveryOf(record, product)?.state.status === 'queued';
    });
  }

  bansOf(member: Member): readonly string[] {
    return this.decisions.flatMap((one) => (one.kind === 'ban' && one.member === member ? [one.id] : []));
  }

  /** A kept ban goes out after all, everywhere: in this product by this name first. */
  linked(id: string, product: Product, name: string): void {
    const decision = this.decisions.find((one) => one.id === id);
    const record = this.recorded(id);
    if (!decision?.shares.some((share) => share.product === product && isKept(share))) return;
    for (const share of decision.shares.filter(isKept)) {
      const others = share.subjects.filter((one) => one !== name);
      Object.assign(share, {
        code: '',
        candidate: 0,
        told: null,
        isTried: false,
        changedAt: this.now(),
        // While it was kept it was not tried.
        spentMs: (record && deliveryOf(record, share.product)?.spentMs) ?? 0,
        watchedMs: this.#watchedMs(share.product),
        ...(share.product === product && { subjects: [name, ...others] }),
      });
    }
    decision.wasKept = true;
    decision.turn = Math.max(...this.decisions.map(({ turn }) => turn)) + 0.001;
  }

  /** @returns how that must be possible; undefined when nothing is on its way. */
  cancel(id: string): Cancelled | undefined {
    const decision = this.decisions.find((one) => one.id === id);
    if (!decision) return undefined;
    const { shares } = decision;
    for (const share of shares) this.#seeExpiry(decision, share);
    const queued = shares.filter(({ status }) => status === 'queued');
    if (queued.length === 0) return undefined;
    const productsOf = (some: readonly Share[]) => some.map(({ product }) => product);
    const waiting = queued.filter(({ isRunning }) => !isRunning);
    for (const share of waiting) this.#settle(decision, share, 'refused', 'CANCELLED');
    if (shares.every(({ status }) => status === 'refused')) this.#end(decision);
    return {
      unheard: productsOf(waiting.filter(({ unanswered }) => unanswered === null)),
      heard: productsOf(waiting.filter(({ unanswered }) => unanswered !== null)),
      'under-way': productsOf(queued.filter(({ isRunning }) => isRunning)),
    };
  }

  /** The process is gone: of what ran, nobody will see the answer. */
  died(): void {
    this.#held.clear();
    this.#failures.clear();
    this.#asking.clear();
    this.#watches.clear();
    this.#isStopped = false;
    for (const decision of this.decisions) {
      decision.turn = decision.sequence;
      for (const share of decision.shares) {
        Object.assign(share, { told: null, isUnderWay: false, isCalledOff: false });
        if (!share.isRunning) continue;
        share.isRunning = false;
        share.unseen++;
        share.unanswered = share.candidate;
      }
    }
  }

  /**
   * Compares what the process knows, or what is on disk when there is none, with what must be.
   *
   * @param lostSince when the process has ended: since when what happened may not be on disk, in Sonoran's time.
   * @param diedWriting it was killed.
   */
  compare(lostSince = Number.POSITIVE_INFINITY, diedWriting = false): void {
    for (const [key, text] of this.#disk) {
      if (!key.startsWith('action:')) continue;
      const action = readActionRecord(text)?.action;
      this.#expect(action !== undefined, () => `${key} cannot be read`);
      if (!action || this.decisions.some(({ id }) => id === action.id)) continue;
      // Nobody was told of it, but it is there: it counts.
      this.#expect(diedWriting, () => `${key} is on disk, but was not accepted`);
      const decision = this.#adopt(action, this.now());
      if (decision.kind === 'unban') this.#seeWithdrawals(decision);
    }
    for (const decision of this.decisions) {
      const record = this.recorded(decision.id);
      this.#expect(record !== undefined, () => `${decision.id} was lost`);
      for (const share of decision.shares) {
        const stored = record && deliveryOf(record, share.product);
        if (!stored) continue;
        const { state, candidate, unanswered } = stored;
        const code = codeOf(stored);
        this.#seeExpiry(decision, share);
        const must = `${share.status} ${share.code} ${share.candidate}`;
        const is = `${state.status} ${code} ${candidate}`;
        const isRecent = share.changedAt >= lostSince;
        // One that was kept begins with its first name again.
        const isEarlier = candidate <= share.candidate || decision.wasKept;
        if (isRecent) share.subjects = subjectsOf(stored);
        if (must !== is && isRecent && state.status === 'queued' && isEarlier) {
          // The answer was seen, but that was not on disk yet: as if it had not been.
          Object.assign(share, {
            status: 'queued',
            code,
            candidate,
            unanswered,
            unseen: share.unseen + 1,
          });
          continue;
        }
        // It was kept once the other product did not know the person either; that is not on disk.
        if (isRecent && isKept(share) && code === 'NOT_LINKED') share.status = state.status;
        else
          this.#expect(must === is, () => `${decision.id} in ${share.product} must be ${must}, but is ${is}`);
        if ((diedWriting || isRecent) && share.unanswered !== unanswered) {
          // Noted just before the call, or taken back just after it.
          share.unanswered = unanswered;
          share.unseen++;
        } else if (share.status === 'queued' && !share.isRunning) {
          this.#expect(
            share.unanswered === unanswered,
            () => `${decision.id} in ${share.product}: unanswered ${unanswered}, not ${share.unanswered}`,
          );
        }
      }
      // That it has ended was not on disk yet.
      if (decision.endedAt >= lostSince && record?.inForce) decision.inForce = true;
      this.#expect(
        record?.inForce === decision.inForce,
        () => `${decision.id} must ${decision.inForce ? '' : 'not '}be in force`,
      );
    }
  }
}

function isOpposite(one: ActionKind, other: ActionKind): boolean {
  return one !== other && one !== 'kick' && other !== 'kick';
}

function liftShares(bans: readonly Decision[], products: readonly Product[]): void {
  for (const share of bans.flatMap(({ shares }) => shares)) {
    if (products.includes(share.product)) share.isLifted = true;
  }
}

/** Whether nothing is left of a ban once its shares in these products have ended. */
function isCovered({ shares }: Decision, products: readonly Product[]): boolean {
  return shares.every(
    ({ product, status, code, isLifted }) =>
      products.includes(product) || isLifted || (status === 'refused' && code !== 'EXPIRED'),
  );
}
