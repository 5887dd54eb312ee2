import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenize } from '../../../devserver/fxserver/console-line.ts';
import { readCommandLine } from '../../../server/triggers/command-line.ts';

/** The line as the server hands it over: its own words, and the whole. */
function read(raw: string) {
  const [, ...args] = tokenize(raw);
  return readCommandLine(args, raw);
}

describe('a reason', () => {
  it.each([
    ['cmsban 5 being rude', 'being rude'],
    ['cmsban 5 broke rule #4', 'broke rule #4'],
    ['cmsban 5 see https://example.com/a//b', 'see https://example.com/a//b'],
    ['cmsban 5 // test', '// test'],
    ['cmsban 5 #1 and #2', '#1 and #2'],
    ['cmsban 5 /* a */ b', '/* a */ b'],
    ['cmsban 5 rdm; second time', 'rdm; second time'],
    ['cmsban 5 said "hello there" to me', 'said "hello there" to me'],
    ['cmsban 5 "being rude"', 'being rude'],
    ['cmsban 5 "rule #4; see // this"', 'rule #4; see // this'],
    ['cmsban 5 "said \\"hi\\""', 'said "hi"'],
    ['cmsban 5 "being" "rude"', '"being" "rude"'],
    ['cmsban 5 "being rude" twice', '"being rude" twice'],
    ['cmsban 5 "an open end', 'an open end'],
    ['cmsban 5 5" gun', '5" gun'],
    ['cmsban 5"rude"', 'rude'],
    ['cmsban 5 ""', ''],
    ['cmsban 5 "', ''],
    ['cmsban 5', ''],
    ['cmsban 5   ', ''],
    [' \t cmsban\t5\tbeing  rude ', 'being  rude'],
    ['CMSBAN "username:John Doe" said #1', 'said #1'],
    ['"cmsban" "username:John \\"J\\" Doe" "#1 of them"', '#1 of them'],
  ])('is all that comes after the target: %j', (raw, reason) => {
    expect(read(raw).textAfter(1)).toBe(reason);
  });
});

describe('a target', () => {
  it.each([
    ['cmsban 5 rude', '5'],
    ['cmsban "username:John Doe" rude', 'username:John Doe'],
    ['cmsban "username:John \\"J\\" Doe" rude', 'username:John "J" Doe'],
    ['cmsban "username:#1 fan" rude', 'username:#1 fan'],
    ['cmsban username:a#1 rude', 'username:a#1'],
    ['cmsban #5 rude', '#5'],
    ['cmsban //5 rude', '//5'],
    ['cmsban ""', ''],
    ['cmsban', undefined],
    ['', undefined],
  ])('is the first word: %j', (raw, target) => {
    expect(read(raw).words[0]).toBe(target);
  });
});

describe('without a line of its own', () => {
  it.each([
    ['no line', ''],
    ['the line of the command that ran it', 'exec some.cfg'],
  ])('a command has the words that the server gives: %s', (_, raw) => {
    const line = readCommandLine(['5', 'being', 'rude'], raw);
    expect(line.words).toEqual(['5', 'being', 'rude']);
    expect(line.textAfter(1)).toBe('being rude');
    expect(line.textAfter(3)).toBe('');
  });
});

describe('whatever is typed', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ' ',
      '  ',
      '\t',
      '"',
      '\\"',
      '\\',
      '#',
      '//',
      '/*',
      ';',
      '5',
      'word',
      'license:a',
      'é',
      '😀',
    ),
    fc.string({ maxLength: 6 }),
  );
  const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''));

  it('the words begin with those of the server, which ends at a comment', () => {
    fc.assert(
      fc.property(text, (rest) => {
        const raw = `cmsban ${rest}`;
        const [, ...args] = tokenize(raw);
        expect(readCommandLine(args, raw).words.slice(0, args.length)).toEqual(args);
      }),
    );
  });

  it('a plain reason arrives as it was typed, the space around it aside', () => {
    const target = fc.constantFrom('5', '65537', 'license:ab', '"username:John Doe"');
    fc.assert(
      fc.property(target, text, (word, reason) => {
        fc.pre(!reason.trim().startsWith('"'));
        expect(read(`cmsban ${word} ${reason}`).textAfter(1)).toBe(reason.trim());
      }),
    );
  });

  it('a quoted reason arrives whole', () => {
    fc.assert(
      fc.property(text, (reason) => {
        // A backslash at the end, or before a quote, would not be one any more.
        fc.pre(!/\\("|$)/.test(reason));
        const quoted = `"${reason.replaceAll('"', '\\"')}"`;
        expect(read(`cmsban 5 ${quoted}`).textAfter(1)).toBe(reason);
      }),
    );
  });

  it('no text after words is longer than the line, and after all of them there is none', () => {
    fc.assert(
      fc.property(text, (raw) => {
        const line = read(raw);
        for (let count = 0; count <= line.words.length; count++) {
          expect(line.textAfter(count).length).toBeLessThanOrEqual(raw.length);
        }
        expect(line.textAfter(line.words.length)).toBe('');
      }),
    );
  });
});
