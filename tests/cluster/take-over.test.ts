import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { historyOf } from './awaited.ts';
import { at, effectsOn, eventually, isBannedAt, leaseEnd, startSeveral } from './several.ts';

describe('when the server that works is gone', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('another one works within 20 seconds of its death, and at once when it stops in order', {
    timeout: 60_000,
  }, async () => {
    const { servers, worker, working } = await startSeveral({ database, count: 3 });
    const begun = performance.now();
    worker.crash();
    const left = servers.filter((server) => server !== worker);
    const second = await working(left);
    const afterCrash = performance.now() - begun;
    const stoppedAt = performance.now();
    await second.stop();
    await working(left.filter((server) => server !== second));
    const afterStop = performance.now() - stoppedAt;
    console.log(
      `taken over ${Math.round(afterCrash)} ms after a crash, ${Math.round(afterStop)} ms after a stop`,
    );
    expect(afterCrash).toBeLessThan(20_000);
    expect(afterStop).toBeLessThan(3_000);
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('what was on its way goes on, once', { timeout: 60_000 }, async () => {
    const { sonoran, servers, worker, others, working } = await startSeveral({
      database,
      count: 2,
      leaseMs: 1_500,
    });
    const other = at(others, 0);
    const [first, second] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
    const onWorker = await worker.call('banPlayer', first.identifiers[0], 'one', {});
    const onOther = await other.call('banPlayer', second.identifiers[0], 'two', {});
    expect(onWorker).toMatchObject({ status: 'queued' });
    expect(onOther).toMatchObject({ status: 'queued', server: other.name });
    worker.crash();
    expect(await other.isLetIn('First', first.identifiers)).toBe(false);
    await working([other]);
    await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
    await other.console('cmsqueue retry');
    await until(
      () => [first, second].every((each) => isBannedAt(sonoran, each).every((is) => is)),
      'both bans',
      30_000,
    );
    await until(
      () => other.events.some(({ name, outcome }) => name === 'delivered' && outcome['id'] === onOther['id']),
      'the news',
    );
    expect([first, second].map((each) => effectsOn(sonoran, each, 'ban'))).toEqual([2, 2]);
    expect(await other.call('getHistory')).toMatchObject([{ id: onOther['id'] }, { id: onWorker['id'] }]);
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('a temporary ban ends, and a kept one goes on', { timeout: 60_000 }, async () => {
    const { sonoran, worker, others, working } = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const other = at(others, 0);
    const somebody = newSomebody({ sonoran });
    const unlinked = newSomebody({ sonoran }, { cms: [], cad: [] });
    await worker.call('banPlayer', somebody.identifiers[0], 'for a while', { duration: 6 });
    const kept = await worker.call('banPlayer', unlinked.identifiers[0], 'kept', {});
    expect(kept).toMatchObject({ status: 'queued', code: 'NOT_LINKED' });
    worker.crash();
    await working([other]);
    expect(await other.isLetIn('Kept', unlinked.identifiers)).toBe(false);
    await until(() => effectsOn(sonoran, somebody, 'unban') > 0, 'the lift', 20_000);
    await eventually('the end', async () => other.isLetIn('Nora', somebody.identifiers));
    expect(await other.isLetIn('Kept', unlinked.identifiers)).toBe(false);
    expect(await other.call('getPending')).toMatchObject([{ id: kept['id'] }]);
  });

  it('what it did not write down of the limit counts as used', { timeout: 60_000 }, async () => {
    const { sonoran, worker, others, working } = await startSeveral({
      database,
      count: 2,
      leaseMs: 1_500,
      cms: { limits: 'documented' },
      cad: { limits: 'documented' },
    });
    const other = at(others, 0);
    const people = Array.from({ length: 6 }, () => newSomebody({ sonoran }));
    // Look-ups, which do not wait until it is written down that they are made.
    await Promise.all(people.slice(0, 3).map((each) => worker.call('lookupPlayer', each.identifiers[0])));
    worker.crash();
    await working([other]);
    const bans = await Promise.all(
      people.map((each) => other.call('banPlayer', each.identifiers[0], 'raid', {})),
    );
    expect(bans.map((outcome) => outcome['status'])).not.toContain('refused');
    await until(
      () => people.every(({ accId }) => sonoran.cms.account(accId).banned),
      'the bans in CMS',
      30_000,
    );
    const refused = [...sonoran.cms.requests, ...sonoran.cad.requests].filter(
      ({ response }) => response?.status === 429,
    );
    expect(refused).toEqual([]);
  });

  it('what it had not written yet when it was stopped is done once it is back, once', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, worker, others, working } = await startSeveral({
      database,
      count: 2,
      leaseMs: 1_500,
    });
    const people = Array.from({ length: 3 }, () => newSomebody({ sonoran }));
    for (const [place, each] of people.entries()) {
      const call = JSON.stringify([each.identifiers[0], 'the last one', {}]);
      worker.fx.emit('caller:call', 900 + place, 'banPlayer', call);
    }
    await worker.stop();
    await working(others);
    await worker.start();
    await until(
      () => people.every((each) => isBannedAt(sonoran, each).every((is) => is)),
      'the bans',
      30_000,
    );
    // What is decided after it, on the same server, is done after it: nothing of it is left to be done.
    const last = newSomebody({ sonoran });
    await worker.call('banPlayer', last.identifiers[0], 'after all', {});
    await eventually('the end of all', async () => {
      const history = await historyOf(worker);
      return history.length === 4 && history.every(({ status }) => status === 'delivered');
    });
    expect(people.map((each) => effectsOn(sonoran, each, 'ban'))).toEqual([2, 2, 2]);
    expect(await historyOf(worker)).toHaveLength(4);
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('a stop that was only claimed takes nothing away', { timeout: 60_000 }, async () => {
    const several = await startSeveral({ database, count: 2, leaseMs: 1_500 });
    const { sonoran, worker, others, servers } = several;
    const end = await leaseEnd(several);
    for (const server of [worker, at(others, 0)]) server.fx.emit('onResourceStop', 'cmsban');
    // One that nobody holds any more is not prolonged.
    await eventually('a lease that goes on', async () => (await leaseEnd(several)) > end + 3_000);
    const somebody = newSomebody({ sonoran });
    const outcome = await worker.call('banPlayer', somebody.identifiers[0], 'aimbot', {});
    expect(['delivered', 'queued']).toContain(outcome['status']);
    await until(() => isBannedAt(sonoran, somebody).every((is) => is), 'the ban', 15_000);
    for (const server of servers) {
      await eventually(
        `the ban on ${server.name}`,
        async () => !(await server.isLetIn('Nora', somebody.identifiers)),
      );
      expect(server.faults).toEqual([]);
    }
  });
});
