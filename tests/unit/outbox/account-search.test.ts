import { describe, expect, it } from 'vitest';
import type { AccountList, AccountPage, LinkedAccount } from '../../../server/moderation/product-api.ts';
import { createAccountSearch } from '../../../server/outbox/account-search.ts';
import { createManualClock } from '../manual-clock.ts';

const MINUTE_MS = 60_000;
const ACCOUNT: LinkedAccount = { account: 'a', discordId: null, apiIds: [] };
const page = (rows: number, total: number): AccountPage => ({
  kind: 'page',
  accounts: Array.from({ length: rows }, () => ACCOUNT),
  rows,
  total,
});

type Answer = Awaited<ReturnType<AccountList['read']>>;

function start(answer: (offset: number) => Answer | Promise<Answer> = () => page(100, 250)) {
  const clock = createManualClock();
  const reads: { offset: number; at: number }[] = [];
  const troubles: string[] = [];
  const bugs: unknown[] = [];
  const began = clock.elapsed();
  const wanted = { now: true };
  let accounts = 0;
  const search = createAccountSearch({
    list: {
      async read(offset) {
        reads.push({ offset, at: clock.elapsed() - began });
        return answer(offset);
      },
    },
    clock,
    isWanted: () => wanted.now,
    onPage(listed) {
      accounts += listed.length;
    },
    onTrouble: ({ kind }) => troubles.push(kind),
    onBug: (error) => bugs.push(error),
  });
  return { clock, search, reads, troubles, bugs, wanted, accounts: () => accounts };
}

const offsets = (reads: readonly { offset: number }[]) => reads.map(({ offset }) => offset);

describe('while somebody waits', () => {
  it('a page a minute is read, and after the last the first', async () => {
    const { clock, search, reads, accounts } = start((offset) => page(Math.min(100, 250 - offset), 250));
    for (let times = 0; times < 5; times++) search.wake();
    await clock.advance(5 * MINUTE_MS);
    expect(reads).toEqual(
      [0, 100, 200, 0, 100].map((offset, number) => ({ offset, at: (number + 1) * MINUTE_MS })),
    );
    expect(accounts()).toBe(450);
  });

  it('a list that has shrunk under the reader, or has nobody, begins again', async () => {
    const { clock, search, reads } = start((offset) => (offset === 0 ? page(100, 250) : page(0, 90)));
    search.wake();
    await clock.advance(4 * MINUTE_MS);
    expect(offsets(reads)).toEqual([0, 100, 0, 100]);
  });

  it('one call is under way at a time, and the next comes a minute after its end', async () => {
    const open: (() => void)[] = [];
    const { clock, search, reads } = start(
      () => new Promise((resolve) => open.push(() => resolve(page(100, 250)))),
    );
    search.wake();
    await clock.advance(10 * MINUTE_MS);
    search.wake();
    search.renewed();
    await clock.advance(10 * MINUTE_MS);
    expect(reads).toHaveLength(1);
    open[0]?.();
    await clock.advance(MINUTE_MS - 1);
    expect(reads).toHaveLength(1);
    await clock.advance(1);
    // What was asked of the community of before does not count.
    expect(offsets(reads)).toEqual([0, 0]);
  });
});

it('rests while nobody waits, and goes on where it was', async () => {
  const { clock, search, reads, wanted } = start();
  wanted.now = false;
  search.wake();
  await clock.advance(10 * MINUTE_MS);
  expect([reads.length, clock.timers()]).toEqual([0, 0]);
  wanted.now = true;
  search.wake();
  await clock.advance(MINUTE_MS);
  wanted.now = false;
  await clock.advance(10 * MINUTE_MS);
  expect([reads.length, clock.timers()]).toEqual([1, 0]);
  wanted.now = true;
  search.wake();
  await clock.advance(MINUTE_MS);
  expect(offsets(reads)).toEqual([0, 100]);
});

describe('a call that brings nothing', () => {
  it('is made again after twice the time, up to half an hour', async () => {
    const { clock, search, reads } = start(() => ({ kind: 'bad-credentials', words: 'INVALID API KEY' }));
    search.wake();
    await clock.advance(180 * MINUTE_MS);
    const minutes = reads.map(({ at }) => at / MINUTE_MS);
    expect(minutes).toEqual([1, 2, 4, 8, 16, 32, 62, 92, 122, 152]);
  });

  it('is made again when the API says', async () => {
    const { clock, search, reads } = start(() => ({ kind: 'limited', waitMs: 50 * MINUTE_MS }));
    search.wake();
    await clock.advance(51 * MINUTE_MS);
    expect(reads.map(({ at }) => at / MINUTE_MS)).toEqual([1, 51]);
  });

  it('by a fault of ours is told, and made again', async () => {
    const { clock, search, reads, bugs } = start(() => {
      throw new Error('fault');
    });
    search.wake();
    await clock.advance(40 * MINUTE_MS);
    expect([reads.length, bugs.length]).toEqual([2, 2]);
  });

  it.each([{ kind: 'unavailable' }, { kind: 'not-enabled', words: 'NOT ENABLED' }] as const)(
    'because there is no list ($kind) is the last, until the product is reached otherwise',
    async (answer) => {
      const { clock, search, reads, troubles } = start(() => answer);
      search.wake();
      await clock.advance(MINUTE_MS);
      search.wake();
      await clock.advance(600 * MINUTE_MS);
      expect([reads.length, troubles]).toEqual([1, [answer.kind]]);
      search.renewed();
      await clock.advance(MINUTE_MS);
      expect(reads).toHaveLength(2);
    },
  );
});
