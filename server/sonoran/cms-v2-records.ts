import * as v from 'valibot';
import type { Urgency } from '../moderation/product-api.ts';
import type { AddResult, ReadResult, RevokeResult, ShownRecord } from '../records/records-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { classify, isUnavailable, unreadable } from './classify.ts';
import type { Http, HttpRequest } from './http.ts';
import { type LimitClass, lookUpLimit } from './limits.ts';

/** This community has no v2, or nobody of that id is there (both are a 404), or v2 has no such call (501). */
type Unavailable = { readonly kind: 'unavailable' };

/** Disciplinary records through CMS v2. */
export interface CmsV2Records {
  add(account: string, points: number, reason: string, urgency: Urgency): Promise<AddResult | Unavailable>;
  read(account: string, urgency: Urgency): Promise<ReadResult | Unavailable>;
  revoke(record: string, urgency: Urgency): Promise<RevokeResult>;
}

/** As both versions show a record. */
export const ShownRecordAnswer: v.GenericSchema<unknown, ShownRecord> = v.pipe(
  v.object({
    id: v.pipe(v.union([v.string(), v.number()]), v.transform(String)),
    reason: v.optional(v.nullable(v.string())),
    status: v.optional(v.nullable(v.boolean())),
  }),
  v.transform(({ id, reason, status }) => ({ id, reason: reason ?? '', isRevoked: status === false })),
);
const Added = v.object({ data: v.tuple([ShownRecordAnswer]) });
const Records = v.object({ data: v.array(ShownRecordAnswer) });

/** A client for the records of CMS v2. Facts: the vendor's pages on `v2/community/disciplinary/…`. */
export function createCmsV2Records(
  settings: ProductSettings,
  http: Http,
  now: () => number,
  say: Say,
): CmsV2Records {
  async function call(
    request: Pick<HttpRequest, 'method' | 'path' | 'body'>,
    limit: LimitClass,
    urgency: Urgency,
  ) {
    const answer = await http({
      ...request,
      origin: settings.url,
      bearer: settings.apiKey.reveal(),
      ...lookUpLimit(limit, urgency),
    });
    return isUnavailable(answer) ? { kind: 'unavailable' as const } : classify(answer, now(), say);
  }

  return {
    async add(account, points, reason, urgency) {
      const path = `/v2/community/disciplinary/accounts/${account}/records`;
      const request = { method: 'POST', path, body: { points, reason } } as const;
      const result = await call(request, 'cms-v2-records-add', urgency);
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(Added, result.json);
      // The status says that it is there; its id can be read later.
      return { kind: 'added', id: parsed.success ? parsed.output.data[0].id : null };
    },
    async read(account, urgency) {
      // The vendor's page has the id in the query a second time, as required.
      const path = `/v2/community/disciplinary/accounts/${account}/records?accId=${account}`;
      const result = await call({ method: 'GET', path }, 'cms-v2-records', urgency);
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(Records, result.json);
      return parsed.success ? { kind: 'records', records: parsed.output.data } : unreadable(say);
    },
    async revoke(record, urgency) {
      const path = `/v2/community/disciplinary/records/${encodeURIComponent(record)}/status`;
      const request = { method: 'PATCH', path, body: { status: false } } as const;
      const result = await call(request, 'cms-v2-records-status', urgency);
      return result.kind === 'accepted' ? { kind: 'revoked' } : result;
    },
  };
}
