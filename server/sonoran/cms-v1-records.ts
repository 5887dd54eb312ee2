import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import type { Urgency } from '../moderation/product-api.ts';
import type { AddResult, ReadResult } from '../records/records-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { classify, unreadable } from './classify.ts';
import { fieldOf } from './cms-v1.ts';
import { ShownRecordAnswer } from './cms-v2-records.ts';
import type { Http } from './http.ts';
import { lookUpLimit } from './limits.ts';

/** Disciplinary records through CMS v1, which has no call to revoke one. */
export interface CmsV1Records {
  /** `ADD_MEMBER_RECORD`. */
  add(member: Subject, points: number, reason: string, urgency: Urgency): Promise<AddResult>;
  /** `GET_MEMBER_RECORDS`. */
  read(member: Subject, urgency: Urgency): Promise<ReadResult>;
}

const CALLS = {
  add: { path: '/disciplinary/add_member_record', type: 'ADD_MEMBER_RECORD' },
  read: { path: '/disciplinary/get_member_records', type: 'GET_MEMBER_RECORDS' },
} as const;

/** A client for the records of CMS v1. Facts: the vendor's pages on `disciplinary/…`, v1; `data` is one object. */
export function createCmsV1Records(
  settings: ProductSettings,
  http: Http,
  now: () => number,
  say: Say,
): CmsV1Records {
  async function call(name: keyof typeof CALLS, data: Readonly<Record<string, unknown>>, urgency: Urgency) {
    const { path, type } = CALLS[name];
    const body = { id: settings.communityId, key: settings.apiKey.reveal(), type, data };
    const limit = lookUpLimit('cms-v1', urgency);
    return classify(await http({ method: 'POST', origin: settings.url, path, body, ...limit }), now(), say);
  }

  return {
    async add(member, points, reason, urgency) {
      const result = await call('add', { ...fieldOf(member), points, reason }, urgency);
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(ShownRecordAnswer, result.json);
      return { kind: 'added', id: parsed.success ? parsed.output.id : null };
    },
    async read(member, urgency) {
      const result = await call('read', fieldOf(member), urgency);
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(v.array(ShownRecordAnswer), result.json);
      return parsed.success ? { kind: 'records', records: parsed.output } : unreadable(say);
    },
  };
}
