import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { newSomebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** Every code of an outcome: what leads to it, and the plain sentence that comes with it. */

const HOUR_MS = 60 * 60 * 1_000;
/** The first retry comes within this, whatever the jitter. */
const FIRST_RETRY_MS = 2_000;

let world: World;
let moderator: Awaited<ReturnType<World['moderator']>>;

beforeAll(async () => {
  world = await openWorld();
  moderator = await world.moderator();
});
beforeEach(() => {
  const credentials = { apiEnabled: true, v2: 'on' } as const;
  Object.assign(world.sonoran.cms.settings, credentials);
  Object.assign(world.sonoran.cad.settings, credentials);
});
afterAll(async () => {
  expect(world.faults).toEqual([]);
  await world.close();
});

/** Types a command in chat, and returns the outcome and the last line of the answer. */
async function typed(line: string) {
  const outcome = await world.outcomeOf(() => moderator.chatInput(line));
  const answer = await until(
    () =>
      moderator.chat.find((text) =>
        [`cmsban: ${outcome['message']}`, `cmsban: [${outcome['id']}] ${outcome['message']}`].includes(text),
      ),
    'the answer in chat',
  );
  return { outcome, answer };
}

describe('OK and QUEUED', () => {
  it('OK: at least one product confirmed and none is pending', async () => {
    const who = newSomebody(world, { cms: [] });
    const { outcome, answer } = await typed(`/cmsban license:${who.license} being rude`);
    expect(outcome).toMatchObject({
      status: 'delivered',
      code: 'OK',
      products: { cms: { status: 'refused', code: 'NOT_LINKED' }, cad: { status: 'delivered', code: 'OK' } },
    });
    expect(answer).toContain(`license:${who.license} is banned in Sonoran CAD.`);
  });

  it('QUEUED: something is pending, and what was not is done', async () => {
    const who = newSomebody(world);
    world.sonoran.cad.fault('*', { kind: 'status', status: 503 }, 1);
    const { outcome, answer } = await typed(`/cmsban license:${who.license} being rude`);
    expect(outcome).toMatchObject({
      status: 'queued',
      code: 'QUEUED',
      products: { cms: { code: 'OK' }, cad: { status: 'queued', code: 'QUEUED' } },
    });
    expect(world.events.at(-1)?.name).toBe('queued');
    expect(answer).toContain('accepted, but not done yet');
    const settled = await world.outcomeOf(() => world.clock.advance(FIRST_RETRY_MS));
    expect(settled).toMatchObject({ id: outcome['id'], status: 'delivered', code: 'OK' });
  });
});

describe('whom it cannot be about', () => {
  it('PLAYER_NOT_FOUND says how to name somebody who has left', async () => {
    const { outcome, answer } = await typed('/cmsban 999 being rude');
    expect(outcome).toMatchObject({ status: 'refused', code: 'PLAYER_NOT_FOUND', products: {} });
    expect(answer).toMatch(/no player with the id 999\b.*license:/);
  });

  it.each([
    'nonsense',
    'ip:127.0.0.1',
    'license:',
    'license:no-hash',
    'discord:abc',
    'account:1234',
    'unique:abc',
    'username:',
    '0',
    '-1',
    '99999999999',
    '1.5',
  ])('INVALID_TARGET gives an example of a right form: %s', async (target) => {
    const { outcome, answer } = await typed(`/cmsban ${target} being rude`);
    expect(outcome).toMatchObject({ status: 'refused', code: 'INVALID_TARGET', products: {} });
    expect(answer).toContain(`"${target}" is not a target`);
    for (const example of ['12', 'discord:235947056630333440', 'account:<uuid>']) {
      expect(answer).toContain(example);
    }
  });

  it.each([null, true, 1.5, -1, {}, [1], 'x'.repeat(10_000)])(
    'INVALID_TARGET from an export: %j',
    async (target) => {
      const outcome = await world.call('banPlayer', target, 'being rude');
      expect(outcome).toMatchObject({ status: 'refused', code: 'INVALID_TARGET' });
      expect(String(outcome['message']).length).toBeLessThan(400);
    },
  );

  it('NO_IDENTIFIER names what was looked for and what to do', async () => {
    const player = await world.join('Bare', ['ip:10.0.0.1', 'fivem:77']);
    await moderator.chatInput(`/cmskick ${player.id} being rude`);
    const { outcome, answer } = await typed('/cmskick confirm');
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'NO_IDENTIFIER',
      products: { cms: { code: 'NO_IDENTIFIER' }, cad: { code: 'NO_IDENTIFIER' } },
    });
    expect(answer).toMatch(/none of the identifiers.*discord, steam, license.*account:<uuid>/);
    expect(answer).toContain('still on the server');
    expect(player.connected).toBe(true);
  });

  it('NOT_LINKED says what to do', async () => {
    const who = newSomebody(world, { cms: [], cad: [] });
    const player = await world.join(who.name, who.identifiers);
    await moderator.chatInput(`/cmskick ${player.id} being rude`);
    const { outcome, answer } = await typed('/cmskick confirm');
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'NOT_LINKED',
      products: { cms: { code: 'NOT_LINKED' }, cad: { code: 'NOT_LINKED' } },
    });
    expect(answer).toMatch(/no account is linked.*link.*account:<uuid>.*still on the server/);
    expect(player.connected).toBe(true);
  });

  it('IMMUNE', async () => {
    await world.fx.console('add_ace identifier.license:1bb01 cmsban.immune allow');
    const player = await world.join('Ivy', ['license:1bb01']);
    const { outcome, answer } = await typed(`/cmsban ${player.id} being rude`);
    expect(outcome).toMatchObject({ status: 'refused', code: 'IMMUNE', products: {} });
    expect(answer).toMatch(/Ivy \(\d+\) is immune.*cmsban\.immune/);
  });
});

describe('who may, and where', () => {
  it('FORBIDDEN: a restricted export without the ACE, which the message spells out', async () => {
    const restricted = await startWorld({ convars: { cmsban_restrict_exports: 'true' } });
    const { license } = newSomebody(restricted);
    for (const kind of ['ban', 'kick', 'unban']) {
      const outcome = await restricted.call(`${kind}Player`, `license:${license}`);
      expect(outcome).toMatchObject({ action: kind, status: 'refused', code: 'FORBIDDEN', products: {} });
      expect(outcome['message']).toContain(`add_ace resource.caller cmsban.${kind} allow`);
    }
    expect(callsTo(restricted.sonoran.cad)).toEqual([]);
    await restricted.fx.console('add_ace resource.caller cmsban.ban allow');
    expect(await restricted.call('banPlayer', `license:${license}`)).toMatchObject({ code: 'OK' });
    expect(await restricted.call('kickPlayer', `license:${license}`)).toMatchObject({ code: 'FORBIDDEN' });
  });

  it('NOT_CONFIGURED: a product that is asked for and not in use', async () => {
    const cadOnly = await startWorld({ use: { cms: false } });
    const { license } = newSomebody(cadOnly);
    const outcome = await cadOnly.call('banPlayer', `license:${license}`, '', { products: ['cms'] });
    expect(outcome).toMatchObject({ status: 'refused', code: 'NOT_CONFIGURED', products: {} });
    expect(outcome['message']).toContain('cms');
    expect(callsTo(cadOnly.sonoran.cad)).toEqual([]);
  });
});

describe('BAD_CREDENTIALS', () => {
  it.each([
    { api: 'CMS v1', setting: 'apiKey', words: 'INVALID API KEY' },
    { api: 'CMS v1', setting: 'communityId', words: 'INVALID COMMUNITY ID' },
    { api: 'CAD v1', setting: 'apiKey', words: 'INVALID API KEY' },
    { api: 'CAD v1', setting: 'communityId', words: 'INVALID COMMUNITY ID' },
    { api: 'CAD v2', setting: 'apiKey', words: 'Missing or invalid API key.' },
  ] as const)('$api, another $setting', async ({ api, setting, words }) => {
    const product = api === 'CMS v1' ? 'cms' : 'cad';
    const wrong = await startWorld({
      use: { cms: product === 'cms', cad: product === 'cad' },
      convars: { cmsban_cad_version: api === 'CAD v1' ? '1' : '2' },
      [product]: { [setting]: 'another' },
    });
    const { license } = newSomebody(wrong);
    const mia = await wrong.moderator();
    const outcome = await wrong.outcomeOf(() => mia.chatInput(`/cmsban license:${license} being rude`));
    expect(outcome).toMatchObject({
      status: 'queued',
      code: 'BAD_CREDENTIALS',
      products: { [product]: { status: 'queued', code: 'BAD_CREDENTIALS' } },
    });
    const answer = await until(() => mia.chat.find((line) => line.includes('not done yet')), 'the answer');
    expect(answer).toContain(words);
    expect(answer).toContain('when the server owner has corrected them');
    // A wrong key fails for every name alike: the others are not tried.
    expect(callsTo(wrong.sonoran[product])).toHaveLength(1);
  });
});

describe('UNSUPPORTED', () => {
  it.each([
    ['unban', 'cms', (who: { accId: string }) => `account:${who.accId}`, 'web panel'],
    ['ban', 'cad', () => 'unique:1001', 'unique'],
    ['ban', 'cad', (who: { name: string }) => `username:${who.name}`, 'username'],
  ] as const)('%s in %s', async (kind, product, targetOf, words) => {
    const who = newSomebody(world);
    const outcome = await world.call(`${kind}Player`, targetOf(who), '', { products: [product] });
    expect(outcome).toMatchObject({
      status: 'refused',
      code: 'UNSUPPORTED',
      products: { [product]: { status: 'refused', code: 'UNSUPPORTED' } },
    });
    expect(outcome['message']).toContain(words);
  });
});

describe("REFUSED, with the API's own words", () => {
  it.each([
    ['cms', 'BAN_ACCOUNT NOT ENABLED FOR THIS COMMUNITY'],
    ['cad', 'API endpoint is not enabled for this community.'],
  ] as const)('%s: the plan lacks the API', async (product, words) => {
    world.sonoran[product].settings.apiEnabled = false;
    const { license } = newSomebody(world);
    const outcome = await world.call('banPlayer', `license:${license}`, '', { products: [product] });
    expect(outcome).toMatchObject({
      status: 'queued',
      code: 'REFUSED',
      products: { [product]: { status: 'queued', code: 'REFUSED' } },
    });
    expect(outcome['message']).toContain(words);
    world.sonoran[product].settings.apiEnabled = true;
    await world.fx.console('cmsqueue retry');
    await until(() => world.events.at(-1)?.outcome['id'] === outcome['id'], 'the end');
  });

  it.each([
    ['cms', { status: 400, body: 'THE OWNER CANNOT BE BANNED' }, 'THE OWNER CANNOT BE BANNED'],
    [
      'cad',
      {
        status: 409,
        body: '{"detail":"The owner cannot be banned."}',
        contentType: 'application/problem+json',
      },
      'The owner cannot be banned.',
    ],
    [
      'cad',
      { status: 422, body: '{"title":"Unprocessable"}', contentType: 'application/problem+json' },
      'Unprocessable',
    ],
  ] as const)('%s answers %j', async (product, answer, words) => {
    world.sonoran[product].fault('*', { kind: 'status', ...answer }, 1);
    const { license } = newSomebody(world);
    const outcome = await world.call('banPlayer', `license:${license}`, '', { products: [product] });
    expect(outcome).toMatchObject({ status: 'refused', code: 'REFUSED' });
    expect(outcome['message']).toContain(`refused with "${words}"`);
  });

  it('options that are not right', async () => {
    const { license } = newSomebody(world);
    const outcome = await world.call('banPlayer', `license:${license}`, '', { drop: 'sometimes' });
    expect(outcome).toMatchObject({ status: 'refused', code: 'REFUSED' });
    expect(outcome['message']).toContain('drop must be one of success, all, always');
  });
});

describe('what ends without Sonoran', () => {
  it('EXPIRED: given up when cmsban_retry_hours are over', async () => {
    const down = await startWorld({ use: { cms: false }, convars: { cmsban_retry_hours: '1' } });
    const mia = await down.moderator();
    const { license } = newSomebody(down);
    down.sonoran.cad.fault('*', { kind: 'hang', when: 'before' });
    await mia.chatInput(`/cmsban license:${license} being rude`);
    await until(() => down.sonoran.cad.openRequests === 1, 'the request');
    const outcome = await down.outcomeOf(() => down.clock.advance(60_000));
    expect(outcome).toMatchObject({ status: 'queued' });
    const end = await down.outcomeOf(() => down.clock.advance(HOUR_MS));
    expect(end).toMatchObject({
      status: 'refused',
      code: 'EXPIRED',
      products: { cad: { code: 'EXPIRED' } },
    });
    expect(mia.chat.at(-1)).toMatch(/stays banned, but is NOT banned in Sonoran\..*given up/);
  });

  it('CANCELLED: a lift overtakes a ban that never got out', async () => {
    const down = await startWorld();
    const { cms, cad } = down.sonoran;
    // Before the first call: nothing can have reached anybody over a connection of before.
    await Promise.all([cms.down(), cad.down()]);
    const mia = await down.moderator();
    const who = newSomebody(down);
    const ban = await down.outcomeOf(() => mia.chatInput(`/cmsban license:${who.license} being rude`));
    expect(ban).toMatchObject({ status: 'queued' });
    const cancelled = await down.outcomeOf(() => mia.chatInput(`/cmsunban license:${who.license} a mistake`));
    expect(cancelled).toMatchObject({
      id: ban['id'],
      status: 'refused',
      code: 'CANCELLED',
      products: { cms: { code: 'CANCELLED' }, cad: { code: 'CANCELLED' } },
    });
    await until(() => mia.chat.find((line) => line.includes('cancelled before it was sent')), 'word of it');
    await until(() => down.events.at(-1)?.name === 'queued' && down.events.length === 3, 'the lift');
    await Promise.all([cms.up(), cad.up()]);
    const lift = await down.outcomeOf(() => down.clock.advance(FIRST_RETRY_MS));
    expect(lift).toMatchObject({ action: 'unban', products: { cad: { code: 'OK' } } });
    await down.clock.advance(HOUR_MS);
    expect(cms.effects).toEqual([]);
    expect(cad.effects).toMatchObject([{ kind: 'unban' }]);
    expect(down.faults).toEqual([]);
  });
});
