import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { createConsole, type RunLine } from '../../devserver/demo/console.ts';
import { PEOPLE } from '../../devserver/demo/people.ts';
import { type Stage, setStage } from '../../devserver/demo/stage.ts';

describe("the demo's console", () => {
  let stage: Stage;
  let run: RunLine;
  const said: string[] = [];
  beforeAll(async () => {
    stage = await setStage(() => undefined);
    for (const person of [PEOPLE.alice, PEOPLE.pia, PEOPLE.quinn]) await stage.fx.connect(person);
    run = createConsole(stage);
    vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text));
  });
  beforeEach(() => void said.splice(0));
  afterAll(async () => {
    vi.restoreAllMocks();
    await stage.close();
  });
  const chatOf = (id: number) => stage.fx.players.get(id)?.chat ?? [];

  test.each(['as 1 /cmslookup 2', 'as alice /cmslookup Pia', 'as Alice /cmslookup pia'])(
    'knows who is meant: %s',
    async (input) => {
      const before = chatOf(1).length;
      await run(input);
      await until(() => chatOf(1).length > before + 1, 'the answer');
      expect(chatOf(1).at(-1)).toContain('Pia (2): Sonoran CMS: account Pia');
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

  test('quits', async () => {
    expect(await run('quit')).toBe(true);
    expect(await run('')).toBe(false);
  });
});
