import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCadV2 } from '../../../server/sonoran/cad-v2.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };
const discord: Subject = { by: 'discord', value: '235947056630333440' };
const account: Subject = { by: 'account', value: UUID };
const to = { origin: 'https://api.example.org', bearer: KEY };

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCadV2(product, http, now), requests };
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
    expect(await client.lookup(apiId)).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: false },
    });
    expect(requests).toEqual([
      {
        ...to,
        method: 'POST',
        path: '/v2/general/links/check',
        body: { communityUserId: '110000112345678' },
        limit: 'cad-v2-links',
      },
      {
        ...to,
        method: 'GET',
        path: `/v2/general/accounts/account?accountUuid=${UUID}`,
        limit: 'cad-v2-account',
      },
    ]);
  });

  it('by an API ID ends with the check when nobody is linked', async () => {
    const { client, requests } = clientFor({ body: { linked: false, accountUuid: null } });
    expect(await client.lookup(apiId)).toEqual({ kind: 'not-linked' });
    expect(requests).toHaveLength(1);
  });

  it('reads by the API ID when the check names no account', async () => {
    const { client, requests } = clientFor({ body: { linked: true } }, { body: answered });
    expect(await client.lookup(apiId)).toMatchObject({ kind: 'found' });
    expect(requests[1]?.path).toBe('/v2/general/accounts/account?communityUserId=110000112345678');
  });

  it.each<[Subject, string]>([
    [discord, 'discord=235947056630333440'],
    [account, `accountUuid=${UUID}`],
    [{ by: 'username', value: 'Jane & co' }, 'username=Jane+%26+co'],
  ])('by %o reads the account at once', async (subject, query) => {
    const { client, requests } = clientFor({ body: answered });
    await client.lookup(subject);
    expect(requests).toEqual([
      { ...to, method: 'GET', path: `/v2/general/accounts/account?${query}`, limit: 'cad-v2-account' },
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
    expect(await client.lookup(discord)).toMatchObject({ account: { banned } });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a text', 'Jane'],
    ['an account without a status', { uuid: UUID }],
    ['a status that is none', { uuid: UUID, status: 'banned' }],
    ['a list', [answered]],
  ])('cannot be read from %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(discord)).toMatchObject({ kind: 'try-again' });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['a link that is none', { linked: 'yes' }],
    ['another object', {}],
  ])('cannot be read from a check with %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(apiId)).toMatchObject({ kind: 'try-again' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.lookup(apiId)).toMatchObject({ kind: 'try-again' });
    expect(await clientFor(odd).client.lookup(discord)).toMatchObject({ kind: 'try-again' });
  });

  it('hands on a name that is safe to show', async () => {
    const { client } = clientFor({
      body: { ...answered, username: '^1[server]\n\u202eeverybody is banned' },
    });
    const result = await client.lookup(discord);
    expect(result.kind === 'found' && result.account.name).toBe('1[server] everybody is banned');
  });
});
