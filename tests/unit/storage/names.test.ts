import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { likePrefix, storedName } from '../../../server/storage/mysql/names.ts';

const names = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc
    .array(fc.constantFrom('a', ' ', '…', '👮', '\ud83d', '\udc6e', '%', '_', '\\', 'é'), { maxLength: 400 })
    .map((each) => each.join('')),
  fc.string({ minLength: 60, maxLength: 64 }).map((text) => `key:export:${'x'.repeat(130)}${text}`),
);
const nameOf = ({ key, wholeName }: ReturnType<typeof storedName>) =>
  wholeName === null ? key : JSON.parse(wholeName);

/** As the database compares keys. */
const asCompared = (key: string) => key.replace(/ +$/, '');

describe('a name in the database', () => {
  it.each(['limit', 'key:export:panel:1', 'a'.repeat(190), '👮'.repeat(95), 'a b', ' a'])(
    'is its own key: %s',
    (name) => {
      expect(storedName(name)).toEqual({ key: name, wholeName: null });
    },
  );

  it.each(['', 'a'.repeat(191), '👮'.repeat(96), 'a ', '\ud83d', storedName('a ').key])(
    'has a key: %s',
    (name) => {
      const { key, wholeName } = storedName(name);
      expect(key).not.toBe(name);
      expect(key).toMatch(/…[0-9a-f]{64}$/);
      expect(JSON.parse(wholeName ?? '')).toBe(name);
    },
  );

  it('comes back as it was, and its key fits and is text', () => {
    fc.assert(
      fc.property(names, (name) => {
        const stored = storedName(name);
        expect(nameOf(stored)).toBe(name);
        expect(stored.key.length).toBeLessThanOrEqual(190);
        expect(stored.key.isWellFormed()).toBe(true);
        expect(asCompared(stored.key)).toBe(stored.key);
        expect((stored.wholeName ?? '').isWellFormed()).toBe(true);
      }),
    );
  });

  it('has a key that no other name has', () => {
    fc.assert(
      fc.property(names, names, (one, other) => {
        fc.pre(one !== other);
        expect(storedName(one).key).not.toBe(storedName(other).key);
        expect(storedName(storedName(one).key).key === storedName(one).key).toBe(
          storedName(one).wholeName === null,
        );
      }),
    );
  });

  it('is found by each of its beginnings', () => {
    fc.assert(
      fc.property(names, fc.nat(400), (name, length) => {
        const prefix = name.slice(0, length);
        // No prefix of ours ends in half a character.
        fc.pre(prefix.isWellFormed() && name.isWellFormed());
        const literal = likePrefix(prefix)
          .slice(0, -1)
          .replace(/\\([\\%_])/g, '$1');
        expect(storedName(name).key.startsWith(literal)).toBe(true);
      }),
    );
  });

  it('is looked for as it is, not as a pattern', () => {
    expect(likePrefix('100%_\\')).toBe('100\\%\\_\\\\%');
  });
});
