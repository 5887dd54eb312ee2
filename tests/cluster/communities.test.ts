import { afterAll, beforeAll, expect, it } from 'vitest';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { startServers } from './servers.ts';
import { at, eventually, renewed } from './several.ts';

describe('a database belongs to one community', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  const row = async (schema: string) =>
    (await database.admin(`SELECT cms_id, cad_id, holder_name FROM ${schema}.cmsban_community`))[0];

  it('a server with other ids takes no part, and says so', { timeout: 60_000 }, async () => {
    const started = await startServers({
      database,
      count: 2,
      own: [{}, { cmsban_cms_community_id: 'another' }],
      leaseMs: 1_500,
    });
    const { sonoran, servers, schema, working } = started;
    const worker = await working();
    const other = at(
      servers.filter((server) => server !== worker),
      0,
    );
    await other.logged('belongs to another Sonoran community');
    const somebody = newSomebody({ sonoran });
    const outcome = await other.call('banPlayer', somebody.identifiers[0], 'aimbot', {});
    expect(outcome).toMatchObject({ status: 'queued' });
    expect(outcome['message']).toContain('waits for the database');
    expect(await other.isLetIn('Nora', somebody.identifiers)).toBe(false);
    await renewed(started, 4);
    expect(await database.admin(`SELECT * FROM ${schema}.cmsban_request`)).toEqual([]);
    expect(await worker.call('getHistory')).toEqual([]);
    await other.console('cmsqueue');
    await other.logged('This server takes no part yet');
    expect(other.log.join('\n')).toMatch(/another Sonoran community \(.*; this server has .*another/);
    expect(other.faults).toEqual([]);
  });

  it('an id that is not known yet neither founds nor splits it, and is filled in later', {
    timeout: 60_000,
  }, async () => {
    const none = { cmsban_cms_community_id: '', cmsban_cms_api_key: '', cmsban_cms_url: '' };
    const nothing = { ...none, cmsban_cad_community_id: '', cmsban_cad_api_key: '', cmsban_cad_url: '' };
    const { servers, schema, working } = await startServers({
      database,
      count: 3,
      own: [nothing, none, none],
    });
    const [unknown, one] = [at(servers, 0), at(servers, 1)];
    await unknown.logged('It is not known yet whether the database is that of');
    await working();
    expect(await row(schema)).toMatchObject({ cms_id: '' });
    await one.console(
      'set cmsban_cms_url "http://127.0.0.1:9"; set cmsban_cms_community_id "cms-community"; set cmsban_cms_api_key "abcdefgh"',
    );
    await eventually(
      'the id',
      async () => String((await row(schema))?.['cms_id']).endsWith(' cms-community'),
      20_000,
    );
    await at(servers, 2).console(
      'set cmsban_cms_url "http://127.0.0.1:9"; set cmsban_cms_community_id "other"; set cmsban_cms_api_key "abcdefgh"',
    );
    await at(servers, 2).logged('belongs to another Sonoran community');
    expect(unknown.log.join('\n')).not.toContain('works for the community');
    for (const server of servers) expect(server.faults).toEqual([]);
  });
});
