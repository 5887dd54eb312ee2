import type { Browser, Page } from 'playwright-core';
import { onTestFinished } from 'vitest';
import { MODERATOR, startWorld, type World, type WorldOptions } from '../resource/world.ts';
import { newPage, type PageOptions } from './page.ts';

/** A moderator on the stand-in server, and what their screen shows: the built resource, from end to end. */
export interface InGame {
  readonly world: World;
  readonly moderator: Awaited<ReturnType<World['join']>>;
  readonly page: Page;
  /** What the status line says. */
  told(): Promise<string>;
}

/** How often the server's clock goes on, and how far, in milliseconds. */
const TICK_MS = 20;

/** Starts a server, lets a moderator in, and shows their screen. */
export async function inGame(
  browser: Browser,
  { isToFail, ...options }: WorldOptions & Pick<PageOptions, 'isToFail'> = {},
): Promise<InGame> {
  // The browser has the machine's clock.
  const world = await startWorld({ wall: Date.now(), ...options });
  const moderator = await world.join(MODERATOR.name, MODERATOR.identifiers, { client: true });
  const { address } = await world.fx.servePage(moderator, 'cmsban');
  const page = await newPage(browser, { address, isToFail });
  await page.goto(address);
  // Here time passes, as it does for whoever looks at a screen.
  let isOver = false;
  const passing = (async () => {
    while (!isOver) {
      await world.clock.advance(TICK_MS);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  })();
  onTestFinished(async () => {
    isOver = true;
    await passing;
  });
  return {
    world,
    moderator,
    page,
    told: async () => (await page.locator('.status').innerText()).trim(),
  };
}
