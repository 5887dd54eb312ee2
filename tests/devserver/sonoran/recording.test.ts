import { expect, it } from 'vitest';
import { VirtualClock } from '../../../devserver/clock.ts';
import { describeRequest, describeResponse } from '../../../devserver/sonoran/describe.ts';
import type { RecordedRequest } from '../../../devserver/sonoran/recorded-request.ts';
import { get, send, v1 } from './api-client.ts';
import { start } from './running.ts';

function only(requests: readonly RecordedRequest[]): RecordedRequest {
  const [recorded, ...more] = requests;
  if (recorded === undefined || more.length > 0) throw new Error(`${requests.length} requests, not one`);
  return recorded;
}

it('keeps everything about a v1 call, credentials included', async () => {
  const clock = new VirtualClock(1000);
  await clock.advance(5);
  const { cms } = await start({ clock, cms: { communityId: 'mine', apiKey: 'secret' } });
  await v1(cms, 'KICK_ACCOUNT', '/general/kick_account', [{ uniqueId: 7 }]);
  expect(only(cms.requests)).toEqual({
    at: 1005,
    elapsed: 5,
    method: 'POST',
    path: '/general/kick_account',
    query: {},
    headers: expect.objectContaining({ 'content-type': 'application/json' }),
    body: { id: 'mine', key: 'secret', type: 'KICK_ACCOUNT', data: [{ uniqueId: 7 }] },
    operation: 'KICK_ACCOUNT',
    response: {
      status: 400,
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY',
    },
  });
});

it('keeps everything about a v2 call', async () => {
  const { cms } = await start({ cms: { apiKey: 'secret' } });
  await get(cms, '/v2/community/accounts/search?apiId=a%20b');
  expect(only(cms.requests)).toMatchObject({
    method: 'GET',
    path: '/v2/community/accounts/search',
    query: { apiId: 'a b' },
    headers: { authorization: 'Bearer secret', accept: 'application/json' },
    body: '',
    operation: 'accounts-search',
    response: { status: 200, body: { success: true, data: { items: [], total: 0 } } },
  });
});

it('keeps the raw text of a body that is no JSON, and names what is unknown', async () => {
  const { cad } = await start();
  await send(cad, 'POST', '/general/elsewhere?x', { body: '{"key":"half' });
  expect(only(cad.requests)).toMatchObject({ body: '{"key":"half', query: { x: '' }, operation: 'unknown' });
});

it('answers 413 to a body that nobody sends, and does not record it', async () => {
  const { cad } = await start();
  const seen = await send(cad, 'POST', '/general/ban_user', { body: 'x'.repeat(1_048_577) });
  expect(seen.status).toBe(413);
  expect(cad.requests).toHaveLength(0);
});

it('describes calls without their keys', async () => {
  const { cms } = await start({ cms: { apiKey: 's3cr3t"\\' } });
  await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
  await send(cms, 'POST', '/general/ban_account', { body: '{"key":"s3cr3t' });
  cms.settings.apiKey = 's3cr3t';
  await get(cms, '/v2/community/accounts/search?apiId=s3cr3t&uniqueId=1');
  await v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 's3cr3t' }]);
  const described = cms.requests.map(describeRequest);
  expect(described).toEqual([
    'POST /general/ban_account\n{"id":"demo-cms-community","key":"•••","type":"BAN_ACCOUNT","data":[{"apiId":"a"}]}',
    'POST /general/ban_account\n{"key":"•••',
    'GET /v2/community/accounts/search?apiId=•••&uniqueId=1\nAuthorization: Bearer •••',
    'POST /general/ban_account\n{"id":"demo-cms-community","key":"•••","type":"BAN_ACCOUNT","data":[{"apiId":"•••"}]}',
  ]);
  expect(cms.requests.map(describeResponse).join()).not.toContain('s3cr3t');
});

it('describes answers, and that there was none', async () => {
  const { cms } = await start();
  cms.addAccount({ apiIds: ['a'] });
  const ban = () => v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
  await ban();
  cms.fault('*', { kind: 'rate-limit', retryAfter: 9 }, 1);
  await ban();
  cms.fault('*', { kind: 'empty' }, 1);
  await ban();
  cms.fault('*', { kind: 'status', status: 599, body: 'a\u001b[31m\nb' }, 1);
  await ban();
  cms.fault('*', { kind: 'reset', when: 'after' }, 1);
  await expect(ban()).rejects.toThrow();
  expect(cms.requests.map(describeResponse)).toEqual([
    '200 OK CLOCKED IN',
    '429 Too Many Requests (Retry-After: 9) {"message":"API rate limit exceeded","request_id":"fault"}',
    '200 OK',
    '599 a�[31m�b',
    'no answer',
  ]);
});

it('survives whatever arrives as a path', async () => {
  const { cms } = await start();
  for (const path of [
    '//',
    '/%',
    '/?%',
    '/v2/community/accounts/%2f/identifiers',
    '/general/ban_account?a=b',
  ]) {
    expect((await get(cms, path)).status).toBeGreaterThanOrEqual(400);
  }
});
