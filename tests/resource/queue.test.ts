import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { KeyValueStore } from '../../devserver/fxserver/key-value-store.ts';
import { callsTo } from './calls.ts';
import { CMS_KEY, startWorld, type World } from './world.ts';

/** The durable queue on the built bundle: order, limits, holds, what people see of it and can do. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function addMember({ sonoran }: World, license: string) {
  const { accId } = sonoran.cms.addAccount({ apiIds: [license] });
  const { uuid } = sonoran.cad.addAccount({ apiIds: [license] });
  return { accId, uuid };
}

/** Lets time pass, a second at a time, with what is on the wire arriving in between, until something is true. */
async function pass(world: World, condition: () => unknown, limitMs = HOUR_MS): Promise<void> {
  for (let passed = 0; !condition(); passed += 1_000) {
    if (passed > limitMs) throw new Error('waited in vain');
    await world.clock.advance(1_000);
    for (const host of [world.sonoran.cms, world.sonoran.cad]) {
      await until(() => host.openRequests === 0, 'the answers');
    }
  }
}

async function bothDown({ sonoran }: World): Promise<void> {
  await sonoran.cms.down();
  await sonoran.cad.down();
}

async function cadDown(world: World): Promise<void> {
  await world.sonoran.cad.down();
}

const cadOnly = { use: { cms: false } };

describe('order', () => {
  it('a ban that may have been heard is not tried again after its lift, and ends lifted', async () => {
    const world = await startWorld(cadOnly);
    const { uuid } = addMember(world, 'aa1');
    world.sonoran.cad.fault('account-bans', { kind: 'reset', when: 'after' }, 2);
    const ban = world.startCall('banPlayer', 'license:aa1');
    expect(await world.answerOf(ban)).toMatchObject({ status: 'queued', code: 'QUEUED' });
    await world.fx.console('cmsunban license:aa1');
    await pass(world, () => world.events.some(({ name }) => name === 'delivered'));
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['ban', 'unban', 'unban']);
    expect(world.events.find(({ name }) => name === 'refused')?.outcome).toMatchObject({
      action: 'ban',
      code: 'CANCELLED',
      products: { cad: { message: expect.stringContaining('may have taken effect') } },
    });
    expect(world.sonoran.cad.account(uuid).status).toBe(1);
  });

  it('an unban cancels a ban that has not gone out, and says so', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    const moderator = await world.moderator();
    await cadDown(world);
    await moderator.chatInput('/cmsban license:aa1 mistake');
    await until(() => moderator.chat.at(-1)?.includes('not done yet'), 'the answer');
    await moderator.chatInput('/cmsunban license:aa1');
    await until(() => moderator.chat.some((line) => line.includes('was not sent yet')), 'the note');
    expect(moderator.chat.some((line) => line.includes('cancelled before it was sent'))).toBe(true);
    await world.sonoran.cad.up();
    await pass(world, () => moderator.chat.at(-1)?.includes('no longer banned'));
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['unban']);
  });

  it('nobody waits for the retry of somebody else', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    addMember(world, 'aa2');
    world.sonoran.cad.fault('account-bans', { kind: 'status', status: 500 }, 1);
    expect(await world.call('banPlayer', 'license:aa1')).toMatchObject({ status: 'queued' });
    expect(await world.call('banPlayer', 'license:aa2')).toMatchObject({ status: 'delivered' });
  });
});

describe('a hold', () => {
  it('makes no call until the credentials have been changed, then goes on by itself', async () => {
    const world = await startWorld({ use: { cad: false }, convars: { cmsban_cms_api_key: 'wrong-key' } });
    const { accId } = addMember(world, 'aa1');
    addMember(world, 'aa2');
    const moderator = await world.moderator();
    await moderator.chatInput('/cmsban license:aa1');
    await until(() => moderator.chat.at(-1)?.includes('INVALID API KEY'), 'the answer');
    await moderator.chatInput('/cmsban license:aa2');
    await until(
      () => moderator.chat.filter((line) => line.includes('INVALID API KEY')).length === 2,
      'another',
    );
    const calls = callsTo(world.sonoran.cms).length;
    await world.clock.advance(HOUR_MS - MINUTE_MS);
    expect(callsTo(world.sonoran.cms)).toHaveLength(calls);
    expect(world.log.filter((line) => line.includes('is on hold'))).toHaveLength(1);
    expect(world.log.join()).not.toContain('wrong-key');

    await world.fx.console(`set cmsban_cms_api_key "${CMS_KEY}"`);
    await pass(world, () => moderator.chat.filter((line) => line.includes('is banned in')).length === 2);
    expect(world.sonoran.cms.account(accId).banned).toBe(true);
  });

  it('of CAD names the failure as its support asks for, and is said once though every try has another name', async () => {
    const world = await startWorld({ use: { cms: false }, convars: { cmsban_cad_api_key: 'wrong-key' } });
    const ban = await world.call('banPlayer', 'license:aa1');
    expect(ban['message']).toMatch(/\(traceId 00-[0-9a-f-]+\)/);
    const calls = callsTo(world.sonoran.cad).length;
    await world.clock.advance(3 * HOUR_MS + MINUTE_MS);
    expect(callsTo(world.sonoran.cad).length).toBeGreaterThanOrEqual(calls + 2);
    const holds = world.log.filter((line) => line.includes('is on hold'));
    expect(holds).toEqual([expect.stringMatching(/\(traceId 00-[0-9a-f-]+\)/)]);
  });

  it('is ended by /cmsqueue retry', async () => {
    const world = await startWorld({ use: { cad: false }, cms: { apiEnabled: false } });
    addMember(world, 'aa1');
    expect(await world.call('banPlayer', 'license:aa1')).toMatchObject({
      status: 'queued',
      products: { cms: { status: 'queued', code: 'REFUSED' } },
    });
    world.sonoran.cms.settings.apiEnabled = true;
    await world.clock.advance(5_000);
    await world.fx.console('cmsqueue retry');
    await until(() => world.events.at(-1)?.name === 'delivered', 'the ban');
  });
});

describe('that Sonoran is down', () => {
  it.each(['1', '2'])('is said in the same words of both products (CAD v%s)', async (version) => {
    const world = await startWorld({ convars: { cmsban_cad_version: version } });
    await bothDown(world);
    // Two failures: then nobody tries for a while.
    for (const license of ['aa0', 'aa1']) await world.call('banPlayer', `license:${license}`);
    const { products } = await world.call<{ products: Record<string, { message: string }> }>(
      'banPlayer',
      'license:aa2',
    );
    const message = 'it does not answer; it is tried again';
    expect(products).toMatchObject({ cms: { message }, cad: { message } });
    await world.fx.console('cmsqueue');
    const line = await world.logged(/\] ban of license:aa2 by/);
    expect(line.match(/Sonoran C\w+: it does not answer, next try in \d s\./g)).toHaveLength(2);
  });
});

describe('once', () => {
  it('an export call with the same id has one effect, also across a crash', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    const first = await world.call('banPlayer', 'license:aa1', 'x', { id: 'case 7' });
    expect(await world.call('banPlayer', 'license:aa1', 'x', { id: 'case 7' })).toEqual({
      ...first,
      again: true,
    });
    await world.restart('crash');
    expect(await world.call('banPlayer', 'license:aa1', 'x', { id: 'case 7' })).toEqual({
      ...first,
      again: true,
    });
    expect(callsTo(world.sonoran.cad)).toHaveLength(1);
  });

  it('a txAdmin action seen again after a restart has one effect', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    const ban = { author: 'Mia', reason: 'r', identifiers: ['license:aa1'], actionId: 'B8YE-ZQHY' };
    await world.txAdmin.ban(ban);
    await until(() => world.events.length === 1, 'the ban');
    await world.restart();
    await world.txAdmin.ban(ban);
    await world.clock.advance(1_000);
    expect(callsTo(world.sonoran.cad)).toHaveLength(1);
  });
});

describe('a temporary ban', () => {
  const temporary = (world: World, hours: number) => ({
    author: 'Mia',
    reason: 'cool down',
    identifiers: ['license:aa1'],
    expiration: Math.floor(world.clock.now() / 1000) + hours * 3600,
  });

  it('is lifted after a restart: on time, or late when the server was down', async () => {
    const world = await startWorld(cadOnly);
    const { uuid } = addMember(world, 'aa1');
    await world.txAdmin.ban(temporary(world, 5));
    await until(() => world.events.length === 1, 'the ban');
    await world.restart('crash');
    await world.clock.advance(4 * HOUR_MS);
    expect(world.sonoran.cad.account(uuid).status).toBe(4);
    await world.fx.stop();
    await world.clock.advance(2 * HOUR_MS);
    await world.restart();
    await pass(world, () => world.sonoran.cad.account(uuid).status === 1);
    await world.restart();
    await world.clock.advance(24 * HOUR_MS);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['ban', 'unban']);
  });

  it('is not lifted when a permanent ban came in between, also across a restart', async () => {
    const world = await startWorld(cadOnly);
    const { uuid } = addMember(world, 'aa1');
    await world.txAdmin.ban(temporary(world, 5));
    await until(() => world.sonoran.cad.account(uuid).status === 4, 'the ban');
    await world.call('banPlayer', 'license:aa1', 'for good');
    await world.restart('crash');
    await world.clock.advance(24 * HOUR_MS);
    expect(world.sonoran.cad.account(uuid).status).toBe(4);
  });
});

describe('/cmsqueue and /cmshistory', () => {
  it('list what waits and why, cancel it, and show how things ended', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    const moderator = await world.moderator();
    await moderator.chatInput('/cmsqueue');
    await until(() => moderator.chat.at(-1)?.includes('Nothing is waiting'), 'the list');
    await cadDown(world);
    await moderator.chatInput('/cmsban license:aa1 raid');
    await until(() => moderator.chat.at(-1)?.includes('not done yet'), 'the answer');
    const [pending] = await world.call<Array<{ id: string }>>('getPending');
    await moderator.chatInput('/cmsqueue');
    await until(
      () => moderator.chat.at(-1)?.includes(`[${pending?.id}] ban of license:aa1 by Mia`),
      'the line',
    );
    expect(moderator.chat.at(-1)).toMatch(/could not connect \(ECONNREFUSED\), next try in \d s/);

    await moderator.chatInput('/cmsqueue cancel nonsense');
    await until(() => moderator.chat.at(-1)?.includes('Nothing with the id nonsense'), 'the refusal');
    await moderator.chatInput(`/cmsqueue cancel ${pending?.id}`);
    await until(() => moderator.chat.at(-1)?.includes('cancelled before it was sent.'), 'the cancellation');
    await world.sonoran.cad.up();
    await world.clock.advance(HOUR_MS);
    expect(callsTo(world.sonoran.cad)).toEqual([]);

    await world.restart();
    const again = await world.moderator();
    await again.chatInput('/cmshistory license:aa1');
    await until(() => again.chat.at(-1)?.includes('cancelled before it was sent'), 'the history');
    expect(again.chat).toHaveLength(1);
    expect(await world.call('getHistory', 5)).toMatchObject([{ id: pending?.id, code: 'CANCELLED' }]);
    await again.chatInput('/cmsqueue please');
    await until(() => again.chat.at(-1)?.includes('Usage: /cmsqueue'), 'the usage');
  });

  it('tell the truth about what is cancelled: a call whose answer was lost may have been heard', async () => {
    const world = await startWorld(cadOnly);
    addMember(world, 'aa1');
    const moderator = await world.moderator();
    world.sonoran.cad.fault('*', { kind: 'hang', when: 'before' }, 1);
    await moderator.chatInput('/cmsban license:aa1 raid');
    await until(() => world.sonoran.cad.openRequests === 1, 'the call');
    const [first = ''] = moderator.chat;
    const id = /\[(\w{10})\]/.exec(first)?.[1] ?? '';
    await moderator.chatInput(`/cmsqueue cancel ${id.toUpperCase()}`);
    await until(
      () => moderator.chat.at(-1)?.includes('a call to Sonoran CAD is under way right now'),
      'that it runs',
    );
    await world.clock.advance(10_000);
    await until(() => moderator.chat.at(-1)?.includes('not done yet'), 'the answer');
    await moderator.chatInput(`/cmsqueue cancel ${id}`);
    const line = await until(
      () => moderator.chat.find((text) => text.includes('so it may have taken effect; look there.')),
      'the truth',
    );
    expect(line).toContain(
      `[${id}] The ban of license:aa1 was taken back. Sonoran CAD: cancelled, but it was sent before`,
    );
    expect(moderator.chat.join()).not.toContain('before it');
    await moderator.chatInput(`/cmshistory ${id}`);
    await until(() => moderator.chat.at(-1)?.includes('cancelled, but it was sent before'), 'the history');
  });

  it('keep no more than cmsban_history_limit, in the store as well', async () => {
    const world = await startWorld({ ...cadOnly, convars: { cmsban_history_limit: '3' } });
    for (let number = 0; number < 6; number++) {
      await world.call('kickPlayer', `license:ff${number}`);
      await world.clock.advance(60_000);
    }
    expect(await world.call<unknown[]>('getHistory')).toHaveLength(3);
    await world.fx.stop();
    expect(storedKeys(world).filter((key) => key.startsWith('action:'))).toHaveLength(3);
  });
});

/** The keys of cmsban's store on disk. */
function storedKeys(world: World): string[] {
  const store = openStore(world);
  const keys = [...store.find('')];
  store.close();
  return keys;
}

function openStore(world: World): KeyValueStore {
  return new KeyValueStore(join(world.folder, 'data', 'cmsban.kvp'));
}

it('sets records aside that cannot be read, says so, and goes on with the others', async () => {
  const world = await startWorld(cadOnly);
  const { uuid } = addMember(world, 'aa1');
  await cadDown(world);
  await world.call('banPlayer', 'license:aa1');
  await world.fx.stop();
  const store = openStore(world);
  store.set('action:half', { type: 'string', value: '{"version":1,"id":"ha' });
  store.set('action:newer', { type: 'string', value: '{"version":99,"id":"newer"}' });
  store.close();
  await world.sonoran.cad.up();
  await world.restart();
  await world.logged('Some stored records cannot be read: 2');
  await pass(world, () => world.sonoran.cad.account(uuid).status === 4);
  await world.fx.stop();
  expect(storedKeys(world)).toEqual(
    expect.arrayContaining(['unreadable:action:half', 'unreadable:action:newer']),
  );
  await world.restart();
  expect(world.log.join()).not.toContain('cannot be read');
});

it('starts no call once txAdmin shuts the server down, and loses nothing', async () => {
  const world = await startWorld(cadOnly);
  const { uuid } = addMember(world, 'aa1');
  const moderator = await world.moderator();
  await world.txAdmin.shutdown();
  await moderator.chatInput('/cmsban license:aa1');
  await until(() => moderator.chat.at(-1)?.includes('when cmsban runs again'), 'the answer');
  expect(callsTo(world.sonoran.cad)).toEqual([]);
  await world.restart();
  await pass(world, () => world.sonoran.cad.account(uuid).status === 4);
});

it('acknowledges nothing before it is on disk: what was accepted survives a crash in the same moment', async () => {
  const world = await startWorld(cadOnly);
  const members = Array.from({ length: 50 }, (_, number) => ({
    number,
    ...addMember(world, `dd${number}`),
  }));
  await cadDown(world);
  for (const { number } of members) world.startCall('banPlayer', `license:dd${number}`);
  await until(() => world.events.length > 0, 'the first answer');
  const accepted = world.events.map(({ outcome }) => outcome['id']);
  await world.restart('crash');
  await world.logged('from before the restart that are continued');
  const pending = await world.call<Array<{ id: string }>>('getPending');
  expect(pending.map(({ id }) => id)).toEqual(expect.arrayContaining(accepted));
});

it('keeps within the limits across a crash, with not one call refused', async () => {
  const world = await startWorld({ ...cadOnly, cad: { limits: 'documented' } });
  for (let number = 0; number < 11; number++) addMember(world, `ee${number}`);
  for (let number = 0; number < 10; number++) await world.fx.console(`cmsban license:ee${number}`);
  await until(() => world.events.length === 10, 'ten bans');
  await world.restart('crash');
  await world.fx.console('cmsban license:ee10');
  await world.logged('waits for the rate limit');
  await world.clock.advance(55_000);
  expect(callsTo(world.sonoran.cad)).toHaveLength(10);
  await pass(world, () => world.events.length === 2, 60_000);
  expect(callsTo(world.sonoran.cad).map(({ response }) => response?.status)).toEqual(Array(11).fill(200));
});
