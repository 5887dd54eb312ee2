import type { DropRule, Product } from '../../../server/moderation/action.ts';
import { createModeration, type Moderation } from '../../../server/moderation/moderation.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import type { Ledger } from '../../../server/moderation/ports.ts';
import { createOutbox } from '../../../server/outbox/outbox.ts';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import { createLedger } from '../../../server/storage/ledger.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, type ManualClock } from '../manual-clock.ts';
import { openLimit } from '../open-limit.ts';
import { type FakePlayers, fakePlayers } from '../players.ts';
import { inUse, type ScriptedApi, scriptedApi } from '../scripted-api.ts';
import { createFakeStore, type FakeStore } from '../storage/fake-store.ts';

/** Moderation with real queues and a real ledger; only the world around is made up. */
export interface Running {
  readonly moderation: Moderation;
  readonly cms: ScriptedApi;
  readonly cad: ScriptedApi;
  readonly players: FakePlayers;
  readonly clock: ManualClock;
  readonly ledger: Ledger;
  readonly store: FakeStore;
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
  const store = createFakeStore();
  let lastId = 0;
  const storage = createKvpStorage({ store, clock, onTrouble() {} });
  const ledger = createLedger({ storage, clock, historyLimit });
  const lines = products.map((product) => ({
    product: inUse(apis[product]),
    limit: openLimit(),
    awaiting: () => undefined,
    renewCredentials: () => false,
    convars: () => ({ id: '', key: '' }),
  }));
  const outbox = createOutbox({
    lines,
    ledger,
    clock,
    random: () => 0,
    retryForMs: 168 * 3_600_000,
    onHold() {},
    say: checkedSay,
    onBug: (_where, error) => bugs.push(error),
  });
  const moderation = createModeration({
    products: () => lines.map(({ product }) => product),
    players,
    ledger,
    outbox,
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
    ready: Promise.resolve(),
  });
  outbox.start();
  return { moderation, ...apis, players, clock, ledger, store, told, outcomes, bugs };
}
