import { decode, encode } from '@msgpack/msgpack';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { pass } from './ban-lists.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { tryAgain } from './pending.ts';
import { asked, newSomebody, type Somebody } from './somebody.ts';
import { openWatchedWorld } from './watched.ts';
import { openWorld, startWorld, type World, type WorldOptions } from './world.ts';

/** What other resources call: what they may pass, what they get back, and who of them may. */

const resources = { 'caller-lua': new URL('./resources/caller-lua', import.meta.url).pathname };

let luaCalls = 0;

/** Calls an export from Lua; what arrived there. Lua has no null: such fields are missing. */
async function callFromLua(world: World, name: string, ...args: unknown[]): Promise<unknown> {
  const number = ++luaCalls;
  world.fx.emit('caller-lua:call', number, name, JSON.stringify(args));
  const prefix = `answer ${number} `;
  const line = await until(
    () => world.printedBy('caller-lua').find((text) => text.startsWith(prefix)),
    'the answer in Lua',
  );
  return JSON.parse(line.slice(prefix.length));
}

/** The value as Lua can have it. */
const withoutNulls = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, item: unknown) => (item === null ? undefined : item)));

const requestsOf = ({ sonoran }: World) => callsToBoth(sonoran);

const CALLERS = {
  JavaScript: (world: World) => world.call.bind(world),
  Lua: (world: World) => callFromLua.bind(null, world),
};

describe.each(['JavaScript', 'Lua'] as const)('from %s', (language) => {
  let world: World;
  let call: (name: string, ...args: unknown[]) => Promise<unknown>;
  beforeAll(async () => {
    world = await openWorld({ resources });
    call = CALLERS[language](world);
  });
  afterAll(() => world.close());

  const events = () =>
    world.printedBy(language === 'Lua' ? 'caller-lua' : 'caller').filter((line) => line.startsWith('event '));

  it.each([
    ['banPlayer', 'number'],
    ['banPlayer', 'text'],
    ['kickPlayer', 'number'],
    ['kickPlayer', 'text'],
    ['unbanPlayer', 'number'],
    ['unbanPlayer', 'text'],
  ])('%s with a server id as %s', async (name, type) => {
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    const player = await world.join(who.name, who.identifiers);
    const before = events().length;
    const answer = await call(name, type === 'number' ? player.id : String(player.id), 'speed hack', {
      author: 'anticheat',
      products: ['cad'],
    });
    expect(answer).toMatchObject({
      action: name.replace('Player', ''),
      status: 'delivered',
      code: 'OK',
      origin: 'export',
      author: 'anticheat',
      reason: 'speed hack',
      dropped: name !== 'unbanPlayer',
      target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
      products: { cad: { status: 'delivered', apiId: who.license, account: who.uuid } },
    });
    expect(Object.keys((answer as { products: object }).products)).toEqual(['cad']);
    const [event = ''] = events().slice(before);
    expect(JSON.parse(event.replace('event delivered ', ''))).toEqual(answer);
  });

  it('lookupPlayer and isBanned', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    const target = `license:${who.license}`;
    expect(await call('lookupPlayer', target)).toMatchObject({
      code: 'OK',
      target: { identifiers: [target] },
      products: {
        cms: { status: 'found', banned: true, account: { id: who.accId, name: who.name } },
        cad: { status: 'found', banned: false, account: { id: who.uuid, name: who.name } },
      },
    });
    const isBanned = () => call('isBanned', target);
    // What the panel has done since the list was read, is not known here yet.
    expect(await isBanned()).toMatchObject({ banned: false, products: { cms: false, cad: false } });
    await call('banPlayer', target, 'x', { products: ['cms'] });
    expect(await isBanned()).toMatchObject({
      banned: true,
      products: { cms: true, cad: false },
      since: world.clock.now(),
      stale: false,
      code: 'OK',
    });
  });

  it('getPending and getHistory', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    const answer = await call('banPlayer', `license:${who.license}`, 'later');
    expect(answer).toMatchObject({
      status: 'queued',
      products: { cms: { code: 'OK' }, cad: { code: 'QUEUED' } },
    });
    expect(await call('getPending')).toEqual([answer]);
    await tryAgain(world);
    expect(await call('getPending')).toEqual([]);
    const [latest] = (await call('getHistory', 1)) as Array<Record<string, unknown>>;
    expect(latest).toMatchObject({ id: (answer as { id: string }).id, status: 'delivered' });
  });

  it('a function that does not exist fails there, and nowhere else', async () => {
    expect(await call('eraseEverything')).toMatchObject({ threw: expect.stringContaining('No such export') });
    expect(await call('getPending')).toEqual([]);
  });
});

describe('arguments', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  it.each([
    [null],
    [true],
    [{}],
    [[]],
    [[12]],
    [{ id: 12 }],
    [0],
    [-1],
    [1.5],
    [2_147_483_648],
    [1e300],
    [''],
    ['  '],
    ['abc'],
    ['12abc'],
    ['ip:127.0.0.1'],
    ['license:'],
    ['^1forged\nline'],
    ['x'.repeat(100_000)],
  ])('target %j is none', async (target) => {
    const requests = requestsOf(world).length;
    const outcome = await world.call<{ message: string }>('banPlayer', target, 'speed hack');
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'INVALID_TARGET',
      reason: 'speed hack',
      author: 'caller',
      dropped: false,
      products: {},
    });
    expect(outcome.message.length).toBeLessThan(400);
    expect(outcome.message).not.toMatch(/[\^\n]/);
    expect(await world.call('lookupPlayer', target)).toMatchObject({ code: 'INVALID_TARGET', products: {} });
    expect(await world.call('isBanned', target)).toMatchObject({ code: 'INVALID_TARGET', banned: null });
    expect(requestsOf(world)).toHaveLength(requests);
  });

  it('no target at all is none', async () => {
    for (const name of ['banPlayer', 'kickPlayer', 'unbanPlayer', 'lookupPlayer', 'isBanned']) {
      expect(await world.call(name)).toMatchObject({ code: 'INVALID_TARGET' });
    }
  });

  it.each([[999], ['999']])('target %j is not here', async (target) => {
    for (const name of ['banPlayer', 'lookupPlayer', 'isBanned']) {
      expect(await world.call(name, target)).toMatchObject({ code: 'PLAYER_NOT_FOUND' });
    }
  });

  it.each([
    ['missing', [], ''],
    ['null', [null], ''],
    ['empty', [''], ''],
    ['harmful', ['^1cheats\n[cmsban]'], '1cheats [cmsban]'],
    ['endless', ['x'.repeat(100_000)], `${'x'.repeat(255)}…`],
  ])('a reason may be %s', async (_, args, reason) => {
    const who = newSomebody(world);
    expect(await world.call('banPlayer', `license:${who.license}`, ...args)).toMatchObject({
      status: 'delivered',
      reason,
    });
  });

  it.each([[5], [true], [{}], [['x']]])('a reason cannot be %j', async (reason) => {
    const who = newSomebody(world);
    const requests = requestsOf(world).length;
    expect(await world.call('banPlayer', `license:${who.license}`, reason)).toMatchObject({
      status: 'refused',
      code: 'REFUSED',
      message: expect.stringContaining('reason'),
    });
    expect(requestsOf(world)).toHaveLength(requests);
  });

  it.each([
    [null],
    [{}],
    [[]],
    [{ author: null, drop: null, products: null }],
    [{ author: '' }],
    [{ author: ' \t' }],
    [{ author: '^' }],
  ])('options %j leave everything as it is', async (options) => {
    const who = newSomebody(world);
    expect(await world.call('banPlayer', `license:${who.license}`, 'x', options)).toMatchObject({
      status: 'delivered',
      author: 'caller',
      products: { cms: { code: 'OK' }, cad: { code: 'OK' } },
    });
  });

  it.each([
    [{ products: ['cms'] }, ['cms']],
    [{ products: ['cad'] }, ['cad']],
    [{ products: ['cad', 'cms', 'cad'] }, ['cms', 'cad']],
  ])('options %j choose the products', async (options, expected) => {
    const who = newSomebody(world);
    const requests = requestsOf(world).length;
    const { products } = await world.call<{ products: object }>(
      'banPlayer',
      `license:${who.license}`,
      'x',
      options,
    );
    expect(Object.keys(products)).toEqual(expected);
    expect(requestsOf(world)).toHaveLength(requests + expected.length);
  });

  it.each([
    ['always', 'options'],
    [5, 'options'],
    [true, 'options'],
    [['always'], 'options'],
    [{ drop: 'now' }, 'drop'],
    [{ drop: true }, 'drop'],
    [{ products: 'cms' }, 'products'],
    [{ products: [] }, 'products'],
    [{ products: ['mdt'] }, 'products'],
    [{ products: ['cms', 1] }, 'products'],
    [{ products: { cms: true } }, 'products'],
    [{ author: 5 }, 'author'],
    [{ author: {} }, 'author'],
    [{ author: 'me', drop: 'x'.repeat(10_000) }, 'drop'],
  ])('options %j are refused, and what is wrong is named', async (options, field) => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const requests = requestsOf(world).length;
    const outcome = await world.call<{ message: string }>('banPlayer', player.id, 'x', options);
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'REFUSED',
      message: expect.stringContaining(field),
    });
    expect(outcome.message.length).toBeLessThan(300);
    expect(requestsOf(world)).toHaveLength(requests);
    expect(player.connected).toBe(true);
  });

  it('whatever they are, the answer is an outcome', async () => {
    const anything = fc.oneof(
      fc.anything({ withBigInt: false, withTypedArray: true, withMap: false, withSet: false, maxDepth: 2 }),
      fc.constant(() => 'a function'),
      fc.constant(undefined),
    );
    const NAMES = [
      'banPlayer',
      'kickPlayer',
      'unbanPlayer',
      'lookupPlayer',
      'isBanned',
      'getHistory',
    ] as const;
    const encodable = fc.array(anything, { maxLength: 4 }).filter((args) => {
      try {
        return !JSON.stringify(args).includes('"__proto__"');
      } catch {
        return false;
      }
    });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...NAMES), encodable, async (name, args) => {
        const answer = await world.fx.callExport('caller', 'cmsban', name, ...args);
        if (name === 'getHistory') expect(answer).toBeInstanceOf(Array);
        else expect(answer).toMatchObject({ code: expect.any(String), message: expect.any(String) });
      }),
      { seed: 20_261_121, numRuns: 300 },
    );
    expect(world.fx.swallowed).toEqual([]);
    expect(world.log.join('\n')).not.toContain('internal error');
  });

  it('a product that is not in use is named', async () => {
    const cmsOnly = await startWorld({ use: { cad: false } });
    const who = newSomebody(cmsOnly);
    expect(
      await cmsOnly.call('banPlayer', `license:${who.license}`, 'x', { products: ['cad'] }),
    ).toMatchObject({ status: 'refused', code: 'NOT_CONFIGURED', message: expect.stringContaining('cad') });
    expect(
      await cmsOnly.call('banPlayer', `license:${who.license}`, 'x', { products: ['cad', 'cms'] }),
    ).toMatchObject({ status: 'delivered', products: { cms: { code: 'OK' } } });
  });
});

describe('outcomes cross unchanged', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWatchedWorld({ resources });
  });
  afterAll(() => world.close());

  const SITUATIONS: ReadonlyArray<[what: string, act: (who: Somebody) => Promise<unknown[]>]> = [
    ['delivered', async ({ license }) => ['banPlayer', `license:${license}`, 'speed "hack" ☠']],
    [
      'delivered to somebody here',
      async (who) => ['banPlayer', (await world.join(who.name, who.identifiers)).id],
    ],
    ['lifted', async ({ license }) => ['unbanPlayer', `license:${license}`]],
    ['by account', async ({ accId }) => ['kickPlayer', `account:${accId}`]],
    ['not found', async () => ['banPlayer', 999]],
    ['no target', async () => ['banPlayer', { a: [1, null] }, null, null]],
    ['wrong options', async ({ license }) => ['banPlayer', `license:${license}`, 'x', { drop: 'now' }]],
    [
      'queued',
      async ({ license }) => {
        world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
        return ['banPlayer', `license:${license}`];
      },
    ],
  ];

  it.each(SITUATIONS)('%s', async (_, act) => {
    const [name = '', ...args] = await act(newSomebody(world));
    const before = {
      built: world.log.length,
      events: world.events.length,
      lua: world.printedBy('caller-lua').length,
    };
    const answer = await world.call(String(name), ...args);
    const line = world.log.slice(before.built).find((text) => text.startsWith('built '));
    const built: unknown = JSON.parse(line?.slice('built '.length) ?? '');
    expect(answer).toEqual(built);
    expect(world.events[before.events]?.outcome).toEqual(built);
    expect(decode(encode(built))).toEqual(built);
    const inLua = world.printedBy('caller-lua').slice(before.lua)[0] ?? '';
    const copy = JSON.parse(inLua.replace(/^event \w+ /, ''));
    // An empty table of Lua is an empty list in JSON.
    expect({ ...copy, products: { ...copy.products } }).toEqual(withoutNulls(built));
    if ((answer as { status: string }).status === 'queued') await tryAgain(world);
  });
});

describe('cmsban_restrict_exports', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      resources,
      convars: { cmsban_restrict_exports: 'true' },
      config: [
        'add_ace resource.caller cmsban.ban allow',
        'add_ace resource.boss cmsban allow',
        'add_ace resource.fired cmsban allow',
        'add_ace resource.fired cmsban.ban deny',
      ],
    });
  });
  afterAll(() => world.close());

  const MAY: Readonly<Record<string, readonly string[]>> = {
    caller: ['ban'],
    boss: ['ban', 'kick', 'unban'],
    fired: ['kick', 'unban'],
    stranger: [],
  };
  const rows = Object.entries(MAY).flatMap(([resource, may]) =>
    ['ban', 'kick', 'unban'].map((action) => ({ resource, action, allowed: may.includes(action) })),
  );

  it.each(rows)('$resource may $action: $allowed', async ({ resource, action, allowed }) => {
    const who = newSomebody(world);
    const requests = requestsOf(world).length;
    const outcome = await world.fx.callExport(
      resource,
      'cmsban',
      `${action}Player`,
      `license:${who.license}`,
    );
    if (allowed) {
      expect(outcome).toMatchObject({ status: 'delivered', author: resource });
    } else {
      expect(outcome).toMatchObject({
        status: 'refused',
        code: 'FORBIDDEN',
        message: expect.stringContaining(`add_ace resource.${resource} cmsban.${action} allow`),
        author: resource,
      });
      expect(requestsOf(world)).toHaveLength(requests);
    }
  });

  it('holds for Lua too, and takes no word of the caller for who it is', async () => {
    const who = newSomebody(world);
    const outcome = await callFromLua(world, 'banPlayer', `license:${who.license}`, 'x', { author: 'boss' });
    expect(outcome).toMatchObject({ code: 'FORBIDDEN', message: expect.stringContaining('caller-lua') });
  });

  it('leaves questions free', async () => {
    const who = newSomebody(world);
    for (const [name, ...args] of [
      ['lookupPlayer', `license:${who.license}`],
      ['isBanned', `license:${who.license}`],
    ] as const) {
      expect(await world.fx.callExport('stranger', 'cmsban', name, ...args)).toMatchObject({ code: 'OK' });
    }
    expect(await world.fx.callExport('stranger', 'cmsban', 'getPending')).toEqual([]);
  });

  it('does not hold for commands and txAdmin', async () => {
    const who = newSomebody(world);
    const before = world.events.length;
    await world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: who.identifiers });
    expect(await until(() => world.events[before], 'the outcome')).toMatchObject({ name: 'delivered' });
  });
});

describe('getPending', () => {
  it('lists what is on its way while Sonoran is down, the oldest first', async () => {
    const world = await startWorld();
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    const [one, other] = [newSomebody(world), newSomebody(world)];
    const answers = [
      await world.call('banPlayer', `license:${one.license}`, 'first'),
      await world.call('kickPlayer', `license:${other.license}`, 'second'),
    ];
    expect(answers).toMatchObject([{ status: 'queued' }, { status: 'queued' }]);
    const pending = await world.call<Array<{ products: object }>>('getPending');
    expect(pending).toMatchObject([
      { reason: 'first', status: 'queued', code: 'QUEUED' },
      { reason: 'second', status: 'queued', code: 'QUEUED' },
    ]);
    for (const { products } of pending) {
      for (const share of Object.values(products)) {
        expect(share).toMatchObject({
          status: 'queued',
          message: expect.stringContaining('could not connect'),
          nextTryAt: expect.any(Number),
        });
        expect(share.nextTryAt).toBeGreaterThan(world.clock.now());
      }
    }
  });
});

describe('getHistory', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_history_limit: '4' } });
    await kick('1', '2', '3', '4');
  });
  afterAll(() => world.close());

  const reasons = async (...args: unknown[]) =>
    (await world.call<Array<{ reason: string }>>('getHistory', ...args)).map(({ reason }) => reason);

  async function kick(...names: string[]): Promise<void> {
    for (const name of names) await world.call('kickPlayer', `license:${newSomebody(world).license}`, name);
  }

  it('has the newest first, also of one moment, and as many as the owner says', async () => {
    await kick('5', '6', '7', '8', '9');
    expect(await reasons()).toEqual(['9', '8', '7', '6']);
    expect(await reasons(2)).toEqual(['9', '8']);
    expect(await reasons(100)).toEqual(['9', '8', '7', '6']);
  });

  it('has the newest first when the wall clock was set back', async () => {
    await kick('before');
    world.clock.jump(-60_000);
    await kick('after');
    expect(await reasons(2)).toEqual(['after', 'before']);
  });

  it.each([null, 0, -1, 1.5, 'two', {}])('takes a limit of %j for none', async (limit) => {
    expect(await reasons(limit)).toHaveLength(4);
  });

  it('has what is on its way among the rest', async () => {
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    await kick('queued');
    await kick('settled');
    expect(await reasons(2)).toEqual(['settled', 'queued']);
    await tryAgain(world);
    expect(await reasons(2)).toEqual(['settled', 'queued']);
  });
});

describe('isBanned', () => {
  interface Answer {
    readonly banned: boolean | null;
    readonly code: string;
  }

  const isBanned = (world: World, target: unknown) => world.call<Answer>('isBanned', target);

  /** Starts cmsban in a world that was furnished first, and waits until it has read the lists. */
  async function begin(world: World): Promise<void> {
    await world.fx.console('ensure cmsban');
    await world.listsRead();
  }

  /** Somebody who is banned in Sonoran before cmsban starts. */
  async function bannedBefore(
    where: { readonly cms?: boolean; readonly cad?: boolean },
    options: WorldOptions = {},
  ) {
    const world = await startWorld({ ...options, start: false });
    const who = newSomebody(world);
    if (where.cms) world.sonoran.cms.ban(who.accId);
    if (where.cad) world.sonoran.cad.ban(who.uuid);
    await begin(world);
    return { world, who };
  }

  it.each([
    [
      'CMS',
      { cms: true },
      (who: Somebody) => who.accId,
      'CMS: BANNED, list read 0 s ago. Sonoran CAD: not banned,',
    ],
    [
      'CAD',
      { cad: true },
      (who: Somebody) => who.uuid,
      'CMS: not banned, list read 0 s ago. Sonoran CAD: BANNED,',
    ],
    [
      'both',
      { cms: true, cad: true },
      (who: Somebody) => who.accId,
      'CMS: BANNED, list read 0 s ago. Sonoran CAD: BANNED,',
    ],
  ] as const)('tells who is banned in %s, by which account', async (_, where, accountOf, words) => {
    const { world, who } = await bannedBefore(where);
    const target = `license:${who.license}`;
    expect(await isBanned(world, target)).toEqual({
      banned: true,
      products: { cms: false, cad: false, ...where },
      account: accountOf(who),
      stale: false,
      code: 'OK',
      message: `${target}: Sonoran ${words} list read 0 s ago.`,
    });
  });

  it('tells who is not banned', async () => {
    const { world, who } = await bannedBefore({});
    for (const target of [`license:${who.license}`, `account:${who.accId}`, 'discord:235947056630333440']) {
      expect(await isBanned(world, target)).toEqual({
        banned: false,
        products: { cms: false, cad: false },
        stale: false,
        code: 'OK',
        message: `${target}: Sonoran CMS: not banned, list read 0 s ago. Sonoran CAD: not banned, list read 0 s ago.`,
      });
    }
  });

  it('knows them by any identifier that Sonoran lists, by their account, and by their place on the server', async () => {
    const { world, who } = await bannedBefore({ cms: true });
    const cms = { banned: true, products: { cms: true, cad: false }, account: who.accId };
    for (const target of [
      `license:${who.license.toUpperCase()}`,
      `steam:${who.steam}`,
      `discord:${who.discord}`,
      `account:${who.accId.toUpperCase()}`,
    ]) {
      expect(await isBanned(world, target)).toMatchObject(cms);
    }
    expect(await isBanned(world, `account:${who.uuid}`)).toMatchObject({ banned: false });
    // The same value under a type that is no API ID here.
    expect(await isBanned(world, `license2:${who.license}`)).toMatchObject({ banned: false });
    await world.fx.console(`add_ace identifier.license:${who.license} cmsban.gate.bypass allow`);
    const player = await world.join(who.name, who.identifiers);
    expect(await isBanned(world, player.id)).toMatchObject({
      ...cms,
      message: expect.stringContaining(`${who.name} (${player.id}): Sonoran CMS: BANNED`),
    });
  });

  it('knows what was decided here at once, since when, and what was lifted', async () => {
    const { world, who } = await bannedBefore({});
    const target = `license:${who.license}`;
    const at = world.clock.now();
    const { id } = await world.call('banPlayer', target, 'x', { products: ['cad'] });
    await world.clock.advance(180_000);
    expect(await isBanned(world, target)).toEqual({
      banned: true,
      products: { cms: false, cad: true },
      id,
      reason: 'x',
      account: who.uuid,
      since: at,
      stale: false,
      code: 'OK',
      message:
        `${target}: BANNED here by caller since 2026-01-01 00:00 UTC. Ends: never. Reason: x. Ban id: ${id}. ` +
        'Sonoran CMS: not banned, list read 3 min ago. Sonoran CAD: BANNED since 2026-01-01 00:00 UTC, list read 3 min ago.',
    });
    await world.call('unbanPlayer', target);
    expect(await isBanned(world, target)).toMatchObject({
      banned: false,
      products: { cms: false, cad: false },
    });
  });

  it('makes no request, whatever it is asked, and knows what it knew when Sonoran is down', async () => {
    const { world, who } = await bannedBefore({ cms: true });
    const ask = async () => {
      const answers: Answer[] = [];
      for (const target of [
        `license:${who.license}`,
        `account:${who.uuid}`,
        'username:Nora',
        'nonsense',
        9,
      ]) {
        answers.push(await isBanned(world, target));
      }
      return answers;
    };
    const { cms, cad } = world.sonoran;
    // Until what is registered of the banned account has been read.
    await pass(world, 10_000);
    const requests = cms.requests.length + cad.requests.length;
    const before = await ask();
    await world.clock.advance(10_000);
    expect(cms.requests.length + cad.requests.length).toBe(requests);
    await Promise.all([cms.down(), cad.down()]);
    expect((await ask()).map(({ banned, code }) => [banned, code])).toEqual(
      before.map(({ banned, code }) => [banned, code]),
    );
    expect(before.map(({ banned }) => banned)).toEqual([true, false, null, null, null]);
  });

  it('knows of a CAD that says that it has no list what was decided here', async () => {
    const options = { convars: { cmsban_cad_version: '1' }, cad: { lacks: ['GET_ACCOUNTS'] } };
    const { world, who } = await bannedBefore({ cad: true }, options);
    const target = `license:${who.license}`;
    await until(() => world.log.some((line) => line.includes('Sonoran CAD has no ban list')), 'the line');
    expect(await isBanned(world, target)).toMatchObject({
      banned: false,
      products: { cms: false, cad: false },
      stale: false,
      message: `${target}: Sonoran CMS: not banned, list read 0 s ago. Sonoran CAD: not banned.`,
    });
    await world.call('banPlayer', target, 'x', { products: ['cad'] });
    expect(await isBanned(world, target)).toMatchObject({
      banned: true,
      products: { cms: false, cad: true },
      account: who.uuid,
      since: world.clock.now(),
      stale: false,
    });
  });

  it.each([
    ['CAD is down', ({ sonoran }: World) => sonoran.cad.down()],
    [
      'CAD does not accept the key',
      ({ sonoran }: World) => Object.assign(sonoran.cad.settings, { apiKey: 'another' }),
    ],
    ['the list is unreadable', ({ sonoran }: World) => sonoran.cad.fault('accounts', { kind: 'wrong-json' })],
  ])('cannot tell who is banned in CAD when %s, but who is in CMS', async (_, spoil) => {
    const world = await startWorld({ start: false });
    const [one, other] = [newSomebody(world), newSomebody(world)];
    world.sonoran.cms.ban(one.accId);
    world.sonoran.cad.ban(other.uuid);
    await spoil(world);
    await begin(world);
    expect(await isBanned(world, `license:${one.license}`)).toMatchObject({
      banned: true,
      products: { cms: true, cad: null },
      account: one.accId,
      stale: true,
      code: 'OK',
    });
    const target = `license:${other.license}`;
    expect(await isBanned(world, target)).toEqual({
      banned: null,
      products: { cms: false, cad: null },
      stale: true,
      code: 'OK',
      message: `${target}: Sonoran CMS: not banned, list read 0 s ago. Sonoran CAD: nothing known yet.`,
    });
  });

  it('says that it is out of date when the list could not be read for long', async () => {
    const { world, who } = await bannedBefore({ cms: true }, { convars: { cmsban_mirror_minutes: '1' } });
    await world.sonoran.cms.down();
    await world.clock.advance(600_000);
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({
      banned: true,
      stale: true,
      message: expect.stringContaining(
        'Sonoran CMS: BANNED, list read 10 min ago, so it may be out of date. Sonoran CAD: not banned,',
      ),
    });
  });

  it.each(['username:Nora', 'unique:7'])('does not know %s: lists have no names', async (target) => {
    const { world } = await bannedBefore({ cms: true });
    expect(await isBanned(world, target)).toEqual({
      banned: null,
      products: {},
      stale: true,
      code: 'UNSUPPORTED',
      message: 'The ban list here does not know names. Use a server id, an identifier or account:<uuid>.',
    });
  });

  it.each([
    [999, 'PLAYER_NOT_FOUND', 'There is no player with the id 999.'],
    ['nonsense', 'INVALID_TARGET', '"nonsense" is not a target.'],
  ])('cannot tell of %j: %s', async (target, code, words) => {
    const { world } = await bannedBefore({});
    expect(await isBanned(world, target)).toEqual({
      banned: null,
      products: {},
      stale: true,
      code,
      message: expect.stringContaining(words),
    });
  });

  it('when no product is in use', async () => {
    const world = await startWorld({ use: { cms: false, cad: false } });
    expect(await isBanned(world, 'license:cafe')).toEqual({
      banned: null,
      products: {},
      stale: true,
      code: 'NOT_CONFIGURED',
      message: expect.stringContaining('not set up'),
    });
  });
});

describe('callers', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ resources });
  });
  afterAll(() => world.close());

  it.each(['caller', 'caller-lua'])(
    'that stop while a call is pending cost nothing: %s',
    async (resource) => {
      const who = newSomebody(world);
      const player = await world.join(who.name, who.identifiers);
      world.sonoran.cad.fault('*', { kind: 'latency', ms: 1_000 }, 1);
      const requests = callsTo(world.sonoran.cad).length;
      world.fx.emit(`${resource}:call`, 10_000, 'banPlayer', JSON.stringify([player.id, resource]));
      await until(() => callsTo(world.sonoran.cad).length > requests, 'the request');
      await world.fx.console(`stop ${resource}`);
      await world.clock.advance(1_000);
      await until(() => world.log.some((line) => line.includes(`Reason: ${resource}`)), 'the end');
      expect(player.connected).toBe(false);
      expect(world.log.join('\n')).not.toContain('internal error');
      await world.fx.console(`start ${resource}`);
      expect(await world.call('getHistory', 1)).toMatchObject([{ reason: resource, status: 'delivered' }]);
    },
  );

  it('that call fifty times in one tick get fifty answers', async () => {
    const people = Array.from({ length: 50 }, () => newSomebody(world));
    const requests = requestsOf(world).length;
    const calls = people.map(({ license }) => world.startCall('banPlayer', `license:${license}`, 'raid'));
    const answers = await Promise.all(
      calls.map((number) => world.answerOf<{ id: string; target: object }>(number)),
    );
    expect(answers.map(({ target }) => target)).toEqual(
      people.map(({ license }) => ({ name: null, identifiers: [`license:${license}`], account: null })),
    );
    expect(new Set(answers.map(({ id }) => id)).size).toBe(50);
    // Ten bans a minute, five calls in five seconds: the others have been told to wait, and go out in time.
    expect(answers.every((answer) => 'code' in answer && /^(OK|QUEUED)$/.test(String(answer.code)))).toBe(
      true,
    );
    for (let minute = 0; minute < 6; minute++) {
      for (let step = 0; step < 12; step++) {
        await world.clock.advance(5_000);
        await until(() => world.sonoran.cms.openRequests + world.sonoran.cad.openRequests === 0, 'answers');
      }
    }
    expect(await world.call('getPending')).toEqual([]);
    expect(requestsOf(world)).toHaveLength(requests + 100);
  });

  it('that call fifty times about one person are heard in order', async () => {
    const who = newSomebody(world);
    const before = callsTo(world.sonoran.cad).length;
    const kinds = Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? 'ban' : 'unban'));
    const calls = kinds.map((kind) =>
      world.startCall(`${kind}Player`, `license:${who.license}`, 'x', { products: ['cad'] }),
    );
    const answers = await Promise.all(calls.map((number) => world.answerOf(number)));
    expect(answers.every(({ status }) => typeof status === 'string')).toBe(true);
    for (let minute = 0; minute < 6; minute++) {
      await world.clock.advance(60_000);
      await until(() => world.sonoran.cad.openRequests === 0, 'answers');
    }
    expect(await world.call('getPending')).toEqual([]);
    const flags = callsTo(world.sonoran.cad)
      .slice(before)
      .map(asked)
      .map((body) => typeof body === 'object' && body !== null && 'isBan' in body && body.isBan);
    expect(flags.at(-1)).toBe(false);
    expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
  });
});
