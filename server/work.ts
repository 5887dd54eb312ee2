import { createAccountHolders } from './bans/account-holders.ts';
import { type BanLists, createBanLists } from './bans/ban-lists.ts';
import { type BansHere, createBansHere } from './bans/bans-here.ts';
import { knownBan } from './bans/known-ban.ts';
import { endWhatIsGone } from './bans/list-ends.ts';
import type { Clock } from './clock.ts';
import { createNotices, type Notices } from './door/notice.ts';
import type { Seen } from './identity/seen.ts';
import { namesOfAction, type Product } from './moderation/action.ts';
import type { FindKnownBan } from './moderation/known-ban.ts';
import { createModeration, type Moderation } from './moderation/moderation.ts';
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
import type { Storage } from './storage/storage.ts';
import type { Say } from './text/locale.ts';

const HOUR_MS = 60 * 60 * 1000;

/** What is done for a community, on what its storage holds: decisions, their delivery, the products' ban lists. */
export interface Work {
  readonly lines: readonly Line[];
  readonly ledger: ReturnType<typeof createLedger>;
  readonly ties: Ties;
  readonly bans: BanLists;
  readonly here: BansHere;
  readonly own: OwnEffects;
  readonly known: FindKnownBan;
  readonly moderation: Moderation;
  readonly outbox: DeliveryOutbox;
  readonly kept: Kept;
  readonly records: Records;
  readonly notices: Notices;
  /** Resolves when what is stored has been read. */
  readonly ready: Promise<void>;
  /** Somebody with these identifiers, `type:value`, tries to come in. */
  tried(identifiers: readonly string[]): void;
  /** Goes by how a product can be reached now. @returns settles when what is stored of its list has been read. */
  follow(line: Line): Promise<void>;
  /** Calls back with a product that may have another list from now on. */
  onFollow(callback: (product: Product) => void): void;
  /** Goes on where the last run ended, up to the first call. Resolves `ready`. */
  load(): Promise<void>;
  /** From now on calls go out. */
  start(): void;
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
  readonly audience: Audience;
  readonly tell: TellAuthor;
  readonly discord: Discord;
  readonly newId: () => string;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

export function createWork(options: WorkOptions): Work {
  const { settings, storage, http, watch, seen, players, tell, discord, clock, log, say } = options;
  const { promise: ready, resolve: setReady } = Promise.withResolvers<void>();
  const limits = createRateLimits({ clock, storage, isVendorRunning: options.isVendorRunning });
  const lines = createLines({ settings, http, clock, limits, watch, say });

  // From a decision to its end.
  const ledger = createLedger({ storage, clock, historyLimit: settings.historyLimit });
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
  const known: FindKnownBan = (product, person) => {
    const identifiers = identifiersInFull(person, ties);
    return knownBan(bans.get(product)?.mirror, { ...person, identifiers }, clock);
  };
  const retryForMs = settings.retryHours * HOUR_MS;
  const parts = { lines, settings, storage, ledger, clock, retryForMs, tell, watch, log, say };
  const records = createCmsRecordKeeper(parts);
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
    known,
    outbox,
    audience: options.audience,
    clock,
    say,
    notice: notices.of,
    dropWhen: settings.dropWhen,
    unlinked: settings.unlinked,
    server: settings.serverName || null,
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
  // First, so that a decision made here drops by its own rule.
  bans.onBanned((_, identifiers, account) => {
    if (account === null) return;
    for (const { id } of ledger.inForceAbout([`account:${account}`])) moderation.recognised(id, identifiers);
  });
  const holders = createAccountHolders({ bans, ledger, recognised: moderation.recognised, clock, log, say });
  moderation.onAccepted(holders.accepted);
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

  return {
    lines,
    ledger,
    ties,
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
      holders.tried();
    },
    follow,
    onFollow: (callback) => followed.push(callback),
    async load() {
      const areFollowed = Promise.all(lines.map(follow)).catch((error: unknown) =>
        log.bug('ban-lists', error),
      );
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
      await areFollowed;
      setReady();
      // What somebody has decided meanwhile is in line before what waited takes all that the limits let through.
      await clock.pause();
    },
    start() {
      outbox.start();
      records.start();
      bans.start();
      holders.resume();
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
