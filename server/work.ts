import { createAccountHolders } from './bans/account-holders.ts';
import { type BanLists, createBanLists } from './bans/ban-lists.ts';
import { type BansHere, createBansHere } from './bans/bans-here.ts';
import { knownBan } from './bans/known-ban.ts';
import { endWhatIsGone } from './bans/list-ends.ts';
import type { Clock } from './clock.ts';
import type { Broadcast } from './cluster/broadcast.ts';
import { createNotices, type Notices } from './door/notice.ts';
import type { Seen } from './identity/seen.ts';
import { type Action, namesOfAction, PRODUCTS, type Product } from './moderation/action.ts';
import type { Moderation, ModerationOptions } from './moderation/contract.ts';
import { createHolders, type Holders } from './moderation/holders.ts';
import type { FindKnownBan } from './moderation/known-ban.ts';
import { createModeration } from './moderation/moderation.ts';
import { createOwnEffects, type OwnEffects } from './moderation/own-effects.ts';
import type { Audience, Players } from './moderation/ports.ts';
import { createTemporaryBans } from './moderation/temporary-bans.ts';
import { createTies, identifiersInFull, type Ties } from './moderation/ties.ts';
import type { TellAuthor } from './notify/audience.ts';
import type { Discord } from './notify/discord/discord.ts';
import type { Log } from './notify/log.ts';
import { createKept, type Kept } from './outbox/kept.ts';
import { createOutbox, type DeliveryOutbox } from './outbox/outbox.ts';
import { createCmsRecordKeeper } from './records/keeper.ts';
import type { Records } from './records/records.ts';
import type { CredentialWatch } from './settings/credential-watch.ts';
import type { Settings } from './settings/settings.ts';
import { inSlices } from './slices.ts';
import type { Http } from './sonoran/http.ts';
import { createLines, isInUse, type Line } from './sonoran/products.ts';
import { createRateLimits } from './sonoran/rate-limits.ts';
import { createLedger } from './storage/ledger.ts';
import type { Storage, StoredRecord } from './storage/storage.ts';
import type { Say } from './text/locale.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What is done for a community, on what its storage holds: decisions, their delivery, the products' ban lists. */
export interface Work {
  readonly lines: readonly Line[];
  readonly ledger: ReturnType<typeof createLedger>;
  readonly ties: Ties;
  readonly holders: Holders;
  readonly bans: BanLists;
  readonly here: BansHere;
  readonly own: OwnEffects;
  readonly known: FindKnownBan;
  readonly moderation: Moderation;
  readonly outbox: DeliveryOutbox;
  readonly kept: Kept;
  readonly records: Records;
  readonly notices: Notices;
  /** Resolves when what is stored has been read, and nothing is left to be done before somebody decides. */
  readonly ready: Promise<void>;
  /** Somebody with these identifiers, `type:value`, tries to come in. */
  tried(identifiers: readonly string[]): void;
  /** Goes by how a product can be reached now. @returns settles when what is stored of its list has been read. */
  follow(line: Line): Promise<void>;
  /** Calls back with a product that may have another list from now on. */
  onFollow(callback: (product: Product) => void): void;
  /** Reads what is stored: what was decided, and who is banned. */
  read(): Promise<void>;
  /** Goes on where the last run, or another server, has ended, up to the first call. Resolves `ready`. */
  takeOver(): Promise<void>;
  /** Takes in a record that another server has written, or taken away (then without value). */
  heard(record: StoredRecord): void;
  /** From now on calls go out. */
  start(): void;
  /** Tries one action, or all that wait, as soon as the limits allow; ends holds. @returns how many wait. */
  retry(actionId: string | undefined): { readonly deliveries: number; readonly records: number };
  /** Begins no call until it is resumed; `reason` is what those hear whose decision comes in meanwhile. */
  pause(reason: string): void;
  /** The same for good, as far as anybody knows: this run ends in order. */
  end(reason: string): void;
  resume(): void;
}

/** What it stands on. */
export interface WorkOptions {
  readonly settings: Settings;
  readonly storage: Storage;
  readonly http: Http;
  readonly watch: CredentialWatch;
  /** Whether the vendor's own resource for a product runs here now. */
  readonly isVendorRunning: (product: Product) => boolean;
  readonly seen: Seen;
  readonly players: Players;
  /** Told of what was decided on this server. */
  readonly audience: Audience;
  readonly tell: TellAuthor;
  readonly discord: Discord;
  readonly newId: () => string;
  /** See {@link Action.serverId}. */
  readonly serverId: string | null;
  /** Whether this server is the one that works for its community. */
  readonly isWorking: () => boolean;
  /** See {@link ModerationOptions.handOn}. */
  readonly handOn?: ModerationOptions['handOn'];
  /** See {@link ModerationOptions.isWriter}; always, unless given. */
  readonly isWriter?: () => boolean;
  /** See {@link ModerationOptions.droppedHere}. */
  readonly droppedHere?: Set<string>;
  /** Told whenever what is known of actions, or of who is banned, may be other than before. */
  readonly onChange?: () => void;
  /** Tells the other servers of the community; absent where there are none. */
  readonly tellOthers?: (broadcast: Broadcast) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/** Passes on what was decided on one server; what only this one finds out is told to those on which it was decided. */
function ofServer(
  serverId: string | null,
  audience: Audience,
  tellOthers: (broadcast: Broadcast) => void,
): Audience {
  const isOurs = (action: Action | undefined) => action === undefined || action.serverId === serverId;
  const serversOf = (actions: readonly Action[]) => [
    ...new Set(actions.flatMap((action) => (isOurs(action) ? [] : (action.serverId ?? [])))),
  ];
  return {
    accepted: (action) => isOurs(action) && audience.accepted(action),
    withdrawn(lift, products) {
      if (isOurs(lift)) audience.withdrawn(lift, products);
      const [server] = serversOf([lift]);
      if (server !== undefined) {
        tellOthers({ kind: 'withdrawn', lift: lift.id, products, server });
      }
    },
    corrected(later, earlier) {
      const decided = [later, earlier];
      const ours = decided.filter(isOurs);
      if (ours.length > 0) audience.corrected(later, earlier, ours);
      const servers = serversOf(decided);
      if (servers.length > 0) {
        tellOthers({ kind: 'corrected', later: later.id, earlier: earlier.id, servers });
      }
    },
    queued: (action, outcome) => isOurs(action) && audience.queued(action, outcome),
    settled: (action, outcome) => isOurs(action) && audience.settled(action, outcome),
  };
}

/** One server tells Discord, for all. */
function whenWorking(isWorking: () => boolean, discord: Discord, audience: Audience): Audience {
  const withDiscord = discord.beside(audience);
  return {
    ...audience,
    settled: (action, outcome) => (isWorking() ? withDiscord : audience).settled(action, outcome),
  };
}

export function createWork(options: WorkOptions): Work {
  const { settings, storage, http, watch, seen, players, tell, discord, clock, log, say } = options;
  const { serverId, tellOthers = () => {}, onChange = () => {} } = options;
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const limits = createRateLimits({ clock, storage, isVendorRunning: options.isVendorRunning });
  const lines = createLines({ settings, http, clock, limits, watch, say });

  // From a decision to its end.
  const { isWriter = () => true } = options;
  const ledger = createLedger({
    storage,
    clock,
    historyLimit: settings.historyLimit,
    isWriter,
    ...(serverId === null ? {} : { dropWhen: settings.dropWhen }),
    isFollowed: serverId !== null,
    onChange,
  });
  const ties = createTies(seen, ledger);
  const bans = createBanLists({
    settings,
    clock,
    storage,
    log,
    listLog: discord.listLog,
    say,
    ledger,
    ties,
  });
  const holders = createHolders(ledger, (account) => bans.all().flatMap(({ holderOf }) => holderOf(account)));
  const known: FindKnownBan = (product, person) => {
    const identifiers = identifiersInFull(person, ties);
    return knownBan(bans.get(product)?.mirror, { ...person, identifiers }, clock);
  };
  const retryForMs = settings.retryHours * HOUR_MS;
  const parts = { lines, settings, storage, ledger, clock, retryForMs, tell, watch, log, say };
  const records = createCmsRecordKeeper({
    ...parts,
    tellThere(saying) {
      const { origin, serverId: server } = saying.task;
      if (server === null || serverId === null || server === serverId) return false;
      // Of who decided in any other way nobody is told.
      if (origin === 'chat' || origin === 'console') tellOthers({ kind: 'record', server, saying });
      return true;
    },
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
    products: () => lines.filter(isInUse).map(({ product }) => product),
    everyProduct: lines.map(({ product }) => product),
    players,
    ledger,
    ties,
    holders,
    known,
    outbox,
    audience: whenWorking(options.isWorking, discord, ofServer(serverId, options.audience, tellOthers)),
    clock,
    say,
    notice: notices.of,
    dropWhen: settings.dropWhen,
    unlinked: settings.unlinked,
    joinGate: settings.joinGate,
    server: settings.serverName || null,
    serverId,
    ...(options.handOn ? { handOn: options.handOn } : {}),
    ...(options.droppedHere ? { droppedHere: options.droppedHere } : {}),
    isWriter,
    newId: options.newId,
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
  moderation.onProlonged(temporaryBans.accepted);
  moderation.onAccepted(records.accepted);

  // Who is banned, and who waits for a link.
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
  bans.onBanned(onChange);
  bans.onGone(onChange);
  bans.onLate(onChange);
  // First, so that a decision made here drops by its own rule.
  bans.onBanned((_, identifiers, account) => {
    if (account === null) return;
    for (const { id } of ledger.inForceAbout([`account:${account}`])) moderation.recognised(id, identifiers);
  });
  const accountHolders = createAccountHolders({
    bans,
    ledger,
    recognised: moderation.recognised,
    clock,
    log,
    say,
  });
  moderation.onAccepted(accountHolders.accepted);
  endWhatIsGone({ bans, ledger, ended: moderation.endedElsewhere, log, say });
  outbox.listen(discord.listener);

  const followed: Array<(product: Product) => void> = [];

  async function follow(line: Line): Promise<void> {
    const { product } = line.product.api;
    const isRead = bans.follow(line);
    kept.renewed(product);
    for (const callback of followed) callback(product);
    await isRead;
    if (product === 'cms') records.renewed();
    outbox.of(product)?.renewed();
  }

  function tellAside(names: readonly string[]): void {
    if (names.length === 0) return;
    log.error(say('store.aside', { count: names.length, keys: names.slice(0, 3).join(', ') }));
  }

  return {
    lines,
    ledger,
    ties,
    holders,
    bans,
    here: createBansHere({ ledger, ties, temporaryBans }),
    own,
    known,
    moderation,
    outbox,
    kept,
    records,
    notices,
    ready,
    tried(identifiers) {
      kept.tried(identifiers);
      accountHolders.tried();
    },
    follow,
    onFollow: (callback) => followed.push(callback),
    async read() {
      const areFollowed = Promise.all(lines.map(follow)).catch((error: unknown) =>
        log.bug('ban-lists', error),
      );
      const { setAside } = await ledger.load();
      if (isWriter()) tellAside(setAside);
      await areFollowed;
      // Whoever follows ends nothing, but knows at the door what is over.
      if (!isWriter()) temporaryBans.resume();
    },
    async takeOver() {
      await limits.load();
      tellAside(await records.load());
      const pending = ledger.pending();
      await inSlices(pending, clock, outbox.restore);
      await inSlices(pending, clock, kept.watch);
      if (pending.length > 0) log.info(say('store.resumed', { count: pending.length }));
      await clock.pause();
      moderation.resume();
      await clock.pause();
      temporaryBans.resume();
      setReady();
      // What somebody has decided meanwhile is in line before what waited takes all that the limits let through.
      await clock.pause();
    },
    heard(record) {
      const news = ledger.follow(record);
      if (news) {
        const { action, before } = news;
        if (action.deliveries.some(({ state }) => state.status === 'delivered')) own.confirmed(action);
        const isNewEnd = !before?.inForce || before.expiresAt !== action.expiresAt;
        if (action.inForce && isNewEnd) temporaryBans.accepted(action);
        moderation.followed(action, before);
      }
      bans.heard(record.name);
    },
    start() {
      outbox.start();
      records.start();
      bans.start();
      accountHolders.resume();
    },
    retry(actionId) {
      // First: the record of a kick goes before the kick.
      const held = records.retry();
      const deliveries = PRODUCTS.map((product) => outbox.of(product)?.retry(actionId) ?? 0);
      return { deliveries: deliveries.reduce((sum, count) => sum + count, 0), records: held };
    },
    pause(reason) {
      outbox.stop(reason);
      records.stop();
    },
    end(reason) {
      records.stop();
      outbox.stop(reason);
      moderation.hurry();
      limits.keep(true);
    },
    resume() {
      limits.keep(false);
      outbox.resume();
      records.resume();
    },
  };
}
