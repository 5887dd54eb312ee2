import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody, type Somebody } from '../resource/somebody.ts';
import { historyOf, isBanned, sooner, type Told } from './awaited.ts';
import { type Server, startServers } from './servers.ts';

/** CAD alone: what CMS lets through in a minute would be waited for. */
const CAD_ALONE = { cmsban_cms_community_id: 'none', cmsban_cms_api_key: '' };
const KVP = { cmsban_storage: 'kvp' };
const MYSQL = { cmsban_storage: 'mysql' };

const ban = (server: Server, who: Somebody, reason: string, options = {}) =>
  server.call<Told>('banPlayer', who.identifiers[0], reason, options);

const idsOf = async (server: Server) => (await historyOf(server)).map(({ id }) => id);
const stateOf = async (server: Server, { id }: Told) =>
  (await historyOf(server)).find((each) => each.id === id)?.status;

describe('a server that keeps everything for itself again', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('takes along what is on its way when no other server is there, and brings it back', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 1, convars: CAD_ALONE });
    const [server] = servers as [Server];
    await working();
    const [done, temporary, kept] = [
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
      newSomebody({ sonoran }, { cad: [] }),
    ];
    const [waiting, later] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    const first = await ban(server, done, 'aimbot', { id: 'case-1' });
    await ban(server, temporary, 'VDM', { duration: '2d' });
    const unlinked = await ban(server, kept, 'unknown to Sonoran');
    await sooner(async () => JSON.stringify(await historyOf(server)).includes('NOT_LINKED'), 'the kept ban');
    await sonoran.cad.down();
    const pending = await ban(server, waiting, 'on its way');
    expect(pending.status).toBe('queued');
    const all = await idsOf(server);

    // Out.
    await server.stop();
    await server.start(KVP);
    expect(await server.logged('This server keeps everything for itself from now on')).toBe(
      'This server keeps everything for itself from now on: what the servers of the community have decided was copied from the database. Actions: 4; of these bans in force: 4. What was still on its way goes on here: 2.',
    );
    expect(await idsOf(server)).toEqual(all);
    for (const who of [done, temporary, kept, waiting]) {
      await sooner(async () => (await isBanned(server, who.identifiers)) === true, 'what is known');
      expect(await server.isLetIn(who.name, who.identifiers)).toBe(false);
    }
    expect(await ban(server, done, 'told again', { id: 'case-1' })).toMatchObject({
      id: first.id,
      again: true,
    });
    expect(await stateOf(server, unlinked)).toBe('queued');
    await sonoran.cad.up();
    await sooner(async () => (await stateOf(server, pending)) === 'delivered', 'what was on its way');
    const calls = sonoran.cad.effects.filter(({ accId }) => accId === waiting.uuid);
    expect(calls.map(({ kind }) => kind)).toEqual(['ban']);
    await server.call('unbanPlayer', done.identifiers[0], 'appeal', {});
    await ban(server, later, 'by itself');
    const more = await idsOf(server);
    expect(more).toHaveLength(6);
    // Once.
    await server.stop();
    await server.start();
    expect(await idsOf(server)).toEqual(more);
    expect(server.log.filter((line) => line.includes('for itself from now on'))).toEqual([]);

    // And in again.
    await server.stop();
    await server.start(MYSQL);
    await working();
    await server.logged('Actions: 6; of these bans in force: 4; still on their way: 1.');
    expect(await idsOf(server)).toEqual(more);
    await sooner(async () => (await isBanned(server, done.identifiers)) === false, 'the end of the ban');
    for (const who of [temporary, kept, waiting, later])
      expect(await isBanned(server, who.identifiers)).toBe(true);
    expect(await stateOf(server, pending)).toBe('delivered');
    expect(await stateOf(server, unlinked)).toBe('queued');
    // The kept ban goes out when there is an account.
    expect(sonoran.cad.effects.filter(({ accId }) => accId === waiting.uuid)).toHaveLength(1);
    expect(await ban(server, later, 'and on', {})).toBeDefined();
    expect(server.faults).toEqual([]);
  });

  it('leaves what is on its way to the others, as long as one is there', { timeout: 90_000 }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 2, convars: CAD_ALONE });
    const [one, two] = servers as [Server, Server];
    await working();
    const [waiting, other] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await sonoran.cad.down();
    const pending = await ban(one, waiting, 'on its way');
    await sooner(async () => (await stateOf(two, pending)) === 'queued', 'the ban on the other server');
    await one.stop();
    await one.start(KVP);
    expect(await one.logged('This server keeps everything for itself from now on')).toMatch(
      /Actions: 1; of these bans in force: 1\. What was still on its way goes on on the other servers: 1\.$/,
    );
    await sooner(async () => (await isBanned(one, waiting.identifiers)) === true, 'what is known');
    const left = JSON.stringify(await historyOf(one));
    expect(left).toContain(' is banned. ');
    expect(left).toContain('the other servers of the community see to it');
    expect(left).not.toContain('given up');
    expect(left).not.toContain('NOT banned');
    await ban(one, other, 'by itself');
    await sonoran.cad.up();
    await working([two]);
    await sooner(async () => (await stateOf(two, pending)) === 'delivered', 'the ban');
    const calls = () => sonoran.cad.effects.filter(({ accId }) => accId === waiting.uuid).length;
    expect(calls()).toBe(1);
    await one.stop();
    await one.start(MYSQL);
    await one.logged('What this server had kept for itself');
    await sooner(
      async () => (await idsOf(two)).length === 2 && (await idsOf(one)).length === 2,
      'one history',
    );
    expect(await stateOf(one, pending)).toBe('delivered');
    expect(calls()).toBe(1);
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('says to whoever comes later that it sees to what it has taken', { timeout: 60_000 }, async () => {
    const { sonoran, servers, working, schema } = await startServers({
      database,
      count: 2,
      convars: CAD_ALONE,
    });
    const [one, two] = servers as [Server, Server];
    await working();
    await two.stop();
    await working([one]);
    await sonoran.cad.down();
    const pending = await ban(one, newSomebody({ sonoran }), 'on its way');
    await one.stop();
    // As if it had not been there for a minute.
    await database.admin(`UPDATE ${schema}.cmsban_server SET seen_at = seen_at - 61000`);
    await one.start(KVP);
    await one.logged('goes on here: 1.');
    await two.start();
    await working([two]);
    const told = (await historyOf(two)).find(({ id }) => id === pending.id);
    expect(told?.products['cad']?.message).toContain('Server 1 sees to it, by itself');
    await sonoran.cad.up();
    await sooner(async () => (await stateOf(one, pending)) === 'delivered', 'the ban');
    expect(sonoran.cad.effects.filter(({ kind }) => kind === 'ban')).toHaveLength(1);
    await one.stop();
    await one.start(MYSQL);
    await sooner(async () => (await stateOf(two, pending)) === 'delivered', 'the ban on the other server');
    expect(sonoran.cad.effects.filter(({ kind }) => kind === 'ban')).toHaveLength(1);
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it.each([
    ['and the database is there again', true],
    ['and the database is still away', false],
  ])(
    'carries out what was decided while the database was away, %s',
    { timeout: 60_000 },
    async (_, isBack) => {
      const { sonoran, servers, working } = await startServers({ database, count: 1, convars: CAD_ALONE });
      const [server] = servers as [Server];
      await working();
      const somebody = newSomebody({ sonoran });
      await database.kill();
      onTestFinished(() => (isBack ? undefined : database.start()));
      const answer = server.call('banPlayer', somebody.identifiers[0], 'while it was away', { id: 'case-2' });
      await sooner(async () => (await isBanned(server, somebody.identifiers)) === true, 'the ban');
      await answer;
      await server.stop();
      if (isBack) await database.start();
      await server.start(KVP);
      await server.logged('This server keeps everything for itself from now on');
      await sooner(
        async () => (await historyOf(server)).some(({ status }) => status === 'delivered'),
        'the ban',
      );
      expect(await ban(server, somebody, 'again', { id: 'case-2' })).toMatchObject({ again: true });
      expect(sonoran.cad.effects).toHaveLength(1);
      await server.stop();
      expect([...server.stored().keys()].filter((name) => name.startsWith('asked:'))).toEqual([]);
      expect(server.faults).toEqual([]);
    },
  );

  it.each([
    ['stops at once', async (server: Server) => server.stop()],
    [
      'is killed once that is stored',
      async (server: Server) => {
        await sooner(async () => server.onDisk().includes('W1AB-CDEF'), 'the warning on disk');
        server.crash();
      },
    ],
  ])(
    'acts on what it had heard while the database was away, when it %s',
    { timeout: 60_000 },
    async (_, end) => {
      const { sonoran, servers, working } = await startServers({
        database,
        count: 1,
        convars: { cmsban_cms_records: 'warn', cmsban_txadmin_actions: 'none' },
      });
      const [server] = servers as [Server];
      await working();
      const who = newSomebody({ sonoran });
      const warning = {
        author: 'Mia',
        reason: 'swearing',
        identifiers: who.identifiers,
        actionId: 'W1AB-CDEF',
      };
      const records = () => sonoran.cms.account(who.accId).records;
      await database.kill();
      await server.txAdmin.warn(warning);
      await end(server);
      await database.start();
      await server.start(KVP);
      await sooner(async () => records().length > 0, 'the record');
      // Its end is known by txAdmin's own id.
      await server.txAdmin.revoke({ ...warning, actionType: 'warn', revokedBy: 'Max' });
      await sooner(async () => records().every(({ status }) => !status), 'the end of the record');
      expect(records()).toHaveLength(1);
      expect([...server.stored().keys()].filter((name) => name.startsWith('asked:'))).toEqual([]);
      expect(server.faults).toEqual([]);
    },
  );

  it('takes everything along once, also when it is killed while it does', { timeout: 90_000 }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 1, convars: CAD_ALONE });
    const [server] = servers as [Server];
    await working();
    await sonoran.cad.down();
    const people = Array.from({ length: 6 }, () => newSomebody({ sonoran }));
    for (const who of people) await ban(server, who, 'on its way');
    const before = await idsOf(server);
    await server.stop();
    for (const ms of [20, 50, 80, 120, 170]) {
      await server.start(KVP);
      await setTimeout(ms);
      server.crash();
    }
    // It has thought better of it, and then not.
    await server.start(MYSQL);
    await working();
    await sooner(async () => (await idsOf(server)).length === 6, 'the history');
    await server.stop();
    await server.start(KVP);
    await sooner(async () => (await server.call<Told[]>('getPending', 10)).length === 6, 'what is pending');
    await sonoran.cad.up();
    await sooner(
      async () => (await historyOf(server)).every(({ status }) => status === 'delivered'),
      'all',
      75_000,
    );
    expect(await idsOf(server)).toEqual(before);
    for (const who of people) {
      expect(sonoran.cad.effects.filter(({ accId }) => accId === who.uuid)).toHaveLength(1);
    }
    expect(server.faults).toEqual([]);
  });

  it.each([
    ['the database is away', async (db: Mariadb) => db.kill(), {}, /ECONNREFUSED/],
    [
      'no connection string is set',
      async () => {},
      { cmsban_mysql_connection_string: '' },
      /no connection string is set/,
    ],
    [
      'a newer cmsban was there',
      async (db: Mariadb, schema: string) => db.admin(`UPDATE ${schema}.cmsban_schema SET version = 99`),
      {},
      /a newer version of cmsban has changed its tables/,
    ],
    [
      'it is of another community',
      async (db: Mariadb, schema: string) =>
        db.admin(`UPDATE ${schema}.cmsban_community SET cad_id = 'other'`),
      {},
      /it belongs to another community/,
    ],
  ] as const)(
    'goes on with the bans in force that it knew when %s',
    { timeout: 60_000 },
    async (_, happen, convars, why) => {
      const { sonoran, servers, working, schema } = await startServers({
        database,
        count: 1,
        convars: CAD_ALONE,
      });
      const [server] = servers as [Server];
      await working();
      const somebody = newSomebody({ sonoran });
      await ban(server, somebody, 'aimbot');
      await server.stop();
      await happen(database, schema);
      await server.start({ ...KVP, ...convars });
      onTestFinished(async () => (why.test('ECONNREFUSED') ? database.start() : undefined));
      expect(
        await server.logged(
          'This server keeps everything for itself from now on, but the database cannot be read',
        ),
      ).toMatch(why);
      await sooner(async () => (await isBanned(server, somebody.identifiers)) === true, 'what is known');
      expect(await server.isLetIn(somebody.name, somebody.identifiers)).toBe(false);
      await server.stop();
      await server.start();
      await sooner(async () => (await isBanned(server, somebody.identifiers)) === true, 'what is known');
      expect(server.log.join('\n')).not.toContain('for itself from now on');
      expect(server.faults).toEqual([]);
    },
  );
});
