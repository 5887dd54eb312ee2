import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import english from '../../locales/en.json' with { type: 'json' };
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { blocksOf, isConfig } from '../resource/documentation.ts';
import { newSomebody } from '../resource/somebody.ts';
import { MODERATOR } from '../resource/world.ts';
import { type Server, startServers } from './servers.ts';
import { at, eventually } from './several.ts';

/** What docs/several-servers.md says to type is typed, and what it shows is what is printed. */

const PAGE = 'docs/several-servers.md';
const blocks = blocksOf(PAGE, '').filter((block) => !isConfig(block));
const lines = blocks.flatMap((block) => block.split('\n'));

/** Ids, names and numbers are others in every run. */
const steady = (line: string) =>
  line
    .replace(/^cmsban: /, '')
    .replaceAll(/\^\d/g, '')
    .replaceAll(/license:\w+/g, '<name>')
    .replaceAll(/\b[0-9a-f]{10}\b/g, '<id>')
    .replaceAll(/\d+/g, '#');

/** What is said in scenes that other tests play: its words, with anything in the gaps. */
const saidElsewhere = (
  [
    'cluster.worker.none',
    'cluster.worker.away',
    'cluster.worker.apart',
    'cluster.takesIn',
    'moving.in',
    'moving.out',
    'moving.out.others',
    'moving.out.failed',
  ] as const
).map((key) => {
  const text = english[key].replaceAll(/[.*+?^$()[\]|\\]/g, '\\$&');
  return new RegExp(`^${text.replaceAll(/\{\w+\}/g, '.+')}$`);
});

describe('docs/several-servers.md', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
    await database.admin("DROP USER cmsban@'%'");
  });
  afterAll(() => database.end());

  it('sets several servers up, and the person who asks is erased', { timeout: 90_000 }, async () => {
    const [setUp = ''] = blocksOf(PAGE, 'sql');
    await database.admin(setUp);
    const [config = ''] = blocksOf(PAGE, '').filter(isConfig);
    const typed = Object.fromEntries(
      [...config.matchAll(/^set (\w+) "(.*)"$/gm)].map(([, convar = '', value = '']) => [
        convar,
        value.replace('10.0.0.5:3306', `127.0.0.1:${database.config.port}`),
      ]),
    );
    const names = ['Los Santos 1', 'Los Santos 2'];
    const own = names.map((name) => ({ ...typed, cmsban_server_name: name }));
    const { sonoran, servers, working } = await startServers({ database, count: 2, own });
    const worker = await working();
    const other = at(
      servers.filter((server) => server !== worker),
      0,
    );
    const queueOf = (server: Server, words: string) =>
      eventually(words, async () => {
        await server.console('cmsqueue');
        return server.log.some((line) => line.includes(words));
      });
    await queueOf(worker, 'This server talks');
    await queueOf(other, `${worker === servers[0] ? names[0] : names[1]} talks to Sonoran`);
    const alice = await other.join('Alice', MODERATOR.identifiers);
    const [rob, zed] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    const player = await worker.join('Rob', rob.identifiers.slice(0, 1));
    await worker.console(`cmsban ${player.id} ramming`);
    await other.call('banPlayer', `license:${zed.license}`, 'trolling');
    await until(() => player.dropReason ?? undefined, 'the drop');
    await alice.chatInput(`/cmshistory license:${rob.license}`);
    await until(() => alice.chat.some((line) => line.includes('ban for good of')), 'the history');
    const shown = new Set(
      [...servers.flatMap(({ log }) => log), ...alice.chat].map((line) =>
        steady(line.replace(' by console on', ' by Alice on')),
      ),
    );
    const unsaid = lines.filter((line) => !saidElsewhere.some((text) => text.test(line)));
    expect(unsaid.length).toBeGreaterThan(3);
    expect(unsaid.map(steady).filter((line) => !shown.has(line))).toEqual([]);

    // With all rights but the one to make tables, it goes on.
    await database.admin("REVOKE CREATE ON cmsban.* FROM 'cmsban'@'%'");
    for (const server of servers) await server.stop();
    const [erase = ''] = blocksOf('docs/leaving.md', 'sql');
    await database.admin(`USE cmsban; ${erase.replaceAll(/%5a1\w+%/g, `%${rob.license}%`)}`);
    for (const server of servers) await server.start();
    await working();
    for (const server of servers) {
      await eventually('what is left', async () => {
        const told = JSON.stringify(await server.call('getHistory'));
        return told.includes(zed.license) && !told.includes(rob.license);
      });
      expect(server.faults).toEqual([]);
    }
  });
});
