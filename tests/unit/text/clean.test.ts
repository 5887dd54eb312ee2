import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cleanText, MAX_NAME, MAX_REASON } from '../../../server/text/clean.ts';
import { cpuMs } from '../cpu-time.ts';
import { anyText } from '../identity/arbitraries.ts';

/** Text made mostly of what an attacker would use. */
const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom('^', '^1', '^^11', '\n', '\r\n', '\u2028', '\u2029', '\u0085', '\u001b[31m', '\u009b'),
      fc.constantFrom(
        '\u202e',
        '\u200b',
        '\u2066',
        '\ufeff',
        '\u00ad',
        '\u{e0041}',
        '\u0000',
        '\t',
        ' ',
        '\u3000',
      ),
      fc.constantFrom('\ud83d', '\ude00', '😀', '👩‍👩‍👧', 'e\u0301', '…', 'word'),
    ),
    { maxLength: 400 },
  )
  .map((pieces) => pieces.join(''));

const text = fc.oneof(anyText, hostile);
const length = fc.integer({ min: 1, max: 300 });

describe('cleaning a text', () => {
  it.each([
    ['plain words', 'plain words'],
    ['  spaces   around  ', 'spaces around'],
    ['^1red', '1red'],
    ['^^11red', '11red'],
    ['a ^ b', 'a b'],
    ['first\nsecond', 'first second'],
    ['first\r\n\r\nsecond', 'first second'],
    ['a\u2028b\u2029c\u0085d\u000be\u000cf', 'a b c d e f'],
    ['\u001b[31mred\u001b[0m', '[31mred [0m'],
    ['abc\u202edef', 'abc def'],
    ['zero\u200bwidth', 'zero width'],
    ['bell\u0007', 'bell'],
    ['half \ud83d pair', 'half \ufffd pair'],
    ['smile 😀', 'smile 😀'],
    ['Zoë Żółć 日本語', 'Zoë Żółć 日本語'],
    ['', ''],
    [' \n\t ', ''],
    ['^^^', ''],
  ])('%j becomes %j', (dirty, clean) => {
    expect(cleanText(dirty, MAX_REASON)).toBe(clean);
  });

  it('cuts what is too long, in characters as people count them', () => {
    expect(cleanText('abcdef', 6)).toBe('abcdef');
    expect(cleanText('abcdefg', 6)).toBe('abcde…');
    expect(cleanText('😀😀😀😀', 3)).toBe('😀😀…');
    expect(cleanText('abcd efgh', 6)).toBe('abcd…');
  });

  it('leaves one safe line, whatever comes in', () => {
    fc.assert(
      fc.property(text, length, (dirty, maxLength) => {
        const clean = cleanText(dirty, maxLength);
        expect(clean).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
        expect(clean).not.toMatch(/ {2}|^ | $/);
        expect(Array.from(clean).length).toBeLessThanOrEqual(maxLength);
        expect(clean.isWellFormed()).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(text, length, (dirty, maxLength) => {
        const clean = cleanText(dirty, maxLength);
        expect(cleanText(clean, maxLength)).toBe(clean);
      }),
      { numRuns: 1_000 },
    );
  });

  it('leaves harmless text alone', () => {
    const harmless = fc.stringMatching(/^[A-Za-z0-9äßéł.,!?'-]{1,20}( [A-Za-z0-9äßéł.,!?'-]{1,20}){0,8}$/);
    fc.assert(
      fc.property(harmless, (words) => {
        expect(cleanText(words, MAX_REASON)).toBe(words);
      }),
    );
  });

  it.each([
    ['letters', 'a'],
    ['carets', '^'],
    ['spaces', ' '],
    ['spaces and letters', ' a'],
    ['lines', '\n'],
    ['half pairs', '\ud83d'],
    ['carets and spaces', '^ '],
  ])('is quick with a megabyte of %s', (_, piece) => {
    const long = piece.repeat((1024 * 1024) / piece.length);
    const tookMs = cpuMs(() => {
      for (let times = 0; times < 20; times++) cleanText(long, MAX_NAME);
    });
    expect(tookMs).toBeLessThan(200);
  });
});
