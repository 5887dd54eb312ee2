import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IDENTIFIER_TYPES, type Identifier } from '../../../server/identity/identifier.ts';
import {
  API_ID_FORMATS,
  type ApiIdRules,
  formatApiId,
  type Subject,
  subjectsOf,
} from '../../../server/identity/subject.ts';
import { identifier } from './arbitraries.ts';

const license: Identifier = { type: 'license', value: 'abc' };
const steam: Identifier = { type: 'steam', value: '110000112345678' };
const discord: Identifier = { type: 'discord', value: '235947056630333440' };

const rules: fc.Arbitrary<ApiIdRules> = fc.record({
  types: fc.uniqueArray(fc.constantFrom(...IDENTIFIER_TYPES), { minLength: 1 }),
  format: fc.constantFrom(...API_ID_FORMATS),
  discordField: fc.boolean(),
});

describe('an identifier as an API ID', () => {
  it.each([
    ['value', '110000112345678'],
    ['prefixed', 'steam:110000112345678'],
    ['upper', 'STEAM:110000112345678'],
  ] as const)('as %s', (format, expected) => {
    expect(formatApiId(steam, format)).toBe(expected);
  });

  it('writes only the type in upper case', () => {
    expect(formatApiId({ type: 'license2', value: 'abc' }, 'upper')).toBe('LICENSE2:abc');
  });
});

describe('the ways to name an account', () => {
  it('goes by the order of the types, not of the identifiers', () => {
    const subjects = subjectsOf(
      [license, steam, discord],
      { types: ['discord', 'steam', 'license'], format: 'value', discordField: true },
      undefined,
    );
    expect(subjects).toEqual([
      { by: 'discord', value: discord.value },
      { by: 'apiId', value: discord.value },
      { by: 'apiId', value: steam.value },
      { by: 'apiId', value: license.value },
    ]);
  });

  it.each([
    ['value', true, ['discord 235947056630333440', 'apiId 235947056630333440']],
    ['value', false, ['apiId 235947056630333440']],
    ['prefixed', true, ['discord 235947056630333440', 'apiId 235947056630333440']],
    ['upper', false, ['apiId 235947056630333440']],
  ] as const)(
    'has Discord ids in their field, then by their digits (%s, field: %s)',
    (format, field, names) => {
      const rule = { types: ['discord'], format, discordField: field } as const;
      const subjects = subjectsOf([{ ...discord, value: '235947056630333440' }], rule, undefined);
      expect(subjects.map(({ by, value }) => `${by} ${value}`)).toEqual(names);
    },
  );

  it('puts an id that is known first, and not a second time', () => {
    const subjects = subjectsOf(
      [license, steam],
      { types: ['license', 'steam'], format: 'value', discordField: true },
      steam.value,
    );
    expect(subjects).toEqual([
      { by: 'apiId', value: steam.value },
      { by: 'apiId', value: license.value },
    ]);
  });

  it('takes all identifiers of one type, in their order', () => {
    const types = ['license'] as const;
    const other: Identifier = { type: 'license', value: 'def' };
    expect(
      subjectsOf([license, other], { types, format: 'value', discordField: true }, undefined).map(
        ({ value }) => value,
      ),
    ).toEqual(['abc', 'def']);
  });

  it('names nobody by types that are not asked for', () => {
    expect(
      subjectsOf([license, steam], { types: ['discord'], format: 'value', discordField: true }, undefined),
    ).toEqual([]);
  });

  it('says each once, all that are asked for, none else, with a known id ahead', () => {
    fc.assert(
      fc.property(
        fc.array(identifier),
        rules,
        fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
        (ids, rule, known) => {
          const subjects = subjectsOf(ids, rule, known);
          const written = subjects.map(({ by, value }) => `${by} ${value}`);
          expect(new Set(written).size).toBe(written.length);
          const expected = new Set<string>(known === undefined ? [] : [`apiId ${known}`]);
          for (const type of rule.types) {
            for (const id of ids.filter((one) => one.type === type)) {
              if (type === 'discord' && rule.discordField) expected.add(`discord ${id.value}`);
              expected.add(`apiId ${type === 'discord' ? id.value : formatApiId(id, rule.format)}`);
            }
          }
          expect(written).toEqual([...expected]);
          if (known !== undefined) expect(subjects[0]).toEqual<Subject>({ by: 'apiId', value: known });
        },
      ),
    );
  });
});
