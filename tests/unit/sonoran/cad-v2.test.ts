import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCadV2 } from '../../../server/sonoran/cad-v2.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { problem, type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };
const discord: Subject = { by: 'discord', value: '235947056630333440' };
const account: Subject = { by: 'account', value: UUID };
const to = { origin: 'https://api.example.org', bearer: KEY };

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCadV2(product, http, now, checkedSay), requests };
}

describe('a ban, a kick and a lift', () => {
  it.each([
    ['ban', apiId, { communityUserId: '110000112345678', isBan: true }],
    ['kick', apiId, { communityUserId: '110000112345678', isKick: true }],
    ['unban', apiId, { communityUserId: '110000112345678', isBan: false }],
    ['ban', discord, { discord: '235947056630333440', isBan: true }],
    ['kick', discord, { discord: '235947056630333440', isKick: true }],
    ['unban', discord, { discord: '235947056630333440', isBan: false }],
    ['ban', account, { accountUuid: UUID, isBan: true }],
    ['kick', account, { accountUuid: UUID, isKick: true }],
    ['unban', account, { accountUuid: UUID, isBan: false }],
  ] as const)('%s of %o is sent as %o', async (kind, subject, body) => {
    const { client, requests } = clientFor({ body: { accountUuid: UUID, action: kind, message: 'Done.' } });
    expect(await client.sanction(kind, subject)).toEqual({ kind: 'done', account: UUID });
    expect(requests).toEqual([{ ...to, method: 'POST', path: '/v2/general/account-bans', body }]);
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['cut-off JSON', '{"accountUuid":"0b6'],
    ['another object', { ok: true }],
    ['a text', 'OK'],
    ['a uuid that is none', { accountUuid: 12 }],
    ['a list', []],
  ])('is not known to be done by %s', async (_, body) => {
    expect(await clientFor({ body }).client.sanction('ban', apiId)).toMatchObject({
      kind: 'try-again',
      mayHaveHappened: true,
    });
  });

  it.each<[number, unknown, string]>([
    [401, { title: 'Unauthorized', status: 401 }, 'bad-credentials'],
    [403, { title: 'Forbidden', detail: 'Needs the Plus plan' }, 'not-enabled'],
    [404, { title: 'Not Found', detail: 'Account not found' }, 'not-linked'],
    [
      400,
      { title: 'Bad Request', detail: 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY' },
      'not-linked',
    ],
    [400, { title: 'Bad Request', detail: 'Exactly one field' }, 'refused'],
  ])('fails with %i %o: %s', async (status, body, kind) => {
    const { client } = clientFor({ status, body, contentType: 'application/problem+json' });
    expect(await client.sanction('ban', apiId)).toMatchObject({ kind });
  });

  it('waits as long as the limiter says', async () => {
    const body = { message: 'API rate limit exceeded', request_id: '1' };
    expect(
      await clientFor({ status: 429, body, retryAfter: '12' }).client.sanction('ban', apiId),
    ).toMatchObject({
      kind: 'limited',
      waitMs: 12_000,
    });
    expect(await clientFor({ status: 429, body }).client.sanction('ban', apiId)).toMatchObject({
      kind: 'limited',
      waitMs: null,
    });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.sanction('kick', apiId)).toMatchObject({ kind: 'try-again' });
  });
});

describe('a look-up', () => {
  const answered = { uuid: UUID, username: 'Jane', status: 1 };

  it('by an API ID checks the link first, then reads the account', async () => {
    const { client, requests } = clientFor(
      { body: { communityUserId: '110000112345678', linked: true, accountUuid: UUID } },
      { body: answered },
    );
    expect(await client.lookup(apiId, 'person')).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: false, keys: [], proven: [] },
    });
    expect(requests).toEqual([
      {
        ...to,
        method: 'POST',
        path: '/v2/general/links/check',
        body: { communityUserId: '110000112345678' },
        limit: 'cad-v2-links',
        isBackground: false,
      },
      {
        ...to,
        method: 'GET',
        path: `/v2/general/accounts/account?accountUuid=${UUID}`,
        limit: 'cad-v2-account',
        isBackground: false,
      },
    ]);
  });

  it('that nobody waits for, says so', async () => {
    const { client, requests } = clientFor({ body: { linked: true, accountUuid: UUID } }, { body: answered });
    await client.lookup(apiId, 'background');
    expect(requests).toMatchObject([
      { limit: 'cad-v2-links', isBackground: true },
      { limit: 'cad-v2-account', isBackground: true },
    ]);
  });

  it.each<[string | null, readonly string[]]>([
    ['110000112345678', ['110000112345678']],
    ['STEAM:110000112345678', ['steam:110000112345678']],
    ['BEEF1', ['beef1']],
    ['two words', []],
    ['', []],
    [null, []],
  ])('tells by the API ID %j how its holder can be recognised', async (communityUserId, keys) => {
    const { client } = clientFor({ body: { ...answered, communityUserId } });
    expect(await client.lookup(discord, 'person')).toMatchObject({ account: { keys } });
  });

  it('by an API ID ends with the check when nobody is linked', async () => {
    const { client, requests } = clientFor({ body: { linked: false, accountUuid: null } });
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'not-linked' });
    expect(requests).toHaveLength(1);
  });

  it('reads by the API ID when the check names no account', async () => {
    const { client, requests } = clientFor({ body: { linked: true } }, { body: answered });
    expect(await client.lookup(apiId, 'person')).toMatchObject({ kind: 'found' });
    expect(requests[1]?.path).toBe('/v2/general/accounts/account?communityUserId=110000112345678');
  });

  it.each<[Subject, string]>([
    [discord, 'discord=235947056630333440'],
    [account, `accountUuid=${UUID}`],
    [{ by: 'username', value: 'Jane & co' }, 'username=Jane+%26+co'],
  ])('by %o reads the account at once', async (subject, query) => {
    const { client, requests } = clientFor({ body: answered });
    await client.lookup(subject, 'person');
    expect(requests).toEqual([
      {
        ...to,
        method: 'GET',
        path: `/v2/general/accounts/account?${query}`,
        limit: 'cad-v2-account',
        isBackground: false,
      },
    ]);
  });

  it.each([
    [0, false],
    [1, false],
    [2, false],
    [3, false],
    [4, true],
  ])('tells from status %i whether it is banned: %s', async (status, banned) => {
    const { client } = clientFor({ body: { ...answered, status } });
    expect(await client.lookup(discord, 'person')).toMatchObject({ account: { banned } });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', 'Jane'],
    ['an account without a status', { uuid: UUID }],
    ['a status that is none', { uuid: UUID, status: 'banned' }],
    ['a list', [answered]],
  ])('cannot be read from %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(discord, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a link that is none', { linked: 'yes' }],
    ['another object', {}],
  ])('cannot be read from a check with %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
    expect(await clientFor(odd).client.lookup(discord, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it('hands on a name that is safe to show', async () => {
    const { client } = clientFor({
      body: { ...answered, username: '^1[server]\n\u202eeverybody is banned' },
    });
    const result = await client.lookup(discord, 'person');
    expect(result.kind === 'found' && result.account.name).toBe('1[server] everybody is banned');
  });
});

describe('whether a name is linked', () => {
  it.each<[string, Scripted, object]>([
    ['linked', { body: { linked: true, accountUuid: UUID } }, { kind: 'linked' }],
    ['not linked', { body: { linked: false, accountUuid: null } }, { kind: 'not-linked' }],
    // That there is no such call says nothing about the name.
    ['a 404 of its own', problem(404), { kind: 'unknown' }],
    ['not enabled', problem(403), { kind: 'unknown' }],
    ['a wrong key', problem(401), { kind: 'bad-credentials' }],
    ['a stranger', { status: 404, body: 'Not Found' }, { kind: 'try-again', mayHaveHappened: false }],
    ['a failure', { status: 500, body: '' }, { kind: 'try-again', mayHaveHappened: false }],
    ['no sense', { body: {} }, { kind: 'try-again', mayHaveHappened: false }],
  ])('is answered by links/check: %s', async (_, answer, result) => {
    const { client, requests } = clientFor(answer);
    expect(await client.isLinked(apiId)).toMatchObject(result);
    expect(requests).toMatchObject([
      { path: '/v2/general/links/check', limit: 'cad-v2-links', isDelivery: true, isBackground: false },
    ]);
  });

  it('of a Discord account is answered by the account, outside the limit of bans', async () => {
    const { client, requests } = clientFor({ body: { uuid: UUID, status: 1 } }, problem(404));
    expect(await client.isLinked(discord)).toEqual({ kind: 'linked' });
    expect(await client.isLinked(discord)).toEqual({ kind: 'not-linked' });
    expect(requests[0]).toMatchObject({ limit: 'cad-v2-account', isDelivery: true });
  });
});

describe('a version that does not know the field discord', () => {
  it.each([400, 422])('and rejects it (%i) says nothing but that nobody is linked by it', async (status) => {
    const rejected = problem(status, 'unknown field discord');
    for (const kind of ['ban', 'kick', 'unban'] as const) {
      expect(await clientFor(rejected).client.sanction(kind, discord)).toEqual({ kind: 'not-linked' });
    }
    expect(await clientFor(rejected).client.lookup(discord, 'person')).toEqual({ kind: 'not-linked' });
    expect(await clientFor(rejected).client.isLinked(discord)).toEqual({ kind: 'not-linked' });
    expect(await clientFor(rejected).client.sanction('ban', apiId)).toMatchObject({ kind: 'refused' });
  });
});

describe('the list of banned accounts', () => {
  const OTHER = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2c';
  const listed = (uuid: string, more: object = {}) => ({
    uuid,
    status: 4,
    communityUserId: '',
    ...more,
  });
  const page = (accounts: readonly unknown[], total: unknown = accounts.length) => ({
    body: { pagination: { total, limit: 100, offset: 0 }, accounts },
  });
  const read = (...script: readonly (Scripted | HttpAnswer)[]) =>
    clientFor(...script).client.bannedList?.read(0);

  it.each([0, 95, 190])(
    'is asked for from account %i on, as something that nobody waits for',
    async (offset) => {
      const { client, requests } = clientFor(page([]));
      await client.bannedList?.read(offset);
      expect(client.bannedList?.pageSize).toBe(100);
      expect(requests).toEqual([
        {
          ...to,
          method: 'GET',
          path: `/v2/general/accounts?limit=100&offset=${offset}&status=4`,
          limit: 'cad-v2-accounts',
          isBackground: true,
        },
      ]);
    },
  );

  it('tells who is on it, by which keys, and how long it is', async () => {
    const accounts = [
      listed(UUID.toUpperCase(), { communityUserId: 'STEAM:110000112345678', username: '^1Jane' }),
      listed(OTHER, { communityUserId: null }),
    ];
    expect(await read(page(accounts, 730))).toEqual({
      kind: 'page',
      total: 730,
      ids: [UUID, OTHER],
      accounts: [
        { account: UUID, keys: ['steam:110000112345678'], proven: [] },
        { account: OTHER, keys: [], proven: [] },
      ],
    });
  });

  it('may be empty', async () => {
    expect(await read(page([]))).toEqual({ kind: 'page', total: 0, ids: [], accounts: [] });
  });

  it.each([0, 1, 2, 3, 5])(
    'has no place for an account of status %i, whatever was asked for',
    async (status) => {
      expect(await read(page([listed(UUID, { status }), listed(OTHER)]))).toEqual({
        kind: 'page',
        total: 2,
        ids: [UUID, OTHER],
        accounts: [{ account: OTHER, keys: [], proven: [] }],
      });
    },
  );

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', 'OK'],
    ['cut-off JSON', '{"accounts":[{"uu'],
    ['no accounts', { pagination: { total: 0 } }],
    ['accounts that are none', { pagination: { total: 0 }, accounts: {} }],
    ['no pagination', { accounts: [] }],
    ['a total that is none', page([], '0').body],
    ['an account that is none', page([null]).body],
    ['an account without an id', page([{ status: 4 }]).body],
    ['an id that is none', page([listed('12')]).body],
    ['an account without a status', page([{ uuid: UUID }]).body],
    ['a status that is none', page([listed(UUID, { status: 'banned' })]).body],
    ['an API ID that is none', page([listed(UUID, { communityUserId: 12 })]).body],
  ])('cannot be read from %s', async (_, body) => {
    expect(await read({ body })).toMatchObject({ kind: 'try-again', detail: 'an unreadable answer' });
  });

  it.each<[number, object]>([
    [401, { kind: 'bad-credentials', words: 'No.' }],
    [403, { kind: 'not-enabled', words: 'No.' }],
    [400, { kind: 'refused', words: 'No.' }],
    [404, { kind: 'unavailable' }],
    [501, { kind: 'unavailable' }],
    [429, { kind: 'limited', waitMs: 12_000 }],
    [503, { kind: 'try-again', waitMs: 12_000 }],
  ])('fails with %i', async (status, failure) => {
    expect(await read({ ...problem(status), retryAfter: '12' })).toMatchObject(failure);
  });

  it.each([403, 404, 501])('is doubted when %i is not in Sonoran’s own words', async (status) => {
    const contentType = 'application/problem+json';
    const parts = { type: 'about:blank', title: 'Wrong', status, detail: 'No.', instance: '/' };
    for (const part of ['type', 'title', 'status', 'detail', 'instance'] as const) {
      const { [part]: _, ...body } = parts;
      expect(await read({ status, body, contentType }), part).toMatchObject({ kind: 'try-again' });
    }
    expect(await read({ status, body: parts })).toMatchObject({ kind: 'try-again' });
    const body = 'API endpoint is not enabled for this community.';
    expect(await read({ status, body })).toMatchObject({ kind: 'not-enabled' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await read(odd)).toMatchObject({ kind: 'try-again' });
  });

  it('is to be tried again without an answer', async () => {
    expect(await read({ kind: 'no-answer', detail: 'could not connect', sent: false })).toMatchObject({
      kind: 'try-again',
      detail: 'could not connect',
    });
  });
});

describe('the list of all accounts', () => {
  it('is asked for page by page, of those who can use it', async () => {
    const accounts = [
      { uuid: UUID.toUpperCase(), status: 1, communityUserId: 'BEEF1' },
      { uuid: UUID },
      { odd: 1 },
    ];
    const { client, requests } = clientFor({ body: { pagination: { total: 98 }, accounts } });
    expect(await client.accountList.read(100)).toEqual({
      kind: 'page',
      rows: 3,
      total: 98,
      accounts: [
        { account: UUID, discordId: null, apiIds: ['BEEF1'] },
        { account: UUID, discordId: null, apiIds: [] },
      ],
    });
    expect(requests).toMatchObject([
      {
        method: 'GET',
        path: '/v2/general/accounts?limit=100&offset=100&status=1',
        limit: 'cad-v2-accounts',
        isBackground: true,
      },
    ]);
  });

  it.each<[Scripted, string]>([
    [problem(404), 'unavailable'],
    [problem(501), 'unavailable'],
    [problem(403), 'not-enabled'],
    [problem(401), 'bad-credentials'],
    [{ status: 404, body: 'Not Found' }, 'try-again'],
    [{ body: { accounts: [] } }, 'try-again'],
  ])('with %o ends as %s', async (answer, kind) => {
    expect(await clientFor(answer).client.accountList.read(0)).toMatchObject({ kind });
  });
});
