import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import type { Change } from '../../../server/storage/storage.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { apply, createFakeStore } from './fake-store.ts';

function start(disk?: Map<string, string>) {
  const clock = createManualClock();
  const store = createFakeStore(disk);
  const troubles: string[] = [];
  const storage = createKvpStorage({ store, clock, onTrouble: (trouble) => troubles.push(trouble) });
  return { clock, store, storage, troubles };
}

const put = (name: string, value = name): Change => ({ name, value });
const gone = (name: string): Change => ({ name, value: null });

describe('what is to be written', () => {
  it('goes in one group when it is asked for in one turn, in the order given', async () => {
    const { storage, store } = start();
    const writes = [storage.write([put('a'), gone('b')]), storage.write([put('c')])];
    expect(store.groups).toEqual([]);
    expect(await Promise.all(writes)).toEqual(['written', 'written']);
    expect(store.groups).toEqual([[put('a'), gone('b'), put('c')]]);
  });

  it('is written once, in its first place, when it changes in the same turn', async () => {
    const { storage, store } = start();
    const first = storage.write([put('lift', '1'), put('ban', '1')]);
    void storage.write([put('lift', '2')]);
    await first;
    expect(store.groups).toEqual([[put('lift', '2'), put('ban', '1')]]);
  });

  it('of nothing costs nothing', async () => {
    const { storage, store } = start();
    expect(await storage.write([])).toBe('written');
    storage.flush();
    await settle();
    expect(store.groups).toEqual([]);
  });

  it('waits for a slow disk to have rested, and goes together', async () => {
    const { storage, store, clock } = start();
    store.onFlush = () => clock.pass(10);
    const first = storage.write([put('a')]);
    await first;
    void storage.write([put('b')]);
    await clock.advance(20);
    void storage.write([put('c')]);
    expect(store.groups).toHaveLength(1);
    await clock.advance(10);
    expect(store.groups[1]).toEqual([put('b'), put('c')]);
  });

  it('is cut into groups between two calls when it is much', async () => {
    const { storage, store } = start();
    const many = (letter: string) => Array.from({ length: 150 }, (_, at) => put(`${letter}${at}`));
    const results = [storage.write(many('a')), storage.write(many('b')), storage.write([put('c')])];
    storage.soon([put('later')]);
    expect(await Promise.all(results)).toEqual(['written', 'written', 'written']);
    expect(store.groups.map(({ length }) => length)).toEqual([150, 152]);
  });
});

describe('what may be lost', () => {
  it('goes within a second', async () => {
    const { storage, store, clock } = start();
    storage.soon([put('a')]);
    await clock.advance(900);
    storage.soon([put('b')]);
    expect(store.groups).toEqual([]);
    await clock.advance(100);
    expect(store.groups).toEqual([[put('a'), put('b')]]);
    expect(clock.timers()).toBe(0);
  });

  it('goes along with what is written before, behind it', async () => {
    const { storage, store, clock } = start();
    storage.soon([put('limit', '1')]);
    storage.soon([put('limit', '2')]);
    await storage.write([put('action')]);
    expect(store.groups).toEqual([[put('action'), put('limit', '2')]]);
    await clock.advance(2_000);
    expect(store.groups).toHaveLength(1);
  });

  it('is the newer one of a record, or not, as it was asked for', async () => {
    const { storage, store } = start();
    storage.soon([put('a', 'old')]);
    const first = storage.write([put('a', 'new'), put('b', 'old')]);
    storage.soon([put('b', 'new')]);
    await first;
    expect(store.groups).toEqual([[put('a', 'new'), put('b', 'new')]]);
  });
});

describe('that what may be lost is on disk', () => {
  it('is told when it is, or what came after it', async () => {
    const { storage, store, clock } = start();
    const told: (string | undefined)[] = [];
    const tell = () => void told.push(store.disk.get('a'));
    void storage.soon([put('a', 'old')]).then(tell);
    await clock.advance(1_000);
    void storage.soon([put('a', 'newer')]).then(tell);
    // The first call fills the group; the second has a group of its own.
    void storage.write(Array.from({ length: 150 }, (_, at) => put(`x${at}`)));
    void storage.write([put('a', 'newest'), ...Array.from({ length: 150 }, (_, at) => put(`y${at}`))]);
    await settle();
    expect(told).toEqual(['old', 'newest']);
  });

  it('is not told while the store does not keep it', async () => {
    const { storage, store, clock } = start();
    let isTold = false;
    store.isFull = true;
    void storage.soon([put('a')]).then(() => {
      isTold = true;
    });
    await clock.advance(10_000);
    expect(isTold).toBe(false);
    store.isFull = false;
    await clock.advance(1_000);
    expect(isTold).toBe(true);
  });
});

describe('a store that does not keep what is put', () => {
  it('is believed when the last record can be read back, and not otherwise', async () => {
    const { storage, store, troubles, clock } = start();
    store.isFull = true;
    expect(await storage.write([put('a')])).toBe('not kept');
    expect(await storage.write([put('b')])).toBe('not kept');
    expect(troubles).toEqual(['does not keep']);
    store.isFull = false;
    await clock.advance(1_000);
    expect([...store.disk.keys()].sort()).toEqual(['a', 'b']);
    expect(troubles).toEqual(['does not keep', 'keeps again']);
  });

  it('is not believed for a record that was there before as it is to be', async () => {
    const { storage, store } = start();
    await storage.write([put('action', '1'), put('limit', 'same')]);
    store.isFull = true;
    expect(await storage.write([put('action', '2'), put('limit', 'same')])).toBe('not kept');
    expect(await storage.write([gone('action'), put('limit', 'same')])).toBe('not kept');
    // Nothing was to be done.
    const { storage: other, store: unchanged } = start(new Map([['limit', 'same']]));
    unchanged.isFull = true;
    expect(await other.write([put('limit', 'same'), gone('never')])).toBe('written');
  });

  it('does not get what was taken back meanwhile', async () => {
    const { storage, store, clock } = start();
    store.isFull = true;
    expect(await storage.write([put('a')])).toBe('not kept');
    storage.soon([gone('a')]);
    store.isFull = false;
    await clock.advance(1_000);
    expect(store.disk.size).toBe(0);
  });

  it('is not believed either when the record cannot be read', async () => {
    const { storage, store } = start();
    store.corrupted.add('a');
    expect(await storage.write([put('a')])).toBe('not kept');
  });
});

describe('a load', () => {
  it('hands over what begins with the prefix', async () => {
    const { storage } = start(new Map([...'abc'].map((letter) => [`x:${letter}`, letter])).set('y', 'y'));
    const loaded: unknown[] = [];
    await storage.load('x:', (record) => loaded.push(record));
    expect(loaded).toEqual([...'abc'].map((letter) => ({ name: `x:${letter}`, value: letter })));
  });

  it('waits for a handle: a store that cannot be searched is not an empty one', async () => {
    const { storage, store, clock, troubles } = start(new Map([['x', '1']]));
    store.isBusy = true;
    const loaded: unknown[] = [];
    let isOver = false;
    void storage
      .load('', (record) => loaded.push(record))
      .then(() => {
        isOver = true;
      });
    await clock.advance(10_000);
    expect([isOver, troubles]).toEqual([false, ['cannot be searched']]);
    store.isBusy = false;
    await clock.advance(1_000);
    expect([isOver, loaded]).toEqual([true, [{ name: 'x', value: '1' }]]);
  });

  it('tells of a record that cannot be read, and goes on', async () => {
    const { storage, store } = start(new Map(['a', 'b', 'c'].map((name) => [name, name])));
    store.corrupted.add('b');
    const loaded: unknown[] = [];
    await storage.load('', ({ name, value }) => loaded.push([name, value]));
    expect(loaded).toEqual([
      ['a', 'a'],
      ['b', undefined],
      ['c', 'c'],
    ]);
  });
});

describe('at a stop', () => {
  it('all that waits is on disk when it returns', async () => {
    const { storage, store } = start();
    const write = storage.write([put('a')]);
    storage.soon([put('b')]);
    storage.flush();
    expect([...store.disk.keys()]).toEqual(['a', 'b']);
    expect(await write).toBe('written');
    await settle();
    expect(store.groups).toHaveLength(1);
  });
});

type Step =
  | { readonly do: 'write' | 'soon'; readonly changes: readonly Change[] }
  | { readonly do: 'full' | 'room' | 'turn' | 'second' };

const change = fc.record({
  name: fc.constantFrom(...'abcd'),
  value: fc.option(fc.nat(99).map(String), { freq: 4 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constantFrom('write' as const, 'soon' as const),
      changes: fc.array(change, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constantFrom('full', 'room', 'turn', 'second' as const) }),
  },
);

describe('any use', () => {
  it('leaves what was asked for last, once the disk keeps it; and what is told to be written, is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const { storage, store, clock } = start();
        const wanted = new Map<string, string>();
        const wrong: string[] = [];
        for (const one of steps) {
          switch (one.do) {
            case 'write':
            case 'soon': {
              const { changes } = one;
              apply(wanted, changes);
              if (one.do === 'soon') {
                storage.soon(changes);
                break;
              }
              const after = new Map(wanted);
              void storage.write(changes).then((result) => {
                // Nothing else may have changed these records since.
                for (const { name } of changes) {
                  if (result !== 'written' || after.get(name) !== wanted.get(name)) continue;
                  if (store.disk.get(name) !== after.get(name)) wrong.push(name);
                }
              });
              break;
            }
            case 'full':
            case 'room':
              store.isFull = one.do === 'full';
              break;
            case 'turn':
              await settle();
              break;
            case 'second':
              await clock.advance(1_000);
          }
        }
        store.isFull = false;
        await clock.advance(3_000);
        expect(wrong).toEqual([]);
        expect(new Map([...store.disk].sort())).toEqual(new Map([...wanted].sort()));
      }),
      { numRuns: 200 },
    );
  });
});
