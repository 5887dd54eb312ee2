import type { Clock } from '../clock.ts';
import { identifiersOfKeys } from '../identity/ban-key.ts';
import { parseIdentifiers } from '../identity/identifier.ts';
import { type Subject, subjectsOf } from '../identity/subject.ts';
import type { Action, Delivery, Product } from '../moderation/action.ts';
import { productName } from '../moderation/outcome.ts';
import type { Account } from '../moderation/product-api.ts';
import type { Ties } from '../moderation/ties.ts';
import type { Log } from '../notify/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { Line } from '../sonoran/products.ts';
import type { Say } from '../text/locale.ts';
import { type BackgroundLookUps, createBackgroundLookUps } from './background-look-ups.ts';
import type { Ban } from './ban-index.ts';
import { isLiftedHere, type LiftedHereOptions } from './lifted-here.ts';
import { createMirror, isFresh, type Mirror, type ReadReport } from './mirror.ts';
import { mirrorAccount, mirrorDecision } from './own-decisions.ts';
import { createRegisteredReads } from './registered-reads.ts';
import type { SnapshotOptions } from './snapshot.ts';
import { identifiersOfBan } from './telling.ts';

/** How often it is asked about the same refused person, in milliseconds. */
const CHECK_MS = 60_000;

/** The ban list of one product: what is known of it here, and how more is found out. */
export interface BanList {
  readonly mirror: Mirror;
  readonly lookUps: BackgroundLookUps;
  /** To be told of what has become of a delivery; what changes goes to disk with the next write. */
  decided(action: Action, delivery: Delivery): void;
  /**
   * Asks in the background by which identifiers, `type:value`, whoever holds an account goes. Neither is called when
   * there is no answer.
   */
  identify(account: string, found: (identifiers: readonly string[]) => void, notLinked: () => void): void;
  /** By which identifiers, `type:value`, whoever holds an account goes, when it is banned; empty otherwise. */
  holderOf(account: string): readonly string[];
  /** To be told whom a ban has kept out: if it has been lifted meanwhile, the next try is to succeed. */
  checkAgain(ban: Ban): void;
  /** Ends it for good, and without a trace: what is stored belongs to another list from now on. */
  retire(): void;
}

/** What ban lists are made of. */
export interface BanListOptions {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly storage: SnapshotOptions['storage'];
  readonly log: Log;
  /** For what is said about how a product's list is read. */
  readonly listLog: (product: Product) => Log;
  readonly say: Say;
  /** Holds what was decided here about whom. */
  readonly ledger: LiftedHereOptions['ledger'];
  /** What is known of which names belong together; learns what Sonoran proves of them. */
  readonly ties: Pick<Ties, 'of' | 'learn'>;
  /** Told by which identifiers somebody goes who has turned out to be banned, and of which account; null when that is not known. */
  readonly onBanned: (product: Product, identifiers: readonly string[], account: string | null) => void;
  /** Told of bans that a product does not have any more. */
  readonly onGone: (product: Product, bans: readonly Ban[]) => void;
  /** Told for which account a product has confirmed a ban whose answer did not tell it. */
  readonly onIdentified: (actionId: string, product: Product, account: string) => void;
}

export function createBanList(
  { product: { api, rules }, community: communityNow, convars, mirrorRenewal }: Line,
  options: BanListOptions,
): BanList {
  const { clock, ledger, ties, log, say } = options;
  const community = communityNow() ?? '';
  let isRetired = false;
  const storage: SnapshotOptions['storage'] = {
    load: options.storage.load,
    soon: async (changes) => (isRetired ? undefined : options.storage.soon(changes)),
    write: async (changes) => (isRetired ? 'not kept' : options.storage.write(changes)),
  };
  const onBug = (error: unknown) => log.bug(`ban-list ${api.product}`, error);
  const report = createReport(api.product, convars, options.listLog(api.product), say);
  const random = Math.random;
  const reads =
    api.registered &&
    createRegisteredReads({
      registered: api.registered,
      mirror: () => mirror,
      clock,
      random,
      onLacking: () => log.debug(say('list.registered.none', { product: productName(api.product, say) })),
      onBug,
    });
  const mirror = createMirror({
    product: api.product,
    community: () => community,
    list: api.bannedList,
    get types() {
      return rules.types;
    },
    storage,
    clock,
    random,
    async isStillBanned(account) {
      // Three calls at the most, for which the whole list waits: not behind thousands of others.
      const result = await api.lookup({ by: 'account', value: account }, 'person');
      if (result.kind === 'found') return result.account.banned;
      const isAnswered = !['try-again', 'limited', 'bad-credentials'].includes(result.kind);
      return isAnswered ? null : true;
    },
    tied: (names) => ties.of(names),
    intervalMs: options.settings.mirrorMinutes * 60_000,
    renewCredentials: mirrorRenewal,
    onNewBan: (identifiers, account) => options.onBanned(api.product, identifiers, account),
    onGone: (bans) => options.onGone(api.product, bans),
    onProof: (account, identifiers) => ties.learn(account, identifiers),
    onNewAccount: (account) => reads?.banned(account),
    onRead(read) {
      report(read);
      if (read.kind === 'believed') reads?.listRead();
    },
    say,
    onBug,
  });
  const lookUps = createBackgroundLookUps({ api, clock, random, onBug });

  /** By whom was asked about again, when, on `elapsed`; oldest first. */
  const checks = new Map<string, number>();

  /** Whoever knocks all the time does not use up the look-ups of others. */
  function isDue({ by, value }: Subject): boolean {
    const now = clock.elapsed();
    for (const [old, at] of checks) {
      if (now - at < CHECK_MS) break;
      checks.delete(old);
    }
    const question = `${by} ${value}`;
    const isDue = !checks.has(question);
    if (isDue) checks.set(question, now);
    return isDue;
  }

  /** Whether what Sonoran says of a ban may be behind it: then it is no word that the ban was lifted. */
  function isProtected(ban: Ban): boolean {
    if (!isFresh(ban, clock.now())) return false;
    return !isLiftedHere(ban, { product: api.product, types: rules.types, ledger, ties });
  }

  return {
    mirror,
    lookUps,
    decided(action, delivery) {
      try {
        const unknown = mirrorDecision(mirror, action, delivery);
        if (!unknown) return;
        lookUps.ask(unknown.subject, (account) => {
          if (account.id !== null) options.onIdentified(action.id, api.product, account.id);
          if (!unknown.isThere()) return;
          mirrorAccount(mirror, account, action.person.identifiers);
          const ban = mirror.findAccount(account.id?.toLowerCase() ?? '');
          if (ban) options.onBanned(api.product, identifiersOfBan(ban, rules.types), ban.account);
        });
      } catch (error) {
        // What is decided goes on all the same.
        onBug(error);
      }
    },
    identify(account, found, notLinked) {
      lookUps.ask(
        { by: 'account', value: account },
        ({ keys, proven }) => {
          ties.learn(account, proven);
          found([...new Set(identifiersOfKeys([...keys, ...proven], rules.types))]);
        },
        notLinked,
      );
    },
    holderOf(account) {
      const ban = mirror.findAccount(account);
      return ban ? identifiersOfBan(ban, rules.types) : [];
    },
    checkAgain(ban) {
      if (isProtected(ban)) return;
      const { account, own, listed, proven } = ban;
      /** The first name that is linked is the account that the ban was made for. */
      const ask = ([subject, ...others]: readonly Subject[]): void => {
        if (!subject) return;
        const found = ({ id, banned, keys, proven: told, isRegistered }: Account) => {
          const name = account ?? id?.toLowerCase() ?? null;
          if (banned === true && name !== null && isRegistered) {
            mirror.registered(name, { keys, proven: told, isWhole: true });
          }
          if (banned !== false) return;
          // Banned again while Sonoran was asked.
          const now = name === null ? undefined : mirror.findAccount(name);
          if (!isProtected(now ?? ban)) mirror.lifted(name, [...own, ...listed, ...proven]);
        };
        lookUps.ask(subject, found, () => ask(others));
      };
      const names: readonly Subject[] =
        account === null
          ? subjectsOf(parseIdentifiers(own), rules, undefined)
          : [{ by: 'account', value: account }];
      if (names[0] && isDue(names[0])) ask(names);
    },
    retire() {
      isRetired = true;
      mirror.stop();
      reads?.stop();
      lookUps.stop();
    },
  };
}

/** Says how the reads go: once when something fails, and once when it works again. */
function createReport(
  product: Product,
  convars: Line['convars'],
  log: Log,
  say: Say,
): (report: ReadReport) => void {
  let lastSaid: string | undefined;

  function sayOnce(what: string, write: () => void): void {
    if (lastSaid !== what) write();
    lastSaid = what;
  }

  return (report) => {
    const words = { product: productName(product, say) };
    switch (report.kind) {
      case 'believed': {
        const { bans, lifted, isFirst } = report;
        if (lastSaid !== undefined) log.info(say('list.back', { ...words, bans }));
        else if (isFirst) log.info(say('list.read', { ...words, bans }));
        else log.debug(say('list.lifted', { ...words, bans, lifted }));
        lastSaid = undefined;
        return;
      }
      case 'shrunk': {
        const { seen, before } = report;
        return sayOnce('shrunk', () => log.warn(say('list.shrunk', { ...words, seen, before })));
      }
      case 'contradicted': {
        const { seen, before } = report;
        return sayOnce('contradicted', () => log.warn(say('list.contradicted', { ...words, seen, before })));
      }
      case 'cut-short':
        return sayOnce('short', () => log.warn(say('list.short', { ...words, detail: report.detail })));
      case 'retry':
      case 'try-again':
        return sayOnce('failed', () => log.warn(say('list.failed', { ...words, detail: report.detail })));
      case 'refused':
        return sayOnce('refused', () => log.warn(say('list.failed', { ...words, detail: report.words })));
      case 'unavailable':
      case 'not-enabled': {
        const detail = report.kind === 'unavailable' ? say('list.none') : report.words;
        return sayOnce('unavailable', () => log.warn(say('list.unavailable', { ...words, detail })));
      }
      case 'bad-credentials': {
        const { id, key } = convars();
        return sayOnce('credentials', () =>
          log.error(say('list.credentials', { ...words, detail: report.words, convars: `${id}, ${key}` })),
        );
      }
    }
  };
}
