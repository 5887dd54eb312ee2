import fc from 'fast-check';
import {
  ACTION_KINDS,
  type Action,
  type Delivery,
  type DeliveryState,
  DROP_RULES,
  PRODUCTS,
} from '../../../server/moderation/action.ts';
import { anyText } from '../identity/arbitraries.ts';

const time = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const state: fc.Arbitrary<DeliveryState> = fc.oneof(
  fc.record({
    status: fc.constant('queued' as const),
    code: fc.constantFrom('QUEUED' as const, 'BAD_CREDENTIALS' as const, 'REFUSED' as const),
    detail: anyText,
    nextTryAt: fc.option(time),
  }),
  fc.record({ status: fc.constant('delivered' as const), apiId: anyText, account: fc.option(anyText) }),
  fc.record({
    status: fc.constant('refused' as const),
    code: fc.constantFrom(
      'NO_IDENTIFIER' as const,
      'NOT_LINKED' as const,
      'BAD_CREDENTIALS' as const,
      'UNSUPPORTED' as const,
      'REFUSED' as const,
      'EXPIRED' as const,
      'CANCELLED' as const,
    ),
    detail: anyText,
  }),
);

const anyDelivery: fc.Arbitrary<Delivery> = fc.record({
  product: fc.constantFrom(...PRODUCTS),
  subjects: fc.array(
    fc.oneof(
      fc.record({
        by: fc.constantFrom('apiId' as const, 'discord' as const, 'account' as const, 'username' as const),
        value: anyText,
      }),
      fc.record({ by: fc.constant('unique' as const), value: fc.maxSafeNat() }),
    ),
  ),
  candidate: fc.nat(),
  attempts: fc.nat(),
  spentMs: fc.nat(),
  unanswered: fc.option(fc.nat()),
  state,
});

/** Any action that there can be, and many that there cannot. */
export const anyAction: fc.Arbitrary<Action> = fc.record({
  id: fc.string({ minLength: 1 }),
  sequence: fc.maxSafeNat(),
  told: fc.maxSafeNat(),
  toldAt: time,
  key: fc.option(anyText),
  kind: fc.constantFrom(...ACTION_KINDS),
  person: fc.record({
    name: fc.option(anyText),
    playerId: fc.option(fc.nat()),
    identifiers: fc.array(anyText),
    account: fc.option(anyText),
  }),
  holder: fc.array(anyText, { maxLength: 3 }),
  reason: anyText,
  author: fc.record({ name: anyText, identifiers: fc.array(anyText), playerId: fc.option(fc.nat()) }),
  origin: fc.constantFrom('chat' as const, 'console' as const, 'txadmin' as const, 'export' as const),
  at: time,
  drop: fc.constantFrom(...DROP_RULES),
  dropped: fc.boolean(),
  expiresAt: fc.option(time),
  inForce: fc.boolean(),
  lifted: fc.uniqueArray(fc.constantFrom(...PRODUCTS)),
  served: fc.boolean(),
  ended: fc.array(fc.string(), { maxLength: 3 }),
  isOfOneBan: fc.boolean(),
  alsoKeys: fc.array(fc.string(), { maxLength: 3 }),
  server: fc.option(fc.string(), { nil: null }),
  serverId: fc.option(fc.string(), { nil: null }),
  deliveries: fc.uniqueArray(anyDelivery, { maxLength: 2, selector: ({ product }) => product }),
});
