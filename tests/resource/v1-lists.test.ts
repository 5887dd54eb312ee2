import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  addBanned,
  banOnTheWeb,
  begin,
  beginAgain,
  knock,
  liftOnTheWeb,
  MINUTE_MS,
  NO_LIST,
  only,
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

/** The lists of banned accounts that v1 has, and what counts where there is none at all. */

const CAD_V1 = { use: only('cad'), convars: { cmsban_cad_version: '1' } } as const;
const CMS_WITHOUT_V2 = { use: only('cms'), cms: { v2: 404 } } as const;

/** Types a command and sees it through; one a second, as the limit has it. */
async function typed(world: World, line: string): Promise<void> {
  await pass(world, 1_000);
  expect(await world.outcomeOf(() => world.fx.console(line))).toMatchObject({ status: 'delivered' });
}

const v1Reads = (world: World, product: 'cms' | 'cad') =>
  world.sonoran[product].requests.filter(({ operation }) => operation === 'GET_ACCOUNTS');

describe.each([
  ['CAD v1', 'cad', CAD_V1],
  ['a CMS without v2', 'cms', CMS_WITHOUT_V2],
] as const)('the list of %s', (_, product, options) => {
  it('is read page by page, and keeps out who was banned on the web', async () => {
    const world = await quietWorld(options);
    const banned = addBanned(world, product, 230);
    const who = newSomebody(world);
    await begin(world, product);
    expect(v1Reads(world, product).length).toBeGreaterThanOrEqual(3);
    expect(await refusedOf(world, banned.slice(225))).toEqual(banned.slice(225));
    expect(await knock(world, who.identifiers)).toBeUndefined();
    expect(await world.call('isBanned', `license:${banned[0]}`)).toMatchObject({
      banned: true,
      stale: false,
    });
    banOnTheWeb(world, product, who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
    expect(await knock(world, [`steam:${who.steam}`])).toContain('You are banned');
    liftOnTheWeb(world, product, who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, who.identifiers)).toBeUndefined();
    expect(world.faults).toEqual([]);
  });

  it('has every ban that was delivered from here, also across a restart', async () => {
    const world = await quietWorld(options);
    const who = newSomebody(world);
    await begin(world, product);
    await typed(world, `cmsban license:${who.license}`);
    expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
    await world.sonoran[product].down();
    await beginAgain(world, 'crash');
    expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
  });

  it('that is refused in Sonoran’s own words is not there: nobody is refused for that', async () => {
    const world = await quietWorld({
      ...options,
      [product]: { ...NO_LIST },
      convars: { ...('convars' in options ? options.convars : {}), cmsban_gate_when_unknown: 'deny' },
    });
    const [stranger, own] = [newSomebody(world), newSomebody(world)];
    await begin(world);
    await until(() => timesSaid(world, 'list.unavailable') === 1, 'the line');
    expect(await knock(world, stranger.identifiers)).toBeUndefined();
    await typed(world, `cmsban license:${own.license}`);
    expect(await knock(world, [`license:${own.license}`])).toContain('You are banned');
    // The plan was changed: no restart is needed.
    world.sonoran[product].settings.lacks = [];
    banOnTheWeb(world, product, stranger);
    await pass(world, SURELY_AGAIN_MS);
    expect(await knock(world, [`license:${stranger.license}`])).toContain('You are banned');
  });

  it.each([
    ['a bare 404', { status: 404, body: '' }],
    ['a firewall', { status: 403, body: 'error code: 1020' }],
    ['a bare 401', { status: 401, body: '' }],
    ['a gateway', { status: 404, body: '{"message":"no Route matched"}', contentType: 'application/json' }],
  ])('is not gone for the words of %s: with deny nobody gets in until it was read', async (_, answer) => {
    const world = await quietWorld({
      ...options,
      convars: { ...('convars' in options ? options.convars : {}), cmsban_gate_when_unknown: 'deny' },
    });
    const [banned = ''] = addBanned(world, product, 1);
    world.sonoran[product].fault('*', { kind: 'status', ...answer });
    await begin(world);
    await until(() => timesSaid(world, 'list.failed') > 0, 'the line');
    await pass(world, MINUTE_MS);
    expect(await knock(world, ['license:stranger'])).toContain('cannot tell yet');
    expect([timesSaid(world, 'list.unavailable'), timesSaid(world, 'list.credentials')]).toEqual([0, 0]);
    world.sonoran[product].clearFaults();
    await passUntil(world, () => timesSaid(world, 'list.back') === 1, 'the list');
    expect(await knock(world, ['license:stranger'])).toBeUndefined();
    expect(await knock(world, [`license:${banned}`])).toContain('You are banned');
  });
});

it('is said at the start to be read, of CAD v1 as of all', async () => {
  const world = await quietWorld(CAD_V1);
  await begin(world, 'cad');
  expect(world.log.join('\n')).toContain('ban list: CAD every 15 min');
});

it('of v2 takes the place of that of v1 when the plan comes to have it, and the other way round', async () => {
  const world = await quietWorld(CMS_WITHOUT_V2);
  const [banned = ''] = addBanned(world, 'cms', 1);
  await begin(world, 'cms');
  world.sonoran.cms.settings.v2 = 'on';
  await pass(world, SURELY_AGAIN_MS);
  const reads = v1Reads(world, 'cms').length;
  expect(readsOf(world, 'cms').at(-1)?.response?.status).toBe(200);
  await pass(world, SURELY_AGAIN_MS);
  expect(v1Reads(world, 'cms')).toHaveLength(reads);
  world.sonoran.cms.settings.lacks = ['accounts'];
  await pass(world, SURELY_AGAIN_MS);
  expect(v1Reads(world, 'cms').length).toBeGreaterThan(reads);
  expect(await knock(world, [`license:${banned}`])).toContain('You are banned');
  expect(timesSaid(world, 'list.unavailable')).toBe(0);
});

it('of v2 is never left for v1 by a gateway', async () => {
  const world = await quietWorld({ use: only('cms') });
  addBanned(world, 'cms', 1);
  world.sonoran.cms.fault('accounts', { kind: 'status', status: 404, body: 'Not Found' });
  world.sonoran.cms.fault('accounts', { kind: 'status', status: 403, body: '' }, 2);
  await begin(world);
  await pass(world, 30 * MINUTE_MS);
  expect(v1Reads(world, 'cms')).toEqual([]);
  expect(timesSaid(world, 'list.unavailable')).toBe(0);
});

it('of CAD v2 is taken over by CAD v1, and back', async () => {
  const world = await quietWorld({ use: only('cad') });
  const who = newSomebody(world);
  world.sonoran.cad.ban(who.uuid);
  await begin(world, 'cad');
  await world.restart();
  await world.fx.console('set cmsban_cad_version 1');
  world.sonoran.cad.fault('GET_ACCOUNTS', { kind: 'status', status: 503 });
  await begin(world);
  expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
  world.sonoran.cad.clearFaults();
  liftOnTheWeb(world, 'cad', who);
  await beginAgain(world);
  await settled(world);
  await pass(world, SURELY_AGAIN_MS);
  expect(await knock(world, [`license:${who.license}`])).toBeUndefined();
  banOnTheWeb(world, 'cad', who);
  await pass(world, SURELY_AGAIN_MS);
  expect(await knock(world, [`license:${who.license}`])).toContain('You are banned');
});
