import { randomBytes } from 'node:crypto';
import { PANEL_VIEWS } from '../shared/panel.ts';
import { SUGGESTIONS, SUGGESTIONS_WANTED } from '../shared/suggestions.ts';
import { actOnBroadcasts } from './broadcasts.ts';
import type { Clock } from './clock.ts';
import { carryOut } from './cluster/left-over.ts';
import { moveOut } from './cluster/moving-out.ts';
import { COMMUNITY, communityIds, openCluster } from './cluster/open.ts';
import { aloneWith, type Community, type OnReport } from './community.ts';
import { createDoor } from './door/door.ts';
import { createWebKicks } from './door/web-kicks.ts';
import { access } from './fxserver/access.ts';
import { onArrival } from './fxserver/arrivals.ts';
import { commandHost } from './fxserver/commands.ts';
import { coreHost } from './fxserver/core-host.ts';
import { onClientEvent, onPlayerLeft, onServerEvent, ownEvents, sendToClient } from './fxserver/events.ts';
import { onPortRequest } from './fxserver/http-port.ts';
import { onStop, onSurvived } from './fxserver/lifecycle.ts';
import { createMessenger, printLine } from './fxserver/messenger.ts';
import { connectOxLib } from './fxserver/ox-lib.ts';
import { trackPlayers } from './fxserver/players.ts';
import * as resource from './fxserver/resource.ts';
import { store } from './fxserver/store.ts';
import { knownCadApiIds } from './identity/cad-api-id.ts';
import { createSeen } from './identity/seen.ts';
import type { Target } from './identity/target.ts';
import type { Action, Product } from './moderation/action.ts';
import { lookUp } from './moderation/lookup.ts';
import { outcomeOf } from './moderation/outcome.ts';
import { type FoundPerson, findAgain, findPerson, isOnServer } from './moderation/person.ts';
import { createAudience, tellAuthor } from './notify/audience.ts';
import { createDiscord } from './notify/discord/discord.ts';
import { createLog } from './notify/log.ts';
import { sayNewRelease } from './notify/new-release.ts';
import { actOnReports } from './reports.ts';
import { collectKeys, watchCredentials } from './settings/credential-watch.ts';
import { OFF, REACH_CONVARS } from './settings/credentials.ts';
import { readSettings } from './settings/settings.ts';
import { createReachReport, problemReport, startLine } from './settings/start-report.ts';
import { VENDOR_RESOURCE } from './settings/vendor-config.ts';
import { createSignal } from './signal.ts';
import { heldHttp } from './sonoran/held-http.ts';
import { createHttp } from './sonoran/http.ts';
import { isInUse } from './sonoran/products.ts';
import { createKvpStorage } from './storage/kvp.ts';
import { readLocale } from './text/locale.ts';
import { redactor, type Secret } from './text/secret.ts';
import { withBanHere } from './triggers/ban-here.ts';
import { listenToCadLinks } from './triggers/cad-links.ts';
import { registerCommands } from './triggers/commands.ts';
import { createDeciding } from './triggers/deciding.ts';
import { createExports } from './triggers/exports.ts';
import { findTarget } from './triggers/find-target.ts';
import { registerHistoryCommand } from './triggers/history-command.ts';
import { createImmunity } from './triggers/immunity.ts';
import { namedTarget } from './triggers/name-search.ts';
import { createOpenCalls } from './triggers/open-calls.ts';
import { createPanel } from './triggers/panel/panel.ts';
import { createPush } from './triggers/push.ts';
import { createPushEvents } from './triggers/push-events.ts';
import { createQueue } from './triggers/queue.ts';
import { registerQueueCommands } from './triggers/queue-commands.ts';
import { commandSuggestions } from './triggers/suggestions.ts';
import { MONITOR, registerTxAdmin, type WarningKeeper } from './triggers/txadmin.ts';
import { createWork, type Work } from './work.ts';

/** `owner/name` of our repository on GitHub, and GitHub's API: put in by build.mjs. */
declare const RELEASES_REPOSITORY: string;
declare const RELEASES_HOST: string;
/** How long the lease of a cluster is, in milliseconds, where tests build it so: put in by build.mjs. */
declare const CLUSTER_LEASE_MS: number | undefined;

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
  const { code, say, problem } = readLocale(settings.locale, localeFile);
  const log = createLog(settings.logLevel, printLine, redact, say);
  const folder = resource.resourceName();
  if (folder !== resource.OWN_NAME) {
    log.error(say('error.folder', { folder }));
    return;
  }

  // What the parts stand on.
  const { trigger, apart, flush: triggerNow } = ownEvents();
  const oxLib = settings.notify === 'ox_lib' ? connectOxLib(clock) : undefined;
  const messenger = createMessenger(redact, oxLib);
  const seen = createSeen();
  const players = trackPlayers(say, seen, clock.now);
  const onTrouble = (trouble: 'cannot be searched' | 'does not keep' | 'keeps again') =>
    log[trouble === 'keeps again' ? 'info' : 'error'](say(`store.${trouble}`));
  const storage = createKvpStorage({ store, clock, onTrouble });
  const { http, hold, release } = heldHttp(createHttp(settings.requestTimeoutMs, redact, say).http);
  const version = resource.resourceVersion();
  const discord = createDiscord({ settings, version, http, clock, random: Math.random, log, say, redact });
  const sources = { convar: resource.readConvar, file: resource.readFileOf, isRunning: resource.isRunning };
  const watch = watchCredentials({ sources, storage, clock, secrets, redact });
  const audience = createAudience({ players, messenger, log, say, trigger });
  const knowledge = createSignal();
  const standing = {
    onChange: knowledge.tell,
    settings,
    watch,
    isVendorRunning: (product: Product) => resource.isRunning(VENDOR_RESOURCE[product]),
    seen,
    players,
    audience,
    tell: tellAuthor({ players, messenger }),
    discord,
    newId,
    log,
    say,
  };
  const lookUpIn = (work: Work, who: FoundPerson) =>
    lookUp(who, {
      products: () => work.lines.filter(isInUse).map(({ product }) => product),
      known: work.known,
      ties: work.ties,
      holders: work.holders,
      ready: work.ready,
      say,
    });
  const droppedHere = new Set<string>();
  const outcomeOfHere = (action: Action) =>
    outcomeOf(droppedHere.has(action.id) ? { ...action, dropped: true } : action, {
      say,
      isHere: (person) => isOnServer(person, players),
      unlinked: settings.unlinked,
      joinGate: settings.joinGate,
    });
  const community = join();
  const { parts: work } = community;
  const { lines, ledger, ties, bans, here, own, known, moderation, notices, ready } = work;

  /** Alone, on its own storage, or among the servers that share a database. */
  function join(): Community {
    if (settings.database) {
      return openCluster({
        config: settings.database,
        serverName: settings.serverName || null,
        local: storage,
        watch,
        http,
        makeWork: (parts) => createWork({ ...standing, ...parts, droppedHere }),
        lookUp: lookUpIn,
        outcomeOf: outcomeOfHere,
        dropWhen: settings.dropWhen,
        leaseMs: CLUSTER_LEASE_MS,
        seen,
        audience,
        newId,
        clock,
        log,
        say,
      });
    }
    const alone = createWork({ ...standing, storage, http, clock, serverId: null, isWorking: () => true });
    const onBug = (error: unknown) => log.bug('report', error);
    return aloneWith(alone, storage, (who) => lookUpIn(alone, who), comeBack, onBug);
  }

  /** It may have been one of several until now. */
  async function comeBack() {
    const leftOver = await moveOut({
      config: settings.namedDatabase,
      community: COMMUNITY,
      ids: () => communityIds(watch),
      serverName: settings.serverName || null,
      local: storage,
      newId,
      clock,
      log,
      say,
    });
    return (onReport: OnReport) =>
      carryOut(leftOver, { moderation, onReport, local: storage, clock }).catch((error: unknown) =>
        log.bug('left-over', error),
      );
  }

  const { report } = community;
  const tried = ({ identifiers }: { readonly identifiers: readonly string[] }) =>
    report({ about: 'tried', identifiers });

  // Whom what is known keeps out.
  const parts = { settings, players, seen, access, here, bans, own, notices, clock, log, say };
  const door = createDoor({ ...parts, loaded: ready });
  if (settings.joinGate) {
    onArrival((arrival) => {
      door.arrived(arrival);
      tried(arrival);
    }, say);
  }
  players.onJoined(tried);
  players.onJoined(moderation.onJoined);
  players.onJoined(door.joined);
  door.onRefused(({ ban, player, ...refusal }) => {
    report({ about: 'refused', ...refusal, player, banId: ban?.id ?? null, tries: 1 });
  });

  // What starts a decision, or comes from outside.
  listenToCadLinks({
    host: coreHost,
    verified: (apiId, account) => report({ about: 'link', apiId, account }),
    log,
    say,
  });
  const products = () => lines.filter(isInUse).map(({ product }) => product);
  const knownCadApiId = knownCadApiIds(resource.askCadApiId, clock);
  let isLoaded = false;
  const common = {
    access,
    players,
    moderation,
    find: (target: Target) => findPerson(target, players, knownCadApiId, ledger.byId),
    // Until what is stored has been read, nobody knows what was in use in the last run.
    isConfigured: () => !isLoaded || lines.some(isInUse),
    lookUp: async (who: FoundPerson) =>
      withBanHere(await community.lookUp(who), who.person, { here, now: clock.now, say }),
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
  const deciding = createDeciding({ ...typed, isImmune: createImmunity({ players, access, ties }) });
  registerCommands({
    ...typed,
    deciding,
    findAgain: (who) => findAgain(who, players, knownCadApiId),
  });
  const queue = createQueue({
    whyWaiting: (product, id) => work.outbox.of(product)?.whyWaiting(id),
    cancel: community.cancel,
    retry: community.retry,
    ledger,
    say,
  });
  const { worker } = community;
  registerQueueCommands({ ...typed, queue, ...(worker ? { worker } : {}) });
  registerHistoryCommand({ ...typed, ledger, ties, settings });
  const panel = createPanel({
    ...typed,
    on: (event, handler) => onClientEvent(event, apart(handler)),
    send: sendToClient,
    settings,
    locale: code,
    deciding,
    queue,
    ledger,
    ties,
    here,
    known,
    products: () => products().map(({ api }) => api.product),
    redact,
    ...(worker ? { worker } : {}),
  });
  players.onMoved(() => panel.changed(['players']));
  onPlayerLeft(panel.left);
  knowledge.onTold(() => panel.changed(PANEL_VIEWS));
  const warnings: WarningKeeper = {
    warned({ who, ...warning }) {
      const { name, identifiers } = who.person;
      report({ about: 'warned', ...warning, name, identifiers });
    },
    warningRevoked: (id, author) => report({ about: 'warning-revoked', id, author }),
  };
  registerTxAdmin({
    on: (event, handler) => onServerEvent(event, apart(handler)),
    moderation,
    players,
    knownCadApiId,
    actions: settings.txAdminActions,
    temporaryBans: settings.temporaryBans,
    warnings: settings.cmsRecords.has('warn') ? warnings : undefined,
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
  const push =
    cms && settings.pushEvents
      ? createPush({
          line: cms,
          isInUse: () => bans.get('cms') !== undefined,
          happened(event) {
            // Whoever works learns it by the report.
            if (event.account !== null) ties.learn(event.account, event.proven);
            report({ about: 'push', event });
          },
          proxyRanges,
          coreHost,
          onPortRequest,
          clock,
          log,
          say,
        })
      : undefined;

  // What any server hears of, on the one that works; and what that one tells the others.
  const kicked = createWebKicks({ players, own, evict: door.evict, log, say });
  const pushed = createPushEvents({
    list: () => bans.get('cms'),
    types: () => cms?.product.rules.types ?? [],
    ready,
    players,
    own,
    evict: door.evict,
    kicked(kick) {
      kicked(kick);
      community.broadcast({ kind: 'kicked', ...kick });
    },
    undone: (product, names) => community.broadcast({ kind: 'undone', product, names }),
    told: work.kept.told,
    learn: ties.learn,
    newId,
    clock,
    log,
    say,
  });
  community.onReport(actOnReports({ work, pushed, seen, discord }));
  community.onBroadcast(actOnBroadcasts({ work, audience, kicked }));

  const suggestions = commandSuggestions(say);
  onClientEvent(SUGGESTIONS_WANTED, (playerId) => {
    const usable = suggestions.filter(({ name }) => access.playerHas(playerId, `command.${name}`));
    const others = suggestions.filter((suggestion) => !usable.includes(suggestion));
    sendToClient(
      playerId,
      SUGGESTIONS,
      usable,
      others.map(({ name }) => name),
    );
  });

  work.onFollow((product) => {
    if (product === 'cms') push?.listen();
  });

  community.onRead(() => {
    panel.changed(PANEL_VIEWS);
    door.evictBanned();
    for (const list of bans.all()) door.evictListed(list);
  });

  /** Goes on where the last run ended. */
  async function resume(): Promise<void> {
    await watch.load();
    isLoaded = true;
    sayStart();
    await community.start();
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
        work.follow(line).catch((error: unknown) => log.bug('ban-lists', error));
      }
    });
    resource.onConfigured(REACH_CONVARS, Object.values(VENDOR_RESOURCE), watch.look);
  }

  onServerEvent('txAdmin:events:serverShuttingDown', (_, from) => {
    if (from !== MONITOR) return;
    // What runs has until the end of the process; what is decided now goes out after it.
    community.pause(say('stopping'));
    clock.after(SHUTDOWN_MS, community.resume);
  });
  onStop(() => {
    hold();
    community.end(say('stopping'));
    calls.stop();
    door.stop();
    panel.stop();
    push?.withdraw();
    triggerNow();
  });
  onSurvived(() => {
    calls.resume();
    community.resume();
    release();
  });
  resume().catch((error: unknown) => log.bug('start', error));
}

start();
