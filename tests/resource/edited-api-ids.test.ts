import { describe, expect, it } from 'vitest';
import {
  addBanned,
  banOnTheWeb,
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
  SURELY_AGAIN_MS,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { portUrl, push } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import type { World } from './world.ts';

/** People edit their own API IDs: what a banned account loses still count, and what it claims counts when it is proven. */

/** A world in which somebody is banned on the web, by an account with these API IDs, beside others who are banned. */
async function bannedBy(product: ProductName, apiIds: readonly string[], convars = {}) {
  const world = await quietWorld({ use: only(product), convars });
  addBanned(world, product, 4);
  const who = newSomebody(world, { cms: [], cad: [] });
  edit(world, product, who, apiIds);
  banOnTheWeb(world, product, who);
  await begin(world, product);
  return { world, who };
}

function edit(world: World, product: ProductName, who: Somebody, apiIds: readonly string[]): void {
  if (product === 'cms') world.sonoran.cms.updateAccount(who.accId, { apiIds });
  else world.sonoran.cad.updateAccount(who.uuid, { apiIds });
}

async function nextRead(world: World, product: ProductName): Promise<void> {
  const before = readsOf(world, product).length;
  await passUntil(world, () => readsOf(world, product).length > before, 'the next read');
  await settled(world);
}

describe.each(PRODUCTS)('the API ID of an account that is banned in %s', (product) => {
  it('still count when it vanishes from the account, also across restarts', async () => {
    const { world, who } = await bannedBy(product, ['feed1']);
    expect(await knock(world, ['license:feed1'])).toBeDefined();
    edit(world, product, who, []);
    await nextRead(world, product);
    expect(await knock(world, ['license:feed1'])).toBeDefined();
    for (const how of ['stop', 'crash'] as const) {
      await pass(world, 2_000);
      await beginAgain(world, how);
      await settled(world);
      expect(await knock(world, ['license:feed1'])).toBeDefined();
    }
    // With the ban all of it ends.
    if (product === 'cms') world.sonoran.cms.unban(who.accId);
    else world.sonoran.cad.unban(who.uuid);
    await nextRead(world, product);
    expect(await knock(world, ['license:feed1'])).toBeUndefined();
  });

  it('keeps out no stranger whose id it claims after the ban, also across restarts', async () => {
    const { world, who } = await bannedBy(product, ['feed1']);
    edit(world, product, who, ['57a9e1', 'feed1']);
    await nextRead(world, product);
    expect(await knock(world, ['license:57a9e1'])).toBeUndefined();
    await pass(world, 2_000);
    await beginAgain(world, 'stop');
    await settled(world);
    await nextRead(world, product);
    expect(await knock(world, ['license:57a9e1'])).toBeUndefined();
    expect(await knock(world, ['license:feed1'])).toBeDefined();
  });

  it('drops no stranger whose id it claims after the ban', async () => {
    const { world, who } = await bannedBy(product, ['feed1']);
    const stranger = await world.join('Stan', ['license:57a9e1']);
    edit(world, product, who, ['57a9e1']);
    await nextRead(world, product);
    await nextRead(world, product);
    expect(stranger.connected).toBe(true);
  });

  it('is not to be claimed after the ban though the account had none at all', async () => {
    const { world, who } = await bannedBy(product, []);
    edit(world, product, who, ['57a9e1']);
    await nextRead(world, product);
    expect(await knock(world, ['license:57a9e1'])).toBeUndefined();
    await beginAgain(world, 'stop');
    await settled(world);
    await nextRead(world, product);
    expect(await knock(world, ['license:57a9e1'])).toBeUndefined();
  });

  it('counts though it came after the ban when it is seen on the banned player at the door', async () => {
    const { world, who } = await bannedBy(product, ['feed1']);
    edit(world, product, who, ['11000010000beef', 'feed1']);
    if (product === 'cad') edit(world, product, who, ['11000010000beef']);
    await nextRead(world, product);
    expect(await knock(world, ['steam:11000010000beef'])).toBeUndefined();
    // With both they are refused for the one, and from then on for each.
    expect(await knock(world, ['license:feed1', 'steam:11000010000beef'])).toBeDefined();
    expect(await knock(world, ['steam:11000010000beef'])).toBeDefined();
    await pass(world, 2_000);
    await beginAgain(world, 'crash');
    await settled(world);
    expect(await knock(world, ['steam:11000010000beef'])).toBeDefined();
  });

  it('counts though it came after the ban when it was seen on that player before', async () => {
    const world = await quietWorld({ use: only(product) });
    addBanned(world, product, 4);
    const who = newSomebody(world, { cms: [], cad: [] });
    edit(world, product, who, ['feed1']);
    await begin(world, product);
    expect(await knock(world, ['license:feed1', 'steam:11000010000beef'])).toBeUndefined();
    banOnTheWeb(world, product, who);
    await nextRead(world, product);
    edit(world, product, who, ['11000010000beef']);
    await nextRead(world, product);
    expect(await knock(world, ['steam:11000010000beef'])).toBeDefined();
  });

  it('counts though it came after the ban when a stored action about the person has it', async () => {
    const world = await quietWorld({ use: only(product) });
    addBanned(world, product, 4);
    const who = newSomebody(world, { cms: [], cad: [] });
    edit(world, product, who, ['feed1']);
    await begin(world, product);
    const player = await world.join(who.name, ['license:feed1', 'steam:11000010000beef']);
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} x`));
    await nextRead(world, product);
    await beginAgain(world, 'stop');
    await settled(world);
    edit(world, product, who, ['11000010000beef']);
    await nextRead(world, product);
    expect(await knock(world, ['steam:11000010000beef'])).toBeDefined();
  });

  it('counts as a bare value for the types that the community uses, and for no other', async () => {
    const { world } = await bannedBy(product, ['4711'], { [`cmsban_${product}_id_types`]: 'license,steam' });
    expect(await knock(world, ['license:4711'])).toBeDefined();
    expect(await knock(world, ['steam:4711'])).toBeDefined();
    for (const type of ['discord', 'fivem', 'xbl', 'live', 'license2']) {
      expect(await knock(world, [`${type}:4711`]), type).toBeUndefined();
    }
  });

  it('is named with the account by a line when somebody is refused or dropped by it', async () => {
    const { world, who } = await bannedBy(product, ['feed1']);
    const account = product === 'cms' ? who.accId : who.uuid;
    const words = { name: 'Knut', product: `Sonoran ${product.toUpperCase()}` };
    await knock(world, ['steam:1', 'license:feed1']);
    const by = `account ${account}, by license:feed1`;
    expect(timesSaid(world, 'gate.log.refused', { ...words, by })).toBe(1);
    const other = newSomebody(world, { cms: ['steam'], cad: ['steam'] });
    await world.join('Otto', other.identifiers);
    banOnTheWeb(world, product, other);
    await nextRead(world, product);
    const id = product === 'cms' ? other.accId : other.uuid;
    const line = world.log.find((each) => each.includes('was dropped'));
    expect(line).toContain(`account ${id}, by steam:${other.steam}`);
  });
});

describe('a push event', () => {
  it('makes nothing count that a banned account claims', async () => {
    const { world, who } = await bannedBy('cms', ['feed1']);
    world.sonoran.cms.pushEventsTo(portUrl(world));
    const stranger = await world.join('Stan', ['license:57a9e1']);
    // The panel's edit is pushed, with all API IDs.
    edit(world, 'cms', who, ['57a9e1']);
    await settled(world);
    await push(world, 'ACCOUNT_BANNED', { discordId: null, accountId: who.accId });
    await pass(world, MINUTE_MS);
    expect(stranger.connected).toBe(true);
    expect(await isKnownAsBanned(world, 'license:57a9e1')).toBe(false);
    expect(await isKnownAsBanned(world, 'license:feed1')).toBe(true);
  });

  it('that lifts by Discord alone lifts nobody who is only claimed', async () => {
    const { world } = await bannedBy('cms', ['feed1']);
    await push(world, 'ACCOUNT_UPDATED', {
      discordId: '77',
      accId: null,
      banned: false,
      activeApiIds: ['feed1'],
    });
    await settled(world);
    expect(await isKnownAsBanned(world, 'license:feed1')).toBe(true);
  });

  it('tells the API IDs that an account has when it is banned', async () => {
    const world = await quietWorld({ use: only('cms') });
    addBanned(world, 'cms', 4);
    const who = newSomebody(world, { cms: ['license'] });
    await begin(world, 'cms');
    world.sonoran.cms.pushEventsTo(portUrl(world));
    const player = await world.join(who.name, [`license:${who.license}`]);
    banOnTheWeb(world, 'cms', who);
    await passUntil(world, () => !player.connected, 'the drop');
    edit(world, 'cms', who, ['57a9e1']);
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, ['license:57a9e1'])).toBeUndefined();
    expect(await knock(world, [`license:${who.license}`])).toBeDefined();
  });
});

describe('the Discord account of a banned CMS account', () => {
  it('is proof: a new one counts, and the old one goes on to', async () => {
    const { world, who } = await bannedBy('cms', ['feed1']);
    world.sonoran.cms.updateAccount(who.accId, { discordId: '41' });
    await nextRead(world, 'cms');
    expect(await knock(world, ['discord:41'])).toBeDefined();
    world.sonoran.cms.updateAccount(who.accId, { discordId: '42' });
    await nextRead(world, 'cms');
    expect(await knock(world, ['discord:41'])).toBeDefined();
    expect(await knock(world, ['discord:42'])).toBeDefined();
    // Typed in as an API ID it is a claim like any other.
    edit(world, 'cms', who, ['discord:43', '44']);
    await nextRead(world, 'cms');
    expect(await knock(world, ['discord:43'])).toBeUndefined();
    expect(await knock(world, ['discord:44'])).toBeUndefined();
  });
});
