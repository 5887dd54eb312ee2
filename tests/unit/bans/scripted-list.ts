import type { BannedAccount, BannedList, BannedPage } from '../../../server/moderation/product-api.ts';

/** What one call for a page brings. */
export type PageAnswer = Awaited<ReturnType<BannedList['read']>>;

/** A product's list of banned accounts, which a test changes and breaks. */
export interface ScriptedList extends BannedList {
  /** Who is banned, in the list's order. */
  accounts: BannedAccount[];
  /** The places in the list that were asked for, oldest first. */
  readonly offsets: number[];
  /** From now on, asked before every answer; undefined leaves the honest one. */
  answer: (offset: number, honest: BannedPage) => PageAnswer | Promise<PageAnswer> | undefined;
}

export const TRY_AGAIN = {
  kind: 'try-again',
  detail: 'could not connect',
  waitMs: null,
  mayHaveHappened: false,
} as const;

export function scriptedList(pageSize = 10): ScriptedList {
  const list: ScriptedList = {
    pageSize,
    accounts: [],
    offsets: [],
    answer: () => undefined,
    async read(offset) {
      list.offsets.push(offset);
      const accounts = list.accounts.slice(offset, offset + pageSize);
      const ids = accounts.map(({ account }) => account);
      const honest: BannedPage = { kind: 'page', accounts, ids, total: list.accounts.length };
      return (await list.answer(offset, honest)) ?? honest;
    },
  };
  return list;
}

/** A banned account with a key of its own, `k<number>`. */
export function banned(number: number, ...more: readonly string[]): BannedAccount {
  return { account: accountOf(number), keys: [`k${number}`, ...more], proven: [] };
}

export function accountOf(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-aaaa-4aaa-8aaa-00000000cafe`;
}

/** So many of them, from a number on. */
export function bannedRange(count: number, from = 0): BannedAccount[] {
  return Array.from({ length: count }, (_, index) => banned(from + index));
}
