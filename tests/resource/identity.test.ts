import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { tryAgain } from './pending.ts';
import { asked, newSomebody, type Somebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** From identifiers to API IDs: which names go over the wire, in which order, until which answer. */

const BAN = { isBan: true };

/** The calls that do something. */
const SANCTIONS: ReadonlySet<string> = new Set(['BAN_ACCOUNT', 'BAN_USER', 'account-bans']);

type Ban = (who: Somebody) => Promise<Record<string, unknown>>;

/** Bans whom the console names, and waits for the end. */
async function banned(world: World, target: string): Promise<Record<string, unknown>> {
  const before = world.events.length;
  await world.fx.console(`cmsban ${target} being rude`);
  return until(() => world.events[before]?.outcome, 'the outcome');
}

const namesFor = (world: World) => ({
  cms: callsTo(world.sonoran.cms).map(asked),
  cad: callsTo(world.sonoran.cad).map(asked),
});

describe('the candidates of somebody whom nobody knows', () => {
  const rows: ReadonlyArray<{
    title: string;
    convars: Record<string, string>;
    extra?: readonly string[];
    cms: (who: Somebody) => object[];
    cad: (who: Somebody) => object[];
  }> = [
    {
      title: 'as set by default',
      convars: {},
      cms: ({ discord, steam, license }) => [
        { discord },
        { apiId: discord },
        { apiId: steam },
        { apiId: license },
      ],
      // The first costs a call of bans, the rest none.
      cad: ({ discord, steam, license }) => [
        { communityUserId: license, ...BAN },
        { communityUserId: steam },
        { discord },
        { communityUserId: discord },
      ],
    },
    {
      title: 'with CAD v1, which knows Discord ids as API IDs',
      convars: { cmsban_cad_version: '1' },
      cms: ({ discord, steam, license }) => [
        { discord },
        { apiId: discord },
        { apiId: steam },
        { apiId: license },
      ],
      cad: ({ discord, steam, license }) => [
        { apiId: license, ...BAN },
        { apiId: steam, ...BAN },
        { apiId: discord, ...BAN },
      ],
    },
    {
      title: 'prefixed',
      convars: { cmsban_api_id_format: 'prefixed' },
      cms: ({ discord, steam, license }) => [
        { discord },
        { apiId: discord },
        { apiId: `steam:${steam}` },
        { apiId: `license:${license}` },
      ],
      cad: ({ discord, steam, license }) => [
        { communityUserId: `license:${license}`, ...BAN },
        { communityUserId: `steam:${steam}` },
        { discord },
        { communityUserId: discord },
      ],
    },
    {
      title: 'upper, with CAD v1',
      convars: { cmsban_api_id_format: 'upper', cmsban_cad_version: '1' },
      cms: ({ discord, steam, license }) => [
        { discord },
        { apiId: discord },
        { apiId: `STEAM:${steam}` },
        { apiId: `LICENSE:${license}` },
      ],
      cad: ({ discord, steam, license }) => [
        { apiId: `LICENSE:${license}`, ...BAN },
        { apiId: `STEAM:${steam}`, ...BAN },
        { apiId: discord, ...BAN },
      ],
    },
    {
      title: 'in an order of the owner, each once',
      convars: { cmsban_cms_id_types: 'license2, xbl,license2', cmsban_cad_id_types: 'discord,fivem,live' },
      extra: ['license2:c0de', 'fivem:77', 'xbl:2535', 'xbl:2535', 'live:9999'],
      cms: () => [{ apiId: 'c0de' }, { apiId: '2535' }],
      cad: ({ discord }) => [
        { discord, ...BAN },
        { communityUserId: discord },
        { communityUserId: '77' },
        { communityUserId: '9999' },
      ],
    },
    {
      title: 'several of one type',
      convars: { cmsban_cms_id_types: 'license', cmsban_cad_id_types: 'license' },
      extra: ['license:second'],
      cms: ({ license }) => [{ apiId: license }, { apiId: 'second' }],
      cad: ({ license }) => [{ communityUserId: license, ...BAN }, { communityUserId: 'second' }],
    },
  ];

  it.each(rows)('$title', async ({ convars, extra = [], cms, cad }) => {
    const world = await startWorld({ convars });
    const who = newSomebody(world, { cms: [], cad: [] });
    const player = await world.join(who.name, [...who.identifiers, ...extra]);

    const outcome = await banned(world, String(player.id));

    expect(namesFor(world)).toEqual({ cms: cms(who), cad: cad(who) });
    expect(outcome).toMatchObject({
      status: 'queued',
      code: 'NOT_LINKED',
      products: { cms: { code: 'NOT_LINKED' }, cad: { code: 'NOT_LINKED' } },
    });
    expect(player.connected).toBe(false);
    const wire = [...world.sonoran.cms.requests, ...world.sonoran.cad.requests];
    expect(JSON.stringify(wire.map(({ body, query }) => [body, query]))).not.toMatch(/127\.0\.0\.1|\bip\b/);
    expect(JSON.stringify(outcome)).not.toContain('127.0.0.1');
  });
});

describe.each(['CMS', 'CAD v1', 'CAD v2'] as const)('the next candidate in %s', (api) => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      use: { cms: api === 'CMS', cad: api !== 'CMS' },
      convars: {
        cmsban_cad_version: api === 'CAD v1' ? '1' : '2',
        cmsban_cms_id_types: 'license,steam,discord',
        cmsban_request_timeout_ms: '500',
      },
    });
  });
  afterAll(() => world.close());

  const host = () => (api === 'CMS' ? world.sonoran.cms : world.sonoran.cad);
  const product = api === 'CMS' ? 'cms' : 'cad';
  /** By which names it was called, whatever was asked of them first. */
  const valuesSince = (before: number) =>
    callsTo(host())
      .slice(before)
      .filter(({ operation }) => SANCTIONS.has(operation))
      .map((request) => Object.values(asked(request) as object)[0]);

  const ban: Ban = async (who) => {
    const player = await world.join(who.name, who.identifiers);
    return banned(world, String(player.id));
  };

  it.each([400, 404] as const)('is tried on "not linked" (status %d)', async (status) => {
    host().settings.notLinkedStatus = status;
    const before = callsTo(host()).length;
    const who = newSomebody(world, { cms: ['discord'], cad: ['discord'] });
    const outcome = await ban(who);
    // CAD v2 is asked first which of the rest is linked.
    expect(valuesSince(before)).toEqual(
      api === 'CAD v2' ? [who.license, who.discord] : [who.license, who.steam, who.discord],
    );
    expect(outcome).toMatchObject({ status: 'delivered', products: { [product]: { apiId: who.discord } } });
  });

  it('is not asked for when the one before is known', async () => {
    const before = callsTo(host()).length;
    const who = newSomebody(world, { cms: ['steam', 'discord'], cad: ['steam', 'discord'] });
    expect(await ban(who)).toMatchObject({ products: { [product]: { apiId: who.steam } } });
    expect(valuesSince(before)).toEqual([who.license, who.steam]);
  });

  it.each([
    ['a 500', { kind: 'status', status: 500, body: 'oops' }],
    ["a proxy's page", { kind: 'html' }],
    ["a proxy's 404", { kind: 'html', status: 404 }],
    ['an empty 404', { kind: 'status', status: 404, body: '' }],
    ['a rate limit', { kind: 'rate-limit' }],
    ['a reset', { kind: 'reset', when: 'before' }],
    ['an answer that is cut off', { kind: 'hang', when: 'body' }],
    ['no answer', { kind: 'hang', when: 'before' }],
  ] as const)('is not tried on %s; the same one is, later', async (_, fault) => {
    const who = newSomebody(world, { cms: ['steam'], cad: ['steam'] });
    const before = { requests: callsTo(host()).length, events: world.events.length };
    host().fault('*', fault, 1);
    const player = await world.join(who.name, who.identifiers);
    await world.fx.console(`cmsban ${player.id} being rude`);
    if (fault.kind === 'hang') {
      await until(() => callsTo(host()).length > before.requests, 'the request');
      await world.clock.advance(500);
    }
    const queued = await until(() => world.events[before.events], 'the first answer');
    expect(queued).toMatchObject({ name: 'queued', outcome: { code: 'QUEUED' } });
    expect(valuesSince(before.requests)).toEqual([who.license]);

    await tryAgain(world);
    const last = await until(() => world.events[before.events + 1], 'the end');
    expect(last).toMatchObject({
      name: 'delivered',
      outcome: { products: { [product]: { apiId: who.steam } } },
    });
    expect(valuesSince(before.requests)).toEqual([who.license, who.license, who.steam]);
  });

  it.each([
    ['the key', 'INVALID API KEY', 'queued', 'BAD_CREDENTIALS'],
    ['the plan', 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY', 'queued', 'REFUSED'],
    ['something of its own', 'THE OWNER CANNOT BE BANNED', 'refused', 'REFUSED'],
  ])('is not tried when it is refused for %s', async (_, body, status, code) => {
    const before = callsTo(host()).length;
    host().fault('*', { kind: 'status', status: 400, body, contentType: 'text/plain' }, 1);
    const who = newSomebody(world);
    expect(await ban(who)).toMatchObject({ status, code });
    expect(valuesSince(before)).toEqual([who.license]);
    if (status === 'refused') return;
    // What was held goes on under the same name once it is mended.
    await world.fx.console('cmsqueue retry');
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
    expect(valuesSince(before)).toEqual([who.license, who.license]);
  });
});

describe('a typed identifier', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.close());

  it('of somebody connected stands for all of theirs', async () => {
    const who = newSomebody(world, { cms: ['steam'], cad: ['discord'] });
    const player = await world.join(who.name, who.identifiers);
    expect(await banned(world, `license:${who.license.toUpperCase()}`)).toMatchObject({
      status: 'delivered',
      dropped: true,
      target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
      products: { cms: { apiId: who.steam }, cad: { apiId: who.discord } },
    });
    expect(player.connected).toBe(false);
  });

  describe('of somebody absent stands for all that are known to be theirs,', () => {
    /** Looks up, bans and lifts somebody by their license, of whom only other identifiers are linked. */
    async function expectFound(who: Somebody): Promise<void> {
      const typed = `license:${who.license}`;
      const products = { cms: { apiId: who.steam }, cad: { apiId: who.discord } };
      // They are called what they were called.
      const target = { name: null, identifiers: [typed] };
      expect(await world.call('lookupPlayer', typed)).toMatchObject({ target, products });
      expect(await world.call('banPlayer', typed)).toMatchObject({ target, products });
      const lift = await world.call('unbanPlayer', typed);
      expect(lift).toMatchObject({ target, products: { cad: products.cad } });
    }

    it('seen on a player since the start', async () => {
      const who = newSomebody(world, { cms: ['steam'], cad: ['discord'] });
      const player = await world.join(who.name, who.identifiers);
      player.leave();
      await expectFound(who);
    });

    it('or named in what is stored', async () => {
      const who = newSomebody(world, { cms: ['steam'], cad: ['discord'] });
      const player = await world.join(who.name, who.identifiers);
      await world.call('banPlayer', player.id, '', { products: ['cad'] });
      await world.restart('stop');
      await world.logged('join gate: on');
      await expectFound(who);
    });

    it('also on the lists, for isBanned', async () => {
      const who = newSomebody(world, { cms: ['steam'], cad: [] });
      const player = await world.join(who.name, who.identifiers);
      player.leave();
      await banned(world, `steam:${who.steam}`);
      const answer = await world.call('isBanned', `license:${who.license}`);
      expect(answer).toMatchObject({ banned: true, products: { cms: true, cad: false } });
    });
  });

  it('of somebody absent of whom nothing else is known stands for itself', async () => {
    const who = newSomebody(world, { cms: ['steam'], cad: ['discord'] });
    const before = callsTo(world.sonoran.cms).length;
    expect(await banned(world, `license:${who.license}`)).toMatchObject({
      code: 'NOT_LINKED',
      target: { name: null, identifiers: [`license:${who.license}`] },
    });
    expect(callsTo(world.sonoran.cms)).toHaveLength(before + 1);
  });

  it('is never an address', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const before = callsTo(world.sonoran.cms).length;
    expect(await banned(world, 'ip:127.0.0.1')).toMatchObject({ code: 'INVALID_TARGET' });
    expect(callsTo(world.sonoran.cms)).toHaveLength(before);
    expect(player.connected).toBe(true);
  });

  it('that no product looks for is told so', async () => {
    const player = await world.join('Xavier', ['xbl:1234', 'ip:127.0.0.1']);
    expect(await banned(world, String(player.id))).toMatchObject({
      status: 'queued',
      code: 'NOT_LINKED',
    });
    const onlyAddress = await world.join('Ivan', ['ip:127.0.0.1']);
    expect(await banned(world, String(onlyAddress.id))).toMatchObject({
      code: 'NO_IDENTIFIER',
      target: { name: 'Ivan', identifiers: [] },
    });
  });
});

describe("the vendor's CAD resource", () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({
      resources: { sonorancad: new URL('../../devserver/resources/sonorancad', import.meta.url).pathname },
    });
  });
  afterAll(() => world.close());

  /** Restarts the resource with another answer. */
  const answering = (answer: string) =>
    world.fx.console(`set sonorancad_answer "${answer.replaceAll('"', '\\"')}"\nensure sonorancad`);

  it('is asked first for CAD, and not for CMS', async () => {
    const before = callsTo(world.sonoran.cad).length;
    const who = newSomebody(world, { cad: [] });
    world.sonoran.cad.addAccount({ apiIds: [`known-${who.name}`] });
    await answering(JSON.stringify(`known-${who.name}`));
    const player = await world.join(who.name, who.identifiers);
    expect(await banned(world, String(player.id))).toMatchObject({
      products: { cms: { apiId: who.discord }, cad: { apiId: `known-${who.name}` } },
    });
    expect(callsTo(world.sonoran.cad)).toHaveLength(before + 1);
    expect(JSON.stringify(world.sonoran.cms.requests)).not.toContain('known-');
  });

  it('is not the last word: the identifiers come next', async () => {
    const before = callsTo(world.sonoran.cad).length;
    const who = newSomebody(world);
    await answering('"nobody"');
    const player = await world.join(who.name, who.identifiers);
    expect(await banned(world, `license:${who.license}`)).toMatchObject({
      products: { cad: { apiId: who.license } },
    });
    expect(callsTo(world.sonoran.cad).slice(before).map(asked)).toEqual([
      { communityUserId: 'nobody', ...BAN },
      { communityUserId: who.license },
      { communityUserId: who.license, ...BAN },
    ]);
    expect(player.connected).toBe(false);
  });

  it('is asked before txAdmin drops the player', async () => {
    const who = newSomebody(world, { cad: [] });
    world.sonoran.cad.addAccount({ apiIds: [`known-${who.name}`] });
    await answering(JSON.stringify(`known-${who.name}`));
    const player = await world.join(who.name, who.identifiers);
    const before = world.events.length;
    await world.txAdmin.ban({ author: 'Mia', reason: 'being rude', target: player.id });
    await until(() => !player.connected, "txAdmin's drop");
    expect(await until(() => world.events[before]?.outcome, 'the outcome')).toMatchObject({
      products: { cad: { apiId: `known-${who.name}` } },
    });
  });

  describe('that answers later, as for everybody who is new,', () => {
    /** Somebody whom CAD knows by what that resource says alone. */
    async function newcomer(answer: (known: string) => string) {
      const who = newSomebody(world, { cad: [] });
      const known = `known-${who.name}`;
      world.sonoran.cad.addAccount({ apiIds: [known] });
      await answering(answer(known));
      return { who, known, player: await world.join(who.name, who.identifiers) };
    }
    const later = (known: string) => `later ${JSON.stringify(known)}`;

    it('is waited for', async () => {
      const { known, player } = await newcomer(later);
      const call = world.startCall('banPlayer', player.id);
      await world.clock.advance(100);
      expect(await world.answerOf(call)).toMatchObject({ products: { cad: { apiId: known } } });
      expect(player.connected).toBe(false);
    });

    it('is waited for after txAdmin has dropped the player', async () => {
      const { who, known, player } = await newcomer(later);
      const before = world.events.length;
      await world.txAdmin.ban({ author: 'Mia', reason: 'being rude', target: player.id });
      await until(() => !player.connected, "txAdmin's drop");
      await world.clock.advance(100);
      expect(await until(() => world.events[before]?.outcome, 'the outcome')).toMatchObject({
        target: { name: who.name },
        products: { cms: { code: 'OK' }, cad: { apiId: known } },
      });
    });

    it('is waited for by a look-up', async () => {
      const { known, player } = await newcomer(later);
      const call = world.startCall('lookupPlayer', player.id);
      await world.clock.advance(100);
      expect(await world.answerOf(call)).toMatchObject({ products: { cad: { apiId: known } } });
    });

    it.each([
      ['never', () => 'hangs'],
      ['too late', later],
    ])('but %s costs a second and not the ban', async (_, answer) => {
      const who = newSomebody(world);
      await world.fx.console('set sonorancad_wait 5000');
      onTestFinished(() => world.fx.console('set sonorancad_wait 100'));
      await answering(answer(`known-${who.name}`));
      const player = await world.join(who.name, who.identifiers);
      const call = world.startCall('banPlayer', player.id);
      await world.clock.advance(1_000);
      expect(await world.answerOf(call)).toMatchObject({ products: { cad: { apiId: who.license } } });
    });

    it('does not let a lift overtake the ban that waits', async () => {
      const who = newSomebody(world);
      await answering('hangs');
      const player = await world.join(who.name, who.identifiers);
      const ban = world.startCall('banPlayer', player.id);
      player.leave();
      // Nobody is there any more who could be asked about.
      const lift = world.startCall('unbanPlayer', `license:${who.license}`);
      await world.clock.advance(1_000);
      await world.answerOf(ban);
      await world.answerOf(lift);
      expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
    });

    it('is not asked by isBanned, which waits for nothing', async () => {
      const who = newSomebody(world);
      await answering('hangs');
      const player = await world.join(who.name, who.identifiers);
      expect(await world.call('isBanned', player.id)).toMatchObject({ banned: false });
    });
  });

  it.each([
    ['has no such export', 'absent'],
    ['throws', 'throws'],
    ['rejects', 'rejects'],
    ['knows nobody', 'null'],
    ['answers with an empty text', '""'],
    ['answers with blanks', '"  "'],
    ['answers with a number', '5'],
    ['answers with a list', '["5"]'],
    ['answers with a table', '{"id":"5"}'],
    ['answers with a truth', 'true'],
    ['answers with what cannot be an API ID', JSON.stringify('x'.repeat(1_000))],
  ])('that %s does no harm', async (_, answer) => {
    const before = callsTo(world.sonoran.cad).length;
    const who = newSomebody(world);
    await answering(answer);
    const player = await world.join(who.name, who.identifiers);
    expect(await banned(world, String(player.id))).toMatchObject({ status: 'delivered' });
    expect(callsTo(world.sonoran.cad).slice(before).map(asked)).toEqual([
      { communityUserId: who.license, ...BAN },
    ]);
    expect(world.fx.swallowed.filter(({ resource }) => resource === 'cmsban')).toEqual([]);
  });

  it('that has stopped does no harm', async () => {
    const before = callsTo(world.sonoran.cad).length;
    await answering('"somebody"');
    await world.fx.console('stop sonorancad');
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    expect(await banned(world, String(player.id))).toMatchObject({ status: 'delivered' });
    expect(callsTo(world.sonoran.cad)).toHaveLength(before + 1);
  });
});
