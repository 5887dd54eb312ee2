import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namesOf } from '../../../server/moderation/action.ts';
import { type Entry, LineUp, type Rank } from '../../../server/outbox/line-up.ts';
import { action, delivery, person } from '../action.ts';
import { cpuMs } from '../cpu-time.ts';

let sequence = 0;

/** A line-up to which deliveries are added by id, about the people named. */
function start() {
  const lineUp = new LineUp();
  function add(id: string, keys: readonly string[] = [id], rank: Rank = 2, dueAt = 0): Entry {
    const one = action({ id, sequence: ++sequence, person: person({ identifiers: keys }) });
    return lineUp.add(one, delivery(), rank, dueAt, keys);
  }
  /** Takes out whatever may go at this time, in order. */
  function taken(now = 0): Entry[] {
    const entries: Entry[] = [];
    for (let entry = lineUp.next(now); entry; entry = lineUp.next(now)) entries.push(entry);
    return entries;
  }
  const ids = (now = 0) => taken(now).map((entry) => entry.action.id);
  return { lineUp, add, taken, ids };
}

describe('the line-up', () => {
  it('lets people go in the order decided, each once', () => {
    const { lineUp, add, ids } = start();
    for (const id of ['a', 'b', 'c']) add(id);
    expect(ids()).toEqual(['a', 'b', 'c']);
    expect(ids()).toEqual([]);
    expect(lineUp.size).toBe(3);
  });

  it('lets the urgent go first, and the fresh before the old', () => {
    const { add, ids } = start();
    add('old', ['old'], 2);
    add('program', ['program'], 1);
    add('person', ['person'], 0);
    add('program 2', ['program 2'], 1);
    expect(ids()).toEqual(['person', 'program', 'program 2', 'old']);
  });

  it('lets the next about a person go when the one before is done, not when it comes back', () => {
    const { lineUp, add, taken, ids } = start();
    add('first', ['x']);
    add('second', ['x']);
    const [first] = taken();
    expect(first?.action.id).toBe('first');
    if (!first) return;
    lineUp.back(first, 2, 100);
    expect(ids(99)).toEqual([]);
    expect(ids(100)).toEqual(['first']);
    lineUp.remove(first);
    expect(ids(100)).toEqual(['second']);
  });

  it('has whoever shares several names with others wait for all of them', () => {
    const { lineUp, add, taken, ids } = start();
    add('a', ['x', 'y']);
    add('b', ['z']);
    add('both', ['y', 'z']);
    add('late', ['x', 'z']);
    const [a, b] = taken();
    if (!a || !b) throw new Error('two should go');
    lineUp.remove(b);
    expect(ids()).toEqual([]);
    lineUp.remove(a);
    const [both] = taken();
    expect(both?.action.id).toBe('both');
    if (both) lineUp.remove(both);
    expect(ids()).toEqual(['late']);
  });

  it('knows one account by its name', () => {
    const { lineUp, ids } = start();
    const who = person({ identifiers: [], account: 'username:Jane' });
    for (const id of ['a', 'b']) {
      lineUp.add(action({ id, sequence: ++sequence, person: who }), delivery(), 2, 0, namesOf(who));
    }
    expect(ids()).toEqual(['a']);
  });

  it('takes the same name twice for once', () => {
    const { lineUp, add, taken, ids } = start();
    add('a', ['x', 'x']);
    add('b', ['x', 'x']);
    const [a] = taken();
    if (a) lineUp.remove(a);
    expect(ids()).toEqual(['b']);
  });

  it('forgets who is gone, wherever they stood', () => {
    const { lineUp, add, ids } = start();
    const entries = [
      add('ready'),
      add('asleep', ['asleep'], 2, 50),
      add('front', ['x']),
      add('blocked', ['x']),
    ];
    add('last', ['x']);
    for (const entry of entries) lineUp.remove(entry);
    expect(ids(1_000)).toEqual(['last']);
    expect(lineUp.get('ready')).toBeUndefined();
    expect(lineUp.size).toBe(1);
    expect(lineUp.nextDueAt()).toBeUndefined();
  });

  it('tells when the next one wakes', () => {
    const { lineUp, add, ids } = start();
    expect(lineUp.nextDueAt()).toBeUndefined();
    add('late', ['late'], 2, 200);
    add('soon', ['soon'], 2, 100);
    expect(lineUp.nextDueAt()).toBe(100);
    expect(lineUp.hasNext(99)).toBe(false);
    expect(lineUp.hasNext(100)).toBe(true);
    expect(lineUp.nextDueAt()).toBe(200);
    expect(ids(150)).toEqual(['soon']);
    expect(ids(200)).toEqual(['late']);
  });

  it('can rouse one, or all', () => {
    const { lineUp, add, ids } = start();
    const a = add('a', ['a'], 2, 1_000);
    add('b', ['b'], 2, 1_000);
    add('c', ['c'], 2, 1_000);
    lineUp.rouse(10, a);
    expect(ids(10)).toEqual(['a']);
    lineUp.rouse(20);
    expect(ids(20)).toEqual(['b', 'c']);
  });

  it('makes those urgent who are in the way of somebody urgent, however far ahead', () => {
    const { lineUp, add, taken } = start();
    add('other 1', ['other 1']);
    add('other 2', ['other 2']);
    add('a', ['x']);
    add('b', ['x', 'y']);
    add('urgent', ['y'], 0);
    const order: string[] = [];
    for (let entry = lineUp.next(0); entry; entry = lineUp.next(0)) {
      order.push(entry.action.id);
      lineUp.remove(entry);
    }
    expect(order).toEqual(['a', 'b', 'urgent', 'other 1', 'other 2']);
    expect(taken()).toEqual([]);
  });

  it('takes logarithmic time with ten thousand in it', () => {
    const { lineUp, add } = start();
    const tookMs = cpuMs(() => {
      for (let number = 0; number < 10_000; number++)
        add(`p${number}`, [`l${number}`, `s${number}`], 2, number % 7);
      for (let entry = lineUp.next(10); entry; entry = lineUp.next(10)) lineUp.remove(entry);
    });
    expect(tookMs).toBeLessThan(500);
    expect(lineUp.size).toBe(0);
  });
});

type Step =
  | { readonly do: 'add'; readonly keys: string[]; readonly rank: Rank; readonly dueIn: number }
  | { readonly do: 'next' | 'rouse' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'remove' | 'back' | 'rouseOne'; readonly which: number; readonly dueIn: number };

const key = fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z');
const rank = fc.constantFrom<Rank>(0, 1, 2);
const dueIn = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 50 }));
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('add' as const),
      keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }),
      rank,
      dueIn,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('next' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constantFrom('remove' as const, 'back' as const), which: fc.nat(), dueIn }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rouseOne' as const), which: fc.nat(), dueIn }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('rouse' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 30 }) }),
  },
);

interface Naive {
  readonly id: string;
  readonly keys: readonly string[];
  rank: Rank;
  dueAt: number;
  isRunning: boolean;
}

/** The same rules, looked up anew every time. */
class NaiveLineUp {
  readonly #all: Naive[] = [];

  add(id: string, keys: readonly string[], own: Rank, dueAt: number): void {
    const added = { id, keys, rank: own, dueAt, isRunning: false };
    this.#all.push(added);
    this.#promote(added);
  }
  next(now: number): string | undefined {
    const [first] = this.#all
      .filter((one) => !one.isRunning && one.dueAt <= now && this.#inFront(one).length === 0)
      .sort((one, other) => one.rank - other.rank || this.#all.indexOf(one) - this.#all.indexOf(other));
    if (first) first.isRunning = true;
    return first?.id;
  }
  back(id: string, own: Rank, dueAt: number): void {
    const one = this.#all.find((other) => other.id === id);
    if (one) Object.assign(one, { rank: own, dueAt, isRunning: false });
  }
  remove(id: string): void {
    this.#all.splice(
      this.#all.findIndex((one) => one.id === id),
      1,
    );
  }
  rouse(now: number, id?: string): void {
    for (const one of this.#all) {
      const isAsleep = !one.isRunning && this.#inFront(one).length === 0 && one.dueAt > now;
      if (isAsleep && (id === undefined || id === one.id)) one.dueAt = now;
    }
  }
  ids(): string[] {
    return this.#all.map(({ id }) => id);
  }
  #inFront(one: Naive): Naive[] {
    return this.#all
      .slice(0, this.#all.indexOf(one))
      .filter((other) => other.keys.some((shared) => one.keys.includes(shared)));
  }
  /** Those in front, and in front of them, as long as they are less urgent. */
  #promote(one: Naive): void {
    for (const blocker of this.#inFront(one)) {
      if (blocker.rank <= one.rank) continue;
      blocker.rank = one.rank;
      this.#promote(blocker);
    }
  }
}

describe('any use of the line-up', () => {
  it('is as the plain rules say', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { lineUp, add } = start();
        const naive = new NaiveLineUp();
        const running = new Map<string, Entry>();
        let now = 1;
        let added = 0;
        for (const one of steps) {
          switch (one.do) {
            case 'add': {
              const id = `e${++added}`;
              const dueAt = one.dueIn === 0 ? 0 : now + one.dueIn;
              add(id, one.keys, one.rank, dueAt);
              naive.add(id, one.keys, one.rank, dueAt);
              break;
            }
            case 'next': {
              const entry = lineUp.next(now);
              expect(entry?.action.id).toBe(naive.next(now));
              if (entry) running.set(entry.action.id, entry);
              break;
            }
            case 'pass':
              now += one.ms;
              break;
            case 'back': {
              const entry = [...running.values()][one.which % Math.max(running.size, 1)];
              if (!entry) break;
              lineUp.back(entry, 2, now + one.dueIn);
              naive.back(entry.action.id, 2, now + one.dueIn);
              running.delete(entry.action.id);
              break;
            }
            case 'remove': {
              const id = naive.ids()[one.which % Math.max(naive.ids().length, 1)];
              const entry = id === undefined ? undefined : lineUp.get(id);
              if (!entry) break;
              lineUp.remove(entry);
              naive.remove(entry.action.id);
              running.delete(entry.action.id);
              break;
            }
            case 'rouseOne': {
              const id = naive.ids()[one.which % Math.max(naive.ids().length, 1)];
              if (id === undefined) break;
              lineUp.rouse(now, lineUp.get(id));
              naive.rouse(now, id);
              break;
            }
            case 'rouse':
              lineUp.rouse(now);
              naive.rouse(now);
              break;
          }
          expect(lineUp.size).toBe(naive.ids().length);
        }
      }),
      { numRuns: 400 },
    );
  });
});
