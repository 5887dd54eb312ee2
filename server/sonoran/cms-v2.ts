import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import type { LookupResult } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings.ts';
import { shownAccount } from './account.ts';
import { classify, unreadable } from './classify.ts';
import type { Http } from './http.ts';

/** CMS v2: reads. */
export interface CmsV2 {
  /** `accounts/search`; `unavailable` when this community has no v2 (404 or 501). */
  lookup(subject: Subject): Promise<LookupResult | { readonly kind: 'unavailable' }>;
}

const SearchAnswer = v.object({
  data: v.object({
    items: v.array(
      v.object({
        accId: v.string(),
        accName: v.optional(v.nullable(v.string())),
        banned: v.optional(v.nullable(v.boolean())),
      }),
    ),
  }),
});

/** A client for CMS v2. Facts: the vendor's pages on `v2/community/…`. */
export function createCmsV2(settings: ProductSettings, http: Http, now: () => number): CmsV2 {
  return {
    async lookup(subject) {
      const query = new URLSearchParams({ [parameterOf(subject)]: String(subject.value) });
      const answer = await http({
        method: 'GET',
        origin: settings.url,
        path: `/v2/community/accounts/search?${query}`,
        bearer: settings.apiKey.reveal(),
        limit: 'cms-v2-search',
      });
      if (answer.kind === 'answer' && (answer.status === 404 || answer.status === 501)) {
        return { kind: 'unavailable' };
      }
      const result = classify(answer, now());
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(SearchAnswer, result.json);
      if (!parsed.success) return unreadable();
      const account = parsed.output.data.items[0];
      if (!account) return { kind: 'not-linked' };
      const { accId, accName, banned } = account;
      return { kind: 'found', account: shownAccount(accId, accName, banned) };
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
