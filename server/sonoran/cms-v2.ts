import * as v from 'valibot';
import { keysOfAccount, provenByDiscord } from '../identity/ban-key.ts';
import { formatIdentifier, isIdentifierType, parseIdentifier } from '../identity/identifier.ts';
import type { Subject } from '../identity/subject.ts';
import type { AccountList, BannedList, LookupResult, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { isOther, shownAccount } from './account.ts';
import { accountPage } from './account-page.ts';
import { bannedPage } from './banned-page.ts';
import { classify, classifyList, isUnavailable, unreadable } from './classify.ts';
import { CmsAccount, CmsBannedRow, CmsLinkedRow } from './cms-account.ts';
import type { Http } from './http.ts';
import { type LimitClass, lookUpLimit } from './limits.ts';

/** CMS v2: reads. */
export interface CmsV2 {
  /**
   * `accounts/search`, or by id `accounts/{accId}`, which has a limit of its own that the vendor's core does
   * not use; `unavailable` when this community has no v2 (404 or 501).
   */
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult | { readonly kind: 'unavailable' }>;
  /** `accounts/{accId}` with its `identifiers.idents`; `unavailable` when this community has no such call. */
  registered(account: string): Promise<LookupResult | { readonly kind: 'unavailable' }>;
  /** `accounts?banned=true`. */
  readonly bannedList: BannedList;
  /** `accounts`. */
  readonly accountList: AccountList;
}

const SearchAnswer = v.object({ data: v.object({ items: v.array(CmsAccount) }) });
const Idents = v.object({ idents: v.array(v.unknown()) });
/** One that reads oddly costs the others nothing. */
const Ident = v.object({ type: v.string(), value: v.string() });
const AccountAnswer = v.object({
  data: v.object({ ...CmsAccount.entries, identifiers: v.fallback(Idents, { idents: [] }) }),
});
const ListAnswer = v.object({
  data: v.object({
    items: v.array(v.unknown()),
    total: v.number(),
  }),
});

/** Most accounts that a page of the list may have. */
const PAGE_SIZE = 100;

/** A client for CMS v2. Facts: the vendor's pages on `v2/community/…`. */
export function createCmsV2(settings: ProductSettings, http: Http, now: () => number, say: Say): CmsV2 {
  function ask(path: string, limit: LimitClass, urgency: Urgency) {
    const bearer = settings.apiKey.reveal();
    return http({ method: 'GET', origin: settings.url, path, bearer, ...lookUpLimit(limit, urgency) });
  }

  async function get(path: string, limit: LimitClass, urgency: Urgency) {
    const answer = await ask(path, limit, urgency);
    return isUnavailable(answer) ? { kind: 'unavailable' as const } : classify(answer, now(), say);
  }

  async function search(subject: Subject, urgency: Urgency) {
    const query = new URLSearchParams({ [parameterOf(subject)]: String(subject.value) });
    const result = await get(`/v2/community/accounts/search?${query}`, 'cms-v2-search', urgency);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(SearchAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const account = parsed.output.data.items[0];
    return account ? found(account, subject, say) : { kind: 'not-linked' as const };
  }

  async function single(subject: Subject & { readonly by: 'account' }, urgency: Urgency) {
    const result = await get(`/v2/community/accounts/${subject.value}`, 'cms-v2-account', urgency);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(AccountAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { identifiers, ...account } = parsed.output.data;
    return found(account, subject, say, registeredOf(identifiers.idents));
  }

  async function list(query: string) {
    const answer = await ask(`/v2/community/accounts?${query}`, 'cms-v2-accounts', 'background');
    const result = classifyList(answer, 'problem', now(), say);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(ListAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { items, total } = parsed.output.data;
    return { kind: 'list' as const, rows: items, total };
  }

  return {
    async lookup(subject, urgency) {
      if (subject.by !== 'account') return search(subject, urgency);
      const result = await single(subject, urgency);
      // Nobody of that id, or no such call: the search tells the two apart.
      const isClear = result.kind !== 'unavailable' && result.kind !== 'not-linked';
      return isClear ? result : search(subject, urgency);
    },
    async registered(account) {
      const subject = { by: 'account', value: account } as const;
      const result = await single(subject, 'background');
      if (result.kind !== 'unavailable' && result.kind !== 'not-linked') return result;
      const other = await search(subject, 'background');
      return other.kind === 'found' ? { kind: 'unavailable' } : other;
    },
    bannedList: {
      pageSize: PAGE_SIZE,
      async read(offset) {
        const result = await list(`banned=true&take=${PAGE_SIZE}&skip=${offset}`);
        return result.kind === 'list' ? bannedPage(CmsBannedRow, result, offset, say) : result;
      },
    },
    accountList: {
      async read(offset) {
        const result = await list(`take=${PAGE_SIZE}&skip=${offset}`);
        return result.kind === 'list' ? accountPage(CmsLinkedRow, result, say) : result;
      },
    },
  };
}

/** @param registered `type:value`, as far as the answer tells them. */
function found(
  { accId, accName, banned, discordId, activeApiIds }: v.InferOutput<typeof CmsAccount>,
  subject: Subject,
  say: Say,
  registered?: readonly string[],
): LookupResult {
  if (isOther(subject, accId)) return unreadable(say);
  const keys = keysOfAccount(discordId, activeApiIds ?? []);
  const proven = [...new Set([...provenByDiscord(discordId), ...(registered ?? [])])];
  const account = shownAccount(accId, accName, banned, keys, proven);
  return { kind: 'found', account: registered ? { ...account, isRegistered: true } : account };
}

/**
 * What of the registered identifiers can be an identity: no addresses, and no `hwid`, which people share with whoever
 * uses their computer.
 */
function registeredOf(idents: readonly unknown[]): string[] {
  return idents.flatMap((each) => {
    const parsed = v.safeParse(Ident, each);
    if (!parsed.success || !isIdentifierType(parsed.output.type)) return [];
    const identifier = parseIdentifier(`${parsed.output.type}:${parsed.output.value}`);
    return identifier ? [formatIdentifier(identifier)] : [];
  });
}

function parameterOf(subject: Subject): string {
  switch (subject.by) {
    case 'account':
      return 'accId';
    case 'unique':
      return 'uniqueId';
    default:
      return subject.by;
  }
}
