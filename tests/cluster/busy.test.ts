import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { theSame } from './awaited.ts';
import { at, effectsOn, eventually, isBannedAt, pause, startSeveral } from './several.ts';

/** How often it is measured; odd. */
const TURNS = 5;

describe('three servers that are busy', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('keep the limits of one: 30 bans at once, each one call for a product', {
    timeout: 150_000,
  }, async () => {
    const { sonoran, servers } = await startSeveral({
      database,
      count: 3,
      convars: { cmsban_cad_version: '1' },
      cms: { limits: 'documented' },
      cad: { limits: 'documented' },
    });
    const people = Array.from({ length: 30 }, () => newSomebody({ sonoran }));
    const begun = performance.now();
    const outcomes = await Promise.all(
      people.map((each, place) => at(servers, place % 3).call('banPlayer', each.identifiers[0], 'raid', {})),
    );
    for (const outcome of outcomes) expect(outcome['status']).not.toBe('refused');
    await until(
      () => people.every((each) => isBannedAt(sonoran, each).every((is) => is)),
      'all bans',
      120_000,
    );
    console.log(
      `30 bans on three servers: through in ${Math.round((performance.now() - begun) / 100) / 10} s`,
    );
    expect(people.map((each) => effectsOn(sonoran, each, 'ban'))).toEqual(people.map(() => 2));
    const refused = [...sonoran.cms.requests, ...sonoran.cad.requests].filter(
      ({ response }) => response?.status === 429,
    );
    expect(refused).toEqual([]);
    const ids = (list: readonly { id: string }[]) => list.map(({ id }) => id);
    const history = () => Promise.all(servers.map(async (server) => ids(await server.call('getHistory'))));
    await eventually('the same everywhere', async () => {
      const [first, ...others] = await history();
      return first?.length === 30 && others.every((other) => JSON.stringify(other) === JSON.stringify(first));
    });
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('keep the order of each person’s decisions, wherever they are taken', { timeout: 60_000 }, async () => {
    const { sonoran, servers } = await startSeveral({
      database,
      count: 3,
      convars: { cmsban_cad_version: '1' },
    });
    const people = Array.from({ length: 3 }, () => newSomebody({ sonoran }));
    for (const [place, each] of people.entries()) {
      for (let turn = 0; turn < 4; turn++) {
        const server = at(servers, (place + turn) % 3);
        const name = turn % 2 === 0 ? 'banPlayer' : 'unbanPlayer';
        server.fx.emit(
          'caller:call',
          1000 + turn,
          name,
          JSON.stringify([each.identifiers[0], `turn ${turn}`, {}]),
        );
        // A good deal longer than the servers' clocks may differ by on a busy machine.
        await pause(100);
      }
    }
    await eventually(
      'an empty queue',
      async () => {
        const pending = await Promise.all(servers.map((server) => server.call<unknown[]>('getPending')));
        return pending.every(({ length }) => length === 0);
      },
      40_000,
    );
    await theSame(servers, ['getHistory', 100]);
    for (const each of people) expect(sonoran.cad.account(each.uuid).status).toBe(1);
    for (const server of servers) {
      expect(await server.call('getPending')).toEqual([]);
      for (const each of people) {
        expect(await server.call('isBanned', each.identifiers[0])).not.toHaveProperty('id');
      }
    }
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('put a ban that another server asked for on the wire within 600 ms', { timeout: 60_000 }, async () => {
    const { sonoran, others, worker } = await startSeveral({ database, count: 3 });
    const took: number[] = [];
    // So few that none of them has to wait for a limit. Each begins when the one that works has just looked.
    for (let turn = 0; turn < TURNS; turn++) {
      const somebody = newSomebody({ sonoran });
      const begun = performance.now();
      const before = sonoran.cms.requests.length;
      void at(others, turn % 2).call('banPlayer', somebody.identifiers[0], 'fast', {});
      await until(
        () => sonoran.cms.requests.length > before && effectsOn(sonoran, somebody, 'ban') > 0,
        'the call',
      );
      took.push(performance.now() - begun);
    }
    const sorted = took.toSorted((one, other) => one - other);
    const median = sorted[(TURNS - 1) / 2] ?? Number.POSITIVE_INFINITY;
    console.log(`on the wire: median ${Math.round(median)} ms, longest ${Math.round(sorted.at(-1) ?? 0)} ms`);
    expect(median).toBeLessThan(600);
    expect(worker.faults).toEqual([]);
  });
});
