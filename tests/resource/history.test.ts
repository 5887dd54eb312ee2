import { describe, expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { liftOnTheWeb, MINUTE_MS, only, pass, settled } from './ban-lists.ts';
import { type Player, shareWorld } from './shared-world.ts';
import { type Links, newSomebody, type Somebody } from './somebody.ts';
import { startWorld, type World, type WorldOptions } from './world.ts';

/** Finding what was decided, and taking it back by what was just read. */

let world: World;
let moderator: Player;

shareWorld((opened, player) => {
  world = opened;
  moderator = player;
});

/** The lines that a player's chat gained by typing something, once there are so many. */
async function linesOf(player: Player, lines: number, text: string) {
  const before = player.chat.length;
  await player.chatInput(text);
  await until(() => player.chat.length >= before + lines, `${lines} lines in chat`);
  return player.chat.slice(before).map((line) => line.replace(/^cmsban: /, ''));
}

describe('a wrong ban', () => {
  it('is taken back by the id in the line that says that it is done', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    const lines = await linesOf(moderator, 2, `/cmsban ${player.id} rude`);
    const ids = lines.map((line) => /^\[([0-9a-f]{10})\] /.exec(line)?.[1]);
    expect(ids[0]).toBeDefined();
    expect(ids[1]).toBe(ids[0]);
    const lift = await world.outcomeOf(() => moderator.chatInput(`/cmsunban ${ids[0]?.toUpperCase()} sorry`));
    expect(lift).toMatchObject({
      action: 'unban',
      reason: 'sorry',
      target: { name: who.name, identifiers: [...who.identifiers.slice(0, 3)] },
      products: { cad: { code: 'OK' } },
    });
    expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
  });

  it('is taken back by the server id of who was dropped', async () => {
    const who = newSomebody(world);
    const player = await world.join(who.name, who.identifiers);
    await linesOf(moderator, 2, `/cmsban ${player.id} rude`);
    expect(player.connected).toBe(false);
    await world.outcomeOf(() => moderator.chatInput(`/cmsunban ${player.id}`));
    expect(world.sonoran.cad.account(who.uuid).status).toBe(1);
  });

  it('of an account by its name is taken back by the id as well, where that can be', async () => {
    const who = newSomebody(world);
    const lines = await linesOf(moderator, 2, `/cmsban username:${who.name} rude`);
    const id = /\[([0-9a-f]{10})\]/.exec(lines[1] ?? '')?.[1];
    const lift = await world.outcomeOf(() => moderator.chatInput(`/cmsunban ${id}`));
    expect(lift).toMatchObject({ target: { account: `username:${who.name}` } });
    expect(lift['products']).toMatchObject({ cad: { code: 'UNSUPPORTED' } });
  });

  it('has an id that is known, or that is said', async () => {
    for (const command of ['cmsban', 'cmsunban', 'cmslookup', 'cmshistory', 'cmskick']) {
      const [line] = await linesOf(moderator, 1, `/${command} 0000000000`);
      expect(line).toContain('There is no action with the id 0000000000.');
    }
    expect(await world.call('unbanPlayer', '0000000000')).toMatchObject({
      code: 'PLAYER_NOT_FOUND',
      message: expect.stringContaining('There is no action with the id'),
    });
  });

  it('is looked up by its id', async () => {
    const who = newSomebody(world);
    const ban = await world.call('banPlayer', `license:${who.license}`);
    const [, found] = await linesOf(moderator, 2, `/cmslookup ${String(ban['id'])}`);
    expect(found).toContain(`account ${who.name} (${who.uuid}), BANNED`);
  });
});

describe('/cmshistory', () => {
  it('lists id, who, what, until when, why, by whom, and how it ended, by any name of the person', async () => {
    const who = newSomebody(world, { cms: [] });
    const player = await world.join(who.name, who.identifiers);
    const first = await world.outcomeOf(() => moderator.chatInput(`/cmsban ${player.id} 2d rude`));
    const second = await world.outcomeOf(() => world.fx.console(`cmsunban license:${who.license}`));
    const names = who.identifiers.slice(0, 3).join(', ');
    const expected = [
      expect.stringMatching(
        new RegExp(
          `^\\[${second['id']}\\] .* UTC: unban of license:${who.license} by console, reason: none given\\.`,
        ),
      ),
      expect.stringMatching(
        new RegExp(
          `^\\[${first['id']}\\] \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d UTC: ban until \\d{4}-\\S+ \\S+ UTC of ` +
            `${who.name} \\(${names}\\) by Mia, reason: rude\\. Ended\\. Sonoran CMS: .*\\. Sonoran CAD: done\\.$`,
        ),
      ),
    ];
    for (const target of [
      String(player.id),
      `license:${who.license}`,
      `discord:${who.discord}`,
      `account:${who.uuid}`,
      String(first['id']),
      String(second['id']),
    ]) {
      expect(await linesOf(moderator, 2, `/cmshistory ${target}`), target).toEqual(expected);
    }
  });

  it('says that there is nothing about somebody', async () => {
    expect(await linesOf(moderator, 1, '/cmshistory license:n0b0dy')).toEqual([
      'No action is on record about license:n0b0dy.',
    ]);
  });

  it('has pages, and says how to get the next one', async () => {
    const own = await startWorld();
    const mia = await own.moderator();
    expect(await linesOf(mia, 1, '/cmshistory')).toEqual(['No action is on record.']);
    const who = newSomebody(own);
    const ids: unknown[] = [];
    for (let number = 0; number < 12; number++) {
      const kind = number % 2 === 0 ? 'banPlayer' : 'unbanPlayer';
      ids.unshift((await own.call(kind, `license:${who.license}`, `no. ${number}`))['id']);
      await own.clock.advance(120_000);
    }
    const page = async (words: string, lines: number) =>
      (await linesOf(mia, lines, `/cmshistory ${words}`)).map((line) => /^\[(\w+)\]/.exec(line)?.[1] ?? line);
    const target = `license:${who.license}`;
    for (const word of ['all', target]) {
      const first = [...ids.slice(0, 5), `Page 1 of 3. Next: /cmshistory ${word} 2`];
      expect(await page(word, 6)).toEqual(first);
      expect(await page(`${word} 1`, 6)).toEqual(first);
      expect(await page(`${word} 2`, 6)).toEqual([
        ...ids.slice(5, 10),
        `Page 2 of 3. Next: /cmshistory ${word} 3`,
      ]);
      expect(await page(`${word} 3`, 3)).toEqual([...ids.slice(10), 'Page 3 of 3.']);
      expect(await page(`${word} 4`, 1)).toEqual(['There is no page 4. The last page is 3.']);
    }
    expect(await page('', 6)).toEqual(await page('ALL', 6));
    for (const wrong of ['all 0', 'all x', 'all 1 2', `${target} -1`]) {
      expect((await page(wrong, 1))[0]).toContain('Usage: /cmshistory [target | all] [page]');
    }
    expect(own.faults).toEqual([]);
  });
});

/** How a ban can end, and what the history says of it then. */
interface End {
  readonly words: string;
  readonly options?: WorldOptions;
  readonly links?: Links;
  play(world: World, who: Somebody): Promise<unknown>;
  /** What stands in its line behind the reason. */
  readonly line: RegExp;
  /** Its message in `getHistory` and the panel. */
  readonly message: RegExp;
}

const typed = (own: World, line: string) => own.outcomeOf(() => own.fx.console(line));
const banned = (own: World, { license }: Somebody, words = 'rude') =>
  typed(own, `cmsban license:${license} ${words}`);
const lifted = (own: World, { license }: Somebody) => typed(own, `cmsunban license:${license}`);
const sonoranDown = ({ sonoran }: World) => Promise.all([sonoran.cms.down(), sonoran.cad.down()]);

const NO_TRIES = { cmsban_retry_hours: '1' };
const ENDS: readonly End[] = [
  {
    words: 'is in force',
    play: banned,
    line: /^In force\. Sonoran CMS: done\. Sonoran CAD: done\.$/,
    message: /is banned in Sonoran CMS and Sonoran CAD\.$/,
  },
  {
    words: 'was lifted',
    async play(own, who) {
      await banned(own, who);
      await lifted(own, who);
    },
    line: /^Ended\. Sonoran CMS: done\. Sonoran CAD: done\.$/,
    message: /^The ban of license:\w+ in Sonoran CMS and Sonoran CAD has ended here\.$/,
  },
  {
    words: 'was lifted in one product alone',
    async play(own, who) {
      await banned(own, who);
      await own.call('unbanPlayer', `license:${who.license}`, '', { products: ['cad'] });
    },
    line: /^In force\. Sonoran CMS: done\. Sonoran CAD: done, and lifted since\.$/,
    message: /is banned in Sonoran CMS\. Sonoran CAD: done, and lifted since\.$/,
  },
  {
    words: 'was lifted on the web',
    options: { use: only('cad'), convars: { cmsban_mirror_minutes: '15' } },
    async play(own, who) {
      await banned(own, who);
      await pass(own, 17 * MINUTE_MS);
      liftOnTheWeb(own, 'cad', who);
      await pass(own, 34 * MINUTE_MS);
    },
    line: /^Ended\. Sonoran CAD: done\.$/,
    message: /^The ban of license:\w+ in Sonoran CAD has ended here\.$/,
  },
  {
    words: 'has come to its end',
    options: { use: only('cad') },
    async play(own, who) {
      await banned(own, who, '1h rude');
      await pass(own, 61 * MINUTE_MS);
    },
    line: /^Ended\. Sonoran CAD: done\.$/,
    message: /^The ban of license:\w+ in Sonoran CAD has ended here\.$/,
  },
  {
    words: 'was held by the door alone, and lifted',
    options: { use: only('cms') },
    async play(own, who) {
      await banned(own, who, '1h rude');
      await lifted(own, who);
    },
    line: /^Ended\. Sonoran CMS: it cannot lift a ban/,
    message: /^The ban of license:\w+ has ended\./,
  },
  {
    words: 'was given up',
    options: { use: only('cad'), convars: NO_TRIES },
    async play(own, who) {
      await own.sonoran.cad.down();
      await banned(own, who);
      await own.outcomeOf(() => own.clock.advance(120 * MINUTE_MS));
    },
    line: /^In force\. Sonoran CAD: given up/,
    message: /stays banned, but is NOT banned in Sonoran\./,
  },
  {
    words: 'was given up, and lifted',
    options: { use: only('cad'), convars: NO_TRIES },
    async play(own, who) {
      await own.sonoran.cad.down();
      await banned(own, who);
      await own.outcomeOf(() => own.clock.advance(120 * MINUTE_MS));
      await own.sonoran.cad.up();
      await lifted(own, who);
    },
    line: /^Ended\. Sonoran CAD: given up/,
    message: /^The ban of license:\w+ has ended\. Sonoran CAD: given up/,
  },
  {
    words: 'was taken back',
    async play(own, who) {
      await sonoranDown(own);
      const { id } = await banned(own, who);
      await own.fx.console(`cmsqueue cancel ${id}`);
    },
    line: /^Taken back\. Sonoran CMS: cancelled before it was sent\./,
    message: /^The ban of license:\w+ was taken back\./,
  },
  {
    words: 'waits for a link',
    links: { cms: [], cad: [] },
    play: banned,
    line: /^In force\. Sonoran CMS: no account is linked to this person yet/,
    message: /is banned\. The ban is sent to Sonoran as soon as they link an account\./,
  },
  {
    words: 'nobody took',
    options: { convars: { cmsban_unlinked: 'refuse' } },
    links: { cms: [], cad: [] },
    play: banned,
    line: /^NOT banned\. Sonoran CMS: no account is linked to this person \(/,
    message: /was NOT banned\./,
  },
];

describe('the history of a ban', () => {
  it.each(ENDS)(
    'that $words says so',
    { timeout: 60_000 },
    async ({ options, links, play, line, message }) => {
      const own = await startWorld(options);
      const who = newSomebody(own, links);
      await play(own, who);
      await settled(own);
      await own.fx.console(`cmshistory license:${who.license}`);
      const shown = await own.logged(/UTC: ban .*reason: rude\./);
      expect(shown.replace(/^.*reason: rude\. /, '').replace('^7', '')).toMatch(line);
      const told = await own.call<readonly { action: string; message: string }[]>('getHistory');
      expect(told.find(({ action }) => action === 'ban')?.message).toMatch(message);
      // A ban that is in force here has its id in the answer.
      const isInForce = (await own.call('isBanned', `license:${who.license}`))['id'] !== undefined;
      expect(shown.includes('In force.')).toBe(isInForce);
    },
  );
});

describe('a word that is no target', () => {
  it.each(['cmsban', 'cmskick', 'cmsunban', 'cmslookup', 'cmshistory'])(
    'shows the players it may mean, and nothing is done: /%s',
    async (command) => {
      const name = `Zoë ${command}`;
      const here = await world.join(name, [`license:a${command.length}1`]);
      const left = await world.join(`x${name}`, [`license:b${command.length}2`]);
      left.leave();
      const arriving = world.fx.startConnecting({ name: `y${name}`, identifiers: ['license:c1'] });
      const requests = world.sonoran.cms.requests.length;
      const [line] = await linesOf(
        moderator,
        1,
        `/${command} "zoe ${command}" being rude`.replace(
          / being rude$/,
          command === 'cmshistory' ? '' : ' being rude',
        ),
      );
      expect(line).toContain(`"zoe ${command}" is not a target, and nothing was done.`);
      expect(line).toContain(`${name} (${here.id})`);
      expect(line).toContain(`x${name} (${left.id}, has left)`);
      expect(here.connected).toBe(true);
      expect(world.sonoran.cms.requests).toHaveLength(requests);
      await arriving.result;
    },
  );

  it('shows those on the way in, by the id that they have there', async () => {
    const own = await startWorld({
      resources: { doorman: new URL('./resources/doorman', import.meta.url).pathname },
    });
    const connecting = own.fx.startConnecting({ name: 'Quentin', identifiers: ['license:9e'] });
    await own.fx.console('cmsban quent rude');
    await own.logged(/Quentin \(6\d{4}, on the way in\)/);
    connecting.cancel();
  });

  it('shows whoever came more than once only once, and no more than a few', async () => {
    for (let number = 0; number < 3; number++) (await world.join('Yanni', ['license:d1'])).leave();
    const [once] = await linesOf(moderator, 1, '/cmsban yanni');
    expect(once?.match(/Yanni/g)).toHaveLength(1);
    for (let number = 0; number < 10; number++) await world.join(`Wanda${number}`, [`license:e${number}`]);
    const [few] = await linesOf(moderator, 1, '/cmsban wanda rude');
    expect(few?.match(/Wanda/g)).toHaveLength(8);
    expect(few).toContain('and 2 more');
  });

  it('is named as no target when nobody has such a name', async () => {
    const [line] = await linesOf(moderator, 1, '/cmsban xqzzy rude');
    expect(line).toMatch(/^"xqzzy" is not a target\. Use a server id/);
  });
});
