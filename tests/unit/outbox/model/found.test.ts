import { describe, expect, it } from 'vitest';
import { HOUR } from './game-server.ts';
import { MEMBERS } from './people.ts';
import { World } from './world.ts';

describe('a ban whose call a restart has cut off', () => {
  it('goes out after the lift before it, and is not made again for it', async () => {
    const world = new World();
    await world.boot();
    await world.decide(1, 'ban', ['cms', 'cad'], undefined, false);
    await world.decide(0, 'unban', ['cms', 'cad'], undefined, false);
    await world.decide(0, 'ban', ['cms', 'cad'], undefined, false);
    await world.fill(true);
    await world.pass(HOUR);
    // On disk is that the ban may be heard, and not that the lift was made.
    world.life.dieWriting(0, 2);
    await world.fill(false);
    await world.end();
    expect(await world.faults()).toEqual([]);
    expect(world.cad.effects.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'unban p0',
      'ban p1',
      'unban p0',
      'ban p0',
    ]);
  });
});

/** What the model once did not know. */
describe('the model', () => {
  it('knows that a kick which is told again after a restart is the same one', async () => {
    const world = new World();
    await world.boot();
    await world.decide(0, 'kick', ['cad'], undefined, false);
    await world.restart('stop', 0);
    await world.decide(0, 'kick', ['cad'], undefined, false);
    await world.end();
    expect(await world.faults()).toEqual([]);
    expect(world.cad.effects.map(({ kind, name }) => [kind, name])).toEqual([['kick', 'p0']]);
  });

  it('knows that a kick which was refused is another one when a person tells it again', async () => {
    const world = new World();
    await world.boot();
    world.cms.weather.push({ fault: 'refused', wayMs: 0, backMs: 0 });
    await world.decide(0, 'kick', ['cms'], undefined, true);
    await world.pass(1_000);
    await world.decide(0, 'kick', ['cms'], undefined, true);
    await world.end();
    expect(await world.faults()).toEqual([]);
    expect(world.model.decisions.map(({ shares: [share] }) => share?.status)).toEqual([
      'refused',
      'delivered',
    ]);
  });

  it('knows the account by which a lift finds whose API IDs are not linked any more', async () => {
    const world = new World();
    await world.boot();
    await world.decide(0, 'ban', ['cad'], undefined, false);
    await world.pass(1);
    const [member] = MEMBERS;
    if (member) world.cad.link(member, 'another');
    await world.decide(0, 'unban', ['cad'], undefined, false);
    await world.end();
    expect(await world.faults()).toEqual([]);
    expect([...world.cad.banned]).toEqual([]);
  });
});
