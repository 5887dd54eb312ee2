import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newBan } from '../../../server/bans/ban-index.ts';
import { banOf, keptBan, lineOf } from '../../../server/bans/ban-line.ts';
import { accountOf } from './scripted-list.ts';

const AMY = accountOf(1);
const key = fc.stringMatching(/^[0-9a-z:]{1,80}$/);
const keys = fc.uniqueArray(key, { maxLength: 6 });
const time = fc.option(fc.nat({ max: 10 ** 15 - 1 }));
const ban = fc.record({
  account: fc.option(fc.constantFrom(AMY, accountOf(2))),
  since: time,
  listed: keys,
  own: keys,
  proven: keys,
  claims: keys,
  isListed: fc.boolean(),
  registeredAt: time,
});

describe('a ban as a line', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(ban, (any) => {
        const kept = keptBan(any);
        if (kept) expect(banOf(lineOf(kept))).toEqual(kept);
        else expect([any.account, any.listed, any.own, any.proven]).toEqual([null, [], [], []]);
      }),
      { numRuns: 500 },
    );
  });

  it('has room for as many keys as there can be, of whatever length', () => {
    const many = Array.from({ length: 200 }, (_, at) => String(at).padStart(80, 'k'));
    const full = keptBan({
      account: AMY,
      since: 10 ** 15 - 1,
      listed: many,
      own: many,
      proven: many,
      claims: many,
      isListed: true,
      registeredAt: 10 ** 15 - 1,
    });
    expect(full?.listed).toHaveLength(64);
    expect(full?.claims).toHaveLength(32);
    expect(full && banOf(lineOf(full))).toEqual(full);
  });

  it.each([
    [
      `${AMY}\t1700000000000\tsteam:1\tbeef\t+fivem:7`,
      {
        account: AMY,
        since: 1_700_000_000_000,
        listed: ['steam:1', 'beef'],
        own: ['fivem:7'],
        isListed: true,
      },
    ],
    [`${AMY}\t-`, { account: AMY, since: null, isListed: false }],
    [`${AMY}\t5\t+license:a`, { account: AMY, since: 5, own: ['license:a'], isListed: false }],
    ['-\t-\t+x', { account: null, own: ['x'], isListed: false }],
  ])('of an earlier version is read: %j', (line, read) => {
    expect(banOf(line)).toEqual({ ...newBan(null, null), ...read });
  });

  it('of whatever text is a ban that can be kept, or none', () => {
    const word = fc.oneof(
      key,
      key.map((each) => `+${each}`),
      key.map((each) => `=${each}`),
      key.map((each) => `?${each}`),
      fc.constantFrom('.', '!5', '!', '=', '..', '!x', ''),
      fc.string({ maxLength: 4 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(AMY, '-', ''),
        fc.constantFrom('-', '7', ''),
        fc.array(word),
        (...parts) => {
          const line = [parts[0], parts[1], ...parts[2]].join('\t');
          const read = banOf(line);
          if (read) expect(keptBan(read)).toEqual(read);
        },
      ),
      { numRuns: 500 },
    );
  });
});
