import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Action,
  type Delivery,
  type DeliveryState,
  isKept,
  isSettled,
} from '../../../server/moderation/action.ts';
import {
  asTold,
  conclude,
  isDoorOnly,
  isHeldHere,
  UNLINKED_RULES,
} from '../../../server/moderation/conclude.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';

const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: '', nextTryAt: null };
const refused = (code: (DeliveryState & { status: 'refused' })['code']): DeliveryState => ({
  status: 'refused',
  code,
  detail: '',
});
const NOT_LINKED = refused('NOT_LINKED');
const NO_IDENTIFIER = refused('NO_IDENTIFIER');
const REFUSED = refused('REFUSED');
const EXPIRED = refused('EXPIRED');
const CANCELLED = refused('CANCELLED');
const LEFT_OUT = refused('UNSUPPORTED');

/** A ban in force with these shares in CMS and CAD. */
function ban(cms: DeliveryState, cad: DeliveryState, changes: Partial<Action> = {}): Action {
  const deliveries = [delivery('cms', { state: cms }), delivery('cad', { state: cad })];
  return action({ inForce: true, deliveries, ...changes });
}

const states = ({ deliveries }: Action) => deliveries.map(({ state }) => state);

describe('a ban of somebody whom no product knows', () => {
  it.each<[cms: DeliveryState, cad: DeliveryState, after: readonly DeliveryState[]]>([
    [NOT_LINKED, NOT_LINKED, [KEPT, KEPT]],
    [NOT_LINKED, NO_IDENTIFIER, [KEPT, KEPT]],
    [NO_IDENTIFIER, KEPT, [KEPT, KEPT]],
    [LEFT_OUT, NOT_LINKED, [LEFT_OUT, KEPT]],
  ])('waits for a link (%#)', (cms, cad, after) => {
    const now = conclude(ban(cms, cad), 'keep');
    expect(states(now)).toEqual(after);
    expect(now.inForce).toBe(true);
    expect(isHeldHere(now)).toBe(true);
  });

  it.each<[cms: DeliveryState, cad: DeliveryState]>([
    [QUEUED, NOT_LINKED],
    [EXPIRED, NOT_LINKED],
    [DELIVERED, NOT_LINKED],
  ])('is not kept while a product may know them, has them, or could not be asked (%#)', (cms, cad) => {
    const before = ban(cms, cad);
    expect(conclude(before, 'keep')).toEqual(before);
    expect(isHeldHere(before)).toBe(false);
  });

  it('ends when the owner wants that', () => {
    const now = conclude(ban(NOT_LINKED, NO_IDENTIFIER), 'refuse');
    expect(states(now)).toEqual([NOT_LINKED, NO_IDENTIFIER]);
    expect(now.inForce).toBe(false);
  });

  it('ends when there is no identifier to keep it by', () => {
    const named = person({ identifiers: [], account: 'username:jane' });
    expect(conclude(ban(NOT_LINKED, NOT_LINKED, { person: named }), 'keep').inForce).toBe(false);
  });

  it('is no longer kept in one product once another has confirmed it', () => {
    expect(states(conclude(ban(KEPT, DELIVERED), 'keep'))).toEqual([NOT_LINKED, DELIVERED]);
  });
});

describe('a ban of somebody whom one product does not know is told', () => {
  it.each<[cms: DeliveryState, cad: DeliveryState, told: readonly DeliveryState[]]>([
    [QUEUED, NOT_LINKED, [QUEUED, KEPT]],
    [NO_IDENTIFIER, QUEUED, [KEPT, QUEUED]],
    [KEPT, NOT_LINKED, [KEPT, KEPT]],
  ])('as one that waits for a link while the other is to answer (%#)', (cms, cad, told) => {
    expect(states(asTold(ban(cms, cad), 'keep'))).toEqual(told);
  });

  it.each<[cms: DeliveryState, cad: DeliveryState]>([
    [DELIVERED, NOT_LINKED],
    [EXPIRED, NOT_LINKED],
    [QUEUED, REFUSED],
    [QUEUED, DELIVERED],
  ])('as it is when it will not be kept (%#)', (cms, cad) => {
    const before = ban(cms, cad);
    expect(asTold(before, 'keep')).toBe(before);
  });

  it('as it is where nobody is kept, and of kicks and what has ended', () => {
    for (const before of [
      ban(QUEUED, NOT_LINKED, { kind: 'kick' }),
      ban(QUEUED, NOT_LINKED, { inForce: false }),
    ])
      expect(asTold(before, 'keep')).toBe(before);
    const before = ban(QUEUED, NOT_LINKED);
    expect(asTold(before, 'refuse')).toBe(before);
  });
});

describe('a ban ends here', () => {
  it.each<[cms: DeliveryState, cad: DeliveryState, inForce: boolean]>([
    [REFUSED, REFUSED, false],
    [REFUSED, NOT_LINKED, false],
    [CANCELLED, LEFT_OUT, false],
    [LEFT_OUT, LEFT_OUT, false],
    [REFUSED, EXPIRED, true],
    [REFUSED, QUEUED, true],
    [REFUSED, DELIVERED, true],
  ])('when nobody took it and nobody ever will (%#)', (cms, cad, inForce) => {
    expect(conclude(ban(cms, cad), 'keep').inForce).toBe(inForce);
  });

  it('and is not begun again by a later change', () => {
    expect(conclude(ban(DELIVERED, QUEUED, { inForce: false }), 'keep').inForce).toBe(false);
  });
});

describe('the door alone holds', () => {
  const until = { expiresAt: 1_700_000_100_000 };

  it('a temporary ban that no product can take', () => {
    const now = conclude(ban(LEFT_OUT, LEFT_OUT, until), 'refuse');
    expect([now.inForce, isDoorOnly(now), isHeldHere(now)]).toEqual([true, true, true]);
  });

  it.each([
    ['account:c6d294ba-a14e-40e1-ab23-5a1df6e4560a', true],
    ['username:jane', false],
    ['unique:7', false],
    [null, false],
  ])('one of whom it can tell: %s: %s', (account, isTold) => {
    const now = conclude(
      ban(LEFT_OUT, LEFT_OUT, { ...until, person: person({ identifiers: [], account }) }),
      'keep',
    );
    expect([now.inForce, isDoorOnly(now)]).toEqual([isTold, isTold]);
  });

  it('nothing that has ended, or that goes to no product at all', () => {
    expect(isHeldHere(ban(LEFT_OUT, LEFT_OUT, { ...until, inForce: false }))).toBe(false);
    expect(isDoorOnly(ban(LEFT_OUT, LEFT_OUT, { ...until, deliveries: [] }))).toBe(false);
    expect(isDoorOnly(ban(LEFT_OUT, NOT_LINKED, until))).toBe(false);
  });
});

const shares = fc.tuple(
  ...(['cms', 'cad'] as const).map((product) =>
    fc
      .constantFrom(QUEUED, KEPT, DELIVERED, NOT_LINKED, NO_IDENTIFIER, REFUSED, EXPIRED, CANCELLED, LEFT_OUT)
      .map((state): Delivery => delivery(product, { state })),
  ),
);

describe('whatever the shares are', () => {
  it('nothing but a ban is ever changed', () => {
    fc.assert(
      fc.property(shares, fc.constantFrom('kick', 'unban'), (deliveries, kind) => {
        const before = action({ kind, deliveries });
        expect(conclude(before, 'keep')).toBe(before);
      }),
    );
  });

  it('to conclude twice is to conclude once; a ban that is confirmed, kept or given up stays in force', () => {
    fc.assert(
      fc.property(shares, fc.constantFrom(...UNLINKED_RULES), fc.boolean(), (deliveries, rule, inForce) => {
        const now = conclude(action({ deliveries, inForce }), rule);
        expect(conclude(now, rule)).toEqual(now);
        const isHeld = now.deliveries.some((share) => isKept(share) || isTakenOrGivenUp(share));
        expect(now.inForce).toBe(inForce && (isHeld || !isSettled(now)));
      }),
    );
  });
});

function isTakenOrGivenUp({ state }: Delivery): boolean {
  return state.status === 'delivered' || state.code === 'EXPIRED';
}
