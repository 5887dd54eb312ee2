import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../devserver/clock.ts';
import { get, post, v1 } from './api-client.ts';
import { start } from './running.ts';

const uuid = '91de0ce8-c571-41e9-9714-5600023b2434';
const NOT_ENABLED = /NOT ENABLED FOR THIS COMMUNITY$/;

describe('the lists of v1', () => {
  it('CMS GET_ACCOUNTS pages through those whom a filter fits', async () => {
    const { cms } = await start();
    for (let number = 0; number < 30; number++) cms.addAccount({ banned: true, apiIds: [`ba${number}`] });
    cms.addAccount({ discordId: '1' });
    const list = (data: object) => v1(cms, 'GET_ACCOUNTS', '/general/get_accounts', [data]);
    const page = (await list({ skip: 25, take: 25, banned: true })).json;
    expect(page).toMatchObject({ total: 30, skip: 25, take: 25 });
    expect(page).toMatchObject({
      accounts: [{ activeApiIds: ['ba25'], banned: true, discordId: null }, {}, {}, {}, {}],
    });
    expect((await list({})).json).toMatchObject({ total: 31, take: 25 });
    for (const wrong of [
      { take: 24 },
      { take: 101 },
      { take: '25' },
      { skip: -1 },
      { banned: 'true' },
      { limit: 1 },
    ]) {
      expect([(await list(wrong)).status, wrong]).toEqual([400, wrong]);
    }
  });

  it('CAD GET_ACCOUNTS pages through those of a status, with all of their API IDs', async () => {
    const { cad } = await start();
    for (let number = 0; number < 3; number++)
      cad.addAccount({ status: 4, apiIds: [`ba${number}`, `x${number}`] });
    cad.addAccount({});
    const list = (data: object) => v1(cad, 'GET_ACCOUNTS', '/general/get_accounts', [data]);
    expect((await list({ limit: 2, offset: 2, status: 4 })).json).toMatchObject({
      pagination: { limit: 2, offset: 2, total: 3 },
      accounts: [{ status: 4, apiIds: ['ba2', 'x2'] }],
    });
    expect((await list({ limit: 100, offset: 0 })).json).toMatchObject({ pagination: { total: 4 } });
    for (const wrong of [
      { limit: 0 },
      { limit: 101 },
      { limit: '2' },
      { offset: -1 },
      { status: 5 },
      { skip: 1 },
    ]) {
      expect([(await list(wrong)).status, wrong]).toEqual([400, wrong]);
    }
  });
});

it.each([{ apiId: 'ab12' }, { username: 'Dana' }, { account: uuid }])(
  'CAD GET_ACCOUNT tells status and API IDs by %j',
  async (by) => {
    const { cad } = await start();
    cad.addAccount({ username: 'Dana', apiIds: ['ab12', 'cd34'], uuid });
    const call = (data: object) => v1(cad, 'GET_ACCOUNT', '/general/get_account', [data]);
    expect((await call(by)).json).toMatchObject({
      uuid,
      username: 'Dana',
      status: 1,
      apiIds: ['ab12', 'cd34'],
    });
    cad.ban(uuid);
    expect((await call(by)).json).toMatchObject({ status: 4 });
    expect((await call({ apiId: 'zz' })).status).toBe(404);
    expect((await call({ ...by, discord: '1' })).status).toBe(400);
  },
);

it('a plan can lack single calls, in both versions', async () => {
  const { cms } = await start({ cms: { lacks: ['GET_COM_ACCOUNT', 'accounts'] } });
  cms.addAccount({ accName: 'Dana', apiIds: ['ab12'] });
  expect((await v1(cms, 'GET_COM_ACCOUNT', '/general/get_com_account', [{ apiId: 'ab12' }])).text).toMatch(
    NOT_ENABLED,
  );
  expect((await v1(cms, 'CHECK_COM_APIID', '/general/check_com_apiid', [{ apiId: 'ab12' }])).text).toBe(
    'Dana',
  );
  expect((await get(cms, '/v2/community/accounts')).status).toBe(403);
  expect((await get(cms, '/v2/community/sub-version')).status).toBe(200);
});

it('CMS v2 tells one account by its id, within a row of its own', async () => {
  const { cms } = await start({ clock: new VirtualClock(), cms: { limits: 'documented' } });
  const { accId } = cms.addAccount({ accName: 'Dana', apiIds: ['ab12'], banned: true });
  const one = () => get(cms, `/v2/community/accounts/${accId}`);
  expect((await one()).json).toMatchObject({
    data: { accId, banned: true, activeApiIds: ['ab12'], identifiers: { idents: [] } },
  });
  for (let count = 1; count < 27; count++) expect((await one()).status).toBe(200);
  expect((await one()).status).toBe(429);
  expect((await get(cms, '/v2/community/accounts/search?apiId=ab12')).status).toBe(200);
  expect((await get(cms, `/v2/community/accounts/${uuid}`)).status).toBe(429);
});

it('an older CAD v2 rejects the field discord', async () => {
  const { cad } = await start({ cad: { discordField: false } });
  cad.addAccount({ discord: '1', uuid });
  const ban = (data: object) => post(cad, '/v2/general/account-bans', { ...data, isBan: true });
  expect((await ban({ discord: '1' })).status).toBe(400);
  expect((await ban({ roblox: '1' })).status).toBe(400);
  expect((await get(cad, '/v2/general/accounts/account?discord=1')).status).toBe(400);
  expect((await ban({ accountUuid: uuid })).status).toBe(200);
});

it('calls of the vendor’s own resources count against the same limit, and are not recorded', async () => {
  const { cms, cad } = await start({
    clock: new VirtualClock(),
    cms: { limits: 'documented' },
    cad: { limits: 'documented' },
  });
  for (let count = 0; count < 26; count++) expect(cms.vendorCalls('accounts-search')).toBe(true);
  expect((await get(cms, '/v2/community/accounts/search?apiId=a')).status).toBe(200);
  expect(cms.vendorCalls('accounts-search')).toBe(false);
  expect((await get(cms, '/v2/community/accounts/search?apiId=a')).status).toBe(429);
  for (let count = 0; count < 30; count++) expect(cad.vendorCalls('links-check')).toBe(true);
  expect((await post(cad, '/v2/general/links/check', { communityUserId: 'a' })).status).toBe(429);
  // Over the limit of CMS v1 everybody with this address is blocked.
  for (let count = 0; count < 10; count++) expect(cms.vendorCalls('CHECK_COM_APIID', '/general/')).toBe(true);
  expect(cms.vendorCalls('CHECK_COM_APIID', '/general/')).toBe(false);
  expect((await get(cms, '/v2/community/sub-version')).status).toBe(429);
  expect(cms.requests).toHaveLength(3);
});
