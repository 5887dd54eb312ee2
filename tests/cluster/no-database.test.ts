import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, PASSWORD, startMariadb, USER } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { startServers } from './servers.ts';
import { at, effectsOn, eventually, isBannedAt, startSeveral } from './several.ts';

const encoded = encodeURIComponent(PASSWORD);
const uri = (rest: string) => ({ cmsban_mysql_connection_string: `mysql://${rest}` });

describe('a server that cannot use its database', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('says what to do, in words that fit, and never shows a password', { timeout: 90_000 }, async () => {
    const { port } = database.config;
    const here = `127.0.0.1:${port}`;
    await database.admin(
      `CREATE DATABASE rights; CREATE DATABASE shut;
       CREATE USER reader@'%' IDENTIFIED BY 'hunter%22'; GRANT SELECT ON rights.* TO reader@'%'`,
    );
    const cases = [
      [uri(`${USER}:wrong%20word@${here}/game`), 'The database does not let this server in'],
      [
        uri(`${USER}:${encoded}@${here}/gameOfNobody`),
        'The database that the connection string names is not there',
      ],
      [uri(`${USER}:${encoded}@${here}/shut`), 'may not do this in the database'],
      [uri(`reader:hunter%2522@${here}/rights`), 'may not do this in the database'],
      [uri(`${USER}:${encoded}@${here}/game?ssl=true`), 'do not agree on how to connect'],
      [uri(`${USER}:${encoded}@127.0.0.1:1/game`), 'The database cannot be reached (connect ECONNREFUSED'],
    ] as const;
    const { sonoran, servers } = await startServers({
      database,
      count: cases.length,
      own: cases.map(([own]) => own),
    });
    for (const [place, [, words]] of cases.entries()) {
      const server = at(servers, place);
      await server.logged(words);
      const somebody = newSomebody({ sonoran });
      const outcome = await server.call('banPlayer', somebody.identifiers[0], 'aimbot', {});
      expect(outcome['message']).toContain('waits for the database');
      await server.console('cmsqueue');
      await server.logged('This server cannot use the database');
      expect(await server.logged(`ban of ${somebody.identifiers[0]}`)).toContain('waits for the database');
      expect(server.log.join('\n')).not.toContain('Nothing is waiting');
      const said = server.log.filter(
        (line) => line.includes('The database') || line.includes('may not do this'),
      );
      expect(said).toHaveLength(1);
      const shown = JSON.stringify([server.output, await server.call('getPending')]);
      for (const secret of ['wrong word', 'wrong%20word', 'hunter%22', 'hunter%2522', PASSWORD, encoded]) {
        expect(shown).not.toContain(secret);
      }
      expect(server.faults).toEqual([]);
    }
    // What was missing is there: it goes on by itself.
    await database.admin(
      `CREATE DATABASE gameOfNobody; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON rights.* TO reader@'%'`,
    );
    for (const place of [1, 3]) {
      await at(servers, place).logged('The database works again');
      await at(servers, place).logged('This server works for the community now');
    }
  });

  it('asks for TLS where the database does', { timeout: 60_000 }, async () => {
    await database.admin('SET GLOBAL require_secure_transport = 1');
    try {
      const { servers } = await startServers({ database, count: 1 });
      // MariaDB says the same of it as of a wrong password.
      await at(servers, 0).logged('Some users must connect with TLS');
    } finally {
      await database.admin('SET GLOBAL require_secure_transport = 0');
    }
  });

  it('takes no part when a newer version has changed the tables, and says so', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, schema, working } = await startServers({ database, count: 1 });
    const server = await working();
    await server.stop();
    await database.admin(`UPDATE ${schema}.cmsban_schema SET version = version + 1`);
    await server.start();
    await server.logged('A newer version of cmsban has changed the tables');
    const somebody = newSomebody({ sonoran });
    expect(await server.call('banPlayer', somebody.identifiers[0], 'aimbot', {})).toMatchObject({
      status: 'queued',
    });
    expect(await server.isLetIn('Nora', somebody.identifiers)).toBe(false);
    await server.console('cmsqueue');
    await server.logged('This server takes no part yet');
    expect(effectsOn(sonoran, somebody, 'ban')).toBe(0);
    for (const each of servers) expect(each.faults).toEqual([]);
  });

  it('makes tables anew that are gone, once nothing says that they were made', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, schema, working } = await startServers({ database, count: 1 });
    const server = await working();
    await server.stop();
    await database.admin(`DROP TABLE ${schema}.cmsban_request`);
    await server.start();
    await server.logged('The database did not do what it was asked');
    expect(await server.logged('cmsban_request')).toContain("doesn't exist");
    await server.stop();
    await database.admin(`DROP TABLE ${schema}.cmsban_schema`);
    await server.start();
    await working();
    const somebody = newSomebody({ sonoran });
    expect(await server.call('banPlayer', somebody.identifiers[0], 'aimbot', {})).toMatchObject({
      status: 'delivered',
    });
    for (const each of servers) expect(each.faults).toEqual([]);
  });

  it('keeps what is typed meanwhile: what is cancelled is never sent, the rest is', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, servers, others, working } = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const other = at(others, 0);
    const [cancelled, banned] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await database.kill();
    for (const server of servers) await server.logged('The database cannot be reached');
    const one = await other.call('banPlayer', cancelled.identifiers[0], 'a mistake', {});
    await other.call('banPlayer', banned.identifiers[0], 'no mistake', {});
    for (const target of ['all', one['id']]) {
      const before = other.log.length;
      await other.console(`cmshistory ${target}`);
      await until(() => other.log.slice(before).some((line) => line.includes('a mistake')), 'the history');
    }
    expect(await other.call<unknown[]>('getHistory')).toHaveLength(2);
    await other.console(`cmsqueue cancel ${one['id']}`);
    expect(await other.logged('not cancelled yet')).toContain(`[${one['id']}]`);
    await other.console('cmsqueue retry');
    await other.logged('Nothing is tried yet');
    await other.console('cmsqueue');
    await other.logged('This server cannot use the database');
    await database.start();
    await working();
    await until(() => isBannedAt(sonoran, banned).every((is) => is), 'the ban', 30_000);
    await eventually('an empty queue', async () => (await other.call<unknown[]>('getPending')).length === 0);
    const told = other.events.find(({ name, outcome }) => name === 'refused' && outcome['id'] === one['id']);
    expect(told?.outcome).toMatchObject({ code: 'CANCELLED', status: 'refused' });
    expect(told?.outcome['message']).toContain('was taken back');
    expect(await other.isLetIn('Nora', cancelled.identifiers)).toBe(true);
    expect(effectsOn(sonoran, cancelled, 'ban')).toBe(0);
    for (const server of servers) expect(server.faults).toEqual([]);
  });
});
