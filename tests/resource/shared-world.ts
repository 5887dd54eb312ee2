import { afterAll, beforeAll, expect } from 'vitest';
import { openWorld, type World } from './world.ts';

/** A player of the stand-in game server. */
export type Player = Awaited<ReturnType<World['moderator']>>;

/** One world with a moderator for all tests of a file, in which no script may fail. @param take is given both. */
export function shareWorld(take: (world: World, moderator: Player) => void): void {
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    take(world, await world.moderator());
  });
  afterAll(async () => {
    expect(world.faults).toEqual([]);
    await world.close();
  });
}
