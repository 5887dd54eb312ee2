import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { newSomebody } from './somebody.ts';
import type { World } from './world.ts';

/** For the server, a word that begins with `#` or `//` begins a comment; for whoever types a reason it does not. */

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});

const places = [
  ['chat', (line: string) => moderator.chatInput(`/${line}`)],
  ['console', (line: string) => world.fx.console(line)],
] as const;

describe.each(places)('in the %s', (origin, type) => {
  it.each([
    ['broke rule #4', 'broke rule #4'],
    ['see https://example.com//a', 'see https://example.com//a'],
    ['// test', '// test'],
    ['#rdm', '#rdm'],
    ['said "#1 noob" twice', 'said "#1 noob" twice'],
    ['"rule #4; see // there"', 'rule #4; see // there'],
  ])('a reason is what was typed: %s', async (words, reason) => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const ban = await world.outcomeOf(() => type(`cmsban ${player.id} ${words}`));
    expect(ban).toMatchObject({ action: 'ban', origin, reason, status: 'delivered' });
    expect(player.dropReason).toContain(`Reason: ${reason} (by `);
    const lift = await world.outcomeOf(() => type(`cmsunban license:${who.license} ${words}`));
    expect(lift).toMatchObject({ action: 'unban', reason });
    const kick = await world.outcomeOf(async () => {
      await type(`cmskick license:${who.license} ${words}`);
      if (origin === 'chat') await type('cmskick confirm');
    });
    expect(kick).toMatchObject({ action: 'kick', reason });
  });

  it('a quoted name is one word all the same', async () => {
    const accName = `The #1 fan, in the ${origin}`;
    world.sonoran.cms.addAccount({ accName });
    const outcome = await world.outcomeOf(() => type(`cmsban "username:${accName}" see #2`));
    expect(outcome).toMatchObject({ target: { account: `username:${accName}` }, reason: 'see #2' });
  });
});

it('a reason typed in chat goes on after a semicolon; in the console that begins another command', async () => {
  const [one, other] = [newSomebody(world), newSomebody(world)];
  const line = (license: string) => `cmsban license:${license} ramming; 2nd time`;
  expect(await world.outcomeOf(() => moderator.chatInput(`/${line(one.license)}`))).toMatchObject({
    reason: 'ramming; 2nd time',
  });
  expect(await world.outcomeOf(() => world.fx.console(line(other.license)))).toMatchObject({
    reason: 'ramming',
  });
});

it.each(['cmsban', 'cmskick', 'cmsunban', 'cmslookup', 'cmshistory'])(
  'a word that is no target is named, and not taken for nothing: /%s #5',
  async (command) => {
    const before = moderator.chat.length;
    await moderator.chatInput(`/${command} #5 rude`);
    await until(() => moderator.chat.length > before, 'the answer');
    expect(moderator.chat.slice(before)).toEqual([expect.stringContaining('"#5" is not a target.')]);
  },
);

it('an id that is none is named as well: /cmsqueue cancel #5', async () => {
  const before = moderator.chat.length;
  await moderator.chatInput('/cmsqueue cancel #5');
  await until(() => moderator.chat.length > before, 'the answer');
  expect(moderator.chat.slice(before)).toEqual([
    expect.stringContaining('Nothing with the id #5 is waiting.'),
  ]);
});
