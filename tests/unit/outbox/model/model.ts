import {
  type Action,
  type ActionKind,
  deliveryOf,
  isSamePerson,
  isSettled,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import type { LinkResult, SanctionResult } from '../../../../server/moderation/product-api.ts';
import { readActionRecord } from '../../../../server/storage/action-record.ts';
import { HOUR, RETRY_MS } from './game-server.ts';
import { MEMBERS, type Member } from './people.ts';
import type { SeenCall } from './sonoran.ts';

/** One product's share of a decision, as it must be. */
interface Share {
  readonly product: Product;
  readonly subjects: readonly string[];
  status: 'queued' | 'delivered' | 'refused';
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
  readonly kind: ActionKind;
  readonly member: Member;
  /** In Sonoran's time; nothing is known of when it was decided when a crash kept anybody from hearing of it. */
  readonly at: number;
  readonly shares: readonly Share[];
  settlements: number;
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
    for (const decision of this.decisions) {
      const share = decision.shares.find((one) => one.product === product);
      if (decision.member !== member || !share) continue;
      this.#seeExpiry(decision, share);
      if (share.status === 'queued') return { decision, share };
    }
    return undefined;
  }

  /**
   * What is over is given up within minutes, not at once: whether it is says the record. It may be when tries could
   * have been made for long enough, and one has failed since the start.
   */
  #seeExpiry(decision: Decision, share: Share): void {
    const { product } = share;
    if (share.status !== 'queued' || share.isRunning || !this.#mayBeOver(decision)) return;
    if (!share.isTried && !this.#down.has(product)) return;
    const record = this.recorded(decision.id);
    const state = record && deliveryOf(record, product)?.state;
    if (state?.status === 'refused' && state.code === 'EXPIRED') this.#settle(share, 'refused', 'EXPIRED');
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

  #settle(share: Share, status: 'delivered' | 'refused', code: string): void {
    Object.assign(share, { status, code, isRunning: false, changedAt: this.now() });
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
    if (decision.kind === 'unban') this.#withdrawBans(decision);
  }

  #adopt(action: Action, at: number): Decision {
    const member = MEMBERS.find(({ who }) => isSamePerson(who.person, action.person));
    if (!member) throw new Error('nobody');
    const decision: Decision = {
      id: action.id,
      sequence: action.sequence,
      kind: action.kind,
      member,
      at,
      settlements: 0,
      shares: action.deliveries.map(({ product, subjects, candidate, unanswered, state, spentMs }) => ({
        product,
        subjects: subjects.map(({ value }) => String(value)),
        status: state.status,
        code: state.status === 'refused' ? state.code : '',
        candidate,
        unanswered,
        told: null,
        isRunning: false,
        // Written down just before a crash: its call may have been made.
        unseen: unanswered === null ? 0 : 1,
        isTried: false,
        isUnderWay: false,
        changedAt: this.now(),
        spentMs,
        watchedMs: this.#watchedMs(product),
      })),
    };
    this.decisions.push(decision);
    this.decisions.sort((one, other) => one.sequence - other.sequence);
    return decision;
  }

  /** A lift takes back the bans before it that cannot have been heard. */
  #withdrawBans(lift: Decision): void {
    for (const own of lift.shares) {
      const { product } = own;
      const bans = this.#sharesOf('ban', lift, product).filter(
        ({ share }) => share.status === 'queued' && !share.isRunning && share.unanswered === null,
      );
      for (const { share } of bans) this.#settle(share, 'refused', 'CANCELLED');
      // Where a ban cannot be lifted, that is as good, unless an earlier one is in force.
      if (bans.length > 0 && own.code === 'UNSUPPORTED' && !this.#isBanned(lift, product)) {
        this.#settle(own, 'delivered', '');
      }
    }
  }

  /** Nobody heard of the lift: which bans it has taken back already says the disk. */
  #seeWithdrawals(lift: Decision): void {
    for (const { product } of lift.shares) {
      for (const { decision, share } of this.#sharesOf('ban', lift, product)) {
        const record = this.onDisk(decision.id);
        const state = record && deliveryOf(record, product)?.state;
        const isTakenBack = state?.status === 'refused' && state.code === 'CANCELLED';
        const isUnheard = share.status === 'queued' && share.unanswered === null;
        if (isTakenBack && isUnheard) this.#settle(share, 'refused', 'CANCELLED');
      }
    }
  }

  /** A start goes through the lifts again: the process may have died before one took bans back. */
  resumed(): void {
    this.#down.clear();
    for (const { id, shares } of this.decisions) {
      const record = this.onDisk(id);
      for (const share of shares) {
        const spentMs = (record && deliveryOf(record, share.product)?.spentMs) ?? 0;
        Object.assign(share, { isTried: false, spentMs, watchedMs: 0 });
      }
    }
    for (const lift of this.decisions.filter(({ kind }) => kind === 'unban')) {
      for (const { product } of lift.shares) {
        for (const { share } of this.#sharesOf('ban', lift, product)) {
          const isUnheard = share.status === 'queued' && share.unanswered === null;
          if (isUnheard) this.#settle(share, 'refused', 'CANCELLED');
        }
      }
    }
  }

  #isBanned(lift: Decision, product: Product): boolean {
    const holds = ({ share }: { share: Share }) => share.status !== 'refused';
    const lifts = this.#sharesOf('unban', lift, product).filter(holds);
    return this.#sharesOf('ban', lift, product)
      .filter(holds)
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
    switch (result.kind) {
      case 'done':
        this.#settle(share, 'delivered', '');
        break;
      case 'refused':
        this.#settle(share, 'refused', 'REFUSED');
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
        this.#failed(share);
        break;
    }
  }

  #seeHost(product: Product, result: SanctionResult['kind'] | LinkResult['kind']): void {
    const failures = result === 'try-again' ? (this.#failures.get(product) ?? 0) + 1 : 0;
    this.#failures.set(product, failures);
    if (failures >= 2) this.#down.add(product);
  }

  /** A try has failed: when its time is over, it was the last. */
  #failed(share: Share): void {
    share.isTried = true;
    if (this.#spentMs(share) >= RETRY_MS) this.#settle(share, 'refused', 'EXPIRED');
  }

  #notLinked(decision: Decision, share: Share): void {
    if (share.candidate + 1 < share.subjects.length) share.candidate++;
    else if (decision.kind === 'kick' && share.unanswered !== null) this.#settle(share, 'delivered', '');
    else this.#settle(share, 'refused', 'NOT_LINKED');
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
      if (this.#isKickInDoubt(decision, share)) this.#settle(share, 'refused', 'EXPIRED');
      else share.told = share.candidate;
      return;
    }
    this.#seeHost(product, result.kind);
    if (result.kind === 'not-linked') this.#notLinked(decision, share);
    if (result.kind === 'try-again') this.#failed(share);
  }

  settled(action: Action): void {
    const decision = this.decisions.find(({ id }) => id === action.id);
    const record = this.onDisk(action.id);
    const isSafe = record !== undefined && isSettled(record);
    // What a full disk does not keep is true all the same, but a crash forgets it.
    if (decision && isSafe) decision.settlements++;
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

  /** @returns whether it must be possible. */
  cancel(id: string, product: Product): boolean {
    const decision = this.decisions.find((one) => one.id === id);
    const share = decision?.shares.find((one) => one.product === product);
    if (!decision || !share) return false;
    this.#seeExpiry(decision, share);
    if (share.status !== 'queued' || share.isRunning) return false;
    this.#settle(share, 'refused', 'CANCELLED');
    return true;
  }

  /** The process is gone: of what ran, nobody will see the answer. */
  died(): void {
    this.#held.clear();
    this.#failures.clear();
    this.#asking.clear();
    this.#watches.clear();
    this.#isStopped = false;
    for (const { shares } of this.decisions) {
      for (const share of shares) {
        Object.assign(share, { told: null, isUnderWay: false });
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
        const code = state.status === 'refused' ? state.code : '';
        this.#seeExpiry(decision, share);
        const must = `${share.status} ${share.code} ${share.candidate}`;
        const is = `${state.status} ${code} ${candidate}`;
        const isRecent = share.changedAt >= lostSince;
        if (must !== is && isRecent && state.status === 'queued' && candidate <= share.candidate) {
          // The answer was seen, but that was not on disk yet: as if it had not been.
          Object.assign(share, {
            status: 'queued',
            code: '',
            candidate,
            unanswered,
            unseen: share.unseen + 1,
          });
          continue;
        }
        // A lift where there is none was as good, for it took a ban back; that is not on disk.
        if (isRecent && share.status === 'delivered' && code === 'UNSUPPORTED')
          this.#settle(share, 'refused', code);
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
    }
  }
}
