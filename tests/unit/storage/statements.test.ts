import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requestDeletes, upserts } from '../../../server/storage/mysql/statements.ts';

const bytesOf = (params: readonly unknown[]) =>
  params.reduce<number>((sum, each) => sum + Buffer.byteLength(String(each ?? '')), 0);

describe('records as statements', () => {
  it('are one while they are small', () => {
    const [first, ...others] = upserts('c', 7, [
      ['a', '1'],
      ['b', null],
    ]);
    expect(others).toEqual([]);
    expect(first?.params).toEqual(['c', 'a', null, '1', 7, 'c', 'b', null, null, 7]);
    expect(first?.sql.match(/\(\?,/g)).toHaveLength(2);
    expect(upserts('c', 7, [])).toEqual([]);
  });

  it('are each small, all there, and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(300_000), { maxLength: 12 }), (sizes) => {
        const records = sizes.map((size, at) => [`record-${at}`, 'ä'.repeat(size / 2)] as const);
        const statements = upserts('c', 1, records);
        const written = statements.flatMap(({ params }) => params.filter((_, at) => at % 5 === 1));
        expect(written).toEqual(records.map(([name]) => name));
        for (const { params } of statements) expect(bytesOf(params)).toBeLessThan(384 * 1024);
      }),
      { numRuns: 30 },
    );
  });

  it('may have a statement alone that is too large', () => {
    const large = 'x'.repeat(1_000_000);
    expect(
      upserts('c', 1, [
        ['a', 'a'],
        ['b', large],
        ['c', 'c'],
      ]),
    ).toHaveLength(3);
  });
});

describe('requests that are taken away', () => {
  it('are cut', () => {
    const ids = Array.from({ length: 1_001 }, (_, at) => `r${at}`);
    const statements = requestDeletes('c', ids);
    expect(statements.flatMap(({ params }) => params[1])).toEqual(ids);
    expect(statements).toHaveLength(3);
    expect(requestDeletes('c', [])).toEqual([]);
  });
});
