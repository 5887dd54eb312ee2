import { createGate } from '../../../../server/delivery/gate.ts';
import { createLedger, type StoredLedger } from '../../../../server/delivery/ledger.ts';
import { createDeliveryQueue, type DeliveryQueue } from '../../../../server/delivery/queue.ts';
import type { Subject } from '../../../../server/identity/subject.ts';
import {
  type Action,
  type ActionKind,
  isQueued,
  type Product,
} from '../../../../server/moderation/action.ts';
import { createModeration, type Moderation } from '../../../../server/moderation/moderation.ts';
import type { LinkResult, ProductApi, SanctionResult } from '../../../../server/moderation/product-api.ts';
import { checkedSay } from '../../checked-say.ts';
import { createManualClock, type ManualClock, settle } from '../../manual-clock.ts';
import { createMemoryStore, type MemoryStore } from '../../memory-store.ts';
import { fakePlayers } from '../../players.ts';
import { inUse, NO_LIST } from '../../scripted-api.ts';
import { LIMITS, type ModelProduct, type SeenCall, seenCall } from './sonoran.ts';

export const HOUR = 3_600_000;
export const RETRY_MS = 168 * HOUR;

/** What a life of the process is watched by. */
export interface Witness {
  /** A call goes out; nothing has come of it yet. */
  called(product: Product, call: SeenCall, running: number): void;
  /**
   * An answer was received.
   *
   * @param wall the process's wall clock.
   * @param isCurrent whether the call was made with the credentials that are in use now.
   */
  answered(product: Product, call: SeenCall, result: SanctionResult, wall: number, isCurrent: boolean): void;
  /** It is asked whether a name is linked. */
  asked(product: Product, ask: SeenCall): void;
  /** That was answered. */
  told(product: Product, ask: SeenCall, result: LinkResult, wall: number): void;
  /** The credentials were read again, and are others. */
  renewed(product: Product): void;
  accepted(action: Action): void;
  settled(action: Action): void;
  bug(error: unknown): void;
}

/** One life of the server's process, put together as `main.ts` does, on a store that outlives it. */
export interface Life {
  readonly clock: ManualClock;
  readonly store: MemoryStore;
  readonly ledger: StoredLedger;
  readonly moderation: Moderation;
  readonly queues: ReadonlyMap<Product, DeliveryQueue>;
  isAlive: boolean;
  /** The process is gone, with all it was about to do. */
  kill(): void;
}

export interface LifeOptions {
  readonly disk: Map<string, string>;
  /** The wall clock at its start, in Unix milliseconds. */
  readonly wall: number;
  readonly products: readonly ModelProduct[];
  /** What Sonoran's own time, which never jumps, is ahead of the process's. */
  readonly bornAt: number;
  readonly witness: Witness;
  readonly newId: () => string;
  /** A number from 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** Starts a process. */
export async function startLife(options: LifeOptions): Promise<Life> {
  const { disk, products, witness } = options;
  const clock = createManualClock(options.wall);
  const store = createMemoryStore(disk);
  const ledger = createLedger({ store, clock, historyLimit: 1_000 });
  const queues = new Map<Product, DeliveryQueue>();
  const wires: { arrive: () => void }[] = [];

  const life: Life = {
    clock,
    store,
    ledger,
    queues,
    isAlive: true,
    get moderation() {
      return moderation;
    },
    kill() {
      life.isAlive = false;
      // What is on the wire arrives now, or never: its faults say which.
      for (const { arrive } of [...wires]) arrive();
      for (const queue of queues.values()) queue.stop('');
    },
  };

  function apiOf(model: ModelProduct): ProductApi & { key: number } {
    let running = 0;
    const isCms = model.product === 'cms';
    return {
      product: model.product,
      name: model.product,
      key: model.key,
      kinds: new Set<ActionKind>(isCms ? ['ban', 'kick'] : ['ban', 'kick', 'unban']),
      sanctionFields: new Set(['apiId']),
      lookupFields: new Set(['apiId']),
      bannedList: NO_LIST,
      asksLinks: !isCms,
      isLinked(subject: Subject) {
        const { promise, resolve } = Promise.withResolvers<LinkResult>();
        if (!life.isAlive) return promise;
        const ask = seenCall('ban', subject);
        witness.asked(model.product, ask);
        clock.after(1, () => {
          if (!life.isAlive) return;
          const result = model.tell(ask);
          witness.told(model.product, ask, result, clock.now());
          resolve(result);
        });
        return promise;
      },
      lookup: async () => ({ kind: 'not-linked' }),
      sanction(kind: ActionKind, subject: Subject) {
        const { promise, resolve } = Promise.withResolvers<SanctionResult>();
        // A process that is dead makes no calls, whatever is left of it here.
        if (!life.isAlive) return promise;
        const call = seenCall(kind, subject);
        witness.called(model.product, call, running);
        running++;
        const weather = model.next();
        const key = this.key;
        let result: SanctionResult | undefined;
        const wire = {
          arrive() {
            wires.splice(wires.indexOf(wire), 1);
            result = model.arrive(call, weather, key, options.bornAt + clock.elapsed());
          },
        };
        wires.push(wire);
        const answer = () => {
          running--;
          if (!life.isAlive || !result) return;
          witness.answered(model.product, call, result, clock.now(), key === this.key);
          resolve(result);
        };
        const onArrival = () => {
          if (life.isAlive) wire.arrive();
          // No answer comes at once: between two of them there is a turn of the event loop.
          clock.after(Math.max(weather.backMs, 1), answer);
        };
        if (weather.wayMs === 0) onArrival();
        else clock.after(weather.wayMs, onArrival);
        return promise;
      },
    };
  }

  const apis = products.map((model) => ({ model, api: apiOf(model) }));
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const moderation = createModeration({
    products: () => apis.map(({ api }) => inUse(api)),
    players: fakePlayers(),
    ledger,
    audience: {
      accepted: (action) => life.isAlive && witness.accepted(action),
      withdrawn() {},
      queued() {},
      settled: (action) => life.isAlive && action && witness.settled(action),
    },
    clock,
    say: checkedSay,
    dropWhen: 'success',
    newId: options.newId,
    ready,
    dispatch: (action, delivery) => queues.get(delivery.product)?.add(action, delivery, true),
    withdraw: (id, product) => queues.get(product)?.cancel(id, true) ?? false,
  });
  for (const { model, api } of apis) {
    const { product } = model;
    queues.set(
      product,
      createDeliveryQueue({
        api,
        gate: createGate({ name: product, limit: LIMITS[product], clock, store }),
        clock,
        random: options.random,
        retryForMs: RETRY_MS,
        awaiting: () => undefined,
        waitedSince: () => 0,
        onChange: ({ id }, delivery) => moderation.onDelivery(id, delivery),
        onCall: ({ id }, delivery) => moderation.onCall(id, delivery),
        onWait: ({ id }, delivery) => moderation.onWait(id, delivery),
        onHold() {},
        renewCredentials() {
          const isNew = api.key !== model.key;
          api.key = model.key;
          if (isNew) witness.renewed(product);
          return isNew;
        },
        onBug: (error) => life.isAlive && witness.bug(error),
      }),
    );
  }
  await ledger.load();
  for (const action of ledger.pending()) {
    for (const delivery of action.deliveries.filter(isQueued)) {
      queues.get(delivery.product)?.add(action, delivery, false);
    }
  }
  moderation.resume();
  for (const queue of queues.values()) queue.start();
  setReady();
  await settle();
  return life;
}
