import type { Clock } from '../clock.ts';
import type { AccountList, CallFailure, LinkedAccount } from '../moderation/product-api.ts';

/** From the end of one call to the next, in milliseconds: at most one call a minute, however many wait. */
const PACE_MS = 60_000;
/** Longest wait after calls that brought nothing, in milliseconds. */
const LONGEST_MS = 30 * 60 * 1000;

/** Reads the list of all accounts of a product at a slow pace, over and over, while somebody waits for a link. */
export interface AccountSearch {
  /** To be told when somebody has begun to wait. */
  wake(): void;
  /** To be told when the product can be reached otherwise than before. */
  renewed(): void;
}

/** Why a read brought no page. */
export type SearchTrouble = { readonly kind: 'unavailable' } | CallFailure;

/** What a search is made of. */
export interface AccountSearchOptions {
  readonly list: AccountList;
  readonly clock: Clock;
  /** Whether somebody waits, and calls can be made. */
  readonly isWanted: () => boolean;
  readonly onPage: (accounts: readonly LinkedAccount[]) => void;
  /** Told why there is no page. */
  readonly onTrouble: (trouble: SearchTrouble) => void;
  /** Told of what cannot happen. */
  readonly onBug: (error: unknown) => void;
}

/**
 * Idle: nobody waits, or calls cannot be made. → due, when it is woken. Due: the next page is read when its time has
 * come. → reading. Reading → due, sooner or later by how it went; idle; over. Over: this community has no such list.
 * → due, when the product is renewed.
 *
 * Who slips from one page to another between two calls is met in the next round.
 */
export function createAccountSearch(options: AccountSearchOptions): AccountSearch {
  const { clock, isWanted } = options;
  let state: 'idle' | 'due' | 'reading' | 'over' = 'idle';
  let offset = 0;
  let failures = 0;
  /** Counts the communities: a page of an earlier one says nothing. */
  let generation = 0;

  function isDueIn(ms: number): void {
    state = 'due';
    clock.after(ms, () => void read());
  }

  async function read(): Promise<void> {
    if (!isWanted()) {
      state = 'idle';
      return;
    }
    state = 'reading';
    const startedIn = generation;
    let waitMs = LONGEST_MS;
    try {
      const page = await options.list.read(offset);
      if (startedIn !== generation) waitMs = PACE_MS;
      else if (page.kind === 'page') {
        failures = 0;
        const end = offset + page.rows;
        offset = page.rows === 0 || end >= page.total ? 0 : end;
        options.onPage(page.accounts);
        waitMs = PACE_MS;
      } else {
        options.onTrouble(page);
        if (page.kind === 'unavailable' || page.kind === 'not-enabled') {
          state = 'over';
          return;
        }
        failures++;
        const asked = 'waitMs' in page ? (page.waitMs ?? 0) : 0;
        waitMs = Math.max(asked, Math.min(LONGEST_MS, PACE_MS * 2 ** Math.min(failures - 1, 10)));
      }
    } catch (error) {
      options.onBug(error);
    }
    isDueIn(waitMs);
  }

  function wake(): void {
    if (state === 'idle' && isWanted()) isDueIn(PACE_MS);
  }

  return {
    wake,
    renewed() {
      generation++;
      offset = 0;
      failures = 0;
      if (state === 'over') state = 'idle';
      wake();
    },
  };
}
