import * as v from 'valibot';
import type { ActionKind } from '../moderation/action.ts';
import type { LinkedAccount, ProductApi } from '../moderation/product-api.ts';
import type { Say } from '../text/locale.ts';
import { accountPage } from './account-page.ts';
import { bannedPage, type ListedAccount } from './banned-page.ts';
import { type classifyList, unreadable } from './classify.ts';

// What both versions of CAD's API have in common.

/** `status` of an account that is banned; the others are pending, validated, expired and removed. */
export const CAD_BANNED = 4;

/** `status` of an account that can be used, and is not banned. */
const CAD_VALIDATED = 1;

/** Most accounts that a page of the list may have. */
export const CAD_PAGE_SIZE = 100;

/** By what a call is a ban, a kick or a lift, in both versions. */
export const CAD_FLAGS: Readonly<Record<ActionKind, Readonly<Record<string, boolean>>>> = {
  ban: { isBan: true },
  kick: { isKick: true },
  unban: { isBan: false },
};

/** A page of accounts, in both versions. */
const ListAnswer = v.object({
  pagination: v.object({ total: v.number() }),
  accounts: v.array(v.unknown()),
});

/** How a version reads its lists. */
export interface CadLists {
  /** Asks for a page of the accounts with a `status`. */
  readonly ask: (offset: number, status: number) => Promise<ReturnType<typeof classifyList>>;
  /** Reads a row of those who are banned. */
  readonly banned: v.GenericSchema<unknown, ListedAccount>;
  /** Reads a row of those who can be used. */
  readonly linked: v.GenericSchema<unknown, LinkedAccount>;
}

/** The lists of CAD. */
export function cadLists(
  { ask, banned, linked }: CadLists,
  say: Say,
): Pick<ProductApi, 'bannedList' | 'accountList'> {
  async function page(offset: number, status: number) {
    const result = await ask(offset, status);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(ListAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { pagination, accounts } = parsed.output;
    return { kind: 'list' as const, rows: accounts, total: pagination.total };
  }

  return {
    bannedList: {
      pageSize: CAD_PAGE_SIZE,
      async read(offset) {
        const result = await page(offset, CAD_BANNED);
        return result.kind === 'list' ? bannedPage(banned, result, offset, say) : result;
      },
    },
    accountList: {
      async read(offset) {
        const result = await page(offset, CAD_VALIDATED);
        return result.kind === 'list' ? accountPage(linked, result, say) : result;
      },
    },
  };
}
