import type { Browser, Page } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { PANEL_RIGHTS } from '../../shared/panel.ts';
import { describe, openBrowser } from './browser.ts';
import { CALLBACKS, OPENING, standBehind } from './double.ts';
import { open } from './opened.ts';
import { newPage, PAGE } from './page.ts';
import { action, person } from './people.ts';

describe('the window', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  it('says that it is there, shows nothing and does nothing until it is opened', async () => {
    const page = await newPage(browser);
    await countFrames(page);
    const double = await standBehind(page);
    await expect.poll(() => double.called).toEqual([CALLBACKS.ready]);
    await expect.poll(() => page.locator('#panel').innerHTML()).toBe('');
    expect(await running(page)).toEqual([]);
    await double.open();
    await page.locator('.window').waitFor();
  });

  it('is see-through, still and asks nothing once it is closed', async () => {
    const page = await newPage(browser);
    await countFrames(page);
    const double = await standBehind(page);
    double.people = [person(1, 'Alice')];
    // An order is on its way, and a search is being typed.
    double.answer = ({ ask }) => (ask === 'lookup' ? null : undefined);
    await double.open();
    await page.getByRole('button', { name: 'Alice' }).click();
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByRole('textbox').pressSequentially('Al');
    await double.close();
    await expect.poll(() => page.locator('#panel').innerHTML()).toBe('');
    // At once: what waits for an answer would end by itself after ten seconds.
    await expect.poll(() => running(page), { timeout: 3_000 }).toEqual([]);
    const asked = double.asked.length;
    await double.news('players', 'waiting', 'history');
    expect(await running(page)).toEqual([]);
    expect(double.asked).toHaveLength(asked);
    const ground = await page.evaluate(() =>
      [document.documentElement, document.body].map((each) => getComputedStyle(each).backgroundColor),
    );
    expect(ground).toEqual(['rgba(0, 0, 0, 0)', 'rgba(0, 0, 0, 0)']);
    await expect
      .poll(() => page.evaluate(() => getComputedStyle(document.documentElement).colorScheme))
      .toBe('normal');
  });

  it('has its language, also when the file of the locale is called by no language', async () => {
    const { page, double } = await open(browser, undefined, { locale: 'pt-BR' });
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('pt-BR');
    await double.open({ locale: 'our_own' });
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en');
  });

  it('is closed by Escape and by its button, and the server hears of it', async () => {
    const { page, double } = await open(browser);
    for (const leave of [
      () => page.keyboard.press('Escape'),
      () => page.getByRole('button', { name: 'Close (Escape)' }).click(),
    ]) {
      await leave();
      await expect.poll(() => page.locator('.window').count()).toBe(0);
      await double.open();
      await page.locator('.window').waitFor();
    }
    expect(double.called.filter((callback) => callback === CALLBACKS.close)).toHaveLength(2);
  });

  it('has its dialog closed first by Escape', async () => {
    const { page } = await open(browser, (double) => {
      double.people = [person(1, 'Alice')];
    });
    await page.getByRole('button', { name: 'Alice' }).click();
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
    await expect.poll(() => page.locator('.window').count()).toBe(1);
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.window').count()).toBe(0);
  });

  it('shows no more, and asks no more, than its player may do', async () => {
    const { page, double } = await open(browser, (each) => {
      each.people = [person(1, 'Alice')];
    });
    const everybody = ['players', 'person'];
    for (const [rights, tabs, buttons] of [
      [[], ['Players'], []],
      [['ban'], ['Players'], ['Ban…', 'RDM · 2d', 'VDM · 3d', 'Cheating · perm']],
      [['kick'], ['Players'], ['Kick…']],
      [['unban'], ['Players'], ['Unban…']],
      [['lookup'], ['Players'], ['Look up']],
      [['queue'], ['Players', 'Waiting'], []],
      [['history'], ['Players', 'History'], []],
      [
        PANEL_RIGHTS,
        ['Players', 'Waiting', 'History'],
        ['Ban…', 'Kick…', 'Unban…', 'RDM · 2d', 'VDM · 3d', 'Cheating · perm', 'Look up'],
      ],
    ] as const) {
      await double.close();
      await expect.poll(() => page.locator('.window').count()).toBe(0);
      double.asked.splice(0);
      await double.open({ rights });
      await page.getByRole('button', { name: 'Alice' }).click();
      await expect.poll(() => page.getByRole('tab').allInnerTexts()).toEqual(tabs);
      await expect
        .poll(() => page.locator('.pane button').allInnerTexts())
        .toEqual(['×', ...buttons, 'Copy the identifiers']);
      const allowed = new Set<string>([...everybody, ...rights]);
      expect(double.asked.filter(({ ask }) => !allowed.has(ask))).toEqual([]);
    }
  });

  it('loses what was taken away while it is open, and the focus stays in it', async () => {
    const { page, double, focused } = await open(browser, (each) => {
      each.actions = [action(1, 'Pia')];
    });
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Pia' }).click();
    await page.getByRole('button', { name: 'Take back…' }).click();
    await page.locator('dialog').waitFor();
    await double.open({ rights: ['kick', 'queue'] });
    await expect.poll(() => page.getByRole('tab').allInnerTexts()).toEqual(['Players', 'Waiting']);
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
    await expect.poll(() => page.getByRole('tab', { selected: true }).innerText()).toBe('Players');
    await expect.poll(focused).toBe('Players');
    // A refusal that crosses the news is said as well.
    double.answer = ({ ask }) =>
      ask === 'players' ? { kind: 'refused', message: 'You may not see this.' } : undefined;
    await double.news('players');
    await page.getByText('You may not see this.').waitFor();
    double.answer = () => undefined;
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.getByText('You may not see this.').count()).toBe(0);
    await double.close();
    await expect.poll(() => page.locator('.window').count()).toBe(0);
  });

  it('comes back after the resource has restarted', async () => {
    const { page, double } = await open(browser);
    await double.close();
    await page.goto(PAGE);
    await expect.poll(() => double.called.filter((each) => each === CALLBACKS.ready)).toHaveLength(2);
    await double.open({ texts: { ...OPENING.texts, 'view.players': 'Joueurs' }, locale: 'fr' });
    await page.getByRole('tab', { name: 'Joueurs' }).waitFor();
  });

  it('opens on the person whom the command named, also when it is open', async () => {
    const pia = person(12, 'Pia', {
      ban: { id: null, reason: null, author: null, until: Date.UTC(2027, 0, 1) },
    });
    const { page, double, focused } = await open(
      browser,
      (each) => {
        each.people = [person(1, 'Alice'), pia];
      },
      { person: pia },
    );
    await expect.poll(focused).toBe('Ban…');
    await expect.poll(() => page.locator('.pane').innerText()).toContain('until Jan 1, 2027');
    await page.getByRole('tab', { name: 'History' }).click();
    await double.open({ person: person(1, 'Alice') });
    await page.getByRole('heading', { name: 'Alice' }).waitFor();
    await expect.poll(() => page.getByRole('tab', { selected: true }).innerText()).toBe('Players');
  });
});

/** Keeps what runs in the page, or is to be drawn, where {@link running} finds it. */
async function countFrames(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const going = new Set<string>();
    Object.assign(window, { going });
    const pairs = [
      ['setTimeout', 'clearTimeout'],
      ['setInterval', 'clearInterval'],
      ['requestAnimationFrame', 'cancelAnimationFrame'],
    ] as const;
    for (const [start, stop] of pairs) {
      const { [start]: begin, [stop]: end } = window;
      Object.assign(window, {
        [start](run: (...args: unknown[]) => void, ms: number) {
          const id = begin.call(
            window,
            (...args: unknown[]) => {
              if (start !== 'setInterval') going.delete(`${start} ${id}`);
              run(...args);
            },
            ms,
          );
          going.add(`${start} ${id}`);
          return id;
        },
        [stop](id: number) {
          going.delete(`${start} ${id}`);
          end.call(window, id);
        },
      });
    }
  });
}

function running(page: Page): Promise<string[]> {
  return page.evaluate(() => [...Reflect.get(window, 'going')]);
}
