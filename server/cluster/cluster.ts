import { LIST_PREFIX } from '../bans/snapshot.ts';
import type { Clock } from '../clock.ts';
import { scopedId } from '../identity/scoped-id.ts';
import type { Seen } from '../identity/seen.ts';
import { type Action, isSettled, namesOf } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Audience } from '../moderation/ports.ts';
import type { Cancelled, SanctionRequest, Ticket } from '../moderation/request.ts';
import type { Log } from '../notify/log.ts';
import { inSlices } from '../slices.ts';
import type { Http } from '../sonoran/http.ts';
import { isInUse } from '../sonoran/products.ts';
import type { Database } from '../storage/mysql/database.ts';
import type { DatabaseClock } from '../storage/mysql/database-clock.ts';
import { createFeed, type Feed } from '../storage/mysql/feed.ts';
import { createLease, type Lease, type LossReason, type Term } from '../storage/mysql/lease.ts';
import type { SharedRecord } from '../storage/mysql/record-row.ts';
import { createRequests } from '../storage/mysql/requests.ts';
import { createSharedStorage, type SharedStorage } from '../storage/mysql/shared-storage.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work, WorkOptions } from '../work.ts';
import { createActing } from './acting.ts';
import { ANSWER_PREFIX, readAnswer } from './answer.ts';
import { type Answering, startAnswering } from './answering.ts';
import { type Asking, createAsking } from './asking/asking.ts';
import type { Broadcast } from './broadcast.ts';
import { createBroadcasts } from './broadcasts.ts';
import { createCopy } from './copy.ts';
import { countedHttp } from './counted-http.ts';
import type { DatabaseNews } from './database-news.ts';
import { createDoorReports } from './door-reports.ts';
import { fencedHttp } from './fenced-http.ts';
import { startHousekeeping } from './housekeeping.ts';
import { createMovingIn } from './moving-in.ts';
import { createOverdue } from './overdue.ts';
import { scopedKey } from './ownership.ts';
import type { Report } from './report.ts';
import { serverId } from './server-id.ts';
import { createTakingIn } from './taking-in.ts';
import { type TermClock, termClock } from './term-clock.ts';
import { type TermStorage, termStorage } from './term-storage.ts';
import { through } from './through.ts';

/** What of the work the rest of this server holds. */
export type Parts = Pick<
  Work,
  | 'lines'
  | 'ledger'
  | 'ties'
  | 'bans'
  | 'here'
  | 'own'
  | 'known'
  | 'moderation'
  | 'outbox'
  | 'kept'
  | 'records'
  | 'notices'
  | 'ready'
  | 'tried'
  | 'follow'
  | 'onFollow'
>;

/** Acts on what another server has told; with the id of this one. */
export type OnBroadcast = (broadcast: Broadcast, serverId: string) => void;

/** Acts on what a server has reported, so many milliseconds ago. Resolves when it is on its way to the disk. */
export type OnReport = (report: Report, ageMs: number) => Promise<void>;

/** One server among those of a community. */
export interface Cluster {
  readonly parts: Parts;
  lookUp(who: FoundPerson): Promise<Lookup>;
  /** See {@link Moderation.cancel}; `later` when nobody has answered yet, and it is kept until then. */
  cancel(actionId: string): Promise<Cancelled | 'later' | undefined>;
  /** See {@link Work.retry}; undefined when nobody has answered yet, and it is kept until then. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  /** Whether this server works for the community. */
  isWorking(): boolean;
  /** Whether it can be told who does: it takes part, and the database answers. */
  isInTouch(): boolean;
  /** The server that does, as far as it is known; null when none does. */
  worker(): { readonly id: string; readonly name: string } | null;
  /** Reads what this server has kept for itself, and goes on in the background. */
  start(): Promise<void>;
  /** See {@link Community.report}. */
  report(report: Report): void;
  onReport(callback: OnReport): void;
  /** See {@link Community.broadcast}. */
  broadcast(broadcast: Broadcast): void;
  onBroadcast(callback: OnBroadcast): void;
  /** Calls back whenever what is known was read anew: who is here may be banned. */
  onRead(callback: () => void): void;
  /** Begins no call until it is resumed, if this server works; see {@link Work.pause}. */
  pause(reason: string): void;
  /** Ends in order: another server can take over at once. Nothing is waited for. */
  stop(reason: string): void;
  /** It goes on after all. */
  resume(): void;
  /** Takes part no longer, for good: this server belongs to another community. */
  leave(): void;
}

/** What it takes. */
export interface ClusterOptions {
  readonly community: string;
  readonly serverName: string | null;
  readonly database: Database;
  readonly news: DatabaseNews;
  /** Brings the tables up to date, and takes part. Resolves when that is done; never, when it cannot be. */
  readonly join: (serverId: string) => Promise<void>;
  readonly local: Storage;
  readonly http: Http;
  readonly makeWork: (
    parts: Pick<WorkOptions, 'storage' | 'http' | 'clock' | 'serverId' | 'isWorking'> &
      Required<Pick<WorkOptions, 'handOn' | 'isWriter' | 'tellOthers'>>,
  ) => Work;
  readonly lookUp: (work: Work, who: FoundPerson) => Promise<Lookup>;
  readonly seen: Seen;
  readonly audience: Audience;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  /** The drop rule of this server. */
  readonly dropWhen: Action['drop'];
  readonly newId: () => string;
  readonly lengthMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/*
 * What this server is to its community:
 *
 * - `apart`: the database was not read yet. What this server has kept for itself counts. → following
 * - `following`: it knows all that the database holds, and hears of every change; decisions are asked of the server
 *   that works. → taking over, when it is granted the lease
 * - `taking over`: it reads all once more, for now nobody else writes; until that is done it follows. → working;
 *   following, when the lease is lost before
 * - `working`: it decides, delivers, and answers what is asked. → following, when the lease is lost: its work is
 *   thrown away as by a crash, and what it knows counts until the database has been read anew
 *
 * Each time, the work is made anew (a `Generation`). What the rest of this server holds goes through to the current one.
 */

/** How long it is looked more often for what somebody waits for, in milliseconds. */
const HURRY_MS = 10_000;

/** The work, from one reading of the database to the next. */
interface Generation {
  readonly work: Work;
  readonly clock: TermClock;
  readonly storage: TermStorage;
  /** Whether it knows all that the database holds. */
  readonly isWhole: boolean;
}

/** A term of the lease here. */
interface Tenure {
  readonly term: Term;
  readonly ended: Promise<void>;
  readonly end: () => void;
}

/** Of these there are thousands; of all other kinds, a few. */
const MANY = ['action:', 'key:'];

/** All records that a database holds, and apart those of which there are few. */
interface Records {
  readonly all: Map<string, string>;
  readonly few: Map<string, string>;
}

/** Takes the records as they came, in slices. */
async function recordsOf(told: readonly SharedRecord[], clock: Clock): Promise<Records> {
  const all = new Map<string, string>();
  const few = new Map<string, string>();
  await inSlices(told, clock, ({ name, value }) => {
    for (const records of MANY.some((kind) => name.startsWith(kind)) ? [all] : [all, few]) {
      if (value === null) records.delete(name);
      else records.set(name, value);
    }
  });
  return { all, few };
}

/** As from storage: what is read is parsed, so it is done in slices. */
function loadFrom({ all, few }: Records, clock: Clock): Storage['load'] {
  return async (prefix, take) => {
    const isAmongMany = MANY.some((kind) => kind.startsWith(prefix) || prefix.startsWith(kind));
    const read = ([name, value]: readonly [string, string]) => {
      if (name.startsWith(prefix)) take({ name, value });
    };
    await inSlices(isAmongMany ? all : few, clock, read, 'at once');
  };
}

export function createCluster(options: ClusterOptions): Cluster {
  const { community, database, news, local, seen, clock, log, say } = options;
  /** Its id is known once its own store has been read. */
  const server = { id: '', name: options.serverName };
  const copy = createCopy(local, clock);
  const requests = createRequests({ database, community });
  const readCallbacks: Array<() => void> = [];
  const followCallbacks: Array<Parameters<Work['onFollow']>[0]> = [];
  const bannedCallbacks: Array<Parameters<Work['bans']['onBanned']>[0]> = [];
  const lateCallbacks: Array<Parameters<Work['bans']['onLate']>[0]> = [];
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  let lease: Lease | undefined;
  let tenure: Tenure | undefined;
  let working: Generation | undefined;
  let answering: Answering | undefined;
  /** What this server writes to while it works. */
  let shared: SharedStorage | undefined;
  let onReport: OnReport = async () => {};
  let onBroadcast: OnBroadcast = () => {};
  let holder: { readonly id: string; readonly name: string } | null = null;
  /** The records of the lists, as they are now: a list is read anew from them when they change. */
  let lists = new Map<string, string>();
  let following: Feed | undefined;
  let time: DatabaseClock | undefined;
  let isJoined = false;
  /** Changes of who works come one after the other. */
  let turn: Promise<void> = Promise.resolve();

  const { http, areOver } = countedHttp(options.http, clock);
  const movingIn = createMovingIn({
    local,
    database,
    community,
    server,
    requests,
    newId: options.newId,
    // What counted here until now is known to all.
    onMoved: () => next(async () => (working ? undefined : readAnew())),
    onTrouble: news.of('moving-in'),
    clock,
    log,
    say,
  });
  const takingIn = createTakingIn({ database, community, requests, clock, onTakenIn: movingIn.takenIn });

  let current = make(copy.load, false);

  const asking: Asking = createAsking({
    server,
    local,
    box: {
      async add({ id, at, body }) {
        if (!isJoined) return 'later';
        const added = await requests.add({ id, server: server.id, decidedAt: at, body });
        if (added.ok) return 'there';
        return added.trouble === 'fault' ? 'never' : 'later';
      },
      remove: (id) => void requests.remove([id]),
    },
    now,
    offset: () => time?.offset(),
    products: () => current.work.lines.filter(isInUse).map(({ product }) => product),
    dropWhen: options.dropWhen,
    dropIfDue: (action) => current.work.moderation.dropIfDue(action),
    ties: through(() => current.work.ties),
    seen,
    audience: options.audience,
    outcomeOf: options.outcomeOf,
    actionById: (id) => current.work.ledger.byId(id),
    isTold: (id) => overdue.isAnswered(id),
    newId: options.newId,
    why,
    isAway: () => news.isAway(),
    onAsked: () => following?.hurry(HURRY_MS),
    clock,
    say,
  });

  const overdue = createOverdue({
    isAway: () => news.isAway(),
    keep: asking.keep,
    forget: asking.forgetKept,
    answer: (id) => working?.work.moderation.answerNow(id, say('cluster.database')) ?? false,
    clock,
  });

  const acting = createActing({
    act: (report, ageMs) => onReport(report, ageMs),
    keep: asking.keepReport,
    forget: asking.forgetKept,
    handOn: asking.report,
    clock,
  });

  const broadcasts = createBroadcasts({
    now,
    newId: options.newId,
    onBroadcast: (broadcast) => onBroadcast(broadcast, server.id),
  });

  const doorReports = createDoorReports({
    ledger: through(() => current.work.ledger),
    ties: through(() => current.work.ties),
    send: (report) => void asking.report(report),
    clock,
  });

  function isInTouch(): boolean {
    return isJoined && !news.isAway();
  }

  function why(): string {
    if (!isInTouch()) return say('cluster.database');
    return holder === null
      ? say('cluster.nobody')
      : say('cluster.waits', { server: holder.name || holder.id });
  }

  function createOwnLease(): Lease {
    return createLease({
      database,
      community,
      server: { id: server.id, name: server.name ?? '' },
      ...(options.lengthMs === undefined ? {} : { lengthMs: options.lengthMs }),
      clock,
      onGained(term) {
        const { promise: ended, resolve: end } = Promise.withResolvers<void>();
        const gained = { term, ended, end };
        tenure = gained;
        next(() => takeOver(gained));
      },
      onLost,
      onTrouble: news.of('lease'),
    });
  }

  function onLost(_why: LossReason): void {
    tenure?.end();
    tenure = undefined;
    next(lose);
  }

  /** The clock that all servers share; ours, until it is known. */
  function now(): number {
    return time?.now() ?? clock.now();
  }

  function next(step: () => Promise<void>): void {
    turn = turn.then(step).catch((error: unknown) => log.bug('cluster', error));
  }

  /** @param term the one in which it works; none for who follows. */
  function make(load: Storage['load'], isWhole: boolean, term?: Term): Generation {
    const ownClock = termClock(clock, now);
    const storage = termStorage(load);
    const isHeld = () => term?.isHeld() === true;
    const work = options.makeWork({
      storage,
      clock: ownClock,
      http: fencedHttp(http, isHeld, say),
      serverId: server.id,
      isWorking: isHeld,
      isWriter: storage.isOpen,
      handOn: (who, request, id) => asking.submit(who, request, id),
      tellOthers(told) {
        if (isHeld()) broadcasts.send(storage, ownClock, told);
      },
    });
    work.bans.onBanned((product, identifiers, account) => {
      for (const callback of bannedCallbacks) callback(product, identifiers, account);
    });
    work.bans.onLate((list) => {
      for (const callback of lateCallbacks) callback(list);
    });
    work.onFollow((product) => {
      for (const callback of followCallbacks) callback(product);
    });
    return { work, clock: ownClock, storage, isWhole };
  }

  /** Whoever works has written it. */
  function hear({ name, value }: SharedRecord): void {
    const { work } = current;
    if (name.startsWith(LIST_PREFIX)) {
      if (value === null) lists.delete(name);
      else lists.set(name, value);
    }
    copy.keep([{ name, value }]);
    work.heard({ name, value: value ?? undefined });
    movingIn.heard(name, value);
    broadcasts.heard(name, value);
    if (value !== null) hearAnswer(name, value);
    const action = name.startsWith('action:') ? work.ledger.byId(name.slice('action:'.length)) : undefined;
    if (action?.serverId === server.id) asking.followed(action);
  }

  function hearAnswer(name: string, value: string): void {
    if (!name.startsWith(ANSWER_PREFIX)) return;
    const answer = readAnswer(value);
    if (answer) asking.answered(name.slice(ANSWER_PREFIX.length), answer);
  }

  /** From now on this is what is known. What has happened in between is told. */
  function use(generation: Generation): void {
    const before = current;
    before.clock.stop();
    current = generation;
    const { ledger, moderation } = generation.work;
    for (const action of [...ledger.latest(Number.POSITIVE_INFINITY)].reverse()) {
      const known = before.work.ledger.byId(action.id);
      const safe = known && before.work.ledger.safe(known);
      if (safe ? !isSettled(safe) && isSettled(action) : before.isWhole) moderation.followed(action, safe);
    }
    asking.reconcile();
    for (const callback of readCallbacks) callback();
  }

  /** Reads all that the database has, and follows it from there. */
  async function readAnew(): Promise<void> {
    following?.stop();
    news.forget('feed');
    if (!isJoined) return;
    const { promise: isThere, resolve: heardAll } = Promise.withResolvers<void>();
    /** What is heard before it can be taken in; undefined once it can. */
    let early: SharedRecord[] | undefined = [];
    const feed = createFeed({
      database,
      community,
      clock,
      onRecord(record) {
        if (feed !== following) return;
        if (early) early.push(record);
        else if (!working) hear(record);
        // What the server that worked before has said last.
        else broadcasts.heard(record.name, record.value);
      },
      onCaughtUp: () => heardAll(),
      onState(state) {
        if (feed !== following) return;
        time = feed.time;
        const isHeld = state.holder !== null && state.expiresAt >= state.now;
        holder = isHeld && state.holder !== null ? { id: state.holder, name: state.holderName ?? '' } : null;
        lease?.heard(state);
        if (state.requests > 0) answering?.look();
      },
      onTrouble: (trouble) => feed === following && news.of('feed')(trouble),
    });
    following = feed;
    feed.start();
    await isThere;
    if (feed !== following) return;
    const records = await recordsOf(early.splice(0), clock);
    if (feed !== following) return;
    const generation = make(movingIn.beside(loadFrom(records, clock)), true);
    await generation.work.read();
    await copy.replace(records.all);
    for (const [name, value] of records.few) hearAnswer(name, value);
    // From here the generation reads its lists, as they will be.
    lists = records.few;
    use(generation);
    for (const [name, value] of [...records.few]) {
      broadcasts.heard(name, value);
      movingIn.heard(name, value);
      if (!name.startsWith(LIST_PREFIX)) records.few.delete(name);
    }
    // It was read, and is not again.
    records.all.clear();
    for (const record of early) hear(record);
    early = undefined;
  }

  async function takeOver(held: Tenure): Promise<void> {
    const { term, ended } = held;
    if (!term.isHeld()) return;
    const generation = make(async () => {}, true, term);
    const target = createSharedStorage({
      database,
      community,
      term,
      clock,
      onLost: (over) => lease?.giveUp(over),
      onTrouble: news.of('storage'),
    });
    generation.storage.open(copying(target));
    const { work } = generation;
    const takeStoresIn = takingIn.takeAll({ ...target, ...generation.storage }, term.isHeld, clock);
    // Nobody else writes any more: what is read then is all there is.
    const isDone = await Promise.race([
      takeStoresIn
        .then(work.read)
        .then(work.takeOver)
        .then(() => true),
      ended.then(() => false),
    ]);
    if (!isDone || !term.isHeld()) {
      generation.storage.close();
      generation.clock.stop();
      news.forget('storage');
      return;
    }
    use(generation);
    working = generation;
    shared = target;
    // Every poll says whether something is asked.
    following?.hurry(Number.POSITIVE_INFINITY);
    work.start();
    void broadcasts.tidy(target, generation.clock);
    answering = startAnswering({
      requests,
      remove: target.removeRequests,
      work,
      lookUp: (who) => options.lookUp(work, who),
      onReport,
      storage: target,
      seen,
      onStore: () => next(() => takeStores(generation, held, target.settled)),
      onTaken: asking.taken,
      onAnswer: asking.answered,
      clock: generation.clock,
      onBug: (error) => log.bug('answering', error),
    });
    startHousekeeping({
      database,
      community,
      term,
      storage: target,
      clock: generation.clock,
      onBug: (error) => log.bug('housekeeping', error),
    });
    log.info(say('cluster.works'));
  }

  /**
   * Takes in what servers have kept by themselves. It was decided before much that is known, so all is read anew
   * afterwards: the work ends as when it stops, with no call under way, and begins again in the same term.
   */
  async function takeStores(
    generation: Generation,
    held: Tenure,
    settled: () => Promise<void>,
  ): Promise<void> {
    const isOurs = () => working === generation && held.term.isHeld();
    if (!isOurs() || !(await takingIn.waiting())?.length) return;
    answering?.stop();
    answering = undefined;
    generation.work.pause(say('cluster.takesIn'));
    await Promise.race([areOver(), held.ended]);
    if (!isOurs()) return;
    generation.work.end(say('cluster.takesIn'));
    await Promise.race([settled(), held.ended]);
    if (!isOurs()) return;
    generation.work.moderation.answerAll(say('cluster.takesIn'), true);
    working = undefined;
    shared = undefined;
    generation.storage.close();
    // What was decided in this very moment.
    await Promise.race([settled(), held.ended]);
    await takeOver(held);
    if (!working) await readAnew();
  }

  /** What this server writes, it keeps for itself as well. */
  function copying(target: Storage): Storage {
    return {
      ...target,
      async write(changes) {
        const result = await target.write(changes);
        if (result === 'written') copy.keep(changes);
        return result;
      },
      async soon(changes) {
        await target.soon(changes);
        copy.keep(changes);
      },
    };
  }

  async function lose(): Promise<void> {
    answering?.stop();
    answering = undefined;
    shared = undefined;
    news.forget('storage');
    const lost = working;
    working = undefined;
    if (!lost) return;
    lost.storage.close();
    lost.work.end(say('cluster.lost'));
    lost.clock.stop();
    lost.work.moderation.handOver(say('cluster.handedOver'), false);
    log.warn(say('cluster.lost'));
    await readAnew();
  }

  /** The ids that callers and txAdmin give their decisions are each server's own; all times are those of all servers. */
  function scoped(request: SanctionRequest): SanctionRequest {
    const { key, only, expiresAt } = request;
    return {
      ...request,
      ...(key === undefined ? {} : { key: scopedKey(key, server.id) }),
      ...(only !== undefined && 'key' in only ? { only: { key: scopedKey(only.key, server.id) } } : {}),
      ...(expiresAt === undefined ? {} : { expiresAt: expiresAt + (time?.offset() ?? 0) }),
    };
  }

  function report(given: Report): void {
    const isWarning = given.about === 'warned' || given.about === 'warning-revoked';
    const told = isWarning ? { ...given, id: scopedId(given.id, server.id) } : given;
    const held = tenure?.term;
    if (shared && held) {
      const term = { settled: shared.settled, isHeld: held.isHeld };
      acting.act(told, term).catch((error: unknown) => log.bug('report', error));
    } else if (told.about === 'tried') doorReports.tried(told);
    else if (told.about === 'refused') doorReports.refused(told);
    else void asking.report(told);
  }

  function submit(who: FoundPerson, given: SanctionRequest): Promise<Ticket> {
    const request = scoped(given);
    const isWaiting = request.key !== undefined && asking.isWaiting(request.key);
    if (!working || isWaiting) return asking.submit(who, request);
    const id = options.newId();
    const elsewhere = { id, serverId: server.id, server: server.name, at: now() };
    return overdue.watch(
      id,
      who,
      { ...request, elsewhere },
      working.work.moderation.submit(who, { ...request, elsewhere }),
    );
  }

  /** What is asked of the work here is asked of the server that works when the lease is lost meanwhile. */
  async function orAsk<T>(ask: (work: Work) => Promise<T>, elsewhere: () => Promise<T>): Promise<T> {
    const held = tenure;
    if (!working || !held) return elsewhere();
    const lost = held.ended.then(() => undefined);
    const answer = await Promise.race([ask(working.work).then((value) => ({ value })), lost]);
    return answer && held.term.isHeld() ? answer.value : elsewhere();
  }

  const waiting = () => asking.waiting();
  /** What waits to be taken in was decided after all that is known here. */
  const latest = () => [...waiting()].reverse();
  const parts: Parts = {
    lines: current.work.lines,
    ledger: through(() => current.work.ledger, {
      byId: (id) => current.work.ledger.byId(id) ?? waiting().find((action) => action.id === id),
      pending: () => [...current.work.ledger.pending(), ...waiting()],
      latest: (limit) => [...latest(), ...current.work.ledger.latest(limit)].slice(0, limit),
      about: (names) => [
        ...current.work.ledger.about(names),
        ...waiting().filter(({ person }) => namesOf(person).some((name) => names.includes(name))),
      ],
    }),
    ties: through(() => current.work.ties),
    bans: through(() => current.work.bans, {
      onBanned: (callback) => bannedCallbacks.push(callback),
      onLate: (callback) => lateCallbacks.push(callback),
    }),
    here: { find: (names) => asking.verdictOn(names, current.work.here.find(names)) },
    own: through(() => current.work.own),
    known: (product, person) => current.work.known(product, person),
    moderation: through(() => current.work.moderation, {
      submit,
      pending: () => [...waiting().map(options.outcomeOf), ...current.work.moderation.pending()],
      history: (limit) =>
        [...latest().map(options.outcomeOf), ...current.work.moderation.history(limit)].slice(0, limit),
    }),
    outbox: through(() => current.work.outbox),
    kept: through(() => current.work.kept),
    records: through(() => current.work.records),
    notices: through(() => current.work.notices),
    ready,
    tried: (identifiers) => current.work.tried(identifiers),
    follow(line) {
      const same = current.work.lines.find((each) => each.product.api.product === line.product.api.product);
      return current.work.follow(same ?? line);
    },
    onFollow: (callback) => followCallbacks.push(callback),
  };

  return {
    parts,
    lookUp: (who) =>
      orAsk(
        (work) => options.lookUp(work, who),
        () => asking.lookUp(who),
      ),
    cancel: (actionId) =>
      orAsk<Cancelled | 'later' | undefined>(
        (work) => work.moderation.cancel(actionId),
        () => asking.cancel(actionId),
      ),
    retry: (actionId) =>
      orAsk<ReturnType<Work['retry']> | undefined>(
        async (work) => work.retry(actionId),
        () => asking.retry(actionId),
      ),
    report,
    onReport(callback) {
      onReport = callback;
    },
    broadcast(told) {
      if (working) broadcasts.send(working.storage, working.clock, told);
    },
    onBroadcast(callback) {
      onBroadcast = callback;
    },
    isWorking: () => working !== undefined,
    isInTouch,
    worker: () => holder,
    async start() {
      server.id = await serverId(local, options.newId, clock);
      await movingIn.load();
      const generation = make(movingIn.beside(copy.load), false);
      await generation.work.read();
      current.clock.stop();
      current = generation;
      await asking.resume();
      setReady();
      next(async () => {
        await options.join(server.id);
        await movingIn.handIn();
        isJoined = true;
        await readAnew();
        lease = createOwnLease();
        lease.start();
      });
    },
    onRead: (callback) => readCallbacks.push(callback),
    pause: (reason) => working?.work.pause(reason),
    stop(reason) {
      // First of all: there is no later turn, and whoever takes over is not to wait.
      tenure?.end();
      tenure = undefined;
      void lease?.stop();
      lease = undefined;
      answering?.stop();
      shared = undefined;
      working?.work.end(reason);
      asking.hurry();
      overdue.keepAll();
      acting.keepAll();
      const isSaved = local.flush();
      working?.work.moderation.handOver(reason, isSaved);
      if (isSaved) asking.answerAll(reason);
    },
    resume() {
      working?.work.resume();
      if (lease || !isJoined || !following) return;
      news.forget('lease');
      next(lose);
      next(async () => {
        lease ??= createOwnLease();
        lease.start();
      });
    },
    leave() {
      isJoined = false;
      void lease?.stop();
      lease = undefined;
      following?.stop();
      following = undefined;
      onLost('given up');
    },
  };
}
