import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeTables } from '../mysql/community.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody, type Somebody } from '../resource/somebody.ts';
import { fixtureOf, furnish } from '../resource/store-0.1.ts';
import { historyOf, isBanned, sooner, type Told } from './awaited.ts';
import { type Server, startServers } from './servers.ts';
import { renewed } from './several.ts';

/** CAD alone: what CMS lets through in a minute would be waited for. */
const CAD_ALONE = { cmsban_cms_community_id: 'none', cmsban_cms_api_key: '' };
const KVP = { ...CAD_ALONE, cmsban_storage: 'kvp' };
const MYSQL = { cmsban_storage: 'mysql' };
/** All of them at once, with other convars. */
async function restart(servers: readonly Server[], convars: Readonly<Record<string, string>>): Promise<void> {
  for (const server of servers) await server.stop();
  await Promise.all(servers.map((server) => server.start(convars)));
}

const MOVED = 'What this server had kept for itself is in the database now';

describe('servers that have each kept everything for themselves', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('are one community: what was decided last counts, and all of it is history', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 2, convars: KVP });
    const [one, two] = servers as [Server, Server];
    const [lifted, banned, both] = [
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
    ];
    const [temporary, named] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    const [waiting, overtaken] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    const ban = (server: Server, who: Somebody, reason: string, options = {}) =>
      server.call<Told>('banPlayer', who.identifiers[0], reason, options);
    const lift = (server: Server, who: Somebody) =>
      server.call<Told>('unbanPlayer', who.identifiers[0], 'appeal', {});

    // A permanent ban of one, and a later lift of the other.
    await ban(one, lifted, 'aimbot');
    await lift(two, lifted);
    // The other way round.
    await lift(two, banned);
    await ban(one, banned, 'aimbot again');
    // Both, and the second temporary.
    const first = await ban(one, both, 'RDM');
    const second = await ban(two, both, 'RDM too', { duration: '3d' });
    await ban(two, temporary, 'VDM', { duration: '1d' });
    // The same name of a decision on each.
    const ofOne = await ban(one, named, 'macro', { id: 'case-1' });
    await ban(two, temporary, 'macro', { id: 'case-1', duration: '2d' });
    // What is on its way: a ban of one; a lift, and a later ban of the other server.
    await sonoran.cad.down();
    const queued = await ban(one, waiting, 'on its way');
    await lift(two, overtaken);
    const later = await ban(one, overtaken, 'after the lift');
    expect(queued.status).toBe('queued');
    const before = [...(await historyOf(one)), ...(await historyOf(two))];
    for (const server of servers) await server.stop();
    await sonoran.cad.up();
    const from = sonoran.cad.effects.length;
    await Promise.all(servers.map((server) => server.start(MYSQL)));
    await working();
    for (const server of servers)
      expect(await server.logged(MOVED)).toMatch(/Actions: \d+; of these bans in force: \d+/);

    await sooner(
      async () => (await historyOf(one)).find(({ id }) => id === queued.id)?.status === 'delivered',
      'the ban',
    );
    await sooner(async () => (await one.call<Told[]>('getPending', 10)).length === 0, 'the end of all');
    await sooner(
      async () => JSON.stringify(await historyOf(two)) === JSON.stringify(await historyOf(one)),
      'one history',
    );
    const history = await historyOf(one);
    expect(history.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    expect(history.map(({ at }) => at)).toEqual(history.map(({ at }) => at).sort((a, b) => b - a));
    for (const { id, at, server } of before)
      expect(history).toContainEqual(expect.objectContaining({ id, at, server }));

    for (const server of servers) {
      // Whether Sonoran's list has them is for the list to say.
      expect(await server.call('isBanned', lifted.identifiers[0])).not.toHaveProperty('id');
      for (const who of [banned, both, temporary, named, waiting, overtaken]) {
        expect(await isBanned(server, who.identifiers), who.name).toBe(true);
        expect(await server.isLetIn(who.name, who.identifiers)).toBe(false);
      }
      expect(history).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ id: first.id, until: null }),
          expect.objectContaining({ id: second.id, until: expect.any(Number) }),
        ]),
      );
    }
    // What was on its way is done once, and the earlier lift ends nothing of the later ban.
    const effects = sonoran.cad.effects.slice(from).map(({ kind, accId }) => `${kind} ${accId}`);
    expect(effects.filter((effect) => effect.endsWith(waiting.uuid))).toEqual([`ban ${waiting.uuid}`]);
    expect(effects.filter((effect) => effect.endsWith(overtaken.uuid)).at(-1)).toBe(`ban ${overtaken.uuid}`);
    expect(history).toContainEqual(expect.objectContaining({ id: later.id, status: 'delivered' }));
    // A decision that is told again is the one it was on that server.
    const again = await ban(one, named, 'told again', { id: 'case-1' });
    expect(again).toMatchObject({ id: ofOne.id, again: true });

    // Once.
    await restart(servers, {});
    await working();
    await sooner(async () => (await historyOf(two)).length === history.length, 'the history');
    for (const server of servers) expect(server.log.filter((line) => line.includes(MOVED))).toEqual([]);
    for (const server of servers) await server.stop();
    for (const server of servers) {
      const own = [...server.stored().keys()].filter((name) =>
        /^(action|key|record|mirror|limit):/.test(name),
      );
      expect(own).toEqual([]);
      expect(server.faults).toEqual([]);
    }
  });

  it('keep people out from the first moment, and move when the database is there', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 1, convars: KVP });
    const [server] = servers as [Server];
    await sonoran.cms.down();
    await sonoran.cad.down();
    const somebody = newSomebody({ sonoran });
    await server.call('banPlayer', somebody.identifiers[0], 'aimbot', {});
    await server.stop();
    database.freeze();
    await server.start(MYSQL);
    expect(await server.isLetIn(somebody.name, somebody.identifiers)).toBe(false);
    database.thaw();
    await working();
    expect(await server.isLetIn(somebody.name, somebody.identifiers)).toBe(false);
    await server.logged(
      `${MOVED}, for all servers of the community. Actions: 1; of these bans in force: 1; still on their way: 1.`,
    );
    expect(server.faults).toEqual([]);
  });

  it('are taken in by a server that works, and has calls under way, with none made twice', {
    timeout: 60_000,
  }, async () => {
    const started = await startServers({ database, count: 2, convars: KVP, leaseMs: 1_500 });
    const { sonoran, servers, working, rows } = started;
    const [one, two] = servers as [Server, Server];
    const [known, slow, meanwhile] = [
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
      newSomebody({ sonoran }),
    ];
    await two.call('banPlayer', known.identifiers[0], 'by itself', {});
    for (const server of servers) await server.stop();
    await one.start(MYSQL);
    await working([one]);
    sonoran.cad.fault('account-bans', { kind: 'latency', ms: 4_000 });
    const answer = one.call('banPlayer', slow.identifiers[0], 'slow', {});
    await two.start(MYSQL);
    await sooner(async () => (await rows('cmsban_request')).length > 0, 'what two hands in');
    await renewed(started);
    const told = await one.call('banPlayer', meanwhile.identifiers[0], 'meanwhile', {});
    expect(told).toMatchObject({ status: 'queued' });
    expect(JSON.stringify(told)).toContain('waits a moment: what another server has decided by itself');
    await answer;
    await two.logged(MOVED);
    await sooner(async () => {
      const history = await historyOf(two);
      return history.length === 3 && history.every(({ status }) => status === 'delivered');
    }, 'all of it');
    expect((await historyOf(one)).map(({ id }) => id)).toEqual((await historyOf(two)).map(({ id }) => id));
    for (const who of [known, slow, meanwhile]) {
      const calls = sonoran.cad.effects.filter(({ accId }) => accId === who.uuid);
      expect(calls.map(({ kind }) => kind)).toEqual(['ban']);
    }
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('take a store of 0.1 along', { timeout: 60_000 }, async () => {
    const fixture = fixtureOf('stopped');
    const { servers, working } = await startServers({
      database,
      count: 1,
      convars: { ...fixture.convars, cmsban_history_limit: '500' },
      records: (_, sonoran) => furnish(fixture, sonoran),
    });
    const [server] = servers as [Server];
    await working();
    await server.logged(MOVED);
    const history = await historyOf(server);
    const old = history.filter(({ at }) => at <= fixture.wall);
    const known = [...fixture.history, ...fixture.pending].map(({ id }) => id);
    expect(old.map(({ id }) => id).filter((id) => known.includes(id)).length).toBeGreaterThan(20);
    expect(old.map(({ at }) => at)).toEqual(old.map(({ at }) => at).sort((a, b) => b - a));
    // How much goes out in which time is for the limits to say.
    await sooner(async () => {
      const now = await historyOf(server);
      const stateOf = (id: string) => now.find((each) => each.id === id)?.status;
      const states = fixture.pending.map(({ id }) => stateOf(id));
      return (
        states.every((state) => state === 'delivered' || state === 'queued') && states.includes('delivered')
      );
    }, 'what was pending');
    await server.stop();
    expect([...server.stored().keys()]).toContain('unreadable:action:5ca1ab1e00');
    expect(server.faults).toEqual([]);
  });

  it('lose nothing, and double nothing, by a crash at any moment', { timeout: 150_000 }, async () => {
    const { sonoran, servers, working, schema } = await startServers({ database, count: 2, convars: KVP });
    // Whoever makes the tables, and is killed, is waited for.
    await makeTables({ ...database, config: { ...database.config, database: schema } });
    await sonoran.cad.down();
    const people = Array.from({ length: 6 }, () => newSomebody({ sonoran }));
    for (const [place, who] of people.entries()) {
      await servers[place % 2]?.call('banPlayer', who.identifiers[0], `case ${place}`, {});
    }
    const before = (await Promise.all(servers.map(historyOf))).flat();
    for (const server of servers) await server.stop();
    await Promise.all(servers.map((server) => server.start(MYSQL)));
    for (const ms of [20, 60, 100, 150, 200, 300, 450, 700]) {
      await setTimeout(ms);
      const server = servers[ms % 20 === 0 ? 0 : 1];
      server?.crash();
      await server?.start();
    }
    // Not sooner: a call whose answer a crash takes away is rightly made again.
    await sonoran.cad.up();
    await working();
    for (const server of servers) {
      await sooner(
        async () => (await historyOf(server)).every(({ status }) => status === 'delivered'),
        'all',
        75_000,
      );
      const history = await historyOf(server);
      expect(history.map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    }
    for (const who of people) {
      const calls = sonoran.cad.effects.filter(({ accId }) => accId === who.uuid);
      expect(calls.map(({ kind }) => kind)).toEqual(['ban']);
    }
    for (const server of servers) expect(server.faults).toEqual([]);
  });
});
