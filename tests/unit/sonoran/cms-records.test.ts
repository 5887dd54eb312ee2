import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCmsRecords } from '../../../server/sonoran/cms-records.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { problem, type Scripted, scriptedHttp } from './scripted-http.ts';

const MEMBER: Subject = { by: 'account', value: UUID };
const RECORD = '11111111-1111-4111-8111-111111111111';
const record = { id: RECORD, status: true, accId: UUID, source: 'api', points: 5, reason: 'x (cmsban a1)' };
const V2 = `/v2/community/disciplinary/accounts/${UUID}/records`;

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  const client = createCmsRecords(product, http, now, checkedSay, async () => ({ kind: 'not-linked' }));
  return { client, requests };
}

const v1Request = (path: string, type: string, data: object) => ({
  method: 'POST',
  path,
  body: { id: 'ours', key: KEY, type, data },
  limit: 'cms-v1',
  isBackground: true,
});

describe('adding', () => {
  const add = (client: ReturnType<typeof clientFor>['client'], member: Subject = MEMBER) =>
    client.add(member, 5, 'x', 'background');

  it('goes through v2 by the id of the account', async () => {
    const { client, requests } = clientFor({ status: 201, body: { success: true, data: [record] } });
    expect(await add(client)).toEqual({ kind: 'added', id: RECORD });
    expect(requests).toEqual([
      {
        method: 'POST',
        origin: 'https://api.example.org',
        path: V2,
        bearer: KEY,
        body: { points: 5, reason: 'x' },
        limit: 'cms-v2-records-add',
        isBackground: true,
      },
    ]);
  });

  it('is done by its status, whatever the body says', async () => {
    const { client } = clientFor({ status: 201, body: { data: record } });
    expect(await add(client)).toEqual({ kind: 'added', id: null });
  });

  it.each([404, 501, 403])('goes through v1 where v2 answers %i', async (status) => {
    const { client, requests } = clientFor(problem(status), { body: record });
    expect(await add(client)).toEqual({ kind: 'added', id: RECORD });
    expect(requests[1]).toMatchObject(
      v1Request('/disciplinary/add_member_record', 'ADD_MEMBER_RECORD', {
        accId: UUID,
        points: 5,
        reason: 'x',
      }),
    );
  });

  it('goes through v1 by any other name', async () => {
    const { client, requests } = clientFor({ status: 400, body: 'MEMBER NOT FOUND' });
    expect(await add(client, { by: 'discord', value: '7' })).toEqual({ kind: 'not-linked' });
    expect(requests).toMatchObject([{ body: { data: { discord: '7', points: 5, reason: 'x' } } }]);
  });

  it.each(ODD_ANSWERS)(
    'that is answered with %s may have happened or not, and is tried again',
    async (_, odd) => {
      const { client } = clientFor(odd);
      expect(await add(client)).toMatchObject({ kind: 'try-again' });
    },
  );
});

describe('reading', () => {
  const shown = [{ id: RECORD, reason: record.reason, isRevoked: false }];

  it('goes through v2, which wants the id twice', async () => {
    const { client, requests } = clientFor({ body: { data: [record, { ...record, id: 7, status: false }] } });
    expect(await client.read(MEMBER, 'background')).toEqual({
      kind: 'records',
      records: [...shown, { id: '7', reason: record.reason, isRevoked: true }],
    });
    expect(requests).toMatchObject([{ method: 'GET', path: `${V2}?accId=${UUID}`, limit: 'cms-v2-records' }]);
  });

  it('goes through v1 where there is no v2', async () => {
    const { client, requests } = clientFor(problem(404), { body: [record] });
    expect(await client.read(MEMBER, 'background')).toEqual({ kind: 'records', records: shown });
    expect(requests[1]).toMatchObject(
      v1Request('/disciplinary/get_member_records', 'GET_MEMBER_RECORDS', { accId: UUID }),
    );
  });

  it.each([[{}], [{ data: {} }], [{ data: [{}] }], [[record]]])('takes %j for nothing', async (body) => {
    expect(await clientFor({ body }).client.read(MEMBER, 'background')).toMatchObject({ kind: 'try-again' });
  });
});

describe('revoking', () => {
  it('is a status', async () => {
    const { client, requests } = clientFor({ body: { data: [{ ...record, status: false }] } });
    expect(await client.revoke(RECORD, 'background')).toEqual({ kind: 'revoked' });
    expect(requests).toMatchObject([
      {
        method: 'PATCH',
        path: `/v2/community/disciplinary/records/${RECORD}/status`,
        body: { status: false },
        limit: 'cms-v2-records-status',
      },
    ]);
  });

  it.each([404, 501, 403])('is not there where v2 answers %i', async (status) => {
    expect(await clientFor(problem(status)).client.revoke(RECORD, 'background')).toEqual({
      kind: 'unavailable',
    });
  });
});
