import type { Product } from '../moderation/action.ts';
import { isInUse, type Line } from '../sonoran/products.ts';
import { type BanList, type BanListOptions, createBanList } from './ban-list.ts';

/** The ban lists of the products in use, one for each product and community. */
export interface BanLists {
  get(product: Product): BanList | undefined;
  all(): readonly BanList[];
  /**
   * Brings a product's list in line with how it can be reached now: another community has another list, and
   * while credentials are awaited what is stored of the last one counts.
   *
   * @returns settles when what is stored of it has been read.
   */
  follow(line: Line): Promise<void>;
  /** From now on the lists of those that can be reached are read. */
  start(): void;
  /** Calls back with a list that came after the start, when what is stored of it has been read. */
  onLate(callback: (list: BanList) => void): void;
  /** Calls back with by which identifiers somebody goes who has turned out to be banned, and with their account. */
  onBanned(callback: OnBanned): void;
  /** Calls back with bans that a product does not have any more. */
  onGone(callback: OnGone): void;
  /** Calls back with the account for which a product has confirmed a ban whose answer did not tell it. */
  onIdentified(callback: OnIdentified): void;
}

type OnBanned = BanListOptions['onBanned'];
type OnGone = BanListOptions['onGone'];
type OnIdentified = BanListOptions['onIdentified'];

interface Entry {
  readonly line: Line;
  readonly list: BanList;
  readonly community: string | undefined;
  isLoaded: boolean;
  isReading: boolean;
}

/** @param options what each of them is made of. */
export function createBanLists(
  options: Omit<BanListOptions, 'onBanned' | 'onGone' | 'onIdentified'>,
): BanLists {
  const late: Array<(list: BanList) => void> = [];
  const banned: OnBanned[] = [];
  const gone: OnGone[] = [];
  const identified: OnIdentified[] = [];
  const create = (line: Line) =>
    createBanList(line, {
      ...options,
      onBanned(product, identifiers, account) {
        for (const callback of banned) callback(product, identifiers, account);
      },
      onGone(product, bans) {
        for (const callback of gone) callback(product, bans);
      },
      onIdentified(actionId, product, account) {
        for (const callback of identified) callback(actionId, product, account);
      },
    });
  const entries = new Map<Product, Entry>();
  let isStarted = false;

  /** Begins to read a list, once. */
  function read(entry: Entry): void {
    if (!isStarted || !entry.isLoaded || entry.isReading) return;
    if (entry.line.reach().state !== 'in-use') return;
    entry.isReading = true;
    entry.list.mirror.start();
  }

  return {
    get: (product) => entries.get(product)?.list,
    all: () => [...entries.values()].map(({ list }) => list),
    async follow(line) {
      const { product } = line.product.api;
      const community = line.community();
      const before = entries.get(product);
      if (before && isInUse(line) && before.community === community) return read(before);
      before?.list.retire();
      entries.delete(product);
      if (!isInUse(line)) return;
      const entry: Entry = { line, list: create(line), community, isLoaded: false, isReading: false };
      entries.set(product, entry);
      // Of a product that was never in use nothing is stored.
      if (community !== undefined) await entry.list.mirror.load();
      entry.isLoaded = true;
      if (entries.get(product) !== entry) return;
      if (isStarted) for (const callback of late) callback(entry.list);
      read(entry);
    },
    start() {
      isStarted = true;
      for (const entry of entries.values()) read(entry);
    },
    onLate: (callback) => late.push(callback),
    onBanned: (callback) => banned.push(callback),
    onGone: (callback) => gone.push(callback),
    onIdentified: (callback) => identified.push(callback),
  };
}
