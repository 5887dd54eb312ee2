import { describe, expect, it } from 'vitest';
import {
  addMembers,
  begin,
  beginAgain,
  isKnownAsBanned,
  only,
  PRODUCTS,
  type ProductName,
  pagesOf,
  pass,
  passUntil,
  quietWorld,
  setBanned,
  settled,
} from './ban-lists.ts';
import type { World } from './world.ts';

/** A list that changes while it is read: what lies behind a lifted ban moves up, and can slip past the reader. */

/** A world with a list of three pages: `ba0` to `ba249`, in this order. */
async function worldWithList(product: ProductName): Promise<{ world: World; ids: string[] }> {
  const world = await quietWorld({ use: only(product) });
  const ids = addMembers(world, product, 250, 'ba');
  setBanned(world, product, true, ids);
  await begin(world, product);
  return { world, ids };
}

/** Lets the next read happen, and something in the web panel after its first page. */
async function readWhile(
  world: World,
  product: ProductName,
  start: () => Promise<unknown>,
  act: () => void,
): Promise<void> {
  const pages = pagesOf(world, product).length;
  world.sonoran[product].fault('accounts', { kind: 'latency', ms: 1_000, after: 1 }, 1);
  await start();
  // The second page is asked for, and made a second later.
  while (pagesOf(world, product).length < pages + 2) {
    await world.clock.advance(500);
    await settled(world);
  }
  act();
  await pass(world, 2_000);
  expect(pagesOf(world, product).length).toBeGreaterThanOrEqual(pages + 3);
}

describe.each(PRODUCTS)('the list of %s', (product) => {
  it.each(['a read', 'the first read after a restart'])(
    'lets nobody in for having slipped from one page to another during %s',
    async (when) => {
      const { world, ids } = await worldWithList(product);
      const start = async () => {
        if (when !== 'a read') await beginAgain(world);
      };
      // Ten fewer on the first page: `ba100` to `ba104` are between the pages now.
      await readWhile(world, product, start, () => setBanned(world, product, false, ids.slice(0, 10)));
      for (const number of [10, 99, 100, 102, 104, 105, 249]) {
        expect(await isKnownAsBanned(world, `license:ba${number}`), `ba${number}`).toBe(true);
      }
      // The next read finds everybody in their place.
      await passUntil(world, () => pagesOf(world, product).length >= 9, 'the next read');
      await settled(world);
      expect(await isKnownAsBanned(world, 'license:ba102')).toBe(true);
      expect(await isKnownAsBanned(world, 'license:ba0')).toBe(false);
    },
  );

  it('lets those in who are missing from two reads, although it moved during both', async () => {
    const { world, ids } = await worldWithList(product);
    for (const from of [0, 10, 20]) {
      const lift = () => setBanned(world, product, false, ids.slice(from, from + 10));
      await readWhile(world, product, async () => {}, lift);
    }
    // The first read still had those who were lifted after its first page.
    expect(await isKnownAsBanned(world, 'license:ba0')).toBe(false);
    expect(await isKnownAsBanned(world, 'license:ba10')).toBe(true);
    for (const number of [30, 100, 120, 125, 249]) {
      expect(await isKnownAsBanned(world, `license:ba${number}`), `ba${number}`).toBe(true);
    }
  });

  it('has whoever is banned while it is read', async () => {
    const { world, ids } = await worldWithList(product);
    setBanned(world, product, false, ids.slice(0, 2));
    await readWhile(
      world,
      product,
      async () => {},
      () => setBanned(world, product, true, ids.slice(0, 2)),
    );
    for (const number of [2, 100, 249]) {
      expect(await isKnownAsBanned(world, `license:ba${number}`)).toBe(true);
    }
  });
});
