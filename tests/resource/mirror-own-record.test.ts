import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { addBanned, begin, beginAgain, knock, MINUTE_MS, pass, quietWorld, settled } from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** CAD v1 has no list of banned accounts: what was delivered from here is all that is known. */

const V1 = { use: { cms: false }, convars: { cmsban_cad_version: '1' } } as const;

/** Types a command and sees it through; one a second, as the limit has it. */
async function typed(world: World, line: string): Promise<void> {
  await pass(world, 1_000);
  expect(await world.outcomeOf(() => world.fx.console(line))).toMatchObject({ status: 'delivered' });
}

/** Stops the server, and leaves its store as a version without ban lists would have. */
async function stopAsBeforeLists(world: World): Promise<void> {
  await world.fx.stop();
  const store = new KeyValueStore(join(world.folder, 'data', 'cmsban.kvp'));
  for (const key of store.find('mirror:')) store.set(key, null);
  store.close();
}

it('is said at the start, and no list is asked for', async () => {
  const world = await quietWorld(V1);
  addBanned(world, 'cad', 3);
  await begin(world);
  await pass(world, 40 * MINUTE_MS);
  expect(world.log.join('\n')).toContain('ban list: CAD our own bans only (CAD v1 has no list)');
  expect(world.sonoran.cad.requests).toEqual([]);
  expect(await knock(world, ['license:ba0'])).toBeUndefined();
  // That is no lack of knowledge that would go by.
  expect(world.log.join('\n')).not.toContain('has not been read yet');
  expect(await world.call('isBanned', 'license:ba0')).toMatchObject({ banned: false, stale: false });
});

it('has every ban that was delivered from here, until it is lifted from here', async () => {
  const world = await quietWorld(V1);
  const who = newSomebody(world);
  await begin(world);
  await typed(world, `cmsban license:${who.license}`);
  expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
  expect(await world.call('isBanned', `account:${who.uuid}`)).toMatchObject({
    banned: true,
    account: who.uuid,
    since: world.clock.now(),
    stale: false,
  });
  await pass(world, 40 * MINUTE_MS);
  expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
  // By another of their identifiers: the answer names the account.
  await typed(world, `cmsunban steam:${who.steam}`);
  expect(await knock(world, [`license:${who.license}`])).toBeUndefined();
});

it('does not have what is not delivered, was refused or was a kick', async () => {
  const world = await quietWorld(V1);
  const [kicked, unknown, waiting] = [
    newSomebody(world),
    newSomebody(world, { cad: [] }),
    newSomebody(world),
  ];
  await begin(world);
  await world.outcomeOf(() => world.fx.console(`cmskick license:${kicked.license}`));
  await world.outcomeOf(() => world.fx.console(`cmsban license:${unknown.license}`));
  await world.sonoran.cad.down();
  await world.outcomeOf(() => world.fx.console(`cmsban license:${waiting.license}`));
  for (const { identifiers } of [kicked, unknown, waiting]) {
    expect(await knock(world, identifiers)).toBeUndefined();
  }
  await world.sonoran.cad.up();
  await pass(world, 10 * MINUTE_MS);
  expect(await knock(world, waiting.identifiers)).toContain('You are banned');
});

it('has all identifiers of a player who was banned by one of them', async () => {
  const world = await quietWorld(V1);
  const who = newSomebody(world, { cad: ['license'] });
  await begin(world);
  const player = await world.join(who.name, who.identifiers);
  await typed(world, `cmsban ${player.id}`);
  for (const identifier of who.identifiers) {
    const isShared = identifier.startsWith('ip:');
    expect((await knock(world, [identifier])) === undefined, identifier).toBe(isShared);
  }
});

describe.each(['stop', 'crash'] as const)('after a restart (%s)', (how) => {
  it('has them still', async () => {
    const world = await quietWorld(V1);
    const [banned, lifted] = [newSomebody(world), newSomebody(world)];
    await begin(world);
    await typed(world, `cmsban license:${banned.license}`);
    await typed(world, `cmsban license:${lifted.license}`);
    await typed(world, `cmsunban license:${lifted.license}`);
    await world.sonoran.cad.down();
    await beginAgain(world, how);
    expect(await knock(world, [`license:${banned.license}`])).toContain('You are banned');
    expect(await knock(world, [`license:${lifted.license}`])).toBeUndefined();
  });
});

it('begins with the history, when that is older than the record', async () => {
  const world = await quietWorld(V1);
  const [banned, lifted, again, kicked] = [
    newSomebody(world),
    newSomebody(world),
    newSomebody(world),
    newSomebody(world),
  ];
  await begin(world);
  await typed(world, `cmsban license:${banned.license}`);
  await typed(world, `cmsban license:${lifted.license}`);
  await typed(world, `cmsban license:${again.license}`);
  await typed(world, `cmsunban license:${lifted.license}`);
  await typed(world, `cmsunban license:${again.license}`);
  await typed(world, `cmsban license:${again.license}`);
  await typed(world, `cmskick license:${kicked.license}`);
  await stopAsBeforeLists(world);
  await beginAgain(world);
  await settled(world);
  expect(await knock(world, [`license:${banned.license}`])).toContain('You are banned');
  expect(await knock(world, [`license:${lifted.license}`])).toBeUndefined();
  expect(await knock(world, [`license:${again.license}`])).toContain('You are banned');
  expect(await knock(world, [`license:${kicked.license}`])).toBeUndefined();
  await beginAgain(world, 'crash');
  await settled(world);
  expect(await knock(world, [`license:${banned.license}`])).toContain('You are banned');
  expect(world.faults).toEqual([]);
});

it('of CAD v2 becomes the list of those who change to v1, and is taken over by it when they change back', async () => {
  const world = await quietWorld({ use: { cms: false } });
  const [known, own] = [newSomebody(world), newSomebody(world)];
  world.sonoran.cad.ban(known.uuid);
  await begin(world, 'cad');
  await world.restart();
  await world.fx.console('set cmsban_cad_version 1');
  await begin(world);
  expect(await knock(world, known.identifiers)).toContain('You are banned');
  await typed(world, `cmsban license:${own.license}`);
  await typed(world, `cmsunban license:${known.license}`);
  expect(await knock(world, known.identifiers)).toBeUndefined();
  await beginAgain(world);
  await settled(world);
  expect(await knock(world, own.identifiers)).toContain('You are banned');
  expect(await knock(world, known.identifiers)).toBeUndefined();
});

it('begins with the history in CMS as well, where it turns out to have no list', async () => {
  const world = await quietWorld({ use: { cad: false }, cms: { v2: 404 } });
  const who = newSomebody(world);
  await begin(world);
  await settled(world);
  await typed(world, `cmsban license:${who.license}`);
  await stopAsBeforeLists(world);
  await beginAgain(world);
  await settled(world);
  expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
});
