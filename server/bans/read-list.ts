import { backoff } from '../backoff.ts';
import { type Clock, sleep } from '../clock.ts';
import type { BannedAccount, BannedList, CallFailure } from '../moderation/product-api.ts';
import type { Say } from '../text/locale.ts';

/** How often one page is tried before a read is given up: with the longest waits about a quarter of an hour. */
const TRIES_PER_PAGE = 8;

/** How many accounts of one page the next one repeats, so that a list which moves under the reader is noticed. */
const OVERLAP = 5;

/** How a read of the whole list ended. */
export type ListRead =
  /** To its end. `isSteady`: nothing can have slipped from one page to another between two calls. */
  | { readonly kind: 'complete'; readonly isSteady: boolean }
  /** It ended before as many accounts had come as it says it has. */
  | { readonly kind: 'cut-short'; readonly detail: string }
  /** This community has no such list. */
  | { readonly kind: 'unavailable' }
  | Exclude<CallFailure, { kind: 'limited' | 'not-linked' }>
  /** Somebody called it off. */
  | { readonly kind: 'stopped' };

/** What a read is made of. */
export interface ReadOptions {
  readonly list: BannedList;
  readonly clock: Clock;
  /** A number from 0 (included) to 1 (excluded), for the jitter. */
  readonly random: () => number;
  readonly isStopped: () => boolean;
  readonly say: Say;
  /**
   * Told of what each page has that the one before had not, and of whom it cannot be read whether they are banned.
   */
  readonly onPage: (accounts: readonly BannedAccount[], unclear: readonly string[]) => void;
  /** Told why the page that is tried again did not come. */
  readonly onRetry: (detail: string) => void;
}

/** Reads a list of banned accounts from beginning to end. Never rejects. */
export async function readBannedList(options: ReadOptions): Promise<ListRead> {
  const { list, clock, say } = options;
  let offset = 0;
  let isSteady = true;
  let before: readonly string[] = [];
  for (;;) {
    const page = await readPage(options, offset);
    // A list of which there are pages is there.
    const isGone = offset > 0 && (page.kind === 'unavailable' || page.kind === 'not-enabled');
    if (isGone) return { kind: 'cut-short', detail: say('list.none') };
    if (page.kind !== 'page') return page;
    const { ids, total, unclear = [] } = page;
    const isNew = (account: string) => !before.includes(account);
    options.onPage(
      page.accounts.filter(({ account }) => isNew(account)),
      unclear.filter(isNew),
    );
    // Of the page before, one of the last accounts must be here again, or some may lie between the two.
    const tail = before.slice(-OVERLAP);
    if (tail.length > 0 && !tail.some((id) => ids.includes(id))) isSteady = false;
    const end = offset + ids.length;
    // A full page may not be the last, whatever the total says: that could be the page's own.
    const isLast = ids.length < list.pageSize;
    if (isLast && end >= total) return { kind: 'complete', isSteady };
    if (isLast) return { kind: 'cut-short', detail: say('list.part', { end, total }) };
    if (ids.at(-1) === before.at(-1)) return { kind: 'cut-short', detail: say('list.samePage') };
    before = ids;
    offset = end - OVERLAP;
    await clock.pause();
  }
}

async function readPage({ list, clock, random, isStopped, onRetry, say }: ReadOptions, offset: number) {
  for (let attempt = 1; ; attempt++) {
    if (isStopped()) return { kind: 'stopped' } as const;
    const page = await list.read(offset);
    if (isStopped()) return { kind: 'stopped' } as const;
    switch (page.kind) {
      case 'limited':
        // The limit itself says when the next call may go out.
        if (attempt < TRIES_PER_PAGE) continue;
        return {
          kind: 'try-again',
          detail: say('delivery.limited'),
          waitMs: null,
          mayHaveHappened: false,
        } as const;
      case 'not-linked':
        return { kind: 'unavailable' } as const;
      case 'try-again': {
        if (attempt === TRIES_PER_PAGE) return page;
        onRetry(page.detail);
        await sleep(clock, backoff(attempt, page.waitMs, random()));
        continue;
      }
      default:
        return page;
    }
  }
}
