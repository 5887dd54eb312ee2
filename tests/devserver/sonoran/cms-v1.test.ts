import { describe, expect, it } from 'vitest';
import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import { send, v1 } from './api-client.ts';
import { start } from './running.ts';

const notLinked = 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY';
const noMember = 'MEMBER NOT FOUND';
const notFound = 'NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY';
const accId = '67ceebae-ee63-43c1-a6a6-5234b2210abf';
const stranger = '00000000-0000-4000-8000-000000000000';

const calls = [
  { type: 'KICK_ACCOUNT', path: '/general/kick_account', list: true, extra: {} },
  { type: 'BAN_ACCOUNT', path: '/general/ban_account', list: true, extra: {} },
  { type: 'CHECK_COM_APIID', path: '/general/check_com_apiid', list: true, extra: {} },
  { type: 'GET_COM_ACCOUNT', path: '/general/get_com_account', list: true, extra: {} },
  {
    type: 'ADD_MEMBER_RECORD',
    path: '/disciplinary/add_member_record',
    list: false,
    extra: { points: 5, reason: 'rdm' },
  },
  { type: 'GET_MEMBER_RECORDS', path: '/disciplinary/get_member_records', list: false, extra: {} },
] as const;

const matched = {
  apiId: 'steam:110000112345678',
  username: 'Dana',
  accId,
  discord: '235947056630333440',
  uniqueId: 77,
};
const unmatched = { apiId: 'nobody', username: 'nobody', accId: stranger, discord: '1', uniqueId: 1 };

function addDana(sonoran: Sonoran) {
  return sonoran.cms.addAccount({
    accName: 'Dana',
    apiIds: ['110000112345678', 'steam:110000112345678'],
    discordId: '235947056630333440',
    accId,
    uniqueId: 77,
  });
}

describe.each(calls)('$type', ({ type, path, list, extra }) => {
  const withExtra = (data: object) => (list ? [{ ...data, ...extra }] : { ...data, ...extra });
  const fields = (type === 'CHECK_COM_APIID' ? ['apiId'] : Object.keys(matched)) as (keyof typeof matched)[];

  it.each(fields)('finds the account by %s', async (field) => {
    const sonoran = await start();
    addDana(sonoran);
    const seen = await v1(sonoran.cms, type, path, withExtra({ [field]: matched[field] }));
    expect(seen.status).toBe(200);
    const effects = { KICK_ACCOUNT: 'kick', BAN_ACCOUNT: 'ban', ADD_MEMBER_RECORD: 'record' } as const;
    const kind = type in effects ? effects[type as keyof typeof effects] : undefined;
    expect(sonoran.cms.effects).toMatchObject(
      kind === undefined ? [] : [{ accId, kind, requestIndex: 0, changed: true }],
    );
  });

  it.each(fields)('answers for a %s that nobody has', async (field) => {
    const sonoran = await start();
    addDana(sonoran);
    const seen = await v1(sonoran.cms, type, path, withExtra({ [field]: unmatched[field] }));
    const text = /RECORD/.test(type) ? noMember : type === 'GET_COM_ACCOUNT' ? notFound : notLinked;
    expect([seen.status, seen.text]).toEqual([400, text]);
    expect(sonoran.cms.effects).toEqual([]);
  });

  it.each([
    { problem: 'key', envelope: { key: 'wrong' }, text: 'INVALID API KEY' },
    { problem: 'missing key', envelope: { key: undefined }, text: 'INVALID API KEY' },
    { problem: 'community', envelope: { id: 'wrong' }, text: 'INVALID COMMUNITY ID' },
    { problem: 'type', envelope: { type: 'CLOCK_IN_OUT' }, text: 'INVALID REQUEST TYPE' },
    { problem: 'extra envelope field', envelope: { more: 1 }, text: /^INVALID REQUEST DATA: / },
    { problem: 'data as a text', envelope: { data: 'x' }, text: /^INVALID REQUEST DATA: / },
    { problem: 'empty list', envelope: { data: [] }, text: /^INVALID REQUEST DATA: / },
    {
      problem: 'two objects',
      envelope: { data: [{ apiId: 'a' }, { apiId: 'b' }] },
      text: /^INVALID REQUEST DATA: /,
    },
    {
      problem: 'the other shape',
      envelope: { data: list ? { apiId: 'a', ...extra } : [{ apiId: 'a', ...extra }] },
      text: /^INVALID REQUEST DATA: /,
    },
  ])('refuses: $problem', async ({ envelope, text }) => {
    const sonoran = await start();
    addDana(sonoran);
    const seen = await v1(sonoran.cms, type, path, withExtra({ apiId: '110000112345678' }), envelope);
    expect(seen.status).toBe(400);
    if (typeof text === 'string') expect(seen.text).toBe(text);
    else expect(seen.text).toMatch(text);
    expect(seen.headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(sonoran.cms.effects).toEqual([]);
  });

  it.each([
    { problem: 'no field', data: {} },
    { problem: 'two fields', data: { apiId: '110000112345678', accId } },
    { problem: 'a second field that is null', data: { apiId: '110000112345678', accId: null } },
    { problem: 'an empty API ID', data: { apiId: '' } },
    { problem: 'an API ID that is a number', data: { apiId: 110000112345678 } },
    { problem: 'a uniqueId that is text', data: { uniqueId: '77' } },
    { problem: 'a discord id that is a number', data: { discord: 235947056630333 } },
    { problem: 'a discord id with its prefix', data: { discord: 'discord:235947056630333440' } },
    { problem: 'an accId that is no UUID', data: { accId: '77' } },
    { problem: 'a field that the call does not have', data: { apiId: '110000112345678', banReason: 'x' } },
  ])('refuses data with $problem', async ({ data }) => {
    const sonoran = await start();
    addDana(sonoran);
    const seen = await v1(sonoran.cms, type, path, withExtra(data));
    expect(seen.status).toBe(400);
    expect(seen.text).toMatch(/^INVALID REQUEST DATA: /);
    expect(sonoran.cms.effects).toEqual([]);
  });

  it('says when the plan lacks the API, but only to the right key', async () => {
    const sonoran = await start({ cms: { apiEnabled: false } });
    const right = await v1(sonoran.cms, type, path, withExtra({ apiId: 'a' }));
    expect([right.status, right.text]).toEqual([400, `${type} NOT ENABLED FOR THIS COMMUNITY`]);
    const wrong = await v1(sonoran.cms, type, path, withExtra({ apiId: 'a' }), { key: 'wrong' });
    expect(wrong.text).toBe('INVALID API KEY');
  });

  it('takes nothing but a POST of JSON', async () => {
    const sonoran = await start();
    const { cms } = sonoran;
    const json = { 'content-type': 'application/json' };
    expect((await send(cms, 'GET', path)).status).toBe(404);
    expect((await send(cms, 'POST', path, { body: '{}' })).status).toBe(415);
    expect(
      (await send(cms, 'POST', path, { headers: { 'content-type': 'text/json' }, body: '{}' })).status,
    ).toBe(415);
    for (const body of ['', '{', '[]', 'null', '"x"']) {
      const seen = await send(cms, 'POST', path, { headers: json, body });
      expect([seen.status, seen.text]).toEqual([400, 'INVALID JSON']);
    }
  });
});

it('answers a kick and a ban with the clock-in text of the vendor’s page', async () => {
  const { cms } = await start();
  cms.addAccount({ apiIds: ['a'] });
  expect((await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }])).text).toBe('CLOCKED IN');
  expect((await v1(cms, 'KICK_ACCOUNT', '/general/kick_account', [{ apiId: 'a' }])).text).toBe('CLOCKED IN');
});

it('answers "not linked" with 404 where it is set so, but never for GET_COM_ACCOUNT', async () => {
  const { cms } = await start({ cms: { notLinkedStatus: 404 } });
  const ban = await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
  expect([ban.status, ban.text]).toEqual([404, notLinked]);
  const account = await v1(cms, 'GET_COM_ACCOUNT', '/general/get_com_account', [{ apiId: 'a' }]);
  expect([account.status, account.text]).toEqual([400, notFound]);
});

it('compares API IDs as exact text', async () => {
  const { cms } = await start();
  cms.addAccount({ apiIds: ['STEAM:1100001'] });
  const check = (apiId: string) => v1(cms, 'CHECK_COM_APIID', '/general/check_com_apiid', [{ apiId }]);
  expect((await check('STEAM:1100001')).status).toBe(200);
  expect((await check('steam:1100001')).status).toBe(400);
  expect((await check('1100001')).status).toBe(400);
});

it('does not take a Discord id that is only an API ID for the linked Discord account', async () => {
  const { cms } = await start();
  cms.addAccount({ apiIds: ['235947056630333440'] });
  const seen = await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ discord: '235947056630333440' }]);
  expect(seen.text).toBe(notLinked);
});

it('knows nobody by any field after a kick', async () => {
  const sonoran = await start();
  const dana = addDana(sonoran);
  const { cms } = sonoran;
  await v1(cms, 'KICK_ACCOUNT', '/general/kick_account', [{ accId }]);
  expect(cms.account(dana.accId)).toMatchObject({ member: false, banned: false });
  for (const [field, value] of Object.entries(matched)) {
    expect((await v1(cms, 'KICK_ACCOUNT', '/general/kick_account', [{ [field]: value }])).text).toBe(
      notLinked,
    );
    expect((await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ [field]: value }])).text).toBe(notLinked);
    expect((await v1(cms, 'GET_COM_ACCOUNT', '/general/get_com_account', [{ [field]: value }])).text).toBe(
      notFound,
    );
  }
  expect(cms.effects).toHaveLength(1);
});

it('bans somebody banned again without complaint, and still finds them', async () => {
  const sonoran = await start();
  addDana(sonoran);
  const { cms } = sonoran;
  for (const changed of [true, false]) {
    expect((await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ accId }])).status).toBe(200);
    expect(cms.effects.at(-1)).toMatchObject({ kind: 'ban', changed });
  }
  const account = await v1(cms, 'GET_COM_ACCOUNT', '/general/get_com_account', [{ accId }]);
  expect(account.json).toMatchObject({
    accId,
    banned: true,
    activeApiIds: ['110000112345678', matched.apiId],
  });
  const check = await v1(cms, 'CHECK_COM_APIID', '/general/check_com_apiid', [{ apiId: matched.apiId }]);
  expect(check.text).toBe('Dana');
});

it('keeps disciplinary records', async () => {
  const sonoran = await start();
  addDana(sonoran);
  const { cms } = sonoran;
  const add = (data: object) => v1(cms, 'ADD_MEMBER_RECORD', '/disciplinary/add_member_record', data);
  await add({ uniqueId: 77, points: 2.5, reason: 'first' });
  await add({ uniqueId: 77, points: 1, reason: 'second' });
  expect(cms.account(accId).records).toMatchObject([
    { points: 2.5, reason: 'first' },
    { points: 1, reason: 'second' },
  ]);
  for (const wrong of [
    { points: '2', reason: 'x' },
    { points: 2 },
    { points: 2, reason: 7 },
    { reason: 'x' },
  ]) {
    expect((await add({ uniqueId: 77, ...wrong })).status).toBe(400);
  }
  expect(cms.account(accId).records).toHaveLength(2);
  const read = await v1(cms, 'GET_MEMBER_RECORDS', '/disciplinary/get_member_records', { uniqueId: 77 });
  expect(read.json).toMatchObject([
    { accId, status: true, reason: 'first' },
    { accId, status: true, reason: 'second' },
  ]);
});
