import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readConnectionString } from '../../../server/storage/mysql/connection-string.ts';

/** What is read, with the password in the open. */
function read(text: string) {
  const result = readConnectionString(text);
  if (!result.ok) return result.problem;
  const { password, literalPassword, ...rest } = result.config;
  return {
    ...rest,
    password: password.reveal(),
    ...(literalPassword && { literal: literalPassword.reveal() }),
  };
}

const config = (over = {}) => ({
  host: 'db.example',
  port: 3306,
  user: 'fivem',
  password: 'secret',
  database: 'game',
  ...over,
});

describe('a connection string', () => {
  it.each([
    ['mysql://fivem:secret@db.example/game', config()],
    [
      'MySQL://fivem:secret@db.example:3307/game?charset=utf8mb4&waitForConnections=true',
      config({ port: 3307 }),
    ],
    ['mariadb://fivem:secret@db.example:/game', config()],
    ['  mysql://fivem:secret@db.example/game\n', config()],
    ['mysql://root@localhost/game', config({ host: 'localhost', user: 'root', password: '' })],
    ['mysql://root:@127.0.0.1/game', config({ host: '127.0.0.1', user: 'root', password: '' })],
    ['mysql://fivem:secret@[::1]:3307/game', config({ host: '::1', port: 3307 })],
    ['mysql://fivem:secret@/game', config({ host: 'localhost' })],
    ['mysql://fivem:secret@db.example/my%2Dgame', config({ database: 'my-game' })],
    ['mysql://fivem:p%40ss@db.example/game', config({ password: 'p@ss', literal: 'p%40ss' })],
    ['mysql://fivem:100%@db.example/game', config({ password: '100%' })],
    ['mysql://fivem:p@ss:w@rd@db.example/game?x=a@b', config({ password: 'p@ss:w@rd' })],
    ['mysql://fivem:p@ss:w/o#rd?%@db.example/game', config({ password: 'p@ss:w/o#rd?%' })],
    ['mysql://fivem:/@db.example:3306/game?ssl=false', config({ password: '/' })],
    ['mysql://fivem:secret@db.example/game?ssl=true', config({ ssl: {} })],
    [
      'mysql://fivem:secret@db.example/game?ssl={"rejectUnauthorized":false,"other":1}',
      config({ ssl: { rejectUnauthorized: false } }),
    ],
    [
      'mysql://fivem:secret@localhost/game?socketPath=/run/mysqld/mysqld.sock',
      config({ host: 'localhost', socketPath: '/run/mysqld/mysqld.sock' }),
    ],
    ['host=db.example;user=fivem;password=secret;database=game', config()],
    ['server=db.example;uid=fivem;pwd=secret;db=game;port=3307;', config({ port: 3307 })],
    ['Data Source=db.example; User Id=fivem; Pass=secret; Initial Catalog=game; Charset=utf8', config()],
    ['user=fivem;password=a=b@c%40;database=game', config({ host: 'localhost', password: 'a=b@c%40' })],
    ['user=fivem;database=game', config({ host: 'localhost', password: '' })],
  ])('is read: %s', (text, expected) => {
    expect(read(text)).toEqual(expected);
  });

  it.each([
    ['', 'empty'],
    [' ', 'empty'],
    ['secret', 'unreadable'],
    ['mysql://a b:secret@x y/z', 'unreadable'],
    ['mysql://fivem:secret@db.example', 'database'],
    ['mysql://:secret@db.example/game', 'user'],
    ['mysql://db.example/game', 'user'],
    ['host=db.example;password=secret;database=game', 'user'],
    ['user=fivem;password=secret', 'database'],
    ['mysql://fivem:secret@db.example:70000/game', 'port'],
    ['user=fivem;password=secret;database=game;port=x', 'port'],
    ['mysql://fivem:secret@db.example/game?ssl=Amazon RDS', 'ssl'],
    ['mysql://fivem:secret@db.example/game?ssl={"ca":1}', 'ssl'],
  ])('is not read: %s', (text, problem) => {
    expect(read(text)).toBe(problem);
  });

  const words = fc.stringMatching(/^[a-z0-9_.-]{1,20}$/);
  const places = fc.record({
    host: words,
    port: fc.integer({ min: 1, max: 65_535 }),
    user: words,
    database: words,
  });

  it('may be encoded as a URI is, with any password', () => {
    fc.assert(
      fc.property(places, fc.string({ unit: 'grapheme' }), ({ host, port, user, database }, password) => {
        const text = `mysql://${user}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
        expect(read(text)).toMatchObject({ host, port, user, database, password });
      }),
    );
  });

  it('may hold a password as it is, however odd', () => {
    const odd = fc.array(fc.constantFrom('@', ':', '/', '#', '?', '%', 'a', '1', '=', '!'), {
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(places, odd, ({ host, port, user, database }, letters) => {
        const password = letters.join('');
        // Said in a way that can be taken for a place and an option, or that means something when decoded.
        fc.pre(!/@[^@]*\?.*=|%[0-9a-f]{2}/.test(password));
        const result = read(`mysql://${user}:${password}@${host}:${port}/${database}?charset=utf8mb4`);
        expect(result).toMatchObject({ host, port, user, database, password });
      }),
      { numRuns: 1_000 },
    );
  });

  it('may be written in any spelling, in any order', () => {
    const spelled = (...names: readonly string[]) =>
      fc.constantFrom(...names.flatMap((name) => [name, name.toUpperCase(), ` ${name}`]));
    fc.assert(
      fc.property(
        places,
        fc.string().filter((each) => !each.includes(';')),
        spelled('host', 'hostname', 'ip', 'server', 'data source', 'datasource', 'addr', 'address'),
        spelled('user', 'user id', 'userid', 'user name', 'username', 'uid'),
        spelled('password', 'pwd', 'pass'),
        spelled('database', 'db'),
        fc.nat(3),
        ({ host, port, user, database }, password, hostName, userName, passwordName, databaseName, turn) => {
          const pairs = [
            `${hostName}=${host}`,
            `${userName}=${user}`,
            `${passwordName}=${password}`,
            `${databaseName}=${database}`,
          ];
          const text = [...pairs.slice(turn), ...pairs.slice(0, turn), `port=${port}`].join(';');
          expect(read(text)).toMatchObject({ host, port, user, database, password });
        },
      ),
    );
  });

  it('never shows its password, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((each) => `mysql://${each}`),
        ),
        (text) => {
          const result = readConnectionString(text);
          if (!result.ok) expect(result.problem).toMatch(/^(empty|unreadable|user|database|port|ssl)$/);
          else expect(JSON.stringify(result.config.password)).toBe('"•••"');
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
