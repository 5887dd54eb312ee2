import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import type { Fault } from '../../devserver/sonoran/fault.ts';
import { MINUTE_MS, pass, passUntil } from './ban-lists.ts';
import { callsTo } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { CAD_KEY, startWorld, type World } from './world.ts';

/** Only Sonoran's own words are verdicts; and a queue that they hold looks again by itself. */

const HOUR_MS = 60 * MINUTE_MS;

const STRANGERS: ReadonlyArray<readonly [string, Fault & { kind: 'status' }]> = [
  ...[400, 401, 403, 404, 409, 422].map(
    (status) => [`a bare ${status}`, { kind: 'status', status, body: '' }] as const,
  ),
  ['a firewall', { kind: 'status', status: 403, body: 'error code: 1020' }],
  ['a proxy that wants a login', { kind: 'status', status: 401, body: 'Unauthorized' }],
  ['a proxy that speaks plainly', { kind: 'status', status: 400, body: 'Bad Request' }],
  [
    'a gateway without a route',
    {
      kind: 'status',
      status: 404,
      body: '{"message":"no Route matched with those values"}',
      contentType: 'application/json',
    },
  ],
  [
    'a gateway that wants a key',
    { kind: 'status', status: 401, body: '{"message":"Unauthorized"}', contentType: 'application/json' },
  ],
  [
    'a framework’s own 404',
    {
      kind: 'status',
      status: 404,
      body: '{"timestamp":"2026-01-01","status":404,"error":"Not Found","path":"/"}',
      contentType: 'application/json',
    },
  ],
];

const APIS = [
  ['CMS v1', 'cms', '2'],
  ['CAD v1', 'cad', '1'],
  ['CAD v2', 'cad', '2'],
] as const;

describe.each(APIS)('what is not said by %s', (_, product, version) => {
  it.each(STRANGERS)('(%s) ends no delivery and holds no queue', async (_, fault) => {
    const world = await startWorld({
      use: { cms: product === 'cms', cad: product === 'cad' },
      convars: { cmsban_cad_version: version, cmsban_cms_id_types: 'license' },
    });
    const host = world.sonoran[product];
    const [who, other] = [newSomebody(world), newSomebody(world)];
    host.fault('*', fault, 1);
    const first = await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    expect(first).toMatchObject({ status: 'queued', code: 'QUEUED' });
    expect(first['message']).toContain(`an unexpected answer (status ${fault.status})`);
    // Nobody else waits for that.
    expect(await world.call('banPlayer', `license:${other.license}`)).toMatchObject({ status: 'delivered' });
    await passUntil(
      world,
      () => world.events.some(({ outcome }) => outcome['id'] === first['id'] && outcome['code'] === 'OK'),
      'the ban',
    );
    expect(world.log.filter((line) => line.includes('is on hold'))).toEqual([]);
  });
});

it.each(['person', 'export'] as const)(
  'a stranger’s 404 tells a %s who looks up nothing about the account',
  async (who) => {
    const world = await startWorld();
    const { license } = newSomebody(world);
    for (const host of [world.sonoran.cms, world.sonoran.cad])
      host.fault('*', { kind: 'status', status: 404, body: 'Not Found' });
    const moderator = await world.moderator();
    if (who === 'export') {
      expect(await world.call('lookupPlayer', `license:${license}`)).toMatchObject({
        products: { cms: { code: 'EXPIRED', banned: null }, cad: { code: 'EXPIRED', banned: null } },
      });
      return;
    }
    await moderator.chatInput(`/cmslookup license:${license}`);
    await until(() => moderator.chat.at(-1)?.includes('try again'), 'the answer');
  },
);

describe('a queue that is held', () => {
  /** Makes CAD refuse the key or the plan, in its own words. */
  const ILLS = [
    ['the key', (world: World) => Object.assign(world.sonoran.cad.settings, { apiKey: 'another' })],
    ['the plan', (world: World) => Object.assign(world.sonoran.cad.settings, { lacks: ['account-bans'] })],
  ] as const;
  const mend = (world: World) => Object.assign(world.sonoran.cad.settings, { apiKey: CAD_KEY, lacks: [] });

  it.each(ILLS)(
    'for %s looks again every hour, by one call, and goes on when it was mended on the web',
    async (_, spoil) => {
      const world = await startWorld({ use: { cms: false } });
      const people = Array.from({ length: 3 }, () => newSomebody(world));
      spoil(world);
      for (const { license } of people) {
        expect(await world.call('banPlayer', `license:${license}`)).toMatchObject({ status: 'queued' });
      }
      const calls = () => callsTo(world.sonoran.cad).length;
      const before = calls();
      await pass(world, HOUR_MS - MINUTE_MS);
      expect(calls()).toBe(before);
      await pass(world, 2 * MINUTE_MS);
      expect(calls()).toBe(before + 1);
      await pass(world, HOUR_MS);
      expect(calls()).toBe(before + 2);
      expect(world.log.filter((line) => line.includes('is on hold'))).toHaveLength(1);
      mend(world);
      await pass(world, HOUR_MS);
      for (const { uuid } of people) expect(world.sonoran.cad.account(uuid).status).toBe(4);
    },
  );
});
