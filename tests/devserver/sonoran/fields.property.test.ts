import '../../unit/fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FieldKind } from '../../../devserver/sonoran/fields.ts';
import { exactlyOneOf, fits, unknownField } from '../../../devserver/sonoran/fields.ts';

const kinds = {
  apiId: 'text',
  username: 'text',
  accId: 'uuid',
  discord: 'digits',
  uniqueId: 'number',
} as const satisfies Record<string, FieldKind>;
const names = Object.keys(kinds) as (keyof typeof kinds)[];

const digits = fc.stringMatching(/^[0-9]{1,20}$/);
const right = fc.record({
  apiId: fc.string({ minLength: 1 }),
  username: fc.string({ minLength: 1 }),
  accId: fc.uuid(),
  discord: digits,
  uniqueId: fc.maxSafeNat(),
});
/** What no field of any kind takes. */
const never = fc.oneof(
  fc.constantFrom(null, true, false, '', Number.NaN, Number.POSITIVE_INFINITY, 1.5, -1),
  fc.array(fc.anything()),
  fc.object(),
);

describe('exactly one of several fields', () => {
  it('takes any one of them with a right value, beside any unrelated field', () => {
    fc.assert(
      fc.property(right, fc.constantFrom(...names), fc.anything(), (values, name, other) => {
        expect(exactlyOneOf({ [name]: values[name], unrelated: other }, kinds)).toEqual({
          field: name,
          value: values[name],
        });
      }),
    );
  });

  it('refuses none and several, whatever their values', () => {
    fc.assert(
      fc.property(right, fc.subarray(names), fc.anything(), (values, chosen, value) => {
        fc.pre(chosen.length !== 1);
        const fields = Object.fromEntries(chosen.map((name) => [name, values[name]]));
        expect(exactlyOneOf(fields, kinds)).toMatch(/^exactly one of/);
        const anything = Object.fromEntries(chosen.map((name) => [name, value]));
        expect(exactlyOneOf(anything, kinds)).toMatch(/^exactly one of/);
      }),
    );
  });

  it('refuses what is of no kind, in every field', () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), never, (name, value) => {
        expect(exactlyOneOf({ [name]: value }, kinds)).toMatch(/ is not a /);
      }),
    );
  });

  it('does not take a field from the prototype', () => {
    expect(exactlyOneOf(Object.create({ apiId: 'a' }), kinds)).toMatch(/^exactly one of/);
  });
});

describe('types', () => {
  it('text is never a number, a number never text', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (number) => {
        expect(fits('number', number)).toBe(true);
        expect(fits('number', String(number))).toBe(false);
        for (const kind of ['text', 'digits', 'uuid', 'numeral'] as const)
          expect(fits(kind, number)).toBe(false);
        expect(fits('digits', String(number))).toBe(true);
      }),
    );
  });

  it('a numeral of a query arrives as a number', () => {
    fc.assert(
      fc.property(fc.nat(), (number) => {
        expect(exactlyOneOf({ uniqueId: String(number) }, { uniqueId: 'numeral' })).toEqual({
          field: 'uniqueId',
          value: number,
        });
      }),
    );
  });

  it('digits are digits alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fits('digits', text)).toBe(
          text !== '' && [...text].every((char) => '0123456789'.includes(char)),
        );
      }),
    );
  });
});

it('names the first unknown field', () => {
  expect(unknownField({ a: 1, b: 2 }, ['a', 'b', 'c'])).toBeUndefined();
  expect(unknownField({ a: 1, x: 2 }, ['a'])).toBe('unknown field x');
});
