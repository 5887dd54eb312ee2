import { describe, expect, it } from 'vitest';
import type { RecordedRequest } from '../../devserver/sonoran/recorded-request.ts';
import { MINUTE_MS, pass, settled } from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** The limits that the vendor's resources, look-ups and bans have in common. */

const DOCUMENTED = { limits: 'documented', retryAfterHeader: 'never' } as const;

const VENDORS = {
  sonorancms: new URL('../../devserver/resources/sonorancms', import.meta.url).pathname,
  sonorancad: new URL('../../devserver/resources/sonorancad', import.meta.url).pathname,
};

const of = (world: World, product: 'cms' | 'cad', operation: string): readonly RecordedRequest[] =>
  world.sonoran[product].requests.filter((request) => request.operation === operation);

/** A call of the vendor's own resource. */
function vendorCalls({ sonoran }: World, operation: 'accounts-search' | 'links-check'): boolean {
  return operation === 'links-check'
    ? sonoran.cad.vendorCalls(operation)
    : sonoran.cms.vendorCalls(operation);
}

const refusals = (world: World) =>
  [...world.sonoran.cms.requests, ...world.sonoran.cad.requests].filter(
    ({ response }) => response?.status === 429,
  );

function limitedWorld(options: WorldOptions = {}): Promise<World> {
  return startWorld({
    ...options,
    cms: { ...DOCUMENTED, ...options.cms },
    cad: { ...DOCUMENTED, ...options.cad },
  });
}

describe('while the vendor’s resources run', () => {
  const asked = [
    ['accounts/search', 'cms', 'accounts-search', 13, 14],
    ['links/check', 'cad', 'links-check', 15, 15],
  ] as const;

  it.each(asked)('half of %s is left to them', async (_, product, operation, ours, theirs) => {
    const world = await limitedWorld({ resources: VENDORS });
    for (let count = 0; count < theirs; count++) expect(vendorCalls(world, operation)).toBe(true);
    for (let count = 0; count < 40; count++) world.startCall('lookupPlayer', `license:nobody${count}`);
    await pass(world, 10_000);
    expect(of(world, product, operation)).toHaveLength(ours);
    expect(refusals(world)).toEqual([]);
    await pass(world, MINUTE_MS);
  });

  it.each(asked)(
    'all of %s is ours again when they have stopped',
    async (_, product, operation, ours, theirs) => {
      const world = await limitedWorld({ resources: VENDORS });
      await world.fx.console('stop sonorancms');
      await world.fx.console('stop sonorancad');
      for (let count = 0; count < 40; count++) world.startCall('lookupPlayer', `license:nobody${count}`);
      await pass(world, 10_000);
      expect(of(world, product, operation)).toHaveLength(ours + theirs);
      expect(refusals(world)).toEqual([]);
    },
  );

  it('bans go on at the full pace of account-bans', async () => {
    const world = await limitedWorld({ resources: VENDORS, use: { cms: false } });
    for (let count = 0; count < 12; count++) {
      world.sonoran.cad.addAccount({ apiIds: [`cafe${count}`] });
      world.startCall('banPlayer', `license:cafe${count}`);
    }
    await settled(world);
    expect(of(world, 'cad', 'account-bans')).toHaveLength(10);
  });
});

it('a look-up by id does not touch the limit that the vendor’s core uses', async () => {
  const world = await limitedWorld({ resources: VENDORS, use: { cad: false } });
  const { accId } = newSomebody(world);
  for (let count = 0; count < 27; count++) world.sonoran.cms.vendorCalls('accounts-search');
  for (let count = 0; count < 20; count++) {
    expect(await world.call('lookupPlayer', `account:${accId}`)).toMatchObject({ code: 'OK' });
  }
  expect(of(world, 'cms', 'accounts-search')).toEqual([]);
  expect(refusals(world)).toEqual([]);
});

describe('where look-ups share the limit of bans, as in v1', () => {
  const V1 = { use: { cms: false }, convars: { cmsban_cad_version: '1' } } as const;

  it('an export called every second, and ten times over, keeps no ban from going out at once', async () => {
    const world = await limitedWorld(V1);
    for (let second = 0; second < 30; second++) {
      for (let count = 0; count < 10; count++)
        world.startCall('lookupPlayer', `license:nobody${second}${count}`);
      if (second % 6 === 5) {
        world.sonoran.cad.addAccount({ apiIds: [`cafe${second}`] });
        const before = world.clock.elapsed();
        expect(await world.call('banPlayer', `license:cafe${second}`)).toMatchObject({ status: 'delivered' });
        expect(world.clock.elapsed()).toBe(before);
      }
      await pass(world, 1_000);
    }
    expect(refusals(world)).toEqual([]);
  });

  it('many bans go before look-ups, which are told that there is too much to do', async () => {
    const world = await limitedWorld(V1);
    for (let count = 0; count < 60; count++) {
      world.sonoran.cad.addAccount({ apiIds: [`cafe${count}`] });
      world.startCall('banPlayer', `license:cafe${count}`);
    }
    await settled(world);
    const lookUp = world.startCall('lookupPlayer', 'license:cafe0');
    const list = of(world, 'cad', 'GET_ACCOUNTS').length;
    await pass(world, 16_000);
    expect(await world.answerOf(lookUp)).toMatchObject({
      products: { cad: { code: 'EXPIRED', message: expect.stringContaining('too many look-ups') } },
    });
    expect([of(world, 'cad', 'GET_ACCOUNT').length, of(world, 'cad', 'GET_ACCOUNTS').length]).toEqual([
      0,
      list,
    ]);
    // No slower than without anybody who looks somebody up.
    expect(of(world, 'cad', 'BAN_USER').length).toBeGreaterThanOrEqual(15);
    await pass(world, 2 * MINUTE_MS);
    expect(of(world, 'cad', 'BAN_USER')).toHaveLength(60);
    expect(await world.call('lookupPlayer', 'license:cafe0')).toMatchObject({ code: 'OK' });
    expect(refusals(world)).toEqual([]);
  });
});

describe('a 429 of v1 that does not say for how long', () => {
  const CMS = { use: { cad: false }, convars: { cmsban_cms_id_types: 'license' } } as const;
  const minutes = (requests: readonly RecordedRequest[]) =>
    requests
      .slice(1)
      .map(({ elapsed }, index) => Math.round((elapsed - (requests[index]?.elapsed ?? 0)) / MINUTE_MS));

  it('is answered by a minute’s rest, then twice as long, up to an hour; also for v2 of that host', async () => {
    const world = await limitedWorld(CMS);
    world.sonoran.cms.addAccount({ apiIds: ['cafe'] });
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'rate-limit' }, 8);
    const outcome = await world.outcomeOf(() => world.fx.console('cmsban license:cafe'));
    expect(outcome).toMatchObject({
      status: 'queued',
      products: { cms: { nextTryAt: world.clock.now() + MINUTE_MS } },
    });
    const others = () => world.sonoran.cms.requests.length;
    const before = others();
    const lookUp = world.startCall('lookupPlayer', 'license:cafe');
    await pass(world, 30_000);
    expect(await world.answerOf(lookUp)).toMatchObject({ products: { cms: { code: 'EXPIRED' } } });
    expect(others()).toBe(before);
    await world.clock.advance(5 * 60 * MINUTE_MS);
    for (let step = 0; step < 12; step++)
      await world.clock.advance(30 * MINUTE_MS).then(() => settled(world));
    const bans = of(world, 'cms', 'BAN_ACCOUNT');
    expect(minutes(bans)).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
    expect(world.events.at(-1)).toMatchObject({ name: 'delivered' });
  });

  it('counts on across a restart, and begins anew after a call that was answered', async () => {
    const world = await limitedWorld(CMS);
    for (const apiId of ['cafe', 'c0de']) world.sonoran.cms.addAccount({ apiIds: [apiId] });
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'rate-limit' }, 3);
    await world.outcomeOf(() => world.fx.console('cmsban license:cafe'));
    await pass(world, MINUTE_MS + 1_000);
    await world.restart('crash');
    await pass(world, 8 * MINUTE_MS);
    expect(minutes(of(world, 'cms', 'BAN_ACCOUNT'))).toEqual([1, 2, 4]);
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'rate-limit' }, 1);
    await world.outcomeOf(() => world.fx.console('cmsban license:c0de'));
    await pass(world, MINUTE_MS + 1_000);
    expect(world.events.at(-1)).toMatchObject({ name: 'delivered' });
  });

  it('makes no more of an hour’s block than it is, though others have brought it about', async () => {
    const world = await limitedWorld(CMS);
    world.sonoran.cms.addAccount({ apiIds: ['cafe'] });
    for (let count = 0; count < 11; count++) world.sonoran.cms.vendorCalls('CHECK_COM_APIID', '/general/');
    await world.outcomeOf(() => world.fx.console('cmsban license:cafe'));
    await pass(world, 2 * 60 * MINUTE_MS);
    const bans = of(world, 'cms', 'BAN_ACCOUNT');
    expect(bans.length).toBeLessThanOrEqual(8);
    expect(bans.at(-1)?.response?.status).toBe(200);
  });
});
