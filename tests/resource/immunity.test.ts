import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsToBoth } from './calls.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World } from './world.ts';

/** Immune is who is immune, by whatever name they are called; and nobody by what they have typed into their account. */

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});

const places: ReadonlyArray<readonly [string, (line: string) => Promise<unknown>]> = [
  ['chat', (line) => moderator.chatInput(`/${line}`)],
  ['console', (line) => world.fx.console(line)],
];

/** Refused as immune, without a word to Sonoran. */
async function expectImmune(target: string): Promise<void> {
  for (const [, type] of places) {
    for (const kind of ['ban', 'kick']) {
      const requests = callsToBoth(world.sonoran).length;
      const outcome = await world.outcomeOf(() => type(`cms${kind} ${target} being rude`));
      expect(outcome, `${kind} of ${target}`).toMatchObject({ code: 'IMMUNE' });
      expect(callsToBoth(world.sonoran)).toHaveLength(requests);
    }
  }
}

/** A look-up, from its first line to its last. */
async function lookUp(target: string): Promise<void> {
  const before = moderator.chat.length;
  await moderator.chatInput(`/cmslookup ${target}`);
  await until(() => moderator.chat.length >= before + 2, 'the answer');
}

/** Somebody who is immune by their licence, here. */
async function staff(): Promise<{ who: Somebody; player: Player }> {
  const who = newSomebody(world);
  await world.fx.console(`add_ace identifier.license:${who.license} cmsban.immune allow`);
  return { who, player: await world.join(who.name, who.identifiers) };
}

describe('somebody who was here', () => {
  it('by any of their identifiers, here and when they have left', async () => {
    const { who, player } = await staff();
    for (const target of [String(player.id), `steam:${who.steam}`, `discord:${who.discord}`]) {
      await expectImmune(target);
    }
    player.leave();
    for (const target of [String(player.id), `steam:${who.steam}`, `discord:${who.discord}`]) {
      await expectImmune(target);
    }
  });

  it('by their account, once a look-up has told whose it is: the Discord login is proof', async () => {
    const { who, player } = await staff();
    await lookUp(String(player.id));
    player.leave();
    await expectImmune(`account:${who.accId}`);
    await expectImmune(`username:${who.name.toUpperCase()}`);
  });

  it('by their account, looked up by that itself', async () => {
    const { who, player } = await staff();
    await lookUp(`account:${who.accId}`);
    await expectImmune(`account:${who.accId.toUpperCase()}`);
    player.leave();
    await expectImmune(`account:${who.accId}`);
  });

  it('by a unique number, looked up', async () => {
    const { who } = await staff();
    const { uniqueId } = world.sonoran.cms.account(who.accId);
    await lookUp(`unique:${uniqueId}`);
    await expectImmune(`unique:${uniqueId}`);
  });

  it('by the id of an action about them', async () => {
    const { who, player } = await staff();
    // Other resources are not bound by it.
    const lift = await world.call('unbanPlayer', player.id);
    player.leave();
    await expectImmune(String(lift['id']));
    expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
  });
});

it('is known after a restart, from what is stored', async () => {
  const own = await startWorld();
  const mia = await own.moderator();
  const who = newSomebody(own);
  await own.fx.console(`add_ace identifier.license:${who.license} cmsban.immune allow`);
  const player = await own.join(who.name, who.identifiers);
  const lift = await own.call('unbanPlayer', player.id);
  player.leave();
  mia.leave();
  await own.restart();
  await own.fx.console(`add_ace identifier.license:${who.license} cmsban.immune allow`);
  for (const target of [`discord:${who.discord}`, String(lift['id'])]) {
    const outcome = await own.outcomeOf(() => own.fx.console(`cmsban ${target} being rude`));
    expect(outcome, target).toMatchObject({ code: 'IMMUNE' });
  }
  expect(own.faults).toEqual([]);
});

describe('an unverified API ID makes nobody immune', () => {
  it('of somebody who has typed the licence of one who is', async () => {
    const { who: owner } = await staff();
    const { accId } = world.sonoran.cms.addAccount({ accName: 'Impostor', apiIds: [owner.license] });
    await lookUp(`account:${accId}`);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban account:${accId} rude`));
    expect(outcome).toMatchObject({ status: 'delivered' });
    expect(world.sonoran.cms.account(accId).banned).toBe(true);
  });

  it('nor by a look-up of the one who is, that finds the other', async () => {
    const { license } = { license: 'feed01' };
    await world.fx.console(`add_ace identifier.license:${license} cmsban.immune allow`);
    const { accId } = world.sonoran.cms.addAccount({ accName: 'Impostor2', apiIds: [license] });
    await lookUp(`license:${license}`);
    const outcome = await world.outcomeOf(() => moderator.chatInput(`/cmsban account:${accId} rude`));
    expect(outcome).toMatchObject({ status: 'delivered' });
  });
});
