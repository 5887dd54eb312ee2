import { describe, expect, it } from 'vitest';
import type { Fault } from '../../devserver/sonoran/fault.ts';
import {
  addBanned,
  begin,
  beginAgain,
  isKnownAsBanned,
  knock,
  MINUTE_MS,
  only,
  PRODUCTS,
  type ProductName,
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
import { push } from './push-port.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** A doubtful answer keeps the door as it was, and only Sonoran's own words say that there is no list. */

const DENY = { cmsban_gate_when_unknown: 'deny' };

function status(code: number, body = '', contentType = 'text/plain'): Fault {
  return { kind: 'status', status: code, body, contentType };
}

const json = (code: number, body: unknown, type = 'application/json') =>
  status(code, JSON.stringify(body), type);
const problem = (code: number, body: unknown) => json(code, body, 'application/problem+json');

/** What somebody in between may answer in Sonoran's place. */
const DOUBTFUL: ReadonlyArray<readonly [name: string, fault: Fault]> = [
  ['a gateway’s page with 404', { kind: 'html', status: 404 }],
  ['a gateway’s page with 403', { kind: 'html', status: 403 }],
  ['a gateway’s page with 501', { kind: 'html', status: 501 }],
  ['a bare 401', status(401)],
  ['a bare 403', status(403)],
  ['a bare 404', status(404)],
  ['a bare 501', status(501)],
  ['404 in words of its own', status(404, 'default backend - 404')],
  ['404 in JSON', json(404, { message: 'no Route matched with those values' })],
  ['404 in JSON with a title', json(404, { title: 'Not Found', status: 404 })],
  ['501 in JSON with a title', json(501, { title: 'Not Implemented', status: 501 })],
  ['403 in JSON with a title', json(403, { title: 'Forbidden', status: 403 })],
  ['a problem 404 of another kind', problem(404, { type: 'about:blank', title: 'Not Found', status: 404 })],
  ['a problem 403 of another kind', problem(403, { title: 'Forbidden', status: 403, detail: 'Blocked.' })],
  ['a problem 501 of another kind', problem(501, { title: 'Not Implemented', status: 501 })],
  [
    'a problem with another status',
    problem(404, { type: 'x', title: 'x', status: 200, detail: 'x', instance: '/' }),
  ],
  ['a problem 401', problem(401, { title: 'Unauthorized', status: 401, detail: 'x' })],
  ['broken JSON', { kind: 'truncated-json' }],
  ['other JSON', { kind: 'wrong-json' }],
  ['nothing', { kind: 'empty' }],
  ['429', { kind: 'rate-limit', retryAfter: 1 }],
  ['500', status(500)],
];

describe.each(PRODUCTS)('while the list of %s brings', (product) => {
  it.each(DOUBTFUL)(
    '%s, nobody gets in with "deny" until it was read; then everybody else',
    async (_, fault) => {
      const world = await quietWorld({ use: only(product), convars: DENY });
      const banned = addBanned(world, product, 3);
      world.sonoran[product].fault('*', fault);
      await begin(world);
      await pass(world, 3 * MINUTE_MS);
      expect(await isKnownAsBanned(world, 'license:cafe')).toBeNull();
      expect(await knock(world, ['license:cafe'])).toBeDefined();
      world.sonoran[product].clearFaults();
      await passUntil(world, () => timesSaid(world, 'list.back') === 1, 'the list');
      expect(await refusedOf(world, [...banned, 'cafe'])).toEqual(banned);
      expect(world.faults).toEqual([]);
    },
  );

  it.each(DOUBTFUL)(
    '%s, the door stays as it was for all who were known, also across a restart',
    async (_, fault) => {
      const world = await quietWorld({ use: only(product), convars: DENY });
      const banned = addBanned(world, product, 3);
      await begin(world, product);
      world.sonoran[product].fault('*', fault);
      await pass(world, SURELY_AGAIN_MS);
      expect(await refusedOf(world, [...banned, 'cafe'])).toEqual(banned);
      // Those who were refused have been asked about.
      await pass(world, MINUTE_MS);
      await beginAgain(world);
      await pass(world, MINUTE_MS);
      expect(await refusedOf(world, [...banned, 'cafe'])).toEqual(banned);
    },
  );
});

describe.each([
  ['cms', { apiEnabled: false }],
  ['cms', { v2: 404, lacks: ['GET_ACCOUNTS'] }],
  ['cad', { apiEnabled: false }],
  ['cad', { v2: 404 }],
  ['cad', { v2: 501 }],
] as const)('a %s community with %o', (product, settings) => {
  it('says itself that it has no list: that is not unknown', async () => {
    const world = await quietWorld({ use: only(product), convars: DENY, [product]: settings });
    await begin(world);
    await passUntil(world, () => timesSaid(world, 'list.unavailable') === 1, 'the line');
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    // It has said so; what comes in between is no reason to shut the door.
    world.sonoran[product].fault('*', { kind: 'html', status: 404 });
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
  });
});

it('CMS has a list as long as one of its two versions does not say otherwise', async () => {
  const world = await quietWorld({ use: only('cms'), convars: DENY, cms: { v2: 404 } });
  addBanned(world, 'cms', 3);
  // v1 has no such documents: a gateway speaks.
  const body = { type: 'x', title: 'Not Found', status: 404, detail: 'x', instance: '/general/get_accounts' };
  world.sonoran.cms.fault('GET_ACCOUNTS', problem(404, body));
  await begin(world);
  await pass(world, 3 * MINUTE_MS);
  expect(await knock(world, ['license:cafe'])).toBeDefined();
});

/** A page of the list of a product with these accounts. */
function page(product: ProductName, rows: readonly unknown[], total: number): Fault {
  return json(
    200,
    product === 'cms'
      ? { success: true, data: { items: rows, total, skip: 0, take: 100 }, meta: {} }
      : { pagination: { limit: 100, offset: 0, total }, accounts: rows },
  );
}

function rowsOf(world: World, product: ProductName, count: number): unknown[] {
  return product === 'cms'
    ? world.sonoran.cms.accounts.slice(0, count)
    : world.sonoran.cad.accounts.slice(0, count);
}

describe.each(PRODUCTS)('a list of %s', (product) => {
  it('whose total is that of the page lets nobody go', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 190);
    await begin(world, product);
    world.sonoran[product].fault('accounts', page(product, rowsOf(world, product, 100), 100));
    await pass(world, 3 * SURELY_AGAIN_MS);
    expect(await isKnownAsBanned(world, `license:${banned[150]}`)).toBe(true);
    expect(await isKnownAsBanned(world, `license:${banned[189]}`)).toBe(true);
  });

  it.each([100, 195])('of just so many accounts that its pages are full (%i) is believed', async (count) => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, count);
    await begin(world, product);
    expect(timesSaid(world, 'list.read', { bans: count })).toBe(1);
    expect(await isKnownAsBanned(world, `license:${banned.at(-1)}`)).toBe(true);
  });

  it('that stays empty though its accounts are banned is not believed', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 30);
    await begin(world, product);
    world.sonoran[product].fault('accounts', page(product, [], 0));
    await pass(world, 3 * SURELY_AGAIN_MS);
    expect(timesSaid(world, 'list.shrunk')).toBe(1);
    expect(timesSaid(world, 'list.contradicted', { seen: 0, before: 30 })).toBe(1);
    expect(await isKnownAsBanned(world, `license:${banned[0]}`)).toBe(true);
    // When they have really been lifted, it is.
    setBanned(world, product, false, rowIds(world, product));
    await pass(world, 2 * SURELY_AGAIN_MS);
    expect(await isKnownAsBanned(world, `license:${banned[0]}`)).toBe(false);
  });

  it('that stays empty though nobody can say what has become of its accounts is believed with the third read', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 30);
    await begin(world, product);
    world.sonoran[product].fault('accounts', page(product, [], 0));
    const gone = { type: 'x', title: 'Not Found', status: 404, detail: 'x', instance: '/' };
    world.sonoran[product].fault('account', problem(404, gone));
    if (product === 'cms') {
      const nobody = { success: true, data: { items: [], total: 0, skip: 0, take: 100 }, meta: {} };
      world.sonoran.cms.fault('accounts-search', json(200, nobody));
    }
    await passUntil(
      world,
      () => timesSaid(world, 'list.contradicted', { seen: 0, before: 30 }) === 1,
      'the doubt',
    );
    await pass(world, 10 * MINUTE_MS);
    expect(await refusedOf(world, banned)).toEqual(banned);
    await passUntil(world, () => timesSaid(world, 'list.back', { bans: 0 }) === 1, 'the third read');
  });

  it('with rows that do not say whether they are banned lets none of those go', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 6);
    await begin(world, product);
    const [first, ...others] = rowsOf(world, product, 6);
    const odd = others.map((row) => ({ ...(row as object), banned: null, status: null }));
    world.sonoran[product].fault('accounts', page(product, [first, ...odd], 6));
    await pass(world, 3 * SURELY_AGAIN_MS);
    for (const id of banned) expect(await isKnownAsBanned(world, `license:${id}`)).toBe(true);
  });

  it('that breaks off with the word that there is none is not taken for one', async () => {
    const world = await quietWorld({ use: only(product), convars: DENY });
    addBanned(world, product, 250);
    const body = { type: 'x', title: 'Not Found', status: 404, detail: 'x', instance: '/' };
    world.sonoran[product].fault('accounts', { ...problem(404, body), after: 1 });
    await begin(world);
    await pass(world, MINUTE_MS);
    expect(readsOf(world, product).length).toBeGreaterThan(0);
    expect(await knock(world, ['license:cafe'])).toBeDefined();
  });
});

function rowIds(world: World, product: ProductName): string[] {
  return product === 'cms'
    ? world.sonoran.cms.accounts.map(({ accId }) => accId)
    : world.sonoran.cad.accounts.map(({ uuid }) => uuid);
}

describe('a look-up about somebody who was refused', () => {
  it.each(DOUBTFUL)('that brings %s lifts nothing', async (_, fault) => {
    const world = await quietWorld({ use: only('cms') });
    const who = newSomebody(world, { cms: ['license'] });
    world.sonoran.cms.ban(who.accId);
    await begin(world, 'cms');
    for (const operation of ['account', 'accounts-search'] as const)
      world.sonoran.cms.fault(operation, fault);
    for (let tries = 0; tries < 3; tries++) {
      expect(await knock(world, [`license:${who.license}`])).toBeDefined();
      await pass(world, 2 * MINUTE_MS);
    }
  });

  it('that is about another account lifts nothing', async () => {
    const world = await quietWorld({ use: only('cms') });
    const who = newSomebody(world, { cms: ['license'] });
    world.sonoran.cms.ban(who.accId);
    const other = newSomebody(world);
    await begin(world, 'cms');
    const free = { accId: other.accId, banned: false, discordId: null, activeApiIds: [] };
    world.sonoran.cms.fault('account', json(200, { success: true, data: free }));
    world.sonoran.cms.fault(
      'accounts-search',
      json(200, { success: true, data: { items: [free], total: 1 } }),
    );
    await knock(world, [`license:${who.license}`]);
    await pass(world, 2 * MINUTE_MS);
    expect(await knock(world, [`license:${who.license}`])).toBeDefined();
  });
});

describe('a push event', () => {
  it.each([
    ['without an account', { discordId: null, banned: false, activeApiIds: ['ba0'] }],
    ['about what is no account', { accId: 'seven', discordId: '1', banned: false, activeApiIds: ['ba0'] }],
    ['that does not say', { banned: null, activeApiIds: ['ba0'] }],
    [
      'about somebody else',
      { accId: '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b', banned: false, activeApiIds: ['ba0'] },
    ],
  ])('%s lifts nobody', async (_, data) => {
    const world = await quietWorld({ use: only('cms') });
    addBanned(world, 'cms', 3);
    await begin(world, 'cms');
    await push(world, 'ACCOUNT_UPDATED', data);
    await settled(world);
    expect(await isKnownAsBanned(world, 'license:ba0')).toBe(true);
  });
});
