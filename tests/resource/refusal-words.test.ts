import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { knock, liftOnTheWeb, MINUTE_MS, pass, settled } from './ban-lists.ts';
import { newSomebody } from './somebody.ts';
import { openWorld, startWorld, type World } from './world.ts';

/** What those read who are refused or dropped: it is all that they are told. */

const HOUR_MS = 3_600_000;
const APPEAL = 'If this is a mistake, contact the staff of this community.';
const PLAIN = `You are banned from this community. ${APPEAL}`;

describe('whoever was banned here reads', () => {
  let world: World;
  beforeAll(async () => {
    world = await openWorld({ convars: { cmsban_appeal_text: 'Appeal at discord.gg/example.' } });
  });
  afterAll(() => world.close());

  it('why, by whom, until when, under which id, and where to appeal: when dropped, and when refused', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { id } = await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} rammed`));
    expect(player.dropReason).toBe(
      'You are banned from this community. Reason: rammed (by console). Ends: never. ' +
        `Ban id: ${id}. Appeal at discord.gg/example.`,
    );
    expect(await knock(world, who.identifiers)).toBe(player.dropReason);
  });

  it("no less than on txAdmin's own card", async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const expiration = world.clock.now() / 1_000 + 48 * 3_600;
    const { id } = await world.outcomeOf(() =>
      world.txAdmin.ban({
        author: 'Mia',
        reason: 'VDM',
        target: player.id,
        expiration: Math.floor(expiration),
        duration: '2 days',
        actionId: 'B8YE-ZQHY',
      }),
    );
    const end = new Date(Math.floor(expiration) * 1_000).toISOString().slice(0, 16).replace('T', ' ');
    const words = `Reason: VDM (by Mia). Ends: ${end} UTC (in 2 d). Ban id: ${id} (txAdmin: B8YE-ZQHY).`;
    expect(await knock(world, who.identifiers)).toContain(words);
    await world.clock.advance(47 * HOUR_MS);
    expect(await knock(world, who.identifiers)).toContain('(in 60 min)');
  });

  it('which other decision a kick was', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { id } = await world.call('kickPlayer', player.id, 'idle', { author: 'afk' });
    expect(player.dropReason).toBe(
      `You were removed from this community. Reason: idle (by afk). Id: ${id}. Appeal at discord.gg/example.`,
    );
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it.each([
    ['^1red^7', '1red7'],
    ['two\nlines\u2028three', 'two lines three'],
    ['\u202eturned', 'turned'],
    ['{end} {id} $&', '{end} {id} $&'],
  ])('one line that nobody can forge: %j', async (reason, shown) => {
    const who = newSomebody(world);
    const { id } = await world.call('banPlayer', `license:${who.license}`, reason, { author: `^2${reason}` });
    expect(await knock(world, who.identifiers)).toMatch(
      new RegExp(`^You are banned from this community\\. Reason: [^\\n^]+ Ban id: ${id}\\. Appeal at`),
    );
    expect(await knock(world, who.identifiers)).toContain(`Reason: ${shown} (by `);
  });
});

describe('whoever is on a list', () => {
  it('and was banned here by their account reads the same, dropped as well as refused', async () => {
    const world = await startWorld();
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const { id } = await world.outcomeOf(() => world.fx.console(`cmsban account:${who.accId} rammed`));
    await until(() => !player.connected, 'the drop');
    expect(player.dropReason).toBe(
      `You are banned from this community. Reason: rammed (by console). Ends: never. Ban id: ${id}. ${APPEAL}`,
    );
    expect(await knock(world, who.identifiers)).toBe(player.dropReason);
  });

  it('and was banned on the web reads whom to appeal to', async () => {
    const world = await startWorld({ convars: { cmsban_mirror_minutes: '1' } });
    const who = newSomebody(world);
    world.sonoran.cms.ban(who.accId);
    await pass(world, 2 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toBe(PLAIN);
  });

  it('stays refused after a lift that CMS cannot make, and gets in once it was made on the web', async () => {
    const world = await startWorld({ use: { cad: false } });
    const who = newSomebody(world);
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} rammed`));
    expect(await knock(world, who.identifiers)).toContain('Reason: rammed');
    await pass(world, 10 * MINUTE_MS);
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    // The ban here has ended: its reason is none any more.
    expect(await knock(world, who.identifiers)).toBe(PLAIN);
    await settled(world);
    expect(await knock(world, who.identifiers)).toBe(PLAIN);
    liftOnTheWeb(world, 'cms', who);
    await pass(world, 2 * MINUTE_MS);
    expect(await knock(world, who.identifiers)).toBe(PLAIN);
    await settled(world);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });
});
