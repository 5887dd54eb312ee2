import { expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** `/cmskick` in chat asks first: a kick removes somebody from the community. */

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});

/** The next line of a player's chat after they have typed something. */
async function say(player: Player, line: string): Promise<string> {
  const before = player.chat.length;
  await player.chatInput(line);
  return until(() => player.chat[before], 'the answer');
}

/** Somebody with an account, who is here. */
async function somebodyHere() {
  const who = newSomebody(world);
  return { who, player: await world.join(who.name, who.identifiers) };
}

const kicks = () => callsTo(world.sonoran.cms).filter(({ operation }) => operation === 'KICK_ACCOUNT').length;

it('says what it does, and does nothing until it is confirmed; then once', async () => {
  const { who, player } = await somebodyHere();
  const before = { kicks: kicks(), events: world.events.length };
  const asked = await say(moderator, `/cmskick ${player.id} being rude`);
  expect(asked).toContain('Nothing is done yet.');
  expect(asked).toContain(`removes ${who.name} (${player.id}) from the community`);
  expect(asked).toContain('/cmskick confirm within 30 seconds');
  expect({ kicks: kicks(), events: world.events.length }).toEqual(before);
  expect(player.connected).toBe(true);
  const outcome = await world.outcomeOf(() => moderator.chatInput('/cmskick CONFIRM'));
  expect(outcome).toMatchObject({
    action: 'kick',
    code: 'OK',
    origin: 'chat',
    author: 'Mia',
    reason: 'being rude',
  });
  expect(player.connected).toBe(false);
  expect(player.dropReason).toContain('being rude (by Mia)');
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  expect(kicks()).toBe(before.kicks + 1);
});

it('the console acts at once, and has nothing to confirm', async () => {
  const { player } = await somebodyHere();
  const outcome = await world.outcomeOf(() => world.fx.console(`cmskick ${player.id} being rude`));
  expect(outcome).toMatchObject({ action: 'kick', code: 'OK', origin: 'console' });
  expect(player.connected).toBe(false);
  await world.fx.console('cmskick confirm');
  await world.logged('there is nothing to confirm');
});

it('there is nothing to confirm for whoever has typed none', async () => {
  const before = kicks();
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  expect(kicks()).toBe(before);
});

it('within 30 seconds, and not later', async () => {
  const { who, player } = await somebodyHere();
  await say(moderator, `/cmskick ${player.id}`);
  await world.clock.advance(30_001);
  expect(await say(moderator, '/cmskick confirm')).toContain('more than 30 seconds have passed');
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  expect(player.connected).toBe(true);
  await say(moderator, `/cmskick ${player.id}`);
  await world.clock.advance(30_000);
  await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect(world.sonoran.cms.effects.filter(({ accId }) => accId === who.accId)).toHaveLength(1);
});

it('only by the player who typed it', async () => {
  await world.fx.console('add_principal identifier.license:0ther group.admin');
  const other = await world.join('Otto', ['license:0ther']);
  const { player } = await somebodyHere();
  await say(moderator, `/cmskick ${player.id}`);
  expect(await say(other, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  // Each has their own.
  const { player: second } = await somebodyHere();
  await say(other, `/cmskick ${second.id}`);
  await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect([player.connected, second.connected]).toEqual([false, true]);
  other.leave();
  const back = await world.join('Otto', ['license:0ther']);
  expect(await say(back, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
});

it('is about whom was named last, also when that was nobody', async () => {
  const [one, two] = [await somebodyHere(), await somebodyHere()];
  await say(moderator, `/cmskick ${one.player.id}`);
  await say(moderator, `/cmskick ${two.player.id}`);
  await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect([one.player.connected, two.player.connected]).toEqual([true, false]);
  await say(moderator, `/cmskick ${one.player.id}`);
  expect(await say(moderator, '/cmskick 4242')).toContain('There is no player');
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  await say(moderator, `/cmskick ${one.player.id}`);
  expect(await say(moderator, '/cmskick')).toContain('Usage: /cmskick');
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
  expect(one.player.connected).toBe(true);
});

it('of somebody who has left: they are kicked, and nobody else; back under another id, they are dropped', async () => {
  const gone = await somebodyHere();
  await say(moderator, `/cmskick ${gone.player.id}`);
  gone.player.leave();
  const bystander = await somebodyHere();
  const outcome = await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect(outcome).toMatchObject({ code: 'OK', dropped: false, target: { name: gone.who.name } });
  expect(bystander.player.connected).toBe(true);
  expect(world.sonoran.cms.effects.at(-1)).toMatchObject({ kind: 'kick', accId: gone.who.accId });

  const back = await somebodyHere();
  await say(moderator, `/cmskick ${back.player.id}`);
  back.player.leave();
  const again = await world.join(back.who.name, back.who.identifiers);
  expect(again.id).not.toBe(back.player.id);
  await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect(again.connected).toBe(false);
});

it('takes the right to it, when it is asked and when it is confirmed', async () => {
  await world.fx.console('add_principal identifier.license:demoted group.admin');
  const demoted = await world.join('Dora', ['license:demoted']);
  const { player } = await somebodyHere();
  await say(demoted, `/cmskick ${player.id}`);
  await world.fx.console('remove_principal identifier.license:demoted group.admin');
  const events = world.events.length;
  expect(await say(demoted, '/cmskick confirm')).toContain('Access denied');
  expect(player.connected).toBe(true);
  expect(world.events).toHaveLength(events);
});

it('looks again who is immune', async () => {
  const { who, player } = await somebodyHere();
  await say(moderator, `/cmskick ${player.id}`);
  await world.fx.console(`add_ace identifier.license:${who.license} cmsban.immune allow`);
  const outcome = await world.outcomeOf(() => moderator.chatInput('/cmskick confirm'));
  expect(outcome).toMatchObject({ code: 'IMMUNE' });
  expect(player.connected).toBe(true);
  // Immune from the beginning: it does not even ask.
  expect(await say(moderator, `/cmskick ${player.id}`)).toContain('is immune');
  expect(await say(moderator, '/cmskick confirm')).toContain('There is no kick of yours to confirm.');
});
