import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { at, effectsOn, eventually, isBannedAt, startSeveral } from './several.ts';

describe('what whoever decides is told', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('is whom it waits for, when nobody works, or somebody who is slow', { timeout: 60_000 }, async () => {
    const { sonoran, others, worker, schema } = await startSeveral({ database, count: 2, leaseMs: 60_000 });
    const other = at(others, 0);
    const [first, second] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await database.admin(
      `UPDATE ${schema}.cmsban_community SET holder = NULL, token = token + 1, expires_at = expires_at + 60000`,
    );
    await worker.logged('does not work for the community any more');
    const nobody = await other.call('banPlayer', first.identifiers[0], 'nobody', {});
    expect(nobody['message']).toContain('waits until a server talks to Sonoran again');
    await other.console('cmsqueue');
    await other.logged('No server talks to Sonoran at the moment');
    await database.admin(
      `UPDATE ${schema}.cmsban_community SET holder = 'x', holder_name = 'Server X', token = token + 1`,
    );
    await eventually('the word of it', async () => {
      await other.console('cmsqueue');
      return other.log.some((line) => line.includes('Server X talks to Sonoran'));
    });
    const slow = await other.call('banPlayer', second.identifiers[0], 'slow', {});
    expect(slow['message']).toContain('waits for the server that talks to Sonoran (Server X)');
    await database.admin(`UPDATE ${schema}.cmsban_community SET holder = NULL, expires_at = 0`);
    await until(
      () => [first, second].every((each) => isBannedAt(sonoran, each).every((is) => is)),
      'both bans',
      30_000,
    );
    expect([first, second].map((each) => effectsOn(sonoran, each, 'ban'))).toEqual([2, 2]);
    for (const server of [worker, other]) expect(server.faults).toEqual([]);
  });

  it('is that another server goes on, when the one that worked was stopped by nobody', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, others, worker, schema } = await startSeveral({ database, count: 2, leaseMs: 4_000 });
    const somebody = newSomebody({ sonoran });
    sonoran.cms.fault('*', { kind: 'hang', when: 'before' });
    const answer = worker.call('banPlayer', somebody.identifiers[0], 'hangs', {});
    await until(() => sonoran.cms.openRequests > 0, 'the call');
    await database.admin(
      `UPDATE ${schema}.cmsban_community SET holder = NULL, token = token + 1, expires_at = 0`,
    );
    const outcome = await answer;
    expect(outcome).toMatchObject({ status: 'queued' });
    expect(outcome['message']).toContain('goes on on another server, which talks to Sonoran now');
    sonoran.cms.clearFaults();
    await until(() => isBannedAt(sonoran, somebody).every((is) => is), 'the ban', 40_000);
    await until(
      () =>
        worker.events.some(({ name, outcome: told }) => name === 'delivered' && told['id'] === outcome['id']),
      'the news',
    );
    for (const server of [worker, ...others]) expect(server.faults).toEqual([]);
  });

  it('is that it was not taken in, when the server that works does not understand it', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, others, schema } = await startSeveral({ database, count: 2 });
    const other = at(others, 0);
    await database.admin(
      `CREATE TRIGGER ${schema}.later BEFORE INSERT ON ${schema}.cmsban_request FOR EACH ROW SET NEW.body = '{"version":2}'`,
    );
    const outcome = await other.call('banPlayer', newSomebody({ sonoran }).identifiers[0], 'later', {});
    expect(outcome).toMatchObject({ status: 'refused', code: 'UNSUPPORTED' });
    expect(outcome['message']).toContain('runs another version of cmsban');
    expect(await other.call('getPending')).toEqual([]);
    expect(await database.admin(`SELECT * FROM ${schema}.cmsban_request`)).toEqual([]);
  });
});
