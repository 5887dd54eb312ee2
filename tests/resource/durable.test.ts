import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { callsTo } from './calls.ts';
import { startWorld, type World } from './world.ts';

/** What was accepted is carried out, whatever happens to the server in between. */

function addMember({ sonoran }: World, license: string) {
  const { accId } = sonoran.cms.addAccount({ apiIds: [license] });
  const { uuid } = sonoran.cad.addAccount({ apiIds: [license] });
  return { accId, uuid };
}

async function bothDown({ sonoran }: World): Promise<void> {
  await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
}

async function bothUp({ sonoran }: World): Promise<void> {
  await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
}

/** Lets time pass until something has come true. */
async function pass(world: World, condition: () => boolean, limitMs: number): Promise<void> {
  for (let passed = 0; !condition(); passed += 1_000) {
    if (passed > limitMs) throw new Error('waited in vain');
    await world.clock.advance(1_000);
    for (const host of [world.sonoran.cms, world.sonoran.cad]) {
      await until(() => host.openRequests === 0, 'the answers');
    }
  }
}

describe.each(['stop', 'crash'] as const)('after a restart (%s)', (how) => {
  it('goes on with what was accepted while Sonoran was down', async () => {
    const world = await startWorld();
    const members = ['aa1', 'aa2', 'aa3'].map((license) => ({ license, ...addMember(world, license) }));
    const moderator = await world.moderator();
    await bothDown(world);
    for (const { license } of members) await moderator.chatInput(`/cmsban license:${license} raid`);
    await until(() => moderator.chat.filter((line) => line.includes('not done yet')).length === 3, 'answers');

    await world.restart(how);
    const again = await world.moderator();
    const target = await world.fx.connect({ name: 'Rob', identifiers: ['license:aa2'] });
    await bothUp(world);
    await pass(world, () => again.chat.length === 3, 600_000);

    for (const { accId, uuid } of members) {
      expect(world.sonoran.cms.account(accId).banned).toBe(true);
      expect(world.sonoran.cad.account(uuid).status).toBe(4);
    }
    expect(target).toMatchObject({ admitted: false, message: expect.stringContaining('raid') });
    expect(again.chat.every((line) => line.includes('is banned in Sonoran CMS and Sonoran CAD'))).toBe(true);
    expect(world.sonoran.cms.effects).toHaveLength(3);

    const requests = callsTo(world.sonoran.cms).length;
    await world.restart(how);
    await world.clock.advance(3_600_000);
    expect(callsTo(world.sonoran.cms)).toHaveLength(requests);
  });
});
