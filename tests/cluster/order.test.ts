import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { startProxy, type TestProxy } from '../mysql/proxy.ts';
import { newSomebody } from '../resource/somebody.ts';
import { at, effectsOn, eventually, isBannedAt, pause, type Several, startSeveral } from './several.ts';

/** So long after another, in milliseconds, a decision is later by any server's clock, however busy the machine is. */
const SURELY_LATER_MS = 250;

/** So long after the first, in milliseconds, the same is told again; before, it is a key that was pressed twice. */
const NO_DOUBLE_MS = 1_050;

/** A ban, or a lift, that waits on a server that cannot reach the database. */
describe('the order is the time of decision', () => {
  let database: Mariadb;
  let proxy: TestProxy;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());
  beforeEach(async () => {
    proxy = await startProxy(database.config.port);
  });
  afterEach(() => proxy.close());

  /** The last of three reaches the database by a line that can be cut, and does not work for the community. */
  async function startApart(): Promise<Several & { readonly apart: Several['worker'] }> {
    const several = await startSeveral({
      database,
      count: 3,
      leaseMs: 1_500,
      port: (number) => (number === 3 ? proxy.port : database.config.port),
    });
    const apart = at(several.servers, 2);
    if (several.worker === apart) {
      await apart.stop();
      const others = several.servers.filter((server) => server !== apart);
      const worker = await several.working(others);
      await apart.start();
      return { ...several, worker, others: several.servers.filter((server) => server !== worker), apart };
    }
    return { ...several, apart };
  }

  async function cutOff({ apart }: { apart: Several['worker'] }): Promise<void> {
    proxy.hold();
    // Which of the two depends on what asks first: over a connection that is there, or over a new one.
    const words = /The database (does not answer in time|cannot be reached)/;
    await until(() => apart.log.some((line) => words.test(line)), 'the word of it', 15_000);
  }

  it('a ban that waited is not carried out when it was lifted elsewhere since', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, worker, apart, servers } = await startApart();
    const somebody = newSomebody({ sonoran });
    await cutOff({ apart });
    const ban = await apart.call('banPlayer', somebody.identifiers[0], 'waits', {});
    expect(ban).toMatchObject({ status: 'queued' });
    expect(await apart.isLetIn('Nora', somebody.identifiers)).toBe(false);
    await pause(SURELY_LATER_MS);
    const lift = await worker.call('unbanPlayer', somebody.identifiers[0], 'innocent', {});
    proxy.pass();
    const told = await until(
      () => apart.events.find(({ name, outcome }) => name === 'refused' && outcome['id'] === ban['id']),
      'the end',
      20_000,
    );
    expect(told.outcome).toMatchObject({ code: 'CANCELLED' });
    expect(worker.log.join('\n')).toContain(String(lift['id']));
    expect(effectsOn(sonoran, somebody, 'ban')).toBe(0);
    await eventually('the open door', async () => apart.isLetIn('Nora', somebody.identifiers));
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('a lift that waited does not end a later ban, and opens its own door while it waits', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, worker, apart, servers } = await startApart();
    const somebody = newSomebody({ sonoran }, { cms: [], cad: [] });
    const first = await worker.call('banPlayer', somebody.identifiers[0], 'first', {});
    await eventually('the ban', async () => !(await apart.isLetIn('Nora', somebody.identifiers)));
    await cutOff({ apart });
    await apart.call('unbanPlayer', somebody.identifiers[0], 'innocent', {});
    expect(await apart.isLetIn('Nora', somebody.identifiers)).toBe(true);
    await pause(SURELY_LATER_MS);
    await worker.call('unbanPlayer', first['id'], 'mistake', {});
    const later = await worker.call('banPlayer', somebody.identifiers[0], 'later', {});
    proxy.pass();
    await eventually('the lift', async () => (await apart.call<unknown[]>('getHistory')).length === 4);
    for (const server of servers) {
      await eventually(`the later ban on ${server.name}`, async () => {
        const { id } = await server.call('isBanned', somebody.identifiers[0]);
        return id === later['id'] && !(await server.isLetIn('Nora', somebody.identifiers));
      });
      expect(server.faults).toEqual([]);
    }
  });

  it('a lift that was told again counts from then: a ban that waited meanwhile is not carried out', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, worker, apart, servers } = await startApart();
    const somebody = newSomebody({ sonoran });
    await worker.call('banPlayer', somebody.identifiers[0], 'first', {});
    const lift = await worker.call('unbanPlayer', somebody.identifiers[0], 'innocent', {});
    await eventually('the lift', async () => apart.isLetIn('Nora', somebody.identifiers));
    await cutOff({ apart });
    const ban = await apart.call('banPlayer', somebody.identifiers[0], 'waits', {});
    expect(ban).toMatchObject({ status: 'queued' });
    await pause(SURELY_LATER_MS);
    const again = await worker.call('unbanPlayer', somebody.identifiers[0], 'innocent', {});
    expect(again).toMatchObject({ id: lift['id'], again: true });
    proxy.pass();
    await until(
      () => apart.events.some(({ name, outcome }) => name === 'refused' && outcome['id'] === ban['id']),
      'the end',
      20_000,
    );
    expect(effectsOn(sonoran, somebody, 'ban')).toBe(2);
    // CMS has no call to lift one.
    expect(isBannedAt(sonoran, somebody)).toEqual([true, false]);
    for (const server of servers) {
      expect(await server.call('isBanned', somebody.identifiers[0])).not.toHaveProperty('id');
      expect(server.faults).toEqual([]);
    }
  });

  it('a lift that is told again by its own id is the earlier one, and takes no later one along', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, worker, apart, servers } = await startApart();
    const somebody = newSomebody({ sonoran });
    const [license] = somebody.identifiers;
    await worker.call('banPlayer', license, 'first', {});
    await eventually('the ban', async () => !(await apart.isLetIn('Nora', somebody.identifiers)));
    const first = await apart.call('unbanPlayer', license, 'innocent', { id: 'case-1' });
    await worker.call('banPlayer', license, 'again', {});
    await eventually('the ban', async () => !(await apart.isLetIn('Nora', somebody.identifiers)));
    await cutOff({ apart });
    // What has become of it is known here.
    const told = await apart.call('unbanPlayer', license, 'innocent', { id: 'case-1' });
    expect(told).toMatchObject({ id: first['id'], status: 'delivered', again: true });
    const later = await apart.call('unbanPlayer', license, 'innocent after all', {});
    expect(later).toMatchObject({ status: 'queued' });
    proxy.pass();
    await until(
      () => apart.events.some(({ name, outcome }) => name === 'delivered' && outcome['id'] === later['id']),
      'the end',
      20_000,
    );
    // CMS has no call to lift one.
    expect(isBannedAt(sonoran, somebody)).toEqual([true, false]);
    for (const server of servers) {
      await eventually(
        `the end on ${server.name}`,
        async () => !('id' in (await server.call('isBanned', license))),
      );
      expect(server.faults).toEqual([]);
    }
  });

  it.each([
    ['on the server that works', false],
    ['on a server on which it waits too', true],
  ])(
    'a ban that was told again %s counts from then: a lift that waited meanwhile does not end it',
    {
      timeout: 90_000,
    },
    async (_, isApart) => {
      const { sonoran, worker, apart, servers } = await startApart();
      const somebody = newSomebody({ sonoran });
      if (isApart) await cutOff({ apart });
      const ban = await (isApart ? apart : worker).call('banPlayer', somebody.identifiers[0], 'first', {});
      await eventually('the ban', async () => !(await apart.isLetIn('Nora', somebody.identifiers)));
      if (!isApart) await cutOff({ apart });
      await pause(NO_DOUBLE_MS);
      const lifting = isApart ? worker : apart;
      await lifting.call('unbanPlayer', somebody.identifiers[0], 'innocent', {});
      await pause(SURELY_LATER_MS);
      const again = await (isApart ? apart : worker).call('banPlayer', somebody.identifiers[0], 'first', {});
      expect(again).toMatchObject({ id: ban['id'], again: true });
      proxy.pass();
      for (const server of servers) {
        await eventually(`an empty queue, and the ban on ${server.name}`, async () => {
          const isDone = (await server.call<unknown[]>('getPending')).length === 0;
          const history = await server.call<Array<Record<string, unknown>>>('getHistory');
          const isHeard = history.some((each) => each['action'] === 'unban');
          const { banned } = await server.call('isBanned', somebody.identifiers[0]);
          return (
            isDone && isHeard && banned === true && !(await server.isLetIn('Nora', somebody.identifiers))
          );
        });
        expect(server.faults).toEqual([]);
      }
      expect(isBannedAt(sonoran, somebody)).toEqual([true, true]);
    },
  );

  it('a temporary ban that ends does not lift the permanent one of another server', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, worker, others, servers } = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const somebody = newSomebody({ sonoran });
    const short = await worker.call('banPlayer', somebody.identifiers[0], 'for a while', { duration: 2 });
    await at(others, 0).call('banPlayer', somebody.identifiers[0], 'for good', {});
    // Once a later one has ended, so has this.
    const later = newSomebody({ sonoran });
    await worker.call('banPlayer', later.identifiers[0], 'for a while', { duration: 2 });
    await until(() => effectsOn(sonoran, later, 'unban') > 0, 'the end of the later one', 20_000);
    expect(isBannedAt(sonoran, somebody)).toEqual([true, true]);
    expect(effectsOn(sonoran, somebody, 'unban')).toBe(0);
    for (const server of servers) {
      expect(await server.call('isBanned', somebody.identifiers[0])).toMatchObject({ reason: 'for good' });
      expect(await server.isLetIn('Nora', somebody.identifiers)).toBe(false);
    }
    expect(short['id']).toBeDefined();
  });

  it('who was banned on one while Sonoran was away, and lifted on another, is not banned in the end', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, worker, others } = await startSeveral({ database, count: 3, leaseMs: 1_500 });
    const people = Array.from({ length: 6 }, () => newSomebody({ sonoran }));
    await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
    const servers = [worker, ...others];
    await Promise.all(
      people.map((each, place) => at(servers, place % 3).call('banPlayer', each.identifiers[0], 'x', {})),
    );
    await Promise.all(
      people.map((each, place) =>
        at(servers, (place + 1) % 3).call('unbanPlayer', each.identifiers[0], 'y', {}),
      ),
    );
    await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
    await worker.console('cmsqueue retry');
    await eventually(
      'an empty queue',
      async () => (await worker.call<unknown[]>('getPending')).length === 0,
      30_000,
    );
    expect(people.map((each) => isBannedAt(sonoran, each))).toEqual(people.map(() => [false, false]));
    for (const server of servers) {
      expect(await Promise.all(people.map((each) => server.isLetIn('Nora', each.identifiers)))).toEqual(
        people.map(() => true),
      );
      expect(server.faults).toEqual([]);
    }
  });
});
