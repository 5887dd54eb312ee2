import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, it, describe as vitestDescribe } from 'vitest';
import { describe, openBrowser } from './browser.ts';
import { type Double, OPENING } from './double.ts';
import { type Opened, open } from './opened.ts';
import { DIST } from './page.ts';
import { action, person, waitingAction } from './people.ts';

const LONG = 'W'.repeat(60);
const SENTENCE = 'This is what somebody has written about it, at length, since it is hard to say. '.repeat(5);

/** Everything as long as it gets. */
function fillLong(double: Double): void {
  const ban = { id: '83a12779c3', reason: SENTENCE, author: LONG, until: null };
  double.people = Array.from({ length: 60 }, (_, at) =>
    person(at + 1, at % 2 === 0 ? LONG : `Player ${at}`, {
      ban: at % 3 === 0 ? ban : null,
      isImmune: at === 0,
    }),
  );
  double.actions = Array.from({ length: 60 }, (_, at) =>
    at % 2 === 0
      ? { ...waitingAction(at, LONG), reason: SENTENCE, author: LONG, server: LONG }
      : action(at, 'Player 1', { reason: SENTENCE, message: SENTENCE, status: 'refused', inForce: false }),
  );
  double.answer = ({ ask }) => {
    if (ask === 'lookup') {
      return { kind: 'lookup', lookup: { tone: 'bad', message: `${SENTENCE}\n${LONG}${LONG}`, id: null } };
    }
    return ask === 'kick' || ask === 'retry' ? { kind: 'refused', message: SENTENCE } : undefined;
  };
}

const LONG_OPENING = {
  server: LONG + LONG,
  reasons: Array.from({ length: 30 }, (_, at) => ({
    reason: `${at} ${at % 5 === 0 ? SENTENCE : 'RDM'}`,
    duration: '2d',
  })),
};

/** Each view, and each dialog, by what leads there. */
const STEPS: ReadonlyArray<readonly [string, (page: Page) => Promise<void>]> = [
  ['players', async () => {}],
  [
    'a person',
    async (page) => {
      await page.locator('.row').nth(1).click();
      await page.locator('.past li').first().waitFor();
      await page.getByRole('button', { name: 'Look up' }).click();
      await page.locator('.lookup[data-tone]').waitFor();
    },
  ],
  ['a ban', (page) => page.getByRole('button', { name: 'Ban…', exact: true }).click()],
  [
    'a kick that is refused',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Kick…' }).click();
      await page.locator('dialog button[type=submit]').click();
      await page.locator('.said:not(:empty)').waitFor();
    },
  ],
  [
    'waiting',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Waiting' }).click();
      await page.locator('.row').first().click();
      await page.getByRole('button', { name: 'Try again now' }).click();
      await page.locator('.status[data-tone]').waitFor();
    },
  ],
  ['a cancel', (page) => page.getByRole('button', { name: 'Cancel…' }).click()],
  [
    'history',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'History' }).click();
      await page.locator('.row').nth(1).click();
      await page.locator('.outcome').waitFor();
    },
  ],
];

describe('the looks', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  it('are for everybody: axe finds nothing serious, in no view and no dialog', async () => {
    const { page } = await open(browser, fillLong, LONG_OPENING);
    await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
    for (const [name, step] of STEPS) {
      await step(page);
      const { violations, passes } = await page.evaluate(() =>
        // What is behind a dialog is not to be reached.
        Reflect.get(window, 'axe').run(document.querySelector('dialog') ?? document),
      );
      const found = violations.map(
        ({ id, impact, nodes }: Record<string, unknown> & { nodes: object[] }) => ({
          id,
          impact,
          where: nodes.map((node) => Reflect.get(node, 'html')).slice(0, 2),
        }),
      );
      expect([name, found]).toEqual([name, []]);
      expect(passes.map(({ id }: { id: string }) => id)).toContain('color-contrast');
    }
  });

  it.each([
    [1280, 720],
    [3840, 2160],
    [1280, 1024],
    [2560, 1080],
  ])('fit a screen of %i × %i, whatever they have to hold', async (width, height) => {
    const { page } = await open(browser, fillLong, LONG_OPENING, { width, height });
    for (const [name, step] of STEPS) {
      await step(page);
      await expect.poll(() => page.evaluate(misfits), { message: name }).toEqual([]);
    }
  });

  it('grow with the screen', async () => {
    const sizes = [];
    for (const width of [1280, 3840]) {
      const { page } = await open(browser, fillLong, {}, { width, height: (width * 9) / 16 });
      sizes.push(
        await page.evaluate(() => ({
          text: Number.parseFloat(getComputedStyle(document.querySelector('.row') ?? document.body).fontSize),
          window: document.querySelector('.window')?.getBoundingClientRect().width ?? 0,
        })),
      );
    }
    const [small, large] = sizes;
    expect(small?.text).toBeGreaterThanOrEqual(13);
    expect((large?.text ?? 0) / (small?.text ?? 1)).toBeCloseTo(3);
    expect((large?.window ?? 0) / (small?.window ?? 1)).toBeCloseTo(3);
  });

  it('do not jump, whatever is chosen, said or refreshed', async () => {
    const opened = await open(browser, (double) => {
      double.people = [person(1, 'Alice'), person(2, 'Bo')];
    });
    const { page, double } = opened;
    const before = await places(opened);
    await page.getByRole('button', { name: 'Alice' }).click();
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('Sonoran CMS: account').waitFor();
    await page.getByRole('button', { name: 'Copy the identifiers' }).click();
    await page.getByText('The identifiers are copied.').waitFor();
    await expect.poll(() => places(opened)).toEqual(before);
    const deeds = () => page.getByRole('button', { name: 'Kick…' }).boundingBox();
    const there = await deeds();
    const ban = { id: null, reason: 'RDM', author: 'Mia', until: null };
    double.people = double.people.map((each) => ({ ...each, ban }));
    await double.news('players');
    await page.locator('.facts').getByText('RDM').waitFor();
    await expect.poll(() => deeds()).toEqual(there);
    double.answer = () => ({ kind: 'refused', message: 'Too fast.' });
    await double.news('players');
    await page.locator('.view').getByText('Too fast.').waitFor();
    await expect.poll(() => places(opened)).toEqual(before);
  });

  /** Where the parts of the window are. */
  function places({ page }: Opened): Promise<unknown> {
    return page
      .locator('.head, .tools, .list, .row, .pager, .pane, .status')
      .evaluateAll((parts) => parts.map((part) => part.getBoundingClientRect().toJSON()));
  }
});

/** Runs in the page: what is cut off, sticks out, or cannot be scrolled to. */
function misfits(): string[] {
  const name = (element: Element) =>
    `${element.tagName}.${element.className}: ${element.textContent?.slice(0, 40)}`;
  const found = [];
  for (const element of document.querySelectorAll('.window, .window *, .dialog, .dialog *')) {
    const { overflowX, overflowY, textOverflow } = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0 || element.matches('option, input')) continue;
    // What is shortened can be read as a whole all the same.
    const isShortened = textOverflow === 'ellipsis' && element.getAttribute('title') !== null;
    const isInline = getComputedStyle(element).display === 'inline';
    if (!isInline && !isShortened && element.scrollWidth > element.clientWidth + 1) {
      found.push(`too wide: ${name(element)}`);
    }
    const mayScroll = overflowY === 'auto' || overflowX === 'auto';
    if (!isInline && !isShortened && !mayScroll && element.scrollHeight > element.clientHeight + 2) {
      found.push(`too high: ${name(element)}`);
    }
    if (element.parentElement?.closest('[title]') != null) continue;
    if (box.left < -1 || box.right > innerWidth + 1) found.push(`beside the screen: ${name(element)}`);
    if (
      element.closest('.list, .paneBody, .dialog *') === null &&
      (box.top < -1 || box.bottom > innerHeight + 1)
    ) {
      found.push(`off the screen: ${name(element)}`);
    }
  }
  return found;
}

vitestDescribe('what is built', () => {
  const read = (file: string) => readFileSync(join(DIST, file), 'utf8');

  it('puts no markup together, and may not ask what the game does not let it', () => {
    expect(read('main.js')).not.toMatch(
      /insertAdjacentHTML|outerHTML|document\.write|\beval\(|navigator\.clipboard/,
    );
    const addresses = read('main.js').match(/https?:\/\/[\w.${}-]+/g) ?? [];
    expect(addresses.filter((address) => !address.startsWith('http://www.w3.org'))).toEqual([
      'https://${GetParentResourceName',
    ]);
  });

  it('has all its words from the server', () => {
    expect(
      Object.values(OPENING.texts).filter((text) => text.includes(' ') && read('main.js').includes(text)),
    ).toEqual([]);
  });
});
