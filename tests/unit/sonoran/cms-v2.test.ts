import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCms } from '../../../server/sonoran/cms.ts';
import { createCmsV2 } from '../../../server/sonoran/cms-v2.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { problem, type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };
const account = { accId: UUID, accName: 'Jane', banned: false, activeApiIds: ['110000112345678'] };

function found(...items: readonly unknown[]) {
  return { body: { success: true, data: { items, total: items.length }, meta: {} } };
}

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return {
    client: createCmsV2(product, http, now, checkedSay),
    cms: createCms(product, http, now, checkedSay),
    requests,
  };
}

describe('a search', () => {
  it.each<[Subject, string]>([
    [apiId, 'apiId=110000112345678'],
    [{ by: 'apiId', value: 'steam:11&0=0' }, 'apiId=steam%3A11%260%3D0'],
    [{ by: 'discord', value: '235947056630333440' }, 'discord=235947056630333440'],
    [{ by: 'username', value: 'Jané & co#1' }, 'username=Jan%C3%A9+%26+co%231'],
    [{ by: 'unique', value: 42 }, 'uniqueId=42'],
  ])('asks for %o', async (subject, query) => {
    const { client, requests } = clientFor(found(account));
    expect(await client.lookup(subject, 'person')).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: false, keys: ['110000112345678'], proven: [] },
    });
    expect(requests).toEqual([
      {
        method: 'GET',
        origin: 'https://api.example.org',
        path: `/v2/community/accounts/search?${query}`,
        bearer: KEY,
        limit: 'cms-v2-search',
        isBackground: false,
      },
    ]);
  });

  it('by id is made through the call for one account, which has a limit of its own', async () => {
    const { client, requests } = clientFor({
      body: { success: true, data: { ...account, identifiers: {} } },
    });
    expect(await client.lookup({ by: 'account', value: UUID }, 'person')).toMatchObject({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: false },
    });
    expect(requests).toMatchObject([
      { path: `/v2/community/accounts/${UUID}`, limit: 'cms-v2-account', isBackground: false },
    ]);
  });

  it('by id tells nobody of that id from no such call', async () => {
    const subject = { by: 'account', value: UUID } as const;
    const { client, requests } = clientFor(problem(404), found());
    expect(await client.lookup(subject, 'person')).toEqual({ kind: 'not-linked' });
    expect(requests.at(-1)?.path).toBe(`/v2/community/accounts/search?accId=${UUID}`);
    expect(await clientFor(problem(404), problem(404)).client.lookup(subject, 'person')).toEqual({
      kind: 'unavailable',
    });
  });

  it('by id brings nothing when the answer is about somebody else', async () => {
    const other = { ...account, accId: '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2c' };
    const subject = { by: 'account', value: UUID } as const;
    const single = clientFor({ body: { success: true, data: other } });
    expect(await single.client.lookup(subject, 'person')).toMatchObject({ kind: 'try-again' });
    const search = clientFor(problem(404), found(other));
    expect(await search.client.lookup(subject, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it('that nobody waits for, says so', async () => {
    const { client, requests } = clientFor(found(account));
    await client.lookup(apiId, 'background');
    expect(requests).toMatchObject([{ limit: 'cms-v2-search', isBackground: true }]);
  });

  it('tells the keys by which the holder of the account can be recognised', async () => {
    const activeApiIds = ['STEAM:110000112345678', 'BEEF1', 'two words', 'BEEF1', ''];
    const { client } = clientFor(found({ ...account, discordId: '235947056630333440', activeApiIds }));
    expect(await client.lookup(apiId, 'person')).toMatchObject({
      account: {
        keys: ['discord:235947056630333440', 'steam:110000112345678', 'beef1'],
        proven: ['discord:235947056630333440'],
      },
    });
  });

  it('takes an account that tells little', async () => {
    for (const little of [{ banned: null }, { discordId: null, activeApiIds: null }]) {
      const { client } = clientFor(found({ accId: UUID, ...little }));
      expect(await client.lookup(apiId, 'person')).toEqual({
        kind: 'found',
        account: { id: UUID, name: null, banned: null, keys: [], proven: [] },
      });
    }
  });

  it('finds nobody in an empty list', async () => {
    expect(await clientFor(found()).client.lookup(apiId, 'person')).toEqual({ kind: 'not-linked' });
  });

  it.each([404, 501])('is not to be had when the answer is %i', async (status) => {
    const { client } = clientFor(problem(status));
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'unavailable' });
  });

  it('fails with a wrong key', async () => {
    const { client } = clientFor(problem(401, 'Unauthorized'));
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'bad-credentials', words: 'Unauthorized' });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['cut-off JSON', '{"data":{"items":[{"ac'],
    ['no data', { success: true }],
    ['data that is none', { success: true, data: [] }],
    ['items that are none', { success: true, data: { items: {} } }],
    ['an account without an id', { success: true, data: { items: [{ accName: 'Jane' }] } }],
  ])('cannot be read from %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it('hands on a name that is safe to show', async () => {
    const { client } = clientFor(found({ accId: UUID, accName: '^1[server]\n\u202eeverybody is banned' }));
    const result = await client.lookup(apiId, 'person');
    expect(result.kind === 'found' && result.account.name).toBe('1[server] everybody is banned');
  });
});

describe('what is registered of an account', () => {
  const single = (identifiers: unknown) => ({ body: { success: true, data: { ...account, identifiers } } });

  it('counts by the types that can be an identity, in the form of FXServer', async () => {
    const idents = [
      { type: 'license', value: 'BEEF', verified: true },
      { type: 'ip', value: '127.0.0.1' },
      { type: 'hwid', value: '4:ab' },
      { type: 'fivem', value: '7', flagId: null },
      { type: 'steam', value: 'not one' },
      { type: 'xbl' },
      null,
    ];
    const { client, requests } = clientFor(single({ idents }));
    expect(await client.registered(UUID)).toMatchObject({
      kind: 'found',
      account: { id: UUID, proven: ['license:beef', 'fivem:7'] },
    });
    expect(requests).toMatchObject([{ limit: 'cms-v2-account', isBackground: true }]);
  });

  it.each([undefined, null, {}, { idents: null }, []])('is nothing when it is told so: %j', async (none) => {
    expect(await clientFor(single(none)).client.registered(UUID)).toMatchObject({
      kind: 'found',
      account: { proven: [] },
    });
  });

  it('tells nobody of that id from no such call', async () => {
    expect(await clientFor(problem(404), found()).client.registered(UUID)).toEqual({ kind: 'not-linked' });
    for (const second of [found(account), problem(404), problem(501)]) {
      expect(await clientFor(problem(404), second).client.registered(UUID)).toEqual({ kind: 'unavailable' });
    }
  });

  it.each(ODD_ANSWERS)('is to be asked again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.registered(UUID)).toMatchObject({ kind: 'try-again' });
  });
});

describe('the list of banned accounts', () => {
  const OTHER = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2c';
  const listed = (accId: string, more: object = {}) => ({
    accId,
    banned: true,
    discordId: null,
    activeApiIds: [],
    ...more,
  });
  const page = (items: readonly unknown[], total: unknown = items.length) => ({
    body: { success: true, data: { items, total, skip: 0, take: 100 }, meta: {} },
  });
  const read = (...script: readonly (Scripted | HttpAnswer)[]) =>
    clientFor(...script).client.bannedList.read(0);

  it.each([0, 95, 190])(
    'is asked for from account %i on, as something that nobody waits for',
    async (offset) => {
      const { client, requests } = clientFor(page([]));
      await client.bannedList.read(offset);
      expect(client.bannedList.pageSize).toBe(100);
      expect(requests).toEqual([
        {
          method: 'GET',
          origin: 'https://api.example.org',
          path: `/v2/community/accounts?banned=true&take=100&skip=${offset}`,
          bearer: KEY,
          limit: 'cms-v2-accounts',
          isBackground: true,
        },
      ]);
    },
  );

  it('tells who is on it, by which keys, and how long it is', async () => {
    const first = listed(UUID.toUpperCase(), {
      discordId: '235947056630333440',
      activeApiIds: ['STEAM:110000112345678', 'BEEF1', 'two words'],
    });
    const second = { accId: OTHER, banned: true, accName: '^1Jane', comStatus: null };
    expect(await read(page([first, second], 730))).toEqual({
      kind: 'page',
      total: 730,
      ids: [UUID, OTHER],
      accounts: [
        {
          account: UUID,
          keys: ['discord:235947056630333440', 'steam:110000112345678', 'beef1'],
          proven: ['discord:235947056630333440'],
        },
        { account: OTHER, keys: [], proven: [] },
      ],
    });
  });

  it('may be empty', async () => {
    expect(await read(page([]))).toEqual({ kind: 'page', total: 0, ids: [], accounts: [] });
  });

  it('has no place for an account that is not banned, whatever was asked for', async () => {
    expect(await read(page([listed(UUID, { banned: false }), listed(OTHER)]))).toEqual({
      kind: 'page',
      total: 2,
      ids: [UUID, OTHER],
      accounts: [{ account: OTHER, keys: [], proven: [] }],
    });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', 'OK'],
    ['cut-off JSON', '{"data":{"items":[{"ac'],
    ['no data', { success: true }],
    ['items that are none', { data: { items: {}, total: 0 } }],
    ['no total', { data: { items: [] } }],
    ['a total that is none', page([], '0').body],
    ['an account without an id', page([{ banned: true }]).body],
    ['an id that is none', page([listed('12')]).body],
    ['an account that does not say whether it is banned', page([{ accId: UUID }]).body],
    ['a ban that is none', page([listed(UUID, { banned: 'yes' })]).body],
    ['API IDs that are none', page([listed(UUID, { activeApiIds: 'BEEF1' })]).body],
    ['an account that is none', page([null]).body],
  ])('cannot be read from %s', async (_, body) => {
    expect(await read({ body })).toMatchObject({ kind: 'try-again', detail: 'an unreadable answer' });
  });

  it.each([404, 501])('is not to be had when the answer is %i', async (status) => {
    expect(await read(problem(status))).toEqual({ kind: 'unavailable' });
    // Somebody else's words.
    for (const body of ['', 'Not Found', { message: 'no Route matched with those values' }]) {
      expect(await read({ status, body })).toMatchObject({ kind: 'try-again' });
    }
  });

  it.each<[number, object]>([
    [401, { kind: 'bad-credentials', words: 'No.' }],
    [403, { kind: 'not-enabled', words: 'No.' }],
    [400, { kind: 'refused', words: 'No.' }],
    [429, { kind: 'limited', waitMs: 12_000 }],
    [503, { kind: 'try-again', waitMs: 12_000 }],
  ])('fails with %i', async (status, failure) => {
    expect(await read({ ...problem(status), retryAfter: '12' })).toMatchObject(failure);
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

describe('CMS as a whole', () => {
  const V2_LIST = '/v2/community/accounts?banned=true&take=100&skip=0';
  const V1_LIST = '/general/get_accounts';
  const row = { accId: UUID, banned: true, discordId: '1', activeApiIds: ['BEEF1'] };
  const v1Page = { body: { total: 1, skip: 0, take: 100, accounts: [row] } };
  const v2Page = { body: { success: true, data: { items: [row], total: 1, skip: 0, take: 100 } } };
  const pageOfRow = {
    kind: 'page',
    total: 1,
    ids: [UUID],
    accounts: [{ account: UUID, keys: ['discord:1', 'beef1'], proven: ['discord:1'] }],
  };

  it('has the list of v2', async () => {
    const { cms, requests } = clientFor(v2Page);
    expect(await cms.bannedList.read(0)).toEqual(pageOfRow);
    expect(requests.map(({ path }) => path)).toEqual([V2_LIST]);
  });

  it.each([404, 501, 403])(
    'has the list of v1 where there is no v2 (%i), and looks again',
    async (status) => {
      const { cms, requests } = clientFor(problem(status), v1Page, v1Page, v2Page);
      expect(await cms.bannedList.read(0)).toEqual(pageOfRow);
      expect(requests.at(-1)).toMatchObject({
        path: V1_LIST,
        body: { type: 'GET_ACCOUNTS', data: [{ skip: 0, take: 100, banned: true }] },
        limit: 'cms-v1',
        isBackground: true,
      });
      // A read goes on as it began, and the next looks again.
      await cms.bannedList.read(95);
      expect(requests.at(-1)).toMatchObject({ path: V1_LIST, body: { data: [{ skip: 95 }] } });
      expect(await cms.bannedList.read(0)).toEqual(pageOfRow);
      expect(requests.at(-1)?.path).toBe(V2_LIST);
    },
  );

  it.each<[string, Scripted]>([
    ['a bare 404', { status: 404, body: '' }],
    ['a bare 403', { status: 403, body: 'error code: 1020' }],
    ['a gateway', { status: 404, body: { message: 'no Route matched with those values' } }],
  ])('does not take %s for a word on its list', async (_, odd) => {
    const { cms, requests } = clientFor(odd);
    expect(await cms.bannedList.read(0)).toMatchObject({ kind: 'try-again' });
    expect(requests).toHaveLength(1);
  });

  it('has no list where v1 says so as well, in its own words', async () => {
    const no = { status: 400, body: 'GET_ACCOUNTS IS NOT ENABLED FOR THIS COMMUNITY' };
    expect(await clientFor(problem(404), no).cms.bannedList.read(0)).toMatchObject({ kind: 'not-enabled' });
  });

  it('does not change from v2 to v1 in the middle of a read', async () => {
    const { cms } = clientFor(v2Page, problem(404));
    await cms.bannedList.read(0);
    expect(await cms.bannedList.read(95)).toMatchObject({ kind: 'try-again' });
  });

  it('still tells a name where the plan lacks the account, and asks for that once an hour', async () => {
    const no = { status: 400, body: 'GET_COM_ACCOUNT IS NOT ENABLED FOR THIS COMMUNITY' };
    const { cms, requests } = clientFor(problem(404), no, { body: 'Jane' }, problem(404), { body: 'Jo' });
    const named = (name: string) => ({
      kind: 'found',
      account: { id: null, name, banned: null, keys: [], proven: [] },
    });
    expect(await cms.lookup(apiId, 'person')).toEqual(named('Jane'));
    expect(await cms.lookup(apiId, 'person')).toEqual(named('Jo'));
    expect(requests.map(({ path }) => path).filter((path) => path.startsWith('/general'))).toEqual([
      '/general/get_com_account',
      '/general/check_com_apiid',
      '/general/check_com_apiid',
    ]);
    expect(await cms.lookup({ by: 'discord', value: '1' }, 'person').catch(() => 'asked')).toBe('asked');
  });

  it('looks up through v1 only where there is no v2', async () => {
    const { cms, requests } = clientFor(problem(404), { body: { accId: UUID, accName: 'Jane' } });
    expect(await cms.lookup(apiId, 'person')).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: null, keys: [], proven: [] },
    });
    expect(requests.map(({ path }) => path)).toEqual([
      '/v2/community/accounts/search?apiId=110000112345678',
      '/general/get_com_account',
    ]);
    const other = clientFor({ status: 500, body: '' });
    expect(await other.cms.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
    expect(other.requests).toHaveLength(1);
  });

  it('bans and kicks, and has no call to lift a ban', async () => {
    const { cms, requests } = clientFor({ body: '' }, { body: '' });
    expect([...cms.kinds].sort()).toEqual(['ban', 'kick']);
    expect(await cms.sanction('ban', apiId)).toMatchObject({ kind: 'done' });
    expect(await cms.sanction('kick', apiId)).toMatchObject({ kind: 'done' });
    expect(await cms.sanction('unban', apiId)).toMatchObject({ kind: 'refused' });
    expect(requests.map(({ path }) => path)).toEqual(['/general/ban_account', '/general/kick_account']);
  });
});

describe('the list of all accounts', () => {
  const row = {
    accId: UUID.toUpperCase(),
    banned: true,
    discordId: '1',
    activeApiIds: ['BEEF1', 'two words'],
  };
  const bare = { accId: UUID, discordId: '', activeApiIds: null };
  const v2Page = { body: { success: true, data: { items: [row, bare, { odd: 1 }], total: 730 } } };
  const v1Page = { body: { total: 730, skip: 0, take: 100, accounts: [row, bare, { odd: 1 }] } };
  const page = {
    kind: 'page',
    rows: 3,
    total: 730,
    accounts: [
      { account: UUID, discordId: '1', apiIds: ['BEEF1', 'two words'] },
      { account: UUID, discordId: null, apiIds: [] },
    ],
  };
  const V2 = '/v2/community/accounts?take=100&skip=200';
  const V1 = '/general/get_accounts';

  it('is that of v2, of everybody, as Sonoran writes it', async () => {
    const { cms, requests } = clientFor(v2Page);
    expect(await cms.accountList.read(200)).toEqual(page);
    expect(requests).toEqual([
      {
        method: 'GET',
        origin: 'https://api.example.org',
        path: V2,
        bearer: KEY,
        limit: 'cms-v2-accounts',
        isBackground: true,
      },
    ]);
  });

  it.each([404, 501, 403])(
    'is that of v1 where there is no v2 (%i), with one call for each read',
    async (status) => {
      const { cms, requests } = clientFor(problem(status), v1Page, v1Page);
      expect(await cms.accountList.read(200)).toMatchObject({ kind: 'try-again', mayHaveHappened: false });
      expect(requests.map(({ path }) => path)).toEqual([V2]);
      expect(await cms.accountList.read(0)).toEqual(page);
      expect(await cms.accountList.read(200)).toEqual(page);
      expect(requests.slice(1)).toMatchObject([
        { path: V1, body: { type: 'GET_ACCOUNTS', data: [{ skip: 0, take: 100 }] } },
        { path: V1, body: { data: [{ skip: 200, take: 100 }] }, limit: 'cms-v1', isBackground: true },
      ]);
      expect(JSON.stringify(requests)).not.toContain('banned');
    },
  );

  it('is none where v1 says so as well; whoever asks once more is answered by v2', async () => {
    const no = { status: 400, body: 'GET_ACCOUNTS IS NOT ENABLED FOR THIS COMMUNITY' };
    const { cms } = clientFor(problem(404), no, v2Page);
    await cms.accountList.read(0);
    expect(await cms.accountList.read(0)).toMatchObject({ kind: 'not-enabled' });
    expect(await cms.accountList.read(0)).toEqual(page);
  });

  it.each(ODD_ANSWERS)('does not come by %s', async (_, odd) => {
    const { cms, requests } = clientFor(odd, v2Page);
    expect(await cms.accountList.read(0)).toMatchObject({ kind: 'try-again' });
    expect(await cms.accountList.read(0)).toEqual(page);
    expect(requests).toHaveLength(2);
  });

  it('of odd accounts alone is none', async () => {
    const odd = { body: { success: true, data: { items: [{ odd: 1 }], total: 1 } } };
    expect(await clientFor(odd).cms.accountList.read(0)).toMatchObject({ kind: 'try-again' });
  });
});
