import { describe, expect, it } from 'vitest';
import { newBan } from '../../../server/bans/ban-index.ts';
import { knownBan } from '../../../server/bans/known-ban.ts';
import type { Mirror } from '../../../server/bans/mirror.ts';
import { person } from '../action.ts';
import { createManualClock } from '../manual-clock.ts';
import { accountOf } from './scripted-list.ts';

const AMY = accountOf(1);
const NOTHING = { banned: null, account: null, since: null, ageMs: null, stale: true };

function known(who: Parameters<typeof person>[0], changes: Partial<Mirror> = {}) {
  const clock = createManualClock(10_000);
  const ban = { ...newBan(AMY, 5_000), listed: ['beef'], key: 'license:beef' };
  const mirror: Mirror = {
    product: 'cms',
    isKnown: true,
    isStale: false,
    readAt: 7_000,
    size: 1,
    find: (identifiers) => (identifiers.includes('license:beef') ? ban : undefined),
    findAccount: (account) => (account === AMY ? ban : undefined),
    load: async () => {},
    start() {},
    stop() {},
    banned() {},
    seen() {},
    unregistered: () => [],
    isUnregistered: () => false,
    registered() {},
    save() {},
    lifted() {},
    ...changes,
  };
  return knownBan(mirror, person(who), clock);
}

describe('what is known of somebody', () => {
  it('is their ban, by an identifier or by the account', () => {
    const ban = { banned: true, account: AMY, since: 5_000, ageMs: 3_000, stale: false };
    expect(known({ identifiers: ['license:beef'] })).toEqual(ban);
    expect(known({ identifiers: [], account: `account:${AMY}` })).toEqual(ban);
  });

  it('is that they are not banned, when the list does not have them', () => {
    const none = { banned: false, account: null, since: null, ageMs: 3_000, stale: false };
    expect(known({ identifiers: ['license:cafe'] })).toEqual(none);
    expect(known({ identifiers: [], account: `account:${accountOf(2)}` })).toEqual(none);
    // Named by the account, the identifiers do not count.
    expect(known({ identifiers: ['license:beef'], account: `account:${accountOf(2)}` })).toEqual(none);
  });

  it('is nothing when they are named in a way that lists do not know, or there is no list', () => {
    expect(known({ identifiers: ['license:beef'], account: 'username:Amy' })).toEqual(NOTHING);
    expect(known({ identifiers: [], account: 'unique:7' })).toEqual(NOTHING);
    expect(knownBan(undefined, person(), createManualClock())).toEqual(NOTHING);
  });

  it('is only the bans, as long as no list was read to its end', () => {
    const changes = { isKnown: false, isStale: true, readAt: null };
    expect(known({ identifiers: ['license:cafe'] }, changes)).toEqual(NOTHING);
    expect(known({ identifiers: ['license:beef'] }, changes)).toEqual({
      banned: true,
      account: AMY,
      since: 5_000,
      ageMs: null,
      stale: true,
    });
  });

  it('has no age when no list was ever read, and none below zero', () => {
    expect(known({ identifiers: ['license:cafe'] }, { readAt: null })).toMatchObject({
      ageMs: null,
    });
    expect(known({ identifiers: ['license:cafe'] }, { readAt: 99_000 })).toMatchObject({ ageMs: 0 });
  });
});
