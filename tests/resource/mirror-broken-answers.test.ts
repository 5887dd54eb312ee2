import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import type { Fault } from '../../devserver/sonoran/fault.ts';
import {
  addBanned,
  addMembers,
  begin,
  isKnownAsBanned,
  knock,
  listRead,
  MINUTE_MS,
  only,
  PRODUCTS,
  type ProductName,
  pagesOf,
  pass,
  passUntil,
  quietWorld,
  readsOf,
  refusedOf,
  SURELY_AGAIN_MS,
  setBanned,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { CAD_KEY, CMS_KEY, type World } from './world.ts';

/** A list that does not come as it should: the bans from before still count, and nobody is forgotten. */

const TIMEOUT_MS = 10_000;

/** The pages that were asked for, by the place in the list at which they begin. */
function offsetsOf(world: World, product: ProductName): number[] {
  const offset = product === 'cms' ? 'skip' : 'offset';
  return pagesOf(world, product).map(({ query }) => Number(query[offset]));
}

/** An answer of the list, as it would be but for what it holds. */
function listAnswer(product: ProductName, accounts: readonly string[], total: number): Fault {
  const body =
    product === 'cms'
      ? {
          success: true,
          data: {
            items: accounts.map((accId) => ({ accId, banned: true, discordId: null, activeApiIds: [] })),
            total,
            skip: 0,
            take: 100,
          },
        }
      : {
          pagination: { limit: 100, offset: 0, total },
          accounts: accounts.map((uuid) => ({ uuid, communityUserId: '', status: 4 })),
        };
  return { kind: 'status', status: 200, body: JSON.stringify(body), contentType: 'application/json' };
}

describe.each(PRODUCTS)('a read of the list of %s that fails on page 7', (product) => {
  it('goes on with page 7, and counts the pages before it at once', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 730);
    world.sonoran[product].fault('accounts', { kind: 'status', status: 500, after: 6 }, 1);
    await begin(world);
    await until(() => timesSaid(world, 'list.failed') === 1, 'the failure');
    // 100 accounts are on the first page, and 95 more on each of the next five.
    expect(await refusedOf(world, banned)).toEqual(banned.slice(0, 575));
    await pass(world, 2_000);
    await listRead(world, product);
    expect(offsetsOf(world, product)).toEqual([0, 95, 190, 285, 380, 475, 570, 570, 665]);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(timesSaid(world, 'list.failed')).toBe(1);
    expect(timesSaid(world, 'list.back', { bans: 730 })).toBe(1);
  });

  it('lets nobody in who was known before, however often it fails', async () => {
    const world = await quietWorld({ use: only(product) });
    // The list has them in the order of joining, so those who are known already come last.
    const fresh = addMembers(world, product, 700, 'fe');
    const known = addBanned(world, product, 20);
    await begin(world, product);
    expect(timesSaid(world, 'list.read', { bans: 20 })).toBe(1);
    setBanned(world, product, true, fresh);
    world.sonoran[product].fault('accounts', { kind: 'reset', when: 'before', after: 6 });
    await passUntil(world, () => timesSaid(world, 'list.failed') > 0, 'the failure');
    await pass(world, 60 * MINUTE_MS);
    expect(new Set(offsetsOf(world, product).slice(1))).toEqual(new Set([0, 95, 190, 285, 380, 475, 570]));
    expect(await isKnownAsBanned(world, 'license:fe0')).toBe(true);
    expect(await isKnownAsBanned(world, 'license:fe574')).toBe(true);
    expect(await isKnownAsBanned(world, 'license:fe575')).toBe(false);
    expect(await refusedOf(world, known)).toEqual(known);
    expect(timesSaid(world, 'list.failed')).toBe(1);

    world.sonoran[product].clearFaults();
    await passUntil(world, () => timesSaid(world, 'list.back', { bans: 720 }) === 1, 'the whole list');
    expect(await isKnownAsBanned(world, 'license:fe699')).toBe(true);
    expect(world.faults).toEqual([]);
  });

  it('is given up after some time, and begun anew', async () => {
    const world = await quietWorld({ use: only(product) });
    addBanned(world, product, 730);
    // Just as often as one page is tried.
    world.sonoran[product].fault('accounts', { kind: 'status', status: 503, after: 6 }, 8);
    await begin(world);
    await passUntil(world, () => timesSaid(world, 'list.back', { bans: 730 }) === 1, 'the list');
    expect(readsOf(world, product)).toHaveLength(2);
    expect(offsetsOf(world, product).filter((at) => at === 570)).toHaveLength(9);
  });
});

describe.each(PRODUCTS)('a list of %s that shrinks', (product) => {
  it.each([
    [10, 5],
    [11, 6],
    // Pages overlap, and what is on two of them counts once.
    [400, 200],
  ])('from %i to %i, which is half or more, is believed', async (before, after) => {
    const world = await quietWorld({ use: only(product) });
    const ids = addMembers(world, product, before, 'ba');
    setBanned(world, product, true, ids);
    await begin(world, product);
    setBanned(world, product, false, ids.slice(after));
    await passUntil(world, () => readsOf(world, product).length === 2, 'the next read');
    await settled(world);
    expect(timesSaid(world, 'list.shrunk')).toBe(0);
    expect(await isKnownAsBanned(world, `license:ba${after}`)).toBe(false);
    expect(await isKnownAsBanned(world, `license:ba${after - 1}`)).toBe(true);
  });

  it.each([
    [10, 4],
    [11, 5],
    [400, 199],
    [3, 0],
    [1, 0],
  ])(
    'from %i to %i, which is less than half, is not believed until it is read again',
    async (before, after) => {
      const world = await quietWorld({ use: only(product) });
      const ids = addMembers(world, product, before, 'ba');
      setBanned(world, product, true, ids);
      await begin(world, product);
      setBanned(world, product, false, ids.slice(after));
      await passUntil(world, () => readsOf(world, product).length === 2, 'the next read');
      await settled(world);
      expect(timesSaid(world, 'list.shrunk', { seen: after, before })).toBe(1);
      expect(await isKnownAsBanned(world, `license:ba${after}`)).toBe(true);
      await pass(world, MINUTE_MS - 2_000);
      expect(readsOf(world, product)).toHaveLength(2);
      expect(await isKnownAsBanned(world, `license:ba${after}`)).toBe(true);
      await pass(world, 3_000);
      expect(readsOf(world, product)).toHaveLength(3);
      expect(await isKnownAsBanned(world, `license:ba${after}`)).toBe(false);
      if (after > 0) expect(await isKnownAsBanned(world, 'license:ba0')).toBe(true);
      expect(timesSaid(world, 'list.back', { bans: after })).toBe(1);
    },
  );

  it('and is whole again a minute later, loses nobody', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 30);
    await begin(world, product);
    world.sonoran[product].fault('accounts', listAnswer(product, [], 0), 1);
    await passUntil(world, () => timesSaid(world, 'list.shrunk') === 1, 'the doubt');
    expect(await refusedOf(world, banned)).toEqual(banned);
    await pass(world, MINUTE_MS + 1_000);
    expect(timesSaid(world, 'list.back', { bans: 30 })).toBe(1);
    // The next empty one is doubted again.
    world.sonoran[product].fault('accounts', listAnswer(product, [], 0), 1);
    await passUntil(world, () => timesSaid(world, 'list.shrunk') === 2, 'the doubt');
    expect(await refusedOf(world, banned)).toEqual(banned);
  });
});

const SOMEBODY_ELSE = Array.from(
  { length: 100 },
  (_, number) => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
);

const BROKEN: ReadonlyArray<
  readonly [name: string, key: 'list.failed' | 'list.short', fault: (product: ProductName) => Fault]
> = [
  ['ends early', 'list.short', (product) => listAnswer(product, SOMEBODY_ELSE.slice(0, 70), 730)],
  [
    'has no accounts at all, though some are announced',
    'list.short',
    (product) => listAnswer(product, [], 730),
  ],
  ['has the same page for ever', 'list.short', (product) => listAnswer(product, SOMEBODY_ELSE, 730)],
  ['is other JSON', 'list.failed', () => ({ kind: 'wrong-json' })],
  ['is cut off in the middle', 'list.failed', () => ({ kind: 'truncated-json' })],
  ['is a web page', 'list.failed', () => ({ kind: 'html', status: 200 })],
  ['is empty', 'list.failed', () => ({ kind: 'empty' })],
  ['is a redirect', 'list.failed', () => ({ kind: 'redirect', location: '/elsewhere' })],
  ['is too long', 'list.failed', () => ({ kind: 'huge-body', bytes: 20_000_000 })],
  ['is refused', 'list.failed', () => ({ kind: 'status', status: 400, body: 'NOT TODAY' })],
  ['comes too fast for the API', 'list.failed', () => ({ kind: 'rate-limit', retryAfter: 1 })],
];

describe.each(PRODUCTS)('a list of %s that', (product) => {
  it.each(BROKEN)('%s changes nothing, and is read once it is whole', async (_, key, fault) => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 250);
    await begin(world, product);
    const others = addBanned(world, product, 10, 'fe');
    world.sonoran[product].fault('accounts', fault(product));
    await passUntil(world, () => timesSaid(world, key) > 0, 'the failure');
    await pass(world, 30 * MINUTE_MS);
    expect(timesSaid(world, key)).toBe(1);
    expect(await refusedOf(world, banned)).toEqual(banned);
    world.sonoran[product].clearFaults();
    await passUntil(world, () => timesSaid(world, 'list.back') > 0, 'the list');
    expect(await refusedOf(world, others)).toEqual(others);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(world.faults).toEqual([]);
  });

  it('never comes changes nothing, and is asked for again', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 20);
    await begin(world, product);
    world.sonoran[product].fault('accounts', { kind: 'hang', when: 'body' }, 2);
    while (readsOf(world, product).length === 1) await world.clock.advance(1_000);
    await world.clock.advance(TIMEOUT_MS);
    await until(() => timesSaid(world, 'list.failed') === 1, 'the failure');
    expect(await refusedOf(world, banned)).toEqual(banned);
    // The second try hangs as well, and the third does not.
    while (readsOf(world, product).length === 2) await world.clock.advance(500);
    await world.clock.advance(TIMEOUT_MS);
    while (readsOf(world, product).length === 3) await world.clock.advance(500);
    await listRead(world, product, 2);
    expect(await refusedOf(world, banned)).toEqual(banned);
  });

  it('is empty at the first read of all is believed', async () => {
    const world = await quietWorld({ use: only(product) });
    await begin(world, product);
    expect(timesSaid(world, 'list.read', { bans: 0 })).toBe(1);
    expect(await isKnownAsBanned(world, 'license:ba0')).toBe(false);
  });
});

describe.each(PRODUCTS)('while %s does not accept the key', (product) => {
  const key = product === 'cms' ? CMS_KEY : CAD_KEY;

  it('what is known still count, and a mended key is seen within half a minute', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 3);
    await begin(world, product);
    const later = addBanned(world, product, 2, 'fe');
    world.sonoran[product].settings.apiKey = 'another-key';
    await passUntil(world, () => timesSaid(world, 'list.credentials') === 1, 'the refusal');
    const reads = readsOf(world, product).length;
    await pass(world, 5 * MINUTE_MS);
    expect(readsOf(world, product)).toHaveLength(reads);
    expect(await refusedOf(world, banned)).toEqual(banned);

    await world.fx.console(`set cmsban_${product}_api_key "another-key"`);
    await pass(world, 30_000);
    expect(readsOf(world, product)).toHaveLength(reads + 1);
    expect(timesSaid(world, 'list.back', { bans: 5 })).toBe(1);
    expect(await refusedOf(world, later)).toEqual(later);
    expect(timesSaid(world, 'list.credentials')).toBe(1);
    expect(world.log.join('\n')).not.toContain('another-key');
  });

  it('from the start, nothing is known; the same key is tried again with the next read', async () => {
    const world = await quietWorld({
      use: only(product),
      convars: { [`cmsban_${product}_api_key`]: 'mistyped' },
    });
    const banned = addBanned(world, product, 3);
    await begin(world);
    await until(() => timesSaid(world, 'list.credentials') === 1, 'the refusal');
    expect(await isKnownAsBanned(world, 'license:ba0')).toBeNull();
    expect(await knock(world, ['license:ba0'])).toBeUndefined();
    await pass(world, SURELY_AGAIN_MS * 2);
    expect(readsOf(world, product).length).toBeGreaterThanOrEqual(2);
    expect(timesSaid(world, 'list.credentials')).toBe(1);
    await world.fx.console(`set cmsban_${product}_api_key "${key}"`);
    await pass(world, 31_000);
    expect(await refusedOf(world, banned)).toEqual(banned);
  });
});

describe.each([
  ['cms', { apiEnabled: false }],
  ['cms', { v2: 404, lacks: ['GET_ACCOUNTS'] }],
  ['cms', { v2: 501, lacks: ['GET_ACCOUNTS'] }],
  ['cad', { apiEnabled: false }],
  ['cad', { v2: 404 }],
  ['cad', { v2: 501 }],
] as const)('a %s community with %o', (product, settings) => {
  it('has no list: only what was decided here is known, and that is said', async () => {
    const world = await quietWorld({ use: only(product), [product]: settings });
    addBanned(world, product, 3);
    await begin(world);
    const name = `Sonoran ${product.toUpperCase()}`;
    await until(() => timesSaid(world, 'list.unavailable', { product: name }) === 1, 'the line');
    expect(await knock(world, ['license:ba0'])).toBeUndefined();
    expect(await isKnownAsBanned(world, 'license:ba0')).toBe(false);
    expect(timesSaid(world, 'gate.log.unknown.allow')).toBe(0);
    await pass(world, SURELY_AGAIN_MS);
    expect(timesSaid(world, 'list.unavailable')).toBe(1);
    // The plan was changed: no restart is needed.
    Object.assign(world.sonoran[product].settings, { apiEnabled: true, v2: 'on', lacks: [] });
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, ['license:ba0'])).toContain('You are banned');
    expect(timesSaid(world, 'list.back', { bans: 3 })).toBe(1);
  });

  it('forgets nobody whom the list had before', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 3);
    await begin(world, product);
    Object.assign(world.sonoran[product].settings, settings);
    await passUntil(world, () => timesSaid(world, 'list.unavailable') === 1, 'the line');
    expect(await refusedOf(world, banned)).toEqual(banned);
  });
});
