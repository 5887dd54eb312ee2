import type { ProductApi } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import { createCmsV1 } from './cms-v1.ts';
import { createCmsV2 } from './cms-v2.ts';
import type { Http } from './http.ts';

/** Sonoran CMS: bans and kicks through v1, reads through v2 and, where a community has no v2, v1. */
export function createCms(settings: ProductSettings, http: Http, now: () => number): ProductApi {
  const v1 = createCmsV1(settings, http, now);
  const v2 = createCmsV2(settings, http, now);
  return {
    product: 'cms',
    name: 'CMS v1',
    kinds: new Set(['ban', 'kick']),
    sanctionFields: new Set(['apiId', 'discord', 'account', 'username', 'unique']),
    lookupFields: new Set(['apiId', 'discord', 'account', 'username', 'unique']),
    async sanction(kind, subject) {
      if (kind === 'unban') return { kind: 'refused', words: 'CMS has no call to lift a ban' };
      return v1.sanction(kind, subject);
    },
    async lookup(subject, urgency) {
      const result = await v2.lookup(subject, urgency);
      return result.kind === 'unavailable' ? v1.lookup(subject, urgency) : result;
    },
    bannedList: v2.bannedList,
  };
}
