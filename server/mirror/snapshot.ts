import * as v from 'valibot';
import type { Clock } from '../clock.ts';
import type { KeyValueStore } from '../delivery/store.ts';
import type { Product } from '../moderation/action.ts';
import { inSlices } from '../slices.ts';
import type { BanIndex, ChangedPiece } from './ban-index.ts';

/** What is known about the snapshot as a whole. */
const Head = v.object({
  version: v.literal(1),
  /** Whose bans these are: another community's are of no use. */
  community: v.string(),
  /** When the list was last read to its end and believed, in Unix milliseconds; null when it never was. */
  readAt: v.nullable(v.pipe(v.number(), v.finite())),
});
type Head = v.InferOutput<typeof Head>;

/** What a snapshot is made of. */
export interface SnapshotOptions {
  readonly product: Product;
  readonly community: () => string;
  readonly index: BanIndex;
  readonly store: KeyValueStore;
  readonly clock: Clock;
}

/** A ban index on disk: `mirror:<product>` with what is known about it, and `mirror:<product>:<n>`, its pieces. */
export interface Snapshot {
  /**
   * Fills the index, in slices.
   *
   * @returns when the list was last read, in Unix milliseconds (null: never), and how many lines made no sense.
   */
  load(): Promise<{ readonly readAt: number | null; readonly senseless: number }>;
  /**
   * Writes the pieces that have changed.
   *
   * @param how `now`: they are on disk on return. `with-next`: they go there with the next write of anybody.
   */
  save(how: 'now' | 'with-next'): void;
  /** The same, piece by piece, with everybody else's turn in between. */
  saveInSlices(): Promise<void>;
  /** Notes that the list was read and believed. @param readAt Unix milliseconds. */
  confirm(readAt: number): void;
}

export function createSnapshot({ product, community, index, store, clock }: SnapshotOptions): Snapshot {
  const key = `mirror:${product}`;
  const prefix = `${key}:`;
  /** Pieces that could not be written, with their text. */
  const unwritten = new Map<number, string | null>();

  /** Writes pieces; those that cannot be written come again with the next ones. */
  function write(pieces: readonly ChangedPiece[], how: 'now' | 'with-next'): void {
    for (const { piece, text } of pieces) unwritten.set(piece, text);
    const changes = [...unwritten].map(([piece, text]) => ({ key: prefix + piece, value: text }));
    if (changes.length === 0) return;
    if (how === 'with-next') store.stage(changes);
    else store.write(changes);
    unwritten.clear();
  }

  function writeHead(readAt: number | null): void {
    const head: Head = { version: 1, community: community(), readAt };
    store.write([{ key, value: JSON.stringify(head) }]);
  }

  async function discard(): Promise<void> {
    // The head first: a snapshot without one counts for nothing, also when this is not brought to its end.
    store.write([{ key, value: null }]);
    await inSlices([...store.keys(prefix)], clock, (piece) => store.stage([{ key: piece, value: null }]));
    writeHead(null);
  }

  return {
    async load() {
      const text = store.get(key);
      const head = v.safeParse(v.pipe(v.string(), v.parseJson(), Head), text);
      if (!head.success || head.output.community !== community()) {
        await discard();
        return { readAt: null, senseless: 0 };
      }
      let senseless = 0;
      await inSlices(store.keys(prefix), clock, (pieceKey) => {
        const piece = Number(pieceKey.slice(prefix.length));
        if (Number.isSafeInteger(piece) && piece >= 0 && piece < MAX_PIECES) {
          senseless += index.load(piece, store.get(pieceKey) ?? '');
        }
      });
      return { readAt: head.output.readAt, senseless };
    },
    save: (how) => write([...index.takeChanged()], how),
    saveInSlices: () => inSlices(index.takeChanged(), clock, (piece) => write([piece], 'now')),
    confirm: writeHead,
  };
}

/** More than any community needs; a larger number in the store was not written here. */
const MAX_PIECES = 100_000;
