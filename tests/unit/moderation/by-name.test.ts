import '../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByName } from '../../../server/moderation/by-name.ts';

const name = fc.oneof(
  fc.constantFrom('license:a', 'license:b', 'steam:a', 'discord:1', 'discord:11', 'account:q', ''),
  fc.string({ maxLength: 2 }),
);
const change = fc.tuple(name, fc.option(fc.nat({ max: 9 }), { nil: undefined }));

it('finds what a plain map would', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const byName = new ByName<number>();
      const plain = new Map<string, number>();
      for (const [each, value] of changes) {
        if (value === undefined) {
          byName.delete(each);
          plain.delete(each);
        } else {
          byName.set(each, value);
          plain.set(each, value);
        }
        for (const [known] of changes) expect(byName.get(known)).toBe(plain.get(known));
      }
    }),
    { numRuns: 300 },
  );
});
