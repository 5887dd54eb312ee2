import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AccountReference, formatAccount, parseTarget } from '../../../server/identity/target.ts';
import { cpuMs } from '../cpu-time.ts';
import { anyText, identifier } from './arbitraries.ts';

const UUID = '0b6e4d5c-3a2f-4e1d-8c9b-7a6f5e4d3c2b';

const accountReference: fc.Arbitrary<AccountReference> = fc.oneof(
  fc.uuid().map((value) => ({ by: 'account' as const, value })),
  fc.stringMatching(/^[A-Za-z0-9_]([A-Za-z0-9_: .-]{0,62}[A-Za-z0-9_])?$/).map((value) => ({
    by: 'username' as const,
    value,
  })),
  fc.nat({ max: 999_999_999_999_999 }).map((value) => ({ by: 'unique' as const, value })),
);

describe('reading a target', () => {
  it.each([
    ['12', { form: 'player', id: 12 }],
    [' 12 ', { form: 'player', id: 12 }],
    ['1', { form: 'player', id: 1 }],
    ['65535', { form: 'player', id: 65_535 }],
    ['65536', { form: 'player', id: 65_536 }],
    ['99999', { form: 'player', id: 99_999 }],
    ['131072', { form: 'player', id: 131_072 }],
    ['999999999', { form: 'player', id: 999_999_999 }],
    ['2147483647', { form: 'action', id: '2147483647' }],
    ['83A12779C3', { form: 'action', id: '83a12779c3' }],
    ['007', { form: 'player', id: 7 }],
    ['license:abc', { form: 'identifier', identifier: { type: 'license', value: 'abc' } }],
    ['Steam:11000010ABC', { form: 'identifier', identifier: { type: 'steam', value: '11000010abc' } }],
    [
      'discord:235947056630333440',
      { form: 'identifier', identifier: { type: 'discord', value: '235947056630333440' } },
    ],
    [`account:${UUID}`, { form: 'account', account: { by: 'account', value: UUID } }],
    [`ACCOUNT:${UUID.toUpperCase()}`, { form: 'account', account: { by: 'account', value: UUID } }],
    ['username:Jane', { form: 'account', account: { by: 'username', value: 'Jane' } }],
    ['username:Jane Doe', { form: 'account', account: { by: 'username', value: 'Jane Doe' } }],
    ['username:a:b', { form: 'account', account: { by: 'username', value: 'a:b' } }],
    ['username:12', { form: 'account', account: { by: 'username', value: '12' } }],
    ['username:Zoë', { form: 'account', account: { by: 'username', value: 'Zoë' } }],
    ['unique:42', { form: 'account', account: { by: 'unique', value: 42 } }],
    ['unique: 42', { form: 'account', account: { by: 'unique', value: 42 } }],
  ])('takes %j', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    '0',
    '-1',
    '83a12779c',
    '83a12779c34',
    '83a12779cg',
    '99999999999',
    '235947056630333440',
    '1.5',
    '1e3',
    '0x1',
    'NaN',
    'Infinity',
    'Jane',
    'account:',
    'account:jane',
    `account:${UUID}0`,
    `account:${UUID.replaceAll('-', '')}`,
    `account:{${UUID}}`,
    'username:',
    'username:  ',
    'username:a\nb',
    'username:a\u0000b',
    `username:${'a'.repeat(65)}`,
    'unique:',
    'unique:abc',
    'unique:-1',
    'unique:1.5',
    'unique:1e3',
    `unique:${'9'.repeat(16)}`,
    'ip:127.0.0.1',
    'hwid:1',
    'apiId:1',
    'toString:1',
    ':',
    '::',
  ])('refuses %j', (text) => {
    expect(parseTarget(text)).toBeUndefined();
  });

  it('reads back every account as it is written', () => {
    fc.assert(
      fc.property(accountReference, (account) => {
        expect(parseTarget(formatAccount(account))).toEqual({ form: 'account', account });
      }),
    );
  });

  it('reads back every identifier and every server id', () => {
    fc.assert(
      fc.property(identifier, fc.integer({ min: 1, max: 65_535 }), (one, id) => {
        expect(parseTarget(`${one.type}:${one.value}`)).toEqual({ form: 'identifier', identifier: one });
        expect(parseTarget(String(id))).toEqual({ form: 'player', id });
      }),
    );
  });

  it('never throws, and never lets an ip or a control character through', () => {
    const prefix = fc.constantFrom('', 'account:', 'username:', 'unique:', 'steam:', 'ip:', 'discord:');
    fc.assert(
      fc.property(prefix, anyText, (start, rest) => {
        const target = parseTarget(start + rest);
        if (start === 'ip:') expect(target).toBeUndefined();
        if (target?.form === 'account' && target.account.by === 'username') {
          // biome-ignore lint/suspicious/noControlCharactersInRegex: none of them may be left
          expect(target.account.value).not.toMatch(/[\u0000-\u001f\u007f]/);
          expect(target.account.value).toBe(target.account.value.trim());
        }
        if (target?.form === 'account' && target.account.by === 'unique') {
          expect(Number.isSafeInteger(target.account.value)).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is quick with a megabyte', () => {
    const long = 'a'.repeat(1024 * 1024);
    const tookMs = cpuMs(() => {
      for (const start of ['', 'account:', 'username:', 'unique:', 'license:', '9']) {
        expect(parseTarget(start + long)).toBeUndefined();
        expect(parseTarget(start + ' '.repeat(1024 * 1024))).toEqual(
          start === '9' ? { form: 'player', id: 9 } : undefined,
        );
      }
    });
    expect(tookMs).toBeLessThan(500);
  });
});
