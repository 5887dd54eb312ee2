import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { tryAgain } from './pending.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** What other resources hear: `cmsban:queued` at most once, and one end for every request. */

type Name = 'queued' | 'delivered' | 'refused';

const UNAVAILABLE = { kind: 'status', status: 503 } as const;
const NO = { kind: 'status', status: 400, body: 'NOT THE OWNER' } as const;

describe('a request is heard of', () => {
  interface Told {
    readonly id: string;
    readonly status: string;
    readonly again?: true;
  }

  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await world.moderator();
  });
  afterAll(() => world.close());

  interface Row {
    readonly what: string;
    /** Sets the stage. */
    readonly given?: () => void;
    readonly who?: () => Somebody;
    readonly kind?: 'ban' | 'kick' | 'unban';
    readonly target?: string;
    /** How often the soonest share is tried again. */
    readonly tries?: number;
    readonly expected: ReadonlyArray<readonly [Name, code: string]>;
  }

  const rows: readonly Row[] = [
    { what: 'confirmed by both', expected: [['delivered', 'OK']] },
    {
      what: 'confirmed by one, unknown to the other',
      who: () => newSomebody(world, { cad: [] }),
      expected: [['delivered', 'OK']],
    },
    {
      what: 'confirmed by one, refused by the other',
      given: () => world.sonoran.cms.fault('*', NO, 1),
      expected: [['delivered', 'OK']],
    },
    { what: 'lifted where it can be', kind: 'unban', expected: [['delivered', 'OK']] },
    {
      what: 'refused by both',
      given: () => {
        world.sonoran.cms.fault('*', NO, 1);
        world.sonoran.cad.fault('*', NO, 1);
      },
      expected: [['refused', 'REFUSED']],
    },
    {
      what: 'unknown to both',
      who: () => newSomebody(world, { cms: [], cad: [] }),
      expected: [['queued', 'NOT_LINKED']],
    },
    { what: 'about nobody', target: '999', expected: [['refused', 'PLAYER_NOT_FOUND']] },
    { what: 'about nothing', target: 'nothing', expected: [['refused', 'INVALID_TARGET']] },
    {
      what: 'confirmed by one, queued for the other',
      given: () => world.sonoran.cad.fault('*', UNAVAILABLE, 1),
      tries: 1,
      expected: [
        ['queued', 'QUEUED'],
        ['delivered', 'OK'],
      ],
    },
    {
      what: 'confirmed by one, queued for the other and refused there',
      given: () => {
        world.sonoran.cad.fault('*', UNAVAILABLE, 1);
        world.sonoran.cad.fault('*', NO, 1);
      },
      tries: 1,
      expected: [
        ['queued', 'QUEUED'],
        ['delivered', 'OK'],
      ],
    },
    {
      what: 'queued for both, several times',
      given: () => {
        world.sonoran.cms.fault('*', UNAVAILABLE, 2);
        world.sonoran.cad.fault('*', UNAVAILABLE, 3);
      },
      tries: 5,
      expected: [
        ['queued', 'QUEUED'],
        ['delivered', 'OK'],
      ],
    },
    {
      what: 'queued for both, and refused in the end',
      given: () => {
        for (const host of [world.sonoran.cms, world.sonoran.cad]) {
          host.fault('*', UNAVAILABLE, 1);
          host.fault('*', NO, 1);
        }
      },
      tries: 2,
      expected: [
        ['queued', 'QUEUED'],
        ['refused', 'REFUSED'],
      ],
    },
  ];

  it.each(rows)('$what', async ({ given, who, kind = 'ban', target, tries = 0, expected }) => {
    given?.();
    const before = world.events.length;
    const answer = await world.call(
      `${kind}Player`,
      target ?? `license:${(who?.() ?? newSomebody(world)).license}`,
    );
    for (let number = 0; number < tries; number++) await tryAgain(world);
    await until(() => world.events.length >= before + expected.length, 'the end');
    // Whatever else might be said about it has been said by the end of another request.
    const last = await world.call('banPlayer', 'nothing');
    const events = world.events.slice(before);
    expect(events.map(({ name, outcome }) => [name, outcome['code']])).toEqual([
      ...expected,
      ['refused', 'INVALID_TARGET'],
    ]);
    expect(events.map(({ outcome }) => outcome['id'])).toEqual([
      ...expected.map(() => answer['id']),
      last['id'],
    ]);
    for (const { name, outcome } of events) expect(outcome['status']).toBe(name);
    // The answer is the first of them; what is kept is the last.
    expect(answer).toEqual(events[0]?.outcome);
    expect(world.sonoran.cad.openRequests).toBe(0);
  });

  it('also when a command is refused', async () => {
    const moderator = world.everybody[0];
    const before = world.events.length;
    await moderator?.chatInput('/cmsban nothing');
    await moderator?.chatInput('/cmsban 999');
    expect(
      world.events.slice(before).map(({ name, outcome }) => [name, outcome['code'], outcome['origin']]),
    ).toEqual([
      ['refused', 'INVALID_TARGET', 'chat'],
      ['refused', 'PLAYER_NOT_FOUND', 'chat'],
    ]);
  });

  it('not when it is no request: a usage line, a look-up', async () => {
    const before = world.events.length;
    await world.fx.console('cmsban');
    await world.fx.console('cmslookup license:cafe');
    await world.logged('no account is linked');
    await world.call('isBanned', 'license:cafe');
    expect(world.events).toHaveLength(before);
  });

  it('once, when the same is told many times', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.fault('*', UNAVAILABLE, 1);
    world.sonoran.cad.fault('*', UNAVAILABLE, 1);
    const before = world.events.length;
    const tell = () =>
      Promise.all(
        ['a', 'b', 'c', 'd'].map((reason) => world.call<Told>('banPlayer', `license:${who.license}`, reason)),
      );
    const first = await tell();
    expect(first.map(({ status, again }) => [status, again])).toEqual([
      ['queued', undefined],
      ['queued', true],
      ['queued', true],
      ['queued', true],
    ]);
    await tryAgain(world);
    await tryAgain(world);
    await until(() => world.events.length === before + 2, 'the end');
    const second = await tell();
    expect(second.map(({ status, again }) => [status, again])).toEqual(
      Array.from({ length: 4 }, () => ['delivered', true]),
    );
    expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(1);
    const events = world.events.slice(before);
    expect(events.map(({ name, outcome }) => [name, outcome['reason']])).toEqual([
      ['queued', 'a'],
      ['delivered', 'a'],
    ]);
  });
});

it('tells the end of what is given up', async () => {
  const world = await startWorld({ convars: { cmsban_retry_hours: '1' } });
  const who = newSomebody(world);
  await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
  const start = world.clock.now();
  const answer = await world.call('banPlayer', `license:${who.license}`);
  while (world.events.length === 1) await tryAgain(world);
  expect(world.events.map(({ name, outcome }) => [name, outcome['id'], outcome['code']])).toEqual([
    ['queued', answer['id'], 'QUEUED'],
    ['refused', answer['id'], 'EXPIRED'],
  ]);
  expect(world.clock.now() - start).toBeLessThanOrEqual(60 * 60 * 1_000);
  expect(await world.call('getPending')).toEqual([]);
});

it.each([
  ['nothing is set up', { use: { cms: false, cad: false } }, 'NOT_CONFIGURED'],
  ['the caller may not', { convars: { cmsban_restrict_exports: 'true' } }, 'FORBIDDEN'],
] as const)('tells that %s', async (_, options, code) => {
  const world = await startWorld(options);
  const answer = await world.call('banPlayer', 'license:cafe');
  expect(answer).toMatchObject({ status: 'refused', code });
  expect(world.events).toEqual([{ name: 'refused', outcome: answer }]);
});
