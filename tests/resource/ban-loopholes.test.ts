import { describe, expect, it } from 'vitest';
import {
  addBanned,
  banOnTheWeb,
  begin,
  isKnownAsBanned,
  knock,
  liftOnTheWeb,
  MINUTE_MS,
  NO_LIST,
  pass,
  quietWorld,
  readsOf,
  SURELY_AGAIN_MS,
  settled,
} from './ban-lists.ts';
import { portUrl, push } from './push-port.ts';
import { newSomebody } from './somebody.ts';

/** Ways in which somebody who is banned could slip out of it, or somebody who is not could be kept out. */

const DAY = 24 * 60 * MINUTE_MS;

describe('a ban made here', () => {
  it.each([false, true])(
    'of a Discord account drops who plays without Discord (push events: %s)',
    async (pushes) => {
      const world = await quietWorld({ use: { cad: false } });
      const who = newSomebody(world);
      await begin(world, 'cms');
      if (pushes) world.sonoran.cms.pushEventsTo(portUrl(world));
      const player = await world.join(who.name, [`license:${who.license}`]);
      await world.outcomeOf(() => world.fx.console(`cmsban discord:${who.discord} cheating`));
      await pass(world, 2 * SURELY_AGAIN_MS);
      const knocked = await knock(world, [`license:${who.license}`]);
      expect({ connected: player.connected, knocked: knocked !== undefined }).toEqual({
        connected: false,
        knocked: true,
      });
    },
  );

  it('counts on for who unlinks everything afterwards', async () => {
    const world = await quietWorld({ use: { cad: false } });
    addBanned(world, 'cms', 4);
    const who = newSomebody(world);
    await begin(world, 'cms');
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id}`));
    await pass(world, MINUTE_MS);
    world.sonoran.cms.updateAccount(who.accId, { apiIds: [], discordId: null });
    await pass(world, SURELY_AGAIN_MS * 2);
    expect(await knock(world, who.identifiers)).toBeDefined();
  });

  it('is not lifted by another account of theirs that is not banned, where CMS has no list', async () => {
    const world = await quietWorld({ use: { cad: false }, cms: NO_LIST });
    const who = newSomebody(world, { cms: ['license'] });
    await begin(world);
    await settled(world);
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id}`));
    expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
    world.sonoran.cms.addAccount({ discordId: who.discord, apiIds: [] });
    await pass(world, 6 * MINUTE_MS);
    for (let tries = 0; tries < 3; tries++) {
      expect(await knock(world, who.identifiers)).toBeDefined();
      await pass(world, 2 * MINUTE_MS);
    }
  });

  it('is not lifted by an edit of another account of theirs', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world, { cms: ['discord'] });
    const other = world.sonoran.cms.addAccount({ apiIds: [who.license] });
    await begin(world, 'cms');
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id}`));
    await pass(world, 3 * MINUTE_MS);
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
    await push(world, 'ACCOUNT_UPDATED', {
      discordId: null,
      accId: other.accId,
      banned: false,
      activeApiIds: [who.license],
    });
    await settled(world);
    expect(await isKnownAsBanned(world, `discord:${who.discord}`)).toBe(true);
  });

  it('that is lifted while Sonoran is asked about it neither drops nor refuses', async () => {
    const world = await quietWorld({ use: { cms: false } });
    const who = newSomebody(world);
    await begin(world, 'cad');
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cad.fault('account', { kind: 'html', status: 502 }, 2);
    await world.outcomeOf(() => world.fx.console(`cmsban account:${who.uuid} x`));
    await world.outcomeOf(() => world.fx.console(`cmsunban account:${who.uuid} oops`));
    await pass(world, 3 * MINUTE_MS);
    expect({ connected: player.connected, refused: await knock(world, who.identifiers) }).toEqual({
      connected: true,
      refused: undefined,
    });
  });
});

describe('a ban made here a moment before, lifted here', () => {
  it.each([
    ['by its id', (id: unknown) => `${id}`],
    ['by another name', (_: unknown, discord: string) => `discord:${discord}`],
  ])('%s, lets in at the next try once it is lifted in CMS as well', async (_, target) => {
    const world = await quietWorld({ convars: { cmsban_push_events: 'false' } });
    const who = newSomebody(world);
    await begin(world, 'cms', 'cad');
    const player = await world.join(who.name, who.identifiers);
    const { id } = await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} oops`));
    await pass(world, 20_000);
    const lift = await world.outcomeOf(() => world.fx.console(`cmsunban ${target(id, who.discord)}`));
    expect(lift['message']).toContain('cmsban asks again each time that they are refused');
    expect(await knock(world, who.identifiers)).toContain('You are banned');
    await pass(world, 1_000);
    liftOnTheWeb(world, 'cms', who);
    // Not more often than once a minute.
    await pass(world, MINUTE_MS);
    expect(await knock(world, who.identifiers)).toContain('You are banned');
    await pass(world, 1_000);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('and banned here again is not asked about', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world);
    await begin(world, 'cms');
    for (const command of ['cmsban', 'cmsunban', 'cmsban']) {
      await world.outcomeOf(() => world.fx.console(`${command} license:${who.license}`));
    }
    await pass(world, MINUTE_MS);
    // As if Sonoran had not noticed it yet.
    liftOnTheWeb(world, 'cms', who);
    for (let knocks = 0; knocks < 2; knocks++) {
      expect(await knock(world, who.identifiers)).toContain('You are banned');
      await pass(world, 1_000);
    }
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
  });
});

describe('a ban made on the web', () => {
  it('whose look-up never comes drops when the list tells who it is', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world, { cms: ['license', 'discord'] });
    await begin(world, 'cms');
    const player = await world.join(who.name, [`license:${who.license}`]);
    world.sonoran.cms.fault('accounts-search', { kind: 'html', status: 502 }, 5);
    banOnTheWeb(world, 'cms', who);
    await push(world, 'ACCOUNT_BANNED', { discordId: who.discord, accountId: who.accId });
    await pass(world, SURELY_AGAIN_MS * 2);
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
    expect(player.connected).toBe(false);
  });

  it('that is lifted goes with the list though the wall clock was set back', async () => {
    const world = await quietWorld({ use: { cad: false } });
    addBanned(world, 'cms', 5);
    await begin(world, 'cms');
    world.clock.jump(365 * DAY);
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await isKnownAsBanned(world, `license:${who.license}`)).toBe(true);
    world.clock.jump(-365 * DAY);
    liftOnTheWeb(world, 'cms', who);
    const reads = readsOf(world, 'cms').length;
    await pass(world, 3 * SURELY_AGAIN_MS);
    expect(readsOf(world, 'cms').length).toBeGreaterThan(reads + 1);
    await knock(world, who.identifiers);
    await pass(world, MINUTE_MS);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('that is lifted in both products lets in at the next try', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    banOnTheWeb(world, 'cad', who);
    await begin(world, 'cms', 'cad');
    liftOnTheWeb(world, 'cms', who);
    liftOnTheWeb(world, 'cad', who);
    const tries: boolean[] = [];
    for (let knocks = 0; knocks < 4; knocks++) {
      tries.push((await knock(world, who.identifiers)) === undefined);
      await pass(world, 20_000);
    }
    expect(tries).toEqual([false, true, true, true]);
  });
});

describe('an answer', () => {
  it('that is a web page with 404 is no word of Sonoran: it goes on not knowing', async () => {
    const world = await quietWorld({ use: { cad: false }, convars: { cmsban_gate_when_unknown: 'deny' } });
    const [id] = addBanned(world, 'cms', 3);
    world.sonoran.cms.fault('accounts', { kind: 'html', status: 404 }, 1);
    await begin(world);
    await settled(world);
    expect(await knock(world, [`license:${id}`])).toBeDefined();
  });

  it('with one odd account counts for the others', async () => {
    const world = await quietWorld({ use: { cad: false } });
    addBanned(world, 'cms', 3);
    world.sonoran.cms.fault(
      'accounts',
      {
        kind: 'status',
        status: 200,
        contentType: 'application/json',
        body: JSON.stringify({
          success: true,
          data: {
            items: [
              {
                accId: '00000000-0000-4000-8000-000000000001',
                banned: true,
                discordId: null,
                activeApiIds: ['ba0'],
              },
              {
                accId: '00000000-0000-4000-8000-000000000002',
                banned: null,
                discordId: null,
                activeApiIds: ['ba1'],
              },
            ],
            total: 2,
            skip: 0,
            take: 100,
          },
        }),
      },
      100,
    );
    await begin(world);
    await pass(world, 30 * MINUTE_MS);
    expect(await knock(world, ['license:ba0'])).toBeDefined();
  });
});
