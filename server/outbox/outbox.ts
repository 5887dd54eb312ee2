import type { Clock } from '../clock.ts';
import {
  type Action,
  deliveryOf,
  isKept,
  isQueued,
  type Product,
  withDelivery,
} from '../moderation/action.ts';
import type { Ledger, Outbox, OutboxListener } from '../moderation/ports.ts';
import type { Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import type { HoldCode } from './hold.ts';
import { createDeliveryQueue, type DeliveryQueue, type QueueOptions } from './queue.ts';

/** The deliveries of all products that are still on their way. */
export interface DeliveryOutbox extends Outbox {
  /** A product's. */
  of(product: Product): DeliveryQueue | undefined;
  /** Takes in what an action of an earlier run still has on its way. */
  restore(action: Action): void;
  /** Calls may go out from now on. */
  start(): void;
  /** Starts no call until it is resumed; `reason` is what those hear whose delivery comes in meanwhile. */
  stop(reason: string): void;
  resume(): void;
}

/** What an outbox needs of a product. */
export type OutboxLine = Pick<Line, 'product' | 'limit' | 'awaiting' | 'renewCredentials' | 'convars'>;

/** What an outbox is made of. */
export interface OutboxOptions {
  readonly lines: readonly OutboxLine[];
  readonly ledger: Pick<Ledger, 'byId' | 'save' | 'saveSoon'>;
  readonly clock: Clock;
  /** The names by which an action's person is the same as another's. */
  readonly namesOf: (action: Action) => readonly string[];
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly retryForMs: number;
  /** See {@link QueueOptions.before}. */
  readonly before?: QueueOptions['before'];
  /** Told once when a product's queue is held, with the API's own words. */
  readonly onHold: (line: OutboxLine, code: HoldCode, words: string) => void;
  readonly say: Say;
  readonly onBug: (where: string, error: unknown) => void;
}

export function createOutbox(options: OutboxOptions): DeliveryOutbox {
  const { ledger, clock, random, retryForMs } = options;
  const listeners: OutboxListener[] = [];
  const queues = new Map<Product, DeliveryQueue>();

  for (const line of options.lines) {
    const { api } = line.product;
    const queue = createDeliveryQueue({
      api,
      limit: line.limit,
      namesOf: options.namesOf,
      clock,
      random,
      retryForMs,
      awaiting: line.awaiting,
      say: options.say,
      onChange(actionId, delivery) {
        for (const listener of listeners) listener.changed(actionId, delivery);
      },
      async mark(actionId, delivery) {
        const action = ledger.byId(actionId);
        const before = action && deliveryOf(action, delivery.product);
        if (!before) {
          // Nobody knows it any more: it must not hold up the others, as a full disk does.
          queues.get(delivery.product)?.forget(actionId);
          return 'not kept';
        }
        const result = await ledger.save(withDelivery(action, delivery));
        const now = ledger.byId(actionId);
        // The call is not made: nothing may have been heard.
        if (result !== 'written' && now) ledger.saveSoon(withDelivery(now, before));
        return result;
      },
      ...(options.before && { before: options.before }),
      onWait(actionId, delivery) {
        for (const listener of listeners) listener.waits(actionId, delivery);
      },
      onHold: (code, words) => options.onHold(line, code, words),
      renewCredentials: line.renewCredentials,
      onBug: (error) => options.onBug(api.name, error),
    });
    queues.set(api.product, queue);
  }

  return {
    of: (product) => queues.get(product),
    add: (action, delivery) => queues.get(delivery.product)?.add(action, delivery, true),
    withdraw: (actionId, product, isFinal) => queues.get(product)?.cancel(actionId, isFinal) ?? 'not-here',
    isUnderWay: (actionId, product) => queues.get(product)?.isUnderWay(actionId) ?? false,
    forget(actionId) {
      for (const queue of queues.values()) queue.forget(actionId);
    },
    listen: (listener) => listeners.push(listener),
    restore(action) {
      for (const delivery of action.deliveries.filter(isQueued)) {
        if (isKept(delivery)) continue;
        queues.get(delivery.product)?.add(action, delivery, false);
      }
    },
    start() {
      for (const queue of queues.values()) queue.start();
    },
    stop(reason) {
      for (const queue of queues.values()) queue.stop(reason);
    },
    resume() {
      for (const queue of queues.values()) queue.resume();
    },
  };
}
