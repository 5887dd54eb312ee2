import * as v from 'valibot';
import type { BannedAccount, BannedPage, CallFailure } from '../moderation/product-api.ts';
import type { Say } from '../text/locale.ts';
import { AccountId } from './account.ts';
import { unreadable } from './classify.ts';

/** What a row of a list says of an account. */
export interface ListedAccount extends BannedAccount {
  readonly isBanned: boolean;
}

/** What an API answers of a page. */
interface Answer {
  readonly rows: readonly unknown[];
  readonly total: number;
}

/**
 * Makes a page out of what an API lists, row by row: one odd account must not cost the others, but a page
 * of nothing else is none.
 *
 * @param row reads a row.
 * @param offset the place of the first row in the list.
 */
export function bannedPage(
  row: v.GenericSchema<unknown, ListedAccount>,
  { rows, total }: Answer,
  offset: number,
  say: Say,
): BannedPage | CallFailure {
  const listed = rows.map((each) => {
    const parsed = v.safeParse(row, each);
    return parsed.success ? parsed.output : undefined;
  });
  if (rows.length > 0 && listed.every((account) => account === undefined)) return unreadable(say);
  const unclear = rows.flatMap((each, at) => (listed[at] ? [] : accountsIn(each)));
  return {
    kind: 'page',
    total,
    // An odd one keeps its place.
    ids: listed.map((account, at) => account?.account ?? `${offset + at}`),
    accounts: listed
      .filter((account) => account !== undefined)
      .filter(({ isBanned }) => isBanned)
      .map(({ account, keys, proven }) => ({ account, keys, proven })),
    ...(unclear.length > 0 && { unclear }),
  };
}

/** Whose row it is that cannot be read otherwise. */
function accountsIn(row: unknown): string[] {
  const parsed = v.safeParse(v.object({ accId: v.optional(AccountId), uuid: v.optional(AccountId) }), row);
  const account = parsed.success ? (parsed.output.accId ?? parsed.output.uuid) : undefined;
  return account === undefined ? [] : [account];
}
