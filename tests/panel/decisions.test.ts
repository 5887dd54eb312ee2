import type { Browser } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import type { PanelAsk } from '../../shared/panel.ts';
import { describe, openBrowser } from './browser.ts';
import type { Double } from './double.ts';
import { open } from './opened.ts';
import { action, person, waitingAction } from './people.ts';

describe('a decision', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  const ban = { id: '83a12779c3', reason: 'RDM', author: 'Mia', until: null };
  const fill = (double: Double) => {
    double.people = [person(12, 'Pia'), person(13, 'Bo', { ban }), person(14, 'Ida', { isImmune: true })];
    double.actions = [action(1, 'Bo'), waitingAction(2, 'Pia')];
  };
  const orders = (double: Double) =>
    double.asked.filter(({ ask }) => !['players', 'person', 'history', 'waiting'].includes(ask));
  const key = expect.stringMatching(/^[0-9a-f]{32}$/);

  it('to ban takes two clicks once the person is open, with a prepared reason', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByRole('button', { name: 'RDM · 2d' }).click();
    await page.getByRole('button', { name: 'Ban for 2d' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([{ ask: 'ban', target: '12', duration: '2d', reason: 'RDM', key }]);
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
  });

  it('to ban for good takes two clicks as well', async () => {
    const { page, double, told, focused } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByRole('button', { name: 'Ban…', exact: true }).click();
    await page.getByRole('button', { name: 'Ban for good' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([{ ask: 'ban', target: '12', duration: 'perm', reason: '', key }]);
    await expect.poll(() => focused()).toBe('Ban…');
  });

  it('has what was picked and typed', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByRole('button', { name: 'Ban…', exact: true }).click();
    await page.locator('dialog').getByRole('button', { name: 'VDM · 3d' }).click();
    await page.getByRole('button', { name: '1w', exact: true }).click();
    await expect
      .poll(() => page.getByRole('button', { name: '1w', exact: true }).getAttribute('aria-pressed'))
      .toBe('true');
    const typed = page.getByRole('textbox', { name: /^How long, typed/ });
    // As by command: without a word it is for good.
    await typed.fill(' ');
    await page.getByRole('button', { name: 'Ban for good' }).waitFor();
    await typed.fill('1d12h');
    await page.getByRole('textbox', { name: /^Reason/ }).fill('VDM, "again" <b>');
    await page.getByRole('button', { name: 'Ban for 1d12h' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([
      { ask: 'ban', target: '12', duration: '1d12h', reason: 'VDM, "again" <b>', key },
    ]);
  });

  const words = 'A duration is a number with m, h, d or w, or perm.';
  it.each([
    ['refused', { kind: 'refused', message: words }],
    ['not done', { kind: 'told', told: { tone: 'bad', message: words, id: null } }],
  ] as const)('that is %s stays, with the words of the server', async (_, answer) => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    double.answer = (question) =>
      question.ask === 'ban' && question.duration === '7 days' ? answer : undefined;
    await page.getByRole('button', { name: 'Ban…', exact: true }).click();
    const duration = page.getByRole('textbox', { name: /^How long, typed/ });
    await duration.fill('7 days');
    await duration.press('Enter');
    await expect.poll(() => page.locator('dialog [role=alert]').innerText()).toBe(words);
    await duration.fill('1w');
    await duration.press('Enter');
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toMatchObject([{ duration: '7 days' }, { duration: '1w' }]);
  });

  it('that became an action which nobody takes is told, and its dialog closed', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    const refused = { tone: 'bad', message: 'Pia was NOT kicked.', id: '83a12779c3' } as const;
    double.answer = ({ ask }) => (ask === 'kick' ? { kind: 'told', told: refused } : undefined);
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.getByRole('button', { name: 'Kick from the community' }).click();
    await expect.poll(told).toBe('Pia was NOT kicked.');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
  });

  it('is sent once, however often it is pressed', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    double.answer = ({ ask }) => (ask === 'kick' ? null : undefined);
    await page.getByRole('button', { name: 'Kick…' }).click();
    const button = page.getByRole('button', { name: 'Kick from the community' });
    await button.evaluate((each: HTMLElement) => {
      each.click();
      each.click();
    });
    const waiting = page.getByRole('button', { name: 'Waiting for the answer…' });
    await expect.poll(() => waiting.getAttribute('aria-disabled')).toBe('true');
    await waiting.click({ force: true });
    await page.keyboard.press('Enter');
    await expect.poll(() => orders(double)).toHaveLength(1);
    const place = double.asked.findIndex(({ ask }) => ask === 'kick');
    await double.answerLate(place, {
      kind: 'told',
      told: { tone: 'neutral', message: 'Accepted.', id: null },
    });
    await expect.poll(told).toBe('Accepted.');
    expect(orders(double)).toHaveLength(1);
  });

  it('without an answer is said to be so, and is the same one when it is sent again', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.clock.install();
    double.answer = ({ ask }) => (ask === 'ban' ? null : undefined);
    await page.getByRole('button', { name: 'RDM · 2d' }).click();
    await page.getByRole('button', { name: 'Ban for 2d' }).click();
    await expect.poll(() => orders(double)).toHaveLength(1);
    await page.clock.fastForward(10_000);
    await page.locator('dialog').getByText('No answer.').waitFor();
    await page.getByRole('button', { name: 'Send again' }).click();
    await expect.poll(() => orders(double)).toHaveLength(2);
    const [first, second] = orders(double);
    expect(second).toEqual(first);
    // The answer to the first counts for both; that of the second is not told again.
    const places = double.asked.flatMap(({ ask }, place) => (ask === 'ban' ? [place] : []));
    await double.answerLate(places[0] ?? 0, {
      kind: 'told',
      told: { tone: 'good', message: 'Pia is banned.', id: '83a12779c3' },
    });
    await expect.poll(told).toBe('Pia is banned.');
    await double.answerLate(places[1] ?? 0, {
      kind: 'told',
      told: { tone: 'good', message: 'This was decided already.', id: '83a12779c3' },
    });
    await expect.poll(() => told()).toBe('Pia is banned.');
    await expect.poll(() => page.locator('dialog').count()).toBe(0);
  });

  it('with another word in it, or made anew, is another one', async () => {
    const { page, double } = await open(browser, fill, { person: person(12, 'Pia') });
    double.answer = ({ ask }) => (ask === 'ban' ? { kind: 'refused', message: 'Too fast.' } : undefined);
    const send = async () => {
      const before = orders(double).length;
      await page.locator('dialog button[type=submit]').click();
      await expect.poll(() => orders(double)).toHaveLength(before + 1);
      await page.getByText('Too fast.').waitFor();
    };
    await page.getByRole('button', { name: 'RDM · 2d' }).click();
    await send();
    await send();
    await page.getByRole('textbox', { name: /^Reason/ }).fill('RDM again');
    await send();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'RDM · 2d' }).click();
    await send();
    const keys = orders(double).map((order) => ('key' in order ? order.key : ''));
    expect(keys[1]).toBe(keys[0]);
    expect(new Set(keys).size).toBe(3);
  });

  it('whose dialog was closed meanwhile is told in the status line, however it ends', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.clock.install();
    double.answer = ({ ask }) => (ask === 'kick' ? null : undefined);
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.getByRole('button', { name: 'Kick from the community' }).click();
    await page.keyboard.press('Escape');
    await page.clock.fastForward(10_000);
    await expect.poll(told).toMatch(/^No answer\. It may have been done all the same/);
    const place = double.asked.findIndex(({ ask }) => ask === 'kick');
    await double.answerLate(place, { kind: 'refused', message: 'You may not kick.' });
    await expect.poll(told).toBe('You may not kick.');
    await expect.poll(() => page.locator('.status [role=alert]').innerText()).toBe('You may not kick.');
  });

  it('that could not be sent is said to be so at once', async () => {
    const { page } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.evaluate(() => Object.assign(window, { fetch: () => Promise.reject(new TypeError()) }));
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.getByRole('button', { name: 'Kick from the community' }).click();
    await page.locator('dialog').getByText('No answer.').waitFor();
  });

  it('to kick says first what it does', async () => {
    const { page, double, told } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.getByText('A kick removes this person from the community in Sonoran').waitFor();
    expect(orders(double)).toEqual([]);
    await page.getByRole('textbox', { name: /^Reason/ }).fill('toxic');
    await page.getByRole('button', { name: 'Kick from the community' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([{ ask: 'kick', target: '12', reason: 'toxic', key }]);
  });

  it('to unban is there for whoever is banned, and leaves the focus where it was', async () => {
    const { page, double, told, focused } = await open(browser, fill, { person: person(12, 'Pia') });
    const unban = page.locator('.pane').getByRole('button', { name: 'Unban…' });
    await expect.poll(() => unban.getAttribute('aria-disabled')).toBe('true');
    await page.getByRole('button', { name: 'Bo' }).first().click();
    await expect
      .poll(() => page.locator('.facts').innerText())
      .toMatch(/Banned\s+for good\s+Reason\s+RDM\s+By\s+Mia/);
    await unban.click();
    await page.getByRole('textbox', { name: 'Reason (kept in the history)' }).fill('appeal');
    await page.locator('dialog').getByRole('button', { name: 'Unban' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([{ ask: 'unban', target: '13', reason: 'appeal', key }]);
    double.people = double.people.map((each) => ({ ...each, ban: null }));
    await double.news('players', 'history');
    await expect.poll(() => unban.getAttribute('aria-disabled')).toBe('true');
    await expect.poll(() => focused()).toBe('Unban…');
  });

  it('is not to be made about whoever is immune', async () => {
    const { page } = await open(browser, fill);
    await page.getByRole('button', { name: 'Ida' }).click();
    await page.getByText('This person is immune.').waitFor();
    await expect.poll(() => page.locator('.pane button').allInnerTexts()).not.toContain('Ban…');
  });

  it('is taken back from the history, and the focus goes on when its button is gone', async () => {
    const { page, double, told, focused } = await open(browser, fill);
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('button', { name: 'Bo' }).click();
    await page.getByRole('button', { name: 'Take back…' }).click();
    await expect.poll(() => page.locator('#asked').innerText()).toBe('Take back the ban of Bo');
    await page.locator('dialog').getByRole('button', { name: 'Take back' }).click();
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([{ ask: 'unban', target: double.actions[0]?.id, reason: '', key }]);
    double.actions = double.actions.map((each) => ({ ...each, inForce: false }));
    await double.news('history');
    await expect.poll(() => page.getByRole('button', { name: 'Take back…' }).count()).toBe(0);
    await expect.poll(() => focused()).toBe('Bo');
  });

  it.each([
    ['Try again now', (id: string): PanelAsk => ({ ask: 'retry', id })],
    ['Cancel…', (id: string): PanelAsk => ({ ask: 'cancel', id })],
    ['Try all again', (): PanelAsk => ({ ask: 'retry', id: null })],
  ])('about what waits: %s', async (name, question) => {
    const { page, double, told } = await open(browser, fill);
    await page.getByRole('tab', { name: 'Waiting' }).click();
    await page.getByRole('button', { name: 'Pia' }).click();
    await page.getByRole('button', { name }).click();
    if (name === 'Cancel…') {
      await page.getByText('What was not sent to Sonoran yet is not sent any more.').waitFor();
      await page.getByRole('button', { name: 'Cancel it' }).click();
    }
    await expect.poll(told).toBe('It is done.');
    expect(orders(double)).toEqual([question(double.actions[1]?.id ?? '')]);
    double.actions = double.actions.map((each) => ({ ...each, status: 'delivered' }));
    await double.news('waiting', 'history');
    await page.getByText('Nothing is waiting.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Try again now' }).count()).toBe(0);
  });

  it('about all of them is refused in words', async () => {
    const { page, double, told } = await open(browser, fill);
    double.answer = ({ ask }) => (ask === 'retry' ? { kind: 'refused', message: 'Too fast.' } : undefined);
    await page.getByRole('tab', { name: 'Waiting' }).click();
    await page.getByRole('button', { name: 'Try all again' }).click();
    await expect.poll(told).toBe('Too fast.');
  });

  it('begins with a look at the account, when that is wanted', async () => {
    const { page, double } = await open(browser, fill, { person: person(12, 'Pia') });
    expect(orders(double)).toEqual([]);
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.getByText('Sonoran CMS: account Mia, not banned.').waitFor();
    expect(orders(double)).toEqual([{ ask: 'lookup', target: '12' }]);
  });

  it('can be made elsewhere, with copied identifiers', async () => {
    const { page, told, focused } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.evaluate(() =>
      document.addEventListener('copy', () => {
        const field = document.activeElement;
        Object.assign(window, { copied: field instanceof HTMLTextAreaElement ? field.value : '' });
      }),
    );
    await page.getByRole('button', { name: 'Copy the identifiers' }).click();
    await expect.poll(told).toBe('The identifiers are copied.');
    await expect
      .poll(() => page.evaluate(() => Reflect.get(window, 'copied')))
      .toBe(person(12, 'Pia').identifiers.join('\n'));
    await expect.poll(() => focused()).toBe('Copy the identifiers');
    await page.evaluate(() => {
      document.execCommand = () => false;
    });
    await page.getByRole('button', { name: 'Copy the identifiers' }).click();
    await expect.poll(told).toBe('The identifiers could not be copied.');
  });

  it('shows what was decided about the person before', async () => {
    const { page, double } = await open(browser, fill, { person: person(12, 'Pia') });
    await page.getByText('RDM at the bank · by Mia').waitFor();
    double.actions = Array.from({ length: 60 }, (_, at) => action(at, 'Pia'));
    await double.news('history');
    await page.getByText('And 10 more. Search in History to see them.').waitFor();
    await page.getByRole('button', { name: 'Bo' }).first().click();
    await page.getByText('None.').waitFor();
  });
});
