import { expect, it } from 'vitest';
import { pass, passUntil } from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** What has been told of an action is not told again as if it had just happened. */

const DROPPED = 'The player was dropped from the server.';

/** A moderator bans somebody who is here; what they read of it, line by line. */
async function banByModerator(options: WorldOptions, prepare: (world: World) => void, isLinked = true) {
  const world = await startWorld({ ...options, use: { cms: false } });
  const moderator = await world.moderator();
  const who = newSomebody(world, isLinked ? {} : { cad: [] });
  const player = await world.join(who.name, who.identifiers);
  prepare(world);
  const first = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} rude`));
  return { world, moderator, who, player, first };
}

const limited = ({ sonoran }: World) =>
  sonoran.cad.fault('account-bans', { kind: 'rate-limit', retryAfter: 30 }, 1);

it.each(['none', 'stop', 'crash'] as const)(
  'the drop of a kept ban is no news when it goes out, however long after (restart: %s)',
  async (restart) => {
    const { world, moderator, who, first } = await banByModerator({}, () => {}, false);
    expect(first).toMatchObject({ status: 'queued', code: 'NOT_LINKED', dropped: true });
    expect(moderator.chat.at(-1)).toContain(DROPPED);
    if (restart !== 'none') await world.restart(restart);
    const reader = restart === 'none' ? moderator : await world.moderator();
    world.sonoran.cad.updateAccount(who.uuid, { apiIds: [who.license] });
    await passUntil(world, () => world.events.at(-1)?.name === 'delivered', 'the ban');
    expect(world.events.at(-1)?.outcome).toMatchObject({ id: first['id'], dropped: true });
    expect(reader.chat.at(-1)).toContain('is banned in Sonoran CAD.');
    expect(reader.chat.at(-1)).not.toContain(DROPPED);
    // Whoever asks what has become of it reads all.
    expect(await world.call('getHistory')).toMatchObject([{ message: expect.stringContaining(DROPPED) }]);
  },
);

it('a drop at once is told with the first answer, and not again at the end', async () => {
  const { world, moderator, first } = await banByModerator(
    { convars: { cmsban_drop_when: 'always' } },
    limited,
  );
  expect(first).toMatchObject({ status: 'queued', code: 'QUEUED', dropped: true });
  expect(moderator.chat.at(-1)).toContain(DROPPED);
  expect(await world.outcomeOf(() => pass(world, 60_000))).toMatchObject({
    status: 'delivered',
    dropped: true,
  });
  expect(moderator.chat.at(-1)).not.toContain(DROPPED);
});

it('a drop after the first answer is told at the end', async () => {
  const { world, moderator, first } = await banByModerator({}, limited);
  expect(first).toMatchObject({ status: 'queued', dropped: false });
  expect(moderator.chat.at(-1)).not.toContain(DROPPED);
  expect(await world.outcomeOf(() => pass(world, 60_000))).toMatchObject({
    status: 'delivered',
    dropped: true,
  });
  expect(moderator.chat.at(-1)).toContain(DROPPED);
});
