import { describe, expect, it } from 'vitest';
import { createBackgroundLookUps } from '../../../server/bans/background-look-ups.ts';
import type { Subject } from '../../../server/identity/subject.ts';
import type { Account, LookupResult } from '../../../server/moderation/product-api.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { scriptedApi } from '../scripted-api.ts';

const AMY: Account = { id: 'amy', name: 'Amy', banned: true, keys: ['beef'], proven: [] };
const FOUND: LookupResult = { kind: 'found', account: AMY };
const TRY_AGAIN: LookupResult = {
  kind: 'try-again',
  detail: 'could not connect',
  waitMs: null,
  mayHaveHappened: false,
};

const by = (value: string): Subject => ({ by: 'apiId', value });

function start(answer: (subject: Subject) => LookupResult | Promise<LookupResult> = () => FOUND) {
  const clock = createManualClock();
  const asked: (readonly [value: string | number, urgency: string])[] = [];
  const bugs: unknown[] = [];
  const answers: (readonly [value: string, account: Account])[] = [];
  const lookUps = createBackgroundLookUps({
    api: {
      ...scriptedApi('cms'),
      async lookup(subject, urgency) {
        asked.push([subject.value, urgency]);
        return answer(subject);
      },
    },
    clock,
    random: () => 0.5,
    onBug: (error) => bugs.push(error),
  });
  const ask = (value: string) => lookUps.ask(by(value), (account) => answers.push([value, account]));
  return { clock, lookUps, ask, asked, answers, bugs };
}

describe('a question that nobody waits for', () => {
  it('is asked behind people, and its answer is passed on', async () => {
    const { ask, asked, answers } = start();
    ask('a');
    await settle();
    expect(asked).toEqual([['a', 'background']]);
    expect(answers).toEqual([['a', AMY]]);
  });

  it('waits for the one before', async () => {
    const open: (() => void)[] = [];
    const { ask, asked } = start(
      () => new Promise<LookupResult>((resolve) => open.push(() => resolve(FOUND))),
    );
    ask('a');
    ask('b');
    ask('c');
    await settle();
    expect(asked.map(([value]) => value)).toEqual(['a']);
    open[0]?.();
    await settle();
    expect(asked.map(([value]) => value)).toEqual(['a', 'b']);
  });

  it('is asked once for all who want to know it while it waits', async () => {
    const open: (() => void)[] = [];
    const { ask, asked, answers } = start(
      () => new Promise<LookupResult>((resolve) => open.push(() => resolve(FOUND))),
    );
    ask('a');
    ask('b');
    ask('b');
    await settle();
    open[0]?.();
    await settle();
    open[1]?.();
    await settle();
    expect(asked.map(([value]) => value)).toEqual(['a', 'b']);
    expect(answers.map(([value]) => value)).toEqual(['a', 'b', 'b']);
  });

  it('is asked anew when it is under way: its answer may be older than the question', async () => {
    const open: (() => void)[] = [];
    const { ask, asked } = start(
      () => new Promise<LookupResult>((resolve) => open.push(() => resolve(FOUND))),
    );
    ask('a');
    await settle();
    ask('a');
    open[0]?.();
    await settle();
    expect(asked.map(([value]) => value)).toEqual(['a', 'a']);
  });

  it('tells apart what it is asked by', async () => {
    const { lookUps, asked } = start();
    lookUps.ask({ by: 'discord', value: '7' }, () => {});
    lookUps.ask({ by: 'apiId', value: '7' }, () => {});
    await settle();
    expect(asked).toHaveLength(2);
  });

  it('that the API cannot answer is not asked', async () => {
    const { lookUps, asked } = start();
    lookUps.ask({ by: 'unique', value: 7 }, () => {});
    await settle();
    expect(asked).toEqual([]);
  });

  it('without an account leads to nothing, and holds nobody up', async () => {
    const { ask, asked, answers } = start(({ value }) => (value === 'b' ? FOUND : { kind: 'not-linked' }));
    ask('a');
    ask('b');
    await settle();
    expect(asked).toHaveLength(2);
    expect(answers.map(([value]) => value)).toEqual(['b']);
  });

  it.each([TRY_AGAIN, { kind: 'limited', waitMs: null } as const])(
    'is asked five times when %o comes',
    async (failure) => {
      const { ask, asked, answers, clock } = start(({ value }) => (value === 'b' ? FOUND : failure));
      ask('a');
      ask('b');
      await clock.advance(60 * 60_000);
      expect(asked.map(([value]) => value)).toEqual(['a', 'a', 'a', 'a', 'a', 'b']);
      expect(answers).toHaveLength(1);
    },
  );

  it('is answered when a later try succeeds', async () => {
    let failures = 2;
    const { ask, answers, clock } = start(() => (failures-- > 0 ? TRY_AGAIN : FOUND));
    ask('a');
    await clock.advance(60_000);
    expect(answers).toHaveLength(1);
  });

  it('waits as long as the API says', async () => {
    let failures = 1;
    const { ask, asked, clock } = start(() => (failures-- > 0 ? { ...TRY_AGAIN, waitMs: 600_000 } : FOUND));
    ask('a');
    await clock.advance(599_999);
    expect(asked).toHaveLength(1);
    await clock.advance(1);
    expect(asked).toHaveLength(2);
  });
});

describe('many questions', () => {
  it('are taken up to a thousand', async () => {
    const { ask, asked } = start(() => new Promise<LookupResult>(() => {}));
    for (let number = 0; number < 1_500; number++) ask(String(number));
    await settle();
    expect(asked).toHaveLength(1);
  });

  it('are all answered in time', async () => {
    const { ask, answers, clock } = start();
    for (let number = 0; number < 1_500; number++) ask(String(number));
    for (let turn = 0; turn < 10; turn++) await clock.advance(0);
    expect(answers.length).toBeGreaterThanOrEqual(1_000);
    expect(answers.length).toBeLessThanOrEqual(1_001);
  });
});

describe('a fault', () => {
  it('of whoever hears the answer is told, and the next question is asked', async () => {
    const { lookUps, asked, bugs } = start();
    lookUps.ask(by('a'), () => {
      throw new Error('oops');
    });
    lookUps.ask(by('b'), () => {});
    await settle();
    expect(bugs).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });
});

it('asks nothing more once it is stopped', async () => {
  const { ask, asked, answers, clock, lookUps } = start(() => TRY_AGAIN);
  ask('a');
  ask('b');
  await settle();
  lookUps.stop();
  await clock.advance(60 * 60_000);
  ask('c');
  await settle();
  expect(asked).toHaveLength(1);
  expect(answers).toEqual([]);
});
