import { type Clock, sleep } from '../clock.ts';
import type { Seen } from '../identity/seen.ts';
import type { Action } from '../moderation/action.ts';
import type { Lookup } from '../moderation/lookup.ts';
import type { Outcome } from '../moderation/outcome.ts';
import type { FoundPerson } from '../moderation/person.ts';
import type { Audience } from '../moderation/ports.ts';
import type { SanctionRequest, Ticket } from '../moderation/request.ts';
import type { Log } from '../notify/log.ts';
import type { Http } from '../sonoran/http.ts';
import { isInUse } from '../sonoran/products.ts';
import type { Database } from '../storage/mysql/database.ts';
import type { DatabaseClock } from '../storage/mysql/database-clock.ts';
import { createFeed, type Feed } from '../storage/mysql/feed.ts';
import { createLease, type Term } from '../storage/mysql/lease.ts';
import type { SharedRecord } from '../storage/mysql/record-row.ts';
import { createRequests } from '../storage/mysql/requests.ts';
import { createSharedStorage } from '../storage/mysql/shared-storage.ts';
import type { Failure } from '../storage/mysql/trouble.ts';
import type { Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import type { Work, WorkOptions } from '../work.ts';
import { ANSWER_PREFIX, readAnswer } from './answer.ts';
import { type Answering, startAnswering } from './answering.ts';
import { type Asking, createAsking } from './asking.ts';
import { createCopy } from './copy.ts';
import { countedHttp } from './counted-http.ts';
import { fencedHttp } from './fenced-http.ts';
import { createMovingIn } from './moving-in.ts';
import { scopedKey } from './ownership.ts';
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
  | 'follow'
  | 'onFollow'
>;

/** One server among those of a community. */
export interface Cluster {
  readonly parts: Parts;
  lookUp(who: FoundPerson): Promise<Lookup>;
  /** See {@link Work.retry}; undefined when nobody has answered. */
  retry(actionId: string | undefined): Promise<ReturnType<Work['retry']> | undefined>;
  /** Whether this server works for the community. */
  isWorking(): boolean;
  /** The server that does, as far as it is known; null when none does. */
  worker(): { readonly id: string; readonly name: string } | null;
  /** Reads what this server has kept for itself, and goes on in the background. */
  start(): Promise<void>;
  /** Calls back whenever what is known was read anew: who is here may be banned. */
  onRead(callback: () => void): void;
  /** Ends in order: another server can take over at once. */
  stop(reason: string): void;
}

/** What it takes. */
export interface ClusterOptions {
  readonly community: string;
  readonly serverName: string | null;
  readonly database: Database;
  /** Brings the tables up to date, and takes part. Resolves when that is done; never, when it cannot be. */
  readonly join: (serverId: string) => Promise<void>;
  readonly local: Storage;
  readonly http: Http;
  readonly makeWork: (
    parts: Pick<WorkOptions, 'storage' | 'http' | 'clock' | 'serverId' | 'isWorking'> &
      Required<Pick<WorkOptions, 'handOn'>>,
  ) => Work;
  readonly lookUp: (work: Work, who: FoundPerson) => Promise<Lookup>;
  readonly seen: Seen;
  readonly audience: Audience;
  /** How an action stands, for whoever reads it here. */
  readonly outcomeOf: (action: Action) => Outcome;
  readonly newId: () => string;
  readonly lengthMs?: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** How long it is looked more often for what somebody waits for, in milliseconds. */
const HURRY_MS = 10_000;
/** How often it is looked whether a term is over that something waits in, in milliseconds. */
const OVER_MS = 100;

/** The work, from one loss of the lease to the next. */
interface Generation {
  readonly work: Work;
  readonly clock: TermClock;
  readonly storage: TermStorage;
}

/**
 * Reads its own copy → (the database is there) follows → (has the lease) works → (has lost it) follows. The work that
 * has lost the lease is thrown away as a crash would do it, and read anew; until that is done it is what is known.
 */
function loadFrom(records: ReadonlyMap<string, string>): Storage['load'] {
  return async (prefix, take) => {
    for (const [name, value] of records) if (name.startsWith(prefix)) take({ name, value });
  };
}

export function createCluster(options: ClusterOptions): Cluster {
  const { community, database, local, seen, clock, log, say } = options;
  /** Its id is known once its own store has been read. */
  const server = { id: '', name: options.serverName };
  const copy = createCopy(local);
  const requests = createRequests({ database, community });
  const readCallbacks: Array<() => void> = [];
  const followCallbacks: Array<Parameters<Work['onFollow']>[0]> = [];
  const bannedCallbacks: Array<Parameters<Work['bans']['onBanned']>[0]> = [];
  const lateCallbacks: Array<Parameters<Work['bans']['onLate']>[0]> = [];
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  let term: Term | undefined;
  let working: Generation | undefined;
  let answering: Answering | undefined;
  let holder: { readonly id: string; readonly name: string } | null = null;
  let following: Feed | undefined;
  let time: DatabaseClock | undefined;
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
    onTrouble: sayTrouble,
    clock,
    log,
    say,
  });
  const takingIn = createTakingIn({ database, community, requests, clock, onTakenIn: movingIn.takenIn });
  let current = make(copy.load);

  const asking: Asking = createAsking({
    server,
    local,
    box: {
      async add({ id, at, body }) {
        return (await requests.add({ id, server: server.id, decidedAt: at, body })).ok;
      },
    },
    now,
    products: () => current.work.lines.filter(isInUse).map(({ product }) => product),
    ties: through(() => current.work.ties),
    seen,
    audience: options.audience,
    refuse: (request, id, message) =>
      current.work.moderation.refuse({ ...request, elsewhere: elsewhere(id) }, 'REFUSED', message),
    outcomeOf: options.outcomeOf,
    actionById: (id) => current.work.ledger.byId(id),
    newId: options.newId,
    why: () => say(holder === null ? 'cluster.nobody' : 'cluster.waits', { server: holder?.name ?? '' }),
    onAsked: () => following?.hurry(HURRY_MS),
    clock,
    say,
  });

  const lease = createLease({
    database,
    community,
    server: {
      get id() {
        return server.id;
      },
      name: server.name ?? '',
    },
    ...(options.lengthMs === undefined ? {} : { lengthMs: options.lengthMs }),
    clock,
    onGained: (gained) => next(() => takeOver(gained)),
    onLost: () => next(lose),
    onTrouble: sayTrouble,
  });

  /** The clock that all servers share; ours, until it is known. */
  function now(): number {
    return time?.now() ?? clock.now();
  }

  function elsewhere(id: string) {
    return { id, serverId: server.id, server: server.name, at: now() };
  }

  function next(step: () => Promise<void>): void {
    turn = turn.then(step).catch((error: unknown) => log.bug('cluster', error));
  }

  function sayTrouble(trouble: Failure | null): void {
    if (trouble === null) log.info(say('database.back'));
    else log.error(say(`database.${trouble.trouble}`, { detail: trouble.detail }));
  }

  function make(load: Storage['load']): Generation {
    const ownClock = termClock(clock, now);
    const storage = termStorage(load);
    let generation: Generation | undefined;
    const isWorking = () => generation !== undefined && working === generation;
    const work = options.makeWork({
      storage,
      clock: ownClock,
      http: fencedHttp(http, () => isWorking() && term?.isHeld() === true, say),
      serverId: server.id,
      isWorking,
      handOn: (who, request, id) => asking.submit(who, request, id),
    });
    work.bans.onBanned((product, identifiers) => {
      for (const callback of bannedCallbacks) callback(product, identifiers);
    });
    work.bans.onLate((list) => {
      for (const callback of lateCallbacks) callback(list);
    });
    work.onFollow((product) => {
      for (const callback of followCallbacks) callback(product);
    });
    generation = { work, clock: ownClock, storage };
    return generation;
  }

  function hear({ name, value }: SharedRecord): void {
    const { work } = current;
    work.heard({ name, value: value ?? undefined });
    copy.keep([{ name, value }]);
    movingIn.heard(name, value);
    if (name.startsWith(ANSWER_PREFIX)) {
      const answer = value ? readAnswer(value) : undefined;
      if (answer) asking.answered(name.slice(ANSWER_PREFIX.length), answer);
    }
    const action = name.startsWith('action:') ? work.ledger.byId(name.slice('action:'.length)) : undefined;
    if (action?.serverId === server.id) asking.followed(action);
  }

  /** What is known, from the database; until it has been read what was known counts. */
  async function read(generation: Generation): Promise<void> {
    await generation.work.read();
    current.clock.stop();
    current = generation;
    for (const callback of readCallbacks) callback();
  }

  /** Reads all that the database has, and follows it from there. */
  async function readAnew(): Promise<void> {
    following?.stop();
    const { promise: isThere, resolve: heardAll } = Promise.withResolvers<void>();
    /** What is heard before it can be taken in; undefined once it can. */
    let early: SharedRecord[] | undefined = [];
    const feed = createFeed({
      database,
      community,
      clock,
      onRecord(record) {
        if (early) early.push(record);
        else if (!working) hear(record);
      },
      onCaughtUp: () => heardAll(),
      onState(state) {
        time = feed.time;
        if (!working)
          holder = state.holder === null ? null : { id: state.holder, name: state.holderName ?? '' };
        lease.heard(state);
      },
      onTrouble: sayTrouble,
    });
    following = feed;
    feed.start();
    await isThere;
    const records = new Map<string, string>();
    const heard = early.splice(0);
    for (const { name, value } of heard) {
      if (value === null) records.delete(name);
      else records.set(name, value);
    }
    await read(make(movingIn.beside(loadFrom(records))));
    for (const [name, value] of records) movingIn.heard(name, value);
    for (const record of early) hear(record);
    early = undefined;
    await copy.replace(new Set(records.keys()));
  }

  async function takeOver(gained: Term): Promise<void> {
    const generation = make(async () => {});
    const shared = createSharedStorage({
      database,
      community,
      term: gained,
      clock: generation.clock,
      onLost: lease.giveUp,
      onTrouble: sayTrouble,
    });
    generation.storage.open({
      ...shared,
      write(changes) {
        copy.keep(changes);
        return shared.write(changes);
      },
      soon(changes) {
        copy.keep(changes);
        return shared.soon(changes);
      },
    });
    if (!gained.isHeld()) return;
    const areTakenIn = await Promise.race([
      takingIn.takeAll({ ...shared, ...generation.storage }, gained.isHeld, clock).then(() => true),
      over(gained),
    ]);
    if (!areTakenIn) return;
    // Nobody else writes any more: what is read now is all there is.
    const isRead = await Promise.race([read(generation).then(() => true), over(gained)]);
    if (!isRead) return;
    term = gained;
    working = generation;
    const isTakenOver = await Promise.race([generation.work.takeOver().then(() => true), over(gained)]);
    if (!isTakenOver || !gained.isHeld()) return;
    generation.work.start();
    answering = startAnswering({
      requests,
      remove: shared.removeRequests,
      work: generation.work,
      lookUp: (who) => options.lookUp(generation.work, who),
      storage: shared,
      seen,
      onStore: () => next(() => takeStores(generation, gained, shared.settled)),
      onTaken: asking.taken,
      onAnswer: asking.answered,
      clock: generation.clock,
      onBug: (error) => log.bug('answering', error),
    });
    log.info(say('cluster.works'));
  }

  /**
   * Takes in what servers have kept by themselves. It was decided before much that is known, so all is read anew
   * afterwards: the work ends as when it stops, with no call under way, and begins again in the same term.
   */
  async function takeStores(
    generation: Generation,
    gained: Term,
    settled: () => Promise<void>,
  ): Promise<void> {
    if (working !== generation || !gained.isHeld() || !(await takingIn.waiting())?.length) return;
    answering?.stop();
    answering = undefined;
    generation.work.pause(say('cluster.takesIn'));
    await Promise.race([areOver().then(settled), over(gained)]);
    generation.work.moderation.answerAll(say('cluster.takesIn'), true);
    if (working !== generation || !gained.isHeld()) return;
    working = undefined;
    generation.storage.close();
    // What was decided in this very moment.
    await Promise.race([settled(), over(gained)]);
    await takeOver(gained);
    if (!working) await readAnew();
  }

  /** Resolves with false when a term is over: what is read in it may never be. */
  async function over(gained: Term): Promise<boolean> {
    while (gained.isHeld()) await sleep(clock, OVER_MS);
    return false;
  }

  async function lose(): Promise<void> {
    answering?.stop();
    answering = undefined;
    const lost = working;
    working = undefined;
    term = undefined;
    holder = null;
    if (!lost) return;
    lost.storage.close();
    lost.work.end(say('cluster.lost'));
    lost.work.moderation.answerAll(say('cluster.lost'), false);
    log.warn(say('cluster.lost'));
    await readAnew();
  }

  /** The ids that callers and txAdmin give their decisions are each server's own. */
  function scoped(request: SanctionRequest): SanctionRequest {
    const { key, only } = request;
    return {
      ...request,
      ...(key === undefined ? {} : { key: scopedKey(key, server.id) }),
      ...(only !== undefined && 'key' in only ? { only: { key: scopedKey(only.key, server.id) } } : {}),
    };
  }

  function submit(who: FoundPerson, request: SanctionRequest): Promise<Ticket> {
    return working
      ? working.work.moderation.submit(who, scoped(request))
      : asking.submit(who, scoped(request));
  }

  const waiting = () => asking.waiting();
  const parts: Parts = {
    lines: current.work.lines,
    ledger: through(() => current.work.ledger, {
      byId: (id) => current.work.ledger.byId(id) ?? waiting().find((action) => action.id === id),
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
      cancel: (id) => (working ? working.work.moderation.cancel(id) : asking.cancel(id)),
      pending: () => [...waiting().map(options.outcomeOf), ...current.work.moderation.pending()],
    }),
    outbox: through(() => current.work.outbox),
    kept: through(() => current.work.kept),
    records: through(() => current.work.records),
    notices: through(() => current.work.notices),
    ready,
    follow(line) {
      const same = current.work.lines.find((each) => each.product.api.product === line.product.api.product);
      return current.work.follow(same ?? line);
    },
    onFollow: (callback) => followCallbacks.push(callback),
  };

  return {
    parts,
    lookUp: (who) => (working ? options.lookUp(working.work, who) : asking.lookUp(who)),
    async retry(actionId) {
      return working ? working.work.retry(actionId) : asking.retry(actionId);
    },
    isWorking: () => working !== undefined,
    worker: () => holder,
    async start() {
      server.id = await serverId(local, options.newId, clock);
      await movingIn.load();
      current = make(movingIn.beside(copy.load));
      await current.work.read();
      setReady();
      await asking.resume();
      next(async () => {
        await options.join(server.id);
        await movingIn.handIn();
        await readAnew();
        lease.start();
      });
    },
    onRead: (callback) => readCallbacks.push(callback),
    stop(reason) {
      answering?.stop();
      if (working) working.work.end(reason);
      current.work.moderation.answerAll(reason, false);
      void lease.stop();
    },
  };
}
