import { describe, expect, it } from 'vitest';
import { readBannedList } from '../../../server/bans/read-list.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { banned, bannedRange, scriptedList, TRY_AGAIN } from './scripted-list.ts';

const HOUR_MS = 60 * 60 * 1_000;

function start(accounts = bannedRange(0)) {
  const clock = createManualClock();
  const list = scriptedList();
  list.accounts = accounts;
  const pages: string[][] = [];
  const retries: string[] = [];
  const state = { isStopped: false };
  /** Reads to the end, however long the waits are. */
  async function read() {
    const reading = readBannedList({
      list,
      clock,
      random: () => 0.5,
      isStopped: () => state.isStopped,
      say: checkedSay,
      onPage: (page) => pages.push(page.map(({ account }) => account)),
      onRetry: (detail) => retries.push(detail),
    });
    let isOver = false;
    void reading.then(() => {
      isOver = true;
    });
    while (!isOver) await clock.advance(60_000);
    return reading;
  }
  return { clock, list, pages, retries, state, read };
}

describe('a list', () => {
  it.each([
    [0, [0]],
    [1, [0]],
    [9, [0]],
    // A full page is never taken for the last.
    [10, [0, 5]],
    [11, [0, 5]],
    [15, [0, 5, 10]],
    [16, [0, 5, 10]],
    [40, [0, 5, 10, 15, 20, 25, 30, 35]],
  ])('of %i accounts is read to its end, each page with some of the one before', async (count, offsets) => {
    const { list, pages, read } = start(bannedRange(count));
    expect(await read()).toEqual({ kind: 'complete', isSteady: true });
    expect(list.offsets).toEqual(offsets);
    expect(new Set(pages.flat())).toEqual(new Set(bannedRange(count).map(({ account }) => account)));
  });

  it('is steady when up to four of those before have gone meanwhile, and not when more have', async () => {
    for (const gone of [0, 1, 4, 5, 6, 10]) {
      const { list, read } = start(bannedRange(40));
      // The page at 5 was cut before they went.
      list.answer = (offset, honest) => {
        if (offset !== 5) return undefined;
        list.accounts = bannedRange(40 - gone, gone);
        return honest;
      };
      expect(await read(), `${gone} gone`).toEqual({ kind: 'complete', isSteady: gone < 5 });
    }
  });

  it('is steady when somebody joins it meanwhile, at its beginning or at its end', async () => {
    for (const join of ['unshift', 'push'] as const) {
      const { list, pages, read } = start(bannedRange(30));
      list.answer = (offset) => {
        if (offset === 10) list.accounts[join](banned(99));
        return undefined;
      };
      expect(await read()).toMatchObject({ kind: 'complete' });
      expect(new Set(pages.flat()).size).toBeGreaterThanOrEqual(30);
    }
  });

  it.each([
    ['ends before as many have come as it has', { ids: 7, total: 30 }],
    ['is empty though it has some', { ids: 0, total: 1 }],
  ])('that %s is cut short', async (_, { ids, total }) => {
    const { list, pages, read } = start(bannedRange(30));
    const accounts = bannedRange(ids);
    list.answer = () => ({ kind: 'page', accounts, ids: accounts.map(({ account }) => account), total });
    expect(await read()).toEqual({ kind: 'cut-short', detail: `accounts that came: ${ids} of ${total}` });
    // What came counts all the same.
    expect(pages).toHaveLength(1);
  });

  it('that brings the same page again and again is cut short', async () => {
    const { list, read } = start(bannedRange(30));
    const accounts = bannedRange(10);
    list.answer = (_, { total }) => ({
      kind: 'page',
      accounts,
      ids: accounts.map(({ account }) => account),
      total,
    });
    expect(await read()).toMatchObject({ kind: 'cut-short' });
    expect(list.offsets).toEqual([0, 5]);
  });

  it('passes on who is banned, once, and counts the others for the place in the list', async () => {
    const { list, pages, read } = start(bannedRange(12));
    list.answer = (_, honest) => ({ ...honest, accounts: honest.accounts.filter((__, at) => at % 2 === 0) });
    expect(await read()).toEqual({ kind: 'complete', isSteady: true });
    expect(pages.map((page) => page.length)).toEqual([5, 1]);
    expect(list.offsets).toEqual([0, 5]);
  });

  it('lets others have their turn between two pages', async () => {
    const { list, read } = start(bannedRange(40));
    let turns = 0;
    const count = () => {
      turns++;
      if (turns < 1_000) setImmediate(count);
    };
    setImmediate(count);
    const seen: number[] = [];
    list.answer = () => {
      seen.push(turns);
      return undefined;
    };
    await read();
    expect(new Set(seen).size).toBe(seen.length);
  });
});

describe('a page that does not come', () => {
  it('is tried again at its place, and its reason is told', async () => {
    const { list, retries, read } = start(bannedRange(30));
    let failures = 3;
    list.answer = (offset) => (offset === 10 && failures-- > 0 ? TRY_AGAIN : undefined);
    expect(await read()).toMatchObject({ kind: 'complete' });
    expect(list.offsets).toEqual([0, 5, 10, 10, 10, 10, 15, 20, 25]);
    expect(retries).toEqual(Array(3).fill('could not connect'));
  });

  it('is given up after eight tries', async () => {
    const { list, retries, read } = start(bannedRange(30));
    list.answer = (offset) => (offset === 10 ? TRY_AGAIN : undefined);
    expect(await read()).toEqual(TRY_AGAIN);
    expect(list.offsets).toEqual([0, 5, ...Array(8).fill(10)]);
    expect(retries).toHaveLength(7);
  });

  it('is waited for as long as the API asks', async () => {
    const { clock, list } = start();
    list.accounts = bannedRange(5);
    let isFirst = true;
    list.answer = () => {
      if (!isFirst) return undefined;
      isFirst = false;
      return { ...TRY_AGAIN, waitMs: HOUR_MS };
    };
    void readBannedList({
      list,
      clock,
      random: () => 0,
      isStopped: () => false,
      say: checkedSay,
      onPage() {},
      onRetry() {},
    });
    await clock.advance(HOUR_MS - 1);
    expect(list.offsets).toHaveLength(1);
    await clock.advance(1);
    expect(list.offsets).toHaveLength(2);
  });

  it('because of the limit is asked for again without a wait of its own', async () => {
    const { clock, list } = start(bannedRange(5));
    let failures = 7;
    list.answer = () => (failures-- > 0 ? { kind: 'limited', waitMs: null } : undefined);
    const reading = readBannedList({
      list,
      clock,
      random: () => 0,
      isStopped: () => false,
      say: checkedSay,
      onPage() {},
      onRetry() {},
    });
    await settle();
    expect(await reading).toMatchObject({ kind: 'complete' });
    expect(list.offsets).toHaveLength(8);
  });

  it('for ever because of the limit is given up', async () => {
    const { list, read } = start(bannedRange(5));
    list.answer = () => ({ kind: 'limited', waitMs: null });
    expect(await read()).toMatchObject({ kind: 'try-again' });
    expect(list.offsets).toHaveLength(8);
  });

  it.each([
    [{ kind: 'bad-credentials', words: 'INVALID API KEY' }, 'bad-credentials'],
    [{ kind: 'not-enabled', words: 'NOT ENABLED' }, 'not-enabled'],
    [{ kind: 'refused', words: 'NO' }, 'refused'],
    [{ kind: 'unavailable' }, 'unavailable'],
    // A list that does not exist.
    [{ kind: 'not-linked' }, 'unavailable'],
  ] as const)('because of %o ends the read', async (answer, kind) => {
    const { list, read } = start(bannedRange(5));
    list.answer = () => answer;
    expect(await read()).toMatchObject({ kind });
    expect(list.offsets).toHaveLength(1);
  });
});

describe('a read that is called off', () => {
  it('asks for no further page', async () => {
    const { list, pages, state, read } = start(bannedRange(40));
    list.answer = (offset) => {
      if (offset === 10) state.isStopped = true;
      return undefined;
    };
    expect(await read()).toEqual({ kind: 'stopped' });
    expect(list.offsets).toEqual([0, 5, 10]);
    expect(pages).toHaveLength(2);
  });

  it('while it waits for a try does not make it', async () => {
    const { list, state, read } = start(bannedRange(40));
    list.answer = () => {
      state.isStopped = true;
      return TRY_AGAIN;
    };
    expect(await read()).toEqual({ kind: 'stopped' });
    expect(list.offsets).toEqual([0]);
  });
});
