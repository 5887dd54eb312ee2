import { describe, expect, it } from 'vitest';
import { v1 } from './api-client.ts';
import { start } from './running.ts';

const uuid = '91de0ce8-c571-41e9-9714-5600023b2434';
const notLinked = 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY';
const ban = '/general/ban_user';

async function withDana() {
  const { cad } = await start();
  cad.addAccount({ username: 'Dana', apiIds: ['STEAM:1234', 'ab12'], uuid });
  return { cad, call: (data: object) => v1(cad, 'BAN_USER', ban, [data]) };
}

describe.each([{ by: { apiId: 'STEAM:1234' } }, { by: { apiId: 'ab12' } }, { by: { accId: uuid } }])(
  'BAN_USER by $by',
  ({ by }) => {
    it('bans, twice without complaint, and lifts', async () => {
      const { cad, call } = await withDana();
      for (const changed of [true, false]) {
        const seen = await call({ ...by, isBan: true });
        expect([seen.status, seen.text]).toEqual([200, `User Ban: ${uuid} Status: true`]);
        expect(cad.effects.at(-1)).toMatchObject({ kind: 'ban', accId: uuid, changed });
        expect(cad.account(uuid).status).toBe(4);
      }
      const lifted = await call({ ...by, isBan: false });
      expect([lifted.status, lifted.text]).toEqual([200, `User Ban: ${uuid} Status: false`]);
      expect(cad.account(uuid).status).toBe(1);
      expect(cad.effects.map((effect) => effect.requestIndex)).toEqual([0, 1, 2]);
    });

    it('kicks once; then nobody is linked', async () => {
      const { cad, call } = await withDana();
      expect((await call({ ...by, isKick: true })).status).toBe(200);
      expect(cad.account(uuid).status).toBe(3);
      for (const flags of [{ isKick: true }, { isBan: true }, { isBan: false }]) {
        const seen = await call({ ...by, ...flags });
        expect([seen.status, seen.text]).toEqual([404, notLinked]);
      }
      expect(cad.effects).toHaveLength(1);
    });
  },
);

it('a kick does not end a ban', async () => {
  const { cad, call } = await withDana();
  await call({ accId: uuid, isBan: true });
  expect((await call({ accId: uuid, isKick: true })).status).toBe(200);
  expect(cad.account(uuid).status).toBe(4);
});

it.each([{ apiId: 'steam:1234' }, { apiId: '1234' }, { accId: '00000000-0000-4000-8000-000000000000' }])(
  'answers 404 for %j',
  async (by) => {
    const { call } = await withDana();
    const seen = await call({ ...by, isBan: true });
    expect([seen.status, seen.text]).toEqual([404, notLinked]);
  },
);

it.each([
  { isBan: true },
  { apiId: 'ab12' },
  { apiId: 'ab12', accId: uuid, isBan: true },
  { apiId: 'ab12', isBan: true, isKick: true },
  { apiId: 'ab12', isBan: true, isKick: false },
  { apiId: 'ab12', isKick: false },
  { apiId: 'ab12', isBan: 'true' },
  { apiId: 'ab12', isBan: 1 },
  { apiId: 'ab12', isBan: null },
  { apiId: 7, isBan: true },
  { accId: 'ab12', isBan: true },
  { discord: '1', isBan: true },
  { apiId: 'ab12', isBan: true, reason: 'x' },
])('refuses %j', async (data) => {
  const { cad, call } = await withDana();
  const seen = await call(data);
  expect(seen.status).toBe(400);
  expect(seen.text).toMatch(/^INVALID REQUEST DATA: /);
  expect(cad.effects).toEqual([]);
});

describe.each([
  { type: 'BAN_USER', path: ban, data: [{ apiId: 'ab12', isBan: true }] },
  { type: 'CHECK_APIID', path: '/general/check_apiid', data: [{ apiId: 'ab12' }] },
])('$type', ({ type, path, data }) => {
  it.each([
    { envelope: { type: 'UNIT_PANIC' }, text: 'INVALID REQUEST TYPE' },
    { envelope: { id: 'wrong' }, text: 'INVALID COMMUNITY ID' },
    { envelope: { key: 'wrong' }, text: 'INVALID API KEY' },
  ])('refuses with $text', async ({ envelope, text }) => {
    const { cad } = await withDana();
    const seen = await v1(cad, type, path, data, envelope);
    expect([seen.status, seen.text]).toEqual([400, text]);
  });

  it('says when the plan lacks it', async () => {
    const { cad } = await withDana();
    cad.settings.apiEnabled = false;
    const seen = await v1(cad, type, path, data);
    expect([seen.status, seen.text]).toEqual([400, 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY']);
  });
});

it('CHECK_APIID names the user, banned or not, but not one who was removed', async () => {
  const { cad } = await withDana();
  const check = (data: object) => v1(cad, 'CHECK_APIID', '/general/check_apiid', [data]);
  expect((await check({ apiId: 'ab12' })).text).toBe('Dana');
  cad.ban(uuid);
  expect((await check({ apiId: 'ab12' })).text).toBe('Dana');
  cad.unban(uuid);
  cad.kick(uuid);
  expect((await check({ apiId: 'ab12' })).status).toBe(404);
  expect((await check({ apiId: 'zz' })).text).toBe(notLinked);
  expect((await check({ accId: uuid })).status).toBe(400);
  expect((await check({})).status).toBe(400);
});
