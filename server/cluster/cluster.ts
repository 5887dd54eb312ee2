import type { Community, OnBroadcast, OnReport } from '../community.ts';
import { isInUse } from '../sonoran/products.ts';
import { createRequests } from '../storage/mysql/requests.ts';
import { createServers } from '../storage/mysql/servers.ts';
import { createActing } from './acting.ts';
import { type Asking, createAsking } from './asking/asking.ts';
import { createRequestBox } from './asking/request-box.ts';
import { createBroadcasts } from './broadcasts.ts';
import { createCopy } from './copy.ts';
import { countedHttp } from './counted-http.ts';
import { createDoorReports } from './door-reports.ts';
import { createFollowing, type Following } from './following.ts';
import { createGenerations } from './generations.ts';
import { createMembership } from './membership.ts';
import { createMovingIn } from './moving-in.ts';
import type { ClusterOptions } from './options.ts';
import { createOverdue } from './overdue.ts';
import { createParts } from './parts.ts';
import { createRouting } from './routing.ts';
import { serverId } from './server-id.ts';
import { createTakingIn } from './taking-in.ts';
import { createTenures } from './tenures.ts';
import { through } from './through.ts';
import { createWorking, type Working } from './working.ts';

/*
 * What this server is to its community:
 *
 * - `apart`: the database was not read yet. What this server has kept for itself counts. → following
 * - `following`: it knows all that the database holds, and hears of every change (following.ts); decisions are asked of
 *   the server that works (asking/). → taking over, when it is granted the lease (tenures.ts)
 * - `taking over`: it reads all once more, for now nobody else writes; until that is done it follows. → working;
 *   following, when the lease is lost before
 * - `working`: it decides, delivers, and answers what is asked (working.ts). → following, when the lease is lost: its
 *   work is thrown away as by a crash, and what it knows counts until the database has been read anew
 *
 * Each time, the work is made anew (generations.ts). What the rest of this server holds goes through to the current one
 * (parts.ts), and what it wants done, to whoever works (routing.ts).
 */

/** How long it is looked more often for what somebody waits for, in milliseconds. */
const HURRY_MS = 10_000;

/** One server among those of a community. */
export interface Cluster extends Omit<Community, 'worker'> {
  /** Whether this server works for the community. */
  isWorking(): boolean;
  /** Whether it can be told who does: it takes part, and the database answers. */
  isInTouch(): boolean;
  /** The server that does, as far as it is known; null when none does. */
  holder(): { readonly id: string; readonly name: string } | null;
  /** Takes part no longer, for good: this server belongs to another community. */
  leave(): void;
}

export function createCluster(options: ClusterOptions): Cluster {
  const { community, database, news, local, newId, clock, log, say } = options;
  /** Its id is known once its own store has been read. */
  const server = { id: '', name: options.serverName };
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  let onReport: OnReport = async () => {};
  let onBroadcast: OnBroadcast = () => {};
  /** Changes of who works come one after the other. */
  let turn: Promise<void> = Promise.resolve();

  function next(step: () => Promise<void>): void {
    turn = turn.then(step).catch((error: unknown) => log.bug('cluster', error));
  }

  const { http, areOver } = countedHttp(options.http, clock);
  const requests = createRequests({ database, community });
  const servers = createServers({ database, community, server, clock });
  const copy = createCopy(local, clock);
  const membership = createMembership({ news, clock, say });
  const { now } = membership;

  const broadcasts = createBroadcasts({
    now,
    newId,
    onBroadcast: (broadcast) => onBroadcast(broadcast, server.id),
  });

  const generations = createGenerations({
    ...options,
    load: copy.load,
    server,
    membership,
    broadcasts,
    http,
    handOn: (who, request, id) => asking.submit(who, request, id),
  });
  const work = () => generations.current().work;
  const ledger = through(() => work().ledger);
  const ties = through(() => work().ties);

  const asking: Asking = createAsking({
    ...options,
    server,
    box: createRequestBox({ requests, server, membership }),
    now,
    offset: membership.offset,
    products() {
      const { lines } = work();
      return lines.filter(isInUse).map(({ product }) => product);
    },
    dropIfDue: (action) => work().moderation.dropIfDue(action),
    ties,
    actionById: ledger.byId,
    actionByKey: ledger.byKey,
    isTold: (id) => overdue.isAnswered(id),
    why: membership.why,
    isAway: news.isAway,
    onAsked: () => following.hurry(HURRY_MS),
  });
  generations.onRead(asking.reconcile);

  const overdue = createOverdue({
    isAway: news.isAway,
    keep: asking.keep,
    forget: asking.forgetKept,
    answer: (id) => working.generation()?.work.moderation.answerNow(id, say('cluster.database')) ?? false,
    clock,
  });

  const acting = createActing({
    act: (report, ageMs) => onReport(report, ageMs),
    keep: asking.keepReport,
    forget: asking.forgetKept,
    handOn: asking.report,
    clock,
  });

  const doorReports = createDoorReports({
    ledger,
    ties,
    send: (report) => void asking.report(report),
    clock,
  });

  const isWorking = () => working.generation() !== undefined;

  const movingIn = createMovingIn({
    ...options,
    server,
    requests,
    // What counted here until now is known to all.
    onMoved: () => next(async () => (isWorking() ? undefined : following.readAnew())),
    onTrouble: news.of('moving-in'),
  });
  const takingIn = createTakingIn({ database, community, requests, clock, onTakenIn: movingIn.takenIn });

  const tenures = createTenures({
    ...options,
    server,
    onGained: (tenure) => next(() => working.takeOver(tenure)),
    onLost: () => next(working.lose),
    onTrouble: news.of('lease'),
  });

  const following: Following = createFollowing({
    ...options,
    server,
    membership,
    generations,
    copy,
    movingIn,
    broadcasts,
    asking,
    isWorking,
    onState(state) {
      tenures.heard(state);
      if (state.requests > 0) working.look();
    },
  });

  const working: Working = createWorking({
    ...options,
    tenures,
    generations,
    following,
    requests,
    takingIn,
    copy,
    broadcasts,
    asking,
    onReport: (report, ageMs) => onReport(report, ageMs),
    next,
    areOver,
  });

  const { submit, ...routing } = createRouting({
    ...options,
    server,
    membership,
    tenures,
    working,
    asking,
    overdue,
    acting,
    doorReports,
  });
  const parts = createParts({ ...options, generations, asking, submit, ready });

  /** It may have left meanwhile. */
  function tryToWork(): void {
    if (membership.isJoined()) tenures.start();
  }

  return {
    ...routing,
    parts,
    isWorking,
    isInTouch: membership.isInTouch,
    holder: membership.holder,
    onReport(callback) {
      onReport = callback;
    },
    broadcast(told) {
      const generation = working.generation();
      if (generation) broadcasts.send(generation.storage, generation.clock, told);
    },
    onBroadcast(callback) {
      onBroadcast = callback;
    },
    async start() {
      server.id = await serverId(local, newId, clock);
      await movingIn.load();
      const generation = generations.make(movingIn.beside(copy.load), false);
      await generation.work.read();
      generations.begin(generation);
      await asking.resume();
      setReady();
      next(async () => {
        await options.join();
        servers.start();
        await movingIn.handIn();
        membership.join();
        await following.readAnew();
        tryToWork();
      });
    },
    onRead: generations.onRead,
    pause: (reason) => working.generation()?.work.pause(reason),
    end(reason) {
      // First of all: there is no later turn, and whoever takes over is not to wait.
      tenures.stop();
      working.end(reason);
      asking.hurry();
      overdue.keepAll();
      acting.keepAll();
      const isSaved = local.flush();
      working.generation()?.work.moderation.handOver(reason, isSaved);
      if (isSaved) asking.answerAll(reason);
    },
    resume() {
      working.generation()?.work.resume();
      if (tenures.isStarted() || !membership.isJoined()) return;
      news.forget('lease');
      next(working.lose);
      next(async () => tryToWork());
    },
    leave() {
      membership.leave();
      movingIn.stop();
      servers.stop();
      tenures.stop();
      following.stop();
      next(working.lose);
    },
  };
}
