import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCadV1 } from '../../../server/sonoran/cad-v1.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCadV1(product, http, now, checkedSay), requests };
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

  it('names an account by API ID or account id, nothing else', () => {
    expect([...clientFor().client.sanctionFields].sort()).toEqual(['account', 'apiId']);
  });
});

describe('a look-up', () => {
  const account = { uuid: UUID, username: 'Jane Doe', status: 4, apiIds: ['BEEF1', 'steam:110000112345678'] };

  it.each<[Subject]>([[apiId], [{ by: 'account', value: UUID }], [{ by: 'username', value: 'Jane Doe' }]])(
    'asks by %o, and tells whether it is banned and how its holder is recognised',
    async (subject) => {
      const { client, requests } = clientFor({ body: account });
      expect(client.lookupFields).toContain(subject.by);
      expect(await client.lookup(subject, 'person')).toEqual({
        kind: 'found',
        account: {
          id: UUID,
          name: 'Jane Doe',
          banned: true,
          keys: ['beef1', 'steam:110000112345678'],
          proven: [],
        },
      });
      expect(requests).toEqual([
        {
          method: 'POST',
          origin: 'https://api.example.org',
          path: '/general/get_account',
          body: { id: 'ours', key: KEY, type: 'GET_ACCOUNT', data: [{ [subject.by]: subject.value }] },
          limit: 'cad-v1',
          isBackground: false,
        },
      ]);
    },
  );

  it.each<[object, object]>([
    [{ status: 1 }, { id: null, name: null, banned: false, keys: [], proven: [] }],
    [
      { ...account, status: 3, apiIds: null },
      { id: UUID, name: 'Jane Doe', banned: false, keys: [], proven: [] },
    ],
  ])('takes %o', async (body, found) => {
    for (const each of [body, [body]]) {
      expect(await clientFor({ body: each }).client.lookup(apiId, 'person')).toEqual({
        kind: 'found',
        account: found,
      });
    }
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

  describe('where the plan lacks the account', () => {
    const NO = { status: 400, body: 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY' };

    it.each([
      ['Jane Doe', 'Jane Doe'],
      ['"Jane"', 'Jane'],
      ['12345', '12345'],
      ['^1Jane\n[server] hi', '1Jane [server] hi'],
      ['x'.repeat(100), `${'x'.repeat(63)}…`],
    ])('still reads the name from %j', async (body, name) => {
      const { client, requests } = clientFor(NO, { body });
      expect(await client.lookup(apiId, 'background')).toEqual({
        kind: 'found',
        account: { id: null, name, banned: null, keys: [], proven: [] },
      });
      expect(requests.at(-1)).toMatchObject({
        path: '/general/check_apiid',
        body: { type: 'CHECK_APIID', data: [{ apiId: '110000112345678' }] },
        limit: 'cad-v1',
        isBackground: true,
      });
    });

    it.each(['', '{"unexpected":true}', '[]', 'null'])('reads no name from %j', async (body) => {
      const { client } = clientFor(NO, { body });
      expect(await client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
    });

    it('says so of other names', async () => {
      const { client } = clientFor(NO);
      expect(await client.lookup({ by: 'username', value: 'Jane' }, 'person')).toMatchObject({
        kind: 'not-enabled',
      });
    });
  });
});

describe('the list of banned accounts', () => {
  it('is asked for page by page', async () => {
    const rows = [
      { uuid: UUID, username: 'Jane', status: 4, apiIds: ['BEEF1', 'two words'] },
      { uuid: UUID.replace(/b$/, 'c'), status: 1, apiIds: [] },
      { odd: true },
    ];
    const { client, requests } = clientFor({
      body: { pagination: { limit: 100, offset: 95, total: 98 }, accounts: rows },
    });
    expect(await client.bannedList.read(95)).toEqual({
      kind: 'page',
      total: 98,
      ids: [UUID, UUID.replace(/b$/, 'c'), '97'],
      accounts: [{ account: UUID, keys: ['beef1'], proven: [] }],
    });
    expect(requests).toMatchObject([
      {
        path: '/general/get_accounts',
        body: { type: 'GET_ACCOUNTS', data: [{ limit: 100, offset: 95, status: 4 }] },
        limit: 'cad-v1',
        isBackground: true,
      },
    ]);
  });

  it.each<[Scripted, string]>([
    [{ status: 400, body: 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY' }, 'not-enabled'],
    [{ status: 404, body: 'Cannot POST /general/get_accounts' }, 'try-again'],
    [{ status: 403, body: 'error code: 1020' }, 'try-again'],
    [{ body: { accounts: [] } }, 'try-again'],
    [{ body: '' }, 'try-again'],
  ])('with %o ends as %s', async (answer, kind) => {
    expect(await clientFor(answer).client.bannedList.read(0)).toMatchObject({ kind });
  });
});

describe('whether a name is linked', () => {
  it.each<[Scripted, object]>([
    [{ body: { uuid: UUID, status: 1 } }, { kind: 'linked' }],
    [{ status: 404, body: 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY' }, { kind: 'not-linked' }],
    [
      { status: 500, body: '' },
      { kind: 'try-again', mayHaveHappened: false },
    ],
  ])('is by %o', async (answer, result) => {
    const { client, requests } = clientFor(answer);
    expect(await client.isLinked(apiId)).toMatchObject(result);
    expect(requests).toMatchObject([{ isDelivery: true }]);
  });
});

describe('the list of all accounts', () => {
  it('is asked for page by page, of those who can use it', async () => {
    const rows = [
      { uuid: UUID.toUpperCase(), status: 1, apiIds: ['BEEF1', 'b'] },
      { uuid: UUID },
      { odd: true },
    ];
    const { client, requests } = clientFor({ body: { pagination: { total: 98 }, accounts: rows } });
    expect(await client.accountList.read(100)).toEqual({
      kind: 'page',
      rows: 3,
      total: 98,
      accounts: [
        { account: UUID, discordId: null, apiIds: ['BEEF1', 'b'] },
        { account: UUID, discordId: null, apiIds: [] },
      ],
    });
    expect(requests).toMatchObject([
      {
        path: '/general/get_accounts',
        body: { type: 'GET_ACCOUNTS', data: [{ limit: 100, offset: 100, status: 1 }] },
        limit: 'cad-v1',
        isBackground: true,
      },
    ]);
  });

  it.each<[Scripted, string]>([
    [{ status: 400, body: 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY' }, 'not-enabled'],
    [{ status: 403, body: 'error code: 1020' }, 'try-again'],
    [{ body: { accounts: [] } }, 'try-again'],
  ])('with %o ends as %s', async (answer, kind) => {
    expect(await clientFor(answer).client.accountList.read(0)).toMatchObject({ kind });
  });
});
