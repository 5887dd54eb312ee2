import {
  type Action,
  type Author,
  type Delivery,
  deliveryOf,
  isSettled,
  namesOf,
  withDelivery,
} from '../moderation/action.ts';
import type { ProductInUse } from '../moderation/plan.ts';
import type { Ledger } from '../moderation/ports.ts';
import type { TellAuthor } from '../notify/audience.ts';
import type { Log } from '../notify/log.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import { bansTakenBackBy, cameToNothing, servedBan } from './ended-bans.ts';
import { createRecordStore } from './record-store.ts';
import type { RecordKind, RecordTask } from './record-task.ts';
import {
  createDrafts,
  createSayings,
  type RecordSaying,
  type SayingsOptions,
  type Warning,
  warningTask,
} from './record-words.ts';
import { createRecordWorker, type RecordWorker, type RecordWorkerOptions } from './record-worker.ts';

/** Most warnings that are remembered from run to run, the latest: a revoked one is looked for among them. */
const WARNINGS_KEPT = 10_000;

/** What the keeping of records is made of. */
export interface RecordsOptions
  extends Pick<
    RecordWorkerOptions,
    'api' | 'clock' | 'random' | 'retryForMs' | 'points' | 'awaiting' | 'lookForCredentials' | 'onBug'
  > {
  readonly storage: Storage;
  /** `cmsban_cms_records`. */
  readonly kinds: ReadonlySet<RecordKind>;
  readonly cms: ProductInUse;
  /** Whether CMS counts as in use. */
  readonly isInUse: () => boolean;
  readonly ledger: Pick<Ledger, 'byId' | 'about'>;
  readonly tell: TellAuthor;
  /** See {@link SayingsOptions.tellThere}. */
  readonly tellThere: SayingsOptions['tellThere'];
  /** The convars that hold the credentials. */
  readonly convars: () => string;
  readonly log: Log;
  readonly say: Say;
}

/** Keeps what was delivered as disciplinary records of the CMS member. It changes no outcome and delays no ban. */
export interface Records {
  /** A delivery has changed. To be told before whoever stores that, so that both are on disk together. */
  changed(actionId: string, delivery: Delivery): void;
  /** An action was taken in. */
  accepted(action: Action): void;
  /** Before a call goes out: the first try of a kick's record, for afterwards the member is gone. */
  before(action: Action, delivery: Delivery): Promise<void> | undefined;
  warned(warning: Warning): Promise<void>;
  /** @param id of the warning, as txAdmin names it. */
  warningRevoked(id: string, author: Author): Promise<void>;
  /** Tells whoever decided here what the server that works for the community has found out. */
  said(saying: RecordSaying): void;
  /** Goes on where the last run ended, once the ledger is loaded. @returns the names of what could not be read. */
  load(): Promise<readonly string[]>;
  start(): void;
  /** See {@link RecordWorker.retry}. To be called before deliveries are tried: a kick's record goes first. */
  readonly retry: RecordWorker['retry'];
  /** The credentials have come, or are others. */
  renewed(): void;
  stop(): void;
  resume(): void;
}

export function createRecords(options: RecordsOptions): Records {
  const { kinds, ledger, say, clock } = options;
  const store = createRecordStore(options.storage);
  const drafts = createDrafts(options.cms, say);
  const sayings = createSayings(options);
  const worker = createRecordWorker({ ...options, store, onHold: sayings.held, onEnd: sayings.ended });
  const { promise: loaded, resolve: setLoaded } = Promise.withResolvers<void>();
  /** The kicks whose record has had its try in this run. */
  const tried = new Set<string>();

  /** @param task of somebody who may have no name that CMS could know. */
  function add(task: RecordTask): boolean {
    if (task.subjects.length === 0) {
      sayings.ended(task, 'nobody', '');
      return false;
    }
    worker.add(task, true);
    return true;
  }

  function delivered(action: Action, kind: 'ban' | 'kick', by: Delivery): void {
    if (!kinds.has(kind) || !options.isInUse() || worker.get(action.id)) return;
    // After a kick in CMS there is no member any more: that record went before.
    if (kind === 'kick' && deliveryOf(action, 'cms')) return;
    // It may have been given up after an earlier confirmation, and be there.
    const mayBeThere = action.deliveries.some(
      ({ product, state }) => product !== by.product && state.status === 'delivered',
    );
    add({ ...drafts.ofAction(action, kind), mayBeThere });
  }

  /** A kick has ended: nothing more can become of its record, and it can only be in vain. */
  function kickEnded(action: Action | undefined, task: RecordTask): void {
    const isGone = action && deliveryOf(action, 'cms')?.state.status === 'delivered';
    if (task.stage === 'open' && isGone) sayings.dropped(task, say('records.noTry'));
    if (task.stage === 'kept' && action && cameToNothing(action)) worker.lift(task.id, task);
    else if (task.stage !== 'lifted') worker.remove(task.id);
  }

  async function firstTry(task: RecordTask): Promise<void> {
    let failure: string | undefined;
    try {
      failure = await worker.tryNow(task.id);
    } catch (error) {
      options.onBug(error);
      failure = say('delivery.fault');
    }
    const now = worker.get(task.id);
    if (failure === undefined || now?.stage !== 'open') return;
    // The kick meets the same, and comes again when it is mended.
    if (worker.held() === 'BAD_CREDENTIALS') return;
    drop(now, failure);
  }

  function drop(task: RecordTask, failure: string): void {
    worker.change({ ...task, stage: 'dropped' });
    sayings.dropped(task, failure);
  }

  function takeBack(lift: Action): void {
    const served = servedBan(lift);
    // It was served, and stays in the records; a later lift is not about it.
    if (served !== undefined && worker.get(served)?.stage === 'kept') worker.remove(served);
    for (const id of bansTakenBackBy(lift)) worker.lift(id, lift);
  }

  /** What was decided in the moment in which the last run ended, and what need not be known any more. */
  function reconcile(): void {
    const tasks = [...worker.all()];
    const warnings = tasks.filter(({ kind, stage }) => kind === 'warn' && stage === 'kept');
    for (const { id } of warnings.slice(0, Math.max(0, warnings.length - WARNINGS_KEPT))) worker.remove(id);
    for (const task of tasks) {
      const action = ledger.byId(task.id);
      const hasEnded = !action || isSettled(action);
      if (task.isFirst && hasEnded) kickEnded(action, task);
      // No lift can come.
      if (task.kind === 'kick' && !task.isFirst && hasEnded && task.stage === 'kept') worker.remove(task.id);
      if (task.kind !== 'ban') continue;
      if (!action) {
        if (task.stage === 'kept') worker.remove(task.id);
        continue;
      }
      const lift = ledger
        .about(namesOf(action.person))
        .find((other) => bansTakenBackBy(other).includes(task.id));
      if (lift) worker.lift(task.id, lift);
    }
  }

  return {
    changed(actionId, delivery) {
      const before = ledger.byId(actionId);
      if (!before || before.kind === 'unban') return;
      const action = withDelivery(before, delivery);
      if (delivery.state.status === 'delivered') delivered(action, before.kind, delivery);
      if (!isSettled(action)) return;
      tried.delete(actionId);
      const task = worker.get(actionId);
      if (task?.isFirst) kickEnded(action, task);
    },
    accepted(action) {
      if (action.kind === 'unban') takeBack(action);
    },
    before(action, delivery) {
      const { id, kind } = action;
      if (kind !== 'kick' || delivery.product !== 'cms' || !kinds.has('kick')) return undefined;
      // Its call may have been heard: then nobody is left to have a record.
      if (delivery.unanswered !== null || tried.has(id)) return undefined;
      const held = worker.held();
      if (held === 'BAD_CREDENTIALS') return undefined;
      tried.add(id);
      if (!worker.get(id) && !add({ ...drafts.ofAction(action, kind), isFirst: true })) {
        return undefined;
      }
      const task = worker.get(id);
      if (task?.stage !== 'open') return undefined;
      if (held !== undefined) {
        drop(task, say('records.held'));
        return undefined;
      }
      return firstTry(task).finally(() => {
        // What the credentials have kept is tried again with the kick.
        if (worker.get(id)?.stage === 'open') tried.delete(id);
      });
    },
    async warned(warning) {
      if (!kinds.has('warn')) return;
      await loaded;
      if (options.isInUse() && !worker.get(warningTask(warning.id)))
        add(drafts.ofWarning(warning, clock.now()));
    },
    async warningRevoked(id, author) {
      await loaded;
      worker.lift(warningTask(id), { author, origin: 'txadmin', serverId: null });
    },
    said({ task, how, detail }) {
      if (how === 'dropped') sayings.dropped(task, detail);
      else sayings.ended(task, how, detail);
    },
    async load() {
      const { tasks, setAside } = await store.load();
      for (const task of tasks) if (!worker.get(task.id)) worker.add(task, false);
      reconcile();
      setLoaded();
      return setAside;
    },
    start: worker.start,
    retry: worker.retry,
    renewed: worker.renewed,
    stop: worker.stop,
    resume: worker.resume,
  };
}
