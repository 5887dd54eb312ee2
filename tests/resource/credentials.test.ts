import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { pass, settled } from './ban-lists.ts';
import { callsTo } from './calls.ts';
import { push, send } from './push-port.ts';
import { asked, newSomebody } from './somebody.ts';
import { VendorResources, type VendorSettings } from './vendor-resources.ts';
import { CAD_KEY, CMS_KEY, startWorld, type World, type WorldOptions } from './world.ts';

/** Credentials that the owner has put into the vendor's resources: taken over, waited for, followed. */

const HOUR_MS = 60 * 60 * 1_000;
const DAY_MS = 24 * HOUR_MS;
/** The vendor's core tells its credentials a moment after its start. */
const CORE_MS = 100;
/** How often it is looked for what is awaited. */
const LOOK_MS = 30_000;

const PERMISSION = 'add_convar_permission cmsban read sonoran_apiKey';
const VENDOR_CFG = 'exec @sonorancad/sonorancad.cfg';

interface VendorWorld {
  readonly world: World;
  readonly vendor: VendorResources;
}

/** A world without credentials of our own; `lines` start what is to be started. */
async function vendorWorld(
  lines: readonly string[],
  settings: VendorSettings = {},
  options: WorldOptions = {},
): Promise<VendorWorld> {
  const vendor = await VendorResources.create(settings);
  const world = await startWorld({
    use: { cms: false, cad: false },
    start: false,
    available: vendor.folders,
    afterwards: lines,
    ...options,
  });
  return { world, vendor };
}

/** The owner adds the line and restarts the server: typed into a running one it does nothing. */
async function permit(world: World): Promise<void> {
  const config = join(world.folder, 'server.cfg');
  await writeFile(config, `${PERMISSION}\n${await readFile(config, 'utf8')}`);
  await world.restart();
}

const inUse = (world: World, product: 'CMS' | 'CAD') => world.logged(`Sonoran ${product} is in use now`);

/** Bans somebody new, by their licence, and tells how. */
async function banned(world: World, who = newSomebody(world)) {
  return { who, outcome: await world.call('banPlayer', `license:${who.license}`, 'cheating') };
}

const BOTH = { products: { cms: { code: 'OK' }, cad: { code: 'OK' } } };

describe('with the lines that the README names', () => {
  it.each([
    ['sonorancms', 'sonorancad', 'cmsban'],
    ['sonorancad', 'sonorancms', 'cmsban'],
    ['sonorancms', 'cmsban', 'sonorancad'],
    ['sonorancad', 'cmsban', 'sonorancms'],
    ['cmsban', 'sonorancms', 'sonorancad'],
    ['cmsban', 'sonorancad', 'sonorancms'],
  ])('both products are in use: %s, %s, %s', async (...names) => {
    const lines = [VENDOR_CFG, PERMISSION, ...names.map((name) => `ensure ${name}`)];
    const { world } = await vendorWorld(lines);
    await world.clock.advance(CORE_MS);
    await inUse(world, 'CMS');
    if (names.indexOf('cmsban') < names.indexOf('sonorancad')) await inUse(world, 'CAD');
    await world.listsRead();
    const { outcome } = await banned(world);
    expect(outcome).toMatchObject({ status: 'delivered', ...BOTH });
    expect(callsTo(world.sonoran.cms).at(-1)?.body).toMatchObject({ id: 'cms-community', key: CMS_KEY });
    expect(callsTo(world.sonoran.cad).at(-1)?.headers['authorization']).toBe(`Bearer ${CAD_KEY}`);
    expect(world.faults).toEqual([]);
  });

  it('the start line tells where the credentials come from', async () => {
    const { world } = await vendorWorld([VENDOR_CFG, PERMISSION, 'ensure sonorancad', 'ensure cmsban']);
    expect(world.log[0]).toContain('CAD v2 (license, steam, discord) as set up in sonorancad');
  });
});

describe('without the permission to read the key', () => {
  const LINES = [VENDOR_CFG, 'ensure sonorancad', 'ensure cmsban'];

  it('the start line asks for it, and says it once', async () => {
    const { world } = await vendorWorld(LINES);
    expect(world.log[0]).toContain('CAD v2 (license, steam, discord) waits for its credentials');
    expect(world.log[1]).toContain(PERMISSION);
    await world.clock.advance(HOUR_MS);
    expect(world.log).toHaveLength(2);
    expect(world.sonoran.cad.requests).toEqual([]);
  });

  it('a ban is accepted, waits without a call, says what for, and goes out by itself', async () => {
    const { world } = await vendorWorld(LINES);
    const { who, outcome } = await banned(world);
    expect(outcome).toMatchObject({
      status: 'queued',
      code: 'QUEUED',
      products: { cad: { status: 'queued', code: 'QUEUED', message: expect.stringContaining(PERMISSION) } },
    });
    const moderator = await world.moderator();
    await moderator.chatInput('/cmsqueue');
    await until(() => moderator.chat.some((line) => line.includes(PERMISSION)), 'the list');
    await moderator.chatInput('/cmsqueue retry');
    await until(() => moderator.chat.some((line) => line.includes('as soon as')), 'the retry');
    await moderator.chatInput(`/cmslookup license:${who.license}`);
    await until(() => moderator.chat.at(-1)?.includes(PERMISSION), 'the look-up');
    expect(world.sonoran.cad.requests).toEqual([]);

    await permit(world);
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
    expect(world.sonoran.cad.account(who.uuid).status).toBe(4);
    expect(world.faults).toEqual([]);
  });

  it('the key is not read by another case', async () => {
    const { world } = await vendorWorld(LINES);
    // Whoever asks for it so gets it, on the stand-in as on the platform.
    await world.clock.advance(LOOK_MS);
    expect(world.log.join()).not.toContain('in use now');
  });

  it('waiting does not use up the time for tries, also not across restarts', async () => {
    const { world } = await vendorWorld(LINES, {}, { convars: { cmsban_retry_hours: '24' } });
    const { who } = await banned(world);
    for (let day = 0; day < 3; day++) {
      await world.clock.advance(DAY_MS);
      await world.restart(day === 1 ? 'crash' : 'stop');
      await world.logged('is waiting');
    }
    await permit(world);
    await until(() => world.sonoran.cad.account(who.uuid).status === 4, 'the ban');
  });

  it('once they are there, the time for tries begins', async () => {
    const { world } = await vendorWorld(LINES, {}, { convars: { cmsban_retry_hours: '24' } });
    await banned(world);
    await world.clock.advance(2 * DAY_MS);
    world.sonoran.cad.fault('account-bans', { kind: 'status', status: 500 });
    await permit(world);
    await until(() => world.sonoran.cad.requests.length > 0, 'the first try');
    await world.clock.advance(23 * HOUR_MS);
    expect(await world.call('getPending')).toHaveLength(1);
    await world.clock.advance(2 * HOUR_MS);
    await until(() => world.events.at(-1)?.outcome['code'] === 'EXPIRED', 'the end');
  });
});

describe('the placeholder', () => {
  it('is not a key: CAD is waited for until sonorancad starts', async () => {
    const { world } = await vendorWorld([VENDOR_CFG, PERMISSION, 'ensure cmsban']);
    expect(world.log[0]).toContain('CAD v2 (license, steam, discord) waits for its credentials');
    expect(world.log[1]).toMatch(/Sonoran CAD is waiting.*sonorancad/);
    const { outcome } = await banned(world);
    expect(outcome).toMatchObject({ status: 'queued', products: { cad: { code: 'QUEUED' } } });
    expect(world.sonoran.cad.requests).toEqual([]);
    await world.fx.console('ensure sonorancad');
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
  });

  it.each(['protection_initialized', 'none'])(
    'is not a key in our own convar either: %s',
    async (cmsban_cad_api_key) => {
      const convars = { cmsban_cad_community_id: 'cad-community', cmsban_cad_api_key };
      const { world } = await vendorWorld(['ensure cmsban'], {}, { convars });
      expect(world.log[1]).toMatch(/cmsban_cad_api_key is empty though cmsban_cad_community_id is set/);
      expect(world.log.join()).not.toContain('•••');
      expect(world.sonoran.cad.requests).toEqual([]);
    },
  );
});

describe('while we run', () => {
  const ALL = [VENDOR_CFG, PERMISSION, 'ensure sonorancms', 'ensure sonorancad', 'ensure cmsban'];
  async function running(settings: VendorSettings = {}) {
    const started = await vendorWorld(ALL, settings);
    await started.world.clock.advance(CORE_MS);
    await inUse(started.world, 'CMS');
    await started.world.listsRead();
    return started;
  }

  it('nothing is set up: everything is refused as that, until a resource of the vendor starts', async () => {
    const { world } = await vendorWorld([PERMISSION, 'ensure cmsban']);
    expect(world.log[0]).toContain('no product in use');
    expect(world.log[1]).toContain('cmsban is not set up');
    expect(await world.call('banPlayer', 'license:cafe')).toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(await world.call('isBanned', 'license:cafe')).toMatchObject({ code: 'NOT_CONFIGURED' });
    await world.fx.console('ensure sonorancad');
    await inUse(world, 'CAD');
    await world.listsRead();
    const { who, outcome } = await banned(world);
    expect(outcome).toMatchObject({ status: 'delivered', products: { cad: { code: 'OK' } } });
    expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({ banned: true });
    const other = newSomebody(world);
    const moderator = await world.moderator();
    await moderator.chatInput(`/cmsban license:${other.license}`);
    await until(() => moderator.chat.at(-1)?.includes('is banned in Sonoran CAD'), 'the command');
    const third = newSomebody(world);
    const ban = { author: 'Mia', reason: 'rude', identifiers: [`license:${third.license}`] };
    expect(await world.outcomeOf(() => world.txAdmin.ban(ban))).toMatchObject({ status: 'delivered' });
    // The door is up as well.
    expect(await world.fx.connect({ name: who.name, identifiers: who.identifiers })).toMatchObject({
      admitted: false,
    });
    expect(world.faults).toEqual([]);
  });

  it("our own convars bring a product into use as well, typed into the server's console", async () => {
    const { world } = await vendorWorld(['ensure cmsban']);
    await world.fx.console('set cmsban_cad_community_id cad-community');
    await world.fx.console(`set cmsban_cad_api_key "${CAD_KEY}"`);
    expect(await inUse(world, 'CAD')).toContain('cmsban_cad_api_key');
    expect((await banned(world)).outcome).toMatchObject({ products: { cad: { code: 'OK' } } });
  });

  it('a restart of each of the vendor’s resources costs nothing', async () => {
    const { world } = await running();
    const lines = world.log.length;
    for (const name of ['sonorancms', 'sonorancad']) {
      await world.fx.console(`stop ${name}`);
      expect((await banned(world)).outcome).toMatchObject(BOTH);
      await world.fx.console(`start ${name}`);
      await world.clock.advance(CORE_MS);
      expect((await banned(world)).outcome).toMatchObject(BOTH);
    }
    expect(world.log.slice(lines).filter((line) => /waiting|in use now/.test(line))).toEqual([]);
  });

  it('a key that is changed is followed at once, from the resource and from the console', async () => {
    const { world, vendor } = await running();
    world.sonoran.cad.settings.apiKey = 'another-key-1';
    await vendor.setCad({ apiKey: 'another-key-1' });
    await world.fx.console('restart sonorancad');
    await world.logged('Sonoran CAD is set up differently now');
    expect((await banned(world)).outcome).toMatchObject(BOTH);
    world.sonoran.cms.settings.apiKey = 'another-key-2';
    await world.fx.console('set SONORAN_CMS_API_KEY another-key-2');
    await world.logged('Sonoran CMS is set up differently now');
    expect((await banned(world)).outcome).toMatchObject(BOTH);
    expect(world.log.join()).not.toMatch(/another-key/);
    // Events that Sonoran sends carry the new key from now on.
    world.sonoran.cms.pushEventsTo(`http://127.0.0.1:${world.fx.port}/cmsban/events`);
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cms.ban(who.accId);
    await until(() => !player.connected, 'the drop');
  });

  it('a wrong key is complained about by the name of the convar that it comes from', async () => {
    const { world } = await running({ cad: { apiKey: 'wrong-key' } });
    expect(await world.logged(/The ban list of Sonoran CAD cannot be read/)).toContain('sonoran_apiKey');
    await banned(world);
    const hold = await world.logged('is on hold');
    expect(hold).toContain('sonoran_communityID, sonoran_apiKey');
    expect(hold).not.toContain('cmsban_cad');
    await world.fx.console(`set sonoran_apiKey "${CAD_KEY}"`);
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
  });

  it('another community has another ban list', async () => {
    const { world } = await running();
    const { who } = await banned(world);
    const target = `license:${who.license}`;
    expect(await world.call('isBanned', target)).toMatchObject({ products: { cms: true } });
    world.sonoran.cms.settings.communityId = 'other-community';
    world.sonoran.cms.unban(who.accId);
    world.sonoran.cad.unban(who.uuid);
    await world.fx.console('set SONORAN_CMS_COMMUNITY_ID other-community');
    await world.logged('Sonoran CMS is set up differently now');
    await world.listsRead();
    expect(await world.call('isBanned', target)).toMatchObject({ products: { cms: false, cad: true } });
    await world.restart();
    await world.clock.advance(CORE_MS);
    await world.listsRead();
    expect(await world.call('isBanned', target)).toMatchObject({ products: { cms: false } });
  });
});

describe('a product that was in use in the last run', () => {
  const LINES = [VENDOR_CFG, PERMISSION, 'ensure cmsban'];

  it('counts while its credentials are awaited: the door, and what is decided', async () => {
    const { world } = await vendorWorld([...LINES]);
    await world.fx.console('ensure sonorancad\nensure sonorancms');
    await world.clock.advance(CORE_MS);
    await inUse(world, 'CMS');
    await inUse(world, 'CAD');
    await world.listsRead();
    const { who } = await banned(world);
    const calls = callsTo(world.sonoran.cms).length;

    // This time the vendor's resources are not started.
    await world.restart();
    await until(() => world.log.filter((line) => line.includes('is waiting')).length === 2, 'both');
    expect(await world.fx.connect({ name: who.name, identifiers: who.identifiers })).toMatchObject({
      admitted: false,
    });
    expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({
      products: { cms: true, cad: true },
    });
    const { outcome } = await banned(world);
    expect(outcome).toMatchObject({
      status: 'queued',
      products: { cms: { code: 'QUEUED' }, cad: { code: 'QUEUED' } },
    });
    expect(callsTo(world.sonoran.cms)).toHaveLength(calls);

    await world.fx.console('ensure sonorancms\nensure sonorancad');
    await world.clock.advance(CORE_MS);
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
    expect(world.events.at(-1)?.outcome).toMatchObject(BOTH);
  });

  it.each(['none', 'None', ' none '])('is off when its community id is %j', async (none) => {
    const { world } = await vendorWorld(LINES);
    await world.fx.console('ensure sonorancad');
    await inUse(world, 'CAD');
    await world.fx.console(`set cmsban_cad_community_id "${none}"`);
    await world.logged('Sonoran CAD is not used any more.');
    await world.clock.advance(LOOK_MS);
    expect((await banned(world)).outcome).toMatchObject({ code: 'NOT_CONFIGURED' });
    expect(callsTo(world.sonoran.cad)).toEqual([]);
  });
});

describe('credentials that come in the middle of something', () => {
  const stopper = new URL('./resources/stopper', import.meta.url).pathname;
  const waiting = async () => {
    const { world } = await vendorWorld(
      [VENDOR_CFG, PERMISSION, 'ensure cmsban'],
      {},
      { resources: { stopper } },
    );
    expect(await world.call('getHistory')).toEqual([]);
    return world;
  };

  it.each([
    ['a stop that is only claimed', (world: World) => world.fx.emit('stopper:claim')],
    ['a restart', (world: World) => void world.fx.console('restart cmsban')],
  ])('take a ban of the same tick along, once: %s', async (_, stop) => {
    const world = await waiting();
    const who = newSomebody(world);
    const call = world.startCall('banPlayer', `license:${who.license}`);
    void world.fx.console('ensure sonorancad');
    stop(world);
    expect(await world.answerOf(call)).toMatchObject({ status: 'queued' });
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
    expect(callsTo(world.sonoran.cad).map(asked)).toEqual([{ communityUserId: who.license, isBan: true }]);
    expect(world.faults).toEqual([]);
  });

  it('are no key for events that are pushed before: an empty one opens nothing', async () => {
    const { world } = await vendorWorld(['ensure cmsban', 'ensure sonorancms']);
    const { discord } = newSomebody(world);
    for (const key of ['', null, undefined, 0, [], {}]) {
      const body = JSON.stringify({ key, type: 'ACCOUNT_BANNED', data: { discordId: discord } });
      expect((await send(world, { body })).status).toBe(401);
    }
    await world.clock.advance(CORE_MS);
    await inUse(world, 'CMS');
    await world.listsRead();
    expect(await world.call('isBanned', `discord:${discord}`)).toMatchObject({ banned: false });
    expect((await push(world, 'ACCOUNT_BANNED', { discordId: discord })).status).toBe(200);
  });

  it.each([
    ['the resource tells them', 'ensure sonorancad', 'in use now'],
    ['the owner does without', 'set cmsban_cad_community_id none', ''],
  ])('keep everybody out with cmsban_gate_when_unknown deny, until %s', async (_, line, said) => {
    const convars = { cmsban_gate_when_unknown: 'deny' };
    const { world } = await vendorWorld([VENDOR_CFG, PERMISSION, 'ensure cmsban'], {}, { convars });
    const who = newSomebody(world);
    const knock = () => world.fx.connect(who);
    expect(await knock()).toMatchObject({ admitted: false, message: expect.stringContaining('try again') });
    expect(await world.logged('cmsban_gate_when_unknown is deny')).toContain('Sonoran CAD');
    await world.fx.console(line);
    await world.logged(said);
    await settled(world);
    expect(await knock()).toMatchObject({ admitted: true });
  });
});

it('a product that this server does without is left alone, though its resource runs here', async () => {
  const { world } = await vendorWorld(
    ['ensure sonorancms', 'ensure cmsban'],
    {},
    { use: { cms: false }, convars: { cmsban_cms_community_id: 'none' } },
  );
  await world.clock.advance(CORE_MS);
  await world.listsRead();
  expect(world.log[0]).toContain('cmsban 1.0.0: CAD v2 (license, steam, discord) | ');
  expect(world.log[0]).toContain('push events: off');
  const { who, outcome } = await banned(world);
  expect(outcome).toMatchObject({ status: 'delivered', products: { cad: { code: 'OK' } } });
  expect(outcome['products']).not.toHaveProperty('cms');
  expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({ products: { cad: true } });
  expect((await push(world, 'ACCOUNT_BANNED', { discordId: who.discord })).status).toBe(404);
  expect(world.sonoran.cms.requests).toEqual([]);
  expect(world.log.join()).not.toMatch(/CMS|none/);
  expect(world.faults).toEqual([]);
});

describe('a resource of the vendor that stops, starts and restarts while calls run', () => {
  it('costs no call, and makes none twice', async () => {
    const lines = [VENDOR_CFG, PERMISSION, 'ensure sonorancms', 'ensure sonorancad', 'ensure cmsban'];
    const config = ['set sonorancad_answer "later \\"nobody\\""', 'set sonorancad_wait 50'];
    const { world } = await vendorWorld(lines, {}, { config });
    await world.clock.advance(CORE_MS);
    await inUse(world, 'CMS');
    await world.listsRead();
    const people = Array.from({ length: 9 }, () => newSomebody(world));
    const calls: number[] = [];
    for (const [index, who] of people.entries()) {
      const player = await world.join(who.name, who.identifiers);
      calls.push(world.startCall('banPlayer', player.id));
      await world.fx.console(`restart ${index % 2 === 0 ? 'sonorancad' : 'sonorancms'}`);
      await world.clock.advance(index % 3 === 0 ? 150 : 30);
    }
    await pass(world, 60_000);
    for (const call of calls) expect(await world.answerOf(call)).not.toMatchObject({ status: 'refused' });
    const delivered = () => world.events.filter(({ name }) => name === 'delivered');
    await until(() => delivered().length === people.length, 'the bans');
    for (const { outcome } of delivered()) expect(outcome).toMatchObject({ dropped: true, ...BOTH });
    const bans = [...callsTo(world.sonoran.cms), ...callsTo(world.sonoran.cad)].map(asked);
    expect(new Set(bans.map((ban) => JSON.stringify(ban))).size).toBe(bans.length);
    expect(world.faults).toEqual([]);
  });
});

it('what waits for a product that is not used any more can be seen and cancelled', async () => {
  const { world } = await vendorWorld([VENDOR_CFG, 'ensure sonorancad', 'ensure cmsban']);
  const { outcome } = await banned(world);
  await world.fx.console('set cmsban_cad_community_id none');
  const moderator = await world.moderator();
  await moderator.chatInput('/cmsqueue');
  await until(() => moderator.chat.at(-1)?.includes('not set up any more'), 'the list');
  await world.clock.advance(30 * DAY_MS);
  await moderator.chatInput(`/cmsqueue cancel ${String(outcome['id'])}`);
  await until(() => world.events.at(-1)?.outcome['code'] === 'CANCELLED', 'the end');
  expect(world.sonoran.cad.requests).toEqual([]);
});

describe('what is ours goes first', () => {
  it('credentials', async () => {
    const { world } = await vendorWorld(
      [VENDOR_CFG, PERMISSION, 'ensure sonorancad', 'ensure cmsban'],
      { cad: { apiKey: 'the-vendors' } },
      { use: { cms: false } },
    );
    await world.listsRead();
    expect((await banned(world)).outcome).toMatchObject({ products: { cad: { code: 'OK' } } });
  });

  it('half of a pair is a mistake to be named, though the vendor has a whole one', async () => {
    const { world } = await vendorWorld(
      [VENDOR_CFG, PERMISSION, 'ensure sonorancad', 'ensure cmsban'],
      {},
      { convars: { cmsban_cad_community_id: 'cad-community' } },
    );
    expect(world.log[1]).toMatch(/cmsban_cad_api_key is empty though cmsban_cad_community_id is set/);
    expect((await banned(world)).outcome).toMatchObject({ status: 'queued' });
    expect(world.sonoran.cad.requests).toEqual([]);
  });

  it.each([
    ['the type that sonorancad uses comes first', {}, 'steam'],
    ['cmsban_cad_id_types, where it is set', { cmsban_cad_id_types: 'license' }, 'license'],
  ] as const)('identifier types: %s', async (_, convars, first) => {
    const { world } = await vendorWorld(
      [VENDOR_CFG, PERMISSION, 'ensure cmsban', 'ensure sonorancad'],
      { cad: { primaryIdentifier: 'steam' } },
      { convars },
    );
    await inUse(world, 'CAD');
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    expect(await world.call('banPlayer', player.id)).toMatchObject({ status: 'delivered' });
    expect(asked(callsTo(world.sonoran.cad)[0] ?? never())).toMatchObject({ communityUserId: who[first] });
  });

  it('the host of sonorancms is taken over with its credentials, and the type that it uses comes first', async () => {
    const { world, vendor } = await vendorWorld(
      ['ensure cmsban'],
      { cms: { apiIdType: 'license' } },
      { convars: { cmsban_cms_url: undefined } },
    );
    await vendor.setCms({ apiUrl: `${world.sonoran.cms.url}/` });
    await world.fx.console('ensure sonorancms');
    await world.clock.advance(CORE_MS);
    const line = await inUse(world, 'CMS');
    expect(line).toContain(`CMS v1 (license, discord, steam) at ${world.sonoran.cms.url},`);
    expect((await banned(world)).outcome).toMatchObject({ products: { cms: { code: 'OK' } } });
  });
});

function never(): never {
  throw new Error('no call was made');
}
