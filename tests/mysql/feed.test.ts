import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { joinCommunity } from '../../server/storage/mysql/community.ts';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { type CommunityState, createFeed, type Feed } from '../../server/storage/mysql/feed.ts';
import { createRequests } from '../../server/storage/mysql/requests.ts';
import { createServers } from '../../server/storage/mysql/servers.ts';
import { createSharedStorage } from '../../server/storage/mysql/shared-storage.ts';
import { purgeTombstones } from '../../server/storage/mysql/tombstones.ts';
import type { Change } from '../../server/storage/storage.ts';
import { leastOf, longestTurnOf } from '../unit/cpu-time.ts';
import { createManualClock, type ManualClock } from '../unit/manual-clock.ts';
import { makeTables, newCommunity, watchLease } from './community.ts';
import { describe, type Mariadb, startMariadb } from './mariadb.ts';
import { realClock } from './real-clock.ts';
import { until } from './until.ts';

const put = (name: string, value = name): Change => ({ name, value });
const gone = (name: string): Change => ({ name, value: null });

/** What a feed has told. */
interface Watched {
  readonly feed: Feed;
  readonly clock: ManualClock;
  readonly records: Map<string, string>;
  readonly told: string[];
  readonly states: CommunityState[];
  /** Lets it look once more, and waits for what it tells. */
  look(ms?: number): Promise<void>;
}

describe("a community's records, followed", () => {
  let server: Mariadb;
  const opened: Database[] = [];
  const feeds: Feed[] = [];

  beforeAll(async () => {
    server = await startMariadb();
    await makeTables(server);
  });
  afterAll(() => server?.end());
  afterEach(async () => {
    for (const feed of feeds.splice(0)) feed.stop();
    await Promise.all(opened.splice(0).map((database) => database.close()));
  });

  function open(): Database {
    const database = createDatabase({ config: server.config, clock: realClock });
    opened.push(database);
    return database;
  }

  /** A community, and who writes for it. */
  async function start() {
    const database = open();
    const community = await newCommunity(database);
    const lease = watchLease({ database, community, clock: createManualClock() });
    lease.start();
    await lease.heardOf(1);
    const term = lease.term();
    const onLost = () => {
      throw new Error('lost');
    };
    const storage = createSharedStorage({
      database,
      community,
      term,
      clock: realClock,
      onLost,
      onTrouble: () => {},
    });
    const sql = (text: string) => server.admin(text.replaceAll('@c', `'${community}'`));
    return { database, community, storage, term, sql };
  }

  async function follow(community: string, database = open()): Promise<Watched> {
    const clock = createManualClock();
    const records = new Map<string, string>();
    const told: string[] = [];
    const states: CommunityState[] = [];
    const feed = createFeed({
      database,
      community,
      clock,
      onRecord({ name, value, revision }) {
        if (value === null) records.delete(name);
        else records.set(name, value);
        told.push(`${revision} ${name}=${value}`);
      },
      onCaughtUp: (revision) => told.push(`up to ${revision}`),
      onState: (state) => states.push(state),
      onTrouble: (trouble) => told.push(trouble?.trouble ?? 'no trouble'),
    });
    feeds.push(feed);
    // The next poll is what it waits for.
    const rests = () => until(() => clock.timers() === 1, 'the poll');
    feed.start();
    await rests();
    const look = async (ms = 1_100) => {
      told.length = 0;
      await clock.advance(ms);
      await rests();
    };
    return { feed, clock, records, told, states, look };
  }

  it('are all told at first, and then what changes', async () => {
    const { community, storage } = await start();
    await storage.write([put('a'), put('b'), put('👮'.repeat(200), 'long')]);
    await storage.write([put('a', '2'), gone('b')]);
    const { told, look, records } = await follow(community);
    expect(told).toEqual([`1 ${'👮'.repeat(200)}=long`, '2 a=2', 'up to 2']);
    await look();
    expect(told).toEqual([]);
    await storage.write([put('c'), put('d')]);
    await storage.write([gone('c'), put('a', '3'), gone('never')]);
    await look();
    expect(told).toEqual(['3 d=d', '4 a=3', '4 c=null', '4 never=null', 'up to 4']);
    expect([...records.keys()]).toEqual(['👮'.repeat(200), 'a', 'd']);
  });

  it('are told page by page, also within one group, while more is written', async () => {
    const { community, storage, database } = await start();
    await storage.write(Array.from({ length: 2_500 }, (_, at) => put(`r${at}`)));
    let pages = 0;
    const writing: Database = {
      ...database,
      async query(sql, params, options) {
        const answer = await database.query(sql, params, options);
        // Something of each page before, and of those to come.
        if (sql.includes('LIMIT') && ++pages < 3)
          await storage.write([put('r0', `new ${pages}`), gone('r999'), put('x')]);
        return answer;
      },
    };
    const { records, told } = await follow(community, writing);
    expect(records.size).toBe(2_500);
    expect(records.get('r0')).toBe('new 2');
    expect(records.has('r999')).toBe(false);
    expect(told.at(-1)).toBe('up to 3');
  });

  it('are read every second, and four times while somebody waits, one query at a time', async () => {
    const { community, database } = await start();
    const asked: number[] = [];
    let underWay = 0;
    const counting: Database = {
      ...database,
      async query(sql, params, options) {
        expect(++underWay).toBe(1);
        asked.push(clock.elapsed());
        const answer = await database.query(sql, params, options);
        underWay--;
        return answer;
      },
    };
    let clock: Pick<ManualClock, 'elapsed'> = { elapsed: () => 0 };
    const { look, feed, clock: own } = await follow(community, counting);
    clock = own;
    asked.length = 0;
    for (let looks = 0; looks < 5; looks++) await look();
    expect(asked).toHaveLength(5);
    await own.advance(100);
    feed.hurry(600);
    feed.hurry(600);
    for (let parts = 0; parts < 7; parts++) await look(150);
    const [first = 0, ...others] = asked.slice(5);
    expect(others.map((at) => at - first)).toEqual([250, 500]);
    for (let parts = 0; parts < 4; parts++) await look(250);
    expect(asked.length).toBe(9);
  });

  it('come with who works, what waits, and what time it is', async () => {
    const { community, database } = await start();
    const requests = createRequests({ database, community });
    await requests.add({ id: 'r', server: 's', decidedAt: 1, body: '' });
    const { states, clock, feed } = await follow(community);
    expect(states).toHaveLength(1);
    expect(states[0]).toMatchObject({
      token: 1,
      holder: 'server-1',
      holderName: 'One',
      requests: 1,
      revision: 0,
    });
    expect((states[0]?.expiresAt ?? 0) - (states[0]?.now ?? 0)).toBeGreaterThan(10_000);
    expect(Math.abs((feed.time.now() ?? 0) - Date.now())).toBeLessThan(2_000);
    expect(feed.time.offset()).toBe((feed.time.now() ?? 0) - clock.now());
  });

  it('are all read again by who was away for too long, and what has gone is told', async () => {
    const { community, storage, database, term, sql } = await start();
    await storage.write([put('a'), put('b'), put('c')]);
    const { look, told, records } = await follow(community);
    await storage.write([gone('b'), put('d')]);
    await sql('UPDATE game.cmsban_record SET changed_at = 1 WHERE community = @c');
    await purgeTombstones({ database, community, term, olderThanMs: 60_000 });
    await look();
    expect(told).toEqual(['1 a=a', '1 c=c', '2 d=d', '2 b=null', 'up to 2']);
    expect([...records.keys()]).toEqual(['a', 'c', 'd']);
    await look();
    expect(told).toEqual([]);
  });

  it('are all read again after an older database was restored, not when a node is behind', async () => {
    const { community, storage, sql } = await start();
    await storage.write([put('a', 'old')]);
    await storage.write([put('a', 'new'), put('b')]);
    const { look, told, records } = await follow(community);
    await sql('UPDATE game.cmsban_community SET revision = 1 WHERE community = @c');
    await look();
    await sql('UPDATE game.cmsban_community SET revision = 2 WHERE community = @c');
    for (let looks = 0; looks < 30; looks++) await look();
    expect(told).toEqual([]);
    await sql('UPDATE game.cmsban_community SET revision = 1 WHERE community = @c');
    await sql("DELETE FROM game.cmsban_record WHERE community = @c AND name = 'b'");
    await sql("UPDATE game.cmsban_record SET revision = 1, value = 'old' WHERE community = @c");
    for (let looks = 0; looks < 28; looks++) await look();
    expect(told).toEqual([]);
    await look();
    expect(told).toEqual(['1 a=old', '1 b=null', 'up to 1']);
    expect([...records]).toEqual([['a', 'old']]);
  });

  it('are missed by no poll that another node of a cluster has answered', async () => {
    const { community, storage, database } = await start();
    await storage.write([put('a')]);
    let isBehind = false;
    const cluster: Database = {
      ...database,
      async query(sql, params, options) {
        const answer = await database.query(sql, params, options);
        return isBehind && sql.includes('LIMIT') && answer.ok ? { ...answer, rows: [] } : answer;
      },
    };
    const { look, told } = await follow(community, cluster);
    await storage.write([put('b')]);
    isBehind = true;
    await look();
    expect(told).toEqual([]);
    isBehind = false;
    await look();
    expect(told).toEqual(['2 b=b', 'up to 2']);
  });

  it('are followed again when the database is back, and nothing is missed', async () => {
    const { community, storage } = await start();
    await storage.write([put('a')]);
    const { look, told } = await follow(community);
    await server.kill();
    await look();
    await look();
    expect(told).toEqual([]);
    await server.start();
    await storage.write([put('b')]);
    await look();
    expect(told).toEqual(['2 b=b', 'up to 2', 'no trouble']);
  });

  it('of another community are not told', async () => {
    const [one, other] = [await start(), await start()];
    await one.storage.write([put('a')]);
    const { told } = await follow(other.community);
    expect(told).toEqual(['up to 0']);
  });

  it('are 10 000 in turns of less than 8 ms each', async () => {
    const { community, storage, database } = await start();
    const value = JSON.stringify({ reason: 'x'.repeat(1_000), list: Array(50).fill('license:0123456789') });
    await storage.write(Array.from({ length: 10_000 }, (_, at) => put(`action:${at}`, value)));
    /** The longest turn that takes our processor, of one reading. */
    const read = async (): Promise<number> => {
      const { promise: isCaughtUp, resolve: caughtUp } = Promise.withResolvers<void>();
      let count = 0;
      const feed = createFeed({
        database,
        community,
        clock: realClock,
        onRecord(record) {
          count++;
          JSON.parse(record.value ?? '');
        },
        onCaughtUp: () => caughtUp(),
        onState: () => {},
        onTrouble: () => {},
      });
      feed.start();
      const longest = await longestTurnOf(isCaughtUp);
      feed.stop();
      expect(count).toBe(10_000);
      if (process.env['CMSBAN_FIGURES']) console.log('longest turn', longest);
      return longest;
    };
    expect(await leastOf(8, read)).toBeLessThan(8);
  });
});

describe('a community', () => {
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

  it('takes in servers with its ids, and no other', async () => {
    const join = (cmsId: string, cadId: string) => joinCommunity({ database, community: 'c', cmsId, cadId });
    expect(await Promise.all([join('1', '2'), join('1', '2'), join('1', '2')])).toEqual(
      Array(3).fill({ ok: true }),
    );
    expect(await join('1', '3')).toEqual({ ok: false, trouble: 'another community', cmsId: '1', cadId: '2' });
  });

  it('fills in an id that nobody knew, and is founded by nobody who knows none', async () => {
    const join = (cmsId: string, cadId: string) => joinCommunity({ database, community: 'd', cmsId, cadId });
    const row = () => server.admin("SELECT cms_id, cad_id FROM game.cmsban_community WHERE community = 'd'");
    expect(await join('', '')).toEqual({ ok: false, trouble: 'unknown' });
    expect(await row()).toEqual([]);
    expect(await join('1', '')).toEqual({ ok: true });
    expect(await join('', '2')).toEqual({ ok: false, trouble: 'unknown' });
    expect(await row()).toEqual([{ cms_id: '1', cad_id: '' }]);
    expect(await join('1', '2')).toEqual({ ok: true });
    expect(await row()).toEqual([{ cms_id: '1', cad_id: '2' }]);
    expect(await join('', '2')).toEqual({ ok: true });
    expect(await join('1', '3')).toMatchObject({ trouble: 'another community' });
    expect(await join('9', '')).toMatchObject({ trouble: 'another community', cmsId: '1', cadId: '2' });
    expect(await join('', '')).toEqual({ ok: false, trouble: 'unknown' });
  });

  it('takes requests in the order of their decisions, each once', async () => {
    const requests = createRequests({ database, community: 'c' });
    const others = createRequests({ database, community: 'd' });
    const request = (id: string, decidedAt: number, body = id) => ({ id, server: 's', decidedAt, body });
    for (const each of [request('b', 2), request('c', 3), request('a', 2), request('b', 2, 'again')]) {
      expect(await requests.add(each)).toEqual({ ok: true });
    }
    await others.add(request('a', 1, '👮'));
    expect(await requests.list()).toEqual({
      ok: true,
      requests: [request('a', 2), request('b', 2), request('c', 3)],
    });
    expect(await requests.add(request('x'.repeat(65), 1))).toMatchObject({ ok: false, trouble: 'fault' });
    expect(await requests.remove(['b', 'a', 'nobody'])).toEqual({ ok: true });
    expect(await requests.remove([])).toEqual({ ok: true });
    expect(await requests.list()).toEqual({ ok: true, requests: [request('c', 3)] });
    expect(await others.list()).toEqual({ ok: true, requests: [request('a', 1, '👮')] });
  });

  it('knows its servers, and when they were there', async () => {
    const clock = createManualClock();
    const start = (id: string) => {
      const servers = createServers({
        database,
        community: 'c',
        server: { id, name: `Server ${id}` },
        clock,
      });
      servers.start();
      return servers;
    };
    const [one, two] = [start('1'), start('2')];
    await until(() => clock.timers() === 2, 'both');
    const list = await one.list();
    expect(list.ok && list.servers.map(({ id, name }) => `${id} ${name}`).sort()).toEqual([
      '1 Server 1',
      '2 Server 2',
    ]);
    await server.admin("UPDATE game.cmsban_server SET seen_at = seen_at - 60000 WHERE id = '2'");
    expect(await one.othersSeenWithin(59_000)).toEqual({ ok: true, servers: [] });
    expect(await one.othersSeenWithin(70_000)).toMatchObject({ servers: [{ id: '2' }] });
    await clock.advance(15_000);
    await until(() => clock.timers() === 2, 'both');
    expect(await one.othersSeenWithin(59_000)).toMatchObject({ servers: [{ id: '2', name: 'Server 2' }] });
    one.stop();
    two.stop();
    expect(clock.timers()).toBe(0);
  });
});
