import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { knock, MINUTE_MS, only, pass, settled } from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** What is said of a decision that came to its end in an unusual way, and which decisions are one. */

interface Told {
  readonly id: string;
  readonly status: string;
  readonly code: string;
  readonly message: string;
  readonly until: number | null;
  readonly again?: true;
}

const banned = (world: World, words: string) =>
  world.outcomeOf(() => world.fx.console(`cmsban ${words}`)) as unknown as Promise<Told>;
const banBy = (world: World, target: unknown, options = {}) =>
  world.call<Told>('banPlayer', target, 'aim', options);
const history = async (world: World) => world.call<readonly Told[]>('getHistory');

const titlesOf = (world: World) => world.discord.embeds.map(({ title }) => title);

/** The last that other resources have heard of an action. */
async function endOf(world: World, id: string): Promise<Told> {
  const heard = () => world.events.findLast(({ outcome }) => outcome['id'] === id)?.outcome;
  await until(() => heard()?.['status'] !== 'queued', 'the end');
  return heard() as unknown as Told;
}

describe('a ban that was taken back is CANCELLED, also where another product had not known the person', () => {
  it.each(['cmsunban', 'cmsqueue cancel'])('%s', async (command) => {
    const world = await startWorld({ discord: true });
    const who = newSomebody(world, { cms: [] });
    await world.sonoran.cad.down();
    const { id } = await banned(world, `license:${who.license} rammed`);
    await world.fx.console(`${command} ${id}`);
    const end = await endOf(world, id);
    expect(end).toMatchObject({ status: 'refused', code: 'CANCELLED' });
    expect(end.message).not.toContain('Do this again');
    await until(() => titlesOf(world).includes('Ban taken back'), 'the embed');
  });
});

describe('a ban that only the door here has held', () => {
  it('was one until its end', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = newSomebody(world);
    await banned(world, `license:${who.license} 1h rammed`);
    await world.clock.advance(60 * MINUTE_MS + 1_000);
    await settled(world);
    const [ban] = await history(world);
    expect(ban).toMatchObject({ status: 'delivered', code: 'OK' });
    expect(ban?.message).toMatch(/^license:\w+ was banned until .+ UTC\. That time is over\./);
  });

  it('has ended when it was lifted before, and nothing is to be lifted on the web', async () => {
    const world = await startWorld({ use: only('cms') });
    const who = newSomebody(world);
    const { id } = await banned(world, `license:${who.license} 1h rammed`);
    const lift = (await world.outcomeOf(() => world.fx.console(`cmsunban ${id}`))) as unknown as Told;
    expect(lift.message).toContain(
      'Sonoran CMS: it has no call to lift a ban; its ban list does not have them',
    );
    expect((await history(world))[1]?.message).toMatch(/^The ban of license:\w+ has ended\./);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('for want of a link was one, and is told as one', { timeout: 60_000 }, async () => {
    const world = await startWorld({ discord: true });
    const who = newSomebody(world, { cms: [], cad: [] });
    const { id } = await banned(world, `license:${who.license} 2h rammed`);
    expect(await knock(world, who.identifiers)).toContain('rammed');
    for (let minute = 0; minute < 121; minute++) await world.clock.advance(MINUTE_MS);
    const end = await endOf(world, id);
    expect(end).toMatchObject({ status: 'delivered', code: 'OK' });
    expect(end.message).toContain('was banned until');
    await until(() => titlesOf(world).includes('Ban has ended'), 'the embed');
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('names the identifiers that are looked for of somebody who has none of them', async () => {
    const world = await startWorld();
    const player = await world.join('Fee', ['fivem:77']);
    const { message } = await banned(world, `${player.id} rammed`);
    expect(message).toContain('none of the identifiers that are looked for here (discord, steam, license)');
    expect(message).not.toContain('asked for: )');
  });
});

it('the revocation of a ban that nobody knows lifts nothing while another is in force, and says so', async () => {
  const world = await startWorld();
  const who = newSomebody(world);
  await banned(world, `license:${who.license} rammed`);
  const outcome = await world.outcomeOf(() =>
    world.txAdmin.revoke({
      actionId: 'BXXX-XXXX',
      author: 'Mia',
      reason: 'old',
      identifiers: who.identifiers,
      revokedBy: 'Mia',
    }),
  );
  expect(outcome).toMatchObject({ status: 'refused', products: {} });
  expect(outcome['message']).toContain('Nothing was lifted');
  expect(await knock(world, who.identifiers)).toContain('rammed');
});

it('the record of a ban is revoked when its lift turns out during delivery', {
  timeout: 60_000,
}, async () => {
  const world = await startWorld({ convars: { cmsban_cms_records: 'ban' } });
  const who = newSomebody(world);
  await banned(world, `discord:${who.discord} rammed`);
  await pass(world, MINUTE_MS);
  await world.outcomeOf(() => world.fx.console(`cmsunban steam:${who.steam}`));
  await pass(world, 5 * MINUTE_MS);
  expect(world.sonoran.cms.account(who.accId)?.records).toMatchObject([{ status: false }]);
});

describe('the same ban of a program', () => {
  it('in a loop is one, and ends when the last has said', { timeout: 60_000 }, async () => {
    const world = await startWorld();
    const who = newSomebody(world, { cms: [], cad: [] });
    const told: Told[] = [];
    for (let time = 0; time < 4; time++) {
      told.push(await banBy(world, `license:${who.license}`, { duration: '3d' }));
      await pass(world, 2 * MINUTE_MS);
    }
    const [first, ...others] = told;
    expect(new Set(told.map(({ id }) => id)).size).toBe(1);
    expect(others.map(({ again }) => again)).toEqual([true, true, true]);
    const moved = (told.at(-1)?.until ?? 0) - (first?.until ?? 0);
    expect(moved).toBeGreaterThanOrEqual(6 * MINUTE_MS);
    // Not at its first end, but at its last.
    await world.clock.advance(3 * 24 * 60 * MINUTE_MS - 7 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toContain('aim');
    await world.clock.advance(8 * MINUTE_MS);
    await settled(world);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('for longer is another one, however little', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const one = await banBy(world, `license:${who.license}`, { duration: 60 });
    const two = await banBy(world, `license:${who.license}`, { duration: 120 });
    expect(two.again).toBeUndefined();
    expect(two.id).not.toBe(one.id);
  });

  it('is one across a restart', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const one = await banBy(world, `license:${who.license}`);
    await world.fx.console('restart cmsban');
    await settled(world);
    expect(await banBy(world, `license:${who.license}`)).toMatchObject({ id: one.id, again: true });
  });

  it('of a player with more names is another one where nobody knew the first', async () => {
    const world = await startWorld({ convars: { cmsban_unlinked: 'refuse' } });
    const who = newSomebody(world, { cms: ['discord'], cad: ['discord'] });
    expect(await banBy(world, `license:${who.license}`)).toMatchObject({ code: 'NOT_LINKED' });
    const player = await world.join(who.name, who.identifiers);
    expect(await banBy(world, player.id)).toMatchObject({ status: 'delivered' });
  });

  it('goes on by the names that were learned while it waited', { timeout: 60_000 }, async () => {
    const world = await startWorld({ config: ['add_ace builtin.everyone cmsban.gate.bypass allow'] });
    const who = newSomebody(world, { cms: ['discord'], cad: ['discord'] });
    await world.sonoran.cms.down();
    await world.sonoran.cad.down();
    const one = await banBy(world, `license:${who.license}`);
    const player = await world.join(who.name, who.identifiers);
    expect(await banBy(world, player.id)).toMatchObject({ id: one.id });
    await world.sonoran.cms.up();
    await world.sonoran.cad.up();
    await pass(world, 10 * MINUTE_MS);
    expect(world.sonoran.cms.account(who.accId)?.banned).toBe(true);
    expect(world.sonoran.cad.account(who.uuid)?.status).toBe(4);
  });
});
