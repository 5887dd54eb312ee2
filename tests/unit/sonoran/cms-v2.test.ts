import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import { createCms } from '../../../server/sonoran/cms.ts';
import { createCmsV2 } from '../../../server/sonoran/cms-v2.ts';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { KEY, now, ODD_ANSWERS, product, UUID } from './product.ts';
import { type Scripted, scriptedHttp } from './scripted-http.ts';

const apiId: Subject = { by: 'apiId', value: '110000112345678' };
const account = { accId: UUID, accName: 'Jane', banned: false, activeApiIds: ['110000112345678'] };

function found(...items: readonly unknown[]) {
  return { body: { success: true, data: { items, total: items.length }, meta: {} } };
}

function clientFor(...script: readonly (Scripted | HttpAnswer)[]) {
  const { http, requests } = scriptedHttp(...script);
  return { client: createCmsV2(product, http, now), cms: createCms(product, http, now), requests };
}

describe('a search', () => {
  it.each<[Subject, string]>([
    [apiId, 'apiId=110000112345678'],
    [{ by: 'apiId', value: 'steam:11&0=0' }, 'apiId=steam%3A11%260%3D0'],
    [{ by: 'discord', value: '235947056630333440' }, 'discord=235947056630333440'],
    [{ by: 'account', value: UUID }, `accId=${UUID}`],
    [{ by: 'username', value: 'Jané & co#1' }, 'username=Jan%C3%A9+%26+co%231'],
    [{ by: 'unique', value: 42 }, 'uniqueId=42'],
  ])('asks for %o', async (subject, query) => {
    const { client, requests } = clientFor(found(account));
    expect(await client.lookup(subject)).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: false },
    });
    expect(requests).toEqual([
      {
        method: 'GET',
        origin: 'https://api.example.org',
        path: `/v2/community/accounts/search?${query}`,
        bearer: KEY,
        limit: 'cms-v2-search',
      },
    ]);
  });

  it('takes an account that tells little', async () => {
    const { client } = clientFor(found({ accId: UUID, banned: null }));
    expect(await client.lookup(apiId)).toEqual({
      kind: 'found',
      account: { id: UUID, name: null, banned: null },
    });
  });

  it('finds nobody in an empty list', async () => {
    expect(await clientFor(found()).client.lookup(apiId)).toEqual({ kind: 'not-linked' });
  });

  it.each([404, 501])('is not to be had when the answer is %i', async (status) => {
    const { client } = clientFor({ status, body: { title: 'Not Found', detail: 'No such route' } });
    expect(await client.lookup(apiId)).toEqual({ kind: 'unavailable' });
  });

  it('fails with a wrong key', async () => {
    const { client } = clientFor({ status: 401, body: { title: 'Unauthorized' } });
    expect(await client.lookup(apiId)).toEqual({ kind: 'bad-credentials', words: 'Unauthorized' });
  });

  it.each<[string, unknown]>([
    ['nothing', ''],
    ['cut-off JSON', '{"data":{"items":[{"ac'],
    ['no data', { success: true }],
    ['data that is none', { success: true, data: [] }],
    ['items that are none', { success: true, data: { items: {} } }],
    ['an account without an id', { success: true, data: { items: [{ accName: 'Jane' }] } }],
  ])('cannot be read from %s', async (_, body) => {
    expect(await clientFor({ body }).client.lookup(apiId)).toMatchObject({ kind: 'try-again' });
  });

  it.each(ODD_ANSWERS)('is to be tried again after %s', async (_, odd) => {
    expect(await clientFor(odd).client.lookup(apiId)).toMatchObject({ kind: 'try-again' });
  });

  it('hands on a name that is safe to show', async () => {
    const { client } = clientFor(found({ accId: UUID, accName: '^1[server]\n\u202eeverybody is banned' }));
    const result = await client.lookup(apiId);
    expect(result.kind === 'found' && result.account.name).toBe('1[server] everybody is banned');
  });
});

describe('CMS as a whole', () => {
  it('looks up through v1 only where there is no v2', async () => {
    const { cms, requests } = clientFor(
      { status: 404, body: '' },
      { body: { accId: UUID, accName: 'Jane' } },
    );
    expect(await cms.lookup(apiId)).toEqual({
      kind: 'found',
      account: { id: UUID, name: 'Jane', banned: null },
    });
    expect(requests.map(({ path }) => path)).toEqual([
      '/v2/community/accounts/search?apiId=110000112345678',
      '/general/get_com_account',
    ]);
    const other = clientFor({ status: 500, body: '' });
    expect(await other.cms.lookup(apiId)).toMatchObject({ kind: 'try-again' });
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
