import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newSomebody } from './somebody.ts';
import { startWorld } from './world.ts';

/** What is said of a store that does not keep, or cannot be searched. */

it('a full disk is said once; decisions are refused until there is room, which is said too', async () => {
  const world = await startWorld();
  const who = newSomebody(world);
  world.fx.disk.isFull = true;
  expect(await world.call('banPlayer', `license:${who.license}`, 'ramming')).toMatchObject({
    code: 'REFUSED',
  });
  await world.logged('is not saved: the disk may be full');
  world.fx.disk.isFull = false;
  await world.clock.advance(5_000);
  await world.logged('is saved again');
  expect(await world.call('banPlayer', `license:${who.license}`, 'ramming')).toMatchObject({ code: 'OK' });
  expect(world.log.filter((line) => line.includes('is not saved'))).toHaveLength(1);
});

it('a store that cannot be searched is waited for, and said', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-hoarder-'));
  writeFileSync(
    join(folder, 'fxmanifest.lua'),
    "fx_version 'cerulean'\ngame 'gta5'\nserver_script 'server.js'\n",
  );
  writeFileSync(
    join(folder, 'server.js'),
    "const all = []; for (let n = 0; n < 64; n++) all.push(StartFindKvp(''));\n" +
      "on('hoarder:end', () => { for (const handle of all) EndFindKvp(handle) })\n",
  );
  const world = await startWorld({ available: { hoarder: folder } });
  const who = newSomebody(world);
  await world.fx.console('ensure hoarder');
  await world.fx.console('restart cmsban');
  await world.logged('other resources use all search handles');
  world.fx.emit('hoarder:end');
  await world.clock.advance(2_000);
  expect(await world.call('banPlayer', `license:${who.license}`, 'ramming')).toMatchObject({ code: 'OK' });
});
