import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { migrate } from '../../server/storage/mysql/migrate.ts';
import { MIGRATIONS } from '../../server/storage/mysql/migrations.ts';
import { createManualClock } from '../unit/manual-clock.ts';
import { describe, type Mariadb, startMariadb } from './mariadb.ts';
import { startProxy } from './proxy.ts';
import { realClock } from './real-clock.ts';

describe('the tables', () => {
  let server: Mariadb;
  const opened: Database[] = [];

  beforeAll(async () => {
    server = await startMariadb();
  });
  beforeEach(() => server.admin('DROP DATABASE game; CREATE DATABASE game'));
  afterAll(() => server?.end());
  afterEach(() => Promise.all(opened.splice(0).map((database) => database.close())));

  function open(config = {}): Database {
    const database = createDatabase({ config: { ...server.config, ...config }, clock: realClock });
    opened.push(database);
    return database;
  }

  let processes = 0;
  const run = (migrations?: readonly (readonly string[])[], database = open(), clock = realClock) =>
    migrate({ database, clock, processId: `process-${++processes}`, ...(migrations && { migrations }) });

  const tables = async () => {
    const found = await server.admin(
      "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'game'",
    );
    return found.map(({ name }) => name).sort();
  };

  it('are made', async () => {
    expect(await run()).toEqual({ ok: true, version: MIGRATIONS.length });
    const names = ['community', 'piece', 'record', 'request', 'schema', 'server'].map(
      (name) => `cmsban_${name}`,
    );
    expect(await tables()).toEqual(names);
    expect(
      await server.admin(
        `SELECT table_name FROM information_schema.tables t WHERE table_schema = 'game' AND
          (engine <> 'InnoDB' OR table_collation <> 'utf8mb4_bin' OR NOT EXISTS (
            SELECT 1 FROM information_schema.statistics s
              WHERE s.table_schema = 'game' AND s.table_name = t.table_name AND s.index_name = 'PRIMARY'))`,
      ),
    ).toEqual([]);
  });

  it('are made once when five servers start at once, and begun again by all', async () => {
    const many = [
      ...MIGRATIONS,
      ['CREATE TABLE cmsban_a (id INT PRIMARY KEY)', 'INSERT INTO cmsban_a VALUES (1), (2)'],
      ['ALTER TABLE cmsban_a ADD COLUMN text INT, ADD KEY k (text)', 'UPDATE cmsban_a SET text = id'],
    ];
    const results = await Promise.all([1, 2, 3, 4, 5].map(() => run(many)));
    expect(results).toEqual(results.map(() => ({ ok: true, version: many.length })));
    expect(await server.admin('SELECT * FROM game.cmsban_a')).toEqual([
      { id: 1, text: 1 },
      { id: 2, text: 2 },
    ]);
    expect(await server.admin('SELECT version, locked_by FROM game.cmsban_schema')).toEqual([
      { version: many.length, locked_by: null },
    ]);
  });

  it('are left alone when a newer cmsban has made them', async () => {
    await run([...MIGRATIONS, ['SELECT 1']]);
    expect(await run()).toEqual({ ok: false, trouble: 'newer schema', version: MIGRATIONS.length + 1 });
  });

  it('need no right to make any once they are there', async () => {
    await run();
    await server.admin(
      "CREATE USER small@'%'; GRANT SELECT, INSERT, UPDATE, DELETE ON game.* TO small@'%'; FLUSH PRIVILEGES",
    );
    const small = { ...server.config, user: 'small' };
    await server.admin("ALTER USER small@'%' IDENTIFIED BY 'p@ss:w/o#rd?%'");
    expect(await run(undefined, open(small))).toMatchObject({ ok: true });
    expect(
      await run([...MIGRATIONS, ['CREATE TABLE cmsban_b (id INT PRIMARY KEY)']], open(small)),
    ).toMatchObject({
      trouble: 'refused',
    });
  });

  it.each([
    ['lost on the way', 'cut before'],
    ['done, and its answer is lost', 'cut after'],
  ] as const)('are finished by the next one when a statement is %s', async (_, fate) => {
    const steps = [
      ...MIGRATIONS,
      ['CREATE TABLE cmsban_a (id INT PRIMARY KEY)'],
      [
        'ALTER TABLE cmsban_a ADD COLUMN other INT',
        'ALTER TABLE cmsban_a DROP COLUMN other, ADD COLUMN text INT',
      ],
    ];
    for (const text of [
      'CREATE TABLE IF NOT EXISTS cmsban_schema',
      'cmsban_a (id',
      'COLUMN other',
      'SET version = 3',
    ]) {
      await server.admin('DROP DATABASE game; CREATE DATABASE game');
      const proxy = await startProxy(server.config.port);
      // Twice, since it is tried again.
      const isCut = [proxy.when(text, fate), proxy.when(text, fate)];
      const result = await run(steps, open({ port: proxy.port }));
      await isCut[0];
      // Whoever is killed does not unlock.
      await server
        .admin('UPDATE game.cmsban_schema SET locked_until = 1 WHERE locked_until > 0')
        .catch(() => {});
      expect(result.ok ? result : await run(steps)).toEqual({ ok: true, version: steps.length });
      await proxy.close();
    }
  });

  it('are made by another one when the first is silent for a minute, and not before', async () => {
    await run([]);
    await server.admin(`UPDATE game.cmsban_schema SET locked_by = 'dead', locked_until = 1e15`);
    const clock = createManualClock();
    let result: unknown;
    void run(undefined, open(), clock).then((each) => {
      result = each;
    });
    for (let looks = 0; looks < 20; looks++) {
      await clock.advance(200);
      await open().query('SELECT 1');
    }
    expect(result).toBeUndefined();
    await server.admin('UPDATE game.cmsban_schema SET locked_until = UNIX_TIMESTAMP() * 1000 - 1');
    while (result === undefined) {
      await clock.advance(200);
      await open().query('SELECT 1');
    }
    expect(result).toMatchObject({ ok: true });
  });
});
