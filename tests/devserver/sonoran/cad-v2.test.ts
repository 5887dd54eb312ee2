import { describe, expect, it } from 'vitest';
import { get, post, send } from './api-client.ts';
import { start } from './running.ts';

const uuid = '91de0ce8-c571-41e9-9714-5600023b2434';
const stranger = '00000000-0000-4000-8000-000000000000';
const bans = '/v2/general/account-bans';
const links = '/v2/general/links/check';

async function withDana() {
  const { cad } = await start();
  cad.addAccount({
    username: 'Dana',
    communityUserId: 'ab12',
    apiIds: ['110000112345678'],
    discord: '23',
    roblox: '9',
    uuid,
  });
  return cad;
}

describe.each([
  { by: { communityUserId: 'ab12' } },
  { by: { communityUserId: '110000112345678' } },
  { by: { accountUuid: uuid } },
  { by: { discord: '23' } },
  { by: { roblox: '9' } },
])('account-bans by $by', ({ by }) => {
  it.each([
    { flags: { isBan: true }, before: 1, action: 'ban', after: 4, changed: true },
    { flags: { isBan: true }, before: 4, action: 'ban', after: 4, changed: false },
    { flags: { isBan: false }, before: 4, action: 'unban', after: 1, changed: true },
    { flags: { isBan: false }, before: 1, action: 'unban', after: 1, changed: false },
    { flags: { isBan: false }, before: 0, action: 'unban', after: 0, changed: false },
    { flags: { isKick: true }, before: 1, action: 'kick', after: 3, changed: true },
    { flags: { isKick: true }, before: 4, action: 'kick', after: 4, changed: false },
  ] as const)(
    '$flags of status $before leads to $after',
    async ({ flags, before, action, after, changed }) => {
      const { cad } = await start();
      cad.addAccount({
        apiIds: ['ab12', '110000112345678'],
        discord: '23',
        roblox: '9',
        uuid,
        status: before,
      });
      const seen = await post(cad, bans, { ...by, ...flags });
      expect([seen.status, seen.json]).toEqual([
        200,
        { accountUuid: uuid, action, message: expect.any(String) },
      ]);
      expect(cad.account(uuid).status).toBe(after);
      expect(cad.effects).toMatchObject([{ kind: action, accId: uuid, requestIndex: 0, changed }]);
    },
  );

  it('answers 404 once the account is removed', async () => {
    const cad = await withDana();
    cad.kick(uuid);
    expect((await post(cad, bans, { ...by, isKick: true })).status).toBe(404);
    expect((await post(cad, bans, { ...by, isBan: true })).status).toBe(404);
  });
});

it.each([
  { isBan: true },
  { communityUserId: 'ab12' },
  { communityUserId: 'ab12', isBan: true, isKick: true },
  { communityUserId: 'ab12', isBan: true, isKick: false },
  { communityUserId: 'ab12', isKick: false },
  { communityUserId: 'ab12', isBan: 'true' },
  { communityUserId: 'ab12', discord: '23', isBan: true },
  { communityUserId: '', isBan: true },
  { communityUserId: 12, isBan: true },
  { accountUuid: 'ab12', isBan: true },
  { discord: 23, isBan: true },
  { discord: 'discord:23', isBan: true },
  { username: 'Dana', isBan: true },
  { communityUserId: 'ab12', isBan: true, reason: 'x' },
])('account-bans refuses %j', async (body) => {
  const cad = await withDana();
  const seen = await post(cad, bans, body);
  expect(seen.status).toBe(400);
  expect(seen.headers['content-type']).toMatch(/^application\/problem\+json/);
  expect(Object.keys(seen.json as object)).toEqual([
    'type',
    'title',
    'status',
    'detail',
    'instance',
    'traceId',
  ]);
  expect(cad.effects).toEqual([]);
});

describe.each([
  { method: 'POST' as const, path: bans, body: { communityUserId: 'ab12', isBan: true } },
  { method: 'POST' as const, path: links, body: { communityUserId: 'ab12' } },
  { method: 'GET' as const, path: '/v2/general/accounts/account?username=Dana', body: undefined },
  { method: 'GET' as const, path: '/v2/general/accounts', body: undefined },
])('$method $path', ({ method, path, body }) => {
  it('checks credentials, plan, method and content types', async () => {
    const cad = await withDana();
    const call = (headers: Record<string, string> = {}) =>
      method === 'GET' ? get(cad, path, headers) : post(cad, path, body, headers);
    expect((await call()).status).toBe(200);
    const count = cad.effects.length;
    expect((await call({ authorization: 'Bearer wrong' })).status).toBe(401);
    expect((await send(cad, method, path)).status).toBe(401);
    expect((await call({ accept: 'text/html' })).status).toBe(406);
    expect((await send(cad, 'PUT', path)).status).toBe(405);
    if (method === 'POST') {
      expect((await call({ 'content-type': 'text/plain' })).status).toBe(415);
      expect((await post(cad, path, [])).status).toBe(400);
    }
    cad.settings.apiEnabled = false;
    expect((await call()).status).toBe(403);
    cad.settings.v2 = 501;
    expect((await call()).status).toBe(501);
    expect(cad.effects).toHaveLength(count);
  });
});

it('links/check says whether an API ID is linked, and to whom', async () => {
  const cad = await withDana();
  const check = (communityUserId: unknown) => post(cad, links, { communityUserId });
  expect((await check('ab12')).json).toEqual({ communityUserId: 'ab12', linked: true, accountUuid: uuid });
  const nobody = await check('AB12');
  expect([nobody.status, nobody.json]).toEqual([
    200,
    { communityUserId: 'AB12', linked: false, accountUuid: null },
  ]);
  cad.ban(uuid);
  expect((await check('ab12')).json).toMatchObject({ linked: true });
  cad.unban(uuid);
  cad.kick(uuid);
  expect((await check('ab12')).json).toMatchObject({ linked: false });
  for (const wrong of ['', 12, null, undefined]) expect((await check(wrong)).status).toBe(400);
});

describe('account', () => {
  const path = '/v2/general/accounts/account';

  it.each(['communityUserId=ab12', 'discord=23', `accountUuid=${uuid}`, 'username=Dana'])(
    'is found by %s',
    async (query) => {
      const cad = await withDana();
      expect((await get(cad, `${path}?${query}`)).json).toEqual({
        uuid,
        username: 'Dana',
        communityUserId: 'ab12',
        status: 1,
        joined: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        lastLogin: expect.any(String),
        permissions: expect.any(Object),
      });
    },
  );

  it.each(['communityUserId=x', 'discord=1', `accountUuid=${stranger}`, 'username=dana'])(
    'answers 404 for %s',
    async (query) => {
      const cad = await withDana();
      expect((await get(cad, `${path}?${query}`)).status).toBe(404);
    },
  );

  it.each([
    '',
    'username=',
    'username=a&discord=1',
    'roblox=9',
    'discord=x',
    'accountUuid=x',
    'username=a&username=b',
  ])('refuses "%s"', async (query) => {
    const cad = await withDana();
    expect((await get(cad, `${path}?${query}`)).status).toBe(400);
  });

  it('is shown with status 3 after its removal, by its own names alone', async () => {
    const cad = await withDana();
    cad.kick(uuid);
    expect((await get(cad, `${path}?accountUuid=${uuid}`)).json).toMatchObject({ status: 3 });
    expect((await get(cad, `${path}?username=Dana`)).json).toMatchObject({ status: 3 });
    expect((await get(cad, `${path}?communityUserId=ab12`)).status).toBe(404);
    expect((await get(cad, `${path}?discord=23`)).status).toBe(404);
  });
});

describe('accounts', () => {
  const path = '/v2/general/accounts';

  it('pages, and filters by status', async () => {
    const { cad } = await start();
    for (let index = 0; index < 50; index += 1) cad.addAccount({ status: (index % 5) as 0 | 1 | 2 | 3 | 4 });
    const page = (await get(cad, `${path}?limit=7&offset=7&status=4`)).json as {
      accounts: { status: number }[];
    };
    expect(page).toMatchObject({ pagination: { limit: 7, offset: 7, total: 10 } });
    expect(page.accounts.map((account) => account.status)).toEqual([4, 4, 4]);
    // Without a status: those who can use it.
    const valid = (await get(cad, `${path}?limit=100`)).json as { accounts: { status: number }[] };
    expect(valid.accounts.map((account) => account.status)).toEqual(Array.from({ length: 10 }, () => 1));
    expect((await get(cad, path)).json).toMatchObject({ pagination: { limit: 25, offset: 0, total: 10 } });
  });

  it.each(['limit=0', 'limit=101', 'limit=x', 'offset=-1', 'status=5', 'status=banned', 'take=25'])(
    'refuses %s',
    async (query) => {
      const { cad } = await start();
      expect((await get(cad, `${path}?${query}`)).status).toBe(400);
    },
  );
});
