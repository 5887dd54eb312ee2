import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import { writeActionRecord } from '../../../server/storage/action-record.ts';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import { createLedger } from '../../../server/storage/ledger.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';
import { cpuMs } from '../cpu-time.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { apply, createFakeStore } from './fake-store.ts';

const settled = [delivery('cad', { state: DELIVERED })];

/** The decision with this number, about somebody else every time. */
function decided(number: number, changes: Partial<Action> = {}): Action {
  return action({
    id: `a${number}`,
    sequence: number,
    key: `k${number}`,
    person: person({ identifiers: [`license:${number}`] }),
    ...changes,
  });
}

const ids = (actions: readonly Action[]) => actions.map(({ id }) => id);

async function start({ disk = new Map<string, string>(), historyLimit = 10 } = {}) {
  const store = createFakeStore(disk);
  const clock = createManualClock();
  const storage = createKvpStorage({ store, clock, onTrouble() {} });
  const ledger = createLedger({ storage, clock, historyLimit });
  const { setAside } = await ledger.load();
  /** What was to be written by the way is written. */
  const passed = () => clock.advance(1_000);
  await passed();
  async function again(limit = historyLimit) {
    await passed();
    return start({ disk, historyLimit: limit });
  }
  return { store, ledger, setAside, passed, again };
}

const actionsOn = (disk: ReadonlyMap<string, string>) =>
  [...disk.keys()].filter((key) => key.startsWith('action:')).sort();

describe('the ledger', () => {
  it('finds an action by id and by what it came from, in its newest version', async () => {
    const { ledger } = await start();
    await ledger.save(decided(1));
    expect(ledger.byId('a1')).toEqual(decided(1));
    await ledger.save(decided(1, { deliveries: settled }));
    expect(ledger.byId('a1')?.deliveries).toEqual(settled);
    expect(ledger.byKey('k1')).toBe(ledger.byId('a1'));
    expect(ledger.byId('a2')).toBeUndefined();
    expect(ledger.byKey('k2')).toBeUndefined();
  });

  it('counts in every record how often it was written before, also across restarts', async () => {
    const first = await start();
    await first.ledger.save(decided(1));
    await first.ledger.save(decided(1, { dropped: true }));
    expect(first.store.disk.get('action:a1')).toContain('"revision":1,');
    const second = await first.again();
    await second.ledger.save(decided(1, { deliveries: settled }));
    expect(second.store.disk.get('action:a1')).toContain('"revision":2,');
  });

  it('finds it from the moment it is saved, before the promise is kept', async () => {
    const { ledger } = await start();
    void ledger.save(decided(1));
    expect(ledger.byKey('k1')?.id).toBe('a1');
  });

  it('tells what is not settled, oldest first, also after a restart', async () => {
    const { ledger, again } = await start();
    for (const number of [1, 2, 3]) await ledger.save(decided(number));
    await ledger.save(decided(2, { deliveries: settled }));
    await ledger.save(decided(1, { dropped: true }));
    expect(ids(ledger.pending())).toEqual(['a1', 'a3']);
    const { ledger: next } = await again();
    expect(ids(next.pending())).toEqual(['a1', 'a3']);
    expect(next.byId('a1')?.dropped).toBe(true);
  });

  it('tells the latest, newest first, settled or not', async () => {
    const { ledger } = await start();
    await ledger.save(decided(1));
    await ledger.save(decided(2, { deliveries: settled }));
    await ledger.save(decided(3));
    expect(ids(ledger.latest(10))).toEqual(['a3', 'a2', 'a1']);
    expect(ids(ledger.latest(2))).toEqual(['a3', 'a2']);
    expect(ledger.latest(0)).toEqual([]);
  });

  it('goes on counting where the last run ended, also where only the history is left', async () => {
    const { ledger, again } = await start({ historyLimit: 1 });
    for (let number = 0; number < 5; number++) {
      const sequence = ledger.nextSequence();
      await ledger.save(decided(sequence, { deliveries: settled }));
    }
    const { ledger: next } = await again();
    expect(next.nextSequence()).toBe(6);
  });

  it('does not put on disk what need not be there', async () => {
    const { ledger, store } = await start();
    await ledger.save(decided(1));
    const writes = store.groups.length;
    ledger.note(decided(1, { deliveries: [delivery('cad', { attempts: 7 })] }));
    await settle();
    expect(ledger.byId('a1')?.deliveries[0]?.attempts).toBe(7);
    expect(store.groups).toHaveLength(writes);
  });
});

describe('a save', () => {
  it('is on disk when its promise is kept, in one synced write', async () => {
    const { ledger, store } = await start();
    await ledger.save(decided(1));
    expect(store.groups).toHaveLength(1);
    expect(store.disk.get('action:a1')).toBe(writeActionRecord(decided(1)));
  });

  it('shares one write with all others of its turn; none is acknowledged before', async () => {
    const { ledger, store } = await start();
    const order: string[] = [];
    const saves = Array.from({ length: 50 }, (_, number) =>
      ledger.save(decided(number)).then(() => {
        expect(store.disk.has(`action:a${number}`)).toBe(true);
        order.push(`a${number}`);
      }),
    );
    await Promise.resolve();
    expect(order).toEqual([]);
    expect(store.groups).toEqual([]);
    await Promise.all(saves);
    expect(store.groups).toHaveLength(1);
    expect(order).toEqual(Array.from({ length: 50 }, (_, number) => `a${number}`));
  });

  it('of a later turn has a write of its own', async () => {
    const { ledger, store } = await start();
    await ledger.save(decided(1));
    await ledger.save(decided(2));
    expect(store.groups).toHaveLength(2);
  });

  it('leaves the newest version when one action is saved twice in a turn', async () => {
    const { ledger, again } = await start();
    void ledger.save(decided(1));
    await ledger.save(decided(1, { deliveries: settled }));
    const { ledger: next } = await again();
    expect(next.byId('a1')?.deliveries).toEqual(settled);
  });
});

describe('a store that does not keep what is put', () => {
  it('acknowledges nothing', async () => {
    const { ledger, store } = await start();
    store.isFull = true;
    const saves = [ledger.save(decided(1)), ledger.save(decided(2))];
    expect(await Promise.all(saves)).toEqual(['not kept', 'not kept']);
  });

  it('loses nothing of what became of an action, once it keeps again', async () => {
    const { ledger, store, again } = await start();
    await ledger.save(decided(1));
    store.isFull = true;
    expect(await ledger.save(decided(1, { deliveries: settled }))).toBe('not kept');
    store.isFull = false;
    await ledger.save(decided(2));
    const { ledger: next } = await again();
    expect(next.byId('a1')?.deliveries).toEqual(settled);
    expect(ids(next.pending())).toEqual(['a2']);
  });

  it('leaves the decision that was refused to be made anew: its key is free, and it is not carried out later', async () => {
    const { ledger, store, again } = await start();
    store.isFull = true;
    await ledger.save(decided(1));
    ledger.forget(decided(1));
    expect(ledger.byKey('k1')).toBeUndefined();
    expect(ids(ledger.pending())).toEqual([]);
    store.isFull = false;
    await ledger.save(decided(2));
    const { ledger: next } = await again();
    expect(ids(next.pending())).toEqual(['a2']);
  });
});

describe('records that cannot be read', () => {
  const good = writeActionRecord(decided(1));
  const BAD: readonly (readonly [string, string])[] = [
    ['half-written', good.slice(0, 100)],
    ['older', good.replace('"version":1', '"version":0')],
    ['newer', good.replace('"version":1', '"version":2')],
    ['edited', good.replace('"ban"', '"Ban"')],
    ['empty', ''],
    ['binary', '\u0000\ud800'],
    ['of another key', good],
  ];

  it('are set aside as they were, and reported; the rest goes on', async () => {
    const disk = new Map(BAD.map(([name, text]) => [`action:${name}`, text]));
    disk.set('action:a1', good);
    const { ledger, setAside } = await start({ disk });
    expect([...setAside].sort()).toEqual(BAD.map(([name]) => `action:${name}`).sort());
    for (const [name, text] of BAD) {
      expect(disk.get(`unreadable:action:${name}`)).toBe(text);
      expect(disk.has(`action:${name}`)).toBe(false);
    }
    expect(ids(ledger.pending())).toEqual(['a1']);
  });

  it('are reported once, and kept for ever', async () => {
    const disk = new Map([['action:x', 'rubbish']]);
    const first = await start({ disk });
    expect(first.setAside).toEqual(['action:x']);
    const second = await first.again();
    expect(second.setAside).toEqual([]);
    expect([...disk]).toEqual([['unreadable:action:x', 'rubbish']]);
  });

  it('are there twice rather than not at all when the process dies while they are set aside', async () => {
    const disk = new Map([['action:x', 'rubbish']]);
    const { store } = await start({ disk: new Map(disk) });
    const [group = []] = store.groups;
    apply(disk, group.slice(0, 1));
    expect([...disk.values()]).toEqual(['rubbish', 'rubbish']);
    const { setAside } = await start({ disk });
    expect(setAside).toEqual(['action:x']);
    expect([...disk]).toEqual([['unreadable:action:x', 'rubbish']]);
  });

  it('block nothing, whatever stands in them and however many there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string({ maxLength: 8 }), fc.oneof(fc.string(), fc.json()), { maxKeys: 10 }),
        async (records) => {
          const disk = new Map(Object.entries(records).map(([key, text]) => [`action:x${key}`, text]));
          const before = [...disk.values()].sort();
          disk.set('action:a1', good);
          const { ledger } = await start({ disk });
          expect(ids(ledger.pending())).toEqual(['a1']);
          const aside = [...disk].filter(([key]) => key.startsWith('unreadable:')).map(([, text]) => text);
          expect(aside.sort()).toEqual(before);
        },
      ),
    );
  });
});

describe('the history', () => {
  it('is bounded, in the store as well, and what is pending does not count', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 30 }),
        async (limit, ends) => {
          const { ledger, store, again } = await start({ historyLimit: limit });
          for (const [number, isOver] of ends.entries()) {
            await ledger.save(decided(number + 1, isOver ? { deliveries: settled } : {}));
          }
          const open = [...ends.keys()].filter((number) => !ends[number]);
          const over = [...ends.keys()].filter((number) => ends[number]);
          const kept = [...open, ...over.slice(Math.max(0, over.length - limit))];
          const expected = kept.map((number) => `a${number + 1}`).sort();
          expect(ids(ledger.pending())).toEqual(open.map((number) => `a${number + 1}`));
          expect(ids(ledger.latest(100)).sort()).toEqual(expected);
          expect(actionsOn(store.disk)).toEqual(expected.map((id) => `action:${id}`));
          const { ledger: next } = await again();
          expect(ids(next.latest(100)).sort()).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('shrinks at the next start when its limit was lowered', async () => {
    const { ledger, store, again } = await start();
    for (const number of [1, 2, 3, 4]) await ledger.save(decided(number, { deliveries: settled }));
    await again(2);
    expect(actionsOn(store.disk)).toEqual(['action:a3', 'action:a4']);
  });

  it('keeps what settled last, however old the decision', async () => {
    const { ledger } = await start({ historyLimit: 2 });
    await ledger.save(decided(1));
    for (const number of [2, 3, 4]) await ledger.save(decided(number, { deliveries: settled }));
    await ledger.save(decided(1, { deliveries: settled }));
    expect(ids(ledger.latest(10)).sort()).toEqual(['a1', 'a4']);
  });

  it('keeps temporary bans until they have ended', async () => {
    const { ledger, store, again } = await start({ historyLimit: 1 });
    const temporary = decided(1, { deliveries: settled, expiresAt: 9e12, inForce: true });
    await ledger.save(temporary);
    for (const number of [2, 3, 4]) await ledger.save(decided(number, { deliveries: settled }));
    expect(ids(ledger.inForce())).toEqual(['a1']);
    const { ledger: next } = await again();
    expect(ids(next.inForce())).toEqual(['a1']);
    await next.save({ ...temporary, inForce: false });
    await next.save(decided(5, { deliveries: settled }));
    expect(actionsOn(store.disk)).toEqual(['action:a5']);
  });

  it('may be short: that a decision was carried out is known all the same, also after a restart', async () => {
    const { ledger, again } = await start({ historyLimit: 1 });
    for (const number of [1, 2, 3]) await ledger.save(decided(number, { deliveries: settled }));
    const known = ({ byKey, endedByKey }: typeof ledger, key: string) =>
      byKey(key)?.id ?? endedByKey(key)?.id;
    expect(known(ledger, 'k1')).toBe('a1');
    const { ledger: next } = await again();
    expect(known(next, 'k1')).toBe('a1');
    expect(known(next, 'k3')).toBe('a3');
    expect(known(next, 'k4')).toBeUndefined();
  });

  it('costs a save next to nothing, also with thousands of temporary bans in it', async () => {
    const disk = new Map<string, string>();
    for (let number = 1; number <= 4_000; number++) {
      const isTemporary = number <= 3_000;
      const changes = isTemporary ? { expiresAt: 9e12, inForce: true } : {};
      disk.set(`action:a${number}`, writeActionRecord(decided(number, { ...changes, deliveries: settled })));
    }
    const { ledger: empty } = await start({ historyLimit: 500 });
    const { ledger: full } = await start({ disk, historyLimit: 500 });
    let number = 5_000;
    const time = (one: typeof full) =>
      cpuMs(() => {
        for (let count = 0; count < 1_000; count++) void one.save(decided(number++, { deliveries: settled }));
      });
    expect(time(empty)).toBeLessThan(1_000);
    expect(time(full)).toBeLessThan(1_000);
  });
});
