import { createNotices } from '../../../server/door/notice.ts';
import { createSeen, type Seen } from '../../../server/identity/seen.ts';
import { type DropRule, namesOfAction, type Product } from '../../../server/moderation/action.ts';
import type { UnlinkedRule } from '../../../server/moderation/conclude.ts';
import type { Moderation } from '../../../server/moderation/contract.ts';
import type { KnownBan } from '../../../server/moderation/known-ban.ts';
import { createModeration } from '../../../server/moderation/moderation.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import type { Ledger } from '../../../server/moderation/ports.ts';
import { createTemporaryBans, type TemporaryBans } from '../../../server/moderation/temporary-bans.ts';
import { createTies, type Ties } from '../../../server/moderation/ties.ts';
import { createOutbox, type DeliveryOutbox } from '../../../server/outbox/outbox.ts';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import { createLedger } from '../../../server/storage/ledger.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, type ManualClock, settle } from '../manual-clock.ts';
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
  readonly ties: Ties;
  readonly seen: Seen;
  readonly store: FakeStore;
  readonly temporaryBans: TemporaryBans;
  readonly outbox: DeliveryOutbox;
  /** Writes all that waits. */
  readonly flush: () => boolean;
  /** What the audience was told, oldest first: `accepted a1`, `queued a1`, `withdrawn a2 cad`, `settled a1 delivered`. */
  readonly told: string[];
  readonly outcomes: Outcome[];
  readonly bugs: unknown[];
}

export interface RunningOptions {
  readonly products?: readonly Product[];
  readonly dropWhen?: DropRule;
  readonly historyLimit?: number;
  readonly unlinked?: UnlinkedRule;
  /** The products whose lists have whoever is asked for; without it no list has been read. */
  readonly listed?: ReadonlySet<Product>;
  /** A number from 0 (included) to 1 (excluded); 0 unless it is said otherwise. */
  readonly random?: () => number;
  readonly newId?: () => string;
  /** What an earlier run has left, see {@link runAgain}. */
  readonly disk?: Map<string, string>;
  /** The wall clock at the start. */
  readonly wall?: number;
}

const NOT_KNOWN: KnownBan = { banned: null, account: null, since: null, ageMs: null, stale: true };

/** Nothing is stored: it begins at once. */
export function run(options: RunningOptions = {}): Running {
  const { running, begin } = assemble(options, Promise.resolve());
  begin();
  return running;
}

/**
 * Goes on where an earlier run ended, in the order of `main.ts`.
 *
 * @param before what is known before it is gone on with what is stored.
 */
export async function runAgain(
  options: RunningOptions,
  before: (running: Running) => void,
): Promise<Running> {
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const { running, load, begin } = assemble(options, ready);
  await load();
  before(running);
  const { ledger, outbox, moderation, temporaryBans, clock } = running;
  for (const action of ledger.pending()) outbox.restore(action);
  moderation.resume();
  temporaryBans.resume();
  setReady();
  await clock.pause();
  begin();
  await settle();
  return running;
}

function assemble(
  {
    products = ['cms', 'cad'],
    dropWhen = 'success',
    historyLimit = 100,
    unlinked = 'keep',
    listed,
    random = () => 0,
    newId,
    disk,
    wall,
  }: RunningOptions,
  ready: Promise<void>,
): { readonly running: Running; readonly load: () => Promise<unknown>; readonly begin: () => void } {
  const clock = createManualClock(wall);
  const players = fakePlayers();
  const apis = { cms: scriptedApi('cms'), cad: scriptedApi('cad') };
  const told: string[] = [];
  const outcomes: Outcome[] = [];
  const bugs: unknown[] = [];
  const store = createFakeStore(disk);
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
  const seen = createSeen();
  const ties = createTies(seen, ledger);
  const outbox = createOutbox({
    lines,
    ledger,
    clock,
    namesOf: (action) => ties.of(namesOfAction(action)),
    random,
    retryForMs: 168 * 3_600_000,
    onHold() {},
    say: checkedSay,
    onBug: (_where, error) => bugs.push(error),
  });
  const moderation = createModeration({
    products: () => lines.map(({ product }) => product),
    everyProduct: lines.map(({ product }) => product),
    players,
    ledger,
    ties,
    holders: { of: () => [] },
    known: (product) => (listed === undefined ? NOT_KNOWN : { ...NOT_KNOWN, banned: listed.has(product) }),
    outbox,
    audience: {
      accepted: ({ id }) => void told.push(`accepted ${id}`),
      withdrawn: ({ id }, from) => void told.push(`withdrawn ${id} ${from.join(' ')}`),
      corrected: (later, earlier) => void told.push(`corrected ${later.id} ${earlier.id}`),
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
    notice: createNotices({ appealText: 'Appeal here.', clock, say: checkedSay }).of,
    dropWhen,
    unlinked,
    joinGate: true,
    server: null,
    serverId: null,
    newId: newId ?? (() => `a${++lastId}`),
    ready,
    onBug: (error) => bugs.push(error),
  });
  const temporaryBans = createTemporaryBans({
    clock,
    ledger,
    expire: moderation.expire,
    onBug: (error) => bugs.push(error),
  });
  moderation.onAccepted(temporaryBans.accepted);
  moderation.onProlonged(temporaryBans.accepted);
  const world = { players, clock, ledger, ties, seen, store, told, outcomes, bugs };
  return {
    running: { moderation, ...apis, ...world, outbox, temporaryBans, flush: storage.flush },
    load: ledger.load,
    begin: outbox.start,
  };
}
