import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { featuresIn, GAME_BROWSER, SCRIPT_FEATURES, STYLE_FEATURES } from './panel-features.ts';

/** What is built of the panel's page: small, whole, and nothing that the game's browser does not know. */

const FOLDER = join(import.meta.dirname, '..', '..', 'dist', 'panel');
const MOST_BYTES = 60 * 1024;
const read = (file: string) => readFileSync(join(FOLDER, file), 'utf8');

it('is three files, smaller than 60 KiB together when they are packed', () => {
  const files = readdirSync(FOLDER).sort();
  expect(files).toEqual(['index.html', 'main.css', 'main.js']);
  const bytes = files.map((file) => gzipSync(readFileSync(join(FOLDER, file))).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(MOST_BYTES);
});

it('asks for nothing from anywhere else', () => {
  expect([...read('index.html').matchAll(/(?:src|href)="([^"]*)"/g)].map(([, file]) => file).sort()).toEqual([
    'main.css',
    'main.js',
  ]);
  expect(read('main.css')).not.toMatch(/@import|@font-face|url\((?!["']?data:)/);
});

describe(`uses nothing that is newer than Chromium ${GAME_BROWSER}`, () => {
  const names = (text: string, features: typeof STYLE_FEATURES) =>
    featuresIn(text, features).map(({ name }) => name);

  it('in its style', () => {
    expect(names(read('main.css'), STYLE_FEATURES)).toEqual([]);
  });

  it('in its script', () => {
    expect(names(read('main.js'), SCRIPT_FEATURES)).toEqual([]);
  });

  it('and the list has only what is newer', () => {
    const old = [...STYLE_FEATURES, ...SCRIPT_FEATURES].filter(({ since }) => since <= GAME_BROWSER);
    expect(old).toEqual([]);
  });
});

it.each([
  ['a:has(b){}', ':has()'],
  ['@container (width>1px){}', 'container queries'],
  ['a{height:100dvh}', 'small, large and dynamic viewport units'],
  ['@media (width>=600px){}', 'range syntax of media queries'],
  ['a{color:color-mix(in srgb,red,blue)}', 'color-mix()'],
  ['a{color:oklch(1 2 3)}', 'color(), lab(), lch(), oklab(), oklch()'],
  ['a{&:hover{}}', 'nesting'],
  ['a{text-wrap:balance}', 'text-wrap'],
  ['a{translate:1px}', 'translate, rotate and scale as properties'],
  ['a{grid-template-rows:subgrid}', 'subgrid'],
])('finds %s', (style, name) => {
  expect(featuresIn(style, STYLE_FEATURES).map((each) => each.name)).toEqual([name]);
});

it.each([
  'a{transform:translate(1px)rotate(2deg);background:rgb(1 2 3/50%);color:rgba(1,2,3,.5)}',
  '@layer base{a:is(b,:where(c)):focus-visible{inset:0;gap:1px;aspect-ratio:1;accent-color:red}}',
  '@media (min-width:600px) and (prefers-reduced-motion:reduce){a{width:min(1px,calc(1vh + 2px))}}',
  'a{-webkit-mask:none;-webkit-line-clamp:2;transition:opacity .1s linear}.container:hover{}',
  'a{margin:0;--color:1;--container:2;text-transform:none;border-color:var(--color)}',
])('finds nothing in %s', (style) => {
  expect(featuresIn(style, STYLE_FEATURES)).toEqual([]);
});

it.each([
  ['a.toSorted()', 'toSorted, toReversed and toSpliced'],
  ['Object.groupBy(a,b)', 'Object.groupBy and Map.groupBy'],
  ['Promise.withResolvers()', 'Promise.withResolvers'],
  ['new Set().union(b)', 'methods of sets'],
  ['e.showPopover()', 'popover'],
  ['m.values().map(f)', 'helpers of iterators'],
])('finds %s in a script', (script, name) => {
  expect(featuresIn(script, SCRIPT_FEATURES).map((each) => each.name)).toEqual([name]);
});
