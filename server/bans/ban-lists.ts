import type { Product } from '../moderation/action.ts';
import { isInUse, type Line } from '../sonoran/products.ts';
import { type BanList, type BanListOptions, createBanList } from './ban-list.ts';
import { isOfList } from './snapshot.ts';

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
  /** Another server has written a record of this name: if it is of a list, that is read from storage anew, soon. */
  heard(name: string): void;
  /** Reads what is stored of all lists anew. */
  reload(): Promise<void>;
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

/** What another server changes of a list within so many milliseconds is taken in together. */
const GATHER_MS = 200;

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
  /** Whose list is about to be read from storage anew. */
  const stale = new Set<Product>();
  let isStarted = false;

  /** The one from before counts until the new one has been read. */
  async function reload(product: Product): Promise<void> {
    const before = entries.get(product);
    if (!before) return;
    const entry: Entry = { ...before, list: create(before.line), isLoaded: true, isReading: false };
    await entry.list.mirror.load();
    if (entries.get(product) !== before) return entry.list.retire();
    before.list.retire();
    entries.set(product, entry);
    for (const callback of late) callback(entry.list);
    read(entry);
  }

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
    heard(name) {
      const product = [...entries.keys()].find((each) => isOfList(name, each));
      if (product === undefined || stale.has(product)) return;
      stale.add(product);
      options.clock.after(GATHER_MS, () => {
        stale.delete(product);
        reload(product).catch((error: unknown) => options.log.bug('ban-lists', error));
      });
    },
    reload: async () => void (await Promise.all([...entries.keys()].map(reload))),
    onLate: (callback) => late.push(callback),
    onBanned: (callback) => banned.push(callback),
    onGone: (callback) => gone.push(callback),
    onIdentified: (callback) => identified.push(callback),
  };
}
