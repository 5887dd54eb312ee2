import type { Clock } from '../clock.ts';
import { identifiersOfKeys, keysOfIdentifiers } from '../identity/ban-key.ts';
import type { IdentifierType } from '../identity/identifier.ts';
import type { Product } from '../moderation/action.ts';
import type { BannedAccount, BannedList } from '../moderation/product-api.ts';
import { inSlices } from '../slices.ts';
import type { Say } from '../text/locale.ts';
import { type Ban, BanIndex, newBan } from './ban-index.ts';
import { type ListRead, readBannedList } from './read-list.ts';
import { createSnapshot, type SaveHow, type SnapshotOptions } from './snapshot.ts';
import { identifiersOfBan, type Telling, union, withProof, withTelling } from './telling.ts';

/** A list that is not believed is read again after this, in milliseconds. */
const DOUBT_MS = 60_000;
/** How many reads in a row must say the same where Sonoran can say of nobody who is missing that they are free. */
const READS_TO_BELIEVE = 3;
/** After a read that failed the next begins after this, in milliseconds; its pages have been tried many times. */
const FAILURE_MS = 60_000;
/** While the credentials are refused, how often it is looked whether they have been mended, in milliseconds. */
const CREDENTIALS_CHECK_MS = 30_000;

/** For how long what Sonoran says of a ban may be behind, in milliseconds. */
const FRESH_MS = 5 * 60 * 1000;

/**
 * Whether a ban became known so shortly before that Sonoran's list and look-ups may not have it yet.
 *
 * @param at Unix milliseconds; the wall clock may have been set back meanwhile.
 */
export function isFresh({ since }: Pick<Ban, 'since'>, at: number): boolean {
  return since !== null && Math.abs(at - since) < FRESH_MS;
}

/** What a read of the list came to, for those who watch. */
export type ReadReport =
  | { readonly kind: 'believed'; readonly bans: number; readonly lifted: number; readonly isFirst: boolean }
  /** `seen` of `before` bans are left: that may be a broken answer. */
  | { readonly kind: 'shrunk'; readonly seen: number; readonly before: number }
  /** The same again, and Sonoran does not say of those who are missing that they are free. */
  | { readonly kind: 'contradicted'; readonly seen: number; readonly before: number }
  | Exclude<ListRead, { kind: 'complete' | 'stopped' }>
  /** A page did not come, and is tried again. */
  | { readonly kind: 'retry'; readonly detail: string };

/** What has become known of somebody who is banned, other than by the list. */
export interface BanNews extends Pick<Ban, 'account' | 'listed' | 'own'> {
  /** See {@link Ban}; none unless given. */
  readonly proven?: readonly string[];
  /** Whether `listed` and `proven` are all keys that Sonoran has for the account now; not unless given. */
  readonly isWhole?: boolean;
  /** Whether `proven` has what the vendor's core has registered; not unless given. */
  readonly isRegistered?: boolean;
}

/** A ban, and by which identifier, `type:value`, somebody was found to have it. */
export interface FoundBan extends Ban {
  readonly key: string;
}

/** Whose account it is that somebody is kept out for, and by which of their identifiers, for the console. */
export function banWords({ account, key }: FoundBan, say: Say): string {
  return account === null ? say('ban.by.key', { key }) : say('ban.by', { account, key });
}

/** What a mirror is made of. */
export interface MirrorOptions {
  readonly product: Product;
  /** Names the community and its host as they are now, without secrets. */
  readonly community: () => string;
  readonly list: BannedList;
  /** The identifier types that are API IDs in this product. Read anew at every use: they may change. */
  readonly types: readonly IdentifierType[];
  readonly storage: SnapshotOptions['storage'];
  readonly clock: Clock;
  readonly random: () => number;
  /** From the end of one read to the beginning of the next, in milliseconds. */
  readonly intervalMs: number;
  /** Reads the credentials again; true when they are others than at the last time. */
  readonly renewCredentials: () => boolean;
  /**
   * Asks whether an account is banned; null when Sonoran cannot say: the account is gone, or this community cannot be
   * asked. True also when there was no answer.
   */
  readonly isStillBanned: (account: string) => Promise<boolean | null>;
  /** All names that are proven to belong to whoever has one of these: `type:value`, `account:<uuid>`. */
  readonly tied: (names: readonly string[]) => readonly string[];
  /**
   * Told by which identifiers, `type:value`, somebody goes of whom more has become known than was known, and of their
   * account; null when that is not known.
   */
  readonly onNewBan: (identifiers: readonly string[], account: string | null) => void;
  /** Told of proof that a banned account is that of whoever has these identifiers, `type:value`. */
  readonly onProof: (account: string, identifiers: readonly string[]) => void;
  /** Told of a banned account that has become known otherwise than by the list. */
  readonly onNewAccount: (account: string) => void;
  /** Told of bans that are not on the list any more, once that is so. */
  readonly onGone: (bans: readonly Ban[]) => void;
  readonly onRead: (report: ReadReport) => void;
  readonly say: Say;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/** Who is banned in one product, as far as is known here. Answers at once, from memory. */
export interface Mirror {
  readonly product: Product;
  /** Whether there is all to go by that there can be: a list that was read to its end, or Sonoran's word that there is none. */
  readonly isKnown: boolean;
  /** Whether what it says may be out of date: the list could not be read for a while. */
  readonly isStale: boolean;
  /** When the list was last read and believed, in Unix milliseconds; null when it never was. */
  readonly readAt: number | null;
  readonly size: number;
  /** The ban of whoever has one of the identifiers, `type:value`. */
  find(identifiers: readonly string[]): FoundBan | undefined;
  /** The ban of an account, by Sonoran's id. */
  findAccount(account: string): Ban | undefined;
  /** Takes in the snapshot of the last run, in slices. */
  load(): Promise<void>;
  /** Begins to follow the list. */
  start(): void;
  stop(): void;
  /** Somebody has been banned, other than by the list. */
  banned(news: BanNews, save?: SaveHow): void;
  /** Somebody was seen with these identifiers, `type:value`: what their account claims of them counts from now on. */
  seen(identifiers: readonly string[]): void;
  /**
   * The banned accounts of which it is not known, or was read long ago, what the vendor's core has registered: the
   * newest ban last.
   *
   * @param long how long that is, in milliseconds.
   */
  unregistered(long: number): string[];
  /** Whether an account is one of them. */
  isUnregistered(account: string, long: number): boolean;
  /** What is registered of an account was read; not at all when there is no such account. It goes to disk with a later write. */
  registered(account: string, telling?: Telling): void;
  /** Writes what has become known, with the next write of anybody. */
  save(): void;
  /** A ban has been lifted: of an account, or, when that is not known, of whomever the keys belong to. */
  lifted(account: string | null, keys: readonly string[], save?: SaveHow): void;
}

/**
 * A list: never read → read and believed → read again after a while. Read, and much shorter → in doubt → believed when
 * the next read says the same, and Sonoran says of those who are missing that they are free; where it cannot say, one
 * more read must. Failed → read again in a minute. Refused credentials → looked for every half minute.
 *
 * A file longer than others: these are the states of one list, and what changes it between two reads.
 */
export function createMirror(options: MirrorOptions): Mirror {
  const { product, list, clock, storage } = options;
  const index = new BanIndex();
  const snapshot = createSnapshot({ product, community: options.community, index, storage, clock });
  /** Whether Sonoran has said that this community has no list: what is decided here is all there is. */
  let hasNoList = false;
  let readAt: number | null = null;
  /** How long the last read took, in milliseconds. */
  let readMs = 0;
  let round = 0;
  /** The last one that was believed; 0 stands for the snapshot. */
  let believedRound = 0;
  let isReading = false;
  /** How many of the last reads had lost so much that they were not believed, and nobody has said that they are wrong. */
  let doubts = 0;
  /** Lifted while a read is under way: a page that was made before does not bring the ban back. */
  const liftedMeanwhile = new Set<string>();
  let isStopped = false;
  let cancelWait = () => {};

  /** Takes out what our own decisions knew of people without knowing their accounts. */
  function absorb(identifiers: readonly string[]): Ban[] {
    return identifiers.flatMap((identifier) => index.remove(identifier, ({ account }) => account === null));
  }

  function take({ account, keys, proven }: BannedAccount): void {
    if (liftedMeanwhile.has(account)) return;
    learn(account, { keys, proven, isWhole: true });
  }

  /** Takes in what a product tells of a banned account. */
  function learn(account: string, telling: Telling): void {
    const known = index.find(account);
    const told = withTelling(
      known ?? newBan(account, readAt === null ? null : clock.now()),
      telling,
      options,
    );
    if (told === known) index.touch(account, round);
    else put(known, withAbsorbed(told, known !== undefined), round);
  }

  /** What is known of an account, with what our own decisions knew of its holder. */
  function withAbsorbed(ban: Ban, isKnown: boolean): Ban {
    const absorbed = absorb(identifiersOfBan(ban, options.types));
    const [first] = absorbed;
    return absorbed.reduce(merged, !isKnown && first ? { ...ban, since: first.since } : ban);
  }

  /** Keeps a ban of an account, and tells what is new about it. */
  function put(before: Ban | undefined, ban: Ban, inRound?: number): void {
    index.put(ban, inRound);
    const { account, own, proven } = ban;
    const isNewProof = proven.some((identifier) => !before?.proven.includes(identifier));
    if (account !== null && isNewProof) options.onProof(account, proven);
    // By a name that is new they may be here, though the ban itself was known.
    const old = before ? identifiersOfBan(before, options.types) : [];
    const names = identifiersOfBan(ban, options.types).filter(
      (name) => !old.includes(name) && !own.includes(name),
    );
    if (names.length > 0) options.onNewBan(names, account);
  }

  /** @returns how long until the next read, in milliseconds. */
  async function read(): Promise<number> {
    round++;
    isReading = true;
    liftedMeanwhile.clear();
    const before = index.size;
    const beganAt = clock.elapsed();
    const beganOn = clock.now();
    let seen = 0;
    const result = await readBannedList({
      list,
      clock,
      random: options.random,
      isStopped: () => isStopped,
      say: options.say,
      onPage(accounts, unclear) {
        seen += accounts.length + unclear.length;
        for (const account of accounts) take(account);
        // That it cannot be read is no word that they are free.
        for (const account of unclear) index.touch(account, round);
        snapshot.save('now');
      },
      onRetry: (detail) => options.onRead({ kind: 'retry', detail }),
    });
    isReading = false;
    switch (result.kind) {
      case 'stopped':
        return Number.POSITIVE_INFINITY;
      case 'complete': {
        hasNoList = false;
        readMs = clock.elapsed() - beganAt;
        const isShrunk = seen < before / 2;
        if (isShrunk && doubts === 0) {
          doubts = 1;
          options.onRead({ kind: 'shrunk', seen, before });
          return DOUBT_MS;
        }
        if (isShrunk && !(await isConfirmed())) {
          options.onRead({ kind: 'contradicted', seen, before });
          return jittered(options.intervalMs);
        }
        doubts = 0;
        const lifted = await letGo(result.isSteady, beganOn);
        const isFirst = readAt === null;
        const now = clock.now();
        await snapshot.confirm(now);
        readAt = now;
        options.onRead({ kind: 'believed', bans: index.size, lifted, isFirst });
        return jittered(options.intervalMs);
      }
      case 'cut-short':
        options.onRead(result);
        return DOUBT_MS;
      case 'unavailable':
      case 'not-enabled':
        // The plan may change: the next read looks again.
        if (!hasNoList) snapshot.lacking(readAt);
        hasNoList = true;
        options.onRead(result);
        return jittered(options.intervalMs);
      case 'bad-credentials':
        options.onRead(result);
        return (await mended()) ? 0 : jittered(options.intervalMs);
      default:
        options.onRead(result);
        return FAILURE_MS;
    }
  }

  /**
   * Whether a list that was in doubt says the same often enough: once more where Sonoran says of those whom it has lost
   * that they are free. Asked are three of them, from all over the list.
   */
  async function isConfirmed(): Promise<boolean> {
    const lost = index.unseen(round);
    const asked = new Set([lost[0], lost[lost.length >> 1], lost.at(-1)]);
    let isUnclear = false;
    for (const account of asked) {
      if (account === undefined) continue;
      const isStillBanned = await options.isStillBanned(account);
      if (isStopped) return false;
      if (isStillBanned) {
        doubts = 1;
        return false;
      }
      if (isStillBanned === null) isUnclear = true;
    }
    doubts++;
    return !isUnclear || doubts >= READS_TO_BELIEVE;
  }

  /**
   * Takes out whom the list does not have any more.
   *
   * @param isSteady when it moved while it was read, somebody may have slipped through: then twice missing counts.
   * @param beganOn when the read began, in Unix milliseconds.
   */
  async function letGo(isSteady: boolean, beganOn: number): Promise<number> {
    let lifted = 0;
    const from = isSteady ? round : believedRound;
    believedRound = round;
    for (const gone of index.sweep((seen = 0, ban) => seen >= from || isFresh(ban, beganOn))) {
      lifted += gone.length;
      if (gone.length > 0) options.onGone(gone);
      await clock.pause();
    }
    await snapshot.saveInSlices();
    return lifted;
  }

  /** Waits until the credentials are others, but no longer than until the next read is due. */
  async function mended(): Promise<boolean> {
    for (let waited = 0; waited < options.intervalMs; waited += CREDENTIALS_CHECK_MS) {
      await wait(CREDENTIALS_CHECK_MS);
      if (isStopped) return false;
      if (options.renewCredentials()) return true;
    }
    return false;
  }

  function jittered(ms: number): number {
    return ms * (0.9 + 0.2 * options.random());
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, resolve);
      cancelWait = () => {
        cancel();
        resolve();
      };
    });
  }

  async function follow(): Promise<void> {
    while (!isStopped) {
      let pauseMs = FAILURE_MS;
      try {
        pauseMs = await read();
      } catch (error) {
        isReading = false;
        options.onBug(error);
      }
      if (!isStopped && pauseMs > 0) await wait(pauseMs);
    }
  }

  return {
    product,
    get isKnown() {
      return hasNoList || readAt !== null;
    },
    get isStale() {
      if (readAt === null) return !hasNoList;
      return clock.now() - readAt > 2 * options.intervalMs + 2 * readMs;
    },
    get readAt() {
      return readAt;
    },
    get size() {
      return index.size;
    },
    find(identifiers) {
      const found = findAmong(identifiers);
      return found && { ...found.ban, key: found.key };
    },
    findAccount: (account) => index.find(account),
    async load() {
      ({ readAt, hasNoList } = await snapshot.load());
      await inSlices([...index.all()], clock, ({ account, proven }) => {
        if (account !== null && proven.length > 0) options.onProof(account, proven);
      });
    },
    start() {
      void follow();
    },
    stop() {
      isStopped = true;
      cancelWait();
    },
    banned({ account, listed, own, proven = [], isWhole = false, isRegistered = false }, save = 'now') {
      const known = account === null ? findAmong([...own, ...proven])?.ban : index.find(account);
      const name = account ?? known?.account ?? null;
      if (name !== null) liftedMeanwhile.delete(name);
      const base = merged(known ?? newBan(name, clock.now()), { ...newBan(name, null), own });
      const told = withTelling(base, { keys: listed, proven, isWhole }, options);
      const ban = withAbsorbed(told, known !== undefined);
      const registeredAt = isRegistered ? clock.now() : ban.registeredAt;
      index.put({ ...ban, account: name, registeredAt }, round);
      if (name !== null) {
        if (ban.proven.some((identifier) => !known?.proven.includes(identifier))) {
          options.onProof(name, ban.proven);
        }
        if (registeredAt === null) options.onNewAccount(name);
      }
      snapshot.save(save);
    },
    seen(identifiers) {
      const names = keysOfIdentifiers(identifiers, options.types);
      const claiming = names.flatMap((key) => index.findAll(key)).filter(({ claims }) => claims.length > 0);
      for (const ban of new Set(claiming)) {
        const shown = withProof(ban, options);
        if (shown !== ban) put(ban, shown);
      }
      if (claiming.length > 0) snapshot.save('soon');
    },
    unregistered(long) {
      return [...index.all()]
        .filter((ban) => isUnregistered(ban, long))
        .sort((one, other) => (one.since ?? 0) - (other.since ?? 0))
        .flatMap(({ account }) => account ?? []);
    },
    isUnregistered(account, long) {
      const ban = index.find(account);
      return ban !== undefined && isUnregistered(ban, long);
    },
    registered(account, telling) {
      const known = index.find(account);
      if (!known) return;
      const told = telling ? withTelling(known, telling, options) : known;
      put(known, withAbsorbed({ ...told, registeredAt: clock.now() }, true));
    },
    save: () => snapshot.save('soon'),
    lifted(account, keys, save = 'now') {
      const identifiers = identifiersOfKeys(keys, options.types);
      const gone =
        account === null
          ? [...keys, ...keysOfIdentifiers(identifiers, options.types)].flatMap((key) => index.remove(key))
          : [...index.remove(account), ...absorb(identifiers)];
      if (account !== null && isReading) liftedMeanwhile.add(account);
      snapshot.save(save);
      if (gone.length > 0) options.onGone(gone);
    },
  };

  /** The wall clock may have been set back meanwhile. */
  function isUnregistered({ registeredAt }: Ban, long: number): boolean {
    return registeredAt === null || Math.abs(clock.now() - registeredAt) > long;
  }

  function findAmong(identifiers: readonly string[]): { ban: Ban; key: string } | undefined {
    for (const identifier of identifiers) {
      for (const key of keysOfIdentifiers([identifier], options.types)) {
        const ban = index.find(key);
        if (ban) return { ban, key: identifier };
      }
    }
    return undefined;
  }
}

/** What is known of two bans that are one. */
function merged(ban: Ban, other: Ban): Ban {
  return {
    ...ban,
    listed: union(ban.listed, other.listed),
    own: union(ban.own, other.own),
    proven: union(ban.proven, other.proven),
  };
}
