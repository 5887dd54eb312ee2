import { describe, expect, it } from 'vitest';
import { type Ban, BanIndex } from '../../../server/mirror/ban-index.ts';
import { createSnapshot } from '../../../server/mirror/snapshot.ts';
import { createManualClock } from '../manual-clock.ts';
import { createMemoryStore, WriteFailure } from '../memory-store.ts';
import { accountOf } from './scripted-list.ts';

const READ_AT = 1_700_000_000_000;

function ban(number: number): Ban {
  return { account: accountOf(number), since: null, listed: [`k${number}`], own: [] };
}

/** A snapshot on a disk, as a process that starts has it. */
function open(disk = new Map<string, string>(), community = 'https://cms.example 1') {
  const store = createMemoryStore(disk);
  const index = new BanIndex(4_711);
  const clock = createManualClock();
  const snapshot = createSnapshot({ product: 'cms', community: () => community, index, store, clock });
  return { store, index, snapshot, disk };
}

/** One with so many bans, on disk. */
async function filled(count: number) {
  const opened = open();
  await opened.snapshot.load();
  for (let number = 0; number < count; number++) opened.index.put(ban(number), 1);
  opened.snapshot.save('now');
  opened.snapshot.confirm(READ_AT);
  return opened;
}

describe('a snapshot', () => {
  it('is there again after a restart, with the time of the last read', async () => {
    const { disk } = await filled(2_000);
    const { index, snapshot } = open(new Map(disk));
    expect(await snapshot.load()).toEqual({ readAt: READ_AT, senseless: 0 });
    expect(index.size).toBe(2_000);
    expect(index.find('k1999')).toEqual(ban(1_999));
  });

  it('of nothing is nothing', async () => {
    const { index, snapshot } = open();
    expect(await snapshot.load()).toEqual({ readAt: null, senseless: 0 });
    expect(index.size).toBe(0);
  });

  it('writes a piece or two for a ban, however many there are', async () => {
    const { index, snapshot, store } = await filled(2_000);
    store.writes.length = 0;
    index.put(ban(5_000), 2);
    snapshot.save('now');
    index.remove('k700');
    snapshot.save('now');
    expect(store.writes).toHaveLength(2);
    for (const changes of store.writes) expect(changes.length).toBeLessThanOrEqual(2);
    store.writes.length = 0;
    snapshot.save('now');
    expect(store.writes).toEqual([]);
  });

  it('goes with the next write, and not before, when it is to', async () => {
    const { index, snapshot, store, disk } = await filled(10);
    index.put(ban(99), 2);
    snapshot.save('with-next');
    const early = open(new Map(disk));
    await early.snapshot.load();
    expect(early.index.has('k99')).toBe(false);
    store.write([{ key: 'action:1', value: '{}' }]);
    const late = open(new Map(disk));
    await late.snapshot.load();
    expect(late.index.has('k99')).toBe(true);
    // Of one write both are there, or none.
    expect(store.writes.at(-1)?.map(({ key }) => key)).toContain('action:1');
    expect(store.writes.at(-1)?.length).toBeGreaterThan(1);
  });

  it('writes what a failed write has not, with the next one', async () => {
    const { index, snapshot, store, disk } = await filled(10);
    index.put(ban(99), 2);
    store.fail(1);
    expect(() => snapshot.save('now')).toThrow(WriteFailure);
    snapshot.save('now');
    const { index: again, snapshot: next } = open(new Map(disk));
    await next.load();
    expect(again.has('k99')).toBe(true);
  });

  it('writes in slices what a failed slice has not', async () => {
    const { index, snapshot, store, disk } = await filled(2_000);
    for (let number = 0; number < 2_000; number += 2) index.remove(`k${number}`);
    store.fail(1);
    await expect(snapshot.saveInSlices()).rejects.toThrow(WriteFailure);
    await snapshot.saveInSlices();
    const { index: again, snapshot: next } = open(new Map(disk));
    await next.load();
    expect(again.size).toBe(1_000);
    expect(again.has('k0')).toBe(false);
  });

  it('keeps no more pieces than it needs', async () => {
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
    const { index, snapshot } = open(disk, community);
    expect(await snapshot.load()).toEqual({ readAt: null, senseless: 0 });
    expect(index.size).toBe(0);
    expect([...disk.keys()]).toEqual(['mirror:cms']);
    // And is not there at the next start either.
    const next = open(disk, community);
    expect(await next.snapshot.load()).toEqual({ readAt: null, senseless: 0 });
    expect(next.index.size).toBe(0);
  });

  it('in parts counts what made no sense, and keeps the rest', async () => {
    const { disk } = await filled(200);
    const text = disk.get('mirror:cms:0') ?? '';
    disk.set('mirror:cms:0', `${text}noise\n${accountOf(900)}\t-\tk900\nhalf a li`);
    disk.set('mirror:cms:-4', '-\t-\tcafe\n');
    const { index, snapshot } = open(disk);
    expect(await snapshot.load()).toEqual({ readAt: READ_AT, senseless: 2 });
    expect(index.size).toBe(201);
    expect(index.has('k900')).toBe(true);
    expect(index.has('cafe')).toBe(false);
  });
});
