import type { Clock } from '../clock.ts';
import { type Action, type Delivery, isQueued } from '../moderation/action.ts';
import type { ProductApi, SanctionResult } from '../moderation/product-api.ts';
import { step } from './step.ts';

/** Calls to one product that run at the same time, so that one that hangs does not hold up everybody. */
const CONCURRENCY = 4;

/** Longest sleep of the queue, in milliseconds. */
const LONGEST_SLEEP_MS = 5 * 60 * 1000;

/** What a queue is made of. */
export interface QueueOptions {
  readonly api: ProductApi;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** How long a delivery is tried, in milliseconds from the decision. */
  readonly retryForMs: number;
  /** Told of every change of a delivery, before anything else happens to it. */
  readonly onChange: (action: Action, delivery: Delivery) => void;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/**
 * The deliveries of one product that are still on their way. What is about the same person goes out
 * strictly in the order decided; nobody waits for another person's retry.
 */
export interface DeliveryQueue {
  /** Takes in the action's delivery for this product. */
  add(action: Action, delivery: Delivery): void;
  /** Takes back, by action id, what cannot have had an effect yet. False when it is not here or a call may have been heard. */
  withdraw(actionId: string): boolean;
  /** Starts no call any more. */
  stop(): void;
}

interface Entry {
  readonly action: Action;
  readonly keys: readonly string[];
  delivery: Delivery;
  running: boolean;
  /** On the clock's `elapsed`. */
  dueAt: number;
}

export function createDeliveryQueue(options: QueueOptions): DeliveryQueue {
  const { api, clock } = options;
  const entries = new Map<string, Entry>();
  /** Per person's key, the entries in the order decided. */
  const lines = new Map<string, Entry[]>();
  let running = 0;
  let stopped = false;
  let cancelSleep = () => {};

  function blockedBy(entry: Entry): Entry | undefined {
    for (const key of entry.keys) {
      const first = lines.get(key)?.[0];
      if (first !== undefined && first !== entry) return first;
    }
    return undefined;
  }

  function remove(entry: Entry): void {
    entries.delete(entry.action.id);
    for (const key of entry.keys) {
      const rest = (lines.get(key) ?? []).filter((other) => other !== entry);
      if (rest.length === 0) lines.delete(key);
      else lines.set(key, rest);
    }
  }

  function change(entry: Entry, delivery: Delivery): void {
    entry.delivery = delivery;
    if (!isQueued(delivery)) remove(entry);
    options.onChange(entry.action, delivery);
  }

  async function attempt(entry: Entry): Promise<void> {
    const subject = entry.delivery.subjects[entry.delivery.candidate];
    entry.running = true;
    running++;
    let result: SanctionResult;
    try {
      result = subject ? await api.sanction(entry.action.kind, subject) : { kind: 'not-linked' };
    } catch (error) {
      options.onBug(error);
      result = { kind: 'try-again', detail: 'an internal error', waitMs: null, mayHaveHappened: true };
    }
    entry.running = false;
    running--;
    const now = clock.now();
    const delivery = step(entry.action.kind, entry.delivery, result, {
      now,
      giveUpAt: entry.action.at + options.retryForMs,
      random: options.random(),
    });
    const nextTryAt = delivery.state.status === 'queued' ? delivery.state.nextTryAt : null;
    entry.dueAt = clock.elapsed() + (nextTryAt === null ? 0 : nextTryAt - now);
    change(entry, delivery);
    pump();
  }

  function pump(): void {
    cancelSleep();
    if (stopped) return;
    const now = clock.elapsed();
    let sleep = LONGEST_SLEEP_MS;
    for (const entry of [...entries.values()]) {
      if (entry.running || !entries.has(entry.action.id)) continue;
      const blocker = blockedBy(entry);
      if (blocker) {
        if (!blocker.running) waitBehind(entry);
        continue;
      }
      if (entry.dueAt > now) sleep = Math.min(sleep, entry.dueAt - now);
      else if (running < CONCURRENCY) void attempt(entry);
    }
    if (entries.size > running) cancelSleep = clock.after(sleep, pump);
  }

  /** Says so once, so that whoever asked does not wait for an answer that may take hours. */
  function waitBehind(entry: Entry): void {
    const { state } = entry.delivery;
    if (state.status !== 'queued' || state.detail !== '') return;
    const detail = 'waits for an earlier action about the same person';
    change(entry, { ...entry.delivery, state: { status: 'queued', detail, nextTryAt: null } });
  }

  return {
    add(action, delivery) {
      const { identifiers, account } = action.person;
      const keys = account === null ? identifiers : [...identifiers, account];
      const entry: Entry = { action, keys, delivery, running: false, dueAt: clock.elapsed() };
      entries.set(action.id, entry);
      for (const key of keys) lines.set(key, [...(lines.get(key) ?? []), entry]);
      pump();
    },
    withdraw(actionId) {
      const entry = entries.get(actionId);
      if (!entry || entry.running || entry.delivery.unanswered !== null) return false;
      remove(entry);
      change(entry, { ...entry.delivery, state: { status: 'refused', code: 'CANCELLED', detail: '' } });
      pump();
      return true;
    },
    stop() {
      stopped = true;
      cancelSleep();
    },
  };
}
