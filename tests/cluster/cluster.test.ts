import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { startServers } from './servers.ts';

describe('three servers on one database', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('are one: a ban on any is one call for each product, and refuses on all', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, working } = await startServers({ database, count: 3 });
    const worker = await working();
    const other = servers.find((server) => server !== worker);
    const third = servers.find((server) => server !== worker && server !== other);
    if (!other || !third) throw new Error('not three');
    for (const server of servers) console.log(server.name, server.log.join('\n'));
    const somebody = newSomebody({ sonoran });
    const player = await third.join('Cheater', somebody.identifiers);
    const outcome = await other.call('banPlayer', somebody.identifiers[0], 'aimbot', {});
    console.log(outcome);
    for (const server of servers) console.log(server.name, server.log.slice(-6).join('\n'));
    expect(outcome).toMatchObject({ status: 'delivered', server: other.name });
    await until(() => player.dropReason, 'the drop');
    for (const server of servers) expect(server.faults).toEqual([]);
  });
});
