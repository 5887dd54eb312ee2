import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  begin,
  knock,
  PRODUCTS,
  pass,
  passUntil,
  quietWorld,
  SURELY_AGAIN_MS,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { MODERATOR, openWorld, type World, type WorldOptions } from './world.ts';

/** Who gets in and who does not, and with which words. */

const DOORMAN = { doorman: new URL('./resources/doorman', import.meta.url).pathname };

const REFUSAL =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';

/** A world with somebody who is banned in CMS, and whose list has been read. */
async function worldWithBan(options: WorldOptions = {}) {
  const world = await quietWorld(options);
  const banned = newSomebody(world);
  world.sonoran.cms.ban(banned.accId);
  await begin(world, ...PRODUCTS);
  return { world, banned };
}

describe('a banned person', () => {
  it('is refused with the words of the locale', async () => {
    const { world, banned } = await worldWithBan();
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
    expect(timesSaid(world, 'gate.log.refused', { name: 'Knut', product: 'Sonoran CMS' })).toBe(1);
  });

  it('reads cmsban_appeal_text', async () => {
    const { world, banned } = await worldWithBan({
      convars: { cmsban_appeal_text: 'Appeal at discord.gg/lossantosrp, {name} $&' },
    });
    expect(await knock(world, banned.identifiers)).toBe(
      'You are banned from this community. Appeal at discord.gg/lossantosrp, {name} $&',
    );
  });

  it('is refused without a deferral, and everybody else is let in without one', async () => {
    const { world, banned } = await worldWithBan();
    for (const identifiers of [banned.identifiers, ['license:cafe'], []]) {
      const connecting = world.fx.startConnecting({ name: 'Knut', identifiers });
      // Decided before the event is over.
      expect(connecting.state).toBe(identifiers === banned.identifiers ? 'refused' : 'joining');
      await connecting.result;
      expect(connecting.deferrals.size).toBe(0);
      expect(connecting.misuse).toEqual([]);
      expect(connecting.updates).toEqual([]);
    }
  });

  it('is refused at once also when another resource lets everybody wait', async () => {
    const { world, banned } = await worldWithBan({ resources: DOORMAN });
    const refused = world.fx.startConnecting({ name: 'Knut', identifiers: banned.identifiers });
    expect(refused.state).toBe('refused');
    expect(await refused.result).toEqual({ admitted: false, message: REFUSAL });
    const other = world.fx.startConnecting({ name: 'Nora', identifiers: ['license:cafe'] });
    expect(other.state).toBe('connecting');
    expect([...other.deferrals.keys()]).toEqual(['doorman']);
    await world.clock.advance(0);
    world.fx.emit('doorman:open');
    expect(await other.result).toMatchObject({ admitted: true });
    expect([...refused.misuse, ...other.misuse]).toEqual([]);
  });

  it('in CAD alone is refused as well, and the log says by which product', async () => {
    const world = await quietWorld();
    const banned = newSomebody(world);
    world.sonoran.cad.ban(banned.uuid);
    await begin(world, ...PRODUCTS);
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
    expect(timesSaid(world, 'gate.log.refused', { product: 'Sonoran CAD' })).toBe(1);
  });

  it('leads to no call to Sonoran, however many connect, as long as their ban is young', async () => {
    const world = await quietWorld();
    const banned = newSomebody(world);
    await begin(world, ...PRODUCTS);
    world.sonoran.cms.ban(banned.accId);
    await pass(world, SURELY_AGAIN_MS);
    const requests = world.sonoran.cms.requests.length + world.sonoran.cad.requests.length;
    for (let number = 0; number < 50; number++) {
      await knock(world, [`license:${number}cafe`]);
      if (number < 5) expect(await knock(world, banned.identifiers)).toBeDefined();
    }
    await settled(world);
    const after = world.sonoran.cms.requests.length + world.sonoran.cad.requests.length;
    // The read was up to three minutes ago.
    expect(after - requests).toBeLessThanOrEqual(0);
  });

  it('whose name is odd is refused, and the log stays one line', async () => {
    const { world, banned } = await worldWithBan();
    for (const name of ['', '^1Kn\nut', 'Knut'.repeat(100), '{product} $&', '\u202eKnut']) {
      const result = await world.fx.connect({ name, identifiers: banned.identifiers });
      expect(result).toEqual({ admitted: false, message: REFUSAL });
    }
    expect(world.faults).toEqual([]);
  });
});

describe('an API ID', () => {
  /** How an account is listed, and which identifiers that stands for; each line is about a value of its own. */
  interface Line {
    readonly apiIds?: readonly string[];
    readonly discordId?: string;
    readonly matching: readonly string[];
    readonly others: readonly string[];
  }

  const one = (apiId: string, matching: readonly string[], others: readonly string[]): Line => ({
    apiIds: [apiId],
    matching,
    others,
  });

  const LINES: readonly Line[] = [
    one(
      '1100001000000a1',
      ['steam:1100001000000a1', 'license:1100001000000a1'],
      ['license2:1100001000000a1'],
    ),
    one('1100001000000A2', ['steam:1100001000000a2', 'STEAM:1100001000000A2'], ['steam:1100001000000a20']),
    one('steam:1100001000000a3', ['steam:1100001000000a3'], ['license:1100001000000a3']),
    one('STEAM:1100001000000a4', ['steam:1100001000000a4'], ['license:1100001000000a4']),
    one('Steam:1100001000000A5', ['steam:1100001000000a5'], ['license:1100001000000a5']),
    one(' c0ffee01 ', ['license:c0ffee01'], ['license2:c0ffee01', 'ip:c0ffee01']),
    one('license:c0ffee02', ['license:c0ffee02'], ['license2:c0ffee02', 'steam:c0ffee02']),
    one('LICENSE2:C0FFEE03', ['license2:c0ffee03'], ['license:c0ffee03']),
    // A bare Discord id that somebody typed is one only where that type is used.
    one(
      '23594705663033301',
      ['license:23594705663033301'],
      ['discord:23594705663033301', 'fivem:23594705663033301'],
    ),
    one('discord:23594705663033302', ['discord:23594705663033302'], ['license:23594705663033302']),
    one('DISCORD:23594705663033303', ['discord:23594705663033303'], ['steam:23594705663033303']),
    // Types that are no API IDs here match only when they are written out.
    one('4711', ['license:4711'], ['fivem:4711', 'xbl:4711', 'live:4711', 'license2:4711', 'ip:4711']),
    one('fivem:4712', ['fivem:4712'], ['license:4712', 'steam:4712']),
    one('XBL:4713', ['xbl:4713'], ['license:4713', 'live:4713']),
    one('live:4714', ['live:4714'], ['license:4714']),
    // An address is shared between people.
    one('127.0.0.1', [], ['ip:127.0.0.1']),
    one('ip:127.0.0.2', [], ['ip:127.0.0.2']),
    // What no identifier can be.
    one('', [], ['license:', 'steam:']),
    one('some one', [], ['license:some', 'license:one', 'license:someone']),
    one('steam:', [], ['steam:', 'steam:0']),
    {
      apiIds: ['x1x1', 'steam:1e1e', 'fivem:99'],
      matching: ['license:x1x1', 'steam:1e1e', 'fivem:99'],
      others: [],
    },
    {
      discordId: '23594705663033304',
      matching: ['discord:23594705663033304'],
      // The Discord account is no API ID.
      others: ['license:23594705663033304', 'steam:23594705663033304', 'ip:23594705663033304'],
    },
  ];
  const SHOWN = LINES.map((line) => [line.discordId ?? line.apiIds?.join() ?? '', line] as const);

  describe.each(['value', 'prefixed', 'upper'])('with cmsban_api_id_format %s', (format) => {
    let world: World;
    beforeAll(async () => {
      world = await openWorld({
        start: false,
        use: { cad: false },
        convars: { cmsban_api_id_format: format, cmsban_cms_id_types: 'steam,license' },
      });
      for (const { apiIds = [], discordId = null } of LINES) {
        world.sonoran.cms.addAccount({ apiIds, discordId, banned: true });
      }
      await begin(world, 'cms');
    });
    afterAll(async () => {
      expect(world.faults).toEqual([]);
      await world.close();
    });

    it.each(SHOWN)('"%s" stands for its identifiers and no others', async (_, { matching, others }) => {
      for (const identifier of matching) {
        expect(await knock(world, [identifier]), identifier).toBe(REFUSAL);
        expect(await knock(world, ['license:5afe', 'ip:10.0.0.1', identifier]), identifier).toBe(REFUSAL);
      }
      for (const identifier of others) expect(await knock(world, [identifier]), identifier).toBeUndefined();
    });
  });
});

describe('as long as nothing is known', () => {
  it('everybody is let in, and once a minute a warning says so', async () => {
    const world = await quietWorld();
    const banned = newSomebody(world);
    world.sonoran.cms.ban(banned.accId);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await begin(world);
    await settled(world);
    for (let second = 0; second < 180; second += 10) {
      expect(await knock(world, banned.identifiers)).toBeUndefined();
      expect(await knock(world, ['license:cafe'])).toBeUndefined();
      await pass(world, 10_000);
    }
    const words = { products: 'Sonoran CMS and Sonoran CAD', name: 'Knut' };
    expect(timesSaid(world, 'gate.log.unknown.allow', words)).toBe(3);
    expect(timesSaid(world, 'gate.log.unknown.allow')).toBe(3);
    expect(world.faults).toEqual([]);
  });

  it('the lists that are known count, and the warning names the other', async () => {
    const world = await quietWorld();
    const banned = newSomebody(world);
    world.sonoran.cad.ban(banned.uuid);
    await world.sonoran.cms.down();
    await begin(world, 'cad');
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    expect(timesSaid(world, 'gate.log.unknown.allow', { products: 'Sonoran CMS' })).toBe(1);
  });

  it('nobody is let in with cmsban_gate_when_unknown deny, until the lists have been read', async () => {
    const world = await quietWorld({
      convars: { cmsban_gate_when_unknown: 'deny' },
      config: ['add_ace identifier.license:b055 cmsban.gate.bypass allow'],
    });
    const banned = newSomebody(world);
    world.sonoran.cms.ban(banned.accId);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await begin(world);
    await settled(world);
    const unknown = 'This server cannot tell yet who may come in. Please try again in a few minutes.';
    expect(await knock(world, ['license:cafe'])).toBe(unknown);
    expect(await knock(world, banned.identifiers)).toBe(unknown);
    expect(await knock(world, [])).toBe(unknown);
    expect(await knock(world, ['license:b055'])).toBeUndefined();
    expect(timesSaid(world, 'gate.log.unknown.deny')).toBe(1);

    // One of the two is not enough.
    await world.sonoran.cms.up();
    await passUntil(world, () => timesSaid(world, 'list.back') === 1, 'the list of CMS');
    expect(await knock(world, ['license:cafe'])).toBe(unknown);
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
    await world.sonoran.cad.up();
    await passUntil(world, () => timesSaid(world, 'list.back') === 2, 'the list of CAD');
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
  });
});

describe('cmsban_join_gate false', () => {
  it('lets everybody in, drops nobody for a list, and keeps the lists for isBanned', async () => {
    const { world, banned } = await worldWithBan({ convars: { cmsban_join_gate: 'false' } });
    expect(await knock(world, banned.identifiers)).toBeUndefined();
    const other = newSomebody(world);
    const player = await world.join(other.name, other.identifiers);
    world.sonoran.cms.ban(other.accId);
    await pass(world, SURELY_AGAIN_MS);
    expect(await world.call('isBanned', `license:${other.license}`)).toMatchObject({ banned: true });
    await world.fx.console('restart cmsban');
    await settled(world);
    expect(player.connected).toBe(true);
    expect(world.log.join('\n')).toContain('join gate: off');
  });

  it('lets everybody in also while nothing is known', async () => {
    const world = await quietWorld({
      convars: { cmsban_join_gate: 'false', cmsban_gate_when_unknown: 'deny' },
    });
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await begin(world);
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
  });
});

it('lets everybody in when no product is set up', async () => {
  const world = await quietWorld({
    use: { cms: false, cad: false },
    convars: { cmsban_gate_when_unknown: 'deny' },
  });
  await begin(world);
  expect(await knock(world, ['license:cafe'])).toBeUndefined();
});

describe('the ACE', () => {
  const bypasses = [
    [
      'an identifier',
      (license: string) => [`add_ace identifier.license:${license} cmsban.gate.bypass allow`],
    ],
    [
      'a group',
      (license: string) => [
        'add_ace group.vip cmsban.gate.bypass allow',
        `add_principal identifier.license:${license} group.vip`,
      ],
    ],
    ['everything of cmsban', (license: string) => [`add_ace identifier.license:${license} cmsban allow`]],
  ] as const;

  it.each(bypasses)('cmsban.gate.bypass by %s lets in, and keeps from being dropped', async (_, lines) => {
    const { world, banned } = await worldWithBan();
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
    await world.fx.console(lines(banned.license).join('\n'));
    const player = await world.join(banned.name, banned.identifiers);
    const words = { product: 'Sonoran CMS' };
    expect(timesSaid(world, 'gate.log.bypass', words)).toBe(1);
    // Neither the next read drops them, nor a ban that is new to it, nor a restart.
    await pass(world, SURELY_AGAIN_MS);
    world.sonoran.cad.ban(banned.uuid);
    await pass(world, SURELY_AGAIN_MS);
    expect(await world.call('isBanned', player.id)).toMatchObject({ products: { cms: true, cad: true } });
    await world.fx.console('restart cmsban');
    await settled(world);
    expect(player.connected).toBe(true);
    expect(timesSaid(world, 'evicted.bypass')).toBeGreaterThan(0);
    expect(world.faults).toEqual([]);
  });

  it('cmsban.immune does not open the gate', async () => {
    const { world } = await worldWithBan({ config: ['add_ace group.admin cmsban.immune allow'] });
    const moderator = world.sonoran.cms.addAccount({ apiIds: ['aaaa'], banned: true });
    expect(await knock(world, MODERATOR.identifiers)).toBeUndefined();
    await pass(world, SURELY_AGAIN_MS);
    expect(moderator.banned).toBe(true);
    expect(await knock(world, MODERATOR.identifiers)).toBe(REFUSAL);
  });

  it('that is denied lets nobody in', async () => {
    const { world, banned } = await worldWithBan({
      config: ['add_ace builtin.everyone cmsban.gate.bypass allow'],
    });
    expect(await knock(world, banned.identifiers)).toBeUndefined();
    await world.fx.console(`add_ace identifier.license:${banned.license} cmsban.gate.bypass deny`);
    expect(await knock(world, banned.identifiers)).toBe(REFUSAL);
  });
});
