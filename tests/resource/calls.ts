import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';

/** A host of Sonoran, as far as it tells what has arrived there. */
interface Recording {
  /** Every request so far, in order of arrival. */
  readonly requests: readonly RecordedRequest[];
}

/** The reads of the list of banned accounts. */
const LISTS: ReadonlySet<string> = new Set(['accounts', 'GET_ACCOUNTS']);

/**
 * The requests to a host that something led to: a command, an export, txAdmin, somebody at the door. All
 * but the reads of the list of banned accounts, which come and go by themselves, and after each ban in CMS
 * the one question which account it was, and the one what is registered of it.
 */
export function callsTo({ requests }: Recording): readonly RecordedRequest[] {
  const banned: unknown[] = [];
  let unregistered = 0;
  return requests.filter(({ operation, body, query }) => {
    if (operation === 'BAN_ACCOUNT') {
      banned.push(...namesIn(body));
      // Who was named by the account is looked up by it, and that tells both.
      if (!JSON.stringify(body).includes('"accId"')) unregistered++;
    }
    if (operation === 'account' && unregistered > 0) return unregistered-- === 0;
    if (operation !== 'accounts-search') return !LISTS.has(operation);
    const known = banned.findIndex((name) => Object.values(query).includes(String(name)));
    if (known >= 0) banned.splice(known, 1);
    return known < 0;
  });
}

/** By what a ban in CMS names the account. */
function namesIn(body: unknown): readonly unknown[] {
  if (typeof body !== 'object' || body === null || !('data' in body) || !Array.isArray(body.data)) return [];
  return body.data.flatMap((data: unknown) =>
    typeof data === 'object' && data !== null ? Object.values(data) : [],
  );
}

/** The same for both hosts: CMS first, then CAD. */
export function callsToBoth({
  cms,
  cad,
}: {
  readonly cms: Recording;
  readonly cad: Recording;
}): readonly RecordedRequest[] {
  return [...callsTo(cms), ...callsTo(cad)];
}
