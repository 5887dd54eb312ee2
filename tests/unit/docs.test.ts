import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import english from '../../locales/en.json' with { type: 'json' };

/** What the documentation quotes is what is said, and its links lead somewhere. */

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

/** Read by who has the archive of a release alone. */
const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(join(ROOT, 'docs')).filter(isPage).map(inDocs),
];
/** What of a clone a release holds, beside what the build makes. */
const IN_A_RELEASE =
  /^(docs\/|locales\/|types\/|(README|CHANGELOG|CONTRIBUTING|SECURITY)\.md|LICENSE|cmsban\.example\.cfg)/;

function isPage(file: string): boolean {
  return file.endsWith('.md');
}

function inDocs(file: string): string {
  return `docs/${file}`;
}

/** A page without what is between fences: there `[` and `#` are something else. */
const prose = (file: string) => read(file).replaceAll(/^( *)(`{3,})[^\n]*\n.*?^\1\2$/gms, '');

/** Where GitHub lets a heading be found. */
const anchorsOf = (file: string) =>
  [...prose(file).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );

interface Link {
  readonly file: string;
  readonly target: string;
  readonly path: string;
  readonly anchor: string;
}

const linksOf = (file: string): readonly Link[] =>
  [...prose(file).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [path = '', anchor = ''] = target.split('#');
    const whole = path === '' ? file : relative(ROOT, join(ROOT, dirname(file), path));
    return [{ file, target, path: whole, anchor }];
  });

describe('a link', () => {
  const links = PAGES.flatMap(linksOf);

  it('is found', () => {
    expect(links.length).toBeGreaterThan(50);
  });

  it.each(links)('in $file leads somewhere: $target', ({ path, anchor }) => {
    expect(existsSync(join(ROOT, path))).toBe(true);
    if (anchor !== '') expect(anchorsOf(path)).toContain(anchor);
  });

  it.each(links)('in $file leads to what a release holds: $target', ({ path }) => {
    expect(path).toMatch(IN_A_RELEASE);
  });

  it('leads from the README to every page', () => {
    const linked = linksOf('README.md').map(({ path }) => path);
    expect(PAGES.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });

  it('leads to every picture', () => {
    const linked = PAGES.flatMap(linksOf).map(({ path }) => path);
    const pictures = readdirSync(join(ROOT, 'docs', 'pictures')).map((file) => `docs/pictures/${file}`);
    expect(pictures.filter((picture) => !linked.includes(picture))).toEqual([]);
  });
});

it('developing.md names files that there are', () => {
  const files = read('docs/developing.md').match(/(?:server|build)\/[\w/-]+\.(?:ts|mjs)/g) ?? [];
  expect(files.length).toBeGreaterThan(25);
  expect(files.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
});

it('the README has 150 lines at most', () => {
  expect(read('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
});

describe('a message in troubleshooting.md', () => {
  const FROM_ELSEWHERE = ['From FXServer itself', 'Without any message'];

  /** What stands in backticks at the head of an item, by section. */
  const quotes = prose('docs/troubleshooting.md')
    .split(/^## /m)
    .slice(1)
    .flatMap((text) => {
      const section = text.slice(0, text.indexOf('\n'));
      if (FROM_ELSEWHERE.includes(section)) return [];
      const heads = [...text.matchAll(/^- (`.*`(?:,\n {2}`.*`)*)$/gm)].map(([, head = '']) => head);
      expect(heads, section).toHaveLength(text.match(/^- /gm)?.length ?? 0);
      return heads.flatMap((head) =>
        [...head.matchAll(/`([^`]+)`/g)].map(([, quote = '']) => ({ section, quote })),
      );
    });
  const said = Object.values(english).map(open);

  /** What is put into a text is left open in the documentation. */
  function open(text: string): string {
    return text.replaceAll(/\{\w+\}/g, '…');
  }

  const isSaid = (quote: string) => {
    const words = quote.replace(/ ?…$/, '');
    return said.some((text) => text.includes(words));
  };

  it('is found, and what nobody says is not', () => {
    expect(quotes.length).toBeGreaterThan(80);
    expect(isSaid('… was refused at the door: banned in …')).toBe(true);
    expect(isSaid('… was refused at the window')).toBe(false);
  });

  /** What an owner reads in the console at midnight: none of it is left unexplained. */
  const EXPLAINED =
    /^(setting\.|cluster\.|moving\.(in|out)|database\.|store\.(aside|cannot|does)|elsewhere\.|queue\..*later|list\.(failed|short|shrunk|contradicted|credentials|unavailable)|hold$)/;
  const texts = Object.entries(english).filter(([key]) => EXPLAINED.test(key));

  it.each(texts)('explains %s', (_, text) => {
    const isQuoted = quotes.some(({ quote }) => open(text).includes(quote.replace(/ ?…$/, '')));
    expect(isQuoted, text).toBe(true);
  });

  it.each(quotes)('under "$section" is one that cmsban says: $quote', ({ quote }) => {
    expect(isSaid(quote)).toBe(true);
  });
});
