import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatIdentifier,
  IDENTIFIER_TYPES,
  isIdentifierType,
  parseIdentifier,
  parseIdentifiers,
} from '../../../server/identity/identifier.ts';
import { anyText, identifier, identifierText } from './arbitraries.ts';

describe('reading an identifier', () => {
  it.each([
    ['steam:110000112345678', { type: 'steam', value: '110000112345678' }],
    ['license:0123456789abcdef0123456789abcdef01234567', undefined, 'license'],
    ['license2:0123456789abcdef0123456789abcdef01234567', undefined, 'license2'],
    ['discord:235947056630333440', { type: 'discord', value: '235947056630333440' }],
    ['fivem:123456', { type: 'fivem', value: '123456' }],
    ['xbl:2535465212345678', { type: 'xbl', value: '2535465212345678' }],
    ['live:844426212345678', { type: 'live', value: '844426212345678' }],
    ['STEAM:11000010ABCDEF0', { type: 'steam', value: '11000010abcdef0' }],
  ])('takes %s', (text, expected, type?: string) => {
    expect(parseIdentifier(text)).toEqual(expected ?? { type, value: text.slice(text.indexOf(':') + 1) });
  });

  it.each([
    '',
    ':',
    'steam',
    'steam:',
    ':110000112345678',
    'steam:11000011234567g',
    `steam:${'0'.repeat(33)}`,
    'steam: 110000112345678',
    ' steam:110000112345678',
    'steam:110000112345678 ',
    'steam:110000112345678\n',
    'steam:1100:0011',
    'discord:12a',
    'discord:-1',
    'discord:1.5',
    `discord:${'1'.repeat(21)}`,
    'discord:١٢٣',
    'license:ab^1',
    'license:',
    'ip:127.0.0.1',
    'IP:127.0.0.1',
    'ip:110000112345678',
    'endpoint:1',
    'account:1',
    '__proto__:1',
    'constructor:1',
  ])('refuses %j', (text) => {
    expect(parseIdentifier(text)).toBeUndefined();
  });

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(identifier, (one) => {
        expect(parseIdentifier(formatIdentifier(one))).toEqual(one);
        expect(parseIdentifier(formatIdentifier(one).toUpperCase())).toEqual(one);
      }),
    );
  });

  it('never takes an ip, whatever its value', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.stringMatching(/^[0-9a-f]{1,20}$/)), (value) => {
        expect(parseIdentifier(`ip:${value}`)).toBeUndefined();
        expect(parseIdentifier(`Ip:${value}`)).toBeUndefined();
        expect(parseIdentifiers([`ip:${value}`, `IP:${value}`])).toEqual([]);
      }),
    );
  });

  it('never throws, and what it takes is plain lower-case letters and digits of a known type', () => {
    const nearly = fc
      .tuple(fc.constantFrom(...IDENTIFIER_TYPES), anyText)
      .map(([type, value]) => `${type}:${value}`);
    fc.assert(
      fc.property(fc.oneof(anyText, nearly), (text) => {
        const found = parseIdentifier(text);
        if (!found) return;
        expect(isIdentifierType(found.type)).toBe(true);
        expect(found.value).toMatch(/^[0-9a-z]{1,64}$/);
      }),
      { numRuns: 500 },
    );
  });
});

describe('reading a list of identifiers', () => {
  it('keeps the order, each once, and leaves out what is none', () => {
    const texts = [
      'ip:1.2.3.4',
      'license:b',
      'steam:1',
      'LICENSE:B',
      'nonsense',
      'license:a',
      'steam:1',
      'hwid:1',
    ];
    expect(parseIdentifiers(texts).map(formatIdentifier)).toEqual(['license:b', 'steam:1', 'license:a']);
  });

  it('keeps every one that can be an identity, exactly once, in the order of first appearance', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(identifierText, anyText)), (texts) => {
        const found = parseIdentifiers(texts).map(formatIdentifier);
        const expected = texts.flatMap((text) => {
          const one = parseIdentifier(text);
          return one ? [formatIdentifier(one)] : [];
        });
        expect(found).toEqual([...new Set(expected)]);
      }),
    );
  });
});
