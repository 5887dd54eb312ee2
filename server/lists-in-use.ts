import type { BanList } from './ban-lists.ts';
import type { Product } from './moderation/action.ts';
import { isInUse, type Line } from './products-in-use.ts';

/** The ban lists of the products in use, one for each product and community. */
export interface ListsInUse {
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
}

/** What they are made of. */
export interface ListsInUseOptions {
  readonly create: (line: Line) => BanList;
  /** Told of a list that came after the start, when what is stored of it has been read. */
  readonly onLate: (list: BanList) => void;
}

interface Entry {
  readonly line: Line;
  readonly list: BanList;
  readonly community: string | undefined;
  isLoaded: boolean;
  isReading: boolean;
}

export function createListsInUse({ create, onLate }: ListsInUseOptions): ListsInUse {
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
      if (isStarted) onLate(entry.list);
      read(entry);
    },
    start() {
      isStarted = true;
      for (const entry of entries.values()) read(entry);
    },
  };
}
