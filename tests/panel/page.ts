import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { noteTexts } from '../shown/shown.ts';

/** Where the game's browser has the page of a resource. */
export const PAGE = 'https://cfx-nui-cmsban/dist/panel/index.html';

/** Where the build puts it. */
export const DIST = join(import.meta.dirname, '..', '..', 'dist', 'panel');
const TYPES = { html: 'text/html', js: 'text/javascript', css: 'text/css' };

declare global {
  interface Window {
    /** Every text that was to be seen, or to be heard, so far. */
    shownTexts: Set<string>;
  }
}

/** How a page differs from the plain one. */
export interface PageOptions {
  readonly size?: { readonly width: number; readonly height: number } | undefined;
  /** From where the page comes; as long as it is not said, the built panel is found at {@link PAGE}. */
  readonly address?: string;
  /** Whether faults of the page are what the test is about. */
  readonly isToFail?: boolean | undefined;
}

/** A page of its own for a test, in a browser as old as FiveM's. */
export async function newPage(
  browser: Browser,
  { size = { width: 1280, height: 720 }, address, isToFail = false }: PageOptions = {},
): Promise<Page> {
  const context = await browser.newContext({ viewport: size, serviceWorkers: 'block' });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  // Whatever else it asks for is nowhere.
  await page.route(
    ({ href }) => address === undefined || !href.startsWith(address),
    (route) => {
      faults.push(`it asks for ${route.request().url()}`);
      return route.abort();
    },
  );
  await page.route(new URL('*', PAGE).href, (route) => {
    const file = new URL(route.request().url()).pathname.split('/').at(-1) ?? '';
    const type = TYPES[file.split('.').at(-1) as keyof typeof TYPES];
    return route.fulfill({ body: readFileSync(join(DIST, file)), contentType: `${type}; charset=utf-8` });
  });
  await page.addInitScript(growOld);
  await page.addInitScript(watchTexts);
  onTestFinished(async () => {
    noteTexts(await page.evaluate(() => [...window.shownTexts]));
    await context.close();
    if (faults.length > 0 && !isToFail) throw new Error(faults.join('\n'));
  });
  return page;
}

/** Runs in the page: takes away what FiveM's browser, Chromium 103, does not know yet, or does not allow. */
function growOld(): void {
  const younger: ReadonlyArray<readonly [object, readonly string[]]> = [
    // Libraries look for it; without it an element that is moved loses the focus.
    [Element.prototype, ['moveBefore', 'setHTML']],
    [Document.prototype, ['moveBefore', 'startViewTransition']],
    [DocumentFragment.prototype, ['moveBefore']],
    [HTMLElement.prototype, ['showPopover', 'hidePopover', 'togglePopover']],
    [HTMLDialogElement.prototype, ['requestClose']],
    [Array.prototype, ['toSorted', 'toReversed', 'toSpliced', 'with']],
    [Array, ['fromAsync']],
    [Set.prototype, ['union', 'intersection', 'difference', 'isSubsetOf', 'isSupersetOf']],
    [Object, ['groupBy']],
    [Map, ['groupBy']],
    [Promise, ['withResolvers', 'try']],
    [AbortSignal, ['any']],
    [String.prototype, ['isWellFormed', 'toWellFormed']],
    [URL, ['canParse', 'parse']],
    [
      Object.getPrototypeOf(Object.getPrototypeOf([].values())),
      ['map', 'filter', 'take', 'drop', 'toArray', 'some'],
    ],
    [Navigator.prototype, ['clipboard']],
    [window, ['CloseWatcher', 'navigation', 'scheduler']],
  ];
  for (const [owner, names] of younger) for (const name of names) Reflect.deleteProperty(owner, name);
}

/** Runs in the page. */
function watchTexts(): void {
  const shown = new Set<string>();
  window.shownTexts = shown;
  const attributeFilter = ['aria-label', 'title', 'placeholder'];
  const note = (node: Node) => {
    if (node instanceof Text) shown.add(node.data);
    if (node instanceof Element) {
      for (const name of attributeFilter) shown.add(node.getAttribute(name) ?? '');
    }
    for (const inside of node.childNodes) note(inside);
  };
  new MutationObserver((records) => {
    for (const { type, target, addedNodes } of records) {
      for (const node of type === 'childList' ? addedNodes : [target]) note(node);
    }
  }).observe(document, { subtree: true, childList: true, characterData: true, attributeFilter });
}
