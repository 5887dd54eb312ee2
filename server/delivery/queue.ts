import TinyQueue from 'tinyqueue';
import type { Clock } from '../clock.ts';
import { type Action, type Delivery, type DeliveryState, isQueued } from '../moderation/action.ts';
import type { LinkResult, ProductApi, SanctionResult } from '../moderation/product-api.ts';
import type { Gate } from './gate.ts';
import { HostHealth } from './host-health.ts';
import type { Permit } from './limiter.ts';
import { type Entry, LineUp, type Need, type Rank } from './line-up.ts';
import { expire, inDoubt, step } from './step.ts';

/** Calls to one product that run at the same time, so that one that hangs does not hold up everybody. */
const CONCURRENCY = 4;

/** Longest sleep of the queue, in milliseconds. */
const LONGEST_SLEEP_MS = 5 * 60 * 1000;

/** How long to wait when the store does not take a record, in milliseconds. */
const STORE_RETRY_MS = 5_000;

/** How often a queue that is held looks whether the credentials have been changed, in milliseconds. */
const CREDENTIALS_CHECK_MS = 30 * 1000;

/** How often a queue that is held tries a call all the same, in milliseconds: what was wrong may be mended on the web. */
const HOLD_CHECK_MS = 60 * 60 * 1000;

/** When it takes longer than this to be told whether a name is linked, that is for the limit, in milliseconds. */
const LINK_PATIENCE_MS = 3_000;

/** Why a kick ends whose answer was lost and whose name is nobody's now, while another of its names may be somebody's. */
const LOST_KICK =
  'the answer to the kick was lost, so the account may be gone already; an account that goes by another identifier was left alone: look in Sonoran, and kick again if they are still there';

/** What a queue is made of. */
export interface QueueOptions {
  readonly api: ProductApi;
  readonly gate: Gate;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** How long a delivery is tried, in milliseconds from the decision. */
  readonly retryForMs: number;
  /** Why no call can be made for want of credentials, in words; undefined when one can. */
  readonly awaiting: () => string | undefined;
  /** For how long that was so since a moment, in milliseconds: it does not use up the time. @param since Unix milliseconds. */
  readonly waitedSince: (since: number) => number;
  /** Told of every change of a delivery; when it returns, the change is on disk. */
  readonly onChange: (action: Action, delivery: Delivery) => void;
  /** Told that a call is about to go out; when it returns, that is on disk. Without that no call goes out. */
  readonly onCall: (action: Action, delivery: Delivery) => void;
  /** Told why a delivery waits that has just come in; need not be kept. */
  readonly onWait: (action: Action, delivery: Delivery) => void;
  /** Told once when the product's queue is held, with the API's own words. */
  readonly onHold: (code: HoldCode, words: string) => void;
  /** Reads the credentials again; true when they are others than before. */
  readonly renewCredentials: () => boolean;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/** Why no call of a product can succeed until somebody does something about it. */
export type HoldCode = 'BAD_CREDENTIALS' | 'REFUSED';

/** The deliveries of one product that are still on their way. */
export interface DeliveryQueue {
  /** Takes in the action's delivery for this product. */
  add(action: Action, delivery: Delivery, isFresh: boolean): void;
  /** Calls may go out from now on. */
  start(): void;
  /** Why a delivery waits, in words, and when it may go out, in Unix milliseconds; undefined when it is not here. */
  whyWaiting(actionId: string): Waiting | undefined;
  /** Tries one delivery, or all, as soon as the limits allow; ends a hold. @returns how many wait. */
  retry(actionId?: string): number;
  /**
   * Gives a delivery up.
   *
   * @param onlyUnheard leaves alone what may have had an effect already.
   * @returns false when it is not here, or a call for it is under way that may have an effect.
   */
  cancel(actionId: string, onlyUnheard: boolean): boolean;
  /** To be told when the credentials have come, or are others. */
  renewed(): void;
  /** Starts no call until it is resumed; `reason` is what those hear whose delivery comes in meanwhile. */
  stop(reason: string): void;
  resume(): void;
}

/** Why a delivery waits. */
export interface Waiting {
  readonly detail: string;
  readonly nextTryAt: number | null;
}

export function createDeliveryQueue(options: QueueOptions): DeliveryQueue {
  const { api, gate, clock } = options;
  const lineUp = new LineUp(needOf);
  const health = new HostHealth(options.random);
  const byGiveUpAt = new TinyQueue<Entry>([], (one, other) => giveUpAt(one) - giveUpAt(other));
  /** Came in just now; whoever sent them waits for a first answer. */
  const unanswered = new Set<Entry>();
  let hold: { code: HoldCode; words: string; checkAt: number; endsAt: number } | undefined;
  /** The hold that ended by itself: until an answer says otherwise, one call at a time tries whether it is over. */
  let lastHold: { code: HoldCode } | undefined;
  /** Counts how often the credentials have changed: what is said of earlier ones holds nothing. */
  let generation = 0;
  let running = 0;
  /** Who is asked about, whether a name is linked: one at a time, and it can still be called off. */
  let asking: { readonly entry: Entry; readonly since: number } | undefined;
  let started = false;
  let stopped: string | undefined;
  /** Until when the limit forbids a call, on `elapsed`; Infinity until a running call has ended. */
  let limitedUntil = 0;
  let cancelSleep = () => {};

  gate.goesFirst({ serve: () => pump(), isWanting: () => isFree() && lineUp.hasNext(clock.elapsed()) });

  /**
   * After the first "not linked" it is asked first whether a name is linked, where that has limits of its
   * own: somebody without an account costs one call of the few that bans may take. And a kick whose answer
   * was lost is never sent under a second name: the first may have been the right one.
   */
  function needOf({ action, delivery, cleared }: Entry): Need {
    const { candidate, unanswered } = delivery;
    if (candidate === 0 || cleared === candidate || unanswered === candidate) return 'call';
    return api.asksLinks || inDoubt(action.kind, delivery) ? 'link' : 'call';
  }

  function giveUpAt({ action }: Entry): number {
    return action.at + options.retryForMs + options.waitedSince(action.at);
  }

  function change(entry: Entry, delivery: Delivery): void {
    entry.delivery = delivery;
    const { state } = delivery;
    // Whose first name was nobody's has not been told anything yet.
    if (state.status !== 'queued' || state.detail !== '') unanswered.delete(entry);
    if (!isQueued(delivery)) lineUp.remove(entry);
    tell(() => options.onChange(entry.action, delivery));
  }

  /** Whatever goes wrong elsewhere, the queue goes on. */
  function tell(run: () => void): void {
    try {
      run();
    } catch (error) {
      options.onBug(error);
    }
  }

  function settle(entry: Entry, state: DeliveryState): void {
    change(entry, { ...entry.delivery, state });
  }

  async function attempt(entry: Entry, permit: Permit): Promise<void> {
    const { action, delivery: before } = entry;
    const subject = before.subjects[before.candidate];
    running++;
    const startedIn = generation;
    let result: SanctionResult;
    let mayHaveHappened = false;
    try {
      // That a call may have been heard must outlive a crash, or none goes out: a kick cannot be seen
      // twice, and what may be in force cannot be called off.
      if (before.unanswered !== before.candidate) {
        entry.delivery = { ...before, unanswered: before.candidate };
        options.onCall(action, entry.delivery);
      }
      mayHaveHappened = true;
      result = subject ? await api.sanction(action.kind, subject) : { kind: 'not-linked' };
    } catch (error) {
      options.onBug(error);
      result = { kind: 'try-again', detail: 'an internal error', waitMs: null, mayHaveHappened };
    }
    running--;
    // First, for it says until when nothing goes out.
    if (result.kind === 'limited') result = { ...result, waitMs: Math.ceil(permit.limited(result.waitMs)) };
    conclude(entry, before, result, generation === startedIn);
    // Last: it lets the next one go, who must find all of this done.
    if (result.kind === 'try-again' && !result.mayHaveHappened) permit.unsent();
    else if (result.kind !== 'limited') permit.ended();
    pump();
  }

  async function askForLink(entry: Entry): Promise<void> {
    const { action, delivery } = entry;
    const subject = delivery.subjects[delivery.candidate];
    asking = { entry, since: clock.elapsed() };
    const startedIn = generation;
    let result: LinkResult;
    try {
      result = subject ? await api.isLinked(subject) : { kind: 'not-linked' };
    } catch (error) {
      options.onBug(error);
      result = { kind: 'try-again', detail: 'an internal error', waitMs: null, mayHaveHappened: false };
    }
    asking = undefined;
    if (entry.state === 'running') {
      if (result.kind !== 'linked' && result.kind !== 'unknown') {
        conclude(entry, delivery, result, generation === startedIn);
      } else if (inDoubt(action.kind, delivery)) {
        settle(entry, { status: 'refused', code: 'EXPIRED', detail: LOST_KICK });
      } else {
        entry.cleared = delivery.candidate;
        lineUp.back(entry, entry.rank, 0);
      }
    }
    pump();
  }

  function conclude(entry: Entry, before: Delivery, result: SanctionResult, isCurrent: boolean): void {
    const now = clock.now();
    const elapsed = clock.elapsed();
    if (result.kind === 'try-again') health.failed(elapsed);
    else if (health.answered()) lineUp.rouse(elapsed);
    const delivery = afterProbe(
      entry,
      step(entry.action.kind, before, result, {
        now,
        giveUpAt: giveUpAt(entry),
        limitWindowMs: gate.windowMs,
        random: options.random(),
      }),
    );
    const isHold = result.kind === 'bad-credentials' || result.kind === 'not-enabled';
    if (isHold && isCurrent) beginHold(result);
    else if (result.kind !== 'try-again' && result.kind !== 'limited') lastHold = undefined;
    if (delivery.state.status === 'queued') {
      const { nextTryAt } = delivery.state;
      // Nobody loses their turn by a name that was not linked, a limit or a hold.
      const rank: Rank = result.kind === 'try-again' ? 2 : entry.rank;
      entry.delivery = delivery;
      lineUp.back(entry, rank, nextTryAt === null ? elapsed : elapsed + Math.max(0, nextTryAt - now));
    }
    // Its time may have ended during the call.
    const isOver = isQueued(delivery) && now >= giveUpAt(entry);
    change(entry, isOver ? { ...delivery, state: expire(delivery) } : delivery);
  }

  /** While the host is down, nothing goes out before the next probe. */
  function afterProbe(entry: Entry, delivery: Delivery): Delivery {
    const { state } = delivery;
    if (state.status !== 'queued' || state.nextTryAt === null || !health.isDown) return delivery;
    const probeAt = Math.ceil(clock.now() + health.probeAt - clock.elapsed());
    const nextTryAt = Math.min(Math.max(state.nextTryAt, probeAt), giveUpAt(entry));
    return { ...delivery, state: { ...state, nextTryAt } };
  }

  function renew(): boolean {
    const isNew = options.renewCredentials();
    if (isNew) generation++;
    return isNew;
  }

  function beginHold({ kind, words }: SanctionResult & { kind: 'bad-credentials' | 'not-enabled' }): void {
    if (hold) return;
    const code = kind === 'bad-credentials' ? 'BAD_CREDENTIALS' : 'REFUSED';
    const now = clock.elapsed();
    hold = { code, words, checkAt: now + CREDENTIALS_CHECK_MS, endsAt: now + HOLD_CHECK_MS };
    // Said once, however often it is found to be so: the words have another trace each time.
    if (lastHold?.code !== code) options.onHold(code, words);
  }

  function lookAtHold(now: number): void {
    if (!hold) return;
    if (now >= hold.endsAt) {
      lastHold = hold;
      hold = undefined;
    } else if (now >= hold.checkAt) {
      hold.checkAt = now + CREDENTIALS_CHECK_MS;
      if (renew()) endHold();
    }
  }

  function endHold(): void {
    hold = undefined;
    lastHold = undefined;
  }

  function pump(): void {
    cancelSleep();
    cancelSleep = () => {};
    if (!started) return;
    // Whose time ends in this moment has a last try, if one can go out.
    giveUpBefore(clock.now());
    if (stopped === undefined) {
      startCalls();
      startAsking();
    }
    giveUpBefore(clock.now() + 1);
    answerWaiting();
    if (lineUp.size > running && stopped === undefined) {
      const sleep = Math.min(LONGEST_SLEEP_MS, Math.max(1, wakeIn()));
      cancelSleep = clock.after(sleep, pump);
    }
  }

  /** While the host is down, or a hold may be over, one call at a time probes it. */
  const isProbing = () => health.isDown || lastHold !== undefined;
  const atWork = () => running + (asking ? 1 : 0);
  /** Whether as many are at work as may be. */
  const isFull = () => (isProbing() ? atWork() > 0 : running >= CONCURRENCY);
  /** Whether nothing of our own keeps calls back; that they are as many as may be at a time does not count. */
  const isFree = () =>
    started &&
    stopped === undefined &&
    options.awaiting() === undefined &&
    !hold &&
    !isProbing() &&
    clock.elapsed() >= health.probeAt;

  function startCalls(): void {
    const now = clock.elapsed();
    limitedUntil = 0;
    lookAtHold(now);
    while (!hold && options.awaiting() === undefined && lineUp.hasNext(now)) {
      if (isFull() || now < health.probeAt) return;
      const permit = takePermit();
      if (typeof permit === 'number') {
        limitedUntil = now + permit;
        return;
      }
      const entry = lineUp.next(now);
      if (!entry) return;
      void attempt(entry, permit);
    }
  }

  function startAsking(): void {
    const now = clock.elapsed();
    if (
      hold ||
      asking ||
      options.awaiting() !== undefined ||
      now < health.probeAt ||
      (isProbing() && isFull())
    )
      return;
    const entry = lineUp.next(now, 'link');
    if (entry) void askForLink(entry);
  }

  /** Without a record of the call on disk none goes out. */
  function takePermit(): Permit | number {
    try {
      return gate.tryTake();
    } catch (error) {
      options.onBug(error);
      return STORE_RETRY_MS;
    }
  }

  /** In how many milliseconds something may go out; running calls come back by themselves. */
  function wakeIn(): number {
    const now = clock.elapsed();
    const oldest = byGiveUpAt.peek();
    const patience = asking && unanswered.size > 0 ? asking.since + LINK_PATIENCE_MS - now : 0;
    const left = Math.min(
      oldest ? giveUpAt(oldest) - clock.now() : Number.POSITIVE_INFINITY,
      patience > 0 ? patience : Number.POSITIVE_INFINITY,
    );
    if (options.awaiting() !== undefined) return left;
    if (hold) return Math.min(left, Math.min(hold.checkAt, hold.endsAt) - now);
    const gates = Math.max(limitedUntil, health.probeAt) - now;
    if (lineUp.hasNext(now)) {
      // Who ends frees a place. Otherwise, when nothing is in the way, it has come free since it was looked.
      return Math.min(left, isFull() ? LONGEST_SLEEP_MS : Math.max(0, gates));
    }
    if (lineUp.hasNext(now, 'link')) {
      const isWaiting = asking !== undefined || (isProbing() && isFull());
      return Math.min(left, isWaiting ? LONGEST_SLEEP_MS : Math.max(0, health.probeAt - now));
    }
    return Math.min(left, Math.max(gates, (lineUp.nextDueAt() ?? Number.POSITIVE_INFINITY) - now));
  }

  /** @param time in Unix milliseconds. */
  function giveUpBefore(time: number): void {
    for (
      let entry = byGiveUpAt.peek();
      entry && (entry.state === 'gone' || giveUpAt(entry) < time);
      entry = byGiveUpAt.peek()
    ) {
      byGiveUpAt.pop();
      if (entry.state !== 'gone' && entry.state !== 'running') settle(entry, expire(entry.delivery));
    }
  }

  /** Tells why those wait that have just come in and cannot go out at once. */
  function answerWaiting(): void {
    for (const entry of [...unanswered]) {
      if (entry.state === 'running' && entry !== asking?.entry) continue;
      const waiting = reasonOf(entry);
      if (!waiting) continue;
      unanswered.delete(entry);
      const code = options.awaiting() === undefined ? (hold?.code ?? 'QUEUED') : 'QUEUED';
      const state: DeliveryState = { status: 'queued', code, ...waiting };
      entry.delivery = { ...entry.delivery, state };
      tell(() => options.onWait(entry.action, entry.delivery));
    }
  }

  /** Undefined when it is only a matter of a moment. */
  function reasonOf(entry: Entry): Waiting | undefined {
    const now = clock.elapsed();
    const at = (time: number) => (Number.isFinite(time) ? Math.ceil(clock.now() + time - now) : null);
    if (stopped !== undefined) return { detail: stopped, nextTryAt: null };
    const awaited = options.awaiting();
    if (awaited !== undefined) return { detail: awaited, nextTryAt: null };
    if (hold) return { detail: hold.words, nextTryAt: null };
    if (asking && now >= asking.since + LINK_PATIENCE_MS && needOf(entry) === 'link') {
      return { detail: `waits for the rate limit of ${api.name}`, nextTryAt: null };
    }
    if (entry.state === 'asleep') {
      const { state } = entry.delivery;
      return { detail: state.status === 'queued' ? state.detail : '', nextTryAt: at(entry.dueAt) };
    }
    if (health.isDown)
      return { detail: `${api.name} does not answer`, nextTryAt: at(Math.max(now, health.probeAt)) };
    if (entry.state === 'blocked' && [...lineUp.inFrontOf(entry)].some(({ state }) => state === 'asleep')) {
      return { detail: 'waits for an earlier action about the same person', nextTryAt: null };
    }
    if (limitedUntil > now && Number.isFinite(limitedUntil)) {
      return { detail: `waits for the rate limit of ${api.name}`, nextTryAt: at(limitedUntil) };
    }
    return undefined;
  }

  return {
    add(action, delivery, isFresh) {
      if (lineUp.get(action.id)) return;
      const { state } = delivery;
      const nextTryAt = state.status === 'queued' ? state.nextTryAt : null;
      // By a wall clock that was set meanwhile it could lie anywhere.
      const wait = nextTryAt === null ? 0 : Math.min(Math.max(0, nextTryAt - clock.now()), LONGEST_SLEEP_MS);
      const rank: Rank = !isFresh ? 2 : action.origin === 'chat' || action.origin === 'console' ? 0 : 1;
      const entry = lineUp.add(action, delivery, rank, wait === 0 ? 0 : clock.elapsed() + wait);
      byGiveUpAt.push(entry);
      if (isFresh) {
        unanswered.add(entry);
        if (rank === 0) health.hurry(clock.elapsed());
      }
      pump();
    },
    start() {
      started = true;
      pump();
    },
    whyWaiting(actionId) {
      const entry = lineUp.get(actionId);
      if (!entry) return undefined;
      if (entry === asking?.entry) {
        return reasonOf(entry) ?? { detail: `asks ${api.name} whose account it is`, nextTryAt: null };
      }
      if (entry.state === 'running') return { detail: `a call to ${api.name} is under way`, nextTryAt: null };
      return reasonOf(entry) ?? { detail: `goes out to ${api.name} now`, nextTryAt: null };
    },
    retry(actionId) {
      const entry = actionId === undefined ? undefined : lineUp.get(actionId);
      if (actionId !== undefined && !entry) return 0;
      if (hold) renew();
      endHold();
      health.probeNow();
      lineUp.rouse(clock.elapsed(), entry);
      pump();
      return entry ? 1 : lineUp.size;
    },
    cancel(actionId, onlyUnheard) {
      const entry = lineUp.get(actionId);
      if (!entry || (entry.state === 'running' && entry !== asking?.entry)) return false;
      if (onlyUnheard && entry.delivery.unanswered !== null) return false;
      settle(entry, { status: 'refused', code: 'CANCELLED', detail: '' });
      pump();
      return true;
    },
    renewed() {
      if (renew()) endHold();
      pump();
    },
    stop(reason) {
      stopped = reason;
      cancelSleep();
    },
    resume() {
      stopped = undefined;
      pump();
    },
  };
}
