import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { printed, World } from './world.ts';

/** What the stand-ins of the vendor's resources tell others of how they are set up, and who may read it. */

const resources = join(import.meta.dirname, '..', '..', '..', 'devserver', 'resources');

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

const reader = `on('read', (...names) => console.log(names.map((name) => name + '=' + GetConvar(name, '')).join(' ')))`;

/** A server with the reader, and one of the vendor's resources, with other texts in its files. */
async function start(name: string, file: string, text: string, config = '') {
  const folder = join(world.folder, 'resources', name);
  cpSync(join(resources, name), folder, { recursive: true });
  world.write(`resources/${name}/${file}`, text);
  const { reader: readerFolder = '' } = world.resources({ reader });
  return world.start({}, `${config}\nensure reader`, {
    resources: { reader: readerFolder, [name]: folder },
  });
}

describe('sonorancms', () => {
  const CONVARS = ['SONORAN_CMS_COMMUNITY_ID', 'SONORAN_CMS_API_KEY'];
  const CONFIG = 'Config = {}\nConfig.CommID = "ours"\nConfig.APIKey = "key"\n';

  test('tells its credentials a moment after its start', async () => {
    const server = await start('sonorancms', 'config.lua', CONFIG, 'ensure sonorancms');
    await world.clock.advance(99);
    server.emit('read', ...CONVARS);
    await world.clock.advance(1);
    server.emit('read', ...CONVARS);
    expect(printed(server, 'reader')).toEqual([
      'SONORAN_CMS_COMMUNITY_ID= SONORAN_CMS_API_KEY=',
      'SONORAN_CMS_COMMUNITY_ID=ours SONORAN_CMS_API_KEY=key',
    ]);
  });
});

describe('sonorancad', () => {
  const CONVARS = ['sonoran_communityID', 'sonoran_apiKey', 'sonoran_primaryIdentifier', 'sonoran_mode'];
  const JSON_FILE = 'configuration/config.json';
  const CONFIG = JSON.stringify({
    communityID: 'ours',
    apiKey: 'key',
    primaryIdentifier: 'steam',
    mode: 'development',
  });
  const CFG = 'exec @sonorancad/sonorancad.cfg';
  const PERMISSION = 'add_convar_permission reader read sonoran_apiKey';

  test('has a placeholder for a key until it starts, for those who may read it', async () => {
    const server = await start('sonorancad', JSON_FILE, CONFIG, `${CFG}\n${PERMISSION}`);
    server.emit('read', ...CONVARS);
    await server.console('ensure sonorancad');
    server.emit('read', ...CONVARS);
    expect(printed(server, 'reader')).toEqual([
      'sonoran_communityID= sonoran_apiKey=protection_initialized sonoran_primaryIdentifier= sonoran_mode=',
      'sonoran_communityID=ours sonoran_apiKey=key sonoran_primaryIdentifier=steam sonoran_mode=development',
    ]);
  });

  test('keeps its key from others, but for those who ask in another case', async () => {
    const server = await start('sonorancad', JSON_FILE, CONFIG, `${CFG}\nensure sonorancad`);
    server.emit('read', 'sonoran_apiKey', 'SONORAN_APIKEY', 'sonoran_communityID');
    expect(printed(server, 'reader')).toEqual([
      'sonoran_apiKey= SONORAN_APIKEY=key sonoran_communityID=ours',
    ]);
  });
});
