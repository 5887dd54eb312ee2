import { describe, expect, it } from 'vitest';
import { hasEndedOnLists } from '../../../server/bans/list-ends.ts';
import type { DeliveryState } from '../../../server/moderation/action.ts';
import { action, DELIVERED, delivery, QUEUED } from '../action.ts';

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
