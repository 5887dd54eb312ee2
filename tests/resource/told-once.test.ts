import { describe, expect, it } from 'vitest';
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

describe('a ban that is cancelled', () => {
  /** The lines that somebody reads meanwhile. */
  async function readsOf(
    lines: () => readonly string[],
    world: World,
    act: () => unknown,
  ): Promise<string[]> {
    const before = lines().length;
    await act();
    await pass(world, 1_000);
    return lines().slice(before);
  }

  async function waitingBan(kind: 'on its way' | 'kept' | 'may have been heard') {
    const prepare = ({ sonoran }: World) => {
      const fault = kind === 'on its way' ? ({ kind: 'rate-limit' } as const) : LOST;
      if (kind !== 'kept') sonoran.cad.fault('account-bans', fault);
    };
    return banByModerator({}, prepare, kind !== 'kept');
  }
  const LOST = { kind: 'reset', when: 'after' } as const;

  it.each([
    ['on its way', 'Sonoran CAD: cancelled before it was sent.'],
    ['kept', 'Sonoran CAD: cancelled before it was sent.'],
    ['may have been heard', 'so it may have taken effect; look there.'],
  ] as const)('is told once to whoever had decided it (%s)', async (kind, words) => {
    const { world, moderator, first } = await waitingBan(kind);
    const read = await readsOf(
      () => moderator.chat,
      world,
      () => moderator.chatInput(`/cmsqueue cancel ${first['id']}`),
    );
    expect(read).toEqual([expect.stringContaining(`[${first['id']}] `)]);
    expect(read[0]).toContain('was taken back.');
    expect(read[0]).toContain(words);
  });

  it.each([
    ['on its way', 'cancelled before it was sent.'],
    ['kept', 'cancelled before it was sent.'],
    ['may have been heard', 'cancelled. But it was sent to Sonoran CAD before'],
  ] as const)('by somebody else is told to both (%s)', async (kind, words) => {
    const { world, moderator, first, who } = await waitingBan(kind);
    // Its answers, and not what is logged of what others decided.
    const inConsole = () => world.log.filter((line) => new RegExp(`^\\^\\d\\[${first['id']}\\]`).test(line));
    const before = moderator.chat.length;
    const read = await readsOf(inConsole, world, () => world.fx.console(`cmsqueue cancel ${first['id']}`));
    expect(read).toEqual([expect.stringContaining(words)]);
    expect(read[0]).toContain(who.name);
    expect(moderator.chat.slice(before)).toEqual([expect.stringContaining('was taken back.')]);
  });

  it('in the console is told there once, when it was made there', async () => {
    const world = await startWorld({ use: { cms: false } });
    limited(world);
    const first = await world.outcomeOf(() => world.fx.console('cmsban license:beef rude'));
    const read = await readsOf(
      () => world.log,
      world,
      () => world.fx.console(`cmsqueue cancel ${first['id']}`),
    );
    expect(read).toEqual([expect.stringContaining('The ban of license:beef was taken back.')]);
  });
});
