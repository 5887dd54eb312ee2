import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCadV1 } from '../../../server/sonoran/cad-v1.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCadV1(product, http, now), requests };
}

describe('a ban, a kick and a lift', () => {
  it.each([
    ['ban', apiId, { apiId: '110000112345678', isBan: true }],
    ['kick', apiId, { apiId: '110000112345678', isKick: true }],
    ['unban', apiId, { apiId: '110000112345678', isBan: false }],
    ['ban', { by: 'account', value: UUID }, { accId: UUID, isBan: true }],
    ['kick', { by: 'account', value: UUID }, { accId: UUID, isKick: true }],
    ['unban', { by: 'account', value: UUID }, { accId: UUID, isBan: false }],
  ] as const)('%s of %o is sent as %o', async (kind, subject, data) => {
    const { client, requests } = clientFor({ body: `User Ban: ${UUID} Status: true` });
    expect(await client.sanction(kind, subject)).toEqual({ kind: 'done', account: UUID });
    expect(requests).toEqual([
      {
        method: 'POST',
        origin: 'https://api.example.org',
        path: '/general/ban_user',
        body: { id: 'ours', key: KEY, type: 'BAN_USER', data: [data] },
      },
    ]);
  });

  it.each([
    [`User Ban: ${UUID} Status: false`, UUID],
    [`User Ban: ${UUID.toUpperCase()} Status: true`, UUID.toUpperCase()],
    [JSON.stringify(`User Ban: ${UUID} Status: true`), UUID],
    ['User Ban:  Status: true', null],
    ['', null],
    ['OK', null],
    ['{"ok":true}', null],
  ])('is done with %j, by account %j', async (body, account) => {
    const { client } = clientFor({ body });
    expect(await client.sanction('ban', apiId)).toEqual({ kind: 'done', account });
  });

  it.each<[number, string, string]>([
    [400, 'INVALID REQUEST TYPE', 'refused'],
    [400, 'INVALID COMMUNITY ID', 'bad-credentials'],
    [400, 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY', 'not-enabled'],
    [400, 'INVALID API KEY', 'bad-credentials'],
    [404, 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY', 'not-linked'],
  ])('fails with %i %s: %s', async (status, body, kind) => {
    expect(await clientFor({ status, body }).client.sanction('ban', apiId)).toMatchObject({ kind });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.sanction('ban', apiId)).toMatchObject({ kind: 'try-again' });
  });

  it('is all that it can: there is no list of banned accounts', () => {
    expect(clientFor().client.bannedList).toBeUndefined();
  });

  it('names an account by API ID or account id, nothing else', () => {
    expect([...clientFor().client.sanctionFields].sort()).toEqual(['account', 'apiId']);
    expect([...clientFor().client.lookupFields]).toEqual(['apiId']);
  });
});

describe('a look-up', () => {
  it('asks whose the API ID is', async () => {
    const { client, requests } = clientFor({ body: 'Jane Doe' });
    expect(await client.lookup(apiId, 'person')).toEqual({
      kind: 'found',
      account: { id: null, name: 'Jane Doe', banned: null, keys: [] },
    });
    expect(requests).toEqual([
      {
        method: 'POST',
        origin: 'https://api.example.org',
        path: '/general/check_apiid',
        body: { id: 'ours', key: KEY, type: 'CHECK_APIID', data: [{ apiId: '110000112345678' }] },
        limit: 'cad-v1',
      },
    ]);
  });

  it.each([
    ['"Jane"', 'Jane'],
    ['12345', '12345'],
    ['^1Jane\n[server] hi', '1Jane [server] hi'],
    ['x'.repeat(100), `${'x'.repeat(63)}…`],
  ])('reads the name from %j', async (body, name) => {
    expect(await clientFor({ body }).client.lookup(apiId, 'person')).toMatchObject({ account: { name } });
  });

  it.each([
    ['an empty body', ''],
    ['an object', '{"unexpected":true}'],
    ['a list', '[]'],
    ['null', 'null'],
  ])('cannot be read from %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it('finds nobody where nobody is linked', async () => {
    const { client } = clientFor({ status: 404, body: 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY' });
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'not-linked' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });
});
