import { randomBytes } from 'node:crypto';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import type { Clock } from './clock.ts';
import { createMemoryLedger } from './delivery/memory-ledger.ts';
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
import type { Target } from './identity/target.ts';
import { createLog } from './log.ts';
import { lookUp } from './moderation/lookup.ts';
import { createModeration } from './moderation/moderation.ts';
import { type FoundPerson, findPerson } from './moderation/person.ts';
import type { ProductInUse } from './moderation/plan.ts';
import { createTemporaryBans } from './moderation/temporary-bans.ts';
import { readSettings, type Settings } from './settings.ts';
import { createCadV1 } from './sonoran/cad-v1.ts';
import { createCadV2 } from './sonoran/cad-v2.ts';
import { createCms } from './sonoran/cms.ts';
import { createHttp, type Http } from './sonoran/http.ts';
import { problemReport, startLine } from './start-report.ts';
import { readLocale } from './text/locale.ts';
import { redactor } from './text/secret.ts';
import { createAudience } from './triggers/audience.ts';
import { commandSuggestions, registerCommands } from './triggers/commands.ts';
import { createExports } from './triggers/exports.ts';
import { registerTxAdmin } from './triggers/txadmin.ts';

const HOUR_MS = 60 * 60 * 1000;

/** Timers are Node's own: build.mjs replaces FXServer's in the whole bundle. */
const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

function productsInUse(settings: Settings, http: Http): ProductInUse[] {
  const { cms, cad, apiIdFormat: format } = settings;
  const products: ProductInUse[] = [];
  if (cms) {
    const api = createCms(cms, http, clock.now);
    products.push({ api, rules: { types: cms.idTypes, format, discordField: true } });
  }
  if (cad) {
    const api = cad.version === 1 ? createCadV1(cad, http, clock.now) : createCadV2(cad, http, clock.now);
    products.push({ api, rules: { types: cad.idTypes, format, discordField: cad.version === 2 } });
  }
  return products;
}

function start(): void {
  const { settings, problems, secrets } = readSettings(readConvar);
  const redact = redactor(secrets);
  const log = createLog(settings.logLevel, printLine, redact);
  const messenger = createMessenger(redact);
  const { say, problem } = readLocale(settings.locale, readFile(`locales/${settings.locale}.json`));
  const { http, close } = createHttp(settings.requestTimeoutMs);
  const products = productsInUse(settings, http);
  const players = trackPlayers();
  const ledger = createMemoryLedger(settings.historyLimit);
  const audience = createAudience({ players, messenger, log, say, trigger });

  const queues = new Map(
    products.map(({ api }) => [
      api.product,
      createDeliveryQueue({
        api,
        clock,
        random: Math.random,
        retryForMs: settings.retryHours * HOUR_MS,
        onChange: ({ id }, delivery) => moderation.onDelivery(id, delivery),
        onBug: (error) => log.bug(api.name, error),
      }),
    ]),
  );
  const temporaryBans = createTemporaryBans({
    clock,
    byId: ledger.byId,
    lift(ban, lifted) {
      const reason = say('reason.expired', { reason: ban.reason || say('reason.none') });
      const who: FoundPerson = {
        person: { ...ban.person, playerId: null },
        subjectable: { identifiers: ban.person.identifiers, account: undefined, cadApiId: undefined },
      };
      const { author, origin } = ban;
      const request = { kind: 'unban' as const, reason, author, origin, products: lifted };
      moderation.submit(who, request).catch((error: unknown) => log.bug('temporary bans', error));
    },
  });
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
    dispatch: (action, delivery) => queues.get(delivery.product)?.add(action, delivery),
    withdraw: (actionId, product) => queues.get(product)?.withdraw(actionId) ?? false,
  });

  const find = (target: Target) => findPerson(target, players, knownCadApiId);
  const lookup = products.length === 0 ? undefined : (who: FoundPerson) => lookUp(who, products, say);
  const common = { access, players, moderation, find, lookUp: lookup, say, onBug: log.bug };

  registerCommands({ ...common, host: commandHost(players), messenger });
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
    callingResource,
  });
  for (const [name, run] of Object.entries(offered)) offer(name, run);

  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    sendToClient(playerId, SUGGESTIONS, usable);
  });

  onStop(() => {
    for (const queue of queues.values()) queue.stop();
    temporaryBans.stop();
    void close();
  });

  const report = problemReport(
    problem ? [...problems, { convar: 'cmsban_locale', message: problem }] : problems,
  );
  if (report) log.error(report);
  log.info(startLine(resourceVersion(), settings, products));
  if (products.length === 0) log.error(say('error.NOT_CONFIGURED'));
}

start();
