import * as v from 'valibot';
import type { AccountPage, CallFailure, LinkedAccount } from '../moderation/product-api.ts';
import type { Say } from '../text/locale.ts';
import { unreadable } from './classify.ts';

/**
 * Makes a page out of what an API lists of all accounts, row by row: one odd account must not cost the others, but a
 * page of nothing else is none.
 *
 * @param row reads a row.
 */
export function accountPage(
  row: v.GenericSchema<unknown, LinkedAccount>,
  { rows, total }: { readonly rows: readonly unknown[]; readonly total: number },
  say: Say,
): AccountPage | CallFailure {
  const accounts = rows.flatMap((each) => {
    const parsed = v.safeParse(row, each);
    return parsed.success ? [parsed.output] : [];
  });
  if (rows.length > 0 && accounts.length === 0) return unreadable(say);
  return { kind: 'page', accounts, rows: rows.length, total };
}
