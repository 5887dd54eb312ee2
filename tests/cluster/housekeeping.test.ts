import { afterAll, beforeAll, expect, it } from 'vitest';
import { tidy } from '../../server/cluster/housekeeping.ts';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { createLease, type Term } from '../../server/storage/mysql/lease.ts';
import { createSharedStorage } from '../../server/storage/mysql/shared-storage.ts';
import { makeTables } from '../mysql/community.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { realClock } from '../mysql/real-clock.ts';

describe('the server that works', () => {
  let server: Mariadb;
  let database: Database;
  beforeAll(async () => {
    server = await startMariadb();
    await makeTables(server);
    database = createDatabase({ config: server.config, clock: realClock });
  });
  afterAll(async () => {
    await database?.close();
    await server?.end();
  });

  it('takes away the traces of records that are gone, and answers that nobody has fetched', async () => {
    const common = { database, community: 'c', clock: realClock, onTrouble: () => {} };
    await server.admin(
      "INSERT INTO game.cmsban_community (community, cms_id, cad_id) VALUES ('c', '1', '2')",
    );
    const { promise: granted, resolve } = Promise.withResolvers<Term>();
    const lease = createLease({
      ...common,
      server: { id: 's', name: '' },
      onGained: resolve,
      onLost: () => {},
    });
    lease.start();
    const term = await granted;
    const storage = createSharedStorage({ ...common, term, onLost: () => {} });
    const records = ['answer:old', 'answer:new', 'action:there', 'action:gone', 'action:just gone'];
    await storage.write(records.map((name) => ({ name, value: '{}' })));
    await storage.write(['action:gone', 'action:just gone'].map((name) => ({ name, value: null })));
    await server.admin(
      "UPDATE game.cmsban_record SET changed_at = changed_at - 90000000, revision = 1 WHERE name IN ('answer:old', 'action:gone')",
    );
    await tidy({ ...common, term, storage, onBug: () => {} });
    const rows = await server.admin('SELECT name, value FROM game.cmsban_record ORDER BY name');
    expect(rows).toEqual([
      { name: 'action:just gone', value: null },
      { name: 'action:there', value: '{}' },
      { name: 'answer:new', value: '{}' },
      { name: 'answer:old', value: null },
    ]);
    await lease.stop();
  });
});
