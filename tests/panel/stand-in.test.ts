import type { Browser } from 'playwright-core';
import { beforeAll, expect, it } from 'vitest';
import { writeActionRecord } from '../../server/storage/action-record.ts';
import { newSomebody } from '../resource/somebody.ts';
import { action, person } from '../unit/action.ts';
import { leastOf } from '../unit/cpu-time.ts';
import { describe, openBrowser } from './browser.ts';
import { inGame } from './in-game.ts';

/** From the click to Sonoran and back: the built page, client and server on the stand-ins. */
describe('in the game', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openBrowser();
  });

  it('says within 300 ms of the click what has become of it', async () => {
    const { world, moderator, page, told } = await inGame(browser);
    await moderator.chatInput('/cmspanel');
    await page.locator('.window').waitFor();
    await page.evaluate(() => {
      document.addEventListener('submit', () => Object.assign(window, { sentAt: performance.now() }));
      new MutationObserver(() => Object.assign(window, { toldAt: performance.now() })).observe(
        document.querySelector('.status') ?? document.body,
        { subtree: true, childList: true, characterData: true },
      );
    });
    const roundTrip = async () => {
      const { name, identifiers } = newSomebody(world);
      const player = await world.join(name, identifiers);
      await moderator.chatInput(`/cmspanel ${player.id}`);
      await page.getByRole('heading', { name }).waitFor();
      await page.getByRole('button', { name: 'Ban…', exact: true }).click();
      await page.getByRole('button', { name: 'Ban for good' }).click();
      await expect.poll(told).toContain(name);
      return page.evaluate(() => Reflect.get(window, 'toldAt') - Reflect.get(window, 'sentAt'));
    };
    expect(await leastOf(300, roundTrip, 6)).toBeLessThan(300);
  });

  it('a ban takes two clicks, and everything shows it', async () => {
    const { world, moderator, page, told } = await inGame(browser, {
      convars: { cmsban_reasons: 'RDM=2d; Cheating=perm', cmsban_server_name: 'Los Santos 1' },
    });
    const somebody = newSomebody(world);
    const player = await world.join(somebody.name, somebody.identifiers);
    await expect.poll(() => page.locator('.window').count()).toBe(0);
    await moderator.chatInput(`/cmspanel ${player.id}`);
    await page.getByRole('heading', { name: somebody.name }).waitFor();
    await page.getByText('Los Santos 1').waitFor();
    expect(world.fx.focusOf(moderator, 'cmsban')).toEqual({ keyboard: true, mouse: true });
    await page.getByRole('button', { name: 'Cheating · perm' }).click();
    await page.getByRole('button', { name: 'Ban for good' }).click();
    await expect.poll(told).toMatch(/^Nora\d+ \(\d+\) is banned in Sonoran CMS and Sonoran CAD\./);
    await expect.poll(() => world.sonoran.cms.account(somebody.accId).banned).toBe(true);
    // Here, without a reload.
    await page.locator('.pane .facts').getByText('Cheating').waitFor();
    await page.locator('.list').getByText('banned').waitFor();
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByRole('button', { name: somebody.name }).click();
    await expect
      .poll(() => page.locator('.shares').innerText())
      .toMatch(/Sonoran CMS\s+done\s+Sonoran CAD\s+done/);
    await page.getByRole('button', { name: 'Take back…' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Take back' }).click();
    await expect.poll(told).toContain(somebody.name);
    await expect.poll(() => page.locator('.row').allInnerTexts()).toHaveLength(2);
    await expect.poll(() => page.locator('.list').getByText('in force').count()).toBe(0);
    await page.keyboard.press('Escape');
    await expect.poll(() => world.fx.focusOf(moderator, 'cmsban')).toEqual({ keyboard: false, mouse: false });
  });

  it('a bad duration is answered in the dialog, and an account is looked up', async () => {
    const { world, moderator, page, told } = await inGame(browser);
    const somebody = newSomebody(world);
    const player = await world.join(somebody.name, somebody.identifiers);
    await moderator.chatInput(`/cmspanel ${player.id}`);
    await page.getByRole('button', { name: 'Look up' }).click();
    await page.locator('.lookup').getByText(somebody.accId).waitFor();
    await page.getByRole('button', { name: 'Ban…', exact: true }).click();
    const duration = page.getByRole('textbox', { name: /^How long, typed/ });
    await duration.fill('7 days');
    await duration.press('Enter');
    await page.locator('dialog').getByText('A duration is a number with m, h, d or w').waitFor();
    await duration.fill('1w');
    await duration.press('Enter');
    await expect.poll(told).toContain(somebody.name);
    await page.getByRole('button', { name: 'Kick…' }).click();
    await page.getByRole('button', { name: 'Kick from the community' }).click();
    await expect.poll(told).toMatch(/kick|removed/i);
  });

  it('a fault of the page sets its player free, and the next window is whole', async () => {
    const { world, moderator, page } = await inGame(browser, { isToFail: true });
    for (const fault of [
      () => window.postMessage({ type: 'open', opening: {} }, '*'),
      () => void setTimeout(() => Reflect.get(Object(undefined), 'x').y),
      () => void Promise.reject(new Error('nobody has caught it')),
    ]) {
      await moderator.chatInput('/cmspanel');
      await page.getByRole('tab', { name: 'History' }).waitFor();
      expect(world.fx.focusOf(moderator, 'cmsban')).toEqual({ keyboard: true, mouse: true });
      const begunAnew = page.waitForEvent('load');
      await page.evaluate(fault);
      await expect
        .poll(() => world.fx.focusOf(moderator, 'cmsban'))
        .toEqual({ keyboard: false, mouse: false });
      await begunAnew;
      expect(await page.locator('.window').count()).toBe(0);
    }
  });

  it('what waits is shown in words, tried again and cancelled', async () => {
    const { world, moderator, page, told } = await inGame(browser);
    const [one, two] = [newSomebody(world), newSomebody(world)];
    await world.sonoran.cms.down();
    await world.sonoran.cad.down();
    for (const each of [one, two]) await moderator.chatInput(`/cmsban license:${each.license} RDM`);
    await moderator.chatInput('/cmspanel');
    await page.getByRole('tab', { name: 'Waiting' }).click();
    await expect.poll(() => page.locator('.row').count()).toBe(2);
    await expect
      .poll(() => page.locator('.row').first().innerText())
      .toMatch(/on its way[\s\S]*Sonoran CMS: /);
    await page.locator('.row').first().click();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel it' }).click();
    await expect.poll(told).toContain('cancelled');
    await expect.poll(() => page.locator('.row').count()).toBe(1);
    await world.sonoran.cms.up();
    await world.sonoran.cad.up();
    await page.getByRole('button', { name: 'Try all again' }).click();
    await expect.poll(told).toContain('Deliveries that are tried');
    await page.getByText('Nothing is waiting.').waitFor();
  });

  it('shows whoever comes and goes, by whatever name, and 200 of them', async () => {
    const { world, moderator, page } = await inGame(browser);
    const name = '<img src=x onerror=alert(1)> & "Bo"';
    const odd = await world.join(name, ['license:0dd']);
    await moderator.chatInput('/cmspanel');
    await page.locator('.row').getByText(name).waitFor();
    odd.leave();
    await expect.poll(() => page.locator('.row', { hasText: name }).innerText()).toMatch(/left 0 min ago$/);
    for (let number = 0; number < 199; number++)
      await world.join(`Player ${number}`, [`license:c0de${number}`]);
    await page.getByText('Page 1 of 5 · 201 in all').waitFor();
    await page.getByRole('textbox').fill('license:c0de77');
    await expect.poll(() => page.locator('.row .name').allInnerTexts()).toEqual(['Player 77']);
  });

  it('shows 5 000 actions, and finds one of them', async () => {
    const { moderator, page } = await inGame(browser, {
      convars: { cmsban_history_limit: '10000' },
      records: () =>
        Object.fromEntries(
          Array.from({ length: 5_000 }, (_, at) => {
            const id = at.toString(16).padStart(10, '0');
            const who = person({ name: `Raider ${at}`, identifiers: [`license:f00d${at}`] });
            return [
              `action:${id}`,
              writeActionRecord(
                action({
                  id,
                  sequence: at + 1,
                  person: who,
                  kind: at % 5 === 0 ? 'kick' : 'ban',
                  deliveries: [],
                }),
              ),
            ];
          }),
        ),
    });
    await moderator.chatInput('/cmspanel');
    await page.getByRole('tab', { name: 'History' }).click();
    await page.getByText('Page 1 of 250 · 5000 in all').waitFor();
    await page.getByRole('textbox').fill('raider 1234');
    await page.getByText('Page 1 of 1 · 1 in all').waitFor();
    await page.getByRole('switch').click();
    await page.getByText('Nothing was found.').waitFor();
  });

  it('loses what is taken away while it is open', async () => {
    const { world, moderator, page } = await inGame(browser, {
      config: ['add_ace identifier.license:aaaa command.cmshistory allow'],
    });
    await moderator.chatInput('/cmspanel');
    await page.getByRole('tab', { name: 'History' }).waitFor();
    await world.fx.console('remove_ace group.admin command allow');
    for (const right of ['cmspanel', 'cmskick']) {
      await world.fx.console(`add_ace identifier.license:aaaa command.${right} allow`);
    }
    // At the next thing that happens.
    const player = await world.join('Bo', ['license:b0']);
    await expect.poll(() => page.getByRole('tab').allInnerTexts()).toEqual(['Players', 'History']);
    await page.getByRole('button', { name: 'Bo' }).click();
    await expect
      .poll(() => page.locator('.pane button').allInnerTexts())
      .toEqual(['×', 'Kick…', 'Copy the identifiers']);
    await world.fx.console('remove_ace identifier.license:aaaa command.cmspanel allow');
    player.leave();
    await expect.poll(() => page.locator('.window').count()).toBe(0);
    expect(world.fx.focusOf(moderator, 'cmsban')).toEqual({ keyboard: false, mouse: false });
  });

  it('survives a restart of the resource', async () => {
    const { world, moderator, page } = await inGame(browser);
    await moderator.chatInput('/cmspanel');
    await page.locator('.window').waitFor();
    const reloaded = page.waitForEvent('load');
    await world.fx.console('restart cmsban');
    await reloaded;
    await expect.poll(() => page.locator('.window').count()).toBe(0);
    expect(world.fx.focusOf(moderator, 'cmsban')).toEqual({ keyboard: false, mouse: false });
    await moderator.chatInput('/cmspanel');
    await page.locator('.row', { hasText: 'Mia' }).waitFor();
  });
});
