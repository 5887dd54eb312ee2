import { randomBytes } from 'node:crypto';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import { type BanList, createBanList } from './ban-lists.ts';
import type { Clock } from './clock.ts';
import { createLedger } from './delivery/ledger.ts';
import { createDeliveryQueue } from './delivery/queue.ts';
import { access } from './fxserver/access.ts';
import { onArrival } from './fxserver/arrivals.ts';
import { commandHost } from './fxserver/commands.ts';
import { coreHost } from './fxserver/core-host.ts';
import { onClientEvent, onServerEvent, ownEvents, sendToClient } from './fxserver/events.ts';
import { onPortRequest } from './fxserver/http-port.ts';
import { onStop, onSurvived } from './fxserver/lifecycle.ts';
import { createMessenger, printLine } from './fxserver/messenger.ts';
import { trackPlayers } from './fxserver/players.ts';
import {
  askCadApiId,
  callingResource,
  isRunning,
  OWN_NAME,
  offer,
  onConfigured,
  readConvar,
  readFile,
  readFileOf,
  resourceName,
  resourceVersion,
} from './fxserver/resource.ts';
import { store } from './fxserver/store.ts';
import { knownCadApiIds } from './identity/cad-api-id.ts';
import type { Target } from './identity/target.ts';
import { createListsInUse } from './lists-in-use.ts';
import { createLog } from './log.ts';
import { knownBan } from './mirror/known-ban.ts';
import { isQueued, type Product } from './moderation/action.ts';
import type { FindKnownBan } from './moderation/known-ban.ts';
import { lookUp } from './moderation/lookup.ts';
import { createModeration } from './moderation/moderation.ts';
import { createOwnEffects } from './moderation/own-effects.ts';
import { type FoundPerson, findPerson, samePerson } from './moderation/person.ts';
import type { ConnectedPlayer } from './moderation/ports.ts';
import { createTemporaryBans } from './moderation/temporary-bans.ts';
import { createLines, isInUse, type Line } from './products-in-use.ts';
import { collectKeys, watchCredentials } from './settings/credential-watch.ts';
import { OFF, REACH_CONVARS } from './settings/credentials.ts';
import { readSettings } from './settings/settings.ts';
import { VENDOR_RESOURCE } from './settings/vendor-config.ts';
import { inSlices } from './slices.ts';
import { heldHttp } from './sonoran/held-http.ts';
import { createHttp } from './sonoran/http.ts';
import { createReachReport, problemReport, startLine } from './start-report.ts';
import { readLocale } from './text/locale.ts';
import { redactor, type Secret } from './text/secret.ts';
import { createAudience } from './triggers/audience.ts';
import { callersBehind } from './triggers/caller-address.ts';
import { commandSuggestions, registerCommands } from './triggers/commands.ts';
import { createEviction, createNotices } from './triggers/eviction.ts';
import { createExports } from './triggers/exports.ts';
import { createJoinGate } from './triggers/join-gate.ts';
import { createOpenCalls } from './triggers/open-calls.ts';
import type { CommandHost } from './triggers/ports.ts';
import { createPushEndpoint } from './triggers/push-endpoint.ts';
import { createPushEvents, type PushEvents } from './triggers/push-events.ts';
import { registerQueueCommands } from './triggers/queue-commands.ts';
import { MONITOR, registerTxAdmin } from './triggers/txadmin.ts';
import { subscribeThroughCore } from './triggers/vendor-core.ts';

const HOUR_MS = 60 * 60 * 1000;
/** A shutdown that has not come by then, in milliseconds, does not come. */
const SHUTDOWN_MS = 60_000;

/** Timers are Node's own: build.mjs replaces FXServer's in the whole bundle. */
const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  pause: () => new Promise((resolve) => setImmediate(resolve)),
};

function start(): void {
  const secrets: Secret[] = [];
  collectKeys(readConvar, secrets);
  const redact = redactor(secrets);
  const { settings, problems } = readSettings(readConvar, redact);
  const log = createLog(settings.logLevel, printLine, redact);
  const messenger = createMessenger(redact);
  const { say, problem } = readLocale(settings.locale, readFile(`locales/${settings.locale}.json`));
  const folder = resourceName();
  if (folder !== OWN_NAME) {
    log.error(say('error.folder', { folder }));
    return;
  }
  const { http, hold, release } = heldHttp(createHttp(settings.requestTimeoutMs, redact).http);
  const watch = watchCredentials({
    sources: { convar: readConvar, file: readFileOf, isRunning },
    store,
    clock,
    secrets,
    redact,
    onBug: (error) => log.bug('the credentials', error),
  });
  const isVendorRunning = (product: Product) => isRunning(VENDOR_RESOURCE[product]);
  const lines = createLines({ settings, http, clock, store, watch, isVendorRunning, say });
  const products = () => lines.filter(isInUse).map(({ product }) => product);
  const players = trackPlayers();
  const ledger = createLedger({ store, clock, historyLimit: settings.historyLimit });
  const { trigger, apart, flush } = ownEvents();
  const audience = createAudience({ players, messenger, log, say, trigger });
  const own = createOwnEffects(ledger, clock);
  const notices = createNotices(settings.appealText, say);
  const evict = createEviction({ players, access, log, say, notices });
  /** Drops whoever has turned out to be banned, unless it was decided here: that drops by its own rule. */
  const evictBanned = (product: Product, among: readonly ConnectedPlayer[]) => {
    for (const player of among) if (!own.isOwn('ban', product, player)) evict(player, 'banned', product);
  };
  const banLists = createListsInUse({
    create: (line) =>
      createBanList(line, {
        settings,
        clock,
        store,
        log,
        say,
        onBanned(product, identifiers) {
          if (settings.joinGate) evictBanned(product, players.sharing(identifiers));
        },
      }),
    onLate: (list) => evictListed(list),
  });
  const mirrors = () => banLists.all().map(({ mirror }) => mirror);

  const queues = new Map(
    lines.map(({ product: { api }, gate, awaiting, convars, renewCredentials }) => [
      api.product,
      createDeliveryQueue({
        api,
        gate,
        clock,
        random: Math.random,
        retryForMs: settings.retryHours * HOUR_MS,
        awaiting,
        waitedSince: (since) => watch.waitedSince(api.product, since),
        onChange(action, delivery) {
          banLists.get(api.product)?.decided(action, delivery);
          moderation.onDelivery(action.id, delivery);
          if (delivery.state.status === 'delivered') own.confirmed(action);
        },
        onCall: ({ id }, delivery) => moderation.onCall(id, delivery),
        onWait: ({ id }, delivery) => moderation.onWait(id, delivery),
        onHold(_code, words) {
          const { id, key } = convars();
          log.error(say('hold', { product: api.name, detail: words, convars: `${id}, ${key}` }));
        },
        renewCredentials,
        onBug: (error) => log.bug(api.name, error),
      }),
    ]),
  );
  const withdraw = (actionId: string, product: Product) =>
    queues.get(product)?.cancel(actionId, true) ?? false;
  const temporaryBans = createTemporaryBans({
    clock,
    ledger,
    withdraw,
    onBug: (error) => log.bug('temporary bans', error),
    lift(ban, lifted) {
      const reason = say('reason.expired', { reason: ban.reason || say('reason.none') });
      const { author, origin } = ban;
      const key = `lift:${ban.id}`;
      return moderation.submit(samePerson(ban), {
        kind: 'unban',
        key,
        reason,
        author,
        origin,
        products: lifted,
      });
    },
  });
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const moderation = createModeration({
    products,
    players,
    ledger,
    audience: {
      ...audience,
      accepted(action) {
        audience.accepted(action);
        temporaryBans.accepted(action);
      },
    },
    clock,
    say,
    dropWhen: settings.dropWhen,
    newId: () => randomBytes(5).toString('hex'),
    ready,
    dispatch: (action, delivery) => queues.get(delivery.product)?.add(action, delivery, true),
    withdraw,
  });

  players.onJoined(moderation.onJoined);

  let pushEvents: PushEvents | undefined;
  let isListening = false;
  /** Push events go to the list that CMS has now, if it has one. */
  function followPushEvents({ product: { rules }, key }: Line, list: BanList | undefined): void {
    const shared = { types: rules.types, ready, players, own, evict, clock, log };
    pushEvents = list && createPushEvents({ ...shared, mirror: list.mirror, lookUps: list.lookUps });
    if (isListening || !list) return;
    isListening = true;
    const receive = (body: unknown) => pushEvents?.receive(body) ?? 'unknown-type';
    const callerOf = callersBehind(readConvar('sv_proxyIPRanges'));
    onPortRequest(createPushEndpoint({ key, receive, callerOf, clock, log }));
    onStop(subscribeThroughCore({ host: coreHost, events: { receive }, log, say }).withdraw);
  }

  /** Goes by how a product can be reached now. */
  async function follow(line: Line): Promise<void> {
    const { product } = line.product.api;
    const isRead = banLists.follow(line);
    if (product === 'cms' && settings.pushEvents) followPushEvents(line, banLists.get(product));
    await isRead;
    queues.get(product)?.renewed();
  }
  /** What is stored of the ban lists: the gate needs it first. */
  const loaded = Promise.all(lines.map(follow)).then(
    () => {},
    (error: unknown) => log.bug('the ban lists', error),
  );

  /** Goes on where the last run ended. */
  async function resume(): Promise<void> {
    const { setAside } = await ledger.load();
    if (setAside.length > 0) {
      log.error(say('store.aside', { count: setAside.length, keys: setAside.slice(0, 3).join(', ') }));
    }
    const pending = ledger.pending();
    await inSlices(pending, clock, (action) => {
      for (const delivery of action.deliveries.filter(isQueued)) {
        queues.get(delivery.product)?.add(action, delivery, false);
      }
    });
    if (pending.length > 0) log.info(say('store.resumed', { count: pending.length }));
    await clock.pause();
    moderation.resume();
    await clock.pause();
    temporaryBans.resume();
    await loaded;
    for (const queue of queues.values()) queue.start();
    setReady();
    for (const list of banLists.all()) evictListed(list);
    banLists.start();
  }

  /** Those who came while nobody was at the door. */
  function evictListed({ mirror }: BanList): void {
    if (!settings.joinGate) return;
    evictBanned(
      mirror.product,
      players.everybody().filter(({ identifiers }) => mirror.find(identifiers)),
    );
  }

  const knownCadApiId = knownCadApiIds(askCadApiId, clock);
  const find = (target: Target) => findPerson(target, players, knownCadApiId);
  const known: FindKnownBan = (product, person) => knownBan(banLists.get(product)?.mirror, person, clock);
  const common = {
    access,
    players,
    moderation,
    find,
    isConfigured: () => lines.some(isInUse),
    lookUp: (who: FoundPerson) => lookUp(who, products(), known, say),
    say,
    onBug: log.bug,
  };

  const commands = commandHost(players);
  const host: CommandHost = { register: (name, handler) => commands.register(name, apart(handler)) };
  registerCommands({ ...common, host, messenger });
  registerQueueCommands({ ...common, host, messenger, queues, ledger, ready, clock });
  registerTxAdmin({
    on: (event, handler) => onServerEvent(event, apart(handler)),
    moderation,
    players,
    knownCadApiId,
    actions: settings.txAdminActions,
    temporaryBans: settings.temporaryBans,
    now: clock.now,
    log,
  });
  const calls = createOpenCalls();
  const offered = createExports({
    ...common,
    products: () => products().map(({ api }) => api.product),
    known,
    restricted: settings.restrictExports,
    ready,
    callingResource,
    calls,
  });
  for (const [name, run] of Object.entries(offered)) offer(name, apart(run));

  if (settings.joinGate) {
    const gate = createJoinGate({
      mirrors,
      loaded,
      whenUnknown: settings.gateWhenUnknown,
      notices,
      access,
      clock,
      log,
      say,
      onRefused: ({ product }, ban) => banLists.get(product)?.checkAgain(ban),
    });
    onArrival(gate.arrived);
    onStop(gate.stop);
    players.onJoined((player) => {
      const mirror = gate.stillBanned(player);
      if (mirror) evict(player, 'banned', mirror.product);
    });
  }

  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    sendToClient(playerId, SUGGESTIONS, usable);
  });

  const stopQueues = () => queues.forEach((queue) => void queue.stop(say('stopping')));
  const resumeQueues = () => queues.forEach((queue) => void queue.resume());
  onServerEvent('txAdmin:events:serverShuttingDown', (_, resource) => {
    if (resource !== MONITOR) return;
    // What runs has until the end of the process; what is decided now goes out after it.
    stopQueues();
    flushed();
    clock.after(SHUTDOWN_MS, resumeQueues);
  });
  onStop(() => {
    hold();
    stopQueues();
    moderation.hurry();
    moderation.answerAll(say('stopping'), flushed());
    calls.stop();
    flush();
  });
  onSurvived(() => {
    calls.resume();
    resumeQueues();
    release();
  });

  /** Writes what is waiting to be written; false when that failed. */
  function flushed(): boolean {
    try {
      ledger.flush();
      return true;
    } catch (error) {
      log.bug('the last write', error);
      return false;
    }
  }

  const sayReach = createReachReport(log, say);
  watch.onChange((product, _, before) => {
    for (const line of lines) {
      if (line.product.api.product !== product) continue;
      sayReach(line, before);
      follow(line).catch((error: unknown) => log.bug('the ban lists', error));
    }
  });
  watch.onProblems((found) => log.error(problemReport(found) ?? ''));
  onConfigured(REACH_CONVARS, Object.values(VENDOR_RESOURCE), () => {
    try {
      watch.look();
    } catch (error) {
      log.bug('the credentials', error);
    }
  });

  const report = problemReport([
    ...problems,
    ...watch.problems(),
    ...(problem ? [{ convar: 'cmsban_locale', message: problem }] : []),
  ]);
  if (report) log.error(report);
  log.info(startLine(resourceVersion(), settings, lines));
  for (const line of lines) if (line.reach().state === 'awaited') sayReach(line, OFF);
  if (!lines.some(isInUse)) log.error(say('error.NOT_CONFIGURED'));
  resume().catch((error: unknown) => log.bug('start', error));
}

start();
