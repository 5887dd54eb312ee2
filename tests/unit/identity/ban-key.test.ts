import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  identifiersOfKey,
  keyOfApiId,
  keyOfDiscordId,
  keysOfAccount,
  keysOfIdentifiers,
} from '../../../server/identity/ban-key.ts';
import {
  formatIdentifier,
  IDENTIFIER_TYPES,
  type IdentifierType,
} from '../../../server/identity/identifier.ts';
import { API_ID_FORMATS, formatApiId } from '../../../server/identity/subject.ts';
import { anyText, identifier, identifierText } from './arbitraries.ts';

const types = fc.uniqueArray(fc.constantFrom(...IDENTIFIER_TYPES), { minLength: 1 });

/** The same text with some letters in upper case, and blanks around it. */
function respelt(text: string): fc.Arbitrary<string> {
  return fc
    .record({
      cases: fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }),
      before: fc.constantFrom('', ' ', '\t'),
      after: fc.constantFrom('', ' ', '\n'),
    })
    .map(({ cases, before, after }) => {
      const letters = [...text].map((letter, at) => (cases[at] ? letter.toUpperCase() : letter));
      return `${before}${letters.join('')}${after}`;
    });
}

/** Whether somebody with these identifiers is recognised by an API ID. */
function isRecognised(
  apiId: string,
  identifiers: readonly string[],
  used: readonly IdentifierType[],
): boolean {
  const key = keyOfApiId(apiId);
  return key !== undefined && keysOfIdentifiers(identifiers, used).includes(key);
}

describe('an API ID', () => {
  it('that is written with its type, in any case, stands for that identifier and no other', () => {
    const written = fc.tuple(identifier, fc.constantFrom('prefixed' as const, 'upper' as const));
    fc.assert(
      fc.property(
        written.chain(([one, format]) =>
          fc.tuple(fc.constant(formatIdentifier(one)), respelt(formatApiId(one, format))),
        ),
        identifierText,
        types,
        ([own, apiId], other, used) => {
          expect(isRecognised(apiId, [own], used)).toBe(true);
          expect(isRecognised(apiId, [other], used)).toBe(other === own);
        },
      ),
    );
  });

  it('that is a bare value stands for the identifiers of the types in use that have it, and no other', () => {
    const bare = identifier.chain((one) =>
      fc.tuple(fc.constant(one.value), respelt(formatApiId(one, 'value'))),
    );
    fc.assert(
      fc.property(bare, fc.constantFrom(...IDENTIFIER_TYPES), types, ([value, apiId], type, used) => {
        const isUsed = used.includes(type);
        expect(isRecognised(apiId, [`${type}:${value}`], used)).toBe(isUsed);
        expect(isRecognised(apiId, [`${type}:${value}0`], used)).toBe(false);
      }),
    );
  });

  it('is recognised whichever format the community is said to use', () => {
    fc.assert(
      fc.property(identifier, fc.constantFrom(...API_ID_FORMATS), (one, format) => {
        const own = formatIdentifier(one);
        expect(isRecognised(formatApiId(one, format), ['license:5afe', own], [one.type])).toBe(true);
      }),
    );
  });

  it('of any text has a key that can be kept, or none', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.stringMatching(/^ ?[A-Za-z0-9:]{1,90} ?$/)), (apiId) => {
        const key = keyOfApiId(apiId);
        if (key !== undefined) expect(key).toMatch(/^[0-9a-z:]{1,80}$/);
      }),
    );
  });

  it.each([
    ['ip:127.0.0.1', undefined],
    ['127.0.0.1', undefined],
    ['', undefined],
    ['   ', undefined],
    ['steam:', undefined],
    [':1100001', undefined],
    ['steam:wxyz', undefined],
    ['discord:12x', undefined],
    ['two words', undefined],
    ['a-b', undefined],
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(65), undefined],
    ['STEAM:11000010000ABCD', 'steam:11000010000abcd'],
    ['11000010000ABCD', '11000010000abcd'],
    ['license2:C0FFEE', 'license2:c0ffee'],
  ])('%j has the key %j', (apiId, key) => {
    expect(keyOfApiId(apiId)).toBe(key);
  });
});

describe('a Discord id', () => {
  it.each([
    ['235947056630333440', 'discord:235947056630333440'],
    ['discord:235947056630333440', 'discord:235947056630333440'],
    [' DISCORD:235947056630333440 ', 'discord:235947056630333440'],
    ['', undefined],
    ['nobody#1234', undefined],
    ['steam:1100001', undefined],
    ['23594705663033344x', undefined],
  ])('%j has the key %j', (id, key) => {
    expect(keyOfDiscordId(id)).toBe(key);
  });
});

describe('an account', () => {
  it('has the keys of its Discord id and its API IDs, each once', () => {
    expect(keysOfAccount('42', ['discord:42', 'BEEF', 'beef', 'not one!', 'steam:1'])).toEqual([
      'discord:42',
      'beef',
      'steam:1',
    ]);
    for (const nobody of [null, undefined, '']) expect(keysOfAccount(nobody, [])).toEqual([]);
  });
});

describe('the identifiers that a key stands for', () => {
  it('are those that have the key, and no others', () => {
    fc.assert(
      fc.property(identifier, identifierText, types, fc.boolean(), (one, other, used, isBare) => {
        const key = isBare ? one.value : formatIdentifier(one);
        for (const each of [formatIdentifier(one), other]) {
          expect(identifiersOfKey(key, used).includes(each)).toBe(
            keysOfIdentifiers([each], used).includes(key),
          );
        }
      }),
    );
  });
});
