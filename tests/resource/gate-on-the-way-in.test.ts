import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import {
  banOnTheWeb,
  begin,
  isKnownAsBanned,
  knock,
  liftOnTheWeb,
  MINUTE_MS,
  NO_LIST,
  PRODUCTS,
  pass,
  quietWorld,
  SURELY_AGAIN_MS,
  settled,
  timesSaid,
} from './ban-lists.ts';
import { banNotice } from './notices.ts';
import { newSomebody } from './somebody.ts';
import type { WorldOptions } from './world.ts';

/** Bans that come, go or are there while their person is on the loading screen or already on the server. */

const REFUSAL =
  'You are banned from this community. If this is a mistake, contact the staff of this community.';
const DOORMAN = { doorman: new URL('./resources/doorman', import.meta.url).pathname };

describe('a ban that comes while its person is on the loading screen', () => {
  /** Somebody who has passed the gate and is held up by another resource. */
  async function onTheWayIn(options: WorldOptions = {}) {
    const world = await quietWorld({ resources: DOORMAN, ...options });
    const who = newSomebody(world);
    await begin(world, 'cad');
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    expect(connecting.state).toBe('connecting');
    expect([...connecting.deferrals.keys()]).toEqual(['doorman']);
    async function letIn(): Promise<string | null> {
      world.fx.emit('doorman:open');
      await connecting.result;
      await settled(world);
      expect(connecting.misuse).toEqual([]);
      expect(world.faults).toEqual([]);
      return connecting.player.dropReason;
    }
    return { world, who, letIn };
  }

  it('by a command drops them as soon as they have joined, and says why', async () => {
    const { world, who, letIn } = await onTheWayIn();
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} rammed`));
    expect(await letIn()).toMatch(banNotice('rammed', 'console'));
    // Once: not for the list as well.
    expect(timesSaid(world, 'evicted.banned')).toBe(0);
    expect(await world.call('getHistory')).toMatchObject([{ dropped: true }]);
  });

  it('by txAdmin drops them as soon as they have joined, and says why', async () => {
    const { world, who, letIn } = await onTheWayIn();
    await world.outcomeOf(() =>
      world.txAdmin.ban({ author: 'Mia', reason: 'x', identifiers: who.identifiers }),
    );
    expect(await letIn()).toMatch(banNotice('x', 'Mia'));
  });

  it('in a run before this one drops them as soon as they have joined', async () => {
    const { world, who, letIn } = await onTheWayIn();
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    await world.fx.console('restart cmsban');
    await world.listsRead();
    // Until then nobody knows more than the lists do.
    await world.call('getHistory');
    expect(await letIn()).toMatch(banNotice('none given', 'console'));
    expect(timesSaid(world, 'evicted.here')).toBe(1);
  });

  it.each(PRODUCTS)('by the list of %s drops them as soon as they have joined', async (product) => {
    const { world, who, letIn } = await onTheWayIn();
    banOnTheWeb(world, product, who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await letIn()).toBe(REFUSAL);
  });

  it('and is lifted before they have joined lets them stay', async () => {
    const { world, who, letIn } = await onTheWayIn({ use: { cms: false } });
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    expect(await letIn()).toBeNull();
  });

  it.each([
    ['who hold cmsban.gate.bypass', { config: ['add_ace builtin.everyone cmsban.gate.bypass allow'] }],
    ['with cmsban_join_gate false', { convars: { cmsban_join_gate: 'false' } }],
  ])('lets those stay %s when it was made on the web, and not when it was made here', async (_, options) => {
    const { world, who, letIn } = await onTheWayIn(options);
    banOnTheWeb(world, 'cad', who);
    await pass(world, SURELY_AGAIN_MS);
    expect(await letIn()).toBeNull();
    const again = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license} rammed`));
    world.fx.emit('doorman:open');
    await again.result;
    expect(again.player.dropReason).toContain('Reason: rammed');
  });

  it('of somebody who gives up does nothing', async () => {
    const world = await quietWorld({ resources: DOORMAN });
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    const connecting = world.fx.startConnecting({ name: who.name, identifiers: who.identifiers });
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    connecting.cancel();
    world.fx.emit('doorman:open');
    await settled(world);
    expect(connecting.player.dropReason).toBeNull();
    expect(world.faults).toEqual([]);
  });
});

describe('when cmsban starts while people are on the server', () => {
  it('those whom the snapshot has are dropped, though Sonoran is down', async () => {
    const world = await quietWorld();
    const [banned, privileged, other] = [newSomebody(world), newSomebody(world), newSomebody(world)];
    for (const who of [banned, privileged]) banOnTheWeb(world, 'cad', who);
    await begin(world, ...PRODUCTS);
    await world.fx.console(`add_ace identifier.license:${privileged.license} cmsban.gate.bypass allow`);
    await world.fx.console('stop cmsban');
    const players = [
      await world.join(banned.name, banned.identifiers),
      await world.join(privileged.name, privileged.identifiers),
      await world.join(other.name, other.identifiers),
    ];
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await begin(world);
    await settled(world);
    expect(players.map(({ dropReason }) => dropReason)).toEqual([REFUSAL, null, null]);
    expect(world.faults).toEqual([]);
  });

  it('those who were banned on the web meanwhile are dropped with the first read', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    const player = await world.join(who.name, who.identifiers);
    await world.fx.console('stop cmsban');
    banOnTheWeb(world, 'cms', who);
    await begin(world);
    await settled(world);
    expect(player.dropReason).toBe(REFUSAL);
  });

  it('those who are there before the first start of all are dropped with the first read', async () => {
    const world = await quietWorld();
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    const player = await world.join(who.name, who.identifiers);
    await begin(world, ...PRODUCTS);
    expect(player.dropReason).toBe(REFUSAL);
  });
});

describe('a ban of our own with cmsban_drop_when all that one product does not have yet', () => {
  it('leaves the player alone through reads of the list and restarts, until the other has it', async () => {
    const world = await quietWorld({ convars: { cmsban_drop_when: 'all' } });
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    const player = await world.join(who.name, who.identifiers);
    world.sonoran.cad.fault('account-bans', { kind: 'status', status: 503 });
    const outcome = await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} being rude`));
    expect(outcome).toMatchObject({ status: 'queued' });
    await until(() => world.sonoran.cms.account(who.accId).banned, 'the ban in CMS');
    await settled(world);
    expect(await isKnownAsBanned(world, String(player.id))).toBe(true);
    await pass(world, SURELY_AGAIN_MS);
    expect(player.connected).toBe(true);
    await world.fx.console('restart cmsban');
    await settled(world);
    await pass(world, SURELY_AGAIN_MS);
    expect(player.connected).toBe(true);
    // Whoever leaves does not come back.
    expect(await knock(world, who.identifiers)).toMatch(banNotice('being rude', 'console'));

    world.sonoran.cad.clearFaults();
    await pass(world, 6 * MINUTE_MS);
    expect(world.sonoran.cad.account(who.uuid).status).toBe(4);
    expect(player.dropReason).toContain('Reason: being rude');
    expect(world.faults).toEqual([]);
  });

  it('leaves the player alone also when the list has the ban before the answer has come', async () => {
    const world = await quietWorld({ convars: { cmsban_drop_when: 'all' } });
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    const player = await world.join(who.name, who.identifiers);
    // It takes effect, and nobody hears of it.
    world.sonoran.cms.fault('BAN_ACCOUNT', { kind: 'reset', when: 'after' });
    world.sonoran.cad.fault('account-bans', { kind: 'status', status: 503 });
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id} being rude`));
    expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
    await pass(world, SURELY_AGAIN_MS);
    expect(await isKnownAsBanned(world, String(player.id))).toBe(true);
    expect(player.connected).toBe(true);
  });
});

describe('somebody who was refused and whose ban was lifted on the web', () => {
  it.each(PRODUCTS)(
    'gets in at the second try, when the ban has been known for a while (%s)',
    async (product) => {
      const world = await quietWorld();
      const who = newSomebody(world);
      banOnTheWeb(world, product, who);
      await begin(world, ...PRODUCTS);
      liftOnTheWeb(world, product, who);
      const requests = world.sonoran[product].requests.length;
      expect(await knock(world, who.identifiers)).toBe(REFUSAL);
      await settled(world);
      expect(world.sonoran[product].requests).toHaveLength(requests + 1);
      expect(await knock(world, who.identifiers)).toBeUndefined();
      // Also after a crash.
      await world.sonoran[product].down();
      await world.restart('crash');
      await begin(world);
      await settled(world);
      expect(await knock(world, who.identifiers)).toBeUndefined();
    },
  );

  it.each(PRODUCTS)('is not asked about as long as the ban is young (%s)', async (product) => {
    const world = await quietWorld({ convars: { cmsban_mirror_minutes: '60' } });
    const who = newSomebody(world);
    await begin(world, ...PRODUCTS);
    await world.outcomeOf(() => world.fx.console(`cmsban license:${who.license}`));
    const since = world.clock.elapsed();
    // Until what is registered of the account has been read.
    await pass(world, 10_000);
    liftOnTheWeb(world, 'cms', who);
    liftOnTheWeb(world, 'cad', who);
    const requests = world.sonoran[product].requests.length;
    await pass(world, 5 * MINUTE_MS - 2_000 - (world.clock.elapsed() - since));
    expect(await knock(world, [`license:${who.license}`])).toMatch(banNotice('none given', 'console'));
    await settled(world);
    expect(world.sonoran[product].requests).toHaveLength(requests);
    await pass(world, 3_000);
    // Both products are asked at once.
    expect(await knock(world, [`license:${who.license}`])).toMatch(banNotice('none given', 'console'));
    await settled(world);
    expect(await knock(world, [`license:${who.license}`])).toBeUndefined();
  });

  it('leads to one look-up a minute at the most, however often they try', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    await begin(world, 'cms');
    const requests = world.sonoran.cms.requests.length;
    for (let second = 0; second < 150; second += 5) {
      expect(await knock(world, who.identifiers)).toBe(REFUSAL);
      await pass(world, 5_000);
    }
    expect(world.sonoran.cms.requests).toHaveLength(requests + 3);
  });

  it('stays out while Sonoran does not answer', async () => {
    const world = await quietWorld({ use: { cad: false } });
    const who = newSomebody(world);
    banOnTheWeb(world, 'cms', who);
    await begin(world, 'cms');
    liftOnTheWeb(world, 'cms', who);
    await world.sonoran.cms.down();
    for (let second = 0; second < 300; second += 30) {
      expect(await knock(world, who.identifiers)).toBe(REFUSAL);
      await pass(world, 30_000);
    }
    await world.sonoran.cms.up();
    // So that it is asked again for sure: the tries before came at whole minutes, and a clock that runs in fractions
    // may make a minute of them a little less.
    await pass(world, MINUTE_MS);
    await knock(world, who.identifiers);
    await settled(world);
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it('gets in where CMS has no list, whichever identifier their account is linked by', async () => {
    const world = await quietWorld({ use: { cad: false }, cms: NO_LIST });
    const who = newSomebody(world, { cms: ['license'] });
    await begin(world);
    const player = await world.join(who.name, who.identifiers);
    await world.outcomeOf(() => world.fx.console(`cmsban ${player.id}`));
    expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
    liftOnTheWeb(world, 'cms', who);
    await pass(world, 6 * MINUTE_MS);
    for (let tries = 0; tries < 3; tries++) {
      await knock(world, who.identifiers);
      await pass(world, 2 * MINUTE_MS);
    }
    expect(await knock(world, who.identifiers)).toBeUndefined();
  });

  it.each([
    ['before the list tells whose it is', {}],
    ['where CMS has no list', NO_LIST],
  ] as const)(
    'stays out as long as the ban is there, whatever other account they have: %s',
    async (_, cms) => {
      const world = await quietWorld({ use: { cad: false }, cms });
      const who = newSomebody(world, { cms: ['discord'] });
      // A second account, by which they go as well.
      world.sonoran.cms.addAccount({ apiIds: [who.license] });
      await begin(world);
      await settled(world);
      const player = await world.join(who.name, who.identifiers);
      await world.outcomeOf(() => world.fx.console(`cmsban ${player.id}`));
      expect(world.sonoran.cms.account(who.accId).banned).toBe(true);
      await pass(world, 6 * MINUTE_MS);
      for (let tries = 0; tries < 3; tries++) {
        expect(await knock(world, who.identifiers)).toMatch(banNotice('none given', 'console'));
        await pass(world, 2 * MINUTE_MS);
      }
    },
  );
});
