import type { Browser } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describe, openBrowser } from './browser.ts';
import type { Double } from './double.ts';
import { open } from './opened.ts';
import { action, person, waitingAction } from './people.ts';

describe('the keyboard alone', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  const fill = (double: Double) => {
    double.people = [person(1, 'Alice'), person(2, 'Bo'), person(3, 'Chloé')];
    double.actions = [action(1, 'Bo'), waitingAction(2, 'Pia')];
  };
  const bans = (double: Double) => double.asked.filter(({ ask }) => ask === 'ban');

  it('bans somebody who is searched for', async () => {
    const { page, double, told, focused } = await open(browser, fill);
    await expect.poll(() => focused()).toBe('Search by name, id or identifier');
    await page.keyboard.type('bo');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    await page.keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Bo');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Bo');
    await page.keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Close the details');
    await page.keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Ban…');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('RDM · 2d');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('Ban for 3d');
    await page.keyboard.press('Enter');
    await expect.poll(told).toBe('It is done.');
    expect(bans(double)).toMatchObject([{ target: '2', duration: '3d', reason: 'VDM' }]);
    await expect.poll(() => focused()).toBe('Ban…');
  });

  it('bans the person of the command, with a reason that is typed', async () => {
    const { page, double, told, focused } = await open(browser, fill, {
      person: person(12, 'Pia'),
      reasons: [],
    });
    await expect.poll(focused).toBe('Ban…');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toBe('for good');
    await page.keyboard.press('Home');
    await page.keyboard.press('Space');
    await page.keyboard.press('Tab');
    await page.keyboard.type('45m');
    await page.keyboard.press('Tab');
    await page.keyboard.type('spawn camping');
    await page.keyboard.press('Enter');
    await expect.poll(told).toBe('It is done.');
    expect(bans(double)).toMatchObject([{ target: '12', duration: '45m', reason: 'spawn camping' }]);
  });

  it('confirms nothing by a key that is still held', async () => {
    const { page, double } = await open(browser, fill, { person: person(12, 'Pia') });
    // As long as it is held, it comes again and again.
    await page.keyboard.down('Enter');
    await page.locator('dialog').waitFor();
    for (let each = 0; each < 3; each++) await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    await expect.poll(() => page.locator('dialog').count()).toBe(1);
    expect(bans(double)).toEqual([]);
  });

  it('goes through views and lists by arrows', async () => {
    const { page, focused } = await open(browser, fill);
    const selected = () => page.getByRole('tab', { selected: true }).innerText();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Shift+Tab');
    await expect.poll(() => focused()).toBe('Players');
    await page.keyboard.press('ArrowRight');
    await expect.poll(focused).toBe('Waiting');
    await expect.poll(selected).toBe('Waiting');
    await page.keyboard.press('End');
    await expect.poll(selected).toBe('History');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => selected()).toBe('History');
    await page.keyboard.press('Home');
    await expect.poll(selected).toBe('Players');
    await page.locator('.row').first().waitFor();
    for (let tabs = 0; tabs < 3; tabs++) await page.keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Alice');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused()).toBe('Chloé');
    // One stop for the whole list, where somebody was last.
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await expect.poll(() => focused()).toBe('Chloé');
    await page.keyboard.press('Home');
    await expect.poll(() => focused()).toBe('Alice');
  });

  it('stays in a dialog, and comes back to what has opened it', async () => {
    const { page, focused } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByRole('button', { name: 'Kick…' }).focus();
    await page.keyboard.press('Enter');
    for (let tabs = 0; tabs < 6; tabs++) {
      await page.keyboard.press('Tab');
      await expect
        .poll(() => page.evaluate(() => document.activeElement?.closest('.window') === null))
        .toBe(true);
    }
    await page.keyboard.press('Escape');
    await expect.poll(() => focused()).toBe('Kick…');
  });

  it('reaches everything that can be pressed, and sees where it is', async () => {
    const { page } = await open(browser, fill, { person: person(1, 'Alice') });
    await page.getByText('None.').waitFor();
    const seen = new Set<string>();
    for (let tabs = 0; tabs < 40; tabs++) {
      await page.keyboard.press('Tab');
      const [what, outline] = await page.evaluate(() => {
        const focus = document.activeElement;
        if (focus === null || focus === document.body) return ['', ''];
        return [
          focus.getAttribute('aria-label') ?? focus.textContent ?? '',
          getComputedStyle(focus).outlineStyle,
        ];
      });
      if (what === '' || what === undefined) continue;
      expect([what, outline]).toEqual([what, 'solid']);
      seen.add(what);
    }
    const buttons = await page
      .locator('button:not([tabindex="-1"])')
      .evaluateAll((all) => all.map((each) => each.getAttribute('aria-label') ?? each.textContent ?? ''));
    expect(buttons.filter((button) => !seen.has(button))).toEqual([]);
  });
});
