import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { newSomebody } from './somebody.ts';
import { nativesCalled, startWatchedWorld } from './watched.ts';
import { startWorld, type World } from './world.ts';

/** What the chat box suggests, and to whom. */

const WANTED = 'cmsban:suggestionsWanted';
const SUGGESTIONS = 'cmsban:suggestions';
const COMMANDS = ['/cmsban', '/cmskick', '/cmsunban', '/cmslookup', '/cmsqueue', '/cmshistory', '/cmspanel'];
const NAMES = COMMANDS.map((command) => command.slice(1));
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  '/cmslookup': ['target'],
  '/cmspanel': ['target'],
  '/cmsban': ['target', 'duration', 'reason'],
  '/cmshistory': ['target', 'page'],
  '/cmsqueue': ['list | kept | retry | cancel', 'id'],
};

type Player = Awaited<ReturnType<World['join']>>;

/** Waits until the server has answered so many times which commands there are. */
const answered = (player: Player, times = 1) =>
  until(
    () => player.events.filter(({ name }) => name === SUGGESTIONS).length === times,
    `answer ${times} about suggestions`,
  );

async function joinWithClient(world: World, name: string, identifiers: readonly string[]) {
  const player = await world.join(name, identifiers, { client: true });
  await answered(player);
  // The client's script hears of it a tick later.
  await until(() => player.suggestions.size > 0 || world.clock.advance(0), 'the suggestions');
  return player;
}

describe('the chat box suggests', () => {
  it('every command to whoever may use them all, with help', async () => {
    const world = await startWorld();
    const moderator = await joinWithClient(world, 'Mia', ['license:aaaa']);
    await until(() => moderator.suggestions.size === COMMANDS.length, 'the suggestions');
    expect([...moderator.suggestions.keys()]).toEqual(COMMANDS);
    for (const [command, { help, params }] of moderator.suggestions) {
      expect(help).toMatch(/^\S.{10,}$/);
      const names = PARAMETERS[command] ?? ['target', 'reason'];
      expect(params.map(({ name }) => name)).toEqual(names);
      for (const param of params) expect(param.help).toMatch(/\S/);
    }
  });

  it('nothing to anybody else', async () => {
    const world = await startWorld();
    const player = await joinWithClient(world, 'Peter', ['license:1']);
    expect(player.events.filter(({ name }) => name === SUGGESTIONS)).toMatchObject([{ args: [[], NAMES] }]);
    await world.clock.advance(1_000);
    expect(player.suggestions.size).toBe(0);
  });

  it('to each what they may use', async () => {
    const world = await startWorld({
      config: [
        'add_ace identifier.license:2 command.cmslookup allow',
        'add_ace builtin.everyone command.cmskick allow',
      ],
    });
    const player = await joinWithClient(world, 'Luke', ['license:2']);
    const other = await joinWithClient(world, 'Peter', ['license:3']);
    await until(() => player.suggestions.size === 2 && other.suggestions.size === 1, 'the suggestions');
    expect([...player.suggestions.keys()]).toEqual(['/cmskick', '/cmslookup']);
    expect([...other.suggestions.keys()]).toEqual(['/cmskick']);
  });

  it('again after the resource restarted, by what holds then', async () => {
    const world = await startWorld();
    const moderator = await joinWithClient(world, 'Mia', ['license:aaaa']);
    const player = await joinWithClient(world, 'Peter', ['license:4']);
    await world.fx.console('add_ace identifier.license:4 command.cmslookup allow');
    await world.fx.console('restart cmsban');
    await answered(moderator, 2);
    await answered(player, 2);
    await until(() => player.suggestions.size === 1, 'the suggestion');
    expect([...moderator.suggestions.keys()]).toEqual(COMMANDS);
    expect(world.faults).toEqual([]);
  });

  it('when the resource starts after the player has come', async () => {
    const world = await startWorld({ start: false });
    const moderator = await world.join('Mia', ['license:aaaa'], { client: true });
    expect(moderator.suggestions.size).toBe(0);
    await world.fx.console('ensure cmsban');
    await until(() => moderator.suggestions.size === COMMANDS.length, 'the suggestions');
  });
});

describe('when rights change, the chat box suggests', () => {
  /** How often a client may ask, in milliseconds. */
  const ASK_EVERY_MS = 10_000;
  /** A client looks twice a second whether the chat is open. */
  const LOOK_MS = 500;

  const answers = (player: Player) => player.events.filter(({ name }) => name === SUGGESTIONS).length;

  /** Opens the chat, and closes it when the client has seen it. */
  async function lookIntoChat(world: World, player: Player): Promise<void> {
    player.isChatOpen = true;
    await world.clock.advance(LOOK_MS);
    // The answer reaches the client's script a tick later.
    await world.clock.advance(0);
    player.isChatOpen = false;
    await world.clock.advance(LOOK_MS);
  }

  async function joinPlayer(world: World) {
    const player = await world.join('Peter', ['license:7'], { client: true });
    await answered(player);
    await world.clock.advance(ASK_EVERY_MS);
    return player;
  }

  it('what was given and not what was taken, as soon as the chat is opened', async () => {
    const world = await startWorld();
    const player = await joinPlayer(world);
    expect(player.suggestions.size).toBe(0);
    await world.fx.console('add_principal identifier.license:7 group.admin');
    await lookIntoChat(world, player);
    expect([...player.suggestions.keys()]).toEqual(COMMANDS);
    expect(player.suggestions.get('/cmsban')?.help).toMatch(/^Ban a person/);
    await world.fx.console('remove_principal identifier.license:7 group.admin');
    await world.fx.console('add_ace identifier.license:7 command.cmslookup allow');
    await world.clock.advance(ASK_EVERY_MS);
    await lookIntoChat(world, player);
    expect([...player.suggestions.keys()]).toEqual(['/cmslookup']);
    await world.fx.console('remove_ace identifier.license:7 command.cmslookup allow');
    await world.fx.console('add_ace identifier.license:7 command.cmsban allow');
    await world.clock.advance(ASK_EVERY_MS);
    await lookIntoChat(world, player);
    expect([...player.suggestions.keys()]).toEqual(['/cmsban']);
    expect(player.suggestions.get('/cmsban')?.params.map(({ name }) => name)).toEqual([
      'target',
      'duration',
      'reason',
    ]);
    expect(world.faults).toEqual([]);
  });

  it('the same when the resource chat suggests commands by itself: with our help, and not what was taken', async () => {
    const chat = join(import.meta.dirname, 'resources', 'chat-commands');
    const world = await startWorld({ resources: { 'chat-commands': chat } });
    const player = await joinPlayer(world);
    await world.fx.console('add_ace identifier.license:7 command.cmsban allow');
    world.fx.emit('chat-commands:refresh', player.id);
    await world.clock.advance(0);
    expect([...player.suggestions]).toEqual([['/cmsban', { help: '', params: [] }]]);
    await lookIntoChat(world, player);
    expect(player.suggestions.get('/cmsban')?.params).toHaveLength(3);
    world.fx.emit('chat-commands:refresh', player.id);
    await world.clock.advance(ASK_EVERY_MS);
    expect(player.suggestions.get('/cmsban')?.params).toHaveLength(3);
    await world.fx.console('remove_ace identifier.license:7 command.cmsban allow');
    await world.fx.console('add_ace identifier.license:7 command.cmskick allow');
    world.fx.emit('chat-commands:refresh', player.id);
    await world.fx.console('remove_ace identifier.license:7 command.cmskick allow');
    await lookIntoChat(world, player);
    expect(player.suggestions.size).toBe(0);
  });

  it('them also to who opened the chat just before: a little later', async () => {
    const world = await startWorld();
    const player = await joinPlayer(world);
    await lookIntoChat(world, player);
    await world.fx.console('add_ace identifier.license:7 command.cmsban allow');
    await lookIntoChat(world, player);
    expect(player.suggestions.size).toBe(0);
    await world.clock.advance(ASK_EVERY_MS);
    expect([...player.suggestions.keys()]).toEqual(['/cmsban']);
  });

  it('at the cost of one question in ten seconds, and of none while the chat is closed or stays open', async () => {
    const world = await startWatchedWorld();
    const player = await joinPlayer(world);
    nativesCalled(world);
    const before = answers(player);
    await world.clock.advance(10 * 60_000);
    expect([answers(player) - before, nativesCalled(world)]).toEqual([0, {}]);
    player.isChatOpen = true;
    await world.clock.advance(10 * 60_000);
    expect([answers(player) - before, nativesCalled(world)]).toEqual([
      1,
      { [`IsPlayerAceAllowed(${player.id})`]: COMMANDS.length },
    ]);
    player.isChatOpen = false;
    await world.clock.advance(LOOK_MS);
    for (let time = 0; time < 60; time++) await lookIntoChat(world, player);
    expect(answers(player) - before).toBeLessThanOrEqual(1 + 6 + 1);
    expect(answers(player) - before).toBeGreaterThan(4);
  });
});

describe('a client that sends what it likes', () => {
  it('gets its answers, and disturbs nobody', async () => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const spammer = await world.join('Sven', ['license:5']);
    const lines = world.fx.output.length;
    const junk = [undefined, null, 7, 'x'.repeat(100_000), { length: -1 }, [[[]]], () => 'a function'];
    for (let round = 0; round < 40; round++) {
      for (const argument of junk) spammer.trigger(WANTED, argument, argument);
    }
    expect(world.fx.output).toHaveLength(lines);
    expect(moderator.events).toEqual([]);
    for (const { name, args } of spammer.events)
      expect({ name, args }).toEqual({ name: SUGGESTIONS, args: [[], NAMES] });
    expect(spammer.events.length).toBeLessThanOrEqual(40 * junk.length);
    const { license } = newSomebody(world);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban license:${license} rude`));
    expect(outcome).toMatchObject({ code: 'OK' });
    expect(world.faults).toEqual([]);
  });

  it.each([
    SUGGESTIONS,
    'cmsban:queued',
    'cmsban:delivered',
    'cmsban:refused',
    'txAdmin:events:playerBanned',
    'txAdmin:events:playerKicked',
    'txAdmin:events:actionRevoked',
    '__cfx_export_cmsban_banPlayer',
    'onResourceStop',
    'playerDropped',
    'playerJoining',
  ])('cannot send %s', async (event) => {
    const world = await startWorld();
    const moderator = await world.moderator();
    const attacker = await world.join('Anke', ['license:6']);
    const { license, uuid } = newSomebody(world);
    attacker.trigger(event, {
      author: 'Mia',
      reason: 'rude',
      actionId: 'AAAA-BBBB',
      actionType: 'ban',
      expiration: false,
      target: moderator.id,
      targetNetId: null,
      targetIds: [`license:${license}`],
      playerIds: [`license:${license}`],
    });
    attacker.trigger(event, 'cmsban');
    const outcome = await world.outcomeOf(() => moderator.chatInput('/cmsban license:404 rude'));
    expect(outcome).toMatchObject({ code: 'NOT_LINKED' });
    expect(world.events).toHaveLength(1);
    expect(world.sonoran.cad.account(uuid).status).toBe(1);
    expect(moderator.connected).toBe(true);
    expect(world.faults).toEqual([]);
  });
});
