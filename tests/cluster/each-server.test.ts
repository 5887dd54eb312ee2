import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { describe, type Mariadb, startMariadb } from '../mysql/mariadb.ts';
import { newSomebody } from '../resource/somebody.ts';
import { at, startSeveral } from './several.ts';

describe('what is each server’s own', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database.end());

  it('is when it drops, unless the caller says it', { timeout: 60_000 }, async () => {
    const { sonoran, servers } = await startSeveral({
      database,
      count: 3,
      own: [{ cmsban_drop_when: 'always' }, { cmsban_drop_when: 'success' }, { cmsban_drop_when: 'always' }],
    });
    const [one, two, three] = [at(servers, 0), at(servers, 1), at(servers, 2)];
    const [first, second] = [newSomebody({ sonoran }), newSomebody({ sonoran })];
    await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
    const onOne = await one.join('Nora', first.identifiers);
    const onTwo = await two.join('Nora', first.identifiers);
    const onThree = await three.join('Nora', first.identifiers);
    const outcome = await two.call('banPlayer', first.identifiers[0], 'own rules', {});
    expect(outcome).toMatchObject({ status: 'queued', dropped: false });
    await until(() => onOne.dropReason && onThree.dropReason, 'the drops where it is at once');
    expect(onTwo.dropReason).toBeNull();
    const later = await three.join('Nora', second.identifiers);
    const stays = await one.join('Nora', second.identifiers);
    const named = await three.call('banPlayer', second.identifiers[0], 'named', { drop: 'success' });
    expect(named).toMatchObject({ status: 'queued', dropped: false });
    // What comes later, and drops at once, is done on both: what came before it was heard there.
    const third = newSomebody({ sonoran });
    const dropped = [await one.join('Nora', third.identifiers), await three.join('Nora', third.identifiers)];
    await three.call('banPlayer', third.identifiers[0], 'named too', { drop: 'always' });
    await until(() => dropped.every(({ dropReason }) => dropReason), 'the later drops');
    expect([later.dropReason, stays.dropReason]).toEqual([null, null]);
    await Promise.all([sonoran.cms.up(), sonoran.cad.up()]);
    for (const server of servers) await server.console('cmsqueue retry');
    await until(() => onTwo.dropReason && later.dropReason && stays.dropReason, 'all drops', 30_000);
    const told = await until(
      () => two.events.find(({ name, outcome: it }) => name === 'delivered' && it['id'] === outcome['id']),
      'the news',
    );
    expect(told.outcome).toMatchObject({ dropped: true });
    expect(told.outcome['message']).toContain('dropped from the server');
    const onThird = await until(
      () => three.events.find(({ name, outcome: it }) => name === 'delivered' && it['id'] === named['id']),
      'the news',
    );
    expect(onThird.outcome).toMatchObject({ dropped: true });
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('is whether it knows who holds an account that is kicked; all drop them who do', {
    timeout: 60_000,
  }, async () => {
    const { sonoran, servers, worker, others } = await startSeveral({ database, count: 3 });
    const [asking, kicking] = [at(others, 0), at(others, 1)];
    const who = newSomebody({ sonoran }, { cms: ['license'], cad: ['license'] });
    const players = [await worker.join('Nora', who.identifiers), await asking.join('Nora', who.identifiers)];
    // Found by nothing but what they have typed into their account.
    await asking.call('lookupPlayer', `license:${who.license}`);
    const outcome = await kicking.call('kickPlayer', `account:${who.accId}`, 'idle', { products: ['cms'] });
    expect(outcome).toMatchObject({ status: 'delivered', dropped: false });
    expect(outcome['message']).toContain('Nobody on this server was known to hold this account');
    await until(() => players.every(({ dropReason }) => dropReason?.includes('Reason: idle')), 'the drops');
    for (const server of servers) expect(server.faults).toEqual([]);
  });

  it('is its language', { timeout: 60_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'cmsban-locale-'));
    try {
      const root = join(import.meta.dirname, '..', '..');
      for (const part of ['fxmanifest.lua', 'dist', 'locales']) {
        await cp(join(root, part), join(folder, part), { recursive: true });
      }
      const english = JSON.parse(await readFile(join(folder, 'locales', 'en.json'), 'utf8'));
      // Products are called the same: whoever works is waited for by what it says of their lists.
      const other = Object.fromEntries(
        Object.entries(english).map(([key, text]) => [key, key.startsWith('product.') ? text : `~${text}`]),
      );
      await writeFile(join(folder, 'locales', 'xx.json'), JSON.stringify(other));
      const { sonoran, servers } = await startSeveral({
        database,
        count: 2,
        cmsban: folder,
        own: [{}, { cmsban_locale: 'xx' }],
      });
      const [one, two] = [at(servers, 0), at(servers, 1)];
      const somebody = newSomebody({ sonoran });
      const player = await two.join('Nora', somebody.identifiers);
      const outcome = await one.call('banPlayer', somebody.identifiers[0], 'words', {});
      expect(outcome['message']).not.toContain('~');
      await until(() => player.dropReason, 'the drop');
      expect(player.dropReason).toContain('~');
      const [there] = await two.call<{ message: string }[]>('getHistory');
      expect(there?.message).toContain('~');
      const onTwo = await two.call('banPlayer', newSomebody({ sonoran }).identifiers[0], 'words', {});
      expect(onTwo['message']).toContain('~');
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
