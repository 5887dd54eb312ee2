import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import type { Fault } from '../../devserver/sonoran/fault.ts';
import { inEnglish } from '../../server/text/locale.ts';
import { duration, moment } from '../../server/text/time.ts';
import { callsTo, callsToBoth } from './calls.ts';
import { asked, newSomebody, type Somebody } from './somebody.ts';
import { CAD_KEY, CMS_KEY, openWorld, startWorld, type World } from './world.ts';

/** `/cmslookup` and `lookupPlayer`: which calls go out, and what is told. `exports.test.ts` has `isBanned`. */

const TIMEOUT_MS = 10_000;

interface ProductLookup {
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly apiId?: string;
  readonly account?: { readonly id: string | null; readonly name: string | null };
  readonly banned: boolean | null;
  readonly mirror: {
    readonly banned: boolean | null;
    readonly since: number | null;
    readonly stale: boolean;
  };
}

interface Lookup {
  readonly code: string;
  readonly message: string;
  readonly products: { readonly cms?: ProductLookup; readonly cad?: ProductLookup };
}

const lookUp = (world: World, target: unknown) => world.call<Lookup>('lookupPlayer', target);

/** The last line of a look-up that somebody types. */
async function typed(moderator: Awaited<ReturnType<World['moderator']>>, target: string) {
  const before = moderator.chat.length;
  await moderator.chatInput(`/cmslookup ${target}`);
  return until(() => moderator.chat[before + 1], 'the answer');
}

describe('CMS v2 and CAD v2', () => {
  let world: World;
  let moderator: Awaited<ReturnType<World['moderator']>>;
  let listsReadAt: number;
  beforeAll(async () => {
    world = await openWorld();
    listsReadAt = world.clock.now();
    moderator = await world.moderator();
  });
  afterEach(() => {
    world.sonoran.cms.clearFaults();
    world.sonoran.cad.clearFaults();
    world.sonoran.cms.settings.v2 = 'on';
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  /** What is said of somebody whom neither list has. */
  const notListed = () =>
    `Ban list here: not banned, list read ${duration(world.clock.now() - listsReadAt, inEnglish)} ago.`;

  /** Runs something, and returns the requests it led to. */
  async function requestsOf(run: () => Promise<unknown>) {
    const { cms, cad } = world.sonoran;
    const before = { cms: callsTo(cms).length, cad: callsTo(cad).length };
    await run();
    return { cms: callsTo(cms).slice(before.cms), cad: callsTo(cad).slice(before.cad) };
  }

  it('says at once that it looks, then which account it is in each product', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const before = moderator.chat.length;
    await moderator.chatInput(`/cmslookup ${player.id}`);
    const name = `${who.name} (${player.id})`;
    await until(() => moderator.chat.length === before + 2, 'both lines');
    expect(moderator.chat.slice(before)).toEqual([
      `cmsban: Looking up ${name}…`,
      `cmsban: ${name}: Sonoran CMS: account ${who.name} (${who.accId}), not banned. ${notListed()} Asked for: Discord ${who.discord}. ` +
        `Sonoran CAD: account ${who.name} (${who.uuid}), not banned. ${notListed()} Asked for: API ID ${who.license}.`,
    ]);
    expect(player.chat).toEqual([]);
    expect(player.connected).toBe(true);
  });

  it('asks CMS v2 by search, CAD v2 by link and then by account', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { cms, cad } = await requestsOf(() => lookUp(world, player.id));
    expect(cms).toMatchObject([
      {
        method: 'GET',
        path: '/v2/community/accounts/search',
        query: { discord: who.discord },
        body: '',
        headers: { authorization: `Bearer ${CMS_KEY}`, accept: 'application/json' },
      },
    ]);
    expect(cad).toMatchObject([
      { method: 'POST', path: '/v2/general/links/check', body: { communityUserId: who.license } },
      { method: 'GET', path: '/v2/general/accounts/account', query: { accountUuid: who.uuid } },
    ]);
    for (const { headers } of cad) expect(headers['authorization']).toBe(`Bearer ${CAD_KEY}`);
  });

  const FORMS: ReadonlyArray<{
    form: string;
    target: (who: Somebody) => string;
    cms?: (who: Somebody) => Record<string, string>;
    cad?: (who: Somebody) => Record<string, string>;
  }> = [
    {
      form: 'license',
      target: ({ license }) => `license:${license}`,
      cms: ({ license }) => ({ apiId: license }),
      cad: ({ uuid }) => ({ accountUuid: uuid }),
    },
    {
      form: 'discord',
      target: ({ discord }) => `discord:${discord}`,
      cms: ({ discord }) => ({ discord }),
      cad: ({ discord }) => ({ discord }),
    },
    {
      form: 'username',
      target: ({ name }) => `username:${name}`,
      cms: ({ name }) => ({ username: name }),
      cad: ({ name }) => ({ username: name }),
    },
    {
      form: 'account of CMS',
      target: ({ accId }) => `account:${accId}`,
      cms: () => ({}),
    },
    {
      form: 'account of CAD',
      target: ({ uuid }) => `account:${uuid}`,
      cad: ({ uuid }) => ({ accountUuid: uuid }),
    },
  ];

  it.each(FORMS)('finds by $form', async ({ target, cms, cad }) => {
    const who = newSomebody(world);
    let found: Lookup | undefined;
    const requests = await requestsOf(async () => {
      found = await lookUp(world, target(who));
    });
    expect(found?.code).toBe('OK');
    if (cms) expect(requests.cms.at(-1)?.query).toEqual(cms(who));
    if (cad) expect(requests.cad.at(-1)?.query).toEqual(cad(who));
    expect(found?.products).toMatchObject({
      cms: cms
        ? { status: 'found', code: 'OK', account: { id: who.accId, name: who.name }, banned: false }
        : { status: 'refused', code: 'NOT_LINKED' },
      cad: cad
        ? { status: 'found', code: 'OK', account: { id: who.uuid, name: who.name }, banned: false }
        : { status: 'refused', code: 'NOT_LINKED' },
    });
  });

  it('finds by the unique number in CMS, and says that CAD cannot', async () => {
    const { accId, uniqueId } = world.sonoran.cms.addAccount();
    const found = await lookUp(world, `unique:${uniqueId}`);
    expect(found).toMatchObject({
      code: 'OK',
      products: { cms: { account: { id: accId } }, cad: { code: 'UNSUPPORTED' } },
    });
    expect(found.message).toContain('Sonoran CAD: it cannot look up unique:');
  });

  it.each([
    ['neither', false, false],
    ['CMS alone', true, false],
    ['CAD alone', false, true],
    ['both', true, true],
  ] as const)('banned in %s', async (_, cms, cad) => {
    const who = newSomebody(world);
    if (cms) world.sonoran.cms.ban(who.accId);
    if (cad) world.sonoran.cad.ban(who.uuid);
    const target = `license:${who.license}`;
    // The panel's decision is told by Sonoran; the list of before does not have it.
    const mirror = { banned: false, since: null, stale: false };
    expect((await lookUp(world, target)).products).toMatchObject({
      cms: { banned: cms, mirror },
      cad: { banned: cad, mirror },
    });
    const line = await typed(moderator, target);
    const words = (is: boolean) => (is ? 'BANNED' : 'not banned');
    const [inCms = '', inCad = ''] = line.split(' Sonoran CAD: ');
    expect(inCms).toMatch(/Sonoran CMS: account .*, (?:not banned|BANNED)\. Ban list/);
    const asked = `Asked for: API ID ${who.license}.`;
    expect(inCms.endsWith(`, ${words(cms)}. ${notListed()} ${asked}`)).toBe(true);
    expect(inCad.endsWith(`, ${words(cad)}. ${notListed()} ${asked}`)).toBe(true);
  });

  it('says since when somebody is on the list here, also when Sonoran says otherwise', async () => {
    const who = newSomebody(world);
    const target = `license:${who.license}`;
    const at = world.clock.now();
    await world.call('banPlayer', target);
    const since = `BANNED since ${moment(at)} UTC, list read ${duration(at - listsReadAt, inEnglish)} ago.`;
    const mirror = { banned: true, since: at, stale: false };
    expect((await lookUp(world, target)).products).toMatchObject({
      cms: { banned: true, message: expect.stringContaining(`, BANNED. Ban list here: ${since}`), mirror },
      cad: { banned: true, message: expect.stringContaining(`, BANNED. Ban list here: ${since}`), mirror },
    });
    world.sonoran.cad.unban(who.uuid);
    expect((await lookUp(world, target)).products.cad).toMatchObject({
      banned: false,
      message: expect.stringContaining(`, not banned. Ban list here: ${since}`),
      mirror,
    });
  });

  it('says first which ban is in force here, also one that waits for a link', async () => {
    const [kept, banned] = [newSomebody(world, { cms: [], cad: [] }), newSomebody(world)];
    const bans = [
      [kept, kept.license],
      [banned, banned.license],
    ] as const;
    for (const [who, license] of bans) {
      const { id } = await world.call('banPlayer', `license:${license}`, 'rammed', { author: 'Mia' });
      const words = inEnglish('known.here', {
        author: 'Mia',
        at: moment(world.clock.now()),
        end: 'never',
        reason: 'rammed',
        id: `${id}`,
      });
      const beginning = `license:${license}: ${words} Sonoran CMS:`;
      expect(await typed(moderator, `license:${license}`)).toContain(beginning);
      expect((await lookUp(world, `license:${license}`)).message).toContain(beginning);
      // By another name that leads to the account alone.
      const other = await lookUp(world, `account:${who.accId}`);
      expect(other.message.includes(words)).toBe(who === banned);
    }
  });

  it('tries every identifier, and says so when no account is linked', async () => {
    const who = newSomebody(world, { cms: [], cad: [] });
    const player = await world.join(who.name, who.identifiers);
    const { cms, cad } = await requestsOf(() => typed(moderator, String(player.id)));
    expect(cms.map(({ query }) => query)).toEqual([
      { discord: who.discord },
      { apiId: who.discord },
      { apiId: who.steam },
      { apiId: who.license },
    ]);
    expect(cad.map((request) => (request.method === 'GET' ? request.query : asked(request)))).toEqual([
      { communityUserId: who.license },
      { communityUserId: who.steam },
      { discord: who.discord },
      { communityUserId: who.discord },
    ]);
    expect(moderator.chat.at(-1)).toMatch(/Sonoran CMS: no account is linked.*Sonoran CAD: no account/);
    const ids = [`API ID ${who.steam}`, `Discord ${who.discord}`, `API ID ${who.discord}`];
    expect(moderator.chat.at(-1)).toContain(
      `Asked for: Discord ${who.discord}, API ID ${who.discord}, API ID ${who.steam}, API ID ${who.license}. `,
    );
    expect(moderator.chat.at(-1)).toMatch(
      new RegExp(`Asked for: API ID ${who.license}, ${ids.join(', ')}\\.$`),
    );
    expect(await lookUp(world, player.id)).toMatchObject({
      code: 'NOT_LINKED',
      products: { cms: { code: 'NOT_LINKED' }, cad: { code: 'NOT_LINKED' } },
    });
  });

  it('finds by the last identifier', async () => {
    const who = newSomebody(world, { cms: ['license'], cad: ['discord'] });
    const player = await world.join(who.name, who.identifiers);
    expect(await lookUp(world, player.id)).toMatchObject({
      products: {
        cms: { apiId: who.license, account: { id: who.accId } },
        cad: { apiId: who.discord, account: { id: who.uuid } },
      },
    });
  });

  it.each([404, 501] as const)('asks CMS v1 where there is no v2 (%i)', async (status) => {
    world.sonoran.cms.settings.v2 = status;
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    let found: Lookup | undefined;
    const { cms } = await requestsOf(async () => {
      found = await lookUp(world, `discord:${who.discord}`);
    });
    expect(cms).toMatchObject([
      { method: 'GET', path: '/v2/community/accounts/search' },
      {
        method: 'POST',
        path: '/general/get_com_account',
        body: {
          id: 'cms-community',
          key: CMS_KEY,
          type: 'GET_COM_ACCOUNT',
          data: [{ discord: who.discord }],
        },
      },
    ]);
    expect(found?.products.cms).toMatchObject({
      status: 'found',
      account: { id: who.accId, name: who.name },
      banned: true,
    });
    expect(await lookUp(world, 'discord:235947056630333440')).toMatchObject({
      products: { cms: { code: 'NOT_LINKED' } },
    });
  });

  it('does not turn to CMS v1 for any other failure', async () => {
    for (const status of [400, 401, 403, 500, 503]) {
      world.sonoran.cms.fault('accounts-search', { kind: 'status', status, body: 'No' }, 1);
      const { cms } = await requestsOf(() => lookUp(world, 'discord:235947056630333440'));
      expect(cms).toHaveLength(1);
    }
  });

  it('names a player who has none of the identifiers, and asks nobody', async () => {
    const player = await world.join('Bare', ['ip:10.0.0.1', 'fivem:77']);
    const { cms, cad } = await requestsOf(() => typed(moderator, String(player.id)));
    expect([...cms, ...cad]).toEqual([]);
    expect(moderator.chat.at(-1)).toMatch(/Bare.*none of the identifiers.*discord, steam, license/);
    expect(await lookUp(world, player.id)).toMatchObject({ code: 'NO_IDENTIFIER' });
  });

  it.each([
    ['999', 'PLAYER_NOT_FOUND', 'no player with the id 999'],
    ['nonsense', 'INVALID_TARGET', '"nonsense" is not a target'],
  ])('refuses %s', async (target, code, words) => {
    const before = moderator.chat.length;
    await moderator.chatInput(`/cmslookup ${target}`);
    expect(moderator.chat.slice(before)).toMatchObject([expect.stringContaining(words)]);
    expect(await lookUp(world, target)).toMatchObject({ code, products: {} });
    expect(await world.call('isBanned', target)).toMatchObject({ banned: null, code });
  });

  it('answers in the console', async () => {
    const who = newSomebody(world);
    const before = world.log.length;
    await world.fx.console(`cmslookup license:${who.license}`);
    await until(() => world.log.length === before + 2, 'both lines');
    expect(world.log.at(-1)).toContain(`Sonoran CMS: account ${who.name} (${who.accId}), not banned.`);
  });

  it('tells what one product knows when the other cannot be asked', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 });
    const found = await lookUp(world, `license:${who.license}`);
    expect(found).toMatchObject({
      code: 'OK',
      products: { cms: { status: 'found', banned: false }, cad: { status: 'refused', banned: null } },
    });
    expect(found.message).toMatch(/Sonoran CAD: no answer .*status 503.*try again/);
    // The list of before can be told all the same.
    expect(found.products.cad).toMatchObject({
      message: expect.stringContaining(`try again. ${notListed()}`),
      mirror: { banned: false, since: null, stale: false },
    });
    world.sonoran.cms.ban(who.accId);
    expect(await lookUp(world, `license:${who.license}`)).toMatchObject({
      products: { cms: { banned: true }, cad: { banned: null } },
    });
  });

  it('is over for somebody who has left meanwhile', async () => {
    const who = newSomebody(world);
    const helper = await world.join('Gus', ['license:9005']);
    await world.fx.console('add_ace identifier.license:9005 command.cmslookup allow');
    world.sonoran.cms.fault('*', { kind: 'latency', ms: 1_000 }, 1);
    const requests = callsTo(world.sonoran.cms).length;
    await helper.chatInput(`/cmslookup license:${who.license}`);
    await until(() => callsTo(world.sonoran.cms).length > requests, 'the request');
    helper.leave();
    await world.clock.advance(1_000);
    await until(() => world.sonoran.cms.openRequests === 0, 'the answer');
    expect(helper.chat).toHaveLength(1);
  });

  const FAULTS: ReadonlyArray<readonly [title: string, fault: Fault, timesOut: boolean]> = [
    ['latency', { kind: 'latency', ms: 60_000 }, true],
    ['hang before', { kind: 'hang', when: 'before' }, true],
    ['hang in the body', { kind: 'hang', when: 'body' }, true],
    ['trickle', { kind: 'trickle', everyMs: 2_000 }, true],
    ['reset', { kind: 'reset', when: 'before' }, false],
    ['rate limit', { kind: 'rate-limit', retryAfter: 60 }, false],
    ['500', { kind: 'status', status: 500, body: 'Oh no' }, false],
    ['418', { kind: 'status', status: 418 }, false],
    ['redirect', { kind: 'redirect', location: '/elsewhere', status: 301 }, false],
    ['HTML', { kind: 'html', status: 200 }, false],
    ['empty', { kind: 'empty' }, false],
    ['wrong JSON', { kind: 'wrong-json' }, false],
    ['truncated JSON', { kind: 'truncated-json' }, false],
    ['a body without end', { kind: 'huge-body', bytes: 32 * 1_048_576 }, false],
  ];

  it.each(FAULTS)('has an answer in time, whatever comes: %s', async (_, fault, timesOut) => {
    const who = newSomebody(world);
    const { cms, cad } = world.sonoran;
    cms.fault('*', fault);
    cad.fault('*', fault);
    const requests = callsToBoth(world.sonoran).length;
    const number = world.startCall('lookupPlayer', `license:${who.license}`);
    if (timesOut) {
      await until(() => callsToBoth(world.sonoran).length === requests + 2, 'the requests');
      await world.clock.advance(TIMEOUT_MS);
    }
    const found = await world.answerOf<Lookup>(number);
    for (const share of Object.values(found.products)) {
      expect(share).toMatchObject({ status: 'refused', banned: null });
      expect(share.message).toMatch(/no answer.*try again/);
    }
    expect(Object.keys(found.products)).toEqual(['cms', 'cad']);
    await until(() => cms.openRequests + cad.openRequests === 0, 'the connections to be given up');
  });
});

describe('CAD v1', () => {
  let world: World;
  let moderator: Awaited<ReturnType<World['moderator']>>;
  beforeAll(async () => {
    world = await openWorld({ use: { cms: false }, convars: { cmsban_cad_version: '1' } });
    moderator = await world.moderator();
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  it('asks GET_ACCOUNT, which tells whether it is banned', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    const line = await typed(moderator, `license:${who.license}`);
    expect(line).toContain(
      `Sonoran CAD: account ${who.name} (${who.uuid}), BANNED. Ban list here: not banned`,
    );
    expect(callsTo(world.sonoran.cad).at(-1)).toMatchObject({
      method: 'POST',
      path: '/general/get_account',
      body: { id: 'cad-community', key: CAD_KEY, type: 'GET_ACCOUNT', data: [{ apiId: who.license }] },
    });
  });

  it('takes a Discord id as an API ID', async () => {
    const who = newSomebody(world, { cad: ['discord'] });
    const player = await world.join(who.name, who.identifiers);
    expect(await lookUp(world, player.id)).toMatchObject({
      code: 'OK',
      products: { cad: { apiId: who.discord, account: { id: who.uuid, name: who.name } } },
    });
  });

  it('says when nobody is linked', async () => {
    expect(await typed(moderator, 'license:404')).toContain('no account is linked');
    expect(await lookUp(world, 'license:404')).toMatchObject({ code: 'NOT_LINKED' });
  });

  it.each(['account', 'username'] as const)('finds by %s', async (by) => {
    const { uuid, name } = newSomebody(world);
    expect(await lookUp(world, `${by}:${by === 'account' ? uuid : name}`)).toMatchObject({
      code: 'OK',
      products: { cad: { account: { id: uuid, name }, banned: false } },
    });
  });

  it('says that it cannot look up by a number', async () => {
    const requests = callsTo(world.sonoran.cad).length;
    expect(await lookUp(world, 'unique:7')).toMatchObject({ code: 'UNSUPPORTED' });
    expect(callsTo(world.sonoran.cad)).toHaveLength(requests);
  });
});

describe('v1 on a small plan', () => {
  async function v1World(cad: { lacks: readonly string[] }) {
    const world = await startWorld({ use: { cms: false }, convars: { cmsban_cad_version: '1' }, cad });
    return { world, moderator: await world.moderator() };
  }

  it('asks CHECK_APIID where the plan lacks that: it tells a name and nothing else', async () => {
    const { world, moderator } = await v1World({ lacks: ['GET_ACCOUNT'] });
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    const line = await typed(moderator, `license:${who.license}`);
    expect(line).toContain(
      `cmsban: license:${who.license}: Sonoran CAD: account ${who.name}, ` +
        'this API does not tell whether it is banned. Ban list here: not banned',
    );
    expect(callsTo(world.sonoran.cad).at(-1)).toMatchObject({
      method: 'POST',
      path: '/general/check_apiid',
      body: { id: 'cad-community', key: CAD_KEY, type: 'CHECK_APIID', data: [{ apiId: who.license }] },
    });
    // The limit of v1 is that of bans too, and keeps some for those.
    await world.clock.advance(5_000);
    expect((await lookUp(world, `license:${who.license}`)).products.cad).toMatchObject({
      banned: null,
      mirror: { banned: false, since: null, stale: false },
    });
  });

  it('of CMS asks CHECK_COM_APIID where the plan lacks GET_COM_ACCOUNT, also by the digits of Discord', async () => {
    const world = await startWorld({ use: { cad: false }, cms: { v2: 404, lacks: ['GET_COM_ACCOUNT'] } });
    const name = 'Dana';
    world.sonoran.cms.addAccount({ accName: name, apiIds: ['235947056630333440', 'ab12'] });
    expect(await lookUp(world, 'discord:235947056630333440')).toMatchObject({
      code: 'OK',
      products: { cms: { apiId: '235947056630333440', account: { id: null, name }, banned: null } },
    });
    await world.clock.advance(5_000);
    expect(await lookUp(world, 'license:ab12')).toMatchObject({ products: { cms: { account: { name } } } });
    expect(await lookUp(world, `username:${name}`)).toMatchObject({ code: 'REFUSED' });
  });

  it('that another community does not have asks there at once', async () => {
    const world = await startWorld({ use: { cad: false }, cms: { v2: 404, lacks: ['GET_COM_ACCOUNT'] } });
    const who = newSomebody(world);
    const banned = async () => (await lookUp(world, `license:${who.license}`)).products.cms?.banned;
    expect(await banned()).toBeNull();
    Object.assign(world.sonoran.cms.settings, { communityId: 'other-community', lacks: [] });
    await world.fx.console('set cmsban_cms_community_id other-community');
    await world.logged('Sonoran CMS is set up differently now');
    await world.clock.advance(5_000);
    expect(await banned()).toBe(false);
  });
});

it('says plainly that Sonoran is down, and holds nothing up', async () => {
  const world = await startWorld();
  await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
  const moderator = await world.moderator();
  const line = await typed(moderator, 'license:cafe');
  expect(line).toMatch(/Sonoran CMS: no answer \(could not connect \(ECONNREFUSED\)\); try again/);
  expect(line).toMatch(/Sonoran CAD: no answer \(could not connect \(ECONNREFUSED\)\); try again/);
  expect((await lookUp(world, 'license:cafe')).products).toMatchObject({
    cms: { banned: null, mirror: { banned: false, stale: false } },
    cad: { banned: null, mirror: { banned: false, stale: false } },
  });
  expect(world.faults).toEqual([]);
});

it.each(['apiKey', 'communityId'] as const)('says that the credentials are wrong: %s', async (setting) => {
  const world = await startWorld({
    cms: { [setting]: 'another', v2: setting === 'apiKey' ? 'on' : 404 },
    cad: { [setting]: 'another' },
    convars: { cmsban_cad_version: setting === 'apiKey' ? '2' : '1' },
  });
  const found = await lookUp(world, 'license:cafe');
  expect(found).toMatchObject({
    code: 'BAD_CREDENTIALS',
    products: { cms: { code: 'BAD_CREDENTIALS' }, cad: { code: 'BAD_CREDENTIALS' } },
  });
  expect(found.message).toContain('tell the server owner');
});
