import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  begin,
  knock,
  liftOnTheWeb,
  MINUTE_MS,
  only,
  pass,
  passUntil,
  quietWorld,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { type Links, newSomebody, type Somebody } from './somebody.ts';
import { CAD_KEY, startWorld, type World, type WorldOptions } from './world.ts';

/** A ban counts here from the moment it is accepted: at the door, and for `isBanned`. */

const HOUR_MS = 3_600_000;
const DOORMAN = { doorman: new URL('./resources/doorman', import.meta.url).pathname };

interface Answer {
  readonly banned: boolean | null;
  readonly id?: string;
}

const isBanned = (world: World, target: unknown) => world.call<Answer>('isBanned', target);

async function sonoranDown({ sonoran }: World): Promise<void> {
  await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
}

/** A world in which Sonoran has gone, and somebody on the server. */
async function withoutSonoran(options: WorldOptions = {}) {
  const world = await startWorld(options);
  const who = newSomebody(world);
  const player = await world.join(who.name, who.identifiers);
  await sonoranDown(world);
  return { world, who, player };
}

/** Bans from the console, and waits for the first answer. */
function ban(world: World, target: unknown, reason = 'rammed'): Promise<Record<string, unknown>> {
  return world.outcomeOf(() => world.fx.console(`cmsban ${target} ${reason}`));
}

describe('whoever is banned while Sonoran is down', () => {
  it('is refused from then on, and after a restart of any kind', async () => {
    const { world, who, player } = await withoutSonoran();
    expect(await ban(world, player.id)).toMatchObject({ status: 'queued' });
    player.leave();
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed (by console)');
    // By any identifier, but not by a shared address.
    expect(await knock(world, ['license:0ther', `steam:${who.steam}`])).toContain('Reason: rammed');
    expect(await knock(world, ['license:f1a7', 'ip:127.0.0.1'])).toBeUndefined();
    for (const how of ['stop', 'crash'] as const) {
      await world.restart(how);
      await world.logged('join gate: on');
      expect(await knock(world, who.identifiers)).toContain('Reason: rammed (by console)');
      expect(await knock(world, ['license:f1a7'])).toBeUndefined();
    }
    expect(world.faults).toEqual([]);
  });

  it('is dropped at once with cmsban_drop_when always, and refused when they come back', async () => {
    const { world, who, player } = await withoutSonoran({ convars: { cmsban_drop_when: 'always' } });
    expect(await ban(world, player.id)).toMatchObject({ status: 'queued', dropped: true });
    expect(player.connected).toBe(false);
    await world.clock.advance(3_000);
    expect(await knock(world, who.identifiers)).toBe(player.dropReason);
  });

  it('is let in again by a lift, at once', async () => {
    const { world, who, player } = await withoutSonoran();
    await ban(world, player.id);
    player.leave();
    expect(await knock(world, who.identifiers)).toBeDefined();
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    expect(await knock(world, who.identifiers)).toBeUndefined();
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: false });
  });

  it.each([
    ['success', true],
    ['always', false],
  ])('and is still here is dropped by the rule %s alone, also at a restart', async (rule, stays) => {
    const { world, who, player } = await withoutSonoran({ convars: { cmsban_drop_when: rule } });
    const other = await world.join('Nora', ['license:cafe']);
    await ban(world, player.id);
    expect(player.connected).toBe(stays);
    await world.fx.console('restart cmsban');
    await settled(world);
    expect(player.connected).toBe(stays);
    expect(other.connected).toBe(true);
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true });
  });

  it('and came in while cmsban was stopped is dropped when it runs again', async () => {
    const { world, who, player } = await withoutSonoran({ convars: { cmsban_drop_when: 'always' } });
    await ban(world, player.id);
    await world.fx.console('stop cmsban');
    const again = await world.join(who.name, who.identifiers);
    await world.fx.console('ensure cmsban');
    await until(() => !again.connected, 'the drop');
    expect(again.dropReason).toBe(player.dropReason);
    expect(timesSaid(world, 'evicted.here')).toBe(1);
  });

  it('while they are on the way in is dropped on joining', async () => {
    const world = await startWorld({ resources: DOORMAN });
    const who = newSomebody(world);
    await sonoranDown(world);
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    expect(await ban(world, `license:${who.license}`)).toMatchObject({ status: 'queued' });
    world.fx.emit('doorman:open');
    await connecting.result;
    expect(connecting.player.dropReason).toContain('Reason: rammed (by console)');
    expect(timesSaid(world, 'evicted.here')).toBe(1);
  });
});

describe('a ban in force opens to nobody', () => {
  it('as long as no list is known', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    await sonoranDown(world);
    await begin(world);
    await settled(world);
    await ban(world, `license:${who.license}`);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({
      banned: true,
      products: { cms: null, cad: null },
    });
  });

  it.each([
    ['while the credentials are awaited', ['set cmsban_cms_api_key ""', 'set cmsban_cad_api_key ""']],
    ['without any product in use', ['set cmsban_cms_community_id none', 'set cmsban_cad_community_id none']],
  ])('%s', async (what, lines) => {
    const { world, who, player } = await withoutSonoran();
    const { id } = await ban(world, player.id);
    player.leave();
    for (const line of lines) await world.fx.console(line);
    await world.fx.console('restart cmsban');
    await until(() => timesSaid(world, 'store.resumed') === 1, 'the start');
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    expect(await knock(world, ['license:cafe'])).toBeUndefined();
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true, id, code: 'OK' });
    const isUnused = what.startsWith('without');
    expect(world.log.at(-1) !== undefined && timesSaid(world, 'error.NOT_CONFIGURED') > 0).toBe(isUnused);
  });

  it('with cmsban_gate_when_unknown deny it says why, to others that nothing is known', async () => {
    const world = await quietWorld({ convars: { cmsban_gate_when_unknown: 'deny' } });
    const who = newSomebody(world);
    await sonoranDown(world);
    await begin(world);
    await settled(world);
    await ban(world, `license:${who.license}`);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    expect(await knock(world, ['license:cafe'])).toContain('This server cannot tell yet');
  });

  it('at a start: whoever connects meanwhile waits, and is then decided about', async () => {
    const { world, who, player } = await withoutSonoran();
    await ban(world, player.id);
    player.leave();
    const lines = world.log.length;
    void world.fx.console('restart cmsban');
    await until(() => world.log.slice(lines).some((line) => line.includes('join gate: on')), 'the start');
    const banned = world.fx.startConnecting({ name: 'Knut', identifiers: who.identifiers });
    const other = world.fx.startConnecting({ name: 'Nora', identifiers: ['license:cafe'] });
    expect([...banned.deferrals.keys(), ...other.deferrals.keys()]).toEqual(['cmsban', 'cmsban']);
    expect(await banned.result).toMatchObject({
      admitted: false,
      message: expect.stringContaining('Reason: rammed'),
    });
    expect(await other.result).toMatchObject({ admitted: true });
    expect([...banned.misuse, ...other.misuse]).toEqual([]);
  });
});

describe('a ban that CMS has confirmed, and that was lifted there on the web', () => {
  /** @param keep keeps its share of CAD on its way. */
  async function liftedInCms(keep: (world: World) => unknown, links: Links = {}) {
    const world = await startWorld({ convars: { cmsban_mirror_minutes: '5' } });
    const who = newSomebody(world, links);
    await keep(world);
    const decided = await ban(world, `license:${who.license}`);
    expect(decided['status']).toBe('queued');
    const { id } = decided;
    await pass(world, 6 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    liftOnTheWeb(world, 'cms', who);
    return { world, who, id };
  }

  const endIsSaid = (world: World) => timesSaid(world, 'ended.elsewhere') === 1;
  const endOf = (world: World, id: unknown) =>
    world.events.filter(({ name, outcome }) => name !== 'queued' && outcome['id'] === id);

  it.each([
    ['CAD is down', ({ sonoran }: World) => sonoran.cad.down()],
    [
      'CAD waits for its credentials',
      async (world: World) => {
        await world.fx.console('set cmsban_cad_api_key ""');
        await world.fx.console('restart cmsban');
        await settled(world);
      },
    ],
  ])('ends, and what is on its way is taken back: %s', async (_, keep) => {
    const { world, who, id } = await liftedInCms(keep);
    await passUntil(world, () => endIsSaid(world), 'the end');
    expect(timesSaid(world, 'ended.elsewhere.unsent', { products: 'Sonoran CAD' })).toBe(1);
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: false });
    expect(await knock(world, who.identifiers)).toBeUndefined();
    expect(endOf(world, id).map(({ outcome }) => outcome['products'])).toMatchObject([
      { cms: { code: 'OK' }, cad: { code: 'CANCELLED' } },
    ]);
    // It does not come back, and is not delivered later.
    await world.sonoran.cad.up();
    await world.fx.console(`set cmsban_cad_api_key ${CAD_KEY}`);
    await world.fx.console('restart cmsban');
    await pass(world, 20 * MINUTE_MS);
    expect(world.sonoran.cad.account(who.uuid).status).not.toBe(4);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('ends, and it is said what to look at where its call may have been heard', async () => {
    const { world, who, id } = await liftedInCms(({ sonoran }) =>
      sonoran.cad.fault('account-bans', { kind: 'reset', when: 'before' }),
    );
    await passUntil(world, () => endIsSaid(world), 'the end');
    expect(timesSaid(world, 'ended.elsewhere.heard', { products: 'Sonoran CAD' })).toBe(1);
    expect(endOf(world, id)[0]?.outcome['message']).toContain('it may have taken effect; look there');
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('goes on to CAD when a lift of CMS alone was made here, and ends when CAD does not take it', async () => {
    const { world, who, id } = await liftedInCms(({ sonoran }) => sonoran.cad.down(), { cad: [] });
    await world.call('unbanPlayer', `license:${who.license}`, '', { products: ['cms'] });
    await pass(world, 15 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    await world.sonoran.cad.up();
    await passUntil(world, () => endOf(world, id).length > 0, 'the end');
    expect(endOf(world, id).map(({ outcome }) => outcome['products'])).toMatchObject([
      { cad: { code: 'NOT_LINKED' } },
    ]);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });
});

describe('the ACE cmsban.gate.bypass', () => {
  const BYPASS = ['add_ace builtin.everyone cmsban.gate.bypass allow'];

  it('opens the door, and does not keep from a drop by our own decision', async () => {
    const { world, who, player } = await withoutSonoran({
      config: BYPASS,
      convars: { cmsban_drop_when: 'always' },
    });
    await ban(world, player.id);
    expect(player.connected).toBe(false);
    const again = await world.join(who.name, who.identifiers);
    expect(timesSaid(world, 'gate.log.here.bypass')).toBe(1);
    await world.fx.console('restart cmsban');
    await settled(world);
    expect(again.connected).toBe(true);
    expect(await isBanned(world, again.id)).toMatchObject({ banned: true });
  });
});

it('cmsban_join_gate false lets in who is banned, and the start line says so', async () => {
  const { world, who, player } = await withoutSonoran({ convars: { cmsban_join_gate: 'false' } });
  await ban(world, player.id);
  player.leave();
  expect(await knock(world, who.identifiers)).toBeUndefined();
  expect(world.log[0]).toContain('join gate: off, so nobody who is banned is kept out');
  expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true });
});

describe('a temporary ban', () => {
  /** CMS cannot lift: the door here is all that holds such a ban. */
  async function heldHere() {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    await world.outcomeOf(() =>
      world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: who.identifiers, duration: '2 hours' }),
    );
    return { world, who };
  }

  it('keeps out until its end, and no longer', async () => {
    const { world, who } = await heldHere();
    await world.clock.advance(2 * HOUR_MS - 1);
    expect(await knock(world, who.identifiers)).toContain('Reason: x (by Mia)');
    await world.clock.advance(1);
    expect(await knock(world, who.identifiers)).toBeUndefined();
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: false });
  });

  it('is not ended at once by a clock that jumps, and lets in once it has stood for five minutes', async () => {
    const { world, who } = await heldHere();
    world.clock.jump(24 * HOUR_MS);
    expect(await knock(world, who.identifiers)).toContain(
      'Ends: 2026-01-01 02:00 UTC (in a few minutes at most)',
    );
    await pass(world, 5 * 60_000 - 2_000);
    expect(await knock(world, who.identifiers)).toBeDefined();
    await pass(world, 3_000);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('that ended while the server was off lets in five minutes after the start', async () => {
    const { world, who } = await heldHere();
    await world.fx.console('stop cmsban');
    await world.clock.advance(3 * HOUR_MS);
    await world.fx.console('ensure cmsban');
    await world.listsRead();
    expect(await knock(world, who.identifiers)).toBeDefined();
    await pass(world, 5 * 60_000 + 1_000);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });
});

describe('a temporary ban of an account that no product can take', () => {
  const banAccount = (world: World, { accId }: Somebody) =>
    world.outcomeOf(() => world.fx.console(`cmsban account:${accId} 2h rammed`));

  it('drops whoever holds the account, and keeps them out until its end, also after a restart', async () => {
    const world = await startWorld({ use: only('cms') });
    const [who, other] = [newSomebody(world), newSomebody(world)];
    const player = await world.join(who.name, who.identifiers);
    const { id, message } = await banAccount(world, who);
    expect(message).toContain('is banned. No product here can lift a ban');
    await settled(world);
    expect(player.dropReason).toContain('Reason: rammed (by console)');
    expect(await world.call<unknown[]>('getHistory')).toMatchObject([{ id, dropped: true }]);
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true, id });
    await world.sonoran.cms.down();
    await pass(world, 1_000);
    await world.restart('crash');
    await world.fx.console('ensure cmsban');
    await settled(world);
    for (const type of ['license', 'steam', 'discord'] as const) {
      expect(await knock(world, [`${type}:${who[type]}`])).toContain(`Ban id: ${id}`);
    }
    expect(await knock(world, other.identifiers)).toBeUndefined();
    await pass(world, 2 * HOUR_MS);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('is lifted by its id, and by the account', async () => {
    const world = await startWorld({ use: only('cms') });
    for (const target of ['id', 'account']) {
      const who = newSomebody(world);
      const { id } = await banAccount(world, who);
      await settled(world);
      expect(await knock(world, who.identifiers)).toContain(`Ban id: ${id}`);
      await world.outcomeOf(() =>
        world.fx.console(`cmsunban ${target === 'id' ? id : `account:${who.accId}`}`),
      );
      expect(await knock(world, who.identifiers)).toBeUndefined();
    }
  });

  it('is asked about again when somebody tries to come in, once a minute, while there is no answer', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = newSomebody(world);
    await world.sonoran.cms.down();
    await banAccount(world, who);
    await pass(world, HOUR_MS);
    await world.sonoran.cms.up();
    await pass(world, 10 * MINUTE_MS);
    const before = world.sonoran.cms.requests.length;
    expect(await knock(world, who.identifiers)).toBeUndefined();
    await settled(world);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    expect(world.sonoran.cms.requests.length).toBe(before + 1);
  });

  it('goes on being asked about after a restart', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = newSomebody(world);
    await world.sonoran.cms.down();
    await banAccount(world, who);
    await world.restart('crash');
    await world.sonoran.cms.up();
    await world.fx.console('ensure cmsban');
    await settled(world);
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
  });

  it('that does not exist keeps nobody out, and the console says so, once', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = newSomebody(world);
    await banAccount(world, { ...who, accId: '1b4e28ba-2fa1-11d2-883f-0016d3cca427' });
    await settled(world);
    for (let minute = 0; minute < 3; minute++) {
      expect(await knock(world, who.identifiers)).toBeUndefined();
      await pass(world, MINUTE_MS);
    }
    expect(timesSaid(world, 'holder.none')).toBe(1);
  });
});

describe('isBanned', () => {
  /** Every way to name somebody who was banned as a player. */
  const targetsOf = ({ license, steam, discord }: Somebody, id: unknown) => [
    `license:${license.toUpperCase()}`,
    `steam:${steam}`,
    `discord:${discord}`,
    id,
  ];

  it('tells of a ban that only this server knows, by whatever name', async () => {
    const { world, who, player } = await withoutSonoran();
    const at = world.clock.now();
    const { id } = await ban(world, player.id, 'rammed');
    const here = {
      banned: true,
      products: { cms: false, cad: false },
      id,
      reason: 'rammed',
      since: at,
      code: 'OK',
    };
    for (const target of [player.id, String(player.id), ...targetsOf(who, id)]) {
      expect(await isBanned(world, target)).toMatchObject(here);
    }
    player.leave();
    expect(await isBanned(world, player.id)).toMatchObject(here);
    const { message, ...facts } = await world.call('isBanned', id);
    expect(facts).toEqual({ ...here, stale: false });
    expect(message).toContain(
      `BANNED here by console since 2026-01-01 00:00 UTC. Ends: never. Reason: rammed. Ban id: ${id}. ` +
        'Sonoran CMS: not banned',
    );
    expect(await isBanned(world, 'license:cafe')).toMatchObject({ banned: false });
  });

  it.each(['username:Nora', 'unique:7', 'account:1b4e28ba-2fa1-11d2-883f-0016d3cca427'])(
    'knows who was banned as %s by that name and by the id',
    async (target) => {
      const { world } = await withoutSonoran({ use: { cad: false } });
      const { id } = await ban(world, target, 'x');
      for (const name of [target, id]) {
        expect(await isBanned(world, name)).toMatchObject({ banned: true, id, reason: 'x', code: 'OK' });
      }
    },
  );

  it('tells when a temporary ban ends, and of several the one that ends last', async () => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    const temporary = (reason: string, duration: string) =>
      world.outcomeOf(() =>
        world.txAdmin.ban({ author: 'Mia', reason, identifiers: who.identifiers, duration }),
      );
    const until3 = world.clock.now() + 3 * HOUR_MS;
    await temporary('long', '3 hours');
    await temporary('short', '1 hour');
    const target = `license:${who.license}`;
    expect(await isBanned(world, target)).toMatchObject({ banned: true, reason: 'long', until: until3 });
    expect(await knock(world, who.identifiers)).toContain('Ends: 2026-01-01 03:00 UTC (in 3 h)');
    await world.clock.advance(2 * HOUR_MS);
    expect(await isBanned(world, target)).toMatchObject({ banned: true, reason: 'long', until: until3 });
  });

  it('cannot tell before what is stored has been read', async () => {
    const { world, who, player } = await withoutSonoran();
    await ban(world, player.id);
    player.leave();
    const lines = world.log.length;
    void world.fx.console('restart cmsban');
    await until(() => world.log.slice(lines).some((line) => line.includes('join gate: on')), 'the start');
    const early = await world.fx.callExport('test', 'cmsban', 'isBanned', `license:${who.license}`);
    expect(early).toMatchObject({ banned: null, stale: true });
    await until(() => timesSaid(world, 'store.resumed') === 1, 'the start');
    await settled(world);
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true });
  });

  it('answers for those on the way in by their temporary id, which is nobody once they have given up', async () => {
    const world = await startWorld({ resources: DOORMAN });
    const who = newSomebody(world);
    await sonoranDown(world);
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await ban(world, connecting.temporaryId, 'x');
    expect(await isBanned(world, connecting.temporaryId)).toMatchObject({ banned: true, reason: 'x' });
    connecting.cancel();
    for (const name of ['isBanned', 'unbanPlayer']) {
      expect(await world.call(name, connecting.temporaryId)).toMatchObject({ code: 'PLAYER_NOT_FOUND' });
    }
    expect(await isBanned(world, `license:${who.license}`)).toMatchObject({ banned: true, reason: 'x' });
  });
});

describe('what belongs together', () => {
  it('was seen on one player, also on one who was refused', async () => {
    const world = await startWorld();
    await sonoranDown(world);
    await ban(world, 'license:bad1', 'x');
    // The same person with a second copy of the game, and then with that alone.
    expect(await knock(world, ['license:bad1', 'discord:2359470566303301'])).toBeDefined();
    expect(await knock(world, ['license:bad2', 'discord:2359470566303301'])).toBeDefined();
    expect(await knock(world, ['license:cafe', 'discord:2359470566303302'])).toBeUndefined();
  });
});

it('bans that wait for a link come last in getPending', async () => {
  const world = await startWorld();
  const stranger = newSomebody(world, { cms: [], cad: [] });
  const who = newSomebody(world);
  await ban(world, `license:${stranger.license}`, 'kept');
  await sonoranDown(world);
  await ban(world, `license:${who.license}`, 'queued');
  const reasons = async (limit?: number) =>
    ((await world.fx.callExport('test', 'cmsban', 'getPending', limit)) as { reason: string }[]).map(
      ({ reason }) => reason,
    );
  expect(await reasons()).toEqual(['queued', 'kept']);
  expect(await reasons(1)).toEqual(['queued']);
});
