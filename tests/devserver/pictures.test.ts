import { describe, expect, it } from 'vitest';
import { scene, steady } from '../../devserver/pictures/session.ts';
import { cut, lengthOf, readLine, toSvg, wrap } from '../../devserver/pictures/terminal.ts';

const CYAN = '\u001b[36m';
const END = '\u001b[39m';
const textOf = (line: ReturnType<typeof readLine>) => line.map(({ text }) => text).join('');

describe('a line of a terminal', () => {
  const line = readLine(`  Alice sees  ${CYAN}one two three four${END}`);

  it('is read in its colours', () => {
    expect(line).toEqual([
      { text: '  Alice sees  ', colour: 'plain' },
      { text: 'one two three four', colour: 'cyan' },
    ]);
  });

  it('is broken between words, below its last piece', () => {
    expect(wrap(line, 24).map(textOf)).toEqual(['  Alice sees  one two', '              three four']);
    expect(wrap(line, 32)).toEqual([line]);
    expect(wrap(line, 16).every((row) => lengthOf(row) <= 14 + 'three'.length)).toBe(true);
  });

  it('is cut where it is too long', () => {
    expect(textOf(cut(line, 20))).toBe('  Alice sees  one t…');
    expect(textOf(cut(line, 10))).toBe('  Alice s…');
    expect(cut(line, 32)).toEqual(line);
  });
});

describe('a scene', () => {
  const output = [
    '',
    '── The first ───',
    '  Alice types           /cmsban 3',
    '── The second ───',
    'This is explained.',
    `  Alice types           /cmsqueue`,
    `  to CMS                POST /x`,
    `                        {"a":"${'b'.repeat(100)}"}`,
    '  CMS answers           200 OK',
    '  server console        [cmsban] a line',
    `  Alice sees            ${CYAN}one${END}`,
    `                        ${CYAN}two${END}`,
    '',
    'That was it.',
  ].join('\n');
  const rows = (heading: string, ...also: ReadonlyArray<'wire' | 'console'>) =>
    scene(output, { heading, also }, 40).map((line) => textOf(line).trim());

  it('has what people do and see', () => {
    expect(rows('The first')).toEqual(['Alice types           /cmsban 3']);
    expect(rows('The second')).toEqual([
      'Alice types           /cmsqueue',
      'Alice sees            one',
      'two',
    ]);
  });

  it('has more when that is asked for, and no long line of the wire', () => {
    expect(rows('The second', 'wire', 'console')).toEqual([
      'Alice types           /cmsqueue',
      'to CMS                POST /x',
      '{"a":"bbbbbbbbb…',
      'CMS answers           200 OK',
      'server console        [cmsban] a line',
      'Alice sees            one',
      'two',
    ]);
  });

  it('that there is not is named', () => {
    expect(() => rows('The third')).toThrow('the demo has no scene "The third"');
  });

  it('is the same every time', () => {
    const told = (id: string, other: string, seconds: number, day: string) =>
      `[${id}] by Alice, ${seconds} s ago, next try in ${seconds} s. [${other}] since ${day} 09:12 UTC. [${id}]`;
    const one = steady(told('8c17e97054', 'b713533412', 2, '2026-11-28'));
    expect(steady(told('f58c0fa275', '0c17e97054', 3, '2027-01-01'))).toBe(one);
    expect(one).toMatch(/^\[83a12779c3\] .* \[(?!83a12779c3)[0-9a-f]{10}\] .* \[83a12779c3\]$/);
    const account = '79989bdb-4f19-4bcf-a866-58ac03a52ba3 a11ce00000000000000000000000000000000003';
    expect(steady(account)).toBe(account);
  });
});

it('a picture keeps text as text', () => {
  const svg = toSvg([readLine(`  <b> & ${CYAN}"c"${END}`), []], 20, 'A < B');
  expect(svg).toContain('<title>A &lt; B</title>');
  expect(svg).toMatch(
    /<tspan x="31\.6" class="plain">&lt;b&gt; &amp;<\/tspan><tspan x="[\d.]+" class="cyan">"c"<\/tspan>/,
  );
  expect(svg).toContain('height="70"');
});
