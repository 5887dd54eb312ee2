import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../devserver/clock.ts';
import { get, post, send } from './api-client.ts';
import { start } from './running.ts';

const accId = '67ceebae-ee63-43c1-a6a6-5234b2210abf';
const stranger = '00000000-0000-4000-8000-000000000000';
const base = '/v2/community';

const reads = [
  `${base}/accounts`,
  `${base}/accounts/search?apiId=a`,
  `${base}/accounts/${accId}/identifiers`,
  `${base}/sub-version`,
  `${base}/disciplinary/accounts/${accId}/records?accId=${accId}`,
];
const records = `${base}/disciplinary/accounts/${accId}/records`;

const dana = {
  accId,
  uniqueId: 77,
  accName: 'Dana',
  comName: 'Dana S.',
  apiIds: ['discord:235947056630333440', '110000112345678'],
  discordId: '235947056630333440',
};

describe.each([
  ...reads.map((path) => ({ method: 'GET' as const, path })),
  { method: 'POST' as const, path: records },
])('$method $path', ({ method, path }) => {
  const body = { points: 1, reason: 'x' };
  const call = (host: Parameters<typeof get>[0], headers: Record<string, string> = {}) =>
    method === 'GET' ? get(host, path, headers) : post(host, path, body, headers);

  it('succeeds in the envelope of v2', async () => {
    const { cms } = await start({ clock: new VirtualClock(Date.UTC(2026, 3, 14)) });
    cms.addAccount(dana);
    const seen = await call(cms);
    expect(seen.status).toBe(method === 'GET' ? 200 : 201);
    expect(seen.headers['content-type']).toMatch(/^application\/json/);
    expect(seen.json).toMatchObject({
      success: true,
      data: expect.anything(),
      meta: { timestamp: '2026-04-14T00:00:00.000Z', path: path.split('?')[0] },
    });
  });

  it.each([
    { problem: 'a wrong key', headers: { authorization: 'Bearer wrong' }, status: 401 },
    { problem: 'another scheme', headers: { authorization: 'Basic stand-in-cms-api-key' }, status: 401 },
    { problem: 'an Accept without JSON', headers: { accept: 'text/html' }, status: 406 },
  ])('refuses $problem', async ({ headers, status }) => {
    const { cms } = await start();
    cms.addAccount(dana);
    const seen = await call(cms, headers);
    expect(seen.status).toBe(status);
    expect(seen.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(Object.keys(seen.json as object)).toEqual(['type', 'title', 'status', 'detail', 'instance']);
    expect(seen.json).toMatchObject({ status, instance: path.split('?')[0] });
    expect(cms.effects).toEqual([]);
  });

  it('refuses without credentials, without the plan, and by another method', async () => {
    const { cms } = await start();
    cms.addAccount(dana);
    expect((await send(cms, method, path)).status).toBe(401);
    // At one path there are two calls, each with a method of its own.
    const isAlone = !path.startsWith(records);
    const other = await send(cms, 'PUT', path);
    expect(other).toMatchObject({ status: 405, headers: isAlone ? { allow: method } : {} });
    cms.settings.apiEnabled = false;
    expect((await call(cms)).status).toBe(403);
  });

  it.each([404, 501] as const)('answers %i where v2 is switched off', async (status) => {
    const { cms } = await start({ cms: { v2: status } });
    cms.addAccount(dana);
    const seen = await call(cms);
    expect([seen.status, seen.headers['content-type']]).toEqual([
      status,
      'application/problem+json; charset=utf-8',
    ]);
  });
});

describe('search', () => {
  it.each([
    'apiId=discord%3A235947056630333440',
    'apiId=110000112345678',
    'discord=235947056630333440',
    `accId=${accId}`,
    'username=Dana',
    'uniqueId=77',
  ])('finds by %s', async (query) => {
    const { cms } = await start();
    cms.addAccount({ accName: 'somebody else', apiIds: ['x'], discordId: '2' });
    cms.addAccount(dana);
    expect((await get(cms, `${base}/accounts/search?${query}`)).json).toMatchObject({
      data: {
        items: [
          {
            accId,
            uniqueId: 77,
            accName: 'Dana',
            comName: 'Dana S.',
            activeApiIds: dana.apiIds,
            discordId: '235947056630333440',
            sysStatus: true,
            comStatus: true,
            archived: false,
            banned: false,
            teamspeakId: null,
          },
        ],
        total: 1,
      },
    });
  });

  it.each(['apiId=nobody', 'discord=1', `accId=${stranger}`, 'username=dana', 'uniqueId=1'])(
    'answers %s, which nobody has, with an empty list',
    async (query) => {
      const { cms } = await start();
      cms.addAccount(dana);
      const seen = await get(cms, `${base}/accounts/search?${query}`);
      expect(seen.status).toBe(200);
      expect(seen.json).toMatchObject({ success: true, data: { items: [], total: 0 } });
    },
  );

  it.each([
    '',
    'apiId=',
    'apiId=a&discord=1',
    'apiId=a&apiId=b',
    'uniqueId=x',
    'discord=discord:1',
    'accId=7',
    'name=Dana',
    'apiId=a&limit=3',
  ])('refuses "%s"', async (query) => {
    const { cms } = await start();
    expect((await get(cms, `${base}/accounts/search?${query}`)).status).toBe(400);
  });

  it('finds who is banned, not who was removed', async () => {
    const { cms } = await start();
    cms.addAccount(dana);
    cms.ban(accId);
    const search = () => get(cms, `${base}/accounts/search?accId=${accId}`);
    expect((await search()).json).toMatchObject({ data: { items: [{ accId, banned: true }] } });
    cms.kick(accId);
    expect((await search()).json).toMatchObject({ data: { items: [], total: 0 } });
  });
});

describe('accounts', () => {
  it('pages through everybody once, in a stable order', async () => {
    const { cms } = await start();
    const all = Array.from({ length: 60 }, () => cms.addAccount().accId);
    const seen: string[] = [];
    for (let skip = 0; skip < 60; skip += 25) {
      const page = await get(cms, `${base}/accounts?skip=${skip}&take=25`);
      const { data } = page.json as { data: { items: { accId: string }[]; total: number } };
      expect(data).toMatchObject({ total: 60, skip, take: 25 });
      seen.push(...data.items.map((item) => item.accId));
    }
    expect(seen).toEqual(all);
    const beyond = await get(cms, `${base}/accounts?skip=60&take=100`);
    expect(beyond.json).toMatchObject({ data: { items: [], total: 60, skip: 60, take: 100 } });
  });

  it('takes 25 from the start when nothing is said', async () => {
    const { cms } = await start();
    for (let index = 0; index < 30; index += 1) cms.addAccount();
    const { data } = (await get(cms, `${base}/accounts`)).json as { data: { items: unknown[] } };
    expect(data).toMatchObject({ total: 30, skip: 0, take: 25 });
    expect(data.items).toHaveLength(25);
  });

  it.each(['sysStatus', 'comStatus', 'banned', 'archived'] as const)('filters by %s', async (flag) => {
    const { cms } = await start();
    const yes = cms.addAccount({ [flag]: true }).accId;
    const no = cms.addAccount({ [flag]: false }).accId;
    for (const [value, wanted] of [
      ['true', yes],
      ['false', no],
    ]) {
      expect((await get(cms, `${base}/accounts?${flag}=${value}`)).json).toMatchObject({
        data: { items: [{ accId: wanted }], total: 1 },
      });
    }
  });

  it('no longer lists who was removed', async () => {
    const { cms } = await start();
    const { accId: gone } = cms.addAccount({ banned: true });
    cms.kick(gone);
    expect((await get(cms, `${base}/accounts?banned=true`)).json).toMatchObject({ data: { total: 0 } });
  });

  it.each([
    'take=24',
    'take=101',
    'take=x',
    'skip=-1',
    'skip=1.5',
    'banned=1',
    'banned=',
    'bannd=true',
    'skip=0&skip=1',
  ])('refuses %s', async (query) => {
    const { cms } = await start();
    expect((await get(cms, `${base}/accounts?${query}`)).status).toBe(400);
  });
});

it('lists what the vendor’s core has registered of an account, without prefixes', async () => {
  const { cms } = await start();
  cms.addAccount({ ...dana, idents: [{ type: 'license', value: 'd00d1' }] });
  const identifiers = (id: string) => get(cms, `${base}/accounts/${id}/identifiers`);
  const data = [{ type: 'license', value: 'd00d1', verified: true }];
  expect((await identifiers(accId)).json).toMatchObject({ data });
  expect((await get(cms, `${base}/accounts/${accId}`)).json).toMatchObject({
    data: { identifiers: { idents: data } },
  });
  expect((await identifiers(stranger)).status).toBe(404);
  expect((await identifiers('seven')).status).toBe(400);
});

it('keeps a record', async () => {
  const { cms } = await start();
  cms.addAccount(dana);
  const seen = await post(cms, records, { points: 3, reason: 'vdm' });
  const [record] = cms.account(accId).records;
  const shown = { id: record?.id, status: true, accId, source: 'api', points: 3, reason: 'vdm' };
  expect([seen.status, seen.json]).toMatchObject([201, { data: [shown] }]);
  expect((await get(cms, `${records}?accId=${accId}`)).json).toMatchObject({ data: [shown] });
  expect(cms.effects).toMatchObject([{ kind: 'record', accId, requestIndex: 0 }]);
});

it.each([
  {},
  { points: '3', reason: 'x' },
  { points: 3 },
  { points: 3, reason: '' },
  { points: 3, reason: 'x', by: 1 },
])('refuses the record %j', async (body) => {
  const { cms } = await start();
  cms.addAccount(dana);
  expect((await post(cms, records, body)).status).toBe(400);
  expect(cms.effects).toEqual([]);
});

it('refuses a record for nobody, and one that is not JSON', async () => {
  const { cms } = await start();
  const path = `${base}/disciplinary/accounts/${stranger}/records`;
  expect((await post(cms, path, { points: 3, reason: 'x' })).status).toBe(404);
  expect((await post(cms, path, { points: 3, reason: 'x' }, { 'content-type': 'text/plain' })).status).toBe(
    415,
  );
  expect((await post(cms, path, [])).status).toBe(400);
});

it('revokes a record, also of somebody who was removed', async () => {
  const { cms } = await start();
  cms.addAccount(dana);
  await post(cms, records, { points: 3, reason: 'vdm' });
  const [record] = cms.account(accId).records;
  const status = (id: string | undefined, body: object) =>
    send(cms, 'PATCH', `${base}/disciplinary/records/${id}/status`, {
      headers: { authorization: `Bearer ${cms.settings.apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  for (const wrong of [{}, { status: 0 }, { status: false, by: 1 }]) {
    expect((await status(record?.id, wrong)).status).toBe(400);
  }
  expect((await status(stranger, { status: false })).status).toBe(404);
  expect((await status('seven', { status: false })).status).toBe(400);
  cms.kick(accId);
  const seen = await status(record?.id, { status: false });
  expect([seen.status, seen.json]).toMatchObject([200, { data: [{ id: record?.id, status: false }] }]);
  expect(cms.account(accId).records).toMatchObject([{ reason: 'vdm', status: false }]);
  expect((await get(cms, `${records}?accId=${accId}`)).status).toBe(404);
});

it('reads records only for who says twice whose they are', async () => {
  const { cms } = await start();
  cms.addAccount(dana);
  for (const query of ['', `?accId=${stranger}`, `?accId=${accId}&take=25`]) {
    expect((await get(cms, `${records}${query}`)).status).toBe(400);
  }
});

it('has nothing at any other path', async () => {
  const { cms } = await start();
  for (const path of [`${base}/accounts/`, `${base}/Accounts`, `${base}/accounts/${accId}/`, '/v2/']) {
    const seen = await get(cms, path);
    expect([seen.status, seen.headers['content-type']]).toEqual([
      404,
      'application/problem+json; charset=utf-8',
    ]);
  }
  expect((await get(cms, '/general')).text).toBe('Cannot GET /general');
  expect(new Set(cms.requests.map((request) => request.operation))).toEqual(new Set(['unknown']));
});

it('takes a read without any Accept', async () => {
  const { cms } = await start();
  const headers = { authorization: `Bearer ${cms.settings.apiKey}` };
  const seen = await send(cms, 'GET', `${base}/sub-version`, { headers });
  expect([seen.status, seen.json]).toMatchObject([200, { data: 4 }]);
});
