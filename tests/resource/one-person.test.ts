import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** A moderator decides about a person, whatever they are called. */

const HOUR_MS = 60 * 60 * 1_000;
const BANNED = 4;
const FREE = 1;

const statusOf = (world: World, { uuid }: Somebody) => world.sonoran.cad.account(uuid).status;

/** The latest outcome of each action that another resource heard of, in the order in which they began. */
function outcomesOf(world: World) {
  const latest = new Map<unknown, Record<string, unknown>>();
  for (const { outcome } of world.events) latest.set(outcome['id'], outcome);
  return [...latest.values()];
}

/** Both products answer again, and everything has its tries. */
async function backUp(world: World): Promise<void> {
  await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
  await tries(world, 6);
}

/** Time for so many tries passes, each with its answers. */
async function tries(world: World, count: number): Promise<void> {
  for (let number = 0; number < count * 30; number++) {
    await world.clock.advance(1_000);
    for (const host of [world.sonoran.cms, world.sonoran.cad]) {
      await until(() => host.openRequests === 0, 'the answers');
    }
  }
}

async function downWorld(): Promise<World> {
  const world = await startWorld();
  await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
  return world;
}

describe('order and taking back go by account', () => {
  it('a lift by another name, made once Sonoran is up, ends an earlier ban that is still on its way', async () => {
    const world = await downWorld();
    const who = newSomebody(world, { cms: [] });
    await world.fx.console(`cmsban discord:${who.discord} wrong person`);
    await until(() => world.events.length === 1, 'the ban');
    await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
    // By another name of the same account; nobody here has seen the two on one player.
    await world.fx.console(`cmsunban license:${who.license}`);
    await until(() => callsTo(world.sonoran.cad).length > 0, 'the lift');
    await tries(world, 6);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['unban', 'ban', 'unban']);
    expect(statusOf(world, who)).toBe(FREE);
    expect(await world.call('isBanned', `discord:${who.discord}`)).toMatchObject({
      products: { cad: false },
    });
    expect(world.log.some((line) => /about the same Sonoran account/.test(line))).toBe(true);
    expect(world.faults).toEqual([]);
  });

  it('identifiers that were seen on one player are one person, also when they have left', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    player.leave();
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await world.fx.console(`cmsban discord:${who.discord}`);
    await until(() => world.events.length === 1, 'the ban');
    await world.fx.console(`cmsunban license:${who.license}`);
    await until(() => outcomesOf(world)[0]?.['code'] === 'CANCELLED', 'the ban that was taken back');
    await backUp(world);
    expect(world.sonoran.cms.effects).toEqual([]);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).not.toContain('ban');
  });

  it('an API ID that somebody has typed into their account merges nobody', async () => {
    const world = await startWorld();
    const victim = newSomebody(world, { cms: [], cad: [] });
    const claimant = newSomebody(world, { cms: ['license'], cad: ['license'] });
    world.sonoran.cad.addAccount({ username: 'Claimant', apiIds: [victim.license] });
    expect(await world.call('banPlayer', `account:${claimant.uuid}`)).toMatchObject({ status: 'delivered' });
    expect(await world.call('unbanPlayer', `license:${victim.license}`)).toMatchObject({ action: 'unban' });
    expect(statusOf(world, claimant)).toBe(BANNED);
  });

  it('an account that the answer has named is that of the ban: a lift by it ends the ban', async () => {
    const world = await startWorld({ use: { cms: false } });
    const who = newSomebody(world);
    const ban = await world.call('banPlayer', `license:${who.license}`);
    expect(ban).toMatchObject({ products: { cad: { account: who.uuid } } });
    expect(await world.call('unbanPlayer', `account:${who.uuid}`)).toMatchObject({ status: 'delivered' });
    expect(statusOf(world, who)).toBe(FREE);
    expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({ banned: false });
  });
});

describe('what puts another decision right', () => {
  it('is a lift once more, when the call of the ban was under way as the lift was confirmed', async () => {
    const world = await startWorld({ use: { cms: false } });
    const who = newSomebody(world);
    world.sonoran.cad.fault('account-bans', { kind: 'latency', ms: 4_000 }, 1);
    await world.fx.console(`cmsban account:${who.uuid}`);
    await until(() => callsTo(world.sonoran.cad).length === 1, 'the ban');
    await world.fx.console(`cmsunban license:${who.license}`);
    await until(() => world.sonoran.cad.effects.length === 1, 'the lift');
    for (let second = 0; second < 20; second++) await world.clock.advance(1_000);
    await tries(world, 2);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['unban', 'ban', 'unban']);
    expect(statusOf(world, who)).toBe(FREE);
    expect(world.faults).toEqual([]);
  });

  it('counts from when that was decided: a lift between the two ends it as well', async () => {
    const world = await startWorld({ use: { cms: false } });
    const who = newSomebody(world);
    world.sonoran.cad.fault('account-bans', { kind: 'latency', ms: 4_000 }, 1);
    await world.fx.console(`cmsunban license:${who.license}`);
    await until(() => callsTo(world.sonoran.cad).length === 1, 'the first lift');
    await world.fx.console(`cmsban account:${who.uuid}`);
    await until(() => statusOf(world, who) === BANNED, 'the ban');
    world.sonoran.cad.fault('account-bans', { kind: 'latency', ms: 6_000 }, 1);
    await world.fx.console(`cmsunban discord:${who.discord}`);
    for (let second = 0; second < 20; second++) await world.clock.advance(1_000);
    // The first lift is done after the ban, which is made again; the second one is the last word about both.
    await tries(world, 12);
    const kinds = world.sonoran.cad.effects.map(({ kind }) => kind);
    expect(kinds.slice(0, 2)).toEqual(['ban', 'unban']);
    expect(kinds.filter((kind) => kind === 'ban')).toHaveLength(2);
    expect(statusOf(world, who)).toBe(FREE);
    expect(await world.call('isBanned', `account:${who.uuid}`)).toMatchObject({ banned: false });
    expect(world.faults).toEqual([]);
  });
});

describe('a lift', () => {
  it('in one product alone ends nothing that the other one holds', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const ban = await world.call('banPlayer', `license:${who.license}`, 'cheating');
    await world.call('unbanPlayer', `license:${who.license}`, '', { products: ['cad'] });
    expect(statusOf(world, who)).toBe(FREE);
    expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({
      banned: true,
      id: ban['id'],
      products: { cms: true, cad: false },
    });
  });

  it('in one product, and another in the other one, end a ban together', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    await world.call('banPlayer', `license:${who.license}`, 'cheating');
    await world.call('unbanPlayer', `license:${who.license}`, '', { products: ['cad'] });
    const lift = await world.call('unbanPlayer', `license:${who.license}`, '', { products: ['cms'] });
    expect(lift).toMatchObject({ status: 'delivered', products: { cms: { code: 'UNSUPPORTED' } } });
    // CMS has no call to lift a ban: there they stay banned, and no decision made here keeps them out.
    const answer = await world.call('isBanned', `license:${who.license}`);
    expect(answer).toMatchObject({ banned: true, products: { cms: true, cad: false } });
    expect(answer).not.toHaveProperty('id');
  });

  it('ends a ban that may have been heard: it is not tried again, and the moderator reads what to check', async () => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const moderator = await world.moderator();
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'reset', when: 'after' }, 1);
    await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${who.license} wrong`));
    const effects = world.sonoran.cms.effects.length;
    await moderator.chatInput(`/cmsunban license:${who.license}`);
    await until(() => moderator.chat.some((line) => line.includes('look in its web panel')), 'what to check');
    await world.clock.advance(HOUR_MS);
    expect(world.sonoran.cms.effects).toHaveLength(effects);
    const [ban, lift] = outcomesOf(world);
    expect(ban).toMatchObject({ action: 'ban', status: 'refused', code: 'CANCELLED' });
    expect(lift).toMatchObject({ action: 'unban', status: 'delivered' });
  });

  it('that a crash cut off is carried out after the start', async () => {
    const world = await downWorld();
    const who = newSomebody(world);
    await world.fx.console(`cmsban license:${who.license}`);
    await until(() => world.events.length === 1, 'the ban');
    const lift = await world.call('unbanPlayer', `license:${who.license}`);
    await world.restart('crash');
    await backUp(world);
    await until(
      () =>
        world.events.some(({ outcome }) => outcome['id'] === lift['id'] && outcome['status'] === 'delivered'),
      'the lift',
    );
    expect(world.sonoran.cms.effects).toEqual([]);
    expect(world.sonoran.cad.effects.map(({ kind }) => kind)).toEqual(['unban']);
  });

  it('of txAdmin ends that ban alone: while another is in force, nothing is lifted', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const ban = { author: 'Mia', reason: 'r', identifiers: who.identifiers, actionId: 'B8YE-ZQHY' };
    await world.outcomeOf(() => world.txAdmin.ban(ban));
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} another`));
    const revoke = { ...ban, revokedBy: 'Mia' };
    expect(await world.outcomeOf(() => world.txAdmin.revoke(revoke))).toMatchObject({ status: 'delivered' });
    expect(statusOf(world, who)).toBe(BANNED);
    expect(await world.call('isBanned', `license:${who.license}`)).toMatchObject({ banned: true });
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    expect(statusOf(world, who)).toBe(FREE);
  });
});

describe('one decision', () => {
  it('told thirty times is one action and one call, and costs the next one no wait', async () => {
    const world = await startWorld({ use: { cms: false }, cad: { limits: 'documented' } });
    const [who, next] = [newSomebody(world), newSomebody(world)];
    const player = await world.join(who.name, who.identifiers);
    const told = Array.from({ length: 30 }, () => world.startCall('banPlayer', player.id, 'aimbot'));
    const answers = await Promise.all(told.map((number) => world.answerOf(number)));
    expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
    expect(callsTo(world.sonoran.cad)).toHaveLength(1);
    expect(await world.call('getHistory')).toHaveLength(1);
    expect(await world.call('banPlayer', `license:${next.license}`)).toMatchObject({ status: 'delivered' });
    expect(world.events).toHaveLength(2);
  });
});

describe('a ban for a time', () => {
  it('of a product that cannot lift is held by the door here', async () => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() =>
      world.txAdmin.ban({
        author: 'Mia',
        reason: 'r',
        identifiers: who.identifiers,
        expiration: Math.floor(world.clock.now() / 1_000) + 7_200,
      }),
    );
    expect(player.connected).toBe(false);
    expect(await world.call('getHistory')).toMatchObject([
      { status: 'delivered', code: 'OK', dropped: true },
    ]);
    expect(callsTo(world.sonoran.cms)).toEqual([]);
  });

  it('ends though its product was not set up on that day', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    await world.outcomeOf(() =>
      world.txAdmin.ban({
        author: 'Mia',
        reason: 'r',
        identifiers: who.identifiers,
        expiration: Math.floor(world.clock.now() / 1_000) + 3_600,
      }),
    );
    expect(statusOf(world, who)).toBe(BANNED);
    await world.fx.console('set cmsban_cad_community_id "none"');
    await world.clock.advance(60_000);
    await world.clock.advance(2 * HOUR_MS);
    expect(statusOf(world, who)).toBe(BANNED);
    await world.fx.console('set cmsban_cad_community_id "cad-community"');
    await world.clock.advance(60_000);
    await tries(world, 3);
    await until(() => statusOf(world, who) === FREE, 'the lift');
  });
});
