import TinyQueue from 'tinyqueue';
import type { Clock } from '../clock.ts';
import { type Action, type Delivery, type DeliveryState, isQueued } from '../moderation/action.ts';
import type { Withdrawal, WriteResult } from '../moderation/ports.ts';
import type { LinkResult, ProductApi, SanctionResult } from '../moderation/product-api.ts';
import type { Permit } from '../sonoran/limiter.ts';
import type { RateLimit } from '../sonoran/rate-limit.ts';
import type { Say } from '../text/locale.ts';
import { Hold, type HoldCode } from './hold.ts';
import { HostHealth } from './host-health.ts';
import { type Entry, LineUp, type Need, type Rank } from './line-up.ts';
import { expire, inDoubt, step } from './step.ts';
import { Stopwatch } from './stopwatch.ts';

/**
 * The deliveries of one product. A file longer than others, because these are the states of one machine:
 *
 * - blocked: an earlier action about the same person is not done. → ready, asleep
 * - asleep: to be tried at a time. → ready
 * - ready: may go out, or be asked about, when the limit, the host and the hold allow. → running
 * - running: it is written down that its call may be heard, then the call is made; or it is asked whether its next
 *   name is linked. → gone, when it is settled; asleep, ready
 *
 * Over all of them: held (see `hold.ts`), awaiting credentials, stopped, the host down (one call at a time probes it),
 * the store not keeping what is to be written down before a call.
 */

/** Calls to one product that run at the same time: as many as a limit lets through at once, so that they share one write. */
const CONCURRENCY = 10;

/** Longest sleep of the queue, in milliseconds. */
const LONGEST_SLEEP_MS = 5 * 60 * 1000;

/** After so many milliseconds it is tried again whether the store keeps a record. */
const STORE_RETRY_MS = 5_000;

/** Permits that come free within so many milliseconds are waited for together: their calls share one write. */
const GATHER_MS = 50;

/** When it takes longer than this to be told whether a name is linked, that is for the limit, in milliseconds. */
const LINK_PATIENCE_MS = 3_000;

/** What a queue is made of. */
export interface QueueOptions {
  readonly api: ProductApi;
  readonly limit: RateLimit;
  /** The names by which an action's person is the same as another's; theirs go out in the order decided. */
  readonly namesOf: (action: Action) => readonly string[];
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** For how long a delivery is tried, in milliseconds; what it waits for credentials, or a plan, does not count. */
  readonly retryForMs: number;
  /** Why no call can be made for want of credentials, in words; undefined when one can. */
  readonly awaiting: () => string | undefined;
  /** Told of every change of a delivery. */
  readonly onChange: (actionId: string, delivery: Delivery) => void;
  /** Writes down that a call is about to go out. Without that none does. */
  readonly mark: (actionId: string, delivery: Delivery) => Promise<WriteResult>;
  /**
   * Asked whenever a call is about to go out: what has to be over before, if anything. Asked again then, and must have
   * an end; it never rejects.
   */
  readonly before?: (action: Action, delivery: Delivery) => Promise<void> | undefined;
  /** Told why a delivery waits that has just come in; need not be kept. */
  readonly onWait: (actionId: string, delivery: Delivery) => void;
  /** Told once when the product's queue is held, with the API's own words. */
  readonly onHold: (code: HoldCode, words: string) => void;
  /** Reads the credentials again; true when they are others than before. */
  readonly renewCredentials: () => boolean;
  readonly say: Say;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

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
   * Ends a delivery.
   *
   * @param isFinal whether what is under way in this moment is not to be tried again when it fails.
   * @returns how that was possible: what is `under way` may still take effect, and comes to its own end.
   */
  cancel(actionId: string, isFinal: boolean): Withdrawal;
  /** Whether a delivery's call is under way: it is being written down that it may be heard, or it is made. */
  isUnderWay(actionId: string): boolean;
  /** Takes out a delivery of which nothing is to be known any more. */
  forget(actionId: string): void;
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
  const { api, limit, clock, say } = options;
  const lineUp = new LineUp(needOf);
  const health = new HostHealth(options.random);
  const hold = new Hold();
  /** The time in which tries can be made: what a delivery is given up by. */
  const tryTime = new Stopwatch();
  const byGiveUpAt = new TinyQueue<Entry>([], (one, other) => one.giveUpAt - other.giveUpAt);
  /** Came in just now; whoever sent them waits for a first answer. */
  const unanswered = new Set<Entry>();
  /** Counts how often the credentials have changed: what is said of earlier ones holds nothing. */
  let generation = 0;
  let running = 0;
  /** Who is asked about, whether a name is linked: one at a time, and it can still be called off. */
  let asking: { readonly entry: Entry; readonly since: number } | undefined;
  let started = false;
  let stopped: string | undefined;
  /** Until when the limit forbids a call, on `elapsed`; Infinity until a running call has ended. */
  let limitedUntil = 0;
  /** Until when the store is left alone, which has not kept a record, on `elapsed`. */
  let storeFullUntil = 0;
  let isPumping = false;
  /** Whether something has come in that had no turn yet. */
  let hasNew = false;
  let cancelSleep = () => {};

  limit.goesFirst({ serve: () => pump(), isWanting: () => isFree() && lineUp.hasNext(clock.elapsed()) });

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

  /** How much of its time a delivery has left, in milliseconds. */
  function timeLeft(entry: Entry): number {
    return entry.giveUpAt - tryTime.read(clock.elapsed());
  }

  function change(entry: Entry, delivery: Delivery): void {
    const { state } = delivery;
    const spentMs = Math.round(Math.max(0, options.retryForMs - timeLeft(entry)));
    entry.delivery = { ...delivery, spentMs };
    // Whose first name was nobody's has not been told anything yet.
    if (state.status !== 'queued' || state.detail !== '') unanswered.delete(entry);
    if (!isQueued(delivery)) lineUp.remove(entry);
    tell(() => options.onChange(entry.action.id, entry.delivery));
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

  /**
   * That a call may have been heard must outlive a crash: a kick cannot be seen twice, and what may be in force cannot
   * be called off. Before a further try of the same call, too: what it takes of the rate limit is written along with it.
   */
  async function isMarked(entry: Entry, before: Delivery): Promise<boolean> {
    entry.delivery = { ...before, unanswered: before.candidate };
    const isKept = await isWritten(entry);
    // It may have been forgotten meanwhile.
    if (entry.state !== 'running') return false;
    if (entry.isCalledOff) {
      entry.delivery = before;
      settle(entry, CANCELLED);
      return false;
    }
    if (isKept) return true;
    storeFullUntil = clock.elapsed() + STORE_RETRY_MS;
    entry.delivery = before;
    lineUp.back(entry, entry.rank, 0);
    return false;
  }

  async function isWritten({ action, delivery }: Entry): Promise<boolean> {
    try {
      return (await options.mark(action.id, delivery)) === 'written';
    } catch (error) {
      options.onBug(error);
      return false;
    }
  }

  async function attempt(entry: Entry, permit: Permit): Promise<void> {
    const { action, delivery: before } = entry;
    const subject = before.subjects[before.candidate];
    running++;
    const startedIn = generation;
    if (!(await isMarked(entry, before))) {
      running--;
      permit.unsent();
      pump();
      return;
    }
    let result: SanctionResult;
    try {
      result = subject ? await api.sanction(action.kind, subject) : { kind: 'not-linked' };
    } catch (error) {
      options.onBug(error);
      result = { kind: 'try-again', detail: say('delivery.fault'), waitMs: null, mayHaveHappened: true };
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

  /** What goes first may need a permit of the same limit; meanwhile nobody overtakes it about the same person. */
  async function attemptAfter(first: Promise<void>, entry: Entry, permit: Permit): Promise<void> {
    permit.unsent();
    await first;
    if (entry.state === 'running') lineUp.back(entry, entry.rank, 0);
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
      result = { kind: 'try-again', detail: say('delivery.fault'), waitMs: null, mayHaveHappened: false };
    }
    asking = undefined;
    if (entry.state === 'running') {
      if (result.kind !== 'linked' && result.kind !== 'unknown') {
        conclude(entry, delivery, result, generation === startedIn);
      } else if (inDoubt(action.kind, delivery)) {
        settle(entry, { status: 'refused', code: 'EXPIRED', detail: say('delivery.lostKick') });
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
    if (result.kind === 'try-again') {
      entry.isTried = true;
      health.failed(elapsed);
    } else if (health.answered()) lineUp.rouse(elapsed);
    const stepped = step(entry.action.kind, before, result, {
      now,
      leftMs: timeLeft(entry),
      limitWindowMs: limit.windowMs,
      random: options.random(),
      say,
    });
    // Not kept for a link either, when nobody is known by these names.
    const isOver = entry.isCalledOff && stepped.state.status !== 'delivered';
    const delivery = isOver ? { ...stepped, state: CANCELLED } : afterProbe(entry, stepped);
    if (result.kind === 'bad-credentials' || result.kind === 'not-enabled') {
      if (isCurrent && hold.begin(result, elapsed)) {
        const { code, words } = hold.reason ?? { code: 'REFUSED', words: '' };
        tell(() => options.onHold(code, words));
      }
    } else if (result.kind !== 'try-again' && result.kind !== 'limited') hold.passed();
    if (delivery.state.status === 'queued') {
      const { nextTryAt } = delivery.state;
      // Nobody loses their turn by a name that was not linked, a limit or a hold.
      const rank: Rank = result.kind === 'try-again' ? 2 : entry.rank;
      entry.delivery = delivery;
      lineUp.back(entry, rank, nextTryAt === null ? elapsed : elapsed + Math.max(0, nextTryAt - now));
    }
    change(entry, delivery);
  }

  /** While the host is down, nothing goes out before the next probe. */
  function afterProbe(entry: Entry, delivery: Delivery): Delivery {
    const { state } = delivery;
    if (state.status !== 'queued' || state.nextTryAt === null || !health.isDown) return delivery;
    const probeAt = Math.ceil(clock.now() + health.probeAt - clock.elapsed());
    const nextTryAt = Math.min(
      Math.max(state.nextTryAt, probeAt),
      Math.ceil(clock.now() + Math.max(0, timeLeft(entry))),
    );
    return { ...delivery, state: { ...state, nextTryAt } };
  }

  /** Gives up whose time is over. Who has not been tried since the start, or runs, comes to its own end. */
  function giveUpOverdue(): void {
    for (let entry = byGiveUpAt.peek(); entry; entry = byGiveUpAt.peek()) {
      if (entry.state !== 'gone' && timeLeft(entry) > 0) return;
      byGiveUpAt.pop();
      const isTried = entry.isTried || health.isDown;
      if (isTried && entry.state !== 'gone' && entry.state !== 'running') {
        settle(entry, expire(entry.delivery));
      }
    }
  }

  function renew(): boolean {
    const isNew = options.renewCredentials();
    if (isNew) generation++;
    return isNew;
  }

  /** Whether calls can be made at all, as far as it is for us. */
  const canTry = () =>
    started &&
    stopped === undefined &&
    hold.reason === undefined &&
    options.awaiting() === undefined &&
    clock.elapsed() >= storeFullUntil;

  /** At the end of what is going on now, once for all that comes in. */
  function pumpSoon(): void {
    if (isPumping) return;
    isPumping = true;
    queueMicrotask(() => {
      isPumping = false;
      pump();
    });
  }

  function pump(): void {
    hasNew = false;
    cancelSleep();
    cancelSleep = () => {};
    if (!started) return;
    const now = clock.elapsed();
    if (stopped === undefined) {
      if (hold.look(now) !== 'nothing' && renew()) hold.end();
      tryTime.set(canTry(), now);
      // Whose time ends in this moment has a last try, if one can go out.
      startCalls();
      startAsking();
      giveUpOverdue();
    }
    tryTime.set(canTry(), clock.elapsed());
    answerWaiting();
    if (lineUp.size > running && stopped === undefined) {
      cancelSleep = clock.after(Math.min(LONGEST_SLEEP_MS, Math.max(1, wakeIn())), pump);
    }
  }

  /** While the host is down, or a hold may be over, one call at a time probes it. */
  const isProbing = () => health.isDown || hold.isOnTrial;
  const isCalling = (entry: Entry) => entry.state === 'running' && entry !== asking?.entry;
  const atWork = () => running + (asking ? 1 : 0);
  /** Whether as many are at work as may be. */
  const isFull = () => (isProbing() ? atWork() > 0 : running >= CONCURRENCY);
  /** Whether nothing of our own keeps calls back; that they are as many as may be at a time does not count. */
  const isFree = () => canTry() && !isProbing() && clock.elapsed() >= health.probeAt;
  /** Until when we make no call, by ourselves. */
  const ownPause = () => Math.max(health.probeAt, storeFullUntil);

  function startCalls(): void {
    const now = clock.elapsed();
    limitedUntil = 0;
    while (canTry() && lineUp.hasNext(now)) {
      if (isFull() || now < health.probeAt) return;
      const permit = limit.tryTake();
      if (typeof permit === 'number') {
        limitedUntil = now + permit;
        return;
      }
      const entry = lineUp.next(now);
      const first = entry && options.before?.(entry.action, entry.delivery);
      if (entry && first) void attemptAfter(first, entry, permit);
      else if (entry) void attempt(entry, permit);
    }
  }

  function startAsking(): void {
    const now = clock.elapsed();
    if (!canTry() || asking || now < health.probeAt || (isProbing() && isFull())) return;
    const entry = lineUp.next(now, 'link');
    if (entry) void askForLink(entry);
  }

  /** In how many milliseconds something may go out; running calls come back by themselves. */
  function wakeIn(): number {
    const now = clock.elapsed();
    if (options.awaiting() !== undefined) return Number.POSITIVE_INFINITY;
    const patience = asking && unanswered.size > 0 ? asking.since + LINK_PATIENCE_MS - now : 0;
    const answerIn = patience > 0 ? patience : Number.POSITIVE_INFINITY;
    if (hold.reason) return Math.min(answerIn, hold.lookAt - now);
    const oldest = byGiveUpAt.peek();
    const left = Math.min(answerIn, oldest ? timeLeft(oldest) : Number.POSITIVE_INFINITY);
    const freeIn = Math.max(gathered(limitedUntil), ownPause()) - now;
    if (lineUp.hasNext(now)) {
      // Who ends frees a place. Otherwise, when nothing is in the way, it has come free since it was looked.
      return Math.min(left, isFull() ? LONGEST_SLEEP_MS : Math.max(0, freeIn));
    }
    if (lineUp.hasNext(now, 'link')) {
      const isWaiting = asking !== undefined || (isProbing() && isFull());
      return Math.min(left, isWaiting ? LONGEST_SLEEP_MS : Math.max(0, ownPause() - now));
    }
    return Math.min(left, Math.max(freeIn, (lineUp.nextDueAt() ?? Number.POSITIVE_INFINITY) - now));
  }

  /** Tells why those wait that have just come in and cannot go out at once. */
  function answerWaiting(): void {
    for (const entry of [...unanswered]) {
      if (isCalling(entry)) continue;
      const waiting = reasonOf(entry);
      if (!waiting) continue;
      unanswered.delete(entry);
      const code = options.awaiting() === undefined ? (hold.reason?.code ?? 'QUEUED') : 'QUEUED';
      const state: DeliveryState = { status: 'queued', code, ...waiting };
      entry.delivery = { ...entry.delivery, state };
      tell(() => options.onWait(entry.action.id, entry.delivery));
    }
  }

  /** Undefined when it is only a matter of a moment. */
  function reasonOf(entry: Entry): Waiting | undefined {
    const now = clock.elapsed();
    const at = (time: number) => (Number.isFinite(time) ? Math.ceil(clock.now() + time - now) : null);
    if (stopped !== undefined) return { detail: stopped, nextTryAt: null };
    const awaited = options.awaiting();
    if (awaited !== undefined) return { detail: awaited, nextTryAt: null };
    if (hold.reason) return { detail: hold.reason.words, nextTryAt: null };
    if (asking && now >= asking.since + LINK_PATIENCE_MS && needOf(entry) === 'link') {
      return { detail: say('delivery.limit', { api: api.name }), nextTryAt: null };
    }
    if (entry.state === 'asleep') {
      const { state } = entry.delivery;
      return { detail: state.status === 'queued' ? state.detail : '', nextTryAt: at(entry.dueAt) };
    }
    if (storeFullUntil > now) return { detail: say('delivery.notKept'), nextTryAt: at(storeFullUntil) };
    if (health.isDown)
      return {
        detail: say('delivery.down'),
        nextTryAt: at(Math.max(now, health.probeAt)),
      };
    if (entry.state === 'blocked' && lineUp.inFrontOf(entry).some(({ state }) => state === 'asleep')) {
      return { detail: say('delivery.behind'), nextTryAt: null };
    }
    if (limitedUntil > now && Number.isFinite(limitedUntil)) {
      return { detail: say('delivery.limit', { api: api.name }), nextTryAt: at(limitedUntil) };
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
      const now = clock.elapsed();
      const entry = lineUp.add(action, delivery, rank, wait === 0 ? 0 : now + wait, options.namesOf(action));
      entry.giveUpAt = tryTime.read(now) + options.retryForMs - delivery.spentMs;
      while (byGiveUpAt.peek()?.state === 'gone') byGiveUpAt.pop();
      byGiveUpAt.push(entry);
      if (isFresh) {
        unanswered.add(entry);
        if (rank === 0) health.hurry(now);
      }
      hasNew = true;
      pumpSoon();
    },
    start() {
      started = true;
      pump();
    },
    whyWaiting(actionId) {
      const entry = lineUp.get(actionId);
      if (!entry) return undefined;
      if (entry === asking?.entry) {
        return reasonOf(entry) ?? { detail: say('delivery.asking', { api: api.name }), nextTryAt: null };
      }
      if (entry.state === 'running')
        return { detail: say('delivery.calling', { api: api.name }), nextTryAt: null };
      return reasonOf(entry) ?? { detail: say('delivery.next', { api: api.name }), nextTryAt: null };
    },
    retry(actionId) {
      const entry = actionId === undefined ? undefined : lineUp.get(actionId);
      if (actionId !== undefined && !entry) return 0;
      if (hold.reason) renew();
      hold.end();
      health.probeNow();
      storeFullUntil = 0;
      lineUp.rouse(clock.elapsed(), entry);
      pump();
      return entry ? 1 : lineUp.size;
    },
    cancel(actionId, isFinal) {
      // What came in a moment before has its turn before; what was called off then lets nothing go out.
      if (hasNew) pump();
      const entry = lineUp.get(actionId);
      if (!entry) return 'not-here';
      if (isCalling(entry)) {
        entry.isCalledOff ||= isFinal;
        return 'under-way';
      }
      const how = entry.delivery.unanswered === null ? 'unheard' : 'heard';
      settle(entry, CANCELLED);
      pumpSoon();
      return how;
    },
    isUnderWay(actionId) {
      const entry = lineUp.get(actionId);
      return entry !== undefined && isCalling(entry);
    },
    forget(actionId) {
      const entry = lineUp.get(actionId);
      if (!entry) return;
      unanswered.delete(entry);
      lineUp.remove(entry);
      pumpSoon();
    },
    renewed() {
      if (renew()) hold.end();
      pump();
    },
    stop(reason) {
      stopped = reason;
      tryTime.set(false, clock.elapsed());
      cancelSleep();
    },
    resume() {
      stopped = undefined;
      pump();
    },
  };
}

const CANCELLED: DeliveryState = { status: 'refused', code: 'CANCELLED', detail: '' };

function gathered(time: number): number {
  return Number.isFinite(time) ? Math.ceil(time / GATHER_MS) * GATHER_MS : time;
}
