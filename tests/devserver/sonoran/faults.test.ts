import { describe, expect, it } from 'vitest';
import { until, VirtualClock } from '../../../devserver/clock.ts';
import type { Fault } from '../../../devserver/sonoran/fault.ts';
import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import { get, send, v1 } from './api-client.ts';
import { start } from './running.ts';

const accId = '67ceebae-ee63-43c1-a6a6-5234b2210abf';

async function withDana(clock = new VirtualClock()) {
  const sonoran = await start({ clock });
  sonoran.cms.addAccount({ accId, accName: 'Dana', apiIds: ['a'] });
  return { clock, cms: sonoran.cms };
}

const ban = (cms: Sonoran['cms']) => v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);
const search = (cms: Sonoran['cms']) => get(cms, '/v2/community/accounts/search?apiId=a');

/** A call whose caller hangs up when told to. */
function impatient(cms: Sonoran['cms']) {
  const abort = new AbortController();
  const { communityId: id, apiKey: key } = cms.settings;
  const answer = send(cms, 'POST', '/general/ban_account', {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, key, type: 'BAN_ACCOUNT', data: [{ apiId: 'a' }] }),
    signal: abort.signal,
  }).then(
    (seen) => seen,
    (error: unknown) => error,
  );
  return { answer, hangUp: () => abort.abort() };
}

const whole: readonly { fault: Fault; status: number; text: string | RegExp; type: string | undefined }[] = [
  { fault: { kind: 'rate-limit' }, status: 429, text: /API rate limit exceeded/, type: 'application/json' },
  { fault: { kind: 'status', status: 500 }, status: 500, text: '', type: 'text/plain' },
  {
    fault: { kind: 'status', status: 418, body: '{"a":1}', contentType: 'application/json' },
    status: 418,
    text: '{"a":1}',
    type: 'application/json',
  },
  { fault: { kind: 'html' }, status: 502, text: /^<!DOCTYPE html>/, type: 'text/html' },
  { fault: { kind: 'html', status: 200 }, status: 200, text: /^<!DOCTYPE html>/, type: 'text/html' },
  { fault: { kind: 'wrong-json' }, status: 200, text: /somebody/, type: 'application/json' },
  {
    fault: { kind: 'truncated-json' },
    status: 200,
    text: /^\{"success":true[^}]*$/,
    type: 'application/json',
  },
  { fault: { kind: 'empty' }, status: 200, text: '', type: undefined },
  { fault: { kind: 'redirect', location: 'http://127.0.0.1:1/' }, status: 302, text: '', type: undefined },
];

describe.each(whole)('$fault', ({ fault, status, text, type }) => {
  it.each([undefined, false, true])('answers so, with effect: %s', async (effect) => {
    const { cms } = await withDana();
    cms.fault('BAN_ACCOUNT', effect === undefined ? fault : { ...fault, effect }, 1);
    const seen = await ban(cms);
    expect(seen.status).toBe(status);
    if (typeof text === 'string') expect(seen.text).toBe(text);
    else expect(seen.text).toMatch(text);
    expect(String(seen.headers['content-type']).split(';')[0]).toBe(String(type));
    expect(cms.requests[0]?.response?.status).toBe(status);
    expect(cms.effects).toHaveLength(effect === true ? 1 : 0);
    expect((await ban(cms)).text).toBe('CLOCKED IN');
  });
});

it('a 429 carries Retry-After when the fault has one, a redirect its location', async () => {
  const { cms } = await withDana();
  cms.fault('*', { kind: 'rate-limit', retryAfter: 7 }, 1);
  expect((await ban(cms)).headers['retry-after']).toBe('7');
  cms.fault('*', { kind: 'rate-limit' }, 1);
  expect((await ban(cms)).headers['retry-after']).toBeUndefined();
  cms.fault('*', { kind: 'redirect', location: 'http://elsewhere.invalid/', status: 307 }, 1);
  expect(await ban(cms)).toMatchObject({ status: 307, headers: { location: 'http://elsewhere.invalid/' } });
});

it('cuts the real JSON of a call that answers JSON', async () => {
  const { cms } = await withDana();
  const full = (await search(cms)).text;
  cms.fault('accounts-search', { kind: 'truncated-json' }, 1);
  const cut = await search(cms);
  expect(full.startsWith(cut.text)).toBe(true);
  expect([cut.status, cut.json]).toEqual([200, undefined]);
});

describe('latency', () => {
  it('brings the answer, and the effect, so much later', async () => {
    const { cms, clock } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'latency', ms: 3000 });
    const pending = ban(cms);
    await until(() => clock.untilNext() !== undefined);
    await clock.advance(2999);
    expect([cms.openRequests, cms.requests[0]?.response, cms.effects.length]).toEqual([1, undefined, 0]);
    await clock.advance(1);
    expect((await pending).status).toBe(200);
    expect(cms.effects).toHaveLength(1);
    await until(() => cms.openRequests === 0);
  });

  it.each([
    { effect: false, count: 0 },
    { effect: true, count: 1 },
  ])('with effect: $effect leaves $count effect when the caller hangs up', async ({ effect, count }) => {
    const { cms, clock } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'latency', ms: 3000, effect });
    const { answer, hangUp } = impatient(cms);
    await until(() => clock.untilNext() !== undefined);
    hangUp();
    await answer;
    await until(() => cms.openRequests === 0);
    // Nothing is left to wait for either.
    expect(clock.untilNext()).toBeUndefined();
    await clock.advance(10_000);
    expect(cms.effects).toHaveLength(count);
    expect(cms.requests[0]?.response).toBeUndefined();
  });
});

describe('hang', () => {
  it.each(['before', 'body'] as const)('%s: never answers, and holds the connection', async (when) => {
    const { cms, clock } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'hang', when }, 1);
    cms.fault('BAN_ACCOUNT', { kind: 'hang', when, effect: true }, 1);
    const first = impatient(cms);
    await until(() => cms.requests.length === 1);
    await clock.advance(86_400_000);
    expect([cms.openRequests, cms.effects.length]).toEqual([1, 0]);
    const second = impatient(cms);
    await until(() => cms.effects.length === 1);
    expect(cms.openRequests).toBe(2);
    first.hangUp();
    second.hangUp();
    await Promise.all([first.answer, second.answer]);
    await until(() => cms.openRequests === 0);
    expect(cms.requests.map((request) => request.response)).toEqual([undefined, undefined]);
  });

  it('body: has sent status and half of the real text', async () => {
    const { cms } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'hang', when: 'body' });
    const { communityId: id, apiKey: key } = cms.settings;
    const body = JSON.stringify({ id, key, type: 'BAN_ACCOUNT', data: [{ apiId: 'a' }] });
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${cms.url}/general/ban_account`, { method: 'POST', headers, body });
    expect(answer.status).toBe(200);
    const reader = answer.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('CLOCK');
    await reader?.cancel();
    await until(() => cms.openRequests === 0);
  });
});

describe('reset', () => {
  it.each([
    { fault: { kind: 'reset', when: 'before' }, count: 0 },
    { fault: { kind: 'reset', when: 'after' }, count: 1 },
    { fault: { kind: 'reset', when: 'before', effect: true }, count: 1 },
    { fault: { kind: 'reset', when: 'after', effect: false }, count: 0 },
  ] as const)('$fault leaves $count effect', async ({ fault, count }) => {
    const { cms } = await withDana();
    cms.fault('BAN_ACCOUNT', fault, 1);
    await expect(ban(cms)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(cms.effects).toHaveLength(count);
    expect(cms.requests[0]?.response).toBeUndefined();
    await until(() => cms.openRequests === 0 && cms.connections === 0);
  });
});

describe('trickle', () => {
  it('sends byte after byte, and acts with the last one', async () => {
    const { cms, clock } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'trickle', everyMs: 100 });
    const pending = ban(cms);
    await until(() => clock.untilNext() !== undefined);
    await clock.advance(100 * 'CLOCKED IN'.length - 1);
    expect(cms.effects).toHaveLength(0);
    await clock.advance(1);
    expect((await pending).text).toBe('CLOCKED IN');
    expect(cms.effects).toHaveLength(1);
    expect(cms.requests[0]?.response?.body).toBe('CLOCKED IN');
  });

  it.each([
    { effect: false, count: 0 },
    { effect: true, count: 1 },
  ])('with effect: $effect leaves $count effect when the caller hangs up', async ({ effect, count }) => {
    const { cms, clock } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'trickle', everyMs: 100, effect });
    const { answer, hangUp } = impatient(cms);
    await until(() => clock.untilNext() !== undefined);
    await clock.advance(500);
    hangUp();
    await answer;
    await until(() => cms.openRequests === 0);
    await clock.advance(10_000);
    expect(cms.effects).toHaveLength(count);
    expect(cms.requests[0]?.response).toBeUndefined();
  });
});

describe('huge-body', () => {
  it('sends as much as it says, without saying so first', async () => {
    const { cms } = await withDana();
    cms.fault('BAN_ACCOUNT', { kind: 'huge-body', bytes: 3_000_001 });
    const seen = await ban(cms);
    expect([seen.status, seen.text.length, seen.headers['content-length']]).toEqual([
      200,
      3_000_001,
      undefined,
    ]);
    expect(cms.effects).toHaveLength(0);
  });

  it('stops when the caller has had enough', async () => {
    const { cms } = await withDana();
    cms.fault('*', { kind: 'huge-body', bytes: 10_000_000_000 });
    const answer = await fetch(`${cms.url}/v2/community/sub-version`);
    const reader = answer.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    await until(() => cms.openRequests === 0);
    expect(cms.requests[0]?.response).toBeUndefined();
  });
});

describe('which fault hits', () => {
  const status = (code: number): Fault => ({ kind: 'status', status: code });

  it('counted ones in their order, then the latest lasting one; an exact name before all', async () => {
    const { cms } = await withDana();
    cms.fault('*', status(500));
    cms.fault('BAN_ACCOUNT', status(501));
    cms.fault('BAN_ACCOUNT', status(502));
    cms.fault('*', status(503), 1);
    cms.fault('BAN_ACCOUNT', status(504), 2);
    const seen: number[] = [];
    for (let count = 0; count < 5; count += 1) seen.push((await ban(cms)).status);
    expect(seen).toEqual([504, 504, 503, 502, 502]);
    expect((await search(cms)).status).toBe(500);
    cms.clearFaults('BAN_ACCOUNT');
    expect((await ban(cms)).status).toBe(500);
    cms.clearFaults();
    expect((await ban(cms)).status).toBe(200);
  });

  it('the seventh call alone, when six are let pass', async () => {
    const { cms } = await withDana();
    cms.fault('accounts', { ...status(500), after: 6 }, 1);
    cms.fault('*', { ...status(501), after: 8 });
    cms.fault('accounts', status(502), 1);
    const list = async () => (await get(cms, '/v2/community/accounts')).status;
    const seen = [await list(), (await search(cms)).status];
    for (let count = 0; count < 8; count += 1) seen.push(await list());
    // The search counts among all calls, and not among the lists; the first list was hit by another fault.
    expect(seen).toEqual([502, 200, 200, 200, 200, 200, 200, 500, 501, 501]);
  });

  it('none on another operation, and one on unknown paths by that name', async () => {
    const { cms } = await withDana();
    cms.fault('KICK_ACCOUNT', status(500));
    cms.fault('unknown', status(501));
    expect((await ban(cms)).status).toBe(200);
    expect((await get(cms, '/nowhere')).status).toBe(501);
  });
});

it('a faulted call counts for the limit all the same', async () => {
  const { cad } = await start({ clock: new VirtualClock(), cad: { limits: 'documented' } });
  const list = async () => (await get(cad, '/v2/general/accounts')).status;
  cad.fault('accounts', { kind: 'html' }, 10);
  for (let count = 0; count < 10; count += 1) expect(await list()).toBe(502);
  expect(await list()).toBe(429);
});
