import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** Questions about people who connect, join or leave in that moment, from resources that hear of it before or after cmsban. */

const ASKER = new URL('./resources/asker', import.meta.url).pathname;

/** `early` hears of everything before cmsban does, `late` after it. */
async function askedWorld(options: WorldOptions = {}) {
  const world = await startWorld({
    ...options,
    resources: { early: ASKER, late: ASKER },
    afterwards: ['stop late', 'start late'],
  });
  return {
    world,
    /** From now on both ask in a moment. */
    ask: (moment: string, name: string, ...args: unknown[]) =>
      world.fx.emit('asker:ask', moment, name, ...args),
    /** What both have been told in a moment, once they have. */
    async answers(moment: string, count = 2): Promise<Array<Record<string, unknown>>> {
      const told = () =>
        ['early', 'late'].flatMap((resource) =>
          world.printedBy(resource).flatMap((line) => {
            const found = new RegExp(`^${moment} \\d+ \\w+ (.*)$`).exec(line);
            return found ? [JSON.parse(found[1] ?? '') as Record<string, unknown>] : [];
          }),
        );
      await until(() => told().length === count, `${count} answers in ${moment}`);
      return told();
    },
  };
}

/** Whether cmsban takes somebody for one of the players: then a ban of another identifier of theirs drops them. */
async function isPlayer(world: World, identifier: string): Promise<boolean> {
  const { dropped } = await world.call('kickPlayer', identifier, 'x', { drop: 'always' });
  return dropped === true;
}

describe('who connects', () => {
  it.each(['playerConnecting', 'deferred'])('can be asked about by the temporary id: %s', async (moment) => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    world.sonoran.cad.ban(who.uuid);
    ask(moment, 'lookupPlayer');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    for (const answer of await answers(moment)) {
      expect(answer).toMatchObject({
        code: 'OK',
        target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
        products: { cad: { banned: true } },
      });
    }
    expect(connecting.state).not.toBe('refused');
  });

  it('is answered about by isBanned while they connect', async () => {
    const { world, ask, answers } = await askedWorld({ convars: { cmsban_join_gate: 'false' } });
    const who = newSomebody(world);
    await world.call('banPlayer', `license:${who.license}`, 'x');
    ask('playerConnecting', 'isBanned');
    await world.join(who.name, who.identifiers);
    expect(await answers('playerConnecting')).toMatchObject([{ banned: true }, { banned: true }]);
  });

  it.each([
    ['banPlayer', {}, 'You are banned from this community. Reason: vpn (by late)'],
    ['banPlayer', { cmsban_join_gate: 'false' }, 'You are banned from this community. Reason: vpn (by late)'],
    ['kickPlayer', {}, 'You were removed from this community. Reason: vpn (by late)'],
  ] as const)('is dropped by %s as soon as they have joined: %j', async (name, convars, reason) => {
    const { world, ask, answers } = await askedWorld({ convars });
    await world.fx.console('stop early');
    const who = newSomebody(world);
    ask('deferred', name, 'vpn');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    const [answer] = await answers('deferred', 1);
    expect(answer).toMatchObject({
      status: 'delivered',
      target: { name: who.name, identifiers: who.identifiers.slice(0, 3) },
      dropped: false,
    });
    expect(answer?.['message']).not.toContain('still on the server');
    world.fx.emit('asker:open');
    await connecting.result;
    expect(connecting.player.dropReason).toBe(reason);
    expect(await world.call('getHistory')).toContainEqual(
      expect.objectContaining({ id: answer?.['id'], dropped: true }),
    );
    expect(world.faults).toEqual([]);
  });

  it('is dropped on joining although Sonoran does not answer, where that is not waited for', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    ask('deferred', 'banPlayer', 'vpn', { drop: 'always' });
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    expect(await answers('deferred')).toMatchObject([{ status: 'queued' }, { status: 'queued' }]);
    world.fx.emit('asker:open');
    await connecting.result;
    expect(connecting.player.dropReason).toContain('Reason: vpn');
  });

  it('stays when the ban was lifted before they joined', async () => {
    const { world, ask, answers } = await askedWorld({ use: { cms: false } });
    const who = newSomebody(world);
    ask('deferred', 'banPlayer', 'vpn');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await answers('deferred');
    await world.call('unbanPlayer', connecting.temporaryId);
    world.fx.emit('asker:open');
    await connecting.result;
    expect(connecting.player.dropReason).toBeNull();
  });

  it('is dropped on joining by a kick of one of their identifiers; whoever comes after it is not', async () => {
    const doorman = new URL('./resources/doorman', import.meta.url).pathname;
    const world = await startWorld({ resources: { doorman } });
    const [who, other] = [newSomebody(world), newSomebody(world)];
    const connecting = world.fx.startConnecting(who);
    const bystander = world.fx.startConnecting(other);
    const outcome = await world.outcomeOf(() => world.fx.console(`cmskick license:${who.license} vpn`));
    expect(outcome).toMatchObject({ status: 'delivered', dropped: false });
    const later = world.fx.startConnecting(who);
    await world.clock.advance(1_000);
    world.fx.emit('doorman:open');
    await Promise.all([connecting.result, bystander.result, later.result]);
    expect(connecting.player.dropReason).toBe(
      'You were removed from this community. Reason: vpn (by console)',
    );
    expect([bystander.player.dropReason, later.player.dropReason]).toEqual([null, null]);
    expect(await world.call('getHistory')).toMatchObject([{ id: outcome['id'], dropped: true }]);
    // Nobody is on the way in any more, whoever is asked about.
    expect(await world.call('kickPlayer', `steam:${who.steam}`, 'x', { drop: 'always' })).toMatchObject({
      dropped: true,
    });
    expect(world.faults).toEqual([]);
  });

  it('is known by all of their identifiers when they are named by one', async () => {
    const doorman = new URL('./resources/doorman', import.meta.url).pathname;
    const world = await startWorld({ resources: { doorman } });
    const who = newSomebody(world, { cms: ['discord'], cad: ['steam'] });
    const { temporaryId } = world.fx.startConnecting(who);
    const named = await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} vpn`));
    expect(named).toMatchObject({
      status: 'delivered',
      target: { name: who.name },
      products: { cms: { code: 'OK' }, cad: { code: 'OK' } },
    });
    expect(named['message']).toContain(`${who.name} (${temporaryId}) is banned`);
    const admin = newSomebody(world);
    await world.fx.console(`add_ace identifier.discord:${admin.discord} cmsban.immune allow`);
    world.fx.startConnecting(admin);
    expect(
      await world.outcomeOf(() => world.fx.console(`cmsban license:${admin.license} vpn`)),
    ).toMatchObject({ status: 'refused', code: 'IMMUNE' });
    expect(world.sonoran.cms.account(admin.accId).banned).toBe(false);
  });

  it('can be named by a moderator', async () => {
    const world = await startWorld({
      resources: { doorman: new URL('./resources/doorman', import.meta.url).pathname },
    });
    const who = newSomebody(world);
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    const outcome = await world.outcomeOf(() => world.fx.console(`cmsban ${connecting.temporaryId} vpn`));
    expect(outcome).toMatchObject({ status: 'delivered', target: { name: who.name } });
    const lines = world.log.length;
    await world.fx.console(`cmshistory ${connecting.temporaryId}`);
    await until(() => world.log.length > lines, 'the history');
    expect(world.log.at(-1)).toContain('vpn');
  });

  it('is no player, however often they are asked about: whoever gives up is forgotten', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('deferred', 'lookupPlayer');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await answers('deferred');
    expect(await isPlayer(world, `license:${who.license}`)).toBe(false);
    connecting.cancel();
    expect(await world.call('lookupPlayer', connecting.temporaryId)).toMatchObject({
      code: 'PLAYER_NOT_FOUND',
    });
    expect(await world.call('banPlayer', connecting.temporaryId)).toMatchObject({ code: 'PLAYER_NOT_FOUND' });
  });

  it('goes on to be known by the temporary id when they have joined, until they leave', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('deferred', 'lookupPlayer');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await answers('deferred');
    world.fx.emit('asker:open');
    await connecting.result;
    const ban = await world.call('banPlayer', connecting.temporaryId, 'what a slow check has found');
    expect(ban).toMatchObject({ status: 'delivered', dropped: true });
    expect(connecting.player.connected).toBe(false);
    expect(await world.call('banPlayer', connecting.temporaryId)).toMatchObject({ code: 'PLAYER_NOT_FOUND' });
  });
});

describe('who joins', () => {
  it('can be asked about at once, and is a player from then on', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('playerJoining', 'lookupPlayer');
    const player = await world.join(who.name, who.identifiers);
    for (const answer of await answers('playerJoining'))
      expect(answer).toMatchObject({ target: { name: who.name } });
    expect(await isPlayer(world, `license:${who.license}`)).toBe(true);
    expect(player.connected).toBe(false);
  });

  it('can be banned at once', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('playerJoining', 'banPlayer', 'x', { drop: 'always' });
    const player = await world.join(who.name, who.identifiers);
    // One of the two has dropped them.
    const dropped = (await answers('playerJoining')).map((answer) => answer['dropped']);
    expect(dropped).toContain(true);
    expect(player.connected).toBe(false);
  });
});

describe('who leaves', () => {
  it.each([
    ['by themselves', (world: World, id: number) => world.fx.players.get(id)?.leave()],
    [
      'dropped by a kick',
      (world: World, id: number) => world.call('kickPlayer', id, 'x', { drop: 'always' }),
    ],
  ] as const)('can be asked about in that moment, and does not come back: %s', async (_, leave) => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('playerDropped', 'lookupPlayer');
    const player = await world.join(who.name, who.identifiers);
    await leave(world, player.id);
    for (const answer of await answers('playerDropped')) {
      expect(answer).toMatchObject({ target: { name: who.name, identifiers: who.identifiers.slice(0, 3) } });
    }
    // By the id they had, they can still be named.
    expect(await world.call('lookupPlayer', player.id)).toMatchObject({ target: { name: who.name } });
    expect(await isPlayer(world, `license:${who.license}`)).toBe(false);
    // Whoever comes next with one of the identifiers is somebody else.
    const next = await world.join('Next', [`steam:${who.steam}`]);
    expect(await world.call('kickPlayer', `license:${who.license}`, 'x', { drop: 'always' })).toMatchObject({
      dropped: false,
    });
    expect(next.connected).toBe(true);
    expect(world.faults).toEqual([]);
  });

  it('can be banned in that moment, without the ban being said to have dropped anybody afterwards', async () => {
    const { world, ask, answers } = await askedWorld();
    const who = newSomebody(world);
    ask('playerDropped', 'banPlayer', 'combat log');
    const player = await world.join(who.name, who.identifiers);
    player.leave();
    for (const answer of await answers('playerDropped')) {
      expect(answer).toMatchObject({ status: 'delivered', target: { name: who.name }, dropped: false });
    }
  });
});
