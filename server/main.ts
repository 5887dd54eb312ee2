import { randomBytes } from 'node:crypto';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import { createBanLists } from './bans/ban-lists.ts';
import { createBansHere } from './bans/bans-here.ts';
import { knownBan } from './bans/known-ban.ts';
import { endWhatIsGone } from './bans/list-ends.ts';
import type { Clock } from './clock.ts';
import { createDoor } from './door/door.ts';
import { createNotices } from './door/notice.ts';
import { access } from './fxserver/access.ts';
import { onArrival } from './fxserver/arrivals.ts';
import { commandHost } from './fxserver/commands.ts';
import { coreHost } from './fxserver/core-host.ts';
import { onClientEvent, onServerEvent, ownEvents, sendToClient } from './fxserver/events.ts';
import { onPortRequest } from './fxserver/http-port.ts';
import { onStop, onSurvived } from './fxserver/lifecycle.ts';
import { createMessenger, printLine } from './fxserver/messenger.ts';
import { trackPlayers } from './fxserver/players.ts';
import * as resource from './fxserver/resource.ts';
import { store } from './fxserver/store.ts';
import { knownCadApiIds } from './identity/cad-api-id.ts';
import { createSeen } from './identity/seen.ts';
import type { Target } from './identity/target.ts';
import { namesOfAction, type Product } from './moderation/action.ts';
import type { FindKnownBan } from './moderation/known-ban.ts';
import { lookUp } from './moderation/lookup.ts';
import { createModeration } from './moderation/moderation.ts';
import { createOwnEffects } from './moderation/own-effects.ts';
import { type FoundPerson, findAgain, findPerson } from './moderation/person.ts';
import { createTemporaryBans } from './moderation/temporary-bans.ts';
import { createTies, identifiersInFull } from './moderation/ties.ts';
import { createAudience, tellAuthor } from './notify/audience.ts';
import { createDiscord } from './notify/discord/discord.ts';
import { createLog } from './notify/log.ts';
import { sayNewRelease } from './notify/new-release.ts';
import { createKept } from './outbox/kept.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createCmsRecordKeeper } from './records/keeper.ts';
import { collectKeys, watchCredentials } from './settings/credential-watch.ts';
import { OFF, REACH_CONVARS } from './settings/credentials.ts';
import { readSettings } from './settings/settings.ts';
import { createReachReport, problemReport, startLine } from './settings/start-report.ts';
import { VENDOR_RESOURCE } from './settings/vendor-config.ts';
import { inSlices } from './slices.ts';
import { heldHttp } from './sonoran/held-http.ts';
import { createHttp } from './sonoran/http.ts';
import { createLines, isInUse, type Line } from './sonoran/products.ts';
import { createRateLimits } from './sonoran/rate-limits.ts';
import { createKvpStorage } from './storage/kvp.ts';
import { createLedger } from './storage/ledger.ts';
import { readLocale } from './text/locale.ts';
import { redactor, type Secret } from './text/secret.ts';
import { listenToCadLinks } from './triggers/cad-links.ts';
import { registerCommands } from './triggers/commands.ts';
import { createExports } from './triggers/exports.ts';
import { findTarget } from './triggers/find-target.ts';
import { registerHistoryCommand } from './triggers/history-command.ts';
import { createImmunity } from './triggers/immunity.ts';
import { namedTarget } from './triggers/name-search.ts';
import { createOpenCalls } from './triggers/open-calls.ts';
import { createPush } from './triggers/push.ts';
import { registerQueueCommands } from './triggers/queue-commands.ts';
import { commandSuggestions } from './triggers/suggestions.ts';
import { MONITOR, registerTxAdmin } from './triggers/txadmin.ts';

/** `owner/name` of our repository on GitHub, and GitHub's API: put in by build.mjs. */
declare const RELEASES_REPOSITORY: string;
declare const RELEASES_HOST: string;

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

const newId = () => randomBytes(5).toString('hex');

/** Builds the parts and starts them. A file longer than others: it is the one place where all parts are named. */
function start(): void {
  const secrets: Secret[] = [];
  collectKeys(resource.readConvar, secrets);
  const redact = redactor(secrets);
  const { settings, problems } = readSettings(resource.readConvar, redact);
  const localeFile = resource.readFile(`locales/${settings.locale}.json`);
  const { say, problem } = readLocale(settings.locale, localeFile);
  const log = createLog(settings.logLevel, printLine, redact, say);
  const folder = resource.resourceName();
  if (folder !== resource.OWN_NAME) {
    log.error(say('error.folder', { folder }));
    return;
  }

  // What the parts stand on.
  const { trigger, apart, flush: triggerNow } = ownEvents();
  const messenger = createMessenger(redact);
  const seen = createSeen();
  const players = trackPlayers(say, seen);
  const onTrouble = (trouble: 'cannot be searched' | 'does not keep' | 'keeps again') =>
    log[trouble === 'keeps again' ? 'info' : 'error'](say(`store.${trouble}`));
  const storage = createKvpStorage({ store, clock, onTrouble });
  const { http, hold, release } = heldHttp(createHttp(settings.requestTimeoutMs, redact, say).http);
  const version = resource.resourceVersion();
  const discord = createDiscord({ settings, version, http, clock, random: Math.random, log, say, redact });
  const sources = { convar: resource.readConvar, file: resource.readFileOf, isRunning: resource.isRunning };
  const watch = watchCredentials({ sources, storage, clock, secrets, redact });
  const isVendorRunning = (product: Product) => resource.isRunning(VENDOR_RESOURCE[product]);
  const limits = createRateLimits({ clock, storage, isVendorRunning });
  const lines = createLines({ settings, http, clock, limits, watch, say });
  const products = () => lines.filter(isInUse).map(({ product }) => product);
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();

  // From a decision to its end.
  const ledger = createLedger({ storage, clock, historyLimit: settings.historyLimit });
  const ties = createTies(seen, ledger);
  const bans = createBanLists({ settings, clock, storage, log, listLog: discord.listLog, say, ties });
  const known: FindKnownBan = (product, person) => {
    const identifiers = identifiersInFull(person, ties);
    return knownBan(bans.get(product)?.mirror, { ...person, identifiers }, clock);
  };
  const retryForMs = settings.retryHours * HOUR_MS;
  const tell = tellAuthor({ players, messenger });
  const records = createCmsRecordKeeper({
    lines,
    settings,
    storage,
    ledger,
    clock,
    retryForMs,
    tell,
    watch,
    log,
    say,
  });
  const outbox = createOutbox({
    lines,
    ledger,
    clock,
    namesOf: (action) => ties.of(namesOfAction(action)),
    random: Math.random,
    retryForMs,
    before: records.before,
    onHold({ product, convars }, _code, words) {
      const { id, key } = convars();
      const line = say('hold', { product: product.api.name, detail: words, convars: `${id}, ${key}` });
      log.error(line);
      discord.held(product.api.product, line);
    },
    say,
    onBug: log.bug,
  });
  const notices = createNotices({ appealText: settings.appealText, clock, say });
  outbox.listen({ changed: records.changed, waits() {} });
  const moderation = createModeration({
    products,
    everyProduct: lines.map(({ product }) => product),
    players,
    ledger,
    ties,
    known,
    outbox,
    audience: discord.beside(createAudience({ players, messenger, log, say, trigger })),
    clock,
    say,
    notice: notices.of,
    dropWhen: settings.dropWhen,
    unlinked: settings.unlinked,
    server: settings.serverName || null,
    newId,
    ready,
    onBug: (error) => log.bug('moderation', error),
  });
  const temporaryBans = createTemporaryBans({
    clock,
    ledger,
    expire: moderation.expire,
    onBug: (error) => log.bug('temporary-bans', error),
  });
  moderation.onAccepted(temporaryBans.accepted);
  moderation.onAccepted(records.accepted);

  // Who is banned, and what that means for who is here or comes.
  const own = createOwnEffects(ledger, clock);
  const kept = createKept({
    lines,
    ledger,
    ties,
    linked: moderation.linked,
    ask: (product, subject, found, notLinked) => bans.get(product)?.lookUps.ask(subject, found, notLinked),
    clock,
    log,
    say,
  });
  listenToCadLinks({ host: coreHost, verified: kept.verified, log, say });
  moderation.onKept(kept.watch);
  outbox.listen({
    changed(actionId, delivery) {
      const action = ledger.byId(actionId);
      if (!action) return;
      bans.get(delivery.product)?.decided(action, delivery);
      if (delivery.state.status === 'delivered') own.confirmed(action);
    },
    waits() {},
  });
  bans.onIdentified(moderation.identified);
  endWhatIsGone({ bans, ledger, ended: moderation.endedElsewhere, log, say });
  const here = createBansHere({ ledger, ties, temporaryBans });
  const parts = { settings, players, seen, access, here, bans, own, notices, clock, log, say };
  const door = createDoor({ ...parts, loaded: ready });
  if (settings.joinGate) {
    onArrival((arrival) => {
      door.arrived(arrival);
      kept.tried(arrival.identifiers);
    }, say);
  }
  players.onJoined(({ identifiers }) => kept.tried(identifiers));
  outbox.listen(discord.listener);
  door.onRefused(discord.refused);
  players.onJoined(moderation.onJoined);
  players.onJoined(door.joined);

  // What starts a decision, or comes from outside.
  const knownCadApiId = knownCadApiIds(resource.askCadApiId, clock);
  let isLoaded = false;
  const common = {
    access,
    players,
    moderation,
    find: (target: Target) => findPerson(target, players, knownCadApiId, ledger.byId),
    // Until what is stored has been read, nobody knows what was in use in the last run.
    isConfigured: () => !isLoaded || lines.some(isInUse),
    lookUp: (who: FoundPerson) => lookUp(who, { products, known, ties, ready, say }),
    ready,
    clock,
    say,
    onBug: log.bug,
  };
  const commands = commandHost(players);
  const host: typeof commands = { register: (name, handler) => commands.register(name, apart(handler)) };
  const typed = {
    ...common,
    host,
    messenger,
    findTarget: (word: string) => namedTarget(word, findTarget(word, common.find, say), players, say),
  };
  registerCommands({
    ...typed,
    findAgain: (who) => findAgain(who, players, knownCadApiId),
    isImmune: createImmunity({ players, access, ties }),
  });
  registerQueueCommands({ ...typed, queueOf: outbox.of, cancel: moderation.cancel, ledger });
  registerHistoryCommand({ ...typed, ledger, ties });
  registerTxAdmin({
    on: (event, handler) => onServerEvent(event, apart(handler)),
    moderation,
    players,
    knownCadApiId,
    actions: settings.txAdminActions,
    temporaryBans: settings.temporaryBans,
    warnings: settings.cmsRecords.has('warn') ? records : undefined,
    newId,
    now: clock.now,
    log,
    say,
  });
  const calls = createOpenCalls();
  const offered = createExports({
    ...common,
    products: () => products().map(({ api }) => api.product),
    known,
    here,
    now: clock.now,
    restricted: settings.restrictExports,
    callingResource: resource.callingResource,
    calls,
  });
  for (const [name, run] of Object.entries(offered)) resource.offer(name, apart(run));
  const cms = lines.find(({ product }) => product.api.product === 'cms');
  const proxyRanges = resource.readConvar('sv_proxyIPRanges');
  const { evict } = door;
  const push =
    cms && settings.pushEvents
      ? createPush({
          line: cms,
          proxyRanges,
          ready,
          players,
          own,
          evict,
          told: kept.told,
          learn: ties.learn,
          coreHost,
          onPortRequest,
          clock,
          log,
          say,
        })
      : undefined;
  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    sendToClient(playerId, SUGGESTIONS, usable);
  });

  /** Goes by how a product can be reached now. */
  async function follow(line: Line): Promise<void> {
    const { product } = line.product.api;
    const isRead = bans.follow(line);
    kept.renewed(product);
    if (product === 'cms') push?.follow(bans.get(product));
    await isRead;
    if (product === 'cms') records.renewed();
    outbox.of(product)?.renewed();
  }

  /** Goes on where the last run ended. */
  async function resume(): Promise<void> {
    await watch.load();
    isLoaded = true;
    sayStart();
    const followed = Promise.all(lines.map(follow)).catch((error: unknown) => log.bug('ban-lists', error));
    await limits.load();
    const { setAside: actionsAside } = await ledger.load();
    const setAside = [...actionsAside, ...(await records.load())];
    if (setAside.length > 0) {
      log.error(say('store.aside', { count: setAside.length, keys: setAside.slice(0, 3).join(', ') }));
    }
    const pending = ledger.pending();
    await inSlices(pending, clock, outbox.restore);
    await inSlices(pending, clock, kept.watch);
    if (pending.length > 0) log.info(say('store.resumed', { count: pending.length }));
    await clock.pause();
    moderation.resume();
    await clock.pause();
    temporaryBans.resume();
    await followed;
    setReady();
    // What somebody has decided meanwhile is in line before what waited takes all that the limits let through.
    await clock.pause();
    outbox.start();
    door.evictBanned();
    records.start();
    for (const list of bans.all()) door.evictListed(list);
    bans.start();
    if (settings.versionCheck) {
      const releases = { repository: RELEASES_REPOSITORY, host: RELEASES_HOST };
      void sayNewRelease({ ...releases, version: resource.resourceVersion(), http, log, say });
    }
  }

  const sayReach = createReachReport(log, say);
  function sayStart(): void {
    const all = [
      ...problems,
      ...watch.problems(),
      ...(problem ? [{ convar: 'cmsban_locale', message: problem }] : []),
    ];
    const report = problemReport(all, say);
    if (report) log.error(report);
    log.info(startLine(version, settings, lines, say));
    for (const line of lines) if (line.reach().state === 'awaited') sayReach(line, OFF);
    if (!lines.some(isInUse)) log.error(say('error.NOT_CONFIGURED'));
    watch.onProblems((found) => log.error(problemReport(found, say) ?? ''));
    watch.onChange((product, _, before) => {
      for (const line of lines.filter((each) => each.product.api.product === product)) {
        sayReach(line, before);
        follow(line).catch((error: unknown) => log.bug('ban-lists', error));
      }
    });
    resource.onConfigured(REACH_CONVARS, Object.values(VENDOR_RESOURCE), watch.look);
  }

  onServerEvent('txAdmin:events:serverShuttingDown', (_, from) => {
    if (from !== MONITOR) return;
    // What runs has until the end of the process; what is decided now goes out after it.
    outbox.stop(say('stopping'));
    storage.flush();
    records.stop();
    clock.after(SHUTDOWN_MS, () => {
      outbox.resume();
      records.resume();
    });
  });
  onStop(() => {
    hold();
    records.stop();
    outbox.stop(say('stopping'));
    moderation.hurry();
    limits.keep(true);
    moderation.answerAll(say('stopping'), storage.flush());
    calls.stop();
    door.stop();
    push?.withdraw();
    triggerNow();
  });
  onSurvived(() => {
    limits.keep(false);
    calls.resume();
    outbox.resume();
    records.resume();
    release();
  });
  resume().catch((error: unknown) => log.bug('start', error));
}

start();
