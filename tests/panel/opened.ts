import type { Browser, Page } from 'playwright-core';
import type { PanelOpening } from '../../shared/panel.ts';
import { type Double, standBehind } from './double.ts';
import { newPage } from './page.ts';

/** The window, open, and who stands behind it. */
export interface Opened {
  readonly page: Page;
  readonly double: Double;
  /** What the status line says. */
  told(): Promise<string>;
  /** What has the focus, as a person would call it. */
  focused(): Promise<string>;
}

/** Opens the window in a page of its own. */
export async function open(
  browser: Browser,
  fill: (double: Double) => void = () => {},
  opening: Partial<PanelOpening> = {},
  size?: { readonly width: number; readonly height: number },
): Promise<Opened> {
  const page = await newPage(browser, { size });
  const double = await standBehind(page);
  fill(double);
  await double.open(opening);
  await page.locator('.list[aria-busy=false]').waitFor();
  return {
    page,
    double,
    told: async () => (await page.locator('.status').innerText()).trim(),
    focused: () =>
      page.evaluate(() => {
        const focus = document.activeElement;
        const first = focus?.querySelector('.name') ?? focus;
        return focus?.getAttribute('aria-label') ?? first?.textContent ?? '';
      }),
  };
}
