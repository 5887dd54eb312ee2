import { backoff } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Urgency } from '../moderation/product-api.ts';
import { Hold, type HoldCode } from '../outbox/hold.ts';
import { HostHealth } from '../outbox/host-health.ts';
import { Stopwatch } from '../outbox/stopwatch.ts';
import type { Say } from '../text/locale.ts';
import {
  type Ending,
  lift,
  nextCall,
  type RecordCall,
  type RecordResult,
  type Step,
  step,
} from './record-step.ts';
import type { RecordStore } from './record-store.ts';
import type { RecordTask } from './record-task.ts';
import type { RecordsApi } from './records-api.ts';

/** After so many milliseconds it is tried again whether the store keeps a task. */
const STORE_RETRY_MS = 5_000;
/** What a try before a kick holds up is looked at again so soon, in milliseconds. */
const SHORTEST_SLEEP_MS = 50;
/** Longest sleep, in milliseconds. */
const LONGEST_SLEEP_MS = 5 * 60 * 1000;
/** A call whose answer was lost may still be on its way: the records are read no sooner than this, in milliseconds. */
const LOST_MS = 30_000;
/** For how long a kick waits for its record, in milliseconds. */
const FIRST_TRY_MS = 20_000;

/**
 * One worker for all tasks, see `record-step.ts` for their states. Over all of them: held (see `outbox/hold.ts`), awaiting
 * credentials, stopped, the host down. A file longer than others: these belong to one machine.
 */

/** What the worker is made of. */
export interface RecordWorkerOptions {
  readonly api: RecordsApi;
  readonly store: RecordStore;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** For how long a task is tried, in milliseconds; what it waits for credentials does not count. */
  readonly retryForMs: number;
  readonly points: number;
  /** Why no call can be made for want of credentials; undefined when one can. */
  readonly awaiting: () => string | undefined;
  /** Looks whether the credentials are others; {@link RecordWorker.renewed} is called when they are. */
  readonly lookForCredentials: () => void;
  readonly onHold: (words: string) => void;
  /** A task is gone. */
  readonly onEnd: (task: RecordTask, how: Ending | 'expired', detail: string) => void;
  readonly say: Say;
  readonly onBug: (error: unknown) => void;
}

/** Sees tasks through: one call at a time, after everything that somebody waits for. */
export interface RecordWorker {
  get(id: string): RecordTask | undefined;
  all(): Iterable<RecordTask>;
  /** Takes in a task. @param isFresh it is not stored yet. */
  add(task: RecordTask, isFresh: boolean): void;
  /** Keeps what has become of a task. */
  change(task: RecordTask): void;
  /** What a task is about was taken back. @param change who is to be told of it now. */
  lift(id: string, change: Pick<RecordTask, 'author' | 'origin' | 'serverId'>): void;
  remove(id: string): void;
  /**
   * Tries a task at once, while somebody waits for it.
   *
   * @returns why it is not through, in words; undefined when it is, or nothing can come of it.
   */
  tryNow(id: string): Promise<string | undefined>;
  /** Why no call can succeed until somebody does something about it. */
  held(): HoldCode | undefined;
  /** Ends a hold: what waits is tried as soon as the limits allow. @returns how many tasks have waited for that. */
  retry(): number;
  start(): void;
  renewed(): void;
  stop(): void;
  resume(): void;
}

interface Entry {
  task: RecordTask;
  /** When it may be tried, on the clock that never goes back. */
  dueAt: number;
  /** When it is given up, on the worker's own watch. */
  giveUpAt: number;
  isRunning: boolean;
}

export function createRecordWorker(options: RecordWorkerOptions): RecordWorker {
  const { api, store, clock, say } = options;
  const entries = new Map<string, Entry>();
  /** Those of which something is to be done, oldest first: most of what is kept only waits for a lift. */
  const open = new Map<string, Entry>();
  const hold = new Hold();
  const health = new HostHealth(options.random);
  /** The time in which tries can be made. */
  const tryTime = new Stopwatch();
  let isStarted = false;
  let isStopped = false;
  let isRunning = false;
  let generation = 0;
  let cancelSleep = () => {};

  const canTry = () =>
    isStarted && !isStopped && hold.reason === undefined && options.awaiting() === undefined;
  const timeLeft = ({ giveUpAt }: Entry) => giveUpAt - tryTime.read(clock.elapsed());

  function put(entry: Entry, task: RecordTask): void {
    entry.task = { ...task, spentMs: Math.round(Math.max(0, options.retryForMs - timeLeft(entry))) };
    // What goes before a kick is not tried by itself.
    const isOpen = nextCall(task) !== undefined && !(task.isFirst && task.stage === 'open');
    if (isOpen) open.set(task.id, entry);
    else open.delete(task.id);
  }

  function remove(id: string): void {
    if (!entries.delete(id)) return;
    open.delete(id);
    store.remove(id);
  }

  function end(entry: Entry, how: Ending | 'expired', detail: string): void {
    remove(entry.task.id);
    options.onEnd(entry.task, how, detail);
  }

  /** Makes the next call of a task. @returns undefined when it is not to be made, or not yet. */
  async function make(entry: Entry, call: RecordCall, urgency: Urgency): Promise<RecordResult | undefined> {
    try {
      if (call.kind === 'add' && !(await isMarked(entry))) return undefined;
      return await callThrough(api, call, entry.task, options.points, urgency);
    } catch (error) {
      options.onBug(error);
      return { kind: 'try-again', detail: say('delivery.fault'), waitMs: null, mayHaveHappened: true };
    }
  }

  /** Writes down that the call may be heard; a mark without a call costs a read. */
  async function isMarked(entry: Entry): Promise<boolean> {
    put(entry, { ...entry.task, mayBeThere: true });
    if ((await store.save(entry.task)) !== 'written') return false;
    // It may have been taken back meanwhile.
    return entries.get(entry.task.id) === entry && entry.task.stage === 'open';
  }

  /** @returns what has become of the task; undefined when it is gone, or no call went out. */
  async function advance(entry: Entry, urgency: Urgency): Promise<Step | undefined> {
    const call = nextCall(entry.task);
    if (!call) return undefined;
    const startedIn = generation;
    entry.isRunning = true;
    const result = await make(entry, call, urgency);
    entry.isRunning = false;
    if (entries.get(entry.task.id) !== entry) return undefined;
    if (!result) {
      entry.dueAt = clock.elapsed() + STORE_RETRY_MS;
      return undefined;
    }
    const stepped = step(entry.task, call, result);
    conclude(entry, stepped, startedIn === generation);
    return stepped;
  }

  function conclude(entry: Entry, stepped: Step, isCurrent: boolean): void {
    const now = clock.elapsed();
    if (stepped.kind === 'later' && stepped.isFailure) health.failed(now);
    else {
      health.answered();
      if (stepped.kind === 'on' || stepped.kind === 'end') hold.passed();
    }
    if (stepped.kind === 'end') {
      end(entry, stepped.how, stepped.detail);
      return;
    }
    put(entry, stepped.task);
    store.saveSoon(entry.task);
    entry.dueAt = now;
    if (stepped.kind === 'held' && isCurrent && hold.begin(stepped.failure, now)) {
      options.onHold(stepped.failure.words);
    }
    if (stepped.kind !== 'later') return;
    const left = timeLeft(entry);
    if (left <= 0 && stepped.isFailure && !entry.task.isFirst) {
      end(entry, 'expired', stepped.detail);
      return;
    }
    const { attempts, mayBeThere, stage } = entry.task;
    const least = stepped.isFailure ? backoff(attempts, stepped.waitMs, options.random()) : stepped.waitMs;
    const lost = mayBeThere && stage === 'open' ? LOST_MS : 0;
    entry.dueAt = now + Math.min(Math.max(least ?? 0, lost), Math.max(left, 0));
  }

  async function work(entry: Entry): Promise<void> {
    isRunning = true;
    try {
      await advance(entry, 'background');
    } catch (error) {
      options.onBug(error);
    }
    isRunning = false;
    pump();
  }

  function next(now: number): Entry | undefined {
    for (const entry of open.values()) if (!entry.isRunning && entry.dueAt <= now) return entry;
    return undefined;
  }

  function pump(): void {
    cancelSleep();
    cancelSleep = () => {};
    if (!isStarted || isStopped) return;
    const now = clock.elapsed();
    if (hold.look(now) !== 'nothing') options.lookForCredentials();
    tryTime.set(canTry(), now);
    // When there are credentials, that is told.
    if (open.size === 0 || isRunning || options.awaiting() !== undefined) return;
    const entry = canTry() && health.probeAt <= now ? next(now) : undefined;
    if (entry) {
      void work(entry);
      return;
    }
    const dueAt = Math.min(...[...open.values()].map((each) => each.dueAt));
    const wakeAt = hold.reason ? hold.lookAt : Math.max(health.probeAt, dueAt);
    cancelSleep = clock.after(Math.min(LONGEST_SLEEP_MS, Math.max(SHORTEST_SLEEP_MS, wakeAt - now)), pump);
  }

  function change(task: RecordTask): void {
    const entry = entries.get(task.id);
    if (!entry) return;
    put(entry, task);
    store.saveSoon(entry.task);
    pump();
  }

  async function tryThrough(entry: Entry): Promise<string | undefined> {
    for (;;) {
      const stepped = await advance(entry, 'person');
      if (entry.task.stage !== 'open' || entries.get(entry.task.id) !== entry) return undefined;
      if (!stepped) return say('delivery.notKept');
      if (stepped.kind === 'held') return stepped.failure.words;
      if (stepped.kind === 'later') return stepped.detail || say('delivery.limited');
    }
  }

  return {
    get: (id) => entries.get(id)?.task,
    *all() {
      for (const { task } of entries.values()) yield task;
    },
    add(task, isFresh) {
      const giveUpAt = tryTime.read(clock.elapsed()) + options.retryForMs - task.spentMs;
      const isLost = task.mayBeThere && task.stage === 'open';
      const dueAt = clock.elapsed() + (isLost ? LOST_MS : 0);
      const entry = { task, dueAt, giveUpAt, isRunning: false };
      entries.set(task.id, entry);
      put(entry, task);
      if (isFresh) void store.save(entry.task);
      pump();
    },
    change,
    lift(id, { author, origin, serverId }) {
      const entry = entries.get(id);
      if (!entry) return;
      const lifted = lift(entry.task);
      if (!lifted) {
        end(entry, 'unheard', '');
        return;
      }
      if (entry.task.stage === 'lifted') return;
      entry.giveUpAt = tryTime.read(clock.elapsed()) + options.retryForMs;
      put(entry, { ...lifted, author, origin, serverId });
      // It is what a lift has led to: it must not be lost.
      void store.save(entry.task);
      pump();
    },
    remove,
    tryNow(id) {
      const entry = entries.get(id);
      if (!entry) return Promise.resolve(undefined);
      const { promise, resolve, reject } = Promise.withResolvers<string | undefined>();
      const cancel = clock.after(FIRST_TRY_MS, () =>
        resolve(say('http.timeout', { seconds: FIRST_TRY_MS / 1000 })),
      );
      tryThrough(entry).then(resolve, reject).finally(cancel);
      return promise;
    },
    held: () => hold.reason?.code,
    retry() {
      if (!hold.reason) return 0;
      options.lookForCredentials();
      hold.end();
      pump();
      return open.size;
    },
    start() {
      isStarted = true;
      pump();
    },
    renewed() {
      generation++;
      hold.end();
      pump();
    },
    stop() {
      isStopped = true;
      tryTime.set(false, clock.elapsed());
      cancelSleep();
    },
    resume() {
      isStopped = false;
      pump();
    },
  };
}

function callThrough(
  api: RecordsApi,
  call: RecordCall,
  { text }: RecordTask,
  points: number,
  urgency: Urgency,
): Promise<RecordResult> {
  switch (call.kind) {
    case 'find':
      return api.lookup(call.subject, urgency);
    case 'read':
      return api.read(call.subject, urgency);
    case 'add':
      return api.add(call.subject, points, text, urgency);
    case 'revoke':
      return api.revoke(call.record, urgency);
  }
}
