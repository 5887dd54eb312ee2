import type { Plan } from './answer.ts';
import type { CmsAccount, CmsAccounts, MemberRecord } from './cms-accounts.ts';
import { fits, unknownField } from './fields.ts';
import type { V2Call, V2Input } from './v2-operation.ts';

/** The calls of CMS v2 about disciplinary records. */
export type CmsV2RecordOperation = 'account-records' | 'account-records-read' | 'record-status';

/** What the vendor's pages show of a record. */
export function shownRecord(accId: string, { id, status, source, points, reason }: MemberRecord) {
  const sourceId = 'api-request';
  return { id, status, accId, source, sourceId, points, reason, metadata: {}, history: [] };
}

/**
 * Disciplinary records. A removed account has none that could be read or added to; a record of theirs can be
 * revoked all the same.
 *
 * @param success the envelope of v2. @param member the member whom a path names, or the refusal.
 */
export function cmsV2Records(
  accounts: CmsAccounts,
  success: (path: string, data: unknown, status?: number) => Plan,
  member: (input: V2Input) => CmsAccount | Plan,
): readonly V2Call<CmsV2RecordOperation>[] {
  return [
    {
      name: 'account-records',
      method: 'POST',
      path: '/v2/community/disciplinary/accounts/{accId}/records',
      decide(input) {
        const { points, reason } = input.fields;
        const unknown = unknownField(input.fields, ['points', 'reason']);
        if (unknown !== undefined) return input.refuse(400, unknown);
        if (typeof points !== 'number') return input.refuse(400, 'points must be a number.');
        if (!fits('text', reason)) return input.refuse(400, 'reason must be a text.');
        const account = member(input);
        if ('answer' in account) return account;
        const record = accounts.newRecord(points, String(reason));
        return {
          ...success(input.path, [shownRecord(account.accId, record)], 201),
          effect: (index) => accounts.addRecord(account.accId, record, index),
        };
      },
    },
    {
      name: 'account-records-read',
      method: 'GET',
      path: '/v2/community/disciplinary/accounts/{accId}/records',
      decide(input) {
        const unknown = unknownField(input.fields, ['accId']);
        if (unknown !== undefined) return input.refuse(400, unknown);
        // The vendor's page asks for it a second time, and calls it required.
        if (input.fields['accId'] !== input.segment)
          return input.refuse(400, 'accId is needed in the query.');
        const account = member(input);
        if ('answer' in account) return account;
        return success(
          input.path,
          account.records.map((record) => shownRecord(account.accId, record)),
        );
      },
    },
    {
      name: 'record-status',
      method: 'PATCH',
      path: '/v2/community/disciplinary/records/{recordId}/status',
      decide({ path, segment, fields, refuse }) {
        const unknown = unknownField(fields, ['status']);
        if (unknown !== undefined) return refuse(400, unknown);
        const { status } = fields;
        if (typeof status !== 'boolean') return refuse(400, 'status must be true or false.');
        if (!fits('uuid', segment)) return refuse(400, 'recordId is not a uuid.');
        const account = accounts.ofRecord(segment);
        if (account === undefined) return refuse(404, 'There is no such record.');
        const changed = account.records.filter(({ id }) => id === segment);
        return {
          ...success(
            path,
            changed.map((record) => shownRecord(account.accId, { ...record, status })),
          ),
          effect: (index) => accounts.setRecordStatus(segment, status, index),
        };
      },
    },
  ];
}
