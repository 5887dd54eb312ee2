import { randomBytes } from 'node:crypto';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import type { Clock } from './clock.ts';
import { createLedger } from './delivery/ledger.ts';
import { createDeliveryQueue } from './delivery/queue.ts';
import { access } from './fxserver/access.ts';
import { commandHost } from './fxserver/commands.ts';
import { onClientEvent, onServerEvent, onStop, sendToClient, trigger } from './fxserver/events.ts';
import { createMessenger, printLine } from './fxserver/messenger.ts';
import { trackPlayers } from './fxserver/players.ts';
import {
  callingResource,
  knownCadApiId,
  offer,
  readConvar,
  readFile,
  resourceVersion,
} from './fxserver/resource.ts';
import { store } from './fxserver/store.ts';
import type { Target } from './identity/target.ts';
import { createLog } from './log.ts';
import { isQueued, type Product } from './moderation/action.ts';
import { lookUp } from './moderation/lookup.ts';
import { createModeration } from './moderation/moderation.ts';
import { type FoundPerson, findPerson, samePerson } from './moderation/person.ts';
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
import { createExports } from './triggers/exports.ts';
import { registerQueueCommands } from './triggers/queue-commands.ts';
import { MONITOR, registerTxAdmin } from './triggers/txadmin.ts';

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
  const lines = linesInUse({ settings, http, clock, store, readConvar, secrets });
  const products = lines.map(({ product }) => product);
  const players = trackPlayers();
  const ledger = createLedger({ store, clock, historyLimit: settings.historyLimit });
  const audience = createAudience({ players, messenger, log, say, trigger });

  const queues = new Map(
    lines.map(({ product: { api }, gate, renewCredentials }) => [
      api.product,
      createDeliveryQueue({
        api,
        gate,
        clock,
        random: Math.random,
        retryForMs: settings.retryHours * HOUR_MS,
        onChange: ({ id }, delivery) => moderation.onDelivery(id, delivery),
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
    for (const queue of queues.values()) queue.start();
    setReady();
  }

  const find = (target: Target) => findPerson(target, players, knownCadApiId);
  const lookup = products.length === 0 ? undefined : (who: FoundPerson) => lookUp(who, products, say);
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
    restricted: settings.restrictExports,
    historyLimit: settings.historyLimit,
    ready,
    callingResource,
  });
  for (const [name, run] of Object.entries(offered)) offer(name, run);

  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    sendToClient(playerId, SUGGESTIONS, usable);
  });

  /** No new call; what runs has until the end of the process, what is decided now goes out after it. */
  function stopCalls(): void {
    for (const queue of queues.values()) queue.stop(say('stopping'));
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
