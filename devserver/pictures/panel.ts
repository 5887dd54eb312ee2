import type { Browser, Page } from 'playwright-core';
import { PEOPLE } from '../demo/people.ts';
import { type Stage, setStage } from '../demo/stage.ts';

const MINUTE_MS = 60_000;
const SIZE = { width: 1280, height: 720 };

/** Each picture of the window, by its file: what is done for it, from the one before. */
const PICTURES: ReadonlyArray<readonly [string, (page: Page, evening: Evening) => Promise<void>]> = [
  [
    'panel-players.png',
    async (page, { goDown }) => {
      await page.getByRole('button', { name: 'Vera' }).click();
      await page.getByRole('button', { name: 'Look up' }).click();
      await page.locator('.lookup[data-tone]').waitFor();
      await goDown();
      await page.locator('.row', { hasText: 'Will' }).getByText('banned').waitFor();
    },
  ],
  [
    'panel-ban.png',
    async (page) => {
      await page.getByRole('button', { name: 'Ban…', exact: true }).click();
      await page.getByRole('button', { name: '3d', exact: true }).click();
      await page.getByRole('textbox', { name: 'Reason' }).fill('Ramming at the bank, after two warnings');
    },
  ],
  [
    'panel-waiting.png',
    async (page) => {
      await page.keyboard.press('Escape');
      await page.getByRole('tab', { name: 'Waiting' }).click();
      await page.locator('.row').first().click();
    },
  ],
  [
    'panel-history.png',
    async (page) => {
      await page.getByRole('tab', { name: 'History' }).click();
      await page.getByRole('button', { name: 'Rob' }).click();
      await page.locator('.shares li').first().waitFor();
    },
  ],
];

/**
 * The pictures of the panel, by file: as a moderator of the demo's server sees it.
 *
 * @throws when something does not appear.
 */
export async function photographPanel(browser: Browser): Promise<Record<string, Buffer>> {
  const stage = await setStage(() => {});
  try {
    const evening = await playEvening(stage);
    const page = await browser.newPage({ viewport: SIZE, timezoneId: 'UTC', locale: 'en' });
    await page.clock.setFixedTime(stage.clock.now() + 10 * MINUTE_MS);
    await page.goto(evening.address);
    await page.locator('.row').first().waitFor();
    const pictures: Record<string, Buffer> = {};
    for (const [file, act] of PICTURES) {
      await act(page, evening);
      await page.locator('.list[aria-busy=false]').waitFor();
      pictures[file] = await page
        .locator('.window')
        .screenshot({ omitBackground: true, animations: 'disabled' });
    }
    await page.close();
    return pictures;
  } finally {
    await stage.close();
  }
}

/** Where a moderator's screen is, and what happens next. */
interface Evening {
  readonly address: string;
  /** Sonoran goes down, and the moderator goes on. */
  goDown(): Promise<void>;
}

/** Lets people come, and a moderator decide some things and open the window. */
async function playEvening({ fx, clock, sonoran }: Stage): Promise<Evening> {
  await fx.console('set cmsban_reasons "RDM=2d; VDM=3d; Cheating=perm"');
  await fx.console('set cmsban_server_name "Los Santos 1"');
  await fx.console('restart cmsban');
  const join = async (person: { name: string; identifiers: readonly string[] }) => {
    clock.skip(7 * MINUTE_MS);
    const joined = await fx.connect({ ...person, client: person === PEOPLE.alice });
    if (!joined.admitted) throw new Error(joined.message);
    return joined.player;
  };
  const alice = await join(PEOPLE.alice);
  const type = async (line: string, answer: RegExp) => {
    clock.skip(3 * MINUTE_MS);
    const before = alice.chat.length;
    await alice.chatInput(line);
    while (!alice.chat.slice(before).some((text) => answer.test(text))) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const ids = new Map<string, number>();
  for (const person of Object.values(PEOPLE)) {
    if (person !== PEOPLE.alice) ids.set(person.name, (await join(person)).id);
  }
  const idOf = ({ name }: { name: string }) => ids.get(name);
  await type(`/cmsban ${idOf(PEOPLE.rob)} cheating in races`, /is banned in/);
  await type(`/cmsban ${idOf(PEOPLE.nora)} 2d RDM`, /is banned in/);
  await type(`/cmsban ${idOf(PEOPLE.xavier)} insults in the radio`, /is banned in/);
  await type(`/cmsunban ${idOf(PEOPLE.xavier)} appeal accepted`, /no longer banned/);
  await type(`/cmsban ${idOf(PEOPLE.zed)} aimbot`, / is banned\. /);
  await alice.chatInput('/cmspanel');
  const { address } = await fx.servePage(alice, 'cmsban');
  return {
    address,
    async goDown() {
      await Promise.all([sonoran.cms.down(), sonoran.cad.down()]);
      await type(`/cmsban ${idOf(PEOPLE.una)} VDM at the pier`, /is accepted, but not done yet/);
      await type(`/cmsban ${idOf(PEOPLE.will)} 3d RDM`, /is accepted, but not done yet/);
    },
  };
}
