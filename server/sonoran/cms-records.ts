import type { ProductApi } from '../moderation/product-api.ts';
import type { RecordsApi } from '../records/records-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { isNoV2 } from './cms.ts';
import { createCmsV1Records } from './cms-v1-records.ts';
import { createCmsV2Records } from './cms-v2-records.ts';
import type { Http } from './http.ts';

/**
 * Disciplinary records: through v2 where the account's id is known and this community has v2, else through v1,
 * which also has the last word on whether somebody is a member.
 */
export function createCmsRecords(
  settings: ProductSettings,
  http: Http,
  now: () => number,
  say: Say,
  lookup: ProductApi['lookup'],
): RecordsApi {
  const v1 = createCmsV1Records(settings, http, now, say);
  const v2 = createCmsV2Records(settings, http, now, say);
  return {
    lookup,
    async add(member, points, reason, urgency) {
      if (member.by === 'account') {
        const result = await v2.add(member.value, points, reason, urgency);
        if (!isNoV2(result)) return result;
      }
      return v1.add(member, points, reason, urgency);
    },
    async read(member, urgency) {
      if (member.by === 'account') {
        const result = await v2.read(member.value, urgency);
        if (!isNoV2(result)) return result;
      }
      return v1.read(member, urgency);
    },
    async revoke(record, urgency) {
      const result = await v2.revoke(record, urgency);
      return isNoV2(result) ? { kind: 'unavailable' } : result;
    },
  };
}
