import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import {
  addBanned,
  banOnTheWeb,
  begin,
  beginAgain,
  isKnownAsBanned,
  knock,
  liftOnTheWeb,
  MINUTE_MS,
  PRODUCTS,
  pagesOf,
  pass,
  passUntil,
  quietWorld,
  readsOf,
  refusedOf,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { CMS_KEY, type World } from './world.ts';

/** What was known before a start, for the time until the lists have been read again. */

async function bothDown({ sonoran }: World): Promise<void> {
  await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
}

/** Changes what cmsban has stored, while the server does not run. */
async function editStore(world: World, edit: (store: KeyValueStore) => void): Promise<void> {
  await world.fx.stop();
  const store = new KeyValueStore(join(world.folder, 'data', 'cmsban.kvp'));
  edit(store);
  store.close();
}

function textOf(store: KeyValueStore, key: string): string {
  const stored = store.get(key);
  return stored?.type === 'string' ? stored.value : '';
}

function setText(store: KeyValueStore, key: string, value: string): void {
  store.set(key, { type: 'string', value });
}

describe.each(['stop', 'crash'] as const)('after a restart (%s) with Sonoran down', (how) => {
  it('everybody who was banned is refused from the first connect on', async () => {
    const world = await quietWorld();
    const banned = [...addBanned(world, 'cms', 250), ...addBanned(world, 'cad', 150, 'da')];
    await begin(world, ...PRODUCTS);
    await bothDown(world);
    await beginAgain(world, how);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    expect(timesSaid(world, 'gate.log.unknown.allow')).toBe(0);
    expect(await isKnownAsBanned(world, 'license:cafe')).toBe(false);
    expect(world.faults).toEqual([]);
  });

  it('so are those whose ban was delivered just before', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    const lifted = newSomebody(world);
    banOnTheWeb(world, 'cad', lifted);
    await begin(world, ...PRODUCTS);
    const moderator = await world.moderator();
    await moderator.chatInput(`/cmsban license:${who.license}`);
    await world.call('unbanPlayer', `license:${lifted.license}`, '', { products: ['cad'] });
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
    await bothDown(world);
    await beginAgain(world, how);
    expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
    expect(await knock(world, lifted.identifiers)).toBeUndefined();
  });

  it('so are those of the pages that a read had got to', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const banned = addBanned(world, 'cms', 500);
    world.sonoran.cms.fault('accounts', { kind: 'status', status: 503, after: 3 });
    await begin(world);
    await until(() => pagesOf(world, 'cms').length === 4, 'the failure');
    await bothDown(world);
    await beginAgain(world, how);
    expect(await refusedOf(world, banned)).toEqual(banned.slice(0, 290));
    // The list as a whole is still unknown.
    expect(await isKnownAsBanned(world, 'license:ba499')).toBeNull();
  });
});

it('is read again at once after a restart, and takes out who was lifted meanwhile', async () => {
  const world = await quietWorld({ use: { cad: false } });
  const [stays, goes, comes] = [newSomebody(world), newSomebody(world), newSomebody(world)];
  for (const who of [stays, goes]) banOnTheWeb(world, 'cms', who);
  await begin(world, 'cms');
  await world.fx.stop();
  liftOnTheWeb(world, 'cms', goes);
  banOnTheWeb(world, 'cms', comes);
  await beginAgain(world);
  await settled(world);
  expect(readsOf(world, 'cms')).toHaveLength(2);
  expect(await knock(world, stays.identifiers)).toContain('You are banned');
  expect(await knock(world, goes.identifiers)).toBeUndefined();
  expect(await knock(world, comes.identifiers)).toContain('You are banned');
});

it('is doubted after a restart as well, when it has lost more than half', async () => {
  const world = await quietWorld({ use: { cad: false } });
  const people = [newSomebody(world), newSomebody(world), newSomebody(world)];
  for (const who of people) banOnTheWeb(world, 'cms', who);
  await begin(world, 'cms');
  await world.fx.stop();
  for (const who of people) liftOnTheWeb(world, 'cms', who);
  await beginAgain(world);
  await settled(world);
  expect(timesSaid(world, 'list.shrunk', { seen: 0, before: 3 })).toBe(1);
  for (const { license } of people) expect(await isKnownAsBanned(world, `license:${license}`)).toBe(true);
  await pass(world, MINUTE_MS + 1_000);
  for (const { license } of people) expect(await isKnownAsBanned(world, `license:${license}`)).toBe(false);
});

it('of another community is not used, and not kept', async () => {
  const world = await quietWorld();
  const banned = [...addBanned(world, 'cms', 300), ...addBanned(world, 'cad', 300, 'da')];
  await begin(world, ...PRODUCTS);
  await bothDown(world);
  await world.restart();
  await world.fx.console('set cmsban_cms_community_id "another"\nset cmsban_cad_community_id "another"');
  await begin(world);
  expect(await refusedOf(world, banned)).toEqual([]);
  expect(await isKnownAsBanned(world, 'license:ba0')).toBeNull();
  // Nor when the first community comes back: its bans may have been lifted long ago.
  await beginAgain(world);
  expect(await refusedOf(world, banned)).toEqual([]);
  expect(world.faults).toEqual([]);
});

it('is used after the community id was mended while cmsban ran', async () => {
  const world = await quietWorld({
    use: { cad: false },
    convars: { cmsban_cms_community_id: 'mistyped', cmsban_cms_api_key: 'mistyped' },
  });
  const mend = () =>
    world.fx.console(`set cmsban_cms_community_id "cms-community"\nset cmsban_cms_api_key "${CMS_KEY}"`);
  const banned = addBanned(world, 'cms', 3);
  await begin(world);
  await settled(world);
  await mend();
  await pass(world, 31_000);
  expect(await refusedOf(world, banned)).toEqual(banned);
  await world.sonoran.cms.down();
  await world.restart();
  await mend();
  await begin(world);
  expect(await refusedOf(world, banned)).toEqual(banned);
});

it('of the same community at another host is not used', async () => {
  const world = await quietWorld({ use: { cad: false } });
  const banned = addBanned(world, 'cms', 3);
  await begin(world, 'cms');
  await world.restart();
  await world.fx.console(`set cmsban_cms_url "${world.sonoran.cad.url}"`);
  await begin(world);
  expect(await refusedOf(world, banned)).toEqual([]);
});

describe('what somebody has done to the snapshot on disk', () => {
  const DAMAGES: ReadonlyArray<readonly [name: string, damage: (store: KeyValueStore, key: string) => void]> =
    [
      ['cut off in the middle', (store, key) => setText(store, key, textOf(store, key).slice(0, -2_000))],
      ['emptied', (store, key) => setText(store, key, '')],
      ['deleted', (store, key) => store.set(key, null)],
      ['a number', (store, key) => store.set(key, { type: 'int', value: 7 })],
      ['JSON', (store, key) => setText(store, key, '{"bans":[]}')],
      ['noise', (store, key) => setText(store, key, '\u0000\ufffd\t\t+\n-\t-\n'.repeat(3_000))],
      ['very long lines', (store, key) => setText(store, key, `-\t-\t${'a'.repeat(500_000)}\n`)],
    ];

  it.each(DAMAGES)('is survived: a piece that is %s', async (_, damage) => {
    const world = await quietWorld({ use: { cad: false } });
    const banned = addBanned(world, 'cms', 700);
    await begin(world, 'cms');
    await world.sonoran.cms.down();
    await editStore(world, (store) => {
      expect(store.find('mirror:cms:').length).toBeGreaterThan(1);
      damage(store, 'mirror:cms:0');
    });
    await beginAgain(world);
    const refused = await refusedOf(world, banned);
    // The other pieces are whole.
    expect(refused.length).toBeGreaterThan(50);
    expect(world.faults).toEqual([]);
    await world.sonoran.cms.up();
    await passUntil(world, () => timesSaid(world, 'list.back') === 1, 'the list');
    expect(await refusedOf(world, banned)).toEqual(banned);
    // And it is whole again on disk.
    await world.sonoran.cms.down();
    await beginAgain(world);
    expect(await refusedOf(world, banned)).toEqual(banned);
  });

  it.each([
    ['cut off', (head: string) => head.slice(0, -4)],
    ['of another version', (head: string) => head.replace('"version":1', '"version":2')],
    ['without a time that is one', (head: string) => head.replace(/"readAt":\d+/, '"readAt":"now"')],
    ['empty', () => ''],
  ])('is survived: a head that is %s', async (_, damage) => {
    const world = await quietWorld({ use: { cad: false } });
    const banned = addBanned(world, 'cms', 300);
    await begin(world, 'cms');
    await world.sonoran.cms.down();
    await editStore(world, (store) => setText(store, 'mirror:cms', damage(textOf(store, 'mirror:cms'))));
    await beginAgain(world);
    expect(await isKnownAsBanned(world, 'license:ba0')).toBeNull();
    await world.sonoran.cms.up();
    await pass(world, MINUTE_MS);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(world.faults).toEqual([]);
  });

  it.each([
    'mirror:cms:-1',
    'mirror:cms:1e9',
    'mirror:cms:x',
    'mirror:cms:',
    'mirror:cms:00',
    'mirror:cms:0.5',
  ])('is survived: a piece that nobody has written (%s)', async (key) => {
    const world = await quietWorld({ use: { cad: false } });
    const banned = addBanned(world, 'cms', 300);
    await begin(world, 'cms');
    await world.sonoran.cms.down();
    await editStore(world, (store) => setText(store, key, '-\t-\tcafe\n'));
    await beginAgain(world);
    expect(await refusedOf(world, banned)).toEqual(banned);
    expect(world.faults).toEqual([]);
  });
});

it('that is very old is used, and said to be out of date', async () => {
  const world = await quietWorld({ use: { cad: false } });
  addBanned(world, 'cms', 3);
  await begin(world, 'cms');
  await world.sonoran.cms.down();
  await world.fx.stop();
  await world.clock.advance(365 * 24 * 60 * MINUTE_MS);
  await beginAgain(world);
  expect(await knock(world, ['license:ba0'])).toContain('You are banned');
  expect(await world.call('isBanned', 'license:cafe')).toMatchObject({ banned: false, stale: true });
  await world.sonoran.cms.up();
  await pass(world, MINUTE_MS);
  expect(await world.call('isBanned', 'license:cafe')).toMatchObject({ banned: false, stale: false });
});

it('is there for every product that is in use again', async () => {
  const world = await quietWorld();
  addBanned(world, 'cms', 3);
  addBanned(world, 'cad', 3, 'da');
  await begin(world, ...PRODUCTS);
  // A day on which CAD's key is missing: what is stored counts.
  await world.restart();
  await world.fx.console('set cmsban_cad_community_id ""\nset cmsban_cad_api_key ""');
  await begin(world);
  expect(await knock(world, ['license:da0'])).toContain('You are banned');
  // A day without CAD, because somebody said so.
  await world.restart();
  await world.fx.console('set cmsban_cad_community_id none');
  await begin(world);
  expect(await knock(world, ['license:da0'])).toBeUndefined();
  expect(await knock(world, ['license:ba0'])).toContain('You are banned');
  await bothDown(world);
  await beginAgain(world);
  expect(await knock(world, ['license:da0'])).toContain('You are banned');
});
