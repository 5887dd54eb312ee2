import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLocale } from '../../../server/text/locale.ts';
import {
  readLimit,
  readOptions,
  readReason,
  readTargetWord,
} from '../../../server/triggers/export-arguments.ts';

const { say } = readLocale('en', undefined);

/** Whatever can cross from another resource, and more. */
const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withTypedArray: true,
  withNullPrototype: true,
});

describe('options', () => {
  it.each([[undefined], [null], [{}], [[]], [{ author: null, drop: undefined }]])(
    '%j are none',
    (argument) => {
      const read = readOptions(argument, 'ban', say);
      expect('value' in read && Object.values(read.value).every((value) => value == null)).toBe(true);
    },
  );

  it('are read', () => {
    const options = { author: 'me', drop: 'always', id: '5', products: ['cad'] };
    expect(readOptions(options, 'ban', say)).toEqual({ value: options });
  });

  it.each([
    ['1d12h', 36 * 3_600_000],
    [' 2W ', 14 * 86_400_000],
    ['perm', Number.POSITIVE_INFINITY],
    [90, 90_000],
    [0.5, 500],
    [10 * 365 * 86_400, 10 * 365 * 86_400_000],
  ])('a duration of %j is read in milliseconds, and only of a ban', (duration, ms) => {
    expect(readOptions({ duration }, 'ban', say)).toEqual({ value: { duration: ms } });
    for (const kind of ['kick', 'unban'] as const) {
      expect(readOptions({ duration }, kind, say)).toEqual({ problem: 'duration is only for bans' });
    }
  });

  it.each([
    [{ resaon: 'x' }, 'there is no option "resaon"; there are author, drop, duration, id, products'],
    [{ '^1red\n': 1 }, 'there is no option "1red"'],
    [{ [`x${'y'.repeat(500)}`]: 1 }, 'there is no option "xyyy'],
    [{ author: 1 }, 'author must be a text'],
    [{ duration: '90min' }, 'duration must be a text such as 30m'],
    [{ duration: 0 }, 'duration must be a text such as'],
    [{ duration: Number.NaN }, 'duration must be a text such as'],
    [{ duration: '' }, 'duration must be a text such as'],
    [{ duration: 10 * 365 * 86_400 + 1 }, 'ten years at most'],
    [{ duration: true }, 'duration must be a text such as'],
    [{ id: '' }, 'id must be a text of 1 to 128 characters'],
    [{ products: [] }, 'products must be a list of at least one of cms, cad'],
    [new Uint8Array(1), 'options must be a table with names'],
    ['always', 'options must be a table with names'],
    [['always'], 'options must be a table with names'],
  ])('%j: what is wrong is named', (argument, words) => {
    expect(readOptions(argument, 'ban', say)).toEqual({ problem: expect.stringContaining(words) });
  });

  it('are the known ones, of the right kind, or refused in words fit to be shown', () => {
    const named = fc.dictionary(
      fc.constantFrom('author', 'drop', 'id', 'products', 'duration', '__proto__', ''),
      anything,
    );
    fc.assert(
      fc.property(fc.oneof(anything, named), (argument) => {
        const read = readOptions(argument, 'ban', say);
        if ('problem' in read) {
          expect(read.problem.length).toBeLessThan(200);
          expect(read.problem).not.toMatch(/[\p{Cc}^]/u);
          return;
        }
        for (const name of Object.keys(read.value))
          expect(['author', 'drop', 'duration', 'id', 'products']).toContain(name);
      }),
    );
  });
});

describe('a target', () => {
  it.each([
    ['12', { value: '12' }],
    [12, { value: '12' }],
    [1.5, { value: '1.5' }],
    [Number.NaN, { value: 'NaN' }],
    [undefined, { problem: 'nothing' }],
    [null, { problem: 'nothing' }],
    [true, { problem: 'true' }],
    [[12], { problem: 'a list' }],
    [{ id: 12 }, { problem: 'a table' }],
    [() => 12, { problem: 'a function' }],
  ])('%j is a word, or named as what it is', (argument, read) => {
    expect(readTargetWord(argument, say)).toEqual(read);
  });

  it('is a word or a problem, whatever it is', () => {
    fc.assert(
      fc.property(anything, (argument) => {
        const read = readTargetWord(argument, say);
        expect(typeof ('value' in read ? read.value : read.problem)).toBe('string');
      }),
    );
  });
});

it('a reason is a text or none', () => {
  expect(readReason(undefined, say)).toEqual({ value: '' });
  expect(readReason(null, say)).toEqual({ value: '' });
  expect(readReason('x', say)).toEqual({ value: 'x' });
  fc.assert(
    fc.property(
      anything.filter(
        (argument) => argument !== undefined && argument !== null && typeof argument !== 'string',
      ),
      (argument) => {
        expect(readReason(argument, say)).toEqual({ problem: 'reason must be a text' });
      },
    ),
  );
});

it('a limit is a whole number from 1, or fifty', () => {
  expect([1, 2, 50, 1_000].map(readLimit)).toEqual([1, 2, 50, 1_000]);
  fc.assert(
    fc.property(
      anything.filter((argument) => !(Number.isInteger(argument) && Number(argument) >= 1)),
      (argument) => {
        expect(readLimit(argument)).toBe(50);
      },
    ),
  );
});
