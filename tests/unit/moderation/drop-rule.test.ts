import { describe, expect, it } from 'vitest';
import type { DeliveryState } from '../../../server/moderation/action.ts';
import { isDropDue } from '../../../server/moderation/drop-rule.ts';
import { action, DELIVERED, delivery, QUEUED } from '../action.ts';

const REFUSED: DeliveryState = { status: 'refused', code: 'NOT_LINKED', detail: '' };

describe('whether a drop is due', () => {
  it.each<['success' | 'all' | 'always', DeliveryState, DeliveryState, boolean]>([
    ['success', DELIVERED, QUEUED, true],
    ['success', REFUSED, DELIVERED, true],
    ['success', DELIVERED, DELIVERED, true],
    ['success', REFUSED, QUEUED, false],
    ['success', REFUSED, REFUSED, false],
    ['all', DELIVERED, DELIVERED, true],
    ['all', DELIVERED, QUEUED, false],
    ['all', DELIVERED, REFUSED, true],
    ['all', DELIVERED, { status: 'refused', code: 'REFUSED', detail: '' }, false],
    ['all', REFUSED, REFUSED, false],
    ['always', DELIVERED, QUEUED, true],
    ['always', REFUSED, QUEUED, true],
  ])('with %s, CMS %o and CAD %o: %s', (drop, cms, cad, expected) => {
    const deliveries = [delivery('cms', { state: cms }), delivery('cad', { state: cad })];
    expect(isDropDue(action({ inForce: true, drop, deliveries }))).toBe(expected);
    expect(isDropDue(action({ inForce: true, drop, deliveries: deliveries.reverse() }))).toBe(expected);
  });

  it.each(['success', 'all', 'always'] as const)(
    'with %s and one product in use: once it confirmed, or at once',
    (drop) => {
      expect(
        isDropDue(action({ inForce: true, drop, deliveries: [delivery('cad', { state: DELIVERED })] })),
      ).toBe(true);
      expect(isDropDue(action({ inForce: true, drop, deliveries: [delivery('cad')] }))).toBe(
        drop === 'always',
      );
    },
  );
});
