import TinyQueue from 'tinyqueue';
import type { Clock } from '../clock.ts';
import { type Action, type Delivery, type DeliveryState, isQueued } from '../moderation/action.ts';
import type { ProductApi, SanctionResult } from '../moderation/product-api.ts';
import type { Gate } from './gate.ts';
import { HostHealth } from './host-health.ts';
import type { Permit } from './limiter.ts';
import { type Entry, LineUp, type Rank } from './line-up.ts';
import { expire, step } from './step.ts';

/** Calls to one product that run at the same time, so that one that hangs does not hold up everybody. */
const CONCURRENCY = 4;

/** Longest sleep of the queue, in milliseconds. */
const LONGEST_SLEEP_MS = 5 * 60 * 1000;

/** How long to wait when the store does not take a record, in milliseconds. */
const STORE_RETRY_MS = 5_000;

/** How often a queue that is held looks whether the credentials have been changed, in milliseconds. */
const CREDENTIALS_CHECK_MS = 30 * 1000;

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
   * @returns false when it is not here, or a call for it is under way.
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
  const lineUp = new LineUp();
  const health = new HostHealth(options.random);
  const byGiveUpAt = new TinyQueue<Entry>([], (one, other) => giveUpAt(one) - giveUpAt(other));
  /** Came in just now; whoever sent them waits for a first answer. */
  const unanswered = new Set<Entry>();
  let hold: { code: HoldCode; words: string; checkAt: number } | undefined;
  /** Counts how often the credentials have changed: what is said of earlier ones holds nothing. */
  let generation = 0;
  let running = 0;
  let started = false;
  let stopped: string | undefined;
  /** Until when the limit forbids a call, on `elapsed`; Infinity until a running call has ended. */
  let limitedUntil = 0;
  let cancelSleep = () => {};

  gate.onFree(() => pump());

  function giveUpAt({ action }: Entry): number {
    return action.at + options.retryForMs + options.waitedSince(action.at);
  }

  function change(entry: Entry, delivery: Delivery): void {
    entry.delivery = delivery;
    unanswered.delete(entry);
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
    conclude(entry, before, result, generation === startedIn);
    // Last: it lets the next one go, who must find all of this done.
    if (result.kind === 'limited') permit.limited(result.waitMs);
    else if (result.kind === 'try-again' && !result.mayHaveHappened) permit.unsent();
    else permit.ended();
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
    if (delivery.state.status === 'queued') {
      const { nextTryAt } = delivery.state;
      // Nobody loses their turn by a name that was not linked, a limit or a hold.
      const rank: Rank = result.kind === 'try-again' ? 2 : entry.rank;
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
    hold = { code, words, checkAt: clock.elapsed() + CREDENTIALS_CHECK_MS };
    options.onHold(hold.code, words);
  }

  function pump(): void {
    cancelSleep();
    cancelSleep = () => {};
    if (!started) return;
    // Whose time ends in this moment has a last try, if one can go out.
    giveUpBefore(clock.now());
    if (stopped === undefined) startCalls();
    giveUpBefore(clock.now() + 1);
    answerWaiting();
    if (lineUp.size > running && stopped === undefined) {
      const sleep = Math.min(LONGEST_SLEEP_MS, Math.max(1, wakeIn()));
      cancelSleep = clock.after(sleep, pump);
    }
  }

  /** While the host is down, one call at a time probes it. */
  const mostRunning = () => (health.isDown ? 1 : CONCURRENCY);

  function startCalls(): void {
    const now = clock.elapsed();
    limitedUntil = 0;
    if (hold && now >= hold.checkAt) {
      hold.checkAt = now + CREDENTIALS_CHECK_MS;
      if (renew()) hold = undefined;
    }
    while (!hold && options.awaiting() === undefined && lineUp.hasNext(now)) {
      if (running >= mostRunning() || now < health.probeAt) return;
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
    const left = oldest ? giveUpAt(oldest) - clock.now() : Number.POSITIVE_INFINITY;
    if (options.awaiting() !== undefined) return left;
    if (hold) return Math.min(left, hold.checkAt - now);
    const gates = Math.max(limitedUntil, health.probeAt) - now;
    if (lineUp.hasNext(now)) {
      // Who ends frees a place. Otherwise, when nothing is in the way, it has come free since it was looked.
      const isFull = running >= mostRunning();
      return Math.min(left, isFull ? LONGEST_SLEEP_MS : Math.max(0, gates));
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
      if (entry.state === 'running') continue;
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
      if (entry.state === 'running') return { detail: `a call to ${api.name} is under way`, nextTryAt: null };
      return reasonOf(entry) ?? { detail: `goes out to ${api.name} now`, nextTryAt: null };
    },
    retry(actionId) {
      const entry = actionId === undefined ? undefined : lineUp.get(actionId);
      if (actionId !== undefined && !entry) return 0;
      if (hold) renew();
      hold = undefined;
      health.probeNow();
      lineUp.rouse(clock.elapsed(), entry);
      pump();
      return entry ? 1 : lineUp.size;
    },
    cancel(actionId, onlyUnheard) {
      const entry = lineUp.get(actionId);
      if (!entry || entry.state === 'running') return false;
      if (onlyUnheard && entry.delivery.unanswered !== null) return false;
      settle(entry, { status: 'refused', code: 'CANCELLED', detail: '' });
      pump();
      return true;
    },
    renewed() {
      if (renew()) hold = undefined;
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
