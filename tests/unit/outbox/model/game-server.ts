import { createSeen } from '../../../../server/identity/seen.ts';
import type { Subject } from '../../../../server/identity/subject.ts';
import {
  type Action,
  type ActionKind,
  namesOfAction,
  PRODUCTS,
  type Product,
} from '../../../../server/moderation/action.ts';
import type { Moderation } from '../../../../server/moderation/contract.ts';
import { createModeration } from '../../../../server/moderation/moderation.ts';
import type { LinkResult, ProductApi, SanctionResult } from '../../../../server/moderation/product-api.ts';
import { createTies } from '../../../../server/moderation/ties.ts';
import { createOutbox, type DeliveryOutbox } from '../../../../server/outbox/outbox.ts';
import { createRateLimit } from '../../../../server/sonoran/rate-limit.ts';
import { createKvpStorage } from '../../../../server/storage/kvp.ts';
import { createLedger, type StoredLedger } from '../../../../server/storage/ledger.ts';
import { checkedSay } from '../../checked-say.ts';
import { type ManualClock, settle } from '../../manual-clock.ts';
import { fakePlayers } from '../../players.ts';
import { inUse, NO_ACCOUNTS, NO_LIST } from '../../scripted-api.ts';
import { createFakeStore, type FakeStore } from '../../storage/fake-store.ts';
import { LIMITS, type ModelProduct, type SeenCall, seenCall } from './sonoran.ts';

export const HOUR = 3_600_000;
export const RETRY_MS = 3 * HOUR;
/** A rate limit's record. */
const LIMIT_PREFIX = 'limit:';

/** What a life of the process is watched by. */
export interface Witness {
  /** A call goes out; nothing has come of it yet. */
  called(product: Product, call: SeenCall, running: number): void;
  /**
   * An answer was received.
   *
   * @param isCurrent whether the call was made with the credentials that are in use now.
   */
  answered(product: Product, call: SeenCall, result: SanctionResult, isCurrent: boolean): void;
  /** It is asked whether a name is linked. */
  asked(product: Product, ask: SeenCall): void;
  /** That was answered. */
  told(product: Product, ask: SeenCall, result: LinkResult): void;
  /** The credentials were read again, and are others. */
  renewed(product: Product): void;
  accepted(action: Action): void;
  settled(action: Action): void;
  /** It has turned out that two decisions were about one person; here that is always known. */
  corrected(later: Action, earlier: Action): void;
  bug(error: unknown): void;
}

/** One life of the server's process, put together as `main.ts` does, on a store that outlives it. */
export interface Life {
  readonly clock: ManualClock;
  readonly store: FakeStore;
  readonly ledger: StoredLedger;
  readonly moderation: Moderation;
  readonly outbox: DeliveryOutbox;
  isAlive: boolean;
  /** When it was killed, on its clock. */
  diedAt: number | undefined;
  /** Ends in order: no call begins any more, and all that waits is on disk. */
  stop(): void;
  /**
   * It is killed in the middle of a write to come: of its records only the first few reach the disk, and nothing that
   * is put afterwards.
   *
   * @param skip how many writes still succeed before it.
   */
  dieWriting(skip: number, reached: number): void;
  /** The process is gone, with all it was about to do. */
  kill(): void;
}

export interface LifeOptions {
  readonly disk: Map<string, string>;
  /** The process's own, which begins with it. */
  readonly clock: ManualClock;
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
  const { disk, clock, products, witness } = options;
  const store = createFakeStore(disk);
  const storage = createKvpStorage({ store, clock, onTrouble() {} });
  const ledger = createLedger({ storage, clock, historyLimit: 1_000 });
  const wires: { arrive: () => void }[] = [];

  const life: Life = {
    clock,
    store,
    ledger,
    isAlive: true,
    diedAt: undefined,
    get outbox() {
      return outbox;
    },
    get moderation() {
      return moderation;
    },
    kill() {
      life.isAlive = false;
      life.diedAt = clock.elapsed();
      // Whatever is left of the process here writes nothing.
      store.isFull = true;
      // What is on the wire arrives now, or never: its faults say which.
      for (const { arrive } of [...wires]) arrive();
      outbox.stop('');
    },
    stop() {
      outbox.stop('the server shuts down');
      for (const product of PRODUCTS) keepLimit(product, limits[product].record(true));
      storage.flush();
    },
    dieWriting(skip, reached) {
      let left = skip;
      store.onFlush = () => {
        if (!life.isAlive || left-- > 0) return;
        store.unflushed.splice(reached);
        life.kill();
      };
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
      sanctionFields: new Set(['apiId', 'account']),
      lookupFields: new Set(['apiId']),
      bannedList: NO_LIST,
      accountList: NO_ACCOUNTS,
      asksLinks: !isCms,
      isLinked(subject: Subject) {
        const { promise, resolve } = Promise.withResolvers<LinkResult>();
        if (!life.isAlive) return promise;
        const ask = seenCall('ban', subject);
        witness.asked(model.product, ask);
        clock.after(1, () => {
          if (!life.isAlive) return;
          const result = model.tell(ask);
          witness.told(model.product, ask, result);
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
          witness.answered(model.product, call, result, key === this.key);
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
  const keepLimit = (product: Product, value: string) =>
    void storage.soon([{ name: LIMIT_PREFIX + product, value }]);
  const limitOf = (product: Product) =>
    createRateLimit({ limit: LIMITS[product], clock, keep: (value) => keepLimit(product, value) });
  const limits = { cms: limitOf('cms'), cad: limitOf('cad') };
  const ties = createTies(createSeen(), ledger);
  const outbox = createOutbox({
    lines: apis.map(({ model, api }) => ({
      product: inUse(api),
      limit: limits[model.product],
      awaiting: () => undefined,
      renewCredentials() {
        const isNew = api.key !== model.key;
        api.key = model.key;
        if (isNew) witness.renewed(model.product);
        return isNew;
      },
      convars: () => ({ id: '', key: '' }),
    })),
    ledger,
    clock,
    namesOf: (action) => ties.of(namesOfAction(action)),
    random: options.random,
    retryForMs: RETRY_MS,
    say: checkedSay,
    onHold() {},
    onBug: (_where, error) => life.isAlive && witness.bug(error),
  });
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const moderation = createModeration({
    products: () => apis.map(({ api }) => inUse(api)),
    everyProduct: apis.map(({ api }) => inUse(api)),
    ties,
    holders: { of: () => [] },
    known: () => ({ banned: null, account: null, since: null, ageMs: null, stale: true }),
    unlinked: 'keep',
    joinGate: true,
    server: null,
    serverId: null,
    onBug: (error) => life.isAlive && witness.bug(error),
    players: fakePlayers(),
    ledger,
    outbox,
    audience: {
      accepted: (action) => life.isAlive && witness.accepted(action),
      withdrawn() {},
      corrected: (later, earlier) => life.isAlive && witness.corrected(later, earlier),
      queued() {},
      settled: (action) => life.isAlive && action && witness.settled(action),
    },
    clock,
    say: checkedSay,
    notice: () => '',
    dropWhen: 'success',
    newId: options.newId,
    ready,
  });
  for (const product of PRODUCTS) {
    const name = LIMIT_PREFIX + product;
    await storage.load(name, ({ value }) => limits[product].restore(value));
  }
  await ledger.load();
  for (const action of ledger.pending()) outbox.restore(action);
  moderation.resume();
  setReady();
  await clock.pause();
  outbox.start();
  await settle();
  return life;
}
