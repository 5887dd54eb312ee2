import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HashTable } from '../../../server/mirror/hash-table.ts';
import { keyedHash } from '../../../server/mirror/keyed-hash.ts';

/** All references with a hash, in ascending order. */
function allOf(table: HashTable, hash: number): number[] {
  const found: number[] = [];
  const end = table.find(hash, (reference) => {
    found.push(reference);
    return false;
  });
  expect(end).toBe(0);
  return found.sort((one, other) => one - other);
}

describe('the hash table', () => {
  it('leaves it to the caller which reference of a hash is the right one', () => {
    const table = new HashTable();
    table.add(7, 1);
    table.add(7, 2);
    table.add(8, 3);
    expect(table.find(7, (reference) => reference === 2)).toBe(2);
    expect(table.find(7, () => false)).toBe(0);
    expect(table.find(9, () => true)).toBe(0);
    expect(table.find(0xffff_ffff, () => true)).toBe(0);
  });

  it('takes up no more room, however much comes and goes', () => {
    const table = new HashTable();
    for (let turn = 1; turn < 100_000; turn++) {
      table.add(Math.imul(turn, 0x9e3779b1) >>> 0, turn);
      table.remove(Math.imul(turn - 1_000, 0x9e3779b1) >>> 0, turn - 1_000);
    }
    // A thousand pairs of eight bytes, in tables that are between three and six eighths full.
    expect(table.bytes).toBeLessThan(2 ** 16);
  });

  it('is as a plain list is, however crowded', () => {
    // Few shards, and slots side by side at the end of a table, where ways go on at its beginning.
    const hash = fc
      .tuple(fc.constantFrom(0, 0xff00_0000), fc.integer({ min: 0, max: 3 }), fc.constantFrom(12, 14, 15, 31))
      .map(([shard, high, slot]) => shard + high * 32 + slot);
    const reference = fc.integer({ min: 1, max: 6 });
    const step = fc.record({
      do: fc.constantFrom('add', 'add', 'remove', 'replace'),
      hash,
      reference,
      by: reference,
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const table = new HashTable();
        const naive = new Map<number, number[]>();
        for (const one of steps) {
          const list = naive.get(one.hash) ?? [];
          naive.set(one.hash, list);
          const at = list.indexOf(one.reference);
          if (one.do === 'add') {
            table.add(one.hash, one.reference);
            list.push(one.reference);
          } else if (one.do === 'remove') {
            table.remove(one.hash, one.reference);
            if (at !== -1) list.splice(at, 1);
          } else {
            table.replace(one.hash, one.reference, one.by);
            if (at !== -1) list[at] = one.by;
          }
          for (const [other, references] of naive) {
            expect(allOf(table, other)).toEqual(references.sort((a, b) => a - b));
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('the keyed hash', () => {
  it('is HalfSipHash-1-3', () => {
    const key = { low: 0x03020100, high: 0x07060504 };
    const bytes = Uint8Array.from({ length: 20 }, (_, at) => at);
    // As published for the bytes 0, 1, 2 and so on, so many of them.
    const published = { 0: 0x5814c896, 1: 0xe7e864ca, 3: 0x01539939, 4: 0x7e059ea6, 11: 0x959246ee };
    for (const [length, hash] of Object.entries(published)) {
      expect(keyedHash(key, bytes, 0, Number(length))).toBe(hash);
    }
  });
});
