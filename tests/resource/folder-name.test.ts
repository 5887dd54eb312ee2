import { describe, expect, it } from 'vitest';
import { eventLoopTurn } from '../../devserver/clock.ts';
import { callsToBoth } from './calls.ts';
import { portUrl } from './push-port.ts';
import { CMSBAN, startWorld, type World } from './world.ts';

/** The name of the folder is the resource's, and everything goes by it. */

const line = (folder: string) =>
  `^1error^7 This folder must be named cmsban, but it is named ${folder}. cmsban does nothing until you rename the folder to cmsban, write ensure cmsban in server.cfg, and restart the server.`;

async function startedAs(folder: string): Promise<World> {
  return startWorld({ start: false, resources: { [folder]: CMSBAN } });
}

describe.each(['cmsban-main', 'cmsban-1.0', 'CMSBAN', 'sonoran'])('in a folder named %s', (folder) => {
  it('says so in one line, not that a key is missing, and does nothing', async () => {
    const world = await startedAs(folder);
    await world.clock.advance(60_000);
    await eventLoopTurn();
    expect(world.printedBy(folder)).toEqual([line(folder)]);
    expect(callsToBoth(world.sonoran)).toEqual([]);
    expect(world.sonoran.cms.requests).toEqual([]);
    expect(world.sonoran.cad.requests).toEqual([]);
    expect(world.clock.untilNext()).toBeUndefined();
    expect(world.fx.swallowed).toEqual([]);
  });

  it('offers nothing that would work halfway', async () => {
    const world = await startedAs(folder);
    await expect(world.fx.callExport('x', folder, 'banPlayer', 'license:a')).rejects.toThrow(
      'No such export',
    );
    await expect(world.fx.callExport('x', 'cmsban', 'banPlayer', 'license:a')).rejects.toThrow(
      'No such export',
    );
    await world.fx.console('cmsban license:a');
    expect(world.printedBy('cmd').at(-1)).toBe('No such command cmsban.');
    const answer = await fetch(portUrl(world, `/${folder}/events`), { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
    const player = await world.join('Ann', ['license:a']);
    await world.txAdmin.ban({ author: 'Mia', reason: 'x', target: player.id });
    expect(world.printedBy(folder)).toEqual([line(folder)]);
  });
});

it('a second copy in a folder of another name does not disturb the right one', async () => {
  const world = await startWorld({ resources: { 'cmsban-old': CMSBAN } });
  expect(world.printedBy('cmsban-old')).toEqual([line('cmsban-old')]);
  expect(await world.call('isBanned', 'license:a')).toMatchObject({ banned: false });
});

it('says it in the language that is set', async () => {
  const world = await startWorld({
    start: false,
    convars: { cmsban_locale: 'none' },
    resources: { 'cmsban-main': CMSBAN },
  });
  // There is no such language: English, and still nothing but this.
  expect(world.printedBy('cmsban-main')).toEqual([line('cmsban-main')]);
});
