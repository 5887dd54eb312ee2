import { randomBytes } from 'node:crypto';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import { createBanList } from './ban-lists.ts';
import type { Clock } from './clock.ts';
import { createLedger } from './delivery/ledger.ts';
import { createDeliveryQueue } from './delivery/queue.ts';
import { access } from './fxserver/access.ts';
import { onArrival } from './fxserver/arrivals.ts';
import { commandHost } from './fxserver/commands.ts';
import { coreHost } from './fxserver/core-host.ts';
import { onClientEvent, onServerEvent, onStop, sendToClient, trigger } from './fxserver/events.ts';
import { onPortRequest } from './fxserver/http-port.ts';
import { createMessenger, printLine } from './fxserver/messenger.ts';
import { trackPlayers } from './fxserver/players.ts';
import {
  callingResource,
  isVendorRunning,
  knownCadApiId,
  offer,
  readConvar,
  readFile,
  resourceVersion,
} from './fxserver/resource.ts';
import { store } from './fxserver/store.ts';
import type { Target } from './identity/target.ts';
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
import { linesInUse } from './products-in-use.ts';
import { readSettings } from './settings.ts';
import { inSlices } from './slices.ts';
import { createHttp } from './sonoran/http.ts';
import { problemReport, startLine } from './start-report.ts';
import { readLocale } from './text/locale.ts';
import { redactor } from './text/secret.ts';
import { createAudience } from './triggers/audience.ts';
import { commandSuggestions, registerCommands } from './triggers/commands.ts';
import { createEviction, createNotices } from './triggers/eviction.ts';
import { createExports } from './triggers/exports.ts';
import { createJoinGate } from './triggers/join-gate.ts';
import { createPushEndpoint } from './triggers/push-endpoint.ts';
import { createPushEvents } from './triggers/push-events.ts';
import { registerQueueCommands } from './triggers/queue-commands.ts';
import { MONITOR, registerTxAdmin } from './triggers/txadmin.ts';
import { subscribeThroughCore } from './triggers/vendor-core.ts';

const HOUR_MS = 60 * 60 * 1000;

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
  const { settings, problems, notes, secrets } = readSettings(readConvar);
  const redact = redactor(secrets);
  const log = createLog(settings.logLevel, printLine, redact);
  const messenger = createMessenger(redact);
  const { say, problem } = readLocale(settings.locale, readFile(`locales/${settings.locale}.json`));
  const { http, close } = createHttp(settings.requestTimeoutMs, redact);
  const lines = linesInUse({ settings, http, clock, store, readConvar, isVendorRunning, secrets });
  const products = lines.map(({ product }) => product);
  const players = trackPlayers();
  const ledger = createLedger({ store, clock, historyLimit: settings.historyLimit });
  const audience = createAudience({ players, messenger, log, say, trigger });
  const own = createOwnEffects(ledger, clock);
  const notices = createNotices(settings.appealText, say);
  const evict = createEviction({ players, access, log, say, notices });
  /** Drops whoever has turned out to be banned, unless it was decided here: that drops by its own rule. */
  const evictBanned = (product: Product, among: readonly ConnectedPlayer[]) => {
    for (const player of among) if (!own.isOwn('ban', product, player)) evict(player, 'banned', product);
  };
  const banLists = new Map(
    lines.map((line) => [
      line.product.api.product,
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
    ]),
  );
  const mirrors = [...banLists.values()].map(({ mirror }) => mirror);

  const queues = new Map(
    lines.map(({ product: { api }, gate, renewCredentials }) => [
      api.product,
      createDeliveryQueue({
        api,
        gate,
        clock,
        random: Math.random,
        retryForMs: settings.retryHours * HOUR_MS,
        onChange(action, delivery) {
          banLists.get(api.product)?.decided(action, delivery);
          moderation.onDelivery(action.id, delivery);
          if (delivery.state.status === 'delivered') own.confirmed(action);
        },
        onCall: ({ id }, delivery) => moderation.onCall(id, delivery),
        onWait: ({ id }, delivery) => moderation.onWait(id, delivery),
        onHold(_code, words) {
          const convars = `cmsban_${api.product}_community_id, cmsban_${api.product}_api_key`;
          log.error(say('hold', { product: api.name, detail: words, convars }));
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

  /** What is stored of the ban lists: the gate needs it first. */
  const loaded = Promise.all(mirrors.map((mirror) => mirror.load())).then(
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
    if (settings.joinGate) {
      // They came while nobody was at the door.
      for (const mirror of mirrors) {
        evictBanned(
          mirror.product,
          players.everybody().filter(({ identifiers }) => mirror.find(identifiers)),
        );
      }
    }
    for (const mirror of mirrors) mirror.start();
  }

  const find = (target: Target) => findPerson(target, players, knownCadApiId);
  const known: FindKnownBan = (product, person) => knownBan(banLists.get(product)?.mirror, person, clock);
  const lookup = products.length === 0 ? undefined : (who: FoundPerson) => lookUp(who, products, known, say);
  const common = { access, players, moderation, find, lookUp: lookup, say, onBug: log.bug };

  const host = commandHost(players);
  registerCommands({ ...common, host, messenger });
  registerQueueCommands({ ...common, host, messenger, queues, ledger, ready, clock });
  registerTxAdmin({
    on: onServerEvent,
    moderation,
    players,
    knownCadApiId,
    actions: settings.txAdminActions,
    temporaryBans: settings.temporaryBans,
    now: clock.now,
    log,
  });
  const offered = createExports({
    ...common,
    products: products.map(({ api }) => api.product),
    known,
    restricted: settings.restrictExports,
    historyLimit: settings.historyLimit,
    ready,
    callingResource,
  });
  for (const [name, run] of Object.entries(offered)) offer(name, run);

  if (settings.joinGate && mirrors.length > 0) {
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

  const cms = lines.find(({ product }) => product.api.product === 'cms');
  const cmsList = banLists.get('cms');
  if (settings.pushEvents && cms && cmsList) {
    const { mirror, lookUps } = cmsList;
    const { types } = cms.product.rules;
    const events = createPushEvents({ mirror, types, lookUps, ready, players, own, evict, clock, log });
    onPortRequest(createPushEndpoint({ key: cms.key, receive: events.receive, clock, log }));
    subscribeThroughCore(coreHost, events, log);
  }

  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    sendToClient(playerId, SUGGESTIONS, usable);
  });

  /** No new call; what runs has until the end of the process, what is decided now goes out after it. */
  function stopCalls(): void {
    for (const queue of queues.values()) queue.stop(say('stopping'));
    for (const list of banLists.values()) list.stop();
    temporaryBans.stop();
    ledger.flush();
  }
  onServerEvent('txAdmin:events:serverShuttingDown', (_, resource) => {
    if (resource === MONITOR) stopCalls();
  });
  onStop(() => {
    stopCalls();
    void close();
  });

  const report = problemReport(
    problem ? [...problems, { convar: 'cmsban_locale', message: problem }] : problems,
  );
  if (report) log.error(report);
  for (const text of notes) log.info(text);
  log.info(startLine(resourceVersion(), settings, products));
  if (products.length === 0) log.error(say('error.NOT_CONFIGURED'));
  resume().catch((error: unknown) => log.bug('start', error));
}

start();
