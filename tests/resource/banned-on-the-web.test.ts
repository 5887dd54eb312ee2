import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  banOnTheWeb,
  begin,
  INTERVAL_MS,
  liftOnTheWeb,
  MINUTE_MS,
  PRODUCTS,
  pagesOf,
  pass,
  passUntil,
  quietWorld,
  readsOf,
  SURELY_AGAIN_MS,
  settled,
} from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** What other resources and moderators are told of a ban that was made in Sonoran's web panel. */

/** Asks whether somebody is banned, and lets no time and no event pass: only promises may settle. */
async function answerAtOnce(world: World, target: unknown): Promise<Record<string, unknown>> {
  const number = world.startCall('isBanned', target);
  const prefix = `answer ${number} `;
  for (let turn = 0; turn < 100; turn++) {
    const line = world.printedBy('caller').find((text) => text.startsWith(prefix));
    if (line !== undefined) return JSON.parse(line.slice(prefix.length));
    await Promise.resolve();
  }
  throw new Error('there is no answer yet');
}

/** What a moderator reads in the end. */
async function lookedUp(world: World, target: string): Promise<string> {
  const moderator = await world.moderator();
  await moderator.chatInput(`/cmslookup ${target}`);
  const line = await until(() => moderator.chat[1], 'the answer');
  moderator.leave();
  return line;
}

describe('isBanned', () => {
  it('answers in the same tick, from what is known here', async () => {
    const world = await quietWorld();
    const [banned, other] = [newSomebody(world), newSomebody(world)];
    banOnTheWeb(world, 'cms', banned);
    await begin(world, ...PRODUCTS);
    const player = await world.join(other.name, other.identifiers);
    const requests = world.sonoran.cms.requests.length + world.sonoran.cad.requests.length;
    expect(await answerAtOnce(world, `license:${banned.license}`)).toEqual({
      banned: true,
      products: { cms: true, cad: false },
      account: banned.accId,
      stale: false,
      code: 'OK',
      message: expect.stringContaining('BANNED'),
    });
    expect(await answerAtOnce(world, player.id)).toEqual({
      banned: false,
      products: { cms: false, cad: false },
      stale: false,
      code: 'OK',
      message: expect.stringContaining('not banned'),
    });
    expect(await answerAtOnce(world, `account:${banned.accId}`)).toMatchObject({ banned: true });
    expect(world.sonoran.cms.requests.length + world.sonoran.cad.requests.length).toBe(requests);
  });

  it.each([
    [`username:Nora`, 'UNSUPPORTED'],
    ['unique:4711', 'UNSUPPORTED'],
    ['nonsense', 'INVALID_TARGET'],
    [{}, 'INVALID_TARGET'],
    [null, 'INVALID_TARGET'],
    [4_711, 'PLAYER_NOT_FOUND'],
  ])('answers %o in the same tick as well', async (target, code) => {
    const world = await quietWorld();
    await begin(world, ...PRODUCTS);
    expect(await answerAtOnce(world, target)).toMatchObject({
      banned: null,
      products: {},
      stale: true,
      code,
    });
    expect(world.faults).toEqual([]);
  });

  it('cannot tell as long as nothing is known', async () => {
    const world = await quietWorld();
    const banned = newSomebody(world);
    banOnTheWeb(world, 'cad', banned);
    for (const product of PRODUCTS) await world.sonoran[product].down();
    await begin(world);
    const target = `license:${banned.license}`;
    expect(await answerAtOnce(world, target)).toMatchObject({
      banned: null,
      products: { cms: null, cad: null },
      stale: true,
    });
    await world.sonoran.cad.up();
    await passUntil(world, () => readsOf(world, 'cad').length > 0, 'the list');
    await settled(world);
    // Banned in one is enough; not banned in one is not.
    expect(await answerAtOnce(world, target)).toMatchObject({
      banned: true,
      products: { cms: null, cad: true },
      stale: true,
    });
    expect(await answerAtOnce(world, 'license:cafe')).toMatchObject({
      banned: null,
      products: { cms: null, cad: false },
    });
  });

  it('tells when a ban was first seen, unless it was there before anybody looked', async () => {
    const world = await quietWorld();
    const [old, late, own] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    banOnTheWeb(world, 'cms', old);
    await begin(world, ...PRODUCTS);
    banOnTheWeb(world, 'cms', late);
    await pass(world, MINUTE_MS);
    const decidedAt = world.clock.now();
    await world.outcomeOf(() => world.fx.console(`cmsban license:${own.license}`));
    await passUntil(world, () => readsOf(world, 'cms').length === 2, 'the next read');
    await settled(world);
    const seenAt = readsOf(world, 'cms')[1]?.at;
    expect(await answerAtOnce(world, `license:${old.license}`)).not.toHaveProperty('since');
    expect(await answerAtOnce(world, `steam:${late.steam}`)).toMatchObject({ since: seenAt });
    // The list has them by now as well.
    expect(await answerAtOnce(world, `steam:${own.steam}`)).toMatchObject({
      since: decidedAt,
      account: own.accId,
    });

    // The next reads and a restart change nothing about it.
    await pass(world, SURELY_AGAIN_MS);
    await world.restart('crash');
    await begin(world);
    await settled(world);
    expect(await answerAtOnce(world, `license:${old.license}`)).not.toHaveProperty('since');
    expect(await answerAtOnce(world, `steam:${late.steam}`)).toMatchObject({ since: seenAt });
    expect(await answerAtOnce(world, `license:${own.license}`)).toMatchObject({ since: decidedAt });
  });

  it('says that what it knows is out of date after a long outage, and no longer when it is over', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const banned = newSomebody(world);
    banOnTheWeb(world, 'cms', banned);
    await begin(world, 'cms');
    await world.sonoran.cms.down();
    await pass(world, 2 * INTERVAL_MS);
    expect(await answerAtOnce(world, 'license:cafe')).toMatchObject({ banned: false, stale: false });
    await pass(world, 1_000);
    expect(await answerAtOnce(world, 'license:cafe')).toMatchObject({ banned: false, stale: true });
    expect(await answerAtOnce(world, `license:${banned.license}`)).toMatchObject({
      banned: true,
      stale: true,
      message: expect.stringContaining('out of date'),
    });
    await world.sonoran.cms.up();
    await passUntil(world, () => readsOf(world, 'cms').length === 2, 'the list');
    await settled(world);
    expect(await answerAtOnce(world, 'license:cafe')).toMatchObject({ banned: false, stale: false });
  });

  it('answers a Lua caller and one that the ACEs keep from bans', async () => {
    const world = await quietWorld({
      convars: { cmsban_restrict_exports: 'true' },
      resources: { 'caller-lua': new URL('./resources/caller-lua', import.meta.url).pathname },
    });
    const banned = newSomebody(world);
    banOnTheWeb(world, 'cms', banned);
    await begin(world, ...PRODUCTS);
    world.fx.emit('caller-lua:call', 1, 'isBanned', JSON.stringify([`license:${banned.license}`]));
    const line = await until(
      () => world.printedBy('caller-lua').find((text) => text.startsWith('answer 1 ')),
      'the answer',
    );
    expect(JSON.parse(line.slice('answer 1 '.length))).toMatchObject({ banned: true, account: banned.accId });
  });
});

describe('/cmslookup', () => {
  it('shows what Sonoran says and what is known here, when the ban is a second old', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    await pass(world, 3 * MINUTE_MS);
    banOnTheWeb(world, 'cms', who);
    await pass(world, 1_000);
    expect(await lookedUp(world, `license:${who.license}`)).toMatch(
      /Sonoran CMS: account Nora\d+ \([-0-9a-f]+\), BANNED\. Ban list here: not banned, list read 3 min ago\. Asked for: API ID beef\d+\. Sonoran CAD: account Nora\d+ \([-0-9a-f]+\), not banned\. Ban list here: not banned, list read 3 min ago\./,
    );
    expect(await world.call('lookupPlayer', `license:${who.license}`)).toMatchObject({
      products: {
        cms: { banned: true, mirror: { banned: false, since: null, stale: false } },
        cad: { banned: false, mirror: { banned: false, since: null, stale: false } },
      },
    });
  });

  it('shows both when the ban was lifted a second ago', async () => {
    const world = await quietWorld({ use: { cms: false } });
    const who = newSomebody(world);
    await begin(world, 'cad');
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    const since = world.clock.now();
    await pass(world, 2 * MINUTE_MS);
    liftOnTheWeb(world, 'cad', who);
    const line = await lookedUp(world, `license:${who.license}`);
    expect(line).toContain(
      ', not banned. Ban list here: BANNED since 2026-01-01 00:00 UTC, list read 2 min ago.',
    );
    expect(await world.call('lookupPlayer', `license:${who.license}`)).toMatchObject({
      products: { cad: { banned: false, mirror: { banned: true, since, stale: false } } },
    });
  });

  it('says that nothing is known here yet', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world);
    world.sonoran.cms.fault('accounts', { kind: 'status', status: 500 });
    await begin(world);
    expect(await lookedUp(world, `license:${who.license}`)).toContain(
      'not banned. Ban list here: nothing known yet.',
    );
  });

  it('shows what is known here, when Sonoran does not answer', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    await begin(world, 'cms');
    await world.sonoran.cms.down();
    expect(await lookedUp(world, `license:${who.license}`)).toMatch(/no answer .*Ban list here: BANNED/);
  });
});

describe('a community of several hundred bans', () => {
  it('sees who is banned on the web gone from the game, and back when it is lifted', async () => {
    const world = await quietWorld();
    const people = Array.from({ length: 300 }, () => newSomebody(world));
    const [who] = people;
    if (!who) throw new Error('there is nobody');
    for (const other of people.slice(1)) for (const product of PRODUCTS) banOnTheWeb(world, product, other);
    await begin(world, ...PRODUCTS);
    const player = await world.join(who.name, who.identifiers);
    banOnTheWeb(world, 'cms', who);
    await pass(world, SURELY_AGAIN_MS);
    expect(player.connected).toBe(false);
    expect(await answerAtOnce(world, `discord:${who.discord}`)).toMatchObject({ banned: true });
    liftOnTheWeb(world, 'cms', who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await answerAtOnce(world, `discord:${who.discord}`)).toMatchObject({ banned: false });
    await world.join(who.name, who.identifiers);
    expect(pagesOf(world, 'cms').length).toBeGreaterThanOrEqual(8);
    expect(world.faults).toEqual([]);
  });
});
