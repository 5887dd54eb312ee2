import type { Browser } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { describe, openBrowser } from './browser.ts';
import { open } from './opened.ts';
import { action, person, waitingAction } from './people.ts';

describe('a list', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  const crowd = Array.from({ length: 200 }, (_, at) => person(at + 1, `Player ${at + 1}`));

  it('shows 200 players page by page', async () => {
    const { page } = await open(browser, (double) => {
      double.people = crowd;
    });
    await page.getByText('Page 1 of 4 · 200 in all').waitFor();
    await expect.poll(() => page.locator('.row').count()).toBe(50);
    const next = page.getByRole('button', { name: 'Next page' });
    for (const number of [2, 3, 4]) {
      await next.click();
      await page.getByText(`Page ${number} of 4 · 200 in all`).waitFor();
    }
    await expect.poll(() => page.locator('.row').first().innerText()).toContain('Player 151');
    // Nothing further: the button stays, with the focus on it, and does nothing.
    await expect.poll(() => next.getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Previous page' }).click();
    await page.getByText('Page 3 of 4 · 200 in all').waitFor();
  });

  it('begins another page at its top, and keeps its place when only its news come', async () => {
    const { page, double } = await open(browser, (each) => {
      each.people = crowd;
    });
    const list = page.locator('.list');
    const top = () => list.evaluate(({ scrollTop }) => scrollTop);
    await list.evaluate((each) => each.scrollTo(0, 500));
    double.people = crowd.map((each) => ({ ...each, name: `${each.name}!` }));
    await double.news('players');
    await page.getByText('Player 20!').waitFor();
    await expect.poll(() => top()).toBe(500);
    await page.getByRole('button', { name: 'Next page' }).click();
    await page.getByText('Player 51!').waitFor();
    await expect.poll(() => top()).toBe(0);
  });

  it('keeps the focus on whom it is, wherever they come to stand, and else on who stands there now', async () => {
    const [alice, bo, chloe] = [person(1, 'Alice'), person(2, 'Bo'), person(3, 'Chloé')];
    const { page, double, focused } = await open(browser, (each) => {
      each.people = [alice, bo, chloe];
    });
    const names = () => page.locator('.row .name').allInnerTexts();
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => focused()).toBe('Bo');
    double.people = [bo, chloe, person(4, 'Dee'), alice];
    await double.news('players');
    await expect.poll(names).toEqual(['Bo', 'Chloé', 'Dee', 'Alice']);
    await expect.poll(() => focused()).toBe('Bo');
    double.people = [chloe, alice];
    await double.news('players');
    await expect.poll(names).toEqual(['Chloé', 'Alice']);
    await expect.poll(() => focused()).toBe('Chloé');
    double.people = [];
    await double.news('players');
    await page.getByText('Nobody is on the server.').waitFor();
    await expect.poll(() => focused()).toBe('Players');
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('.window').count()).toBe(0);
  });

  it('is searched when somebody has stopped typing, once', async () => {
    const { page, double } = await open(browser, (each) => {
      each.people = crowd;
    });
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    await page
      .getByRole('textbox', { name: 'Search by name, id or identifier' })
      .pressSequentially('Player 77');
    await page.clock.runFor(1_000);
    await page.clock.resume();
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    const searches = double.asked.flatMap((each) => (each.ask === 'players' ? [each.search] : []));
    expect(searches).toEqual(['', 'Player 77']);
    await page.getByRole('textbox').fill('nobody at all');
    await page.getByText('Nothing was found.').waitFor();
    // A view keeps what was searched in it.
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('Nothing was decided yet.').waitFor();
    await page.getByRole('tab', { name: 'Players' }).click();
    await expect.poll(() => page.getByRole('textbox').inputValue()).toBe('nobody at all');
  });

  it('asks at most twice a second for a shower of news, and the last answer counts', async () => {
    const { page, double } = await open(browser, (each) => {
      each.people = [person(1, 'Alice')];
    });
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60_000);
    const asked = () => double.asked.length;
    const before = asked();
    for (let news = 0; news < 8; news++) {
      await double.news('players');
      await page.clock.runFor(50);
      await expect.poll(asked).toBe(before + 1);
    }
    double.people = [person(1, 'Alice'), person(2, 'Bo')];
    await page.clock.runFor(200);
    await page.getByRole('button', { name: 'Bo' }).waitFor();
    expect(asked()).toBe(before + 2);
  });

  it('shows every name as text, and its neighbours are not disturbed', async () => {
    const markup = '<img src=x onerror="document.title=1"><b>Bo</b>';
    const names = [markup, '{time} {name} $& $1', '\u202eمُحَمَّد', 'W'.repeat(60), '\u200b\u3164\u00a0\u2800'];
    const shown = names.with(-1, '(no readable name)');
    const { page } = await open(browser, (double) => {
      double.people = [...names, 'Alice'].map((name, at) => person(at + 1, name));
      double.actions = names.map((name, at) => action(at, name));
    });
    await expect.poll(() => page.locator('.row .name').allTextContents()).toEqual([...shown, 'Alice']);
    const boxes = await page
      .locator('.row')
      .evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect()));
    expect(new Set(boxes.map(({ width, height }) => `${width} ${height}`)).size).toBe(1);
    for (const [at, name] of shown.entries()) {
      await page.locator('.row').nth(at).click();
      await expect.poll(() => page.locator('#beside').textContent()).toBe(name);
      await page.getByRole('button', { name: 'Ban…', exact: true }).click();
      await expect.poll(() => page.locator('#asked').textContent()).toBe(`Ban ${name}`);
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('dialog').count()).toBe(0);
    }
    await page.getByRole('tab', { name: 'History' }).click();
    await expect.poll(() => page.locator('.row .name').allTextContents()).toEqual(shown);
    await expect.poll(() => page.locator('.window img, .window b').count()).toBe(0);
    await expect.poll(() => page.title()).toBe('cmsban');
  });

  it('says of everybody where they are, and who is banned, at once', async () => {
    const { page } = await open(browser, (double) => {
      const ban = { id: null, reason: null, author: null, until: null };
      double.people = [
        person(1, 'Alice', { ban }),
        person(2, 'Bo', { where: 'left' }),
        person(3, 'Chloé', { where: 'arriving', since: null }),
        person(4, 'Dee', { where: 'arriving' }),
        person(5, 'Ed', { where: 'left', since: null }),
        person(6, 'Flo', { where: 'elsewhere', since: null, id: null }),
        person(7, 'Gus', { where: 'left', since: Date.now() - 3 * 86_400_000 }),
        person(8, 'Hal', { since: Date.now() - 3 * 3_600_000 }),
        person(9, 'Ida', { since: null }),
      ];
    });
    const rows = await page.locator('.row').allInnerTexts();
    expect(rows.map((row) => row.replaceAll('\n', ' | '))).toEqual([
      '1 | Alice | banned | here for 1 min',
      '2 | Bo | left 2 min ago',
      '3 | Chloé | on the way in',
      '4 | Dee | on the way in for 4 min',
      '5 | Ed | has left',
      '– | Flo | not seen here',
      '7 | Gus | left 3 d ago',
      '8 | Hal | here for 3 h',
      '9 | Ida | here',
    ]);
    // Only a product's list knows this ban.
    await page.getByRole('button', { name: 'Alice' }).click();
    await page.getByText('yes, no end is known').waitFor();
  });

  it('counts by the clock of the server, however the clock of the player is set', async () => {
    const now = Date.now() + 86_400_000;
    const { page } = await open(
      browser,
      (double) => {
        double.people = [person(1, 'Alice', { since: now - 3 * 3_600_000 })];
      },
      { now },
    );
    await expect.poll(() => page.locator('.row').allInnerTexts()).toEqual(['1\nAlice\nhere for 3 h']);
  });

  it('shows 5 000 actions, those in force alone, and what each product said', async () => {
    const { page } = await open(browser, (double) => {
      double.actions = Array.from({ length: 5_000 }, (_, at) => {
        if (at === 0) return waitingAction(0, 'Pia');
        const kind = at % 3 === 1 ? 'kick' : 'ban';
        return action(at, `Player ${at}`, {
          kind: at === 3 ? 'unban' : kind,
          person: { name: `Player ${at}`, identifiers: [], account: at === 3 ? '9b1d' : null },
          inForce: at % 100 === 2,
          status: at % 10 === 5 ? 'refused' : 'delivered',
          until: at === 2 ? Date.UTC(2027, 0, 1) : null,
        });
      });
    });
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('Page 1 of 100 · 5000 in all').waitFor();
    await expect
      .poll(() => page.locator('.row').first().innerText())
      .toMatch(
        /^ban\nPia\non its way\nin force\n.*2026.*\nSonoran CAD: it does not answer; it is tried again\.$/,
      );
    await expect.poll(() => page.locator('.row').nth(5).innerText()).toMatch(/^ban\nPlayer 5\nnot done\n/);
    await expect.poll(() => page.locator('.row').nth(3).innerText()).toMatch(/^unban\nPlayer 3\n/);
    await page.locator('.row').nth(3).click();
    await expect.poll(() => page.locator('.facts').innerText()).toMatch(/Account\s+9b1d/);
    await page.locator('.row').first().click();
    await page.getByText('Next try at').waitFor();
    await expect
      .poll(() => page.locator('.shares').innerText())
      .toMatch(/^Sonoran CMS\s+done\s+Sonoran CAD\s+it does not answer/);
    const onlyInForce = page.getByRole('switch', { name: 'Only bans in force' });
    await onlyInForce.click();
    await page.getByText('Page 1 of 2 · 51 in all').waitFor();
    await expect.poll(() => onlyInForce.getAttribute('aria-checked')).toBe('true');
    await page.getByRole('button', { name: 'Player 2', exact: false }).first().click();
    await expect.poll(() => page.locator('.facts').innerText()).toContain('Jan 1, 2027');
    await onlyInForce.click();
    await page
      .getByRole('textbox', { name: 'Search by name, identifier, reason, author or id' })
      .fill('Player 4999');
    await page.getByText('Page 1 of 1 · 1 in all').waitFor();
  });

  it('says when the server does not answer, keeps what it shows, and takes a late answer', async () => {
    const { page, double } = await open(browser, (each) => {
      each.people = [person(1, 'Alice')];
    });
    await page.clock.install();
    double.answer = () => null;
    await double.news('players');
    await expect.poll(() => double.asked.length).toBe(2);
    await page.clock.fastForward(10_000);
    await page.getByText('No answer from the server. What you see may be out of date.').waitFor();
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    const people = { items: [person(1, 'Alice'), person(2, 'Bo')], page: 1, pages: 1, count: 2 };
    await double.answerLate(1, { kind: 'people', people });
    await page.getByRole('button', { name: 'Bo' }).waitFor();
    await expect.poll(() => page.getByText('No answer from the server.').count()).toBe(0);
  });

  it('goes from what waits to the person, and back to its row', async () => {
    const { page, focused } = await open(browser, (double) => {
      double.people = [person(1, 'Pia')];
      double.actions = [
        waitingAction(1, 'Pia'),
        waitingAction(2, 'Bo'),
        { ...waitingAction(3, 'Zed'), isKept: true },
      ];
    });
    await page.getByRole('tab', { name: 'Waiting' }).click();
    await expect
      .poll(() => page.locator('.row .badge[data-tone=neutral]').allInnerTexts())
      .toEqual(['on its way', 'on its way', 'waits for an account']);
    await page.getByRole('button', { name: 'Pia' }).click();
    await page.getByRole('button', { name: 'Show the person' }).click();
    await page.getByRole('button', { name: 'Copy the identifiers' }).waitFor();
    // Whoever is nowhere to be found is said to be so.
    await page.getByRole('button', { name: 'Bo' }).click();
    await page.getByRole('button', { name: 'Show the person' }).click();
    await page.getByText('There is nobody of that name.').first().waitFor();
    await page.getByRole('button', { name: 'Close the details' }).click();
    await expect.poll(() => focused()).toBe('Bo');
    await page.getByText('Choose an action to see more.').waitFor();
  });

  it('is empty in words', async () => {
    const { page } = await open(browser);
    await page.getByText('Nobody is on the server.').waitFor();
    await page.getByText('Choose somebody to see more.').waitFor();
    await page.getByRole('tab', { name: 'Waiting' }).click();
    await page.getByText('Nothing is waiting.').waitFor();
  });
});
