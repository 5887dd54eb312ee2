import { describe, expect, it } from 'vitest';
import { createRegisteredReads } from '../../../server/bans/registered-reads.ts';
import type { LookupResult } from '../../../server/moderation/product-api.ts';
import { createManualClock } from '../manual-clock.ts';
import { TRY_AGAIN } from './scripted-list.ts';

type Answer = LookupResult | { readonly kind: 'unavailable' };

const DAY_MS = 24 * 60 * 60 * 1000;
const FOUND: Answer = {
  kind: 'found',
  account: { id: 'x', name: null, banned: true, keys: ['k'], proven: ['license:k'], isRegistered: true },
};

/** @param accounts those that are banned, the newest last. @param answer what is answered of one. */
function start(accounts: string[], answer: (account: string) => Answer = () => FOUND) {
  const clock = createManualClock();
  const asked: string[] = [];
  const known = new Map<string, unknown>();
  const bugs: unknown[] = [];
  let lacking = 0;
  let saves = 0;
  const left = () => accounts.filter((account) => !known.has(account));
  const reads = createRegisteredReads({
    async registered(account) {
      asked.push(account);
      return answer(account);
    },
    mirror: () => ({
      unregistered: left,
      isUnregistered: (account) => left().includes(account),
      registered: (account, telling) => void known.set(account, telling),
      save: () => saves++,
    }),
    clock,
    random: () => 0.5,
    onLacking: () => lacking++,
    onBug: (error) => bugs.push(error),
  });
  return {
    reads,
    clock,
    accounts,
    asked,
    known,
    bugs,
    said: () => ({ lacking, saves }),
    async pass(ms: number) {
      for (let turn = 0; turn < 40; turn++) await clock.advance(turn === 0 ? ms : 0);
    },
  };
}

describe('what is registered of banned accounts', () => {
  it('is read once of each, the newest ban first, and then kept', async () => {
    const { reads, asked, known, pass, said } = start(['a', 'b', 'c']);
    reads.listRead();
    await pass(5_000);
    expect(asked).toEqual(['c', 'b', 'a']);
    expect(known.get('c')).toEqual({ keys: ['k'], proven: ['license:k'], isWhole: true });
    expect(said().saves).toBeGreaterThan(0);
    reads.listRead();
    await pass(DAY_MS);
    expect(asked).toHaveLength(3);
  });

  it('is read next of whoever has just been banned', async () => {
    const { reads, accounts, asked, pass } = start(['a', 'b']);
    reads.listRead();
    accounts.push('new');
    reads.banned('new');
    await pass(5_000);
    expect(asked).toEqual(['new', 'b', 'a']);
  });

  it('is not asked for when somebody else was told meanwhile', async () => {
    const { reads, asked, known, pass } = start(['a']);
    reads.banned('a');
    known.set('a', undefined);
    await pass(5_000);
    expect(asked).toEqual([]);
  });

  it('of an account that is gone is nothing, and the next is read', async () => {
    const answer = (account: string): Answer => (account === 'b' ? { kind: 'not-linked' } : FOUND);
    const { reads, known, pass } = start(['a', 'b'], answer);
    reads.listRead();
    await pass(5_000);
    expect([known.has('a'), known.get('b')]).toEqual([true, undefined]);
    expect(known.has('b')).toBe(true);
  });

  it('that does not come is asked for five times, and again after the next read of the list', async () => {
    let isUp = false;
    const { reads, asked, known, pass } = start(['a', 'b'], () => (isUp ? FOUND : TRY_AGAIN));
    reads.listRead();
    for (let minute = 0; minute < 60; minute++) await pass(60_000);
    expect(asked).toEqual(Array(5).fill('b'));
    isUp = true;
    reads.listRead();
    await pass(5_000);
    expect(known.size).toBe(2);
  });

  it('of one account that never comes keeps the others waiting until the next read of the list, and no longer', async () => {
    const { reads, known, pass } = start(['a', 'b', 'c'], (account) => (account === 'c' ? TRY_AGAIN : FOUND));
    reads.listRead();
    for (let minute = 0; minute < 10; minute++) await pass(60_000);
    reads.listRead();
    await pass(5_000);
    expect([...known.keys()]).toEqual(['b', 'a']);
  });

  it.each<Answer>([
    { kind: 'unavailable' },
    { kind: 'not-enabled', words: 'NOT ENABLED' },
    { kind: 'refused', words: 'NO' },
  ])('is not to be had: $kind is said once, and looked at again after a day', async (none) => {
    const { reads, asked, pass, said } = start(['a', 'b'], () => none);
    for (let hour = 0; hour < 23; hour++) {
      reads.listRead();
      reads.banned('a');
      await pass(60 * 60 * 1000);
    }
    expect(asked).toHaveLength(1);
    await pass(2 * 60 * 60 * 1000);
    reads.listRead();
    await pass(5_000);
    expect(asked).toHaveLength(2);
    expect(said().lacking).toBe(1);
  });

  it('is not asked for after the end, nor with credentials that are refused', async () => {
    const { reads, asked, pass } = start(['a', 'b'], () => ({ kind: 'bad-credentials', words: 'NO' }));
    reads.listRead();
    await pass(5_000);
    expect(asked).toHaveLength(1);
    reads.listRead();
    reads.stop();
    await pass(5_000);
    reads.banned('a');
    await pass(5_000);
    expect(asked).toHaveLength(1);
  });

  it('goes on after what cannot happen', async () => {
    let isBroken = true;
    const { reads, known, bugs, pass } = start(['a'], () => {
      if (isBroken) throw new Error('oops');
      return FOUND;
    });
    reads.listRead();
    await pass(5_000);
    isBroken = false;
    reads.listRead();
    await pass(5_000);
    expect([bugs.length, known.size]).toEqual([1, 1]);
  });
});
