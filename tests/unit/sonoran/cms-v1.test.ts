import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCmsV1 } from '../../../server/sonoran/cms-v1.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { checkedSay } from '../checked-say.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCmsV1(product, http, now, checkedSay), requests };
}

const FIELDS: readonly (readonly [Subject, Readonly<Record<string, string | number>>])[] = [
  [apiId, { apiId: '110000112345678' }],
  [{ by: 'discord', value: '235947056630333440' }, { discord: '235947056630333440' }],
  [{ by: 'account', value: UUID }, { accId: UUID }],
  [{ by: 'username', value: 'Jane Doe' }, { username: 'Jane Doe' }],
  [{ by: 'unique', value: 42 }, { uniqueId: 42 }],
];

describe('a ban and a kick', () => {
  it.each(
    FIELDS.flatMap(([subject, field]) => [
      ['ban', '/general/ban_account', 'BAN_ACCOUNT', subject, field] as const,
      ['kick', '/general/kick_account', 'KICK_ACCOUNT', subject, field] as const,
    ]),
  )('%s is sent to %s as %s with %o', async (kind, path, type, subject, field) => {
    const { client, requests } = clientFor({ body: 'CLOCKED IN' });
    expect(await client.sanction(kind, subject)).toEqual({ kind: 'done', account: null });
    expect(requests).toEqual([
      {
        method: 'POST',
        origin: 'https://api.example.org',
        path,
        body: { id: 'ours', key: KEY, type, data: [field] },
      },
    ]);
  });

  it.each(['CLOCKED IN', 'CLOCKED OUT', '', 'null', '{"error":true}', '[]'])(
    'is done by the status 200, whatever the body: %j',
    async (body) => {
      const { client } = clientFor({ body });
      expect(await client.sanction('ban', apiId)).toEqual({ kind: 'done', account: null });
    },
  );

  it.each<[number, string, object]>([
    [400, 'INVALID API KEY', { kind: 'bad-credentials', words: 'INVALID API KEY' }],
    [400, 'INVALID COMMUNITY ID', { kind: 'bad-credentials', words: 'INVALID COMMUNITY ID' }],
    [404, 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY', { kind: 'not-linked' }],
    [400, 'BAN NOT ENABLED FOR THIS COMMUNITY', { kind: 'not-enabled' }],
    [400, 'CANNOT BAN THE OWNER', { kind: 'refused', words: 'CANNOT BAN THE OWNER' }],
    [429, '', { kind: 'limited', waitMs: null }],
  ])('fails with %i %s', async (status, body, expected) => {
    const { client } = clientFor({ status, body });
    expect(await client.sanction('kick', apiId)).toMatchObject(expected);
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    const { client } = clientFor(odd);
    // With 503 nobody was there to do it.
    const mayHaveHappened = !('status' in odd) || odd.status !== 503;
    expect(await client.sanction('kick', apiId)).toMatchObject({ kind: 'try-again', mayHaveHappened });
  });

  it('is to be tried again without an answer', async () => {
    const { client } = clientFor({ kind: 'no-answer', detail: 'could not connect', sent: false });
    expect(await client.sanction('ban', apiId)).toMatchObject({ kind: 'try-again', mayHaveHappened: false });
  });
});

describe('a look-up', () => {
  const account = { accId: UUID, accName: 'Jane', banned: true };
  const jane = { id: UUID, name: 'Jane', banned: true, keys: [], proven: [] };

  it.each(FIELDS)('asks with %o', async (subject, field) => {
    const { client, requests } = clientFor({ body: account });
    await client.lookup(subject, 'person');
    expect(requests).toEqual([
      {
        method: 'POST',
        origin: 'https://api.example.org',
        path: '/general/get_com_account',
        body: { id: 'ours', key: KEY, type: 'GET_COM_ACCOUNT', data: [field] },
        limit: 'cms-v1',
        isBackground: false,
      },
    ]);
  });

  it('that nobody waits for, says so', async () => {
    const { client, requests } = clientFor({ body: account });
    await client.lookup(apiId, 'background');
    expect(requests).toMatchObject([{ limit: 'cms-v1', isBackground: true }]);
  });

  it.each<[string, unknown, object]>([
    ['the account', account, jane],
    ['a list with it', [account], jane],
    [
      'an account without more',
      { accId: UUID },
      { id: UUID, name: null, banned: null, keys: [], proven: [] },
    ],
    [
      'one with nulls',
      { accId: UUID, accName: null, banned: null, discordId: null, activeApiIds: null },
      { id: UUID, name: null, banned: null, keys: [], proven: [] },
    ],
    ['one with more', { ...account, banned: false, comStatus: 1 }, { ...jane, banned: false }],
    [
      'the keys by which its holder can be recognised',
      {
        ...account,
        discordId: '235947056630333440',
        activeApiIds: ['STEAM:110000112345678', 'BEEF1', 'two words', 'BEEF1', ''],
      },
      {
        ...jane,
        keys: ['discord:235947056630333440', 'steam:110000112345678', 'beef1'],
        proven: ['discord:235947056630333440'],
      },
    ],
  ])('takes %s', async (_, body, expected) => {
    const { client } = clientFor({ body });
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'found', account: expected });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', 'Jane'],
    ['cut-off JSON', '{"accId":"0b6'],
    ['an empty list', []],
    ['an account without an id', { accName: 'Jane' }],
    ['an id that is none', { accId: 12 }],
    ['a ban that is none', { accId: UUID, banned: 'yes' }],
    ['null', null],
  ])('cannot be read from %s', async (_, body) => {
    const { client } = clientFor({ body: body === null ? 'null' : body });
    expect(await client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });

  it('finds nobody where there is nobody', async () => {
    const { client } = clientFor({
      status: 400,
      body: 'NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY',
    });
    expect(await client.lookup(apiId, 'person')).toEqual({ kind: 'not-linked' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    const { client } = clientFor(odd);
    expect(await client.lookup(apiId, 'person')).toMatchObject({ kind: 'try-again' });
  });
});
