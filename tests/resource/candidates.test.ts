import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { pass, settled } from './ban-lists.ts';
import { startWorld, type World } from './world.ts';

/** The names under which somebody is looked for, and what it costs when nobody goes by them. */

const DISCORD = '235947056630333440';
const IDENTIFIERS = ['license:beef1', 'steam:110000112345678', `discord:${DISCORD}`, 'fivem:7', 'xbl:2535'];
const ALL_TYPES = 'license,steam,discord,fivem,xbl';

/** An account that has the Discord id typed in as an API ID, and not linked. */
function addByDigits({ sonoran }: World) {
  const { accId } = sonoran.cms.addAccount({ apiIds: [DISCORD] });
  const { uuid } = sonoran.cad.addAccount({ apiIds: [DISCORD] });
  return { accId, uuid };
}

const sent = (world: World, operation: string) =>
  world.sonoran.cad.requests.filter((request) => request.operation === operation);

describe.each([
  ['value', '2', true],
  ['prefixed', '2', true],
  ['upper', '2', false],
  ['value', '1', true],
  ['prefixed', '1', true],
] as const)(
  'a Discord id that is stored as an API ID (format %s, CAD v%s, field discord: %s)',
  (format, version, discordField) => {
    it.each(['ban', 'kick', 'unban'] as const)('is found for a %s', async (kind) => {
      const world = await startWorld({
        convars: { cmsban_api_id_format: format, cmsban_cad_version: version },
        cad: { discordField },
      });
      const { accId, uuid } = addByDigits(world);
      if (kind === 'unban') world.sonoran.cad.ban(uuid);
      const outcome = await world.outcomeOf(() => world.fx.console(`cms${kind} discord:${DISCORD}`));
      const cad = { status: 'delivered', apiId: DISCORD, account: uuid };
      expect(outcome).toMatchObject({
        status: 'delivered',
        products: { cad, cms: { status: kind === 'unban' ? 'refused' : 'delivered' } },
      });
      expect(world.sonoran.cad.account(uuid).status).toBe({ ban: 4, kick: 3, unban: 1 }[kind]);
      const { banned, member } = world.sonoran.cms.account(accId);
      expect([banned, member]).toEqual([kind === 'ban', kind !== 'kick']);
    });

    it('is found by a look-up', async () => {
      const world = await startWorld({
        convars: { cmsban_api_id_format: format, cmsban_cad_version: version },
        cad: { discordField },
      });
      const { accId, uuid } = addByDigits(world);
      expect(await world.call('lookupPlayer', `discord:${DISCORD}`)).toMatchObject({
        products: { cms: { account: { id: accId } }, cad: { account: { id: uuid } } },
      });
    });
  },
);

describe('somebody without an account in CAD v2', () => {
  it.each(['ban', 'kick', 'unban'] as const)('costs one call of bans (%s)', async (kind) => {
    const world = await startWorld({ use: { cms: false }, convars: { cmsban_cad_id_types: ALL_TYPES } });
    const player = await world.join('Uma', IDENTIFIERS);
    const outcome = await world.outcomeOf(() => world.fx.console(`cms${kind} ${player.id}`));
    expect(outcome).toMatchObject({ status: kind === 'ban' ? 'queued' : 'refused', code: 'NOT_LINKED' });
    expect(sent(world, 'account-bans')).toHaveLength(1);
    expect(sent(world, 'links-check').map(({ body }) => body)).toEqual([
      { communityUserId: '110000112345678' },
      { communityUserId: DISCORD },
      { communityUserId: '7' },
      { communityUserId: '2535' },
    ]);
  });

  it('costs no second one after a crash in the middle', async () => {
    const world = await startWorld({ use: { cms: false }, convars: { cmsban_cad_id_types: ALL_TYPES } });
    const player = await world.join('Uma', IDENTIFIERS);
    world.sonoran.cad.fault('links-check', { kind: 'hang', when: 'before' }, 1);
    await world.fx.console(`cmsban ${player.id}`);
    await until(() => sent(world, 'links-check').length === 1, 'the question');
    await world.restart('crash');
    await world.call('getHistory');
    // Nobody knows how many questions there were in the second before.
    await world.clock.advance(60_000);
    await until(() => sent(world, 'links-check').length === 5, 'the questions');
    await settled(world);
    expect(sent(world, 'account-bans')).toHaveLength(1);
    expect(sent(world, 'links-check')[1]?.body).toEqual({ communityUserId: '110000112345678' });
  });

  it('keeps nobody waiting who has one, however many they are', async () => {
    const world = await startWorld({
      use: { cms: false },
      cad: { limits: 'documented', retryAfterHeader: 'always' },
      convars: { cmsban_cad_id_types: ALL_TYPES },
    });
    const moderator = await world.moderator();
    world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
    for (let number = 0; number < 8; number++) {
      const others = [
        `steam:11000010000000${number}`,
        `fivem:${number}`,
        `xbl:${number}`,
        `discord:9${number}`,
      ];
      const player = await world.join('Uma', [`license:dead${number}`, ...others]);
      void world.call('banPlayer', player.id, 'x');
    }
    await settled(world);
    expect(await world.call('banPlayer', 'license:cafe')).toMatchObject({ status: 'delivered' });
    // Nor does a moderator wait for the questions about all of them.
    const before = moderator.chat.length;
    await moderator.chatInput('/cmslookup license:cafe');
    await pass(world, 10_000);
    expect(moderator.chat.slice(before).join()).toContain('BANNED');
    await pass(world, 3 * 60_000);
    expect(world.events.filter(({ outcome }) => outcome['code'] === 'NOT_LINKED')).toHaveLength(8);
    expect(sent(world, 'account-bans')).toHaveLength(9);
    expect(world.sonoran.cad.requests.filter(({ response }) => response?.status === 429)).toEqual([]);
  });
});

describe('a kick whose answer was lost', () => {
  it('never reaches a second account of the person', async () => {
    const world = await startWorld();
    const first = world.sonoran.cad.addAccount({ apiIds: ['beef1'] });
    const second = world.sonoran.cad.addAccount({ apiIds: ['110000112345678'] });
    const inCms = [DISCORD, '110000112345678'].map((id) => world.sonoran.cms.addAccount({ apiIds: [id] }));
    const player = await world.join('Kim', IDENTIFIERS);
    world.sonoran.cad.fault('account-bans', { kind: 'reset', when: 'after' }, 1);
    // In CMS the first name is nobody's: what is lost is the answer to the second.
    world.sonoran.cms.fault('KICK_ACCOUNT', { kind: 'reset', when: 'after', after: 1 }, 1);
    await world.outcomeOf(() => world.fx.console(`cmskick ${player.id}`));
    const end = await world.outcomeOf(() => pass(world, 30_000));
    expect(end).toMatchObject({
      status: 'refused',
      products: { cms: { code: 'EXPIRED' }, cad: { code: 'EXPIRED' } },
    });
    expect(end['message']).toContain('look in Sonoran');
    expect(world.sonoran.cad.account(first.uuid).status).toBe(3);
    expect(world.sonoran.cad.account(second.uuid).status).toBe(1);
    expect(inCms.map(({ accId }) => world.sonoran.cms.account(accId).member)).toEqual([false, true]);
  });

  it('was done when nobody has any of the other names', async () => {
    const world = await startWorld();
    world.sonoran.cad.addAccount({ apiIds: ['beef1'] });
    world.sonoran.cms.addAccount({ discordId: DISCORD });
    const player = await world.join('Kim', IDENTIFIERS);
    world.sonoran.cad.fault('account-bans', { kind: 'reset', when: 'after' }, 1);
    world.sonoran.cms.fault('KICK_ACCOUNT', { kind: 'reset', when: 'after' }, 1);
    await world.outcomeOf(() => world.fx.console(`cmskick ${player.id}`));
    expect(await world.outcomeOf(() => pass(world, 30_000))).toMatchObject({
      status: 'delivered',
      products: { cms: { status: 'delivered' }, cad: { status: 'delivered', apiId: 'beef1' } },
    });
  });
});
