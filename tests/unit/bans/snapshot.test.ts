import { describe, expect, it } from 'vitest';
import { type Ban, BanIndex, newBan } from '../../../server/bans/ban-index.ts';
import { createSnapshot } from '../../../server/bans/snapshot.ts';
import { createManualClock } from '../manual-clock.ts';
import { apply } from '../storage/fake-store.ts';
import { kvpOn } from '../storage/kvp-on.ts';
import { accountOf } from './scripted-list.ts';

const READ_AT = 1_700_000_000_000;

function ban(number: number): Ban {
  return { ...newBan(accountOf(number), null), listed: [`k${number}`], isListed: true };
}

/** A snapshot on a disk, as a process that starts has it. */
function open(disk = new Map<string, string>(), community = 'https://cms.example 1') {
  const clock = createManualClock();
  const { storage, store } = kvpOn(clock, disk);
  const index = new BanIndex();
  const snapshot = createSnapshot({ product: 'cms', community: () => community, index, storage, clock });
  return { store, storage, index, snapshot, disk, clock };
}

/** One with so many bans, on disk. */
async function filled(count: number) {
  const opened = open();
  await opened.snapshot.load();
  for (let number = 0; number < count; number++) opened.index.put(ban(number), 1);
  opened.snapshot.save('now');
  await opened.snapshot.confirm(READ_AT);
  opened.store.groups.length = 0;
  return opened;
}

describe('a snapshot', () => {
  it('is there again after a restart, with the time of the last read', async () => {
    const { disk } = await filled(2_000);
    const { index, snapshot } = open(new Map(disk));
    expect(await snapshot.load()).toMatchObject({ readAt: READ_AT, senseless: 0 });
    expect(index.size).toBe(2_000);
    expect(index.find('k1999')).toEqual(ban(1_999));
  });

  it('knows that the product has no list, until it has one', async () => {
    const { snapshot, disk, clock } = open();
    expect(await snapshot.load()).toMatchObject({ hasNoList: false });
    snapshot.lacking(null);
    await clock.advance(0);
    expect(await open(new Map(disk)).snapshot.load()).toMatchObject({ readAt: null, hasNoList: true });
    await snapshot.confirm(READ_AT);
    expect(await open(new Map(disk)).snapshot.load()).toMatchObject({ readAt: READ_AT, hasNoList: false });
  });

  it('of nothing is nothing', async () => {
    const { index, snapshot } = open();
    expect(await snapshot.load()).toMatchObject({ readAt: null, senseless: 0 });
    expect(index.size).toBe(0);
  });

  it('writes a page or two for a ban, however many there are', async () => {
    const { index, snapshot, store, clock } = await filled(2_000);
    index.put(ban(5_000), 2);
    snapshot.save('now');
    await clock.advance(0);
    index.remove('k700');
    snapshot.save('now');
    await clock.advance(0);
    expect(store.groups).toHaveLength(2);
    for (const changes of store.groups) expect(changes.length).toBeLessThanOrEqual(2);
    store.groups.length = 0;
    snapshot.save('now');
    await clock.advance(2_000);
    expect(store.groups).toEqual([]);
  });

  it('goes with the next write of anybody, when it may take a moment', async () => {
    const { index, snapshot, storage, store, disk, clock } = await filled(10);
    index.put(ban(99), 2);
    snapshot.save('soon');
    await clock.advance(500);
    expect(store.groups).toEqual([]);
    await storage.write([{ name: 'action:1', value: '{}' }]);
    expect(store.groups.map((group) => group.map(({ name }) => name))).toEqual([
      ['action:1', 'mirror:cms:0'],
    ]);
    const late = open(new Map(disk));
    await late.snapshot.load();
    expect(late.index.find('k99')).toBeDefined();
  });

  it('goes within a second when there is no other write', async () => {
    const { index, snapshot, disk, clock } = await filled(10);
    index.put(ban(99), 2);
    snapshot.save('soon');
    await clock.advance(999);
    expect(disk.get('mirror:cms:0')).not.toContain('k99');
    await clock.advance(1);
    expect(disk.get('mirror:cms:0')).toContain('k99');
  });

  it.each(['now', 'soon', 'in slices'] as const)(
    'saved %s on a disk that is full is there when it has room again',
    async (how) => {
      const { index, snapshot, store, disk, clock } = await filled(2_000);
      for (let number = 0; number < 2_000; number += 2) index.remove(`k${number}`);
      store.isFull = true;
      if (how === 'in slices') await snapshot.saveInSlices();
      else snapshot.save(how);
      await clock.advance(5_000);
      const early = open(new Map(disk));
      await early.snapshot.load();
      expect(early.index.size).toBe(2_000);
      store.isFull = false;
      await clock.advance(5_000);
      const late = open(new Map(disk));
      await late.snapshot.load();
      expect(late.index.size).toBe(1_000);
      expect(late.index.find('k0')).toBeUndefined();
    },
  );

  it('keeps no more pages than it needs', async () => {
    const { index, snapshot, disk } = await filled(2_000);
    expect([...disk.keys()].filter((key) => key.startsWith('mirror:cms:')).length).toBeGreaterThan(3);
    for (const _ of index.sweep(() => false));
    await snapshot.saveInSlices();
    expect([...disk.keys()]).toEqual(['mirror:cms']);
  });

  it('leaves the other product alone', async () => {
    const { disk } = await filled(10);
    disk.set('mirror:cad', 'x');
    disk.set('mirror:cad:0', 'y');
    await open(disk, 'another').snapshot.load();
    expect(disk.get('mirror:cad')).toBe('x');
    expect(disk.get('mirror:cad:0')).toBe('y');
  });
});

describe('a snapshot that is of no use', () => {
  it.each([
    ['of another community', (disk: Map<string, string>) => disk, 'https://cms.example 2'],
    ['without a head', (disk: Map<string, string>) => disk.delete('mirror:cms'), undefined],
    ['with half a head', (disk: Map<string, string>) => disk.set('mirror:cms', '{"version":1'), undefined],
    ['of another version', (disk: Map<string, string>) => disk.set('mirror:cms', '{"version":2}'), undefined],
  ] as const)('because it is %s is taken off the disk', async (_, spoil, community) => {
    const { disk } = await filled(2_000);
    spoil(disk);
    const { index, snapshot, clock } = open(disk, community);
    expect(await snapshot.load()).toMatchObject({ readAt: null, senseless: 0 });
    expect(index.size).toBe(0);
    await clock.advance(0);
    expect([...disk.keys()]).toEqual(['mirror:cms']);
    // And is not there at the next start either.
    const next = open(disk, community);
    expect(await next.snapshot.load()).toMatchObject({ readAt: null, senseless: 0 });
    expect(next.index.size).toBe(0);
  });

  it.each([
    ['of another community', () => {}],
    ['without a head', (disk: Map<string, string>) => disk.delete('mirror:cms')],
    ['with half a head', (disk: Map<string, string>) => disk.set('mirror:cms', '{"version":1')],
  ] as const)(
    'because it is %s counts for nothing either when the process dies as it is taken off',
    async (_, spoil) => {
      const { disk } = await filled(2_000);
      spoil(disk);
      const before = new Map(disk);
      const { snapshot, store, clock } = open(disk, 'https://cms.example 2');
      await snapshot.load();
      await clock.advance(0);
      const group = store.groups.flat();
      expect(group.length).toBeGreaterThan(5);
      for (let reached = 0; reached <= group.length; reached++) {
        const left = new Map(before);
        apply(left, group.slice(0, reached));
        const next = open(left, 'https://cms.example 2');
        await next.snapshot.load();
        expect(next.index.size, `${reached} of ${group.length}`).toBe(0);
      }
    },
  );

  it('in one page, which throws when it is read, keeps the rest', async () => {
    const { disk } = await filled(2_000);
    const { index, snapshot, store } = open(disk);
    store.corrupted.add('mirror:cms:3');
    expect(await snapshot.load()).toMatchObject({ readAt: READ_AT });
    expect(index.size).toBe(1_800);
  });

  it('because its head throws when it is read is nothing', async () => {
    const { disk } = await filled(10);
    const { index, snapshot, store } = open(disk);
    store.corrupted.add('mirror:cms');
    expect(await snapshot.load()).toMatchObject({ readAt: null, senseless: 0 });
    expect(index.size).toBe(0);
  });

  it('in parts counts what made no sense, and keeps the rest', async () => {
    const { disk } = await filled(200);
    const text = disk.get('mirror:cms:0') ?? '';
    disk.set('mirror:cms:0', `${text}noise\n${accountOf(900)}\t-\tk900\nhalf a li`);
    disk.set('mirror:cms:-4', '-\t-\tcafe\n');
    const { index, snapshot } = open(disk);
    expect(await snapshot.load()).toMatchObject({ readAt: READ_AT, senseless: 2 });
    expect(index.size).toBe(201);
    expect(index.find('k900')).toBeDefined();
    expect(index.find('cafe')).toBeUndefined();
  });
});
