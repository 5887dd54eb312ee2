import * as v from 'valibot';
import { isAccountId } from '../identity/account-id.ts';
import type { Subject } from '../identity/subject.ts';
import type { Account } from '../moderation/product-api.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';

/** An account as an API tells it, fit to be shown: its name is whatever its owner chose. */
export function shownAccount(
  id: string | null | undefined,
  name: string | null | undefined,
  banned: boolean | null | undefined,
  keys: readonly string[] = [],
  proven: readonly string[] = [],
): Account {
  return {
    id: accountId(id),
    name: cleanText(name ?? '', MAX_NAME) || null,
    banned: banned ?? null,
    keys,
    proven,
  };
}

/** Whether an answer is about another account than the one whose id was asked for: then it says nothing. */
export function isOther(subject: Subject, id: string | null | undefined): boolean {
  return (
    subject.by === 'account' && typeof id === 'string' && id.toLowerCase() !== subject.value.toLowerCase()
  );
}

/** An account's id as an API tells it; null when it is not of an id's form. */
export function accountId(id: string | null | undefined): string | null {
  return typeof id === 'string' && isAccountId(id) ? id : null;
}

/** An account's id in an answer that is nothing without it; in lower case. */
export const AccountId = v.pipe(v.string(), v.check(isAccountId), v.toLowerCase());
