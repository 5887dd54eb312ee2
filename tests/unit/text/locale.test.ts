import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import english from '../../../locales/en.json' with { type: 'json' };
import { type Message, readLocale } from '../../../server/text/locale.ts';
import { checkedSay } from '../checked-say.ts';

const complete = JSON.stringify({ ...english, dropped: 'Der Spieler ist weg.' });

/** A problem as the server owner reads it. */
const said = (problem: Message | undefined) =>
  problem && checkedSay(problem.key, { convar: 'cmsban_locale', ...problem.parameters });

describe('reading a locale', () => {
  it('speaks English without a file', () => {
    const { say, problem } = readLocale('en', undefined);
    expect(problem).toBeUndefined();
    expect(say('dropped')).toBe(english.dropped);
  });

  it('speaks what a complete file says', () => {
    const { say, problem } = readLocale('de', complete);
    expect(problem).toBeUndefined();
    expect(say('dropped')).toBe('Der Spieler ist weg.');
  });

  it('falls back to English, text by text, and says what is missing', () => {
    const { say, problem } = readLocale('de', '{"dropped": "Der Spieler ist weg."}');
    expect(say('dropped')).toBe('Der Spieler ist weg.');
    expect(say('reason.none')).toBe(english['reason.none']);
    expect(said(problem)).toContain('texts are missing in locales/de.json');
    expect(said(problem)).toContain(`: ${Object.keys(english).length - 1} (`);
  });

  it.each([
    ['missing', undefined, 'does not exist'],
    ['empty', '', 'is not JSON'],
    ['cut off', '{"dropped": "Der', 'is not JSON'],
    ['null', 'null', 'is not an object of texts'],
    ['a text', '"text"', 'is not an object of texts'],
    ['a number', '12', 'is not an object of texts'],
    ['of another shape', '{"dropped": {"text": "weg"}}', 'is not an object of texts'],
  ])('speaks English when the file is %s', (_, text, words) => {
    const { say, problem } = readLocale('de', text);
    expect(say('dropped')).toBe(english.dropped);
    expect(said(problem)).toContain(`locales/de.json ${words}`);
  });

  it('never throws, and always has every text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json(), fc.constant(complete)), (text) => {
        const { say } = readLocale('xx', text);
        expect(typeof say('dropped')).toBe('string');
        expect(say('reason.none')).toBe(english['reason.none']);
      }),
    );
  });
});

describe('saying a sentence', () => {
  const { say } = readLocale('en', undefined);

  it('puts the parameters in', () => {
    expect(say('share', { product: 'Sonoran CMS', message: 'done' })).toBe('Sonoran CMS: done.');
  });

  it('takes a parameter literally: nothing in it is a placeholder or a replacement', () => {
    const awkward = fc.oneof(
      fc.string(),
      fc.constantFrom('{product}', '{message}', '$&', '$1', '$$', "$'", '{{product}}', '$<product>'),
    );
    fc.assert(
      fc.property(awkward, awkward, (product, message) => {
        expect(say('share', { product, message })).toBe(`${product}: ${message}.`);
      }),
    );
  });

  it('puts numbers in, zero too', () => {
    expect(say('lookup.account', { name: 0, id: 12 })).toBe('0 (12)');
  });

  it('leaves a placeholder that nobody fills', () => {
    expect(say('drop.ban', { reason: 'cheating' })).toContain('(by {author})');
    const translated = readLocale('de', '{"dropped": "{constructor} {toString} {hasOwnProperty}"}');
    expect(translated.say('dropped')).toBe('{constructor} {toString} {hasOwnProperty}');
  });
});

describe('the English texts', () => {
  it('have only placeholders that can be filled', () => {
    for (const [key, text] of Object.entries(english)) {
      expect(text.replaceAll(/\{\w+\}/g, ''), key).not.toMatch(/[{}]/);
      expect(text, key).not.toBe('');
    }
  });
});
