import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { Secret } from '../../server/text/secret.ts';
import { leastOf } from '../unit/cpu-time.ts';
import { createManualClock } from '../unit/manual-clock.ts';
import { describe, type Mariadb, PASSWORD, startMariadb } from './mariadb.ts';
import { startProxy, type TestProxy } from './proxy.ts';
import { realClock } from './real-clock.ts';
import { until } from './until.ts';

describe('a database', () => {
  let server: Mariadb;
  let proxy: TestProxy;
  const opened: Database[] = [];

  beforeAll(async () => {
    server = await startMariadb();
    await server.admin(
      'CREATE TABLE game.t (id INT PRIMARY KEY, text VARCHAR(100), big BIGINT) CHARSET utf8mb4',
    );
  });
  afterAll(() => server?.end());
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await proxy?.close();
    await server.admin('DELETE FROM game.t');
  });

  function open(config = {}, clock = realClock): Database {
    const database = createDatabase({ config: { ...server.config, ...config }, clock });
    opened.push(database);
    return database;
  }

  /** Over a line that can be disturbed. */
  async function openOverProxy(clock = realClock): Promise<Database> {
    proxy = await startProxy(server.config.port);
    return open({ port: proxy.port }, clock);
  }

  const rows = async (database: Database) => {
    const answer = await database.query('SELECT id FROM t ORDER BY id');
    return answer.ok ? answer.rows.map(({ id }) => id) : answer;
  };

  it('answers, and loses no digit and no character', async () => {
    const database = open();
    const text = `👮 "it's" \\ 100% \u0000 ä`;
    expect(
      await database.query('INSERT INTO t VALUES (?, ?, ?)', [1, text, '9007199254740993']),
    ).toMatchObject({
      ok: true,
      affectedRows: 1,
    });
    expect(await database.query('SELECT * FROM t WHERE id IN (?)', [[1, 2]])).toMatchObject({
      rows: [{ id: 1, text, big: '9007199254740993' }],
    });
  });

  it('counts what a statement has found, and gives out what it has counted', async () => {
    const database = open();
    await database.query("INSERT INTO t VALUES (1, 'a', 41)");
    const sql = 'UPDATE t SET big = LAST_INSERT_ID(big + 1) WHERE id = ?';
    expect(await database.query(sql, [1])).toMatchObject({ affectedRows: 1, insertId: 42 });
    expect(await database.query(sql, [2])).toMatchObject({ affectedRows: 0 });
    expect(await database.query("UPDATE t SET text = 'a'")).toMatchObject({ affectedRows: 1 });
  });

  it('has the session that the statements are written for, whatever the owner has set', async () => {
    await server.admin(
      "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES', GLOBAL autocommit = 0, GLOBAL time_zone = '+05:00'",
    );
    try {
      const database = open();
      await database.query('INSERT INTO t VALUES (1, ?, 0)', ["\\' OR 1 = 1"]);
      expect((await server.admin('SELECT text FROM game.t'))[0]).toEqual({ text: "\\' OR 1 = 1" });
      expect(await database.query('INSERT INTO t VALUES (2, ?, 0)', ['x'.repeat(101)])).toMatchObject({
        trouble: 'fault',
      });
      expect(
        await database.query('SELECT ABS(UNIX_TIMESTAMP(NOW(3)) - UNIX_TIMESTAMP()) < 2 AS ok'),
      ).toMatchObject({
        rows: [{ ok: 1 }],
      });
    } finally {
      await server.admin("SET GLOBAL sql_mode = DEFAULT, GLOBAL autocommit = 1, GLOBAL time_zone = 'SYSTEM'");
    }
  });

  it('runs one statement at a time', async () => {
    expect(await open().query('SELECT 1; SELECT 2')).toMatchObject({ trouble: 'fault' });
  });

  it.each([
    ['a wrong password', { password: new Secret('wrong-secret') }, 'refused'],
    ['an unknown user', { user: 'nobody' }, 'refused'],
    ['an unknown database', { database: 'nowhere' }, 'refused'],
    ['a database that is nowhere', { port: 1 }, 'unreachable'],
    ['a name that nobody has', { host: 'nowhere.invalid' }, 'unreachable'],
    ['no TLS where it is asked for', { ssl: {} }, 'refused'],
  ])('tells of %s', async (_, config, trouble) => {
    const answer = await open(config).query('SELECT 1');
    expect(answer).toMatchObject({ ok: false, trouble });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(answer).not.toMatchObject({ detail: '' });
  });

  it('tries both readings of a password, and stays with the right one', async () => {
    const config = { password: new Secret('wrong'), literalPassword: server.config.password };
    const database = open(config);
    expect(await database.query('SELECT 1')).toMatchObject({ ok: true });
    expect(await Promise.all([1, 2].map(() => database.query('SELECT 1')))).toMatchObject([
      { ok: true },
      { ok: true },
    ]);
    expect(await open({ ...config, literalPassword: new Secret('too') }).query('SELECT 1')).toMatchObject({
      trouble: 'refused',
    });
  });

  it('does not repeat the password', async () => {
    const answer = await open().query(`SELECT '${PASSWORD}' FROM nowhere WHERE '`);
    expect(answer).toMatchObject({ trouble: 'fault' });
    expect(JSON.stringify(answer)).not.toContain(PASSWORD);
  });

  it('tells of a server that reads alone', async () => {
    const database = open();
    await server.admin('SET GLOBAL read_only = ON');
    try {
      expect(await database.query("INSERT INTO t VALUES (1, '', 0)")).toMatchObject({ trouble: 'read-only' });
      expect(
        await database.transaction((each) => each.query("INSERT INTO t VALUES (1, '', 0)")),
      ).toMatchObject({ trouble: 'read-only' });
      expect(await rows(database)).toEqual([]);
    } finally {
      await server.admin('SET GLOBAL read_only = OFF');
    }
  });

  it('tells of a full disk', async () => {
    const database = open();
    const sql = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1021, MESSAGE_TEXT = 'Disk full'";
    expect(await database.query(sql)).toMatchObject({ trouble: 'full', detail: 'Disk full' });
  });

  /** How many connections the database has from us. */
  async function connected(): Promise<number> {
    const sql = "SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = 'cmsban'";
    const [row] = await server.admin(sql);
    return Number(row?.['n']);
  }

  it('finds out that its connections were closed for being idle, and makes new ones', async () => {
    const database = open();
    await Promise.all([1, 2, 3].map(() => database.query('SET SESSION wait_timeout = 1')));
    expect(await connected()).toBe(3);
    await until(async () => (await connected()) === 0, 'the end of wait_timeout');
    expect(await database.query("INSERT INTO t VALUES (1, '', 0)")).toMatchObject({ ok: true });
  });

  it('closes what it does not need before the server does', async () => {
    const clock = createManualClock();
    const database = open({}, clock);
    await Promise.all([1, 2, 3].map(() => database.query('SELECT 1')));
    await clock.advance(4_999);
    await database.query('SELECT 1');
    expect(await connected()).toBe(3);
    await clock.advance(1);
    await database.query('SELECT 1');
    await until(async () => (await connected()) === 1, 'the others to be closed');
  });

  it('does not keep a lock when it is silent in the middle of a transaction', async () => {
    await server.admin("INSERT INTO game.t VALUES (1, '', 0)");
    const paused = await openOverProxy();
    const swallowed = proxy.when('big = 7', 'no answer');
    const hung = paused.transaction(async (each) => {
      await each.query('SET SESSION wait_timeout = 1');
      await each.query('UPDATE t SET big = 7');
    });
    await swallowed;
    expect(await open().query('UPDATE t SET big = 8')).toMatchObject({ ok: true });
    expect(await hung).toMatchObject({ trouble: 'lost' });
    expect(await server.admin('SELECT big FROM game.t')).toEqual([{ big: 8 }]);
  });

  it('tries again on a new connection what the old one did not hear', async () => {
    const database = await openOverProxy();
    await database.query('SELECT 1');
    const isCut = proxy.when('SELECT 2', 'cut before');
    expect(await database.query('SELECT 2', [], { isRepeatable: true })).toMatchObject({ ok: true });
    await isCut;
    void proxy.when('SELECT 3', 'cut before');
    expect(await database.query('SELECT 3')).toMatchObject({ trouble: 'lost' });
    // A transaction of which nothing was sent yet.
    await database.query('SELECT 1');
    void proxy.when('START', 'cut before');
    expect(await database.transaction((each) => each.query('SELECT 4'))).toMatchObject({ ok: true });
  });

  it('commits a transaction, or nothing of it', async () => {
    const database = await openOverProxy();
    const insert = (id: number, end = '') =>
      database.transaction(async (each) => {
        await each.query('INSERT INTO t VALUES (?, ?, 0)', [id, end]);
        await each.query('INSERT INTO t VALUES (?, ?, 0)', [id + 1, 'second']);
        return id;
      });
    expect(await insert(1)).toEqual({ ok: true, value: 1 });
    // The second one is there already.
    expect(await insert(0)).toMatchObject({ trouble: 'fault' });
    void proxy.when('second', 'cut before');
    expect(await insert(3)).toMatchObject({ trouble: 'lost' });
    void proxy.when('second', 'cut after');
    expect(await insert(5)).toMatchObject({ trouble: 'lost' });
    expect(await rows(database)).toEqual([1, 2]);
    void proxy.when('COMMIT', 'cut after');
    expect(await insert(7)).toMatchObject({ trouble: 'lost' });
    expect(await rows(database)).toEqual([1, 2, 7, 8]);
  });

  it('rolls back what has thrown, and goes on', async () => {
    const database = open();
    const failing = database.transaction(async (each) => {
      await each.query("INSERT INTO t VALUES (1, '', 0)");
      throw new Error('a bug');
    });
    await expect(failing).rejects.toThrow('a bug');
    expect(await rows(database)).toEqual([]);
  });

  it('begins a transaction anew that was in a deadlock', async () => {
    const database = open();
    await database.query("INSERT INTO t VALUES (1, '', 0), (2, '', 0)");
    const { promise: both, resolve } = Promise.withResolvers<void>();
    let runs = 0;
    const run = (first: number, second: number) =>
      database.transaction(async (each) => {
        await each.query('UPDATE t SET big = big + 1 WHERE id = ?', [first]);
        if (++runs === 2) resolve();
        await both;
        return each.query('UPDATE t SET big = big + 1 WHERE id = ?', [second]);
      });
    expect(await Promise.all([run(1, 2), run(2, 1)])).toMatchObject([{ ok: true }, { ok: true }]);
    expect(runs).toBe(3);
    expect(await database.query('SELECT big FROM t')).toMatchObject({ rows: [{ big: 2 }, { big: 2 }] });
  });

  it('gives up what never gets through', async () => {
    const database = open();
    let runs = 0;
    const failing = database.transaction((each) => {
      runs++;
      return each.query("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213, MESSAGE_TEXT = 'Deadlock found'");
    });
    expect(await failing).toMatchObject({ trouble: 'again', detail: 'Deadlock found' });
    expect(runs).toBe(4);
  });

  it('does not wait for an answer longer than until the deadline', async () => {
    const clock = createManualClock();
    const database = await openOverProxy(clock);
    await database.query('SELECT 1');
    const swallowed = proxy.when("'hung'", 'no answer');
    const hung = database.query("INSERT INTO t VALUES (1, 'hung', 0)");
    await swallowed;
    await clock.advance(4_999);
    const begun = database.query('SELECT 2');
    expect(await begun).toMatchObject({ ok: true });
    await clock.advance(1);
    expect(await hung).toMatchObject({ trouble: 'too slow' });
    // It has taken effect.
    expect(await rows(database)).toEqual([1]);
    expect(clock.timers()).toBe(0);
  });

  it('has a deadline for a transaction, in all its parts', async () => {
    const clock = createManualClock();
    const database = await openOverProxy(clock);
    for (const part of ['START TRANSACTION', 'INSERT', 'COMMIT', 'ROLLBACK']) {
      const swallowed = proxy.when(part, 'no answer');
      const sql = part === 'ROLLBACK' ? 'INSERT INTO nowhere VALUES (1)' : "INSERT INTO t VALUES (1, '', 0)";
      const result = database.transaction((each) => each.query(sql));
      await swallowed;
      await clock.advance(5_000);
      expect(await result).toMatchObject({ trouble: part === 'ROLLBACK' ? 'fault' : 'too slow' });
    }
    expect(await rows(database)).toEqual([1]);
    expect(clock.timers()).toBe(0);
  });

  it('has a deadline for connecting, and for waiting for a connection', async () => {
    const clock = createManualClock();
    const database = await openOverProxy(clock);
    proxy.hold();
    const answers = [1, 2, 3, 4].map(() => database.query('SELECT 1'));
    await until(() => proxy.connections() === 3, 'three connections');
    await clock.advance(5_000);
    const troubles = (await Promise.all(answers)).map((answer) => (answer.ok ? '' : answer.trouble));
    expect(troubles.sort()).toEqual(['too slow', 'unreachable', 'unreachable', 'unreachable']);
    proxy.pass();
    expect(await database.query('SELECT 1')).toMatchObject({ ok: true });
    expect(clock.timers()).toBe(0);
  });

  it('goes on after the server was killed, restarted and frozen', async () => {
    const clock = createManualClock();
    const database = open({}, clock);
    await database.query("INSERT INTO t VALUES (1, '', 0)");
    await server.kill();
    expect(await database.query('SELECT 1', [], { isRepeatable: true })).toMatchObject({
      trouble: 'unreachable',
    });
    await server.start();
    expect(await rows(database)).toEqual([1]);
    await server.shutdown();
    await server.start();
    expect(await rows(open())).toEqual([1]);
    server.freeze();
    const answer = database.query('SELECT 1');
    await clock.advance(5_000);
    await clock.advance(5_000);
    server.thaw();
    expect(await answer).toMatchObject({ ok: false });
    expect(await rows(database)).toEqual([1]);
  });

  it('is closed for good, and leaves nothing behind', async () => {
    const clock = createManualClock();
    const database = await openOverProxy(clock);
    await database.query('SELECT 1');
    const swallowed = proxy.when("'hung'", 'no answer');
    const hung = database.query("SELECT 'hung'");
    await swallowed;
    await database.close();
    expect(await hung).toMatchObject({ trouble: 'lost' });
    expect(await database.query('SELECT 1')).toMatchObject({ trouble: 'unreachable' });
    expect(clock.timers()).toBe(0);
  });

  it('answers in less than 2 ms, and does a transaction in less than 20', async () => {
    const database = open();
    await database.query('SELECT 1');
    const time = async (times: number, work: () => Promise<unknown>) => {
      const begin = performance.now();
      for (let at = 0; at < times; at++) await work();
      return (performance.now() - begin) / times;
    };
    const query = await leastOf(2, () => time(500, () => database.query('SELECT 1')));
    let row = 0;
    const transaction = await leastOf(20, () =>
      time(100, () =>
        database.transaction(async (each) => {
          const at = row++;
          await each.query("INSERT INTO t VALUES (?, 'x', 0)", [at]);
          await each.query('UPDATE t SET big = 1 WHERE id = ?', [at]);
        }),
      ),
    );
    if (process.env['CMSBAN_FIGURES']) console.log({ query, transaction });
    expect(query).toBeLessThan(2);
    expect(transaction).toBeLessThan(20);
  });
});
