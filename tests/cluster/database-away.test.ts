import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, PASSWORD, startMariadb, USER } from '../mysql/mariadb.ts';
import { startProxy } from '../mysql/proxy.ts';
import { newSomebody } from '../resource/somebody.ts';
import { historyOf } from './awaited.ts';
import type { Server } from './servers.ts';
import { at, callCount, effectsOn, eventually, isBannedAt, startSeveral } from './several.ts';

/** What the one that worked says when its lease is over. */
const LOST = 'does not work for the community any more';

/** What a server has said of the database, once each. */
const saidOf = ({ log }: Server) =>
  log.filter(
    (line) =>
      !line.includes('No server talks') &&
      /[Tt]he (connection to the )?database (cannot|takes|does|broke|works|is busy|did)|connection to the database/.test(
        line,
      ),
  );

describe('while the database is away', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('the door goes on, also after a restart; a ban counts here at once, and goes on later', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, servers, worker, others } = await startSeveral({
      database,
      count: 2,
      leaseMs: 1_500,
      convars: { cmsban_drop_when: 'always' },
    });
    const other = at(others, 0);
    const [old, fresh, lifted] = [
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
    ];
    await worker.call('banPlayer', old.identifiers[0], 'long ago', {});
    await worker.call('banPlayer', lifted.identifiers[0], 'long ago', {});
    await eventually('the bans', async () => !(await other.isLetIn('Old', lifted.identifiers)));
    const player = await other.join('Fresh', fresh.identifiers);

    await database.kill();
    for (const server of servers) await server.logged('The database cannot be reached');
    await worker.logged(LOST);
    const before = callCount(sonoran);
    for (const server of servers) expect(await server.isLetIn('Old', old.identifiers)).toBe(false);
    const asked = performance.now();
    const outcome = await other.call('banPlayer', fresh.identifiers[0], 'while it is away', {});
    expect(performance.now() - asked).toBeLessThan(1_000);
    expect(outcome).toMatchObject({ status: 'queued', server: other.name, dropped: true });
    expect(outcome['message']).toContain('waits for the database');
    expect(player.dropReason).toContain('while it is away');
    const again = await other.call('banPlayer', fresh.identifiers[0], 'while it is away', {});
    expect(again).toMatchObject({ id: outcome['id'], again: true });
    expect(await other.isLetIn('Fresh', fresh.identifiers)).toBe(false);
    expect(await other.call('isBanned', fresh.identifiers[0])).toMatchObject({ banned: true });
    expect(await other.call('unbanPlayer', lifted.identifiers[0], 'sorry', {})).toMatchObject({
      status: 'queued',
    });
    // CMS still lists the account; what was decided here is over.
    expect(await other.call('isBanned', lifted.identifiers[0])).not.toMatchObject({ reason: 'long ago' });
    const onWorker = await worker.call('banPlayer', newSomebody({ sonoran }).identifiers[0], 'here too', {});
    expect(onWorker['message']).toContain('waits for the database');

    await other.stop();
    await other.start();
    await other.logged('The database cannot be reached');
    expect(await other.isLetIn('Old', old.identifiers)).toBe(false);
    expect(await other.isLetIn('Fresh', fresh.identifiers)).toBe(false);
    expect(await other.call('getPending')).toMatchObject([{ id: outcome['id'] }, {}]);
    expect(callCount(sonoran)).toBe(before);

    await database.start();
    await until(() => isBannedAt(sonoran, fresh).every((is) => is), 'the ban', 30_000);
    await until(
      () =>
        other.events.some(({ name, outcome: told }) => name === 'delivered' && told['id'] === outcome['id']),
      'the news',
    );
    await until(() => effectsOn(sonoran, lifted, 'unban') > 0, 'the lift');
    expect(effectsOn(sonoran, fresh, 'ban')).toBe(2);
    await eventually('an empty queue', async () => (await other.call<unknown[]>('getPending')).length === 0);
    for (const server of servers) {
      expect(saidOf(server).map((line) => line.replace(/\(.*\)/, ''))).toEqual([
        expect.stringContaining('The database cannot be reached'),
        expect.stringContaining('The database works again'),
      ]);
      expect(server.faults).toEqual([]);
    }
  });

  it('a frozen one is waited for, and no call is made without the lease', { timeout: 90_000 }, async () => {
    const { sonoran, servers, worker, others } = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const people = Array.from({ length: 4 }, () => newSomebody({ sonoran }));
    database.freeze();
    try {
      await worker.logged(LOST);
      const before = callCount(sonoran);
      const outcomes = await Promise.all(
        people.map((each, place) =>
          at(servers, place % 2).call('banPlayer', each.identifiers[0], 'frozen', {}),
        ),
      );
      for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'queued' });
      for (const server of servers) await server.logged('The database does not answer in time');
      for (const server of servers)
        expect(await server.isLetIn('Nora', people[servers.indexOf(server)]?.identifiers ?? [])).toBe(false);
      expect(callCount(sonoran)).toBe(before);
    } finally {
      database.thaw();
    }
    await until(
      () => people.every((each) => isBannedAt(sonoran, each).every((is) => is)),
      'all bans',
      40_000,
    );
    expect(people.map((each) => effectsOn(sonoran, each, 'ban'))).toEqual([2, 2, 2, 2]);
    for (const server of [worker, at(others, 0)]) {
      await server.logged('The database works again');
      expect(saidOf(server).map((line) => line.replace(/\(.*\)/, ''))).toEqual([
        expect.stringContaining('The database does not answer in time'),
        expect.stringContaining('The database works again'),
      ]);
      expect(server.faults).toEqual([]);
    }
  });

  it('whoever has decided is answered, also when the lease is lost before it is heard that it is written', {
    timeout: 90_000,
  }, async () => {
    const proxy = await startProxy(database.config.port);
    try {
      const { sonoran, worker } = await startSeveral({
        database,
        count: 1,
        leaseMs: 1_000,
        port: proxy.port,
      });
      const somebody = newSomebody({ sonoran });
      const written = proxy.when('COMMIT', 'held after');
      const answer = worker.call('banPlayer', somebody.identifiers[0], 'in the last moment', {});
      await written;
      await worker.logged('This server does not work for the community any more');
      proxy.pass();
      expect(await answer).toMatchObject({ status: 'queued', reason: 'in the last moment' });
      await until(() => isBannedAt(sonoran, somebody).every((is) => is), 'the ban', 20_000);
      expect(effectsOn(sonoran, somebody, 'ban')).toBe(2);
      expect(worker.faults).toEqual([]);
    } finally {
      await proxy.close();
    }
  });

  it.each(['goes on', 'loses its lease', 'is stopped', 'has died'] as const)(
    'the server that works answers at once too, long before its lease is over, and %s',
    { timeout: 90_000 },
    async (then) => {
      const { sonoran, worker } = await startSeveral({
        database,
        count: 1,
        leaseMs: then === 'loses its lease' ? 3_000 : 15_000,
        convars: { cmsban_drop_when: 'always' },
      });
      const somebody = newSomebody({ sonoran });
      const player = await worker.join('Nora', somebody.identifiers);
      const before = callCount(sonoran);
      database.freeze();
      try {
        const asked = performance.now();
        const outcome = await worker.call('banPlayer', somebody.identifiers[0], 'frozen', {});
        expect(performance.now() - asked).toBeLessThan(4_000);
        expect(outcome).toMatchObject({ status: 'queued', dropped: true });
        expect(outcome['message']).toContain('waits for the database');
        expect(player.dropReason).toContain('frozen');
        expect(await worker.call('getPending')).toMatchObject([{ id: outcome['id'] }]);
        expect(await worker.isLetIn('Nora', somebody.identifiers)).toBe(false);
        expect(callCount(sonoran)).toBe(before);
        if (then === 'loses its lease') await worker.logged('does not work for the community any more');
        if (then === 'is stopped') await worker.stop();
        if (then === 'has died') worker.crash();
        if (then === 'is stopped' || then === 'has died') {
          await worker.start();
          expect(await worker.isLetIn('Nora', somebody.identifiers)).toBe(false);
        }
      } finally {
        database.thaw();
      }
      await until(() => isBannedAt(sonoran, somebody).every((is) => is), 'the ban', 40_000);
      expect(effectsOn(sonoran, somebody, 'ban')).toBe(2);
      const told = () => worker.events.filter(({ outcome }) => outcome['reason'] === 'frozen');
      await until(() => told().at(-1)?.name === 'delivered', 'the news');
      // Whoever listens on this server hears each once; after a restart, the end alone.
      expect(told().map(({ name }) => name)).toEqual(
        then === 'is stopped' || then === 'has died' ? ['delivered'] : ['queued', 'delivered'],
      );
      await eventually('the end', async () => (await worker.call<unknown[]>('getPending')).length === 0);
      expect(worker.faults).toEqual([]);
    },
  );

  it('one that is read-only, or takes another password, is named, and what is decided goes on later', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, servers, worker } = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const [first, second] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await database.admin('SET GLOBAL read_only = 1');
    for (const server of servers) {
      expect(await server.call('banPlayer', first.identifiers[0], 'read-only', {})).toMatchObject({
        status: 'queued',
      });
    }
    await worker.logged('it is read-only');
    await database.admin('SET GLOBAL read_only = 0');
    await until(() => isBannedAt(sonoran, first).every((is) => is), 'the first ban', 30_000);
    expect(effectsOn(sonoran, first, 'ban')).toBe(2);
    await worker.logged('The database works again');

    await database.admin(`ALTER USER ${USER}@'%' IDENTIFIED BY 'another'`);
    const ids = await database.admin(`SELECT id FROM information_schema.processlist WHERE user = '${USER}'`);
    for (const { id } of ids) await database.admin(`KILL ${id}`);
    for (const server of servers) await server.logged('The database does not let this server in');
    const outcome = await worker.call('banPlayer', second.identifiers[0], 'wrong password', {});
    expect(outcome['message']).toContain('waits for the database');
    await database.admin(`ALTER USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}'`);
    await until(() => isBannedAt(sonoran, second).every((is) => is), 'the second ban', 30_000);
    for (const server of servers) {
      expect(saidOf(server).filter((line) => line.includes('does not let'))).toHaveLength(1);
      expect(server.faults).toEqual([]);
    }
  });

  it('what a server had asked before it was stopped, or has died, is done once and told', {
    timeout: 90_000,
  }, async () => {
    for (const how of ['stop', 'crash'] as const) {
      const { sonoran, servers, worker, others, working } = await startSeveral({
        database,
        count: 2,
        leaseMs: 1_500,
      });
      const other = at(others, 0);
      const somebody = newSomebody({ sonoran });
      await database.kill();
      await other.logged('The database cannot be reached');
      const outcome = await other.call('banPlayer', somebody.identifiers[0], how, {});
      expect(outcome).toMatchObject({ status: 'queued' });
      if (how === 'stop') await other.stop();
      else other.crash();
      await database.start();
      await working([worker]);
      await other.start();
      await until(() => isBannedAt(sonoran, somebody).every((is) => is), 'the ban', 30_000);
      await until(
        () =>
          other.events.some(
            ({ name, outcome: told }) => name === 'delivered' && told['id'] === outcome['id'],
          ),
        'the news',
      );
      // Nothing of it is left to be done once more.
      await other.stop();
      await other.start();
      await eventually('the history', async () => (await other.call<unknown[]>('getHistory')).length === 1);
      // What is decided after it is sent after it.
      const later = await other.call('banPlayer', newSomebody({ sonoran }).identifiers[0], 'later', {});
      await eventually('the later ban', async () =>
        (await historyOf(other)).some(({ id, status }) => id === later['id'] && status === 'delivered'),
      );
      expect(effectsOn(sonoran, somebody, 'ban')).toBe(2);
      for (const server of servers) expect(server.faults).toEqual([]);
    }
  });
});
