import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createDatabase, type Database } from '../../server/storage/mysql/database.ts';
import { createManualClock } from '../unit/manual-clock.ts';
import { makeTables, newCommunity, type WatchedLease, watchLease } from './community.ts';
import { describe, type Mariadb, startMariadb } from './mariadb.ts';
import { startProxy, type TestProxy } from './proxy.ts';
import { realClock } from './real-clock.ts';
import { until } from './until.ts';

const TWO = { server: { id: 'server-2', name: 'Two 👮' } };

describe('the lease', () => {
  let server: Mariadb;
  let proxy: TestProxy | undefined;
  let community: string;
  const opened: Database[] = [];
  const leases: WatchedLease[] = [];

  beforeAll(async () => {
    server = await startMariadb();
    await makeTables(server);
  });
  afterAll(() => server?.end());
  afterEach(async () => {
    await Promise.all(leases.splice(0).map((lease) => lease.stop()));
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await proxy?.close();
    proxy = undefined;
  });

  function open(config = {}, clock = realClock): Database {
    const database = createDatabase({ config: { ...server.config, ...config }, clock });
    opened.push(database);
    return database;
  }

  /** A lease that begins at once, in a community of its own unless there is one. */
  async function start(options: Parameters<typeof watchLease>[0] | object = {}): Promise<WatchedLease> {
    const database = open();
    community = 'community' in options ? String(options.community) : await newCommunity(database);
    const lease = watchLease({ database, ...options, community });
    leases.push(lease);
    lease.start();
    return lease;
  }

  const row = async () => {
    const [found] = await server.admin(
      `SELECT token, holder, holder_name AS name, expires_at - UNIX_TIMESTAMP(NOW(3)) * 1000 AS left_ms
        FROM game.cmsban_community WHERE community = '${community}'`,
    );
    return { ...found, left_ms: Math.round(Number(found?.['left_ms'])) };
  };
  /** As if the holder had been silent until so long after its end. */
  const expire = (ago: number) =>
    server.admin(
      `UPDATE game.cmsban_community SET expires_at = UNIX_TIMESTAMP(NOW(3)) * 1000 - ${ago} WHERE community = '${community}'`,
    );

  it('is granted to the first, for 15 s, with its name', async () => {
    const lease = await start(TWO);
    expect(await lease.heardOf(1)).toEqual(['gained 1']);
    expect(lease.term().isHeld()).toBe(true);
    const { left_ms, ...rest } = await row();
    expect(rest).toEqual({ token: 1, holder: 'server-2', name: 'Two 👮' });
    expect(left_ms).toBeGreaterThan(14_000);
    expect(left_ms).toBeLessThanOrEqual(15_000);
  });

  it('is granted to a server with the longest name', async () => {
    const lease = await start({ server: { id: 'x'.repeat(32), name: '👮'.repeat(200) } });
    expect(await lease.heardOf(1)).toEqual(['gained 1']);
    expect(await row()).toMatchObject({ name: '👮'.repeat(95) });
  });

  it('is granted to one of ten', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    const others = Array.from({ length: 9 }, (_, at) =>
      start({ clock, community, server: { id: `s${at}`, name: '' } }),
    );
    const all = [first, ...(await Promise.all(others))];
    // Each waits for its next step, and one for its end.
    await until(() => clock.timers() === 11, 'all answers');
    expect(all.flatMap(({ told }) => told)).toEqual(['gained 1']);
  });

  it('is renewed every third of its length, and lasts for ever', async () => {
    const clock = createManualClock();
    const lease = await start({ database: open({}, clock), clock });
    await lease.heardOf(1);
    for (let renewals = 0; renewals < 10; renewals++) {
      await expire(-1);
      await clock.advance(5_000);
      await until(async () => (await row()).left_ms > 14_000, 'a renewal');
      // Its answer.
      await until(() => clock.timers() === 2, 'the answer');
    }
    expect(lease.told).toEqual(['gained 1']);
    expect(lease.term().isHeld()).toBe(true);
  });

  it('is taken over 2 s after it has run out, and not before', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    await first.heardOf(1);
    const second = await start({ ...TWO, community, clock, database: open({}, clock) });
    for (const ago of [-10_000, 0, 1_500]) {
      await expire(ago);
      await until(() => clock.timers() === 3, 'the answer');
      await clock.advance(0);
      second.heard({ token: 1, holder: 'server-1', expiresAt: -1, now: 10_000 });
      await until(() => clock.timers() === 3, 'the answer');
    }
    expect(second.told).toEqual([]);
    await expire(2_001);
    second.heard({ token: 1, holder: 'server-1', expiresAt: 0, now: 2_001 });
    expect(await second.heardOf(1)).toEqual(['gained 2']);
  });

  it('is over on our own clock when it could not be renewed, to the millisecond', async () => {
    const clock = createManualClock();
    proxy = await startProxy(server.config.port);
    const lease = await start({ clock, database: open({ port: proxy.port }, clock) });
    await lease.heardOf(1);
    const term = lease.term();
    await until(() => clock.timers() === 2, 'rest');
    proxy.hold();
    await clock.advance(14_999);
    expect(term.isHeld()).toBe(true);
    await clock.advance(1);
    expect(term.isHeld()).toBe(false);
    expect(lease.told.filter((told) => !told.startsWith('trouble'))).toEqual(['gained 1', 'expired']);
    expect(lease.told).toContain('trouble: too slow');
    // Nobody has had it since, so there is nothing to wait for.
    proxy.pass();
    await until(async () => {
      await clock.advance(1_000);
      return lease.told.at(-1) === 'gained 2';
    }, 'the next term');
    expect(lease.told).toContain('no trouble');
  });

  it('is over for a process that was paused, before any timer of it runs', async () => {
    const clock = createManualClock();
    const lease = await start({ clock });
    await lease.heardOf(1);
    const term = lease.term();
    clock.pass(15_000);
    expect(term.isHeld()).toBe(false);
    expect(lease.told).toEqual(['gained 1']);
    await clock.advance(0);
    expect(lease.told).toEqual(['gained 1', 'expired']);
    expect(await lease.heardOf(3)).toEqual(['gained 1', 'expired', 'gained 2']);
  });

  it('counts from before the question, however long the answer took', async () => {
    const clock = createManualClock();
    proxy = await startProxy(server.config.port);
    const database = open({ port: proxy.port }, clock);
    await database.query('SELECT 1');
    proxy.hold();
    const lease = await start({ clock, database });
    await clock.advance(4_000);
    proxy.pass();
    await lease.heardOf(1);
    clock.pass(10_999);
    expect(lease.term().isHeld()).toBe(true);
    clock.pass(1);
    expect(lease.term().isHeld()).toBe(false);
  });

  it('outlives lost answers of its renewals, which took effect', async () => {
    const clock = createManualClock();
    proxy = await startProxy(server.config.port);
    const lease = await start({ clock, database: open({ port: proxy.port }, clock) });
    await lease.heardOf(1);
    await until(() => clock.timers() === 2, 'rest');
    await expire(-1);
    // The first connection, and the fresh one on which it is tried again.
    const cut = [proxy.when('expires_at', 'cut after'), proxy.when('expires_at', 'cut after')];
    await clock.advance(5_000);
    await Promise.all(cut);
    await lease.heardOf(2);
    expect((await row()).left_ms).toBeGreaterThan(14_000);
    await until(async () => {
      await clock.advance(200);
      return lease.told.includes('no trouble');
    }, 'the next renewal');
    expect(lease.told).toEqual(['gained 1', 'trouble: lost', 'no trouble']);
    expect(lease.term().isHeld()).toBe(true);
  });

  it('is not renewed by whom it was taken from', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    await first.heardOf(1);
    await expire(2_001);
    const second = await start({ ...TWO, community });
    await second.heardOf(1);
    await until(() => clock.timers() === 2, 'rest');
    await clock.advance(5_000);
    expect(await first.heardOf(2)).toEqual(['gained 1', 'taken over']);
    expect(first.term().isHeld()).toBe(false);
    expect(second.term().isHeld()).toBe(true);
    expect(await row()).toMatchObject({ token: 2, holder: 'server-2' });
  });

  it('is known to be lost by a poll, and an old poll says nothing', async () => {
    const clock = createManualClock();
    const lease = await start({ clock });
    await lease.heardOf(1);
    lease.heard({ token: 0, holder: null, expiresAt: 0, now: 9 });
    lease.heard({ token: 1, holder: 'server-1', expiresAt: 9, now: 3 });
    expect(lease.term().isHeld()).toBe(true);
    lease.heard({ token: 2, holder: 'server-2', expiresAt: 9, now: 3 });
    expect(lease.told).toEqual(['gained 1', 'taken over']);
  });

  it('is free at once for the others when its holder stops', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    await first.heardOf(1);
    const term = first.term();
    const stopped = first.stop();
    expect(term.isHeld()).toBe(false);
    await stopped;
    expect(await row()).toMatchObject({ token: 1, holder: null, name: null });
    expect(clock.timers()).toBe(0);
    expect(first.told).toEqual(['gained 1']);
    const second = await start({ ...TWO, community });
    expect(await second.heardOf(1)).toEqual(['gained 2']);
  });

  it('is released when it was granted while it was being stopped', async () => {
    const lease = await start();
    await lease.stop();
    expect(await row()).toMatchObject({ token: 1, holder: null });
    expect(lease.told).toEqual([]);
  });

  it('is not brought back by a renewal that comes after the release', async () => {
    const clock = createManualClock();
    const lease = await start({ clock });
    await lease.heardOf(1);
    await lease.stop();
    const late = `UPDATE cmsban_community SET expires_at = 1e15 WHERE community = '${community}' AND token = 1 AND holder = 'server-1'`;
    expect(await open().query(late)).toMatchObject({ affectedRows: 0 });
  });

  it('is not ours when another process of the same server has it', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    await first.heardOf(1);
    const copy = await start({ clock, community });
    copy.heard({ token: 1, holder: 'server-1', expiresAt: 99_000, now: 1 });
    await open().query('SELECT 1');
    await clock.advance(2_000);
    expect(copy.told).toEqual([]);
  });

  it('is not asked for while it is heard that somebody has it', async () => {
    const clock = createManualClock();
    const first = await start({ clock });
    await first.heardOf(1);
    await first.stop();
    const second = watchLease({ database: open(), community, clock, ...TWO });
    leases.push(second);
    second.heard({ token: 1, holder: 'server-1', expiresAt: 15_000, now: 0 });
    second.start();
    for (let seconds = 0; seconds < 60; seconds++) {
      await clock.advance(1_000);
      second.heard({ token: 1, holder: 'server-1', expiresAt: 15_000, now: 0 });
    }
    expect((await row())['token' as never]).toBe(1);
    // Nothing is heard any more.
    await until(async () => {
      await clock.advance(1_000);
      return second.told.length > 0;
    }, 'a grant');
    expect(second.told).toEqual(['gained 2']);
  });

  it('goes from a dead holder to the next one in real time, of a short lease', async () => {
    const short = { lengthMs: 900, marginMs: 100 };
    const dead = await start(short);
    await dead.heardOf(1);
    proxy = await startProxy(server.config.port);
    const term = dead.term();
    // Without a word: it neither renews nor releases.
    opened.at(-1)?.close();
    const second = await start({ ...short, ...TWO, community });
    const begin = performance.now();
    await second.heardOf(1);
    expect(performance.now() - begin).toBeGreaterThan(500);
    expect(term.isHeld()).toBe(false);
    const until400 = performance.now() + 1_000;
    await until(() => performance.now() > until400, 'more than its length');
    expect(second.told.filter((told) => !told.includes('trouble'))).toEqual(['gained 2']);
    expect(second.term().isHeld()).toBe(true);
  });

  it('survives a restart of the database', async () => {
    const clock = createManualClock();
    const lease = await start({ clock });
    await lease.heardOf(1);
    await until(() => clock.timers() === 2, 'rest');
    await server.kill();
    await clock.advance(5_000);
    expect(await lease.heardOf(2)).toEqual(['gained 1', 'trouble: unreachable']);
    await server.start();
    await until(async () => {
      await clock.advance(100);
      return lease.told.length > 2;
    }, 'a renewal');
    expect(lease.told).toEqual(['gained 1', 'trouble: unreachable', 'no trouble']);
  });
});
