import * as v from 'valibot';
import { keysOfAccount } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { BannedList, LookupResult, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import { AccountId, shownAccount } from './account.ts';
import { bannedPage } from './banned-page.ts';
import { classify, isUnavailable, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import type { LimitClass } from './limits.ts';

/** CMS v2: reads. */
export interface CmsV2 {
  /** `accounts/search`; `unavailable` when this community has no v2 (404 or 501). */
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult | { readonly kind: 'unavailable' }>;
  /** `accounts?banned=true`. */
  readonly bannedList: BannedList;
}

const Text = v.optional(v.nullable(v.string()));
const ApiIds = v.optional(v.nullable(v.array(v.string())));
const SearchAnswer = v.object({
  data: v.object({
    items: v.array(
      v.object({
        accId: v.string(),
        accName: Text,
        banned: v.optional(v.nullable(v.boolean())),
        discordId: Text,
        activeApiIds: ApiIds,
      }),
    ),
  }),
});
const ListAnswer = v.object({
  data: v.object({
    items: v.array(v.unknown()),
    total: v.number(),
  }),
});
const Row = v.pipe(
  v.object({ accId: AccountId, banned: v.boolean(), discordId: Text, activeApiIds: ApiIds }),
  v.transform(({ accId, banned, discordId, activeApiIds }) => ({
    account: accId,
    keys: keysOfAccount(discordId, activeApiIds ?? []),
    isBanned: banned,
  })),
);

/** Most accounts that a page of the list may have. */
const PAGE_SIZE = 100;

/** A client for CMS v2. Facts: the vendor's pages on `v2/community/…`. */
export function createCmsV2(settings: ProductSettings, http: Http, now: () => number): CmsV2 {
  async function get(path: string, limit: LimitClass, urgency: Urgency) {
    const answer = await http({
      method: 'GET',
      origin: settings.url,
      path,
      bearer: settings.apiKey.reveal(),
      limit,
      isBackground: urgency === 'background',
    });
    return isUnavailable(answer) ? { kind: 'unavailable' as const } : classify(answer, now());
  }

  return {
    async lookup(subject, urgency) {
      const query = new URLSearchParams({ [parameterOf(subject)]: String(subject.value) });
      const result = await get(`/v2/community/accounts/search?${query}`, 'cms-v2-search', urgency);
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(SearchAnswer, result.json);
      if (!parsed.success) return unreadable();
      const account = parsed.output.data.items[0];
      if (!account) return { kind: 'not-linked' };
      const { accId, accName, banned, discordId, activeApiIds } = account;
      const keys = keysOfAccount(discordId, activeApiIds ?? []);
      return { kind: 'found', account: shownAccount(accId, accName, banned, keys) };
    },
    bannedList: {
      pageSize: PAGE_SIZE,
      async read(offset) {
        const path = `/v2/community/accounts?banned=true&take=${PAGE_SIZE}&skip=${offset}`;
        const result = await get(path, 'cms-v2-accounts', 'background');
        if (result.kind !== 'accepted') return result;
        const parsed = v.safeParse(ListAnswer, result.json);
        if (!parsed.success) return unreadable();
        const { items, total } = parsed.output.data;
        return bannedPage(Row, { rows: items, total }, offset);
      },
    },
  };
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
