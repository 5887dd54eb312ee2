import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  addBanned,
  banOnTheWeb,
  begin,
  INTERVAL_MS,
  isKnownAsBanned,
  knock,
  liftOnTheWeb,
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
  settled,
  timesSaid,
} from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** How the list of each product is read, and read again, and what our own decisions add to it. */

/** Most reads of a page within any minute, as the vendor's pages say. */
const CEILINGS = { cms: 22, cad: 10 } as const;

/** How many requests the busiest minute has had. */
function mostAMinute(world: World, product: ProductName): number {
  const times = pagesOf(world, product).map(({ elapsed }) => elapsed);
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE_MS).length));
}

describe.each(PRODUCTS)('the list of %s', (product) => {
  it('is read page by page, and everybody on it is refused', async () => {
    const world = await quietWorld({ use: only(product) });
    const banned = addBanned(world, product, 730);
    await begin(world, product);
    expect(timesSaid(world, 'list.read', { bans: 730 })).toBe(1);
    expect(pagesOf(world, product)).toHaveLength(8);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(await knock(world, ['license:ba730'])).toBeUndefined();
    expect(world.faults).toEqual([]);
  });

  it('is read within the limits, however long it is', async () => {
    const world = await quietWorld({ use: only(product), [product]: { limits: 'documented' } });
    const banned = addBanned(world, product, 3_100);
    await begin(world);
    await passUntil(world, () => timesSaid(world, 'list.read', { bans: 3_100 }) === 1, 'the list');
    expect(pagesOf(world, product).map(({ response }) => response?.status)).not.toContain(429);
    expect(mostAMinute(world, product)).toBe(CEILINGS[product]);
    expect(await refusedOf(world, banned.slice(-50))).toEqual(banned.slice(-50));
  });

  it('is read again after about cmsban_mirror_minutes, never at the same distance', async () => {
    const world = await quietWorld({ use: only(product), convars: { cmsban_mirror_minutes: '10' } });
    await begin(world, product);
    await pass(world, 11 * 12 * MINUTE_MS);
    const times = readsOf(world, product).map(({ elapsed }) => elapsed);
    const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
    expect(gaps.length).toBeGreaterThan(11);
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(9 * MINUTE_MS);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(11 * MINUTE_MS + 1);
    expect(Math.max(...gaps) - Math.min(...gaps)).toBeGreaterThan(1_000);
  });

  it('drops whoever it has at the next read, lets in whom it has no more, and leaves all others alone', async () => {
    const world = await quietWorld();
    const [banned, lifted, other] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    banOnTheWeb(world, product, lifted);
    await begin(world, 'cms', 'cad');
    const player = await world.join(banned.name, banned.identifiers);
    const bystander = await world.join(other.name, other.identifiers);
    banOnTheWeb(world, product, banned);
    liftOnTheWeb(world, product, lifted);
    await pass(world, INTERVAL_MS * 0.9 - 5_000);
    expect(player.connected).toBe(true);
    expect(await isKnownAsBanned(world, `license:${lifted.license}`)).toBe(true);
    await pass(world, INTERVAL_MS * 0.2 + 10_000);
    expect(player.dropReason).toBe(
      'You are banned from this community. If this is a mistake, contact the staff of this community.',
    );
    const name = `Sonoran ${product.toUpperCase()}`;
    expect(timesSaid(world, 'evicted.banned', { product: name })).toBe(1);
    expect(await knock(world, banned.identifiers)).toContain('You are banned');
    // One of two is gone, and half is believed.
    expect(await knock(world, lifted.identifiers)).toBeUndefined();
    expect(bystander.connected).toBe(true);
    expect(world.faults).toEqual([]);
  });

  it('does not hold up a ban or a look-up, while it is read or hangs', async () => {
    const world = await quietWorld({
      convars: { cmsban_request_timeout_ms: '120000' },
      cms: { limits: 'documented' },
      cad: { limits: 'documented' },
    });
    addBanned(world, product, 3_000);
    const [who, other, third] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    await begin(world);
    await until(() => pagesOf(world, product).length === CEILINGS[product], 'as many pages as may be');
    await settled(world);
    const now = world.clock.elapsed();
    const ban = await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    expect(ban).toMatchObject({ status: 'delivered' });
    expect(await world.call('lookupPlayer', `license:${other.license}`)).toMatchObject({ code: 'OK' });

    // When there is room again the next page is asked for, and never comes.
    world.sonoran[product].fault('accounts', { kind: 'hang', when: 'before' });
    await world.clock.advance(MINUTE_MS + 1);
    await until(() => world.sonoran[product].openRequests === 1, 'a page that hangs');
    const second = await world.outcomeOf(() => world.fx.console(`cmsban license:${third.license}`));
    expect(second).toMatchObject({ status: 'delivered' });
    expect(await world.call('lookupPlayer', `license:${other.license}`)).toMatchObject({ code: 'OK' });
    expect(world.clock.elapsed()).toBe(now + MINUTE_MS + 1);
  });
});

describe('our own decisions', () => {
  it('count at once, before any list has been read', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    for (const product of PRODUCTS)
      world.sonoran[product].fault('accounts', { kind: 'hang', when: 'before' });
    await begin(world);
    const target = `license:${who.license}`;
    expect(await knock(world, [target])).toBeUndefined();
    await world.outcomeOf(() => world.fx.console(`cmsban ${target}`));
    expect(await knock(world, [target])).toContain('You are banned');
    // Nobody knows yet that it is the same person.
    expect(await knock(world, [`steam:${who.steam}`])).toBeUndefined();
    // Once both were seen on one player it is.
    expect(await knock(world, who.identifiers)).toContain('You are banned');
    expect(await knock(world, [`steam:${who.steam}`])).toContain('You are banned');
  });

  it('take a ban that CAD has lifted out at once', async () => {
    const world = await quietWorld({ use: { cms: false } });
    const who = newSomebody(world);
    await begin(world, 'cad');
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    expect(await knock(world, who.identifiers)).toContain('You are banned');
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    expect(await knock(world, who.identifiers)).toBeUndefined();
    // By another name than the one that the list has.
    world.sonoran.cad.ban(who.uuid);
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, who.identifiers)).toContain('You are banned');
    await world.outcomeOf(() => world.fx.console(`cmsunban discord:${who.discord}`));
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('keep out somebody who was banned by an account or a name, as soon as their identifiers are known', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const [byName, byAccount, byNumber] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    const here = await world.join(byName.name, byName.identifiers).catch(() => undefined);
    expect(here).toBeDefined();
    await begin(world, 'cms');
    const { uniqueId } = world.sonoran.cms.account(byNumber.accId);
    for (const target of [`username:${byName.name}`, `account:${byAccount.accId}`, `unique:${uniqueId}`]) {
      expect(await world.outcomeOf(() => world.fx.console(`cmsban ${target}`))).toMatchObject({
        status: 'delivered',
      });
    }
    await settled(world);
    expect(here?.dropReason).toContain('You are banned');
    for (const { identifiers } of [byName, byAccount, byNumber]) {
      expect(await knock(world, identifiers)).toContain('You are banned');
    }
  });

  it('hold against a page of the list that was made before them', async () => {
    const world = await quietWorld({ use: { cms: false } });
    const [lifted, banned] = [newSomebody(world), newSomebody(world)];
    world.sonoran.cad.ban(lifted.uuid);
    await begin(world, 'cad');
    expect(await knock(world, lifted.identifiers)).toContain('You are banned');
    // The page is made when it is asked for, and comes five seconds later.
    world.sonoran.cad.fault('accounts', { kind: 'latency', ms: 5_000, effect: true }, 1);
    while (readsOf(world, 'cad').length === 1) await world.clock.advance(1_000);
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${lifted.license}`));
    await world.outcomeOf(() => world.fx.console(`cmsban license:${banned.license}`));
    expect(readsOf(world, 'cad').at(-1)?.response).toBeUndefined();
    await pass(world, 6_000);
    expect(readsOf(world, 'cad').at(-1)?.response).toMatchObject({ status: 200 });
    expect(await knock(world, lifted.identifiers)).toBeUndefined();
    expect(await knock(world, banned.identifiers)).toContain('You are banned');
    // And so it is at the next read.
    await pass(world, SURELY_AGAIN_MS);
    expect(readsOf(world, 'cad')).toHaveLength(3);
    expect(await knock(world, lifted.identifiers)).toBeUndefined();
    expect(await knock(world, banned.identifiers)).toContain('You are banned');
  });

  it('are gone when they were lifted on the web', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    const others = [newSomebody(world), newSomebody(world)];
    for (const other of others) banOnTheWeb(world, 'cms', other);
    await begin(world, 'cms', 'cad');
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    await pass(world, SURELY_AGAIN_MS);
    expect(await isKnownAsBanned(world, `discord:${who.discord}`)).toBe(true);
    for (const product of PRODUCTS) liftOnTheWeb(world, product, who);
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
    // The list of CAD has lost all it had, and must be read twice.
    await pass(world, SURELY_AGAIN_MS + 2 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });
});
