import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { ask, ban, history, news, openPanel, people, told, waiting } from '../resource/panel.ts';
import { newSomebody } from '../resource/somebody.ts';
import { MODERATOR } from '../resource/world.ts';
import { at, effectsOn, eventually, pause, startSeveral } from './several.ts';

/** Asks no faster than a panel may. */
const soon = (what: string, isSo: () => Promise<boolean>) =>
  eventually(what, async () => {
    await pause(150);
    return isSo();
  });

describe('the panel on a server that follows', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('decides once, shows what all have decided, and acts on the queue of the one that works', {
    timeout: 90_000,
  }, async () => {
    const { sonoran, servers, worker, others } = await startSeveral({ database, count: 2 });
    const follower = at(others, 0);
    const mia = await follower.join(MODERATOR.name, MODERATOR.identifiers);
    const there = await worker.join(MODERATOR.name, MODERATOR.identifiers);
    await openPanel(mia);
    await openPanel(there);

    const somebody = newSomebody({ sonoran });
    const player = await worker.join('Nora', somebody.identifiers);
    const wanted = ban(`license:${somebody.license}`, { duration: '2d', reason: 'RDM' });
    const before = news(there).length;
    const [first, second] = await Promise.all([told(mia, wanted), told(mia, wanted)]);
    expect(first).toMatchObject({ tone: 'good', id: expect.any(String) });
    expect(second.id).toBe(first.id);
    expect(second.message).not.toContain('decided already');
    expect(effectsOn(sonoran, somebody, 'ban')).toBe(1);
    await until(() => player.dropReason, 'the drop');
    await until(() => news(there).slice(before).flat().includes('history'), 'the news');
    expect(await history(there, { search: 'rdm' })).toMatchObject({
      items: [{ id: first.id, server: follower.name, author: 'Mia', inForce: true }],
    });
    await soon('the ban among who has left', async () => {
      const { items } = await people(there, 'nora');
      return items[0]?.where === 'left' && items[0].ban?.id === first.id;
    });

    await sonoran.cad.down();
    const other = newSomebody({ sonoran });
    const { id, tone } = await told(mia, ban(`license:${other.license}`));
    expect(tone).toBe('neutral');
    await soon('why it waits', async () => {
      const { items } = await waiting(mia);
      return items[0]?.id === id && items[0]?.shares.some(({ nextTryAt }) => nextTryAt !== null);
    });
    expect(await ask(mia, { ask: 'waiting', page: 1 })).toMatchObject({
      worker: expect.stringContaining(worker.name),
    });
    expect(await told(mia, { ask: 'retry', id })).toMatchObject({ tone: 'good' });
    const lookup = { ask: 'lookup', target: `license:${somebody.license}` } as const;
    expect((await told(mia, lookup)).message).toContain('RDM');
    await eventually(
      'the end',
      async () => (await told(mia, { ask: 'cancel', id: id ?? '' })).tone === 'good',
    );
    await soon('nothing left', async () => (await waiting(mia)).count === 0);
    for (const server of servers) expect(server.faults).toEqual([]);
  });
});
