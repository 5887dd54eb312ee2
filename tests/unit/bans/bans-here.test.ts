import { expect, it } from 'vitest';
import { createBansHere } from '../../../server/bans/bans-here.ts';
import type { Action } from '../../../server/moderation/action.ts';
import { action } from '../action.ts';

/** @param over ids of bans that are over though they are in force. */
function bansHere(bans: readonly Action[], over: readonly string[] = []) {
  return createBansHere({
    ledger: { inForceAbout: (names) => (names.includes('license:tied') ? bans : []) },
    ties: { of: (names) => (names.includes('license:pat') ? [...names, 'license:tied'] : names) },
    temporaryBans: { isOver: ({ id }) => over.includes(id) },
  });
}

const ban = (id: string, expiresAt: number | null, sequence = 1) => action({ id, expiresAt, sequence });
const ids = (found: Action | undefined) => found?.id;

it('is found by whatever is tied to a name', () => {
  const here = bansHere([ban('a', null)]);
  expect(ids(here.find(['license:pat']))).toBe('a');
  expect(here.find(['license:sam'])).toBeUndefined();
  expect(here.find([])).toBeUndefined();
});

it.each([
  ['for good before for a time', [ban('a', 9), ban('b', null), ban('c', 8)], 'b'],
  ['the longest', [ban('a', 7), ban('b', 9), ban('c', 8)], 'b'],
  ['the later decision of two for good', [ban('a', null, 1), ban('b', null, 3), ban('c', null, 2)], 'b'],
  ['the later decision of two that end together', [ban('b', 9, 2), ban('a', 9, 1)], 'b'],
])('of several is the one that ends last: %s', (_, bans, expected) => {
  expect(ids(bansHere(bans).find(['license:pat']))).toBe(expected);
});

it('that is over counts no more, and another does', () => {
  const bans = [ban('a', 9), ban('b', 7)];
  expect(ids(bansHere(bans, ['a']).find(['license:pat']))).toBe('b');
  expect(bansHere(bans, ['a', 'b']).find(['license:pat'])).toBeUndefined();
});
