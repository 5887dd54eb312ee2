import '../../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cut, EMBED_LIMITS } from '../../../../server/notify/discord/embed.ts';
import { inert, visible, wordsFor } from '../../../../server/notify/discord/inert.ts';
import { redactor, Secret } from '../../../../server/text/secret.ts';
import { checkedSay } from '../../checked-say.ts';
import { anyText } from '../../identity/arbitraries.ts';
import { rendered } from './rendered.ts';

const LIVE = [
  ['everyone', '@everyone'],
  ['everyone', 'hey @here!'],
  ['user', '<@235947056630333440>'],
  ['user', '<@!235947056630333440>'],
  ['role', '<@&42>'],
  ['channel', '<#42>'],
  ['emoji', '<a:wave:42>'],
  ['time', '<t:1618953630:R>'],
  ['command', '</ban all:42>'],
  ['navigation', '<id:customize>'],
  ['email', '<a@b.example>'],
  ['phone', '<+15551234>'],
  ['address', 'see https://evil.example/x?y=z'],
  ['address', 'steam://run/4'],
  ['invitation', 'discord.gg/abc'],
  ['invitation', 'discord.com/invite/abc'],
  ['masked', '[free](https://evil.example)'],
  ['code', '`x`'],
  ['code', '```js x```'],
  ['strong', '**big**'],
  ['emphasis', '*x*'],
  ['emphasis_', '_x_'],
  ['underline', '__x__'],
  ['strike', '~~x~~'],
  ['spoiler', '||x||'],
  ['heading', '# big'],
  ['subtext', '-# small'],
  ['quote', '> said'],
  ['list', '- one'],
  ['list', '* one'],
  ['list', '1. one'],
] as const;

const hostile = fc
  .array(
    fc.oneof(
      fc.constantFrom(...LIVE.map(([, text]) => text)),
      fc.constantFrom(
        '@',
        'everyone',
        '<',
        '>',
        '\\',
        '`',
        '*',
        '_',
        '~~',
        '||',
        '[',
        '](',
        ')',
        '#',
        '-',
        '1.',
      ),
      fc.constantFrom('http', 'https', ':', '/', '//', '.', 'discord', 'gg', '\n', '\r\n', '\u2028', ' '),
      fc.constantFrom(
        '\u200b',
        '\u202e',
        '\u2066',
        '\u3164',
        '\u2800',
        '\u034f',
        '\ufe0f',
        '😀',
        '\ud83d',
        'é',
      ),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => pieces.join(''));

const text = fc.oneof(anyText, hostile);
const seen = (shown: string) => shown.replaceAll('\u200b', '');

describe('a text from people', () => {
  it.each(LIVE)('is %s in Discord, and nothing when it is made inert: %s', (what, source) => {
    expect(rendered(source).found).toContain(what);
    const { found, text } = rendered(inert(source));
    expect(found).toEqual([]);
    expect(seen(text)).toBe(source);
  });

  it('mentions, links and formats nothing, whatever it is, and reads as it was', () => {
    fc.assert(
      fc.property(text, (source) => {
        const shown = rendered(inert(source));
        expect(shown.found).toEqual([]);
        expect(seen(shown.text)).toBe(visible(source));
      }),
      { numRuns: 3_000 },
    );
  });

  it('is inert also where it is cut, and no character is cut in half', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 80 }), (source, most) => {
        const piece = cut(inert(source), most);
        expect(piece.length).toBeLessThanOrEqual(most);
        expect(piece.isWellFormed()).toBe(true);
        expect(rendered(piece).found).toEqual([]);
      }),
      { numRuns: 3_000 },
    );
  });

  it('stays on its line, and shows no tricks', () => {
    fc.assert(
      fc.property(text, (source) => {
        const shown = visible(source);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|\u3164|\u2800|\u034f/u);
        expect(shown).not.toMatch(/ {2}|^ | $/);
        expect(shown.isWellFormed()).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ['plain words, 100 % & "quotes" (é日本) 😀 ❤️', 'plain words, 100 % & "quotes" \\(é日本\\) 😀 ❤️'],
    ['license:beef', 'license\\:beef'],
    ['steam:110000112345678', 'steam\\:110000112345678'],
  ])('%j can be copied', (source, expected) => {
    expect(inert(source)).toBe(expected);
  });

  it('loses what is secret before it is escaped', () => {
    const { show } = wordsFor(checkedSay, redactor([new Secret('a_b-c.d')]));
    expect(show('key a_b-c.d')).toBe('key •••');
  });

  it('fits, when it is a longest reason of the worst characters', () => {
    for (const worst of ['@', '://', 'a.b', '\\', '<']) {
      expect(inert(worst.repeat(256).slice(0, 256)).length).toBeLessThanOrEqual(EMBED_LIMITS.fieldValue);
    }
  });
});
