import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { createConsole, type RunLine } from '../../devserver/demo/console.ts';
import { cmsAccountOf, PEOPLE } from '../../devserver/demo/people.ts';
import { type Stage, setStage } from '../../devserver/demo/stage.ts';

describe("the demo's console", () => {
  let stage: Stage;
  let run: RunLine;
  const said: string[] = [];
  beforeAll(async () => {
    stage = await setStage(() => undefined);
    for (const person of [PEOPLE.alice, PEOPLE.pia, PEOPLE.quinn, PEOPLE.ulf, PEOPLE.paul, PEOPLE.nora])
      await stage.fx.connect(person);
    run = createConsole(stage);
    vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text));
  });
  beforeEach(() => {
    said.splice(0);
    // What other tests have used up of the rate limits is free again.
    stage.clock.skip(60_000);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await stage.close();
  });
  const chatOf = (id: number) => stage.fx.players.get(id)?.chat ?? [];
  const lastOf = (id: number) => chatOf(id).at(-1) ?? '';

  test.each(['as 1 /cmslookup 6', 'as alice /cmslookup Nora', 'as Alice /cmslookup nora'])(
    'knows who is meant: %s',
    async (input) => {
      const before = chatOf(1).length;
      await run(input);
      await until(() => chatOf(1).length > before + 1, 'the answer');
      expect(chatOf(1).at(-1)).toContain('Nora (6): Sonoran CMS: account Nora');
      expect(said).toEqual([]);
    },
  );

  test.each(['as 99 hello', 'as Nobody hello', 'tx ban 99 rude', 'tx kick Nobody rude'])(
    'says when nobody is: %s',
    async (input) => {
      await run(input);
      // Whoever has come or gone in other tests.
      const here = [...stage.fx.players.values()].map(({ name, id }) => `${name} (${id})`);
      expect(here).toContain('Alice (1)');
      expect(said).toEqual([
        `No player is called ${input.includes('99') ? '99' : 'Nobody'}, or has that id.`,
        `On the server: ${here.join(', ')}.`,
      ]);
    },
  );

  test.each([
    ['as', 'Which player?'],
    ['tx', 'tx ban <player> <reason>, or tx kick <player> <reason>'],
    ['tx warn 1', 'tx ban <player> <reason>, or tx kick <player> <reason>'],
    ['join', 'Who? For example: join Bob'],
    ['cms', 'cms ban <name>, cms unban <name>, or cms kick <name>'],
    ['link', 'Who? For example: link Ulf'],
    ['later', 'How much later? For example: later 30m, later 2h, later 7d'],
    ['later 2', 'How much later? For example: later 30m, later 2h, later 7d'],
    ['sonoran', 'sonoran down, sonoran up, or sonoran slow'],
    ['sonoran off', 'sonoran down, sonoran up, or sonoran slow'],
  ])('says what is missing: %s', async (input, answer) => {
    await run(input);
    expect(said[0]).toBe(answer);
  });

  test('says which members there are when a name is none of them', async () => {
    await run('cms ban Nobody');
    expect(said).toEqual([expect.stringMatching(/^No member is called Nobody\. In CMS: Alice, Bob, /)]);
  });

  test('lets the people of the demo come with what they have', async () => {
    await run('join bob');
    expect([...stage.fx.players.values()].at(-1)).toMatchObject(PEOPLE.bob);
  });

  test('passes everything else to the server', async () => {
    await run('cmsban Quinn ramming');
    const quinn = stage.fx.players.get(3);
    await until(() => quinn?.dropReason !== null, 'the drop');
    expect(quinn?.dropReason).toContain('ramming');
  });

  test('lets somebody link their accounts, and their ban goes out', async () => {
    await run('as Alice /cmsban Ulf aimbot');
    await until(() => lastOf(1).includes('is banned. The ban is sent'), 'the ban here');
    expect(stage.fx.players.get(4)).toBeUndefined();
    await run('link ulf');
    await until(() => lastOf(1).includes('Ulf (4) is banned in Sonoran CMS and Sonoran CAD'), 'the ban');
    expect(cmsAccountOf(stage.sonoran, 'Ulf')?.banned).toBe(true);
    expect(said).toEqual([]);
  });

  test('says whom it cannot link', async () => {
    await run('link Nobody');
    expect(said).toEqual([expect.stringMatching(/^No member is called Nobody\. In CMS: Alice, Bob, /)]);
  });

  test('takes a ban back by its id', async () => {
    await run('as Alice /cmsban Pia ramming');
    const answer = await until(() => lastOf(1).includes('Pia (2) is banned in') && lastOf(1), 'the ban');
    await run(`as Alice /cmsunban ${/\[(\w+)\]/.exec(answer)?.[1]} wrong player`);
    await until(() => lastOf(1).includes('Pia is no longer banned in Sonoran CAD'), 'the lift');
  });

  test('lets time pass, and a ban ends', async () => {
    await run('as Alice /cmsban Paul 2h ramming');
    await until(() => lastOf(1).includes('Paul (5) is banned in Sonoran CAD'), 'the ban');
    await run('join Paul');
    expect(said).toEqual([expect.stringContaining('Reason: ramming (by Alice). Ends: ')]);
    await run('later 2h');
    await until(() => lastOf(1).includes('Paul is no longer banned in Sonoran CAD'), 'the end');
    await run('join Paul');
    expect(said.at(-1)).toMatch(/^Paul is on the server as \d+\.$/);
  });

  test('quits', async () => {
    expect(await run('quit')).toBe(true);
    expect(await run('')).toBe(false);
  });
});
