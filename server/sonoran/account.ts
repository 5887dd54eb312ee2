import * as v from 'valibot';
import type { Account } from '../moderation/product-api.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';

/** An account as an API tells it, fit to be shown: its name is whatever its owner chose. */
export function shownAccount(
  id: string | null | undefined,
  name: string | null | undefined,
  banned: boolean | null | undefined,
  keys: readonly string[] = [],
): Account {
  return {
    id: accountId(id),
    name: cleanText(name ?? '', MAX_NAME) || null,
    banned: banned ?? null,
    keys,
  };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** An account's id as an API tells it; null when it is not of an id's form. */
export function accountId(id: string | null | undefined): string | null {
  return typeof id === 'string' && UUID.test(id) ? id : null;
}

/** An account's id in an answer that is nothing without it; in lower case. */
export const AccountId = v.pipe(v.string(), v.regex(UUID), v.toLowerCase());

/**
 * Reads a list row by row: one odd account must not cost the others.
 *
 * @returns undefined in the place of a row that makes no sense; undefined for all when none does.
 */
export function readRows<T>(
  schema: v.GenericSchema<unknown, T>,
  rows: readonly unknown[],
): ReadonlyArray<T | undefined> | undefined {
  const read = rows.map((row) => {
    const parsed = v.safeParse(schema, row);
    return parsed.success ? parsed.output : undefined;
  });
  return rows.length > 0 && read.every((row) => row === undefined) ? undefined : read;
}
