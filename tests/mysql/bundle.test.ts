import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Database, DatabaseOptions } from '../../server/storage/mysql/database.ts';
import { Secret } from '../../server/text/secret.ts';
import { bundled } from '../unit/bundled.ts';
import { describe, type Mariadb, startMariadb } from './mariadb.ts';
import { realClock } from './real-clock.ts';

describe('the driver in the bundle', () => {
  let server: Mariadb;
  let createDatabase: (options: DatabaseOptions) => Database;

  beforeAll(async () => {
    server = await startMariadb();
    ({ createDatabase } = await bundled<{ createDatabase: typeof createDatabase }>(
      `export { createDatabase } from './server/storage/mysql/database.ts';`,
    ));
  });
  afterAll(() => server?.end());

  // What the server speaks by itself, also what the driver has no words for without iconv-lite.
  it.each(['latin1', 'utf8mb3', 'utf8mb4', 'gbk', 'cp1251', 'sjis', 'ucs2'])(
    'works on a server that speaks %s by itself',
    async (charset) => {
      await server.shutdown();
      await server.start(`--character-set-server=${charset}`, '--lc-messages=de_DE');
      const database = createDatabase({ config: server.config, clock: realClock });
      await database.query('CREATE TABLE IF NOT EXISTS t (id INT PRIMARY KEY, text TEXT) CHARSET utf8mb4');
      const text = '👮 ä ж 中';
      const write = await database.transaction(async (each) => {
        await each.query('DELETE FROM t');
        await each.query('INSERT INTO t VALUES (1, ?), (2, NULL)', [text]);
        return each.query('UPDATE t SET id = LAST_INSERT_ID(id + 9) WHERE id = 2');
      });
      expect(write).toMatchObject({ ok: true, value: { affectedRows: 1, insertId: 11 } });
      expect(
        await database.query(
          "SELECT id, text, NOW() AS now, 1.5 AS decimals, CAST('9007199254740993' AS SIGNED) AS big FROM t ORDER BY id",
        ),
      ).toMatchObject({
        rows: [
          { id: 1, text, decimals: '1.5', big: '9007199254740993', now: expect.any(Date) },
          { id: 11, text: null },
        ],
      });
      expect(await database.query('SELECT * FROM nowhere')).toMatchObject({ trouble: 'fault', number: 1146 });
      const wrong = createDatabase({
        config: { ...server.config, password: new Secret('wrong') },
        clock: realClock,
      });
      expect(await wrong.query('SELECT 1')).toMatchObject({ trouble: 'refused', number: 1045 });
      await database.close();
    },
  );
});
