import { expect, it } from 'vitest';
import { createMadeAgain } from '../../../server/moderation/made-again.ts';
import {
  banMadeAgainBy,
  keyOfBanAgain,
  keyOfServed,
  servedBanOf,
} from '../../../server/moderation/own-keys.ts';
import { action } from '../action.ts';

const first = action({ id: 'a1', kind: 'ban', sequence: 1, told: 1, at: 1_000, toldAt: 1_000 });
const lift = action({ id: 'a2', kind: 'unban', sequence: 2, told: 2 });
const second = action({
  id: 'a3',
  kind: 'ban',
  key: keyOfBanAgain(first, lift),
  sequence: 3,
  told: 3,
  at: 3_000,
  toldAt: 3_000,
});
const third = action({
  id: 'a4',
  kind: 'ban',
  key: keyOfBanAgain(second, lift),
  sequence: 4,
  told: 4,
  at: 4_000,
  toldAt: 4_000,
});
const all = new Map([first, lift, second, third].map((each) => [each.id, each]));
const { firstOf, placeOf, timeOf } = createMadeAgain({ byId: (id) => all.get(id) });

it('a ban that was made again, however often, is the decision that was made first', () => {
  expect(firstOf(third)).toBe(first);
  expect(placeOf(third)).toBe(1);
  expect(timeOf(third)).toBe(1_000);
});

it('unless it was told since: then it counts from there', () => {
  const told = { ...third, told: 9, toldAt: 9_000 };
  expect(firstOf(told)).toBe(first);
  expect(placeOf(told)).toBe(9);
  expect(timeOf(told)).toBe(9_000);
});

it('whatever it is called, another decision is itself', () => {
  for (const other of [lift, { ...second, key: 'other' }, { ...second, key: keyOfServed(first) }]) {
    expect(firstOf(other)).toBe(other);
    expect(placeOf(other)).toBe(other.told);
  }
});

it('one that is not known any more is no reason to count otherwise', () => {
  const orphan = { ...second, key: keyOfBanAgain(action({ id: 'gone' }), lift) };
  expect(firstOf(orphan)).toBe(orphan);
  expect(placeOf(orphan)).toBe(3);
});

it('the names of decisions that follow from others say from which', () => {
  expect(banMadeAgainBy(second)).toBe('a1');
  expect(banMadeAgainBy({ key: keyOfServed(first) })).toBeUndefined();
  expect(servedBanOf({ key: keyOfServed(first) })).toBe('a1');
  expect(servedBanOf(second)).toBeUndefined();
  expect(servedBanOf({ key: null })).toBeUndefined();
});
