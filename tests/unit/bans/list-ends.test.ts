import { describe, expect, it } from 'vitest';
import { newBan } from '../../../server/bans/ban-index.ts';
import { endWhatIsGone, hasEndedOnLists } from '../../../server/bans/list-ends.ts';
import type { DeliveryState } from '../../../server/moderation/action.ts';
import { action, DELIVERED, delivery, QUEUED } from '../action.ts';
import { checkedSay } from '../checked-say.ts';

const NOT_LINKED: DeliveryState = { status: 'refused', code: 'NOT_LINKED', detail: '' };
const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: '', nextTryAt: null };

describe('a ban in force', () => {
  it.each<[string, DeliveryState, DeliveryState, boolean | null, boolean | null, boolean]>([
    ['that both lists have', DELIVERED, DELIVERED, true, true, false],
    ['that one list has', DELIVERED, DELIVERED, false, true, false],
    ['that no list has', DELIVERED, DELIVERED, false, false, true],
    ['of which one list is not known', DELIVERED, DELIVERED, false, null, false],
    ['that the one product that confirmed it has not', DELIVERED, NOT_LINKED, false, null, true],
    ['that is on its way elsewhere', DELIVERED, QUEUED, false, null, true],
    ['that is on its way elsewhere, and still on the list', DELIVERED, QUEUED, true, false, false],
    ['that nobody has confirmed', KEPT, KEPT, false, false, false],
  ])('%s', (_, cms, cad, inCms, inCad, expected) => {
    const deliveries = [delivery('cms', { state: cms }), delivery('cad', { state: cad })];
    const isListed = (product: string) => (product === 'cms' ? inCms : inCad);
    expect(hasEndedOnLists(action({ inForce: true, deliveries }), isListed)).toBe(expected);
    expect(hasEndedOnLists(action({ inForce: false, deliveries }), isListed)).toBe(false);
  });
});

describe('a ban that a list does not have any more by the person’s names', () => {
  const ACCOUNT = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
  const confirmed = (account: string | null): DeliveryState => ({
    status: 'delivered',
    apiId: 'abc',
    account,
  });

  /** @returns whether it has ended. */
  function isEnded(account: string | null, listed: readonly string[]): boolean {
    const ban = action({ inForce: true, deliveries: [delivery('cms', { state: confirmed(account) })] });
    const gone = newBan(null, null);
    let hasEnded = false;
    endWhatIsGone({
      bans: {
        onGone: (callback) => callback('cms', [gone]),
        get: () => ({
          mirror: {
            isKnown: true,
            find: () => undefined,
            findAccount: (each) => (listed.includes(each) ? newBan(each, null) : undefined),
          },
        }),
      },
      ledger: { inForceAbout: () => [ban] },
      ended() {
        hasEnded = true;
        return new Map();
      },
      log: { error() {}, warn() {}, info() {}, debug() {}, bug() {} },
      say: checkedSay,
    });
    return hasEnded;
  }

  it('has ended when its account is not listed either', () => {
    expect(isEnded(ACCOUNT, [])).toBe(true);
    expect(isEnded(ACCOUNT, [ACCOUNT])).toBe(false);
  });

  it('has not ended as long as nobody knows which account it is: its owner may have taken the key away', () => {
    expect(isEnded(null, [])).toBe(false);
    expect(isEnded(null, [ACCOUNT])).toBe(false);
  });
});
