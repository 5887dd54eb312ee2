import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ban, countingKeys, newBan } from '../../../server/bans/ban-index.ts';
import { identifiersOfBan, type Telling, withProof, withTelling } from '../../../server/bans/telling.ts';
import { accountOf } from './scripted-list.ts';

const AMY = accountOf(1);

/** @param ties names that are one person's. */
function evidence(...ties: readonly (readonly string[])[]) {
  return {
    types: ['license', 'steam'] as const,
    tied: (names: readonly string[]) => [
      ...names,
      ...ties.filter((each) => each.some((name) => names.includes(name))).flat(),
    ],
  };
}

const whole = (keys: readonly string[], proven: readonly string[] = []): Telling => ({
  keys,
  proven,
  isWhole: true,
});
const first = (...keys: string[]) => withTelling(newBan(AMY, 1), whole(keys), evidence());

describe('what is told of a banned account', () => {
  it('the first time counts as it is; nothing that was told again is news', () => {
    const ban = first('a', 'b');
    expect(ban).toMatchObject({ listed: ['a', 'b'], claims: [], isListed: true });
    expect(withTelling(ban, whole(['b', 'a']), evidence())).toBe(ban);
    const none = first();
    expect(none.isListed).toBe(true);
    expect(withTelling(none, whole([]), evidence())).toBe(none);
  });

  it('later takes nothing away, and adds claims that go when the account has them no more', () => {
    const ban = withTelling(first('a'), whole(['x', 'y']), evidence());
    expect(ban).toMatchObject({ listed: ['a'], claims: ['x', 'y'] });
    expect(withTelling(ban, whole(['x', 'y']), evidence())).toBe(ban);
    expect(withTelling(ban, whole(['y']), evidence()).claims).toEqual(['y']);
    // What is not the whole of it takes no claim away.
    expect(withTelling(ban, { keys: ['z'], proven: [], isWhole: false }, evidence()).claims).toEqual([
      'x',
      'y',
      'z',
    ]);
  });

  it('counts at any time when it is proven, and what it proves of the claims', () => {
    const ban = withTelling(first('a'), whole(['x', '1100'], ['license:x']), evidence());
    expect(ban).toMatchObject({ listed: ['a', 'x'], proven: ['license:x'], claims: ['1100'] });
  });

  it.each([
    ['with one of its keys', ['license:a', 'steam:x']],
    ['with what its own decision knew', ['fivem:9', 'steam:x']],
    ['with the account', [`account:${AMY}`, 'license:x']],
  ])('makes a claim count that is seen %s', (_, tie) => {
    const ban = withTelling({ ...first('a'), own: ['fivem:9'] }, whole(['x']), evidence());
    expect(ban.claims).toEqual(['x']);
    expect(withProof(ban, evidence())).toBe(ban);
    expect(withProof(ban, evidence(tie))).toMatchObject({ listed: ['a', 'x'], claims: [] });
    expect(withTelling(ban, whole(['x']), evidence(tie))).toMatchObject({ listed: ['a', 'x'], claims: [] });
  });

  it('makes no claim count that is seen with another claim', () => {
    const ban = withTelling(first('a'), whole(['x', 'y']), evidence());
    expect(withProof(ban, evidence(['license:x', 'license:y']))).toBe(ban);
    // Nor one under a type that the community does not use.
    expect(withProof(ban, evidence(['license:a', 'fivem:x']))).toBe(ban);
  });

  it('in whatever order never makes a stranger’s id count, and never forgets what did', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'stranger', 'license:stranger');
    const telling = fc.record({
      keys: fc.uniqueArray(key),
      proven: fc.uniqueArray(fc.constantFrom('discord:1', 'license:p')),
      isWhole: fc.boolean(),
    });
    const ties = evidence(['license:a', 'license:b'], ['license:stranger', 'steam:s']);
    fc.assert(
      fc.property(fc.array(telling, { maxLength: 12 }), (tellings) => {
        let ban: Ban = first('a');
        for (const each of tellings) {
          const next = withTelling(ban, each, ties);
          expect(countingKeys(next)).toEqual(expect.arrayContaining(countingKeys(ban)));
          ban = next;
        }
        expect(identifiersOfBan(ban, ['license', 'steam'])).not.toContain('license:stranger');
        expect(countingKeys(ban)).not.toContain('c');
        const isTold = tellings.some(({ keys }) => keys.includes('b'));
        expect(countingKeys(ban).includes('b')).toBe(isTold);
      }),
    );
  });
});
