import { createLedger } from '../../../server/delivery/ledger.ts';
import { createDeliveryQueue, type DeliveryQueue } from '../../../server/delivery/queue.ts';
import type { DropRule, Product } from '../../../server/moderation/action.ts';
import { createModeration, type Moderation } from '../../../server/moderation/moderation.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import type { Ledger } from '../../../server/moderation/ports.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import { createMemoryStore, type MemoryStore } from '../memory-store.ts';
import { openGate } from '../open-gate.ts';
import { type FakePlayers, fakePlayers } from '../players.ts';
import { inUse, type ScriptedApi, scriptedApi } from '../scripted-api.ts';

/** Moderation with real queues and a real ledger; only the world around is made up. */
export interface Running {
  readonly moderation: Moderation;
  readonly cms: ScriptedApi;
  readonly cad: ScriptedApi;
  readonly players: FakePlayers;
  readonly clock: ManualClock;
  readonly ledger: Ledger;
  readonly store: MemoryStore;
  /** What the audience was told, oldest first: `accepted a1`, `queued a1`, `withdrawn a2 cad`, `settled a1 delivered`. */
  readonly told: string[];
  readonly outcomes: Outcome[];
  readonly bugs: unknown[];
}

export interface RunningOptions {
  readonly products?: readonly Product[];
  readonly dropWhen?: DropRule;
  readonly historyLimit?: number;
}

export function run({
  products = ['cms', 'cad'],
  dropWhen = 'success',
  historyLimit = 100,
}: RunningOptions = {}): Running {
  const clock = createManualClock();
  const players = fakePlayers();
  const apis = { cms: scriptedApi('cms'), cad: scriptedApi('cad') };
  const told: string[] = [];
  const outcomes: Outcome[] = [];
  const bugs: unknown[] = [];
  const queues = new Map<Product, DeliveryQueue>();
  const store = createMemoryStore();
  let lastId = 0;
  const ledger = createLedger({ store, clock, historyLimit });
  const moderation = createModeration({
    products: () => products.map((product) => inUse(apis[product])),
    players,
    ledger,
    audience: {
      accepted: ({ id }) => void told.push(`accepted ${id}`),
      withdrawn: ({ id }, from) => void told.push(`withdrawn ${id} ${from.join(' ')}`),
      queued({ id }, outcome) {
        told.push(`queued ${id}`);
        outcomes.push(outcome);
      },
      settled(action, outcome) {
        told.push(`settled ${action?.id ?? 'request'} ${outcome.status}`);
        outcomes.push(outcome);
      },
    },
    clock,
    say: checkedSay,
    dropWhen,
    newId: () => `a${++lastId}`,
    dispatch: (action, delivery) => queues.get(delivery.product)?.add(action, delivery, true),
    ready: Promise.resolve(),
    withdraw: (id, product) => queues.get(product)?.cancel(id, true) ?? false,
  });
  for (const product of products) {
    const queue = createDeliveryQueue({
      api: apis[product],
      gate: openGate(),
      clock,
      random: () => 0,
      retryForMs: 168 * 3_600_000,
      awaiting: () => undefined,
      waitedSince: () => 0,
      onChange: ({ id }, delivery) => moderation.onDelivery(id, delivery),
      onCall: ({ id }, delivery) => moderation.onCall(id, delivery),
      onWait: ({ id }, delivery) => moderation.onWait(id, delivery),
      onHold() {},
      renewCredentials: () => false,
      onBug: (error) => bugs.push(error),
    });
    queue.start();
    queues.set(product, queue);
  }
  return { moderation, ...apis, players, clock, ledger, store, told, outcomes, bugs };
}
