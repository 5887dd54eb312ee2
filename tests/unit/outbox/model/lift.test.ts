import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

describe('a lift that was accepted', () => {
  it('takes back a ban that has not gone out, also when the process dies at that moment', async () => {
    const world = new World();
    await world.boot();
    world.cms.isDown = true;
    await world.decide(0, 'ban', ['cms'], undefined, true);
    await world.pass(1);
    // On disk is the lift; that it takes the ban back is not.
    world.life.dieWriting(0, 1);
    await world.decide(0, 'unban', ['cms'], undefined, true);
    expect(world.life.isAlive).toBe(false);
    expect([...world.disk.values()].map((text) => JSON.parse(text).kind)).toContain('unban');
    await world.end();
    expect(world.cms.effects).toEqual([]);
    expect(world.model.decisions[0]?.shares[0]).toMatchObject({ status: 'refused', code: 'CANCELLED' });
  });
});
