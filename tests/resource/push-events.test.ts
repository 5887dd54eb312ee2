import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { knock, settled, timesSaid } from './ban-lists.ts';
import { callsTo } from './calls.ts';
import { EVENTS, portUrl, push, send } from './push-port.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { CMS_KEY, openWorld, startWorld, type World } from './world.ts';

/** What Sonoran CMS tells by itself, over the server's real HTTP port. */

const BANNED =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';
const KICKED =
  'You were removed from this community. If this is a mistake, contact the staff of this community.';

/** Waits, in real time, until every push event was answered, and what it led to has happened. */
async function pushed(world: World): Promise<void> {
  await until(
    () => world.sonoran.cms.pushes.every(({ status, error }) => status !== undefined || error !== undefined),
    'the answers to the push events',
  );
  await settled(world);
}

/** The game server gets the push events from now on. */
function subscribe(world: World): void {
  world.sonoran.cms.pushEventsTo(portUrl(world));
}

const join = (world: World, { name, identifiers }: Somebody) => world.join(name, identifiers);

const goneFor = async (player: { dropReason: string | null }) =>
  until(() => player.dropReason ?? undefined, 'the drop');

/** An account's data as an update shows it. */
const accountData = ({ accId, name, discord, steam, license }: Somebody) => ({
  accId,
  accName: name,
  discordId: discord,
  activeApiIds: [steam, license],
});

describe('what happens on the web', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    subscribe(world);
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  it('a ban drops who is here, by the Discord id', async () => {
    const who = newSomebody(world, { cms: ['discord'] });
    const player = await join(world, who);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toBe(BANNED);
    await pushed(world);
    expect(world.sonoran.cms.pushes.at(-1)).toMatchObject({ status: 200, answer: 'ok' });
    const name = `${who.name} \\(\\d+\\)`;
    expect(timesSaid(world, 'evicted.banned', { name, product: 'Sonoran CMS' })).toBe(1);
    expect(await knock(world, who.identifiers)).toBe(BANNED);
  });

  it.each(['steam', 'license'] as const)('a ban drops who is linked by %s only', async (type) => {
    const who = newSomebody(world, { cms: [type] });
    const player = await join(world, who);
    const bystander = await join(world, newSomebody(world));
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toBe(BANNED);
    await pushed(world);
    expect(await knock(world, [`${type}:${who[type]}`])).toBe(BANNED);
    expect(bystander.connected).toBe(true);
  });

  it('a ban of somebody who is not here keeps them out', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    await pushed(world);
    for (const identifier of who.identifiers.slice(0, 3)) {
      expect(await knock(world, [identifier])).toBe(BANNED);
    }
    expect(await knock(world, ['ip:127.0.0.1'])).toBeUndefined();
  });

  it('a ban that is lifted lets in at once, by every identifier', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    await pushed(world);
    expect(await knock(world, who.identifiers)).toBe(BANNED);
    world.sonoran.cms.unban(who.accId);
    await pushed(world);
    for (const identifier of who.identifiers) expect(await knock(world, [identifier])).toBeUndefined();
  });

  it('a kick drops, and does not ban', async () => {
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.kick(who.accId);
    expect(await goneFor(player)).toBe(KICKED);
    await pushed(world);
    const name = `${who.name} \\(\\d+\\)`;
    expect(timesSaid(world, 'evicted.kicked', { name, product: 'Sonoran CMS' })).toBe(1);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('an edit of somebody who is not banned changes nothing', async () => {
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.updateAccount(who.accId, { comName: 'Sergeant' });
    await pushed(world);
    expect(world.sonoran.cms.pushes.at(-1)).toMatchObject({ type: 'ACCOUNT_UPDATED', status: 200 });
    expect(player.connected).toBe(true);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('an edit of somebody banned keeps out also by what was added, once it was seen on them', async () => {
    const who = newSomebody(world, { cms: ['discord'] });
    world.sonoran.cms.ban(who.accId);
    await pushed(world);
    expect(await knock(world, [`steam:${who.steam}`])).toBeUndefined();
    world.sonoran.cms.updateAccount(who.accId, { apiIds: [who.steam] });
    await pushed(world);
    expect(await knock(world, [`steam:${who.steam}`])).toBeUndefined();
    expect(await knock(world, [`steam:${who.steam}`, `discord:${who.discord}`])).toBe(BANNED);
    expect(await knock(world, [`steam:${who.steam}`])).toBe(BANNED);
  });

  it('a ban drops everybody who shares an identifier with the account', async () => {
    const who = newSomebody(world);
    const players = [
      await world.join('Main', who.identifiers),
      await world.join('Alt', [`license:${who.license}`]),
      await world.join('Brother', [`steam:${who.steam}`, 'license:0ther']),
    ];
    const neighbour = await world.join('Neighbour', ['license:ne1ghb0ur', 'ip:127.0.0.1']);
    world.sonoran.cms.ban(who.accId);
    for (const player of players) expect(await goneFor(player)).toBe(BANNED);
    await pushed(world);
    expect(neighbour.connected).toBe(true);
  });

  it('bans of many at once drop each of them, and nobody else', async () => {
    const crowd = Array.from({ length: 20 }, () => newSomebody(world));
    const players = await Promise.all(crowd.map((who) => join(world, who)));
    const [spared] = crowd;
    for (const { accId } of crowd) if (accId !== spared?.accId) world.sonoran.cms.ban(accId);
    await pushed(world);
    expect(players.filter(({ connected }) => connected).map(({ name }) => name)).toEqual([spared?.name]);
  });

  it('a ban and its end, in the same moment, leave nobody banned', async () => {
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    world.sonoran.cms.unban(who.accId);
    await pushed(world);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('two bans with an end in between drop twice', async () => {
    const who = newSomebody(world);
    const player = await join(world, who);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toBe(BANNED);
    world.sonoran.cms.unban(who.accId);
    await pushed(world);
    const again = await join(world, who);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(again)).toBe(BANNED);
  });

  it('somebody who comes back after a kick stays, however late Sonoran says who they were', async () => {
    const who = newSomebody(world, { cms: ['steam', 'discord'] });
    const player = await join(world, who);
    world.sonoran.cms.fault('accounts-search', { kind: 'latency', ms: 5_000, effect: true }, 1);
    await push(world, 'ACCOUNT_KICKED', { discordId: who.discord, accountId: who.accId });
    expect(await goneFor(player)).toContain('You were removed from this community.');
    const back = await join(world, who);
    await world.clock.advance(6_000);
    await pushed(world);
    expect(back.dropReason).toBeNull();
    back.leave();
  });

  it('somebody linked by Steam only is found again when they are banned again within a minute', async () => {
    const who = newSomebody(world, { cms: ['steam'] });
    const player = await join(world, who);
    world.sonoran.cms.ban(who.accId);
    expect(await goneFor(player)).toBe(BANNED);
    world.sonoran.cms.unban(who.accId);
    await pushed(world);
    const again = await join(world, who);
    world.sonoran.cms.ban(who.accId);
    await pushed(world);
    expect(again.dropReason).toBe(BANNED);
  });
});

describe('an event, as the vendor may write it', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });

  it.each([null, undefined, ''])(
    'ACCOUNT_BANNED with the Discord id %j drops by the account',
    async (none) => {
      const who = newSomebody(world);
      const player = await join(world, who);
      const answer = await push(world, 'ACCOUNT_BANNED', { discordId: none, accountId: who.accId });
      expect(answer).toMatchObject({ status: 200, text: 'ok' });
      expect(await goneFor(player)).toBe(BANNED);
    },
  );

  it.each(['accountId', 'accId'])('the account is told as %s, in upper case', async (field) => {
    const who = newSomebody(world);
    const player = await join(world, who);
    await push(world, 'ACCOUNT_BANNED', { [field]: who.accId.toUpperCase() });
    expect(await goneFor(player)).toBe(BANNED);
  });

  it.each(['', 'discord:', 'DISCORD:'])('the Discord id is told with "%s" in front', async (prefix) => {
    const who = newSomebody(world, { cms: [] });
    const player = await join(world, who);
    await push(world, 'ACCOUNT_BANNED', { discordId: prefix + who.discord });
    expect(await goneFor(player)).toBe(BANNED);
    expect(await knock(world, [`discord:${who.discord}`])).toBe(BANNED);
  });

  it('more fields than are known, at every level', async () => {
    const who = newSomebody(world);
    const player = await join(world, who);
    const data = { ...accountData(who), banned: true, ranks: [{ id: 1 }], nested: { discordId: '1' } };
    const body = JSON.stringify({ key: 'x', version: 7, ...JSON.parse(eventBody('ACCOUNT_UPDATED', data)) });
    expect(await send(world, { body })).toMatchObject({ status: 200, text: 'ok' });
    expect(await goneFor(player)).toBe(BANNED);
  });

  it('an update that says banned drops by the API IDs that it tells, without asking Sonoran', async () => {
    const who = newSomebody(world, { cms: [] });
    const calls = callsTo(world.sonoran.cms).length;
    const players = [
      await world.join('By Steam', [`steam:${who.steam}`]),
      await world.join('By licence', [`license:${who.license}`]),
    ];
    const data = { ...accountData(who), discordId: null, banned: true };
    await push(world, 'ACCOUNT_UPDATED', data);
    for (const player of players) expect(await goneFor(player)).toBe(BANNED);
    expect(await knock(world, [`license:${who.license}`])).toBe(BANNED);
    await settled(world);
    expect(callsTo(world.sonoran.cms)).toHaveLength(calls);
  });

  it('an update that says not banned lets in again at once', async () => {
    const who = newSomebody(world);
    await push(world, 'ACCOUNT_UPDATED', { ...accountData(who), banned: true });
    expect(await knock(world, who.identifiers)).toBe(BANNED);
    await push(world, 'ACCOUNT_UPDATED', { ...accountData(who), banned: false });
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it.each([undefined, null])('an update whose flag is %j changes nothing', async (banned) => {
    const innocent = newSomebody(world);
    const player = await join(world, innocent);
    expect(await push(world, 'ACCOUNT_UPDATED', { ...accountData(innocent), banned })).toMatchObject({
      status: 200,
    });
    const known = newSomebody(world);
    await push(world, 'ACCOUNT_BANNED', { discordId: known.discord, accountId: known.accId });
    await settled(world);
    await push(world, 'ACCOUNT_UPDATED', { ...accountData(known), banned });
    await settled(world);
    expect(player.connected).toBe(true);
    expect(await knock(world, known.identifiers)).toBe(BANNED);
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'ACCOUNT'],
    ['a number', 5],
    ['a list', [{ discordId: '1' }]],
    ['an empty object', {}],
    ['no account', { discordId: null, accountId: null }],
    ['empty texts', { discordId: '', accountId: '' }],
    ['a Discord id that is none', { discordId: 'somebody#1234' }],
    ['a Discord id that is a number', { discordId: 235947056630333440 }],
    ['an account that is none', { accountId: '42' }],
    ['an account that is a list', { accountId: ['1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001'] }],
    ['API IDs that are none', { accId: '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001', activeApiIds: [1] }],
    ['a flag that is text', { accId: '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001', banned: 'true' }],
  ])('data that is %s names no account', async (_, data) => {
    const player = await world.join('Everybody', ['discord:1', 'license:e7e7']);
    for (const type of ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED']) {
      const answer = await push(world, type, data);
      expect(answer).toMatchObject({ status: 400, text: 'the data names no account' });
    }
    await settled(world);
    expect(player.connected).toBe(true);
    player.leave();
  });

  it.each(['ACCOUNT_CREATED', 'account_banned', '', null, undefined, 7, ['ACCOUNT_BANNED'], 'constructor'])(
    'the type %j is not known',
    async (type) => {
      const who = newSomebody(world);
      const answer = await push(world, type, { discordId: who.discord, accountId: who.accId });
      expect(answer).toMatchObject({ status: 400, text: 'unknown type' });
      expect(await knock(world, who.identifiers)).toBeUndefined();
    },
  );

  it('the same event twice within seconds is one: one drop, one line', async () => {
    const who = newSomebody(world);
    const player = await join(world, who);
    const alt = { name: 'Alt', identifiers: [`discord:${who.discord}`] };
    const event = { discordId: who.discord, accountId: who.accId };
    expect(await push(world, 'ACCOUNT_KICKED', event)).toMatchObject({ status: 200 });
    expect(await goneFor(player)).toBe(KICKED);
    await settled(world);
    const back = await world.join(alt.name, alt.identifiers);
    expect(await push(world, 'ACCOUNT_KICKED', event)).toMatchObject({ status: 200 });
    await settled(world);
    expect(back.connected).toBe(true);
    await world.clock.advance(10_000);
    expect(await push(world, 'ACCOUNT_KICKED', event)).toMatchObject({ status: 200 });
    expect(await goneFor(back)).toBe(KICKED);
  });
});

/** The vendor's body. */
function eventBody(type: string, data: unknown): string {
  return JSON.stringify({ type, data, key: CMS_KEY });
}

it('somebody is found through the ban list when Sonoran does not answer', async () => {
  // Without the gate somebody banned is here.
  const world = await startWorld({ convars: { cmsban_join_gate: 'false' }, start: false });
  const who = newSomebody(world, { cms: ['steam'] });
  world.sonoran.cms.ban(who.accId);
  await world.fx.console('ensure cmsban');
  await world.listsRead();
  const player = await join(world, who);
  world.sonoran.cms.fault('accounts-search', { kind: 'status', status: 503 });
  await push(world, 'ACCOUNT_BANNED', { discordId: null, accountId: who.accId });
  expect(await goneFor(player)).toBe(BANNED);
});

it('a look-up that fails is tried again, and then drops', async () => {
  const world = await startWorld();
  subscribe(world);
  const who = newSomebody(world, { cms: ['license'] });
  const player = await join(world, who);
  world.sonoran.cms.fault('account', { kind: 'status', status: 503 }, 2);
  world.sonoran.cms.ban(who.accId);
  await pushed(world);
  expect(player.connected).toBe(true);
  for (let round = 0; round < 30 && player.connected; round++) {
    await world.clock.advance(1_000);
    await settled(world);
  }
  expect(player.dropReason).toBe(BANNED);
});

it('a ban that is lifted while Sonoran is still asked about it leaves nobody banned', async () => {
  const world = await startWorld({ use: { cad: false } });
  subscribe(world);
  const who = newSomebody(world);
  world.sonoran.cms.fault('account', { kind: 'latency', ms: 3_000 });
  world.sonoran.cms.ban(who.accId);
  await until(() => world.sonoran.cms.pushes[0]?.status === 200, 'the ban');
  world.sonoran.cms.unban(who.accId);
  await until(() => world.sonoran.cms.pushes[1]?.status === 200, 'its end');
  await world.clock.advance(3_000);
  await settled(world);
  expect(await knock(world, who.identifiers)).toBeUndefined();
});

describe.each(['stop', 'crash'] as const)('after a restart (%s), Sonoran down', (how) => {
  it('who was banned by an event stays out, and whose ban was lifted gets in', async () => {
    const world = await startWorld({ use: { cad: false } });
    subscribe(world);
    const banned = newSomebody(world);
    const kicked = newSomebody(world);
    const lifted = newSomebody(world);
    world.sonoran.cms.ban(banned.accId);
    world.sonoran.cms.kick(kicked.accId);
    world.sonoran.cms.ban(lifted.accId);
    await pushed(world);
    world.sonoran.cms.unban(lifted.accId);
    await pushed(world);
    await world.sonoran.cms.down();
    await world.restart(how);
    for (const identifier of banned.identifiers.slice(0, 3)) {
      expect(await knock(world, [identifier])).toBe(BANNED);
    }
    expect(await knock(world, kicked.identifiers)).toBeUndefined();
    expect(await knock(world, lifted.identifiers)).toBeUndefined();
    expect(world.faults).toEqual([]);
  });
});

it('a ban that comes while its person is on the loading screen drops them as they join', async () => {
  const world = await startWorld({
    resources: { doorman: new URL('./resources/doorman', import.meta.url).pathname },
  });
  subscribe(world);
  const who = newSomebody(world, { cms: ['steam'] });
  const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
  expect(connecting.state).toBe('connecting');
  world.sonoran.cms.ban(who.accId);
  await pushed(world);
  expect(connecting.state).toBe('connecting');
  world.fx.emit('doorman:open');
  await connecting.result;
  expect(await goneFor(connecting.player)).toBe(BANNED);
  expect(world.fx.players.size).toBe(0);
  expect(connecting.misuse).toEqual([]);
  expect(world.faults).toEqual([]);
});

it('an event that comes while the stored list is being read is not lost, nor is the list', async () => {
  const world = await startWorld({
    use: { cad: false },
    resources: { sonorancms: new URL('./resources/eager-core', import.meta.url).pathname },
  });
  const banned = newSomebody(world);
  const [lifted, stored] = [newSomebody(world), newSomebody(world)];
  for (const { accId, discord } of [lifted, stored]) {
    world.sonoran.cms.ban(accId);
    await push(world, 'ACCOUNT_BANNED', { discordId: discord, accountId: accId });
  }
  await settled(world);
  await world.sonoran.cms.down();
  await world.fx.console('stop cmsban');
  for (const body of [
    eventBody('ACCOUNT_BANNED', { discordId: banned.discord, accountId: banned.accId }),
    eventBody('ACCOUNT_UPDATED', { ...accountData(lifted), banned: false }),
  ]) {
    world.fx.emit('eager-core:give', body);
  }
  await world.fx.console('start cmsban');
  const connecting = world.fx.startConnecting({ name: banned.name, identifiers: banned.identifiers });
  expect(connecting.openDeferrals).toEqual(['cmsban']);
  await connecting.result;
  await until(() => !connecting.player.connected, 'the drop');
  expect(await knock(world, [`discord:${banned.discord}`])).toBe(BANNED);
  expect(await knock(world, lifted.identifiers)).toBeUndefined();
  expect(await knock(world, stored.identifiers)).toBe(BANNED);
  expect(world.faults).toEqual([]);
});

it('an event is acted on with Sonoran down from the start', async () => {
  const world = await startWorld({ start: false });
  await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
  const who = newSomebody(world);
  await world.fx.console('ensure cmsban');
  const player = await join(world, who);
  const answer = await push(world, 'ACCOUNT_BANNED', { discordId: who.discord, accountId: who.accId });
  expect(answer.status).toBe(200);
  expect(await goneFor(player)).toBe(BANNED);
  expect(await knock(world, [`discord:${who.discord}`])).toBe(BANNED);
  expect(world.faults).toEqual([]);
});

it('whom to appeal to is said to who is dropped, and at the door', async () => {
  const world = await startWorld({ convars: { cmsban_appeal_text: 'Appeal on discord.gg/example' } });
  subscribe(world);
  const banned = newSomebody(world);
  const kicked = newSomebody(world);
  const players = [await join(world, banned), await join(world, kicked)] as const;
  world.sonoran.cms.ban(banned.accId);
  world.sonoran.cms.kick(kicked.accId);
  const words = 'You are banned from this community. Appeal on discord.gg/example';
  expect(await goneFor(players[0])).toBe(words);
  expect(await goneFor(players[1])).toBe(
    'You were removed from this community. Appeal on discord.gg/example',
  );
  expect(await knock(world, banned.identifiers)).toBe(words);
});

it('the ACE cmsban.gate.bypass keeps from being dropped for a ban, cmsban.immune does not', async () => {
  const world = await startWorld({
    config: [
      'add_ace group.guest cmsban.gate.bypass allow',
      'add_ace group.staff cmsban.immune allow',
      'add_principal identifier.license:90e57 group.guest',
      'add_principal identifier.license:57aff group.staff',
    ],
  });
  subscribe(world);
  const account = (license: string) => world.sonoran.cms.addAccount({ apiIds: [license] }).accId;
  const guest = await world.join('Guest', ['license:90e57']);
  const staff = await world.join('Staff', ['license:57aff']);
  const accounts = { guest: account('90e57'), staff: account('57aff') };
  world.sonoran.cms.ban(accounts.guest);
  world.sonoran.cms.ban(accounts.staff);
  expect(await goneFor(staff)).toBe(BANNED);
  await pushed(world);
  expect(guest.connected).toBe(true);
  expect(timesSaid(world, 'evicted.bypass', { name: 'Guest \\(\\d+\\)', product: 'Sonoran CMS' })).toBe(1);
  await push(world, 'ACCOUNT_KICKED', { accountId: accounts.guest });
  expect(await goneFor(guest)).toBe(KICKED);
});

it('the gate switched off does not keep an event from dropping', async () => {
  const world = await startWorld({ convars: { cmsban_join_gate: 'false' } });
  subscribe(world);
  const who = newSomebody(world);
  const player = await join(world, who);
  world.sonoran.cms.ban(who.accId);
  expect(await goneFor(player)).toBe(BANNED);
  await pushed(world);
  expect(await knock(world, who.identifiers)).toBeUndefined();
});

it('an API key that is changed while it runs counts for events as well', async () => {
  const world = await startWorld({ use: { cad: false } });
  const who = newSomebody(world);
  const rotated = 'cms-Key-that-is-new';
  world.sonoran.cms.settings.apiKey = rotated;
  // A refused call makes the resource look at its settings again.
  await world.call('banPlayer', `license:${newSomebody(world).license}`);
  await world.fx.console(`set cmsban_cms_api_key "${rotated}"`);
  await world.clock.advance(31_000);
  await settled(world);
  const data = { discordId: who.discord, accountId: who.accId };
  expect(await push(world, 'ACCOUNT_BANNED', data)).toMatchObject({ status: 401, text: 'wrong key' });
  expect(await knock(world, who.identifiers)).toBeUndefined();
  const body = JSON.stringify({ key: rotated, type: 'ACCOUNT_BANNED', data });
  expect(await send(world, { body })).toMatchObject({ status: 200, text: 'ok' });
  expect(await knock(world, who.identifiers)).toBe(BANNED);
  expect(world.output.some(({ text }) => text.includes(rotated))).toBe(false);
});

describe('nothing is taken in', () => {
  it.each([
    ['with cmsban_push_events false', { convars: { cmsban_push_events: 'false' } }],
    ['with CMS not in use', { use: { cms: false } }],
  ])('%s', async (_, options) => {
    const world = await startWorld(options);
    const who = newSomebody(world);
    const player = await join(world, who);
    const data = { discordId: who.discord, accountId: who.accId };
    expect(await push(world, 'ACCOUNT_BANNED', data)).toMatchObject({ status: 404, text: 'Not found.' });
    expect(await send(world, { method: 'GET', path: EVENTS })).toMatchObject({ status: 404 });
    await settled(world);
    expect(player.connected).toBe(true);
    expect(world.log.filter((line) => /push event/.test(line))).toEqual([
      expect.stringContaining('push events: off'),
    ]);
  });
});
