import { readActionRecord } from '../../../../server/delivery/action-record.ts';
import {
  type Action,
  type ActionKind,
  deliveryOf,
  isSamePerson,
  type Product,
} from '../../../../server/moderation/action.ts';
import type { LinkResult, SanctionResult } from '../../../../server/moderation/product-api.ts';
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
}

/** A decision that was accepted, or at least reached the disk. */
interface Decision {
  readonly id: string;
  readonly sequence: number;
  readonly kind: ActionKind;
  readonly member: Member;
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
  /** The latest that the wall clock has ever shown: time over by it may be over for good. */
  latestWall = 0;
  isStopped = false;

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

  /** What is over is given up within minutes, not at once: whether it is says the disk, whether it may the time. */
  #seeExpiry(decision: Decision, share: Share): void {
    if (share.status !== 'queued' || share.isRunning || this.latestWall < decision.at + RETRY_MS) return;
    const record = this.#recorded(decision.id);
    const state = record && deliveryOf(record, share.product)?.state;
    if (state?.status === 'refused' && state.code === 'EXPIRED') settle(share, 'refused', 'EXPIRED');
  }

  #mayBeOver(): boolean {
    return this.decisions.some(({ at }) => this.latestWall >= at + RETRY_MS);
  }

  #recorded(id: string): Action | undefined {
    return readActionRecord(this.#disk.get(`action:${id}`) ?? '');
  }

  decisionOf(call: SeenCall): Decision | undefined {
    return this.#decisionOf.get(call);
  }

  accepted(action: Action): void {
    this.#expect(
      this.#recorded(action.id) !== undefined,
      () => `${action.id} was accepted but is not on disk`,
    );
    const decision = this.#adopt(action);
    if (decision.kind === 'unban') this.#withdrawBans(decision);
  }

  #adopt(action: Action): Decision {
    const member = MEMBERS.find(({ who }) => isSamePerson(who.person, action.person));
    if (!member) throw new Error('nobody');
    const decision: Decision = {
      id: action.id,
      sequence: action.sequence,
      kind: action.kind,
      member,
      at: action.at,
      settlements: 0,
      shares: action.deliveries.map(({ product, subjects, candidate, unanswered, state }) => ({
        product,
        subjects: subjects.map(({ value }) => String(value)),
        status: state.status,
        code: state.status === 'refused' ? state.code : '',
        candidate,
        unanswered,
        told: null,
        isRunning: false,
        unseen: 0,
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
      for (const { share } of bans) settle(share, 'refused', 'CANCELLED');
      // Where a ban cannot be lifted, that is as good, unless an earlier one is in force.
      if (bans.length > 0 && own.code === 'UNSUPPORTED' && !this.#isBanned(lift, product)) {
        settle(own, 'delivered', '');
      }
    }
  }

  /** A start goes through the lifts again: the process may have died before one took bans back. */
  resumed(): void {
    for (const lift of this.decisions.filter(({ kind }) => kind === 'unban')) {
      for (const { product } of lift.shares) {
        for (const { share } of this.#sharesOf('ban', lift, product)) {
          if (share.status === 'queued' && share.unanswered === null) settle(share, 'refused', 'CANCELLED');
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
    this.#expect(!this.isStopped, () => `a call after the stop: ${what}`);
    // After an hour it is tried again, by one call.
    if (this.now() - (this.#held.get(product) ?? Number.POSITIVE_INFINITY) >= HOUR && running === 0) {
      this.#held.delete(product);
    }
    this.#expect(!this.#held.has(product), () => `a call while the product is on hold: ${what}`);
    this.#expect(
      share.candidate === 0 || share.told === share.candidate || !this.#isToBeAsked(decision, product, share),
      () => `a call before it was asked whether the name is linked: ${what}`,
    );
    this.#expect(running < 4, () => `more than four calls at a time: ${what}`);
    const isDown = (this.#failures.get(product) ?? 0) >= 2;
    this.#expect(!isDown || running === 0, () => `more than a probe of a host that is down: ${what}`);
    const record = this.#recorded(decision.id);
    const noted = record && deliveryOf(record, product)?.unanswered;
    this.#expect(
      noted === share.candidate,
      () => `a call before it was on disk that it may be heard: ${what}`,
    );
    share.isRunning = true;
    this.#decisionOf.set(call, decision);
  }

  /** @param isCurrent whether the call was made with the credentials that are in use now. */
  answered(product: Product, call: SeenCall, result: SanctionResult, wall: number, isCurrent: boolean): void {
    const decision = this.#decisionOf.get(call);
    const share = decision?.shares.find((one) => one.product === product);
    if (!decision || !share) return;
    share.isRunning = false;
    this.#failures.set(product, result.kind === 'try-again' ? (this.#failures.get(product) ?? 0) + 1 : 0);
    switch (result.kind) {
      case 'done':
        settle(share, 'delivered', '');
        break;
      case 'refused':
        settle(share, 'refused', 'REFUSED');
        break;
      case 'not-linked':
        this.#notLinked(decision, share);
        break;
      case 'bad-credentials':
      case 'not-enabled':
        if (isCurrent && !this.#held.has(product)) this.#held.set(product, this.now());
        break;
      case 'limited':
        break;
      case 'try-again':
        if (result.mayHaveHappened) {
          share.unanswered = share.candidate;
          share.unseen++;
        }
        break;
    }
    if (share.status === 'queued' && wall >= decision.at + RETRY_MS) settle(share, 'refused', 'EXPIRED');
  }

  #notLinked(decision: Decision, share: Share): void {
    if (share.candidate + 1 < share.subjects.length) share.candidate++;
    else if (decision.kind === 'kick' && share.unanswered !== null) settle(share, 'delivered', '');
    else settle(share, 'refused', 'NOT_LINKED');
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
    this.#expect(!this.isStopped, () => `asked after the stop ${what}`);
    this.#expect(!this.#asking.has(product), () => `asked while another question was open ${what}`);
    this.#asking.add(product);
    this.#decisionOf.set(ask, decision);
  }

  told(product: Product, ask: SeenCall, result: LinkResult, wall: number): void {
    this.#asking.delete(product);
    const decision = this.#decisionOf.get(ask);
    const share = decision?.shares.find((one) => one.product === product);
    // Called off meanwhile.
    if (!decision || share?.status !== 'queued') return;
    if (result.kind === 'linked') {
      if (this.#isKickInDoubt(decision, share)) settle(share, 'refused', 'EXPIRED');
      else share.told = share.candidate;
      return;
    }
    this.#failures.set(product, result.kind === 'try-again' ? (this.#failures.get(product) ?? 0) + 1 : 0);
    if (result.kind === 'not-linked') this.#notLinked(decision, share);
    if (share.status === 'queued' && wall >= decision.at + RETRY_MS) settle(share, 'refused', 'EXPIRED');
  }

  settled(action: Action): void {
    const decision = this.decisions.find(({ id }) => id === action.id);
    if (decision) decision.settlements++;
    this.#expect((decision?.settlements ?? 1) <= 1, () => `${action.id} was settled twice`);
  }

  /** Credentials were changed, or somebody wants to know. */
  release(product: Product): void {
    this.#held.delete(product);
  }

  /** @returns whether it must be possible. */
  cancel(id: string, product: Product): boolean {
    const decision = this.decisions.find((one) => one.id === id);
    const share = decision?.shares.find((one) => one.product === product);
    if (!decision || !share) return false;
    this.#seeExpiry(decision, share);
    if (share.status !== 'queued' || share.isRunning) return false;
    settle(share, 'refused', 'CANCELLED');
    return true;
  }

  /** The process is gone: of what ran, nobody will see the answer. */
  died(): void {
    this.#held.clear();
    this.#failures.clear();
    this.#asking.clear();
    this.isStopped = false;
    for (const { shares } of this.decisions) {
      for (const share of shares) {
        share.told = null;
        if (!share.isRunning) continue;
        share.isRunning = false;
        share.unseen++;
        share.unanswered = share.candidate;
      }
    }
  }

  /**
   * Compares what is on disk with what must be.
   *
   * @param diedWriting the process died in the middle of a write: what happened last may not be on disk.
   */
  compare(diedWriting: boolean): void {
    for (const [key, text] of this.#disk) {
      if (!key.startsWith('action:')) continue;
      const action = readActionRecord(text);
      this.#expect(action !== undefined, () => `${key} cannot be read`);
      if (!action || this.decisions.some(({ id }) => id === action.id)) continue;
      // Nobody was told of it, but it is there: it counts.
      this.#expect(diedWriting, () => `${key} is on disk, but was not accepted`);
      this.#adopt(action);
    }
    for (const decision of this.decisions) {
      const record = this.#recorded(decision.id);
      this.#expect(record !== undefined, () => `${decision.id} was lost`);
      for (const share of decision.shares) {
        const stored = record && deliveryOf(record, share.product);
        if (!stored) continue;
        const { state, candidate, unanswered } = stored;
        const code = state.status === 'refused' ? state.code : '';
        this.#seeExpiry(decision, share);
        const must = `${share.status} ${share.code} ${share.candidate}`;
        const is = `${state.status} ${code} ${candidate}`;
        if (must !== is && diedWriting && state.status === 'queued' && candidate <= share.candidate) {
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
        const isOver = this.latestWall >= decision.at + RETRY_MS;
        // Taken back, or given up at the same moment.
        if (isOver && code === 'EXPIRED' && share.code === 'CANCELLED') settle(share, 'refused', code);
        // Nor that a lift where there is none was as good, for it took a ban back.
        else if ((diedWriting || this.#mayBeOver()) && code === 'UNSUPPORTED') settle(share, 'refused', code);
        else
          this.#expect(must === is, () => `${decision.id} in ${share.product} must be ${must}, but is ${is}`);
        if (diedWriting && share.unanswered !== unanswered) {
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

function settle(share: Share, status: 'delivered' | 'refused', code: string): void {
  share.status = status;
  share.code = code;
  share.isRunning = false;
}
