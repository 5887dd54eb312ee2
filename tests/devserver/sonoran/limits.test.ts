import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../devserver/clock.ts';
import { BlockingSecond, SlidingMinute, SteadySecond } from '../../../devserver/sonoran/limits.ts';
import type { Sonoran } from '../../../devserver/sonoran/server.ts';
import type { Seen } from './api-client.ts';
import { get, post, send, v1 } from './api-client.ts';
import { start } from './running.ts';

const accId = '67ceebae-ee63-43c1-a6a6-5234b2210abf';
const documented = { cms: { limits: 'documented' }, cad: { limits: 'documented' } } as const;

const rows: readonly { name: string; ceiling: number; call: (sonoran: Sonoran) => Promise<Seen> }[] = [
  { name: 'CMS v2 accounts', ceiling: 22, call: ({ cms }) => get(cms, '/v2/community/accounts') },
  {
    name: 'CMS v2 accounts/search',
    ceiling: 27,
    call: ({ cms }) => get(cms, '/v2/community/accounts/search?apiId=a'),
  },
  {
    name: 'CMS v2 identifiers',
    ceiling: 22,
    call: ({ cms }) => get(cms, `/v2/community/accounts/${accId}/identifiers`),
  },
  {
    name: 'CMS v2 records',
    ceiling: 18,
    call: ({ cms }) =>
      post(cms, `/v2/community/disciplinary/accounts/${accId}/records`, { points: 1, reason: 'x' }),
  },
  {
    name: 'CMS v2 reads of records',
    ceiling: 27,
    call: ({ cms }) => get(cms, `/v2/community/disciplinary/accounts/${accId}/records?accId=${accId}`),
  },
  { name: 'CMS v2 sub-version', ceiling: 13, call: ({ cms }) => get(cms, '/v2/community/sub-version') },
  {
    name: 'CAD v2 account-bans',
    ceiling: 10,
    call: ({ cad }) => post(cad, '/v2/general/account-bans', { communityUserId: 'a', isBan: true }),
  },
  {
    name: 'CAD v2 links/check',
    ceiling: 30,
    call: ({ cad }) => post(cad, '/v2/general/links/check', { communityUserId: 'a' }),
  },
  {
    name: 'CAD v2 accounts/account',
    ceiling: 10,
    call: ({ cad }) => get(cad, '/v2/general/accounts/account?communityUserId=a'),
  },
  { name: 'CAD v2 accounts', ceiling: 10, call: ({ cad }) => get(cad, '/v2/general/accounts') },
];

describe.each(rows)('$name', ({ ceiling, call }) => {
  it(`lets ${ceiling} a minute through, on a clock that the wall clock does not move`, async () => {
    const clock = new VirtualClock();
    const sonoran = await start({ clock, ...documented });
    sonoran.cms.addAccount({ accId, apiIds: ['a'] });
    sonoran.cad.addAccount({ apiIds: ['a'] });
    expect((await call(sonoran)).status).toBeLessThan(300);
    await clock.advance(30_000);
    for (let count = 1; count < ceiling; count += 1) expect((await call(sonoran)).status).toBeLessThan(300);
    const effects = sonoran.cms.effects.length + sonoran.cad.effects.length;
    const over = await call(sonoran);
    expect([over.status, over.json]).toEqual([
      429,
      { message: 'API rate limit exceeded', request_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(sonoran.cms.effects.length + sonoran.cad.effects.length).toBe(effects);

    clock.jump(3_600_000);
    expect((await call(sonoran)).status).toBe(429);
    clock.jump(-7_200_000);
    await clock.advance(29_999);
    expect((await call(sonoran)).status).toBe(429);
    await clock.advance(1);
    // The first call is a minute old: there is room for one, and not for two.
    expect((await call(sonoran)).status).toBeLessThan(300);
    expect((await call(sonoran)).status).toBe(429);
  });
});

it('counts per call and per key', async () => {
  const { cad } = await start({ clock: new VirtualClock(), ...documented });
  const ban = (authorization?: string) =>
    post(
      cad,
      '/v2/general/account-bans',
      { communityUserId: 'a', isBan: true },
      authorization === undefined ? {} : { authorization },
    );
  for (let count = 0; count < 10; count += 1) expect((await ban()).status).toBe(404);
  expect((await ban()).status).toBe(429);
  expect((await ban('Bearer another')).status).toBe(401);
  expect((await post(cad, '/v2/general/links/check', { communityUserId: 'a' })).status).toBe(200);
});

describe('CMS v1', () => {
  const check = ({ cms }: Sonoran) =>
    v1(cms, 'CHECK_COM_APIID', '/general/check_com_apiid', [{ apiId: 'a' }]);
  const ban = ({ cms }: Sonoran) => v1(cms, 'BAN_ACCOUNT', '/general/ban_account', [{ apiId: 'a' }]);

  it('allows a burst of ten, then one a second for as long as one likes', async () => {
    const clock = new VirtualClock();
    const sonoran = await start({ clock, ...documented });
    sonoran.cms.addAccount({ apiIds: ['a'] });
    for (let count = 0; count < 10; count += 1) expect((await check(sonoran)).status).toBe(200);
    for (let count = 0; count < 100; count += 1) {
      await clock.advance(1000);
      expect((await ban(sonoran)).status).toBe(200);
    }
  });

  it('blocks a caller that goes over for an hour, whatever it calls, and no longer', async () => {
    const clock = new VirtualClock();
    const sonoran = await start({ clock, ...documented });
    sonoran.cms.addAccount({ apiIds: ['a'] });
    for (let count = 0; count < 10; count += 1) await check(sonoran);
    await clock.advance(999);
    expect((await check(sonoran)).status).toBe(429);
    for (let minute = 0; minute < 59; minute += 1) {
      await clock.advance(60_000);
      expect((await ban(sonoran)).status).toBe(429);
    }
    expect((await get(sonoran.cms, '/v2/community/sub-version')).status).toBe(429);
    expect((await send(sonoran.cms, 'GET', '/')).status).toBe(429);
    await clock.advance(59_999);
    expect((await ban(sonoran)).status).toBe(429);
    expect(sonoran.cms.effects).toEqual([]);
    await clock.advance(1);
    expect((await ban(sonoran)).status).toBe(200);
  });

  it('blocks for as long as it is set to', async () => {
    const clock = new VirtualClock();
    const sonoran = await start({
      clock,
      cms: { limits: 'documented', blockMs: 60_000, retryAfterHeader: 'always' },
    });
    for (let count = 0; count < 10; count += 1) await check(sonoran);
    expect((await check(sonoran)).headers['retry-after']).toBe('60');
    await clock.advance(59_500);
    expect((await check(sonoran)).headers['retry-after']).toBe('1');
    await clock.advance(500);
    expect((await check(sonoran)).status).toBe(400);
  });
});

it('CAD v1 refuses what goes over one a second, and no more than that', async () => {
  const clock = new VirtualClock();
  const { cad } = await start({ clock, cad: { limits: 'documented', retryAfterHeader: 'always' } });
  const check = () => v1(cad, 'CHECK_APIID', '/general/check_apiid', [{ apiId: 'a' }]);
  for (let count = 0; count < 10; count += 1) expect((await check()).status).toBe(404);
  const over = await check();
  expect([over.status, over.headers['retry-after']]).toEqual([429, '1']);
  await clock.advance(1000);
  expect((await check()).status).toBe(404);
  expect((await check()).status).toBe(429);
});

it.each([
  { retryAfterHeader: 'always', told: ['60', '60', '60', '60'] },
  { retryAfterHeader: 'never', told: [undefined, undefined, undefined, undefined] },
  { retryAfterHeader: 'sometimes', told: [undefined, '60', undefined, '60'] },
] as const)('sends Retry-After $retryAfterHeader', async ({ retryAfterHeader, told }) => {
  const clock = new VirtualClock();
  const { cad } = await start({ clock, cad: { limits: 'documented', retryAfterHeader } });
  const list = () => get(cad, '/v2/general/accounts');
  for (let count = 0; count < 10; count += 1) await list();
  const seen: unknown[] = [];
  for (const _ of told) seen.push((await list()).headers['retry-after']);
  expect(seen).toEqual(told);
});

it('has no limit when limits are off, and can switch at any time', async () => {
  const { cad } = await start({ clock: new VirtualClock(), cad: { limits: 'off' } });
  const list = async () => (await get(cad, '/v2/general/accounts')).status;
  for (let count = 0; count < 40; count += 1) expect(await list()).toBe(200);
  cad.settings.limits = 'documented';
  for (let count = 0; count < 10; count += 1) expect(await list()).toBe(200);
  expect(await list()).toBe(429);
});

describe('the limits themselves', () => {
  it('a sliding minute drains a hundred calls at exactly its ceiling', async () => {
    const clock = new VirtualClock();
    const limit = new SlidingMinute(clock, 10);
    for (let done = 0; done < 100; ) {
      const wait = limit.admit('key');
      if (wait === 0) done += 1;
      else await clock.advance(wait);
    }
    expect(clock.elapsed()).toBe(9 * 60_000);
  });

  it('a steady second says how long to wait, to the millisecond', async () => {
    const clock = new VirtualClock();
    const limit = new SteadySecond(clock);
    for (let count = 0; count < 10; count += 1) expect(limit.admit('key')).toBe(0);
    expect(limit.admit('key')).toBe(1000);
    await clock.advance(400);
    expect(limit.admit('key')).toBe(600);
    expect(limit.admit('another')).toBe(0);
    await clock.advance(600);
    expect(limit.admit('key')).toBe(0);
  });

  it('a block is not prolonged by calls during it', async () => {
    const clock = new VirtualClock();
    const limit = new BlockingSecond(clock, () => 5000);
    for (let count = 0; count < 10; count += 1) expect(limit.admit('me')).toBe(0);
    expect(limit.admit('me')).toBe(5000);
    await clock.advance(4000);
    expect(limit.admit('me')).toBe(1000);
    await clock.advance(1000);
    expect(limit.admit('me')).toBe(0);
  });
});
