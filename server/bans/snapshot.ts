import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { Product } from '../moderation/action.ts';
import { inSlices } from '../slices.ts';
import type { Change, Storage } from '../storage/storage.ts';
import type { BanIndex, ChangedPage } from './ban-index.ts';

/** What is known about the snapshot as a whole. */
const Head = v.object({
  version: v.literal(1),
  /** Whose bans these are: another community's are of no use. */
  community: v.string(),
  /** When the list was last read to its end and believed, in Unix milliseconds; null when it never was. */
  readAt: v.nullable(v.pipe(v.number(), v.finite())),
  /** Whether the product has said that it has no list. */
  hasNoList: v.optional(v.boolean(), false),
});
type Head = v.InferOutput<typeof Head>;

/** More than any community needs; a larger number in the store was not written here. */
const MAX_PAGES = 100_000;

/** How the names of all records of lists begin. */
export const LIST_PREFIX = 'mirror:';

/** What a snapshot is made of. */
export interface SnapshotOptions {
  readonly product: Product;
  readonly community: () => string;
  readonly index: BanIndex;
  readonly storage: Pick<Storage, 'load' | 'soon' | 'write'>;
  readonly clock: Clock;
}

/**
 * A ban index in storage: `mirror:<product>` with what is known about it, and `mirror:<product>:<n>`, its pages. What
 * a crash takes of it the next read of the list brings back.
 */
export interface Snapshot {
  /**
   * Fills the index, in slices.
   *
   * @returns when the list was last read, in Unix milliseconds (null: never), whether the product has none, and how many
   * lines made no sense.
   */
  load(): Promise<Pick<Head, 'readAt' | 'hasNoList'> & { readonly senseless: number }>;
  /** Writes the pages that have changed. @param how `soon`: with the next write of anybody. */
  save(how: SaveHow): void;
  /** The same, page by page, with everybody else's turn in between; resolves when it is written. */
  saveInSlices(): Promise<void>;
  /** Notes that the list was read and believed; resolves when that is written. @param readAt Unix milliseconds. */
  confirm(readAt: number): Promise<void>;
  /** Notes that the product has no list. @param readAt when it last had one. */
  lacking(readAt: number | null): void;
}

/** Whether what has changed is to be written now, or may take a second. */
export type SaveHow = 'now' | 'soon';

/** Whether a record of this name is of the snapshot of a product. */
export function isOfList(name: string, product: Product): boolean {
  const head = LIST_PREFIX + product;
  return name === head || name.startsWith(`${head}:`);
}

/** When a list was read, by its head, in Unix milliseconds; 0 when it never was, and less when it is not there. */
export function readAtOf(text: string | undefined): number {
  const known = v.safeParse(v.pipe(v.string(), v.parseJson(), Head), text);
  return known.success ? (known.output.readAt ?? 0) : -1;
}

export function createSnapshot({ product, community, index, storage, clock }: SnapshotOptions): Snapshot {
  const name = LIST_PREFIX + product;
  const prefix = `${name}:`;

  const changeOf = ({ page, text }: ChangedPage): Change => ({ name: prefix + page, value: text });

  function headChange(readAt: number | null, hasNoList = false): Change {
    const head: Head = { version: 1, community: community(), readAt, hasNoList };
    return { name, value: JSON.stringify(head) };
  }

  return {
    async load() {
      let head: string | undefined;
      const pages: Array<{ readonly page: string; readonly text: string }> = [];
      await storage.load(name, (record) => {
        if (record.name === name) head = record.value;
        else if (record.name.startsWith(prefix)) pages.push({ page: record.name, text: record.value ?? '' });
      });
      const known = v.safeParse(v.pipe(v.string(), v.parseJson(), Head), head);
      if (!known.success || known.output.community !== community()) {
        // The head last: until the pages are gone it must not say that they are ours.
        void storage.write([...pages.map(({ page }) => ({ name: page, value: null })), headChange(null)]);
        return { readAt: null, hasNoList: false, senseless: 0 };
      }
      let senseless = 0;
      await inSlices(pages, clock, ({ page, text }) => {
        const number = Number(page.slice(prefix.length));
        if (Number.isSafeInteger(number) && number >= 0 && number < MAX_PAGES) {
          senseless += index.load(number, text);
        }
      });
      const { readAt, hasNoList } = known.output;
      return { readAt, hasNoList, senseless };
    },
    save(how) {
      const changes = [...index.takeChanged()].map(changeOf);
      if (how === 'soon') void storage.soon(changes);
      else void storage.write(changes);
    },
    async saveInSlices() {
      const writes: Promise<unknown>[] = [];
      await inSlices(index.takeChanged(), clock, (page) => writes.push(storage.write([changeOf(page)])));
      await Promise.all(writes);
    },
    async confirm(readAt) {
      await storage.write([headChange(readAt)]);
    },
    lacking: (readAt) => void storage.write([headChange(readAt, true)]),
  };
}
