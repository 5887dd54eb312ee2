import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAccount, parseTarget } from '../../../server/identity/target.ts';
import {
  ACTION_KINDS,
  type Action,
  type DeliveryRefusalCode,
  type DeliveryState,
} from '../../../server/moderation/action.ts';
import type { UnlinkedRule } from '../../../server/moderation/conclude.ts';
import { displayName, outcomeOf, refusal } from '../../../server/moderation/outcome.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';
import { checkedSay } from '../checked-say.ts';

const CODES: readonly DeliveryRefusalCode[] = [
  'CANCELLED',
  'BAD_CREDENTIALS',
  'REFUSED',
  'EXPIRED',
  'NOT_LINKED',
  'NO_IDENTIFIER',
  'UNSUPPORTED',
];

const LATE: DeliveryState = {
  status: 'queued',
  code: 'QUEUED',
  detail: 'could not connect',
  nextTryAt: 17,
};
const HELD: DeliveryState = {
  status: 'queued',
  code: 'BAD_CREDENTIALS',
  detail: 'INVALID API KEY',
  nextTryAt: null,
};
const PLAN: DeliveryState = { ...HELD, code: 'REFUSED', detail: 'NOT ENABLED FOR THIS COMMUNITY' };

function refused(code: DeliveryRefusalCode, detail = 'details'): DeliveryState {
  return { status: 'refused', code, detail };
}

function outcome(cms: DeliveryState, cad: DeliveryState, changes: Partial<Action> = {}) {
  const deliveries = [delivery('cms', { state: cms }), delivery('cad', { state: cad })];
  const inForce = deliveries.some(({ state }) => state.status !== 'refused' || state.code === 'EXPIRED');
  return tell(action({ deliveries, inForce, ...changes }));
}

function tell(told: Action, unlinked: UnlinkedRule = 'keep') {
  return outcomeOf(told, {
    say: checkedSay,
    isHere: ({ playerId }) => playerId !== null,
    unlinked,
    joinGate: true,
  });
}

const state: fc.Arbitrary<DeliveryState> = fc.oneof(
  fc.record({
    status: fc.constant('delivered' as const),
    apiId: fc.string(),
    account: fc.option(fc.string()),
  }),
  fc.record({
    status: fc.constant('queued' as const),
    code: fc.constantFrom('QUEUED', 'BAD_CREDENTIALS', 'REFUSED'),
    detail: fc.string(),
    nextTryAt: fc.option(fc.maxSafeNat()),
  }),
  fc.record({
    status: fc.constant('refused' as const),
    code: fc.constantFrom(...CODES),
    detail: fc.string(),
  }),
);

describe('the status and code of an outcome', () => {
  it.each<[DeliveryState, DeliveryState, string, string]>([
    [DELIVERED, DELIVERED, 'delivered', 'OK'],
    [DELIVERED, refused('REFUSED'), 'delivered', 'OK'],
    [refused('UNSUPPORTED'), DELIVERED, 'delivered', 'OK'],
    [DELIVERED, QUEUED, 'queued', 'QUEUED'],
    [QUEUED, refused('REFUSED'), 'queued', 'QUEUED'],
    [DELIVERED, HELD, 'queued', 'BAD_CREDENTIALS'],
    [QUEUED, HELD, 'queued', 'BAD_CREDENTIALS'],
    [PLAN, QUEUED, 'queued', 'REFUSED'],
    [PLAN, refused('NOT_LINKED'), 'queued', 'REFUSED'],
    [refused('NOT_LINKED'), refused('NOT_LINKED'), 'refused', 'NOT_LINKED'],
    [refused('UNSUPPORTED'), refused('NOT_LINKED'), 'refused', 'NOT_LINKED'],
    [refused('NOT_LINKED'), refused('BAD_CREDENTIALS'), 'refused', 'BAD_CREDENTIALS'],
    [refused('NO_IDENTIFIER'), refused('EXPIRED'), 'refused', 'EXPIRED'],
  ])('of CMS %o and CAD %o is %s, %s', (cms, cad, status, code) => {
    expect(outcome(cms, cad)).toMatchObject({ status, code });
  });

  it.each(CODES.flatMap((one, index) => CODES.slice(index).map((other) => [one, other] as const)))(
    'is %s beside %s, in either product',
    (one, other) => {
      expect(outcome(refused(one), refused(other)).code).toBe(one);
      expect(outcome(refused(other), refused(one)).code).toBe(one);
    },
  );
});

describe('the data of an outcome', () => {
  it('has per product what that product says', () => {
    const { products } = outcome({ status: 'delivered', apiId: '5', account: 'uuid' }, LATE);
    expect(products.cms).toEqual({
      status: 'delivered',
      code: 'OK',
      message: 'done',
      apiId: '5',
      account: 'uuid',
    });
    expect(products.cad).toMatchObject({ status: 'queued', code: 'QUEUED', nextTryAt: 17 });
    expect(products.cad?.message).toContain('could not connect');
    expect(outcome(DELIVERED, refused('EXPIRED')).products.cad).toMatchObject({
      status: 'refused',
      code: 'EXPIRED',
    });
  });

  it('leaves out the product that is not concerned', () => {
    expect(Object.keys(tell(action()).products)).toEqual(['cad']);
  });

  it('is plain: it survives JSON unchanged, and is a copy', () => {
    const target = fc.record({
      name: fc.option(fc.string()),
      playerId: fc.option(fc.nat()),
      identifiers: fc.array(fc.string()),
      account: fc.option(fc.string()),
    });
    fc.assert(
      fc.property(
        state,
        state,
        target,
        fc.constantFrom(...ACTION_KINDS),
        fc.boolean(),
        (cms, cad, who, kind, dropped) => {
          const made = outcome(cms, cad, { person: who, kind, dropped });
          expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made);
          expect(made.target.identifiers).not.toBe(who.identifiers);
          expect(made.message).not.toBe('');
        },
      ),
    );
  });
});

describe('the message of an outcome', () => {
  it('has a sentence for every kind and state', () => {
    const states = [DELIVERED, QUEUED, LATE, HELD, PLAN, ...CODES.map((code) => refused(code))];
    for (const kind of ACTION_KINDS) {
      for (const cms of states) {
        for (const cad of states) expect(outcome(cms, cad, { kind }).message).toContain('Pat');
      }
    }
  });

  it('says which products confirmed, and what became of the others', () => {
    expect(outcome(DELIVERED, DELIVERED).message).toBe('Pat is banned in Sonoran CMS and Sonoran CAD.');
    const { message } = outcome(DELIVERED, LATE);
    expect(message).toContain('Sonoran CMS: done.');
    expect(message).toContain('Sonoran CAD: could not connect; it is tried again.');
  });

  it('advises once, and only where linking or naming the account helps', () => {
    const advice = checkedSay('advice.NOT_LINKED');
    const advised = (cms: DeliveryState, cad: DeliveryState) =>
      outcome(cms, cad).message.split(advice).length - 1;
    expect(advised(refused('NOT_LINKED'), refused('NO_IDENTIFIER'))).toBe(1);
    expect(advised(DELIVERED, refused('NOT_LINKED'))).toBe(1);
    expect(advised(refused('BAD_CREDENTIALS'), refused('EXPIRED'))).toBe(0);
    expect(advised(DELIVERED, QUEUED)).toBe(0);
  });

  it('advises nobody to look for an account when a lift has ended all there was', () => {
    const advice = checkedSay('advice.NOT_LINKED');
    const lift = (ended: readonly string[]) =>
      outcome(refused('UNSUPPORTED'), refused('NOT_LINKED'), { kind: 'unban', ended }).message;
    expect(lift(['83a12779c3'])).toContain('The ban of Pat is lifted here.');
    expect(lift(['83a12779c3'])).not.toContain(advice);
    expect(lift([])).toContain(advice);
  });

  it('says whether the player was dropped', () => {
    expect(outcome(DELIVERED, DELIVERED, { dropped: true }).message).toContain('was dropped');
    expect(outcome(DELIVERED, DELIVERED).message).not.toContain('dropped');
  });

  it('says that the player is still here when that is so, and nobody else sees to it', () => {
    const here = person({ playerId: 12 });
    const nobody = [refused('NOT_LINKED'), refused('NOT_LINKED')] as const;
    expect(outcome(...nobody, { person: here }).message).toContain('still on the server');
    expect(outcome(QUEUED, QUEUED, { person: here }).message).toContain('still on the server');
    expect(outcome(...nobody).message).not.toContain('still on the server');
    expect(outcome(...nobody, { person: here, kind: 'unban' }).message).not.toContain('still on the server');
    expect(outcome(...nobody, { person: here, origin: 'txadmin' }).message).not.toContain('still on');
    expect(outcome(...nobody, { person: here, dropped: true }).message).not.toContain('still on the server');
  });

  it('says so too when not all confirmed though all must', () => {
    const changes = { person: person({ playerId: 12 }), drop: 'all' } as const;
    expect(outcome(DELIVERED, refused('REFUSED'), changes).message).toContain('still on the server');
  });

  it.each([
    'username:a^1b',
    'username:Jane\u2028[server] all\u0085are\u009b31mbanned',
    'username:Jane\u202e\u200b',
  ])('is one safe line, whatever the target was typed as: %j', (text) => {
    const target = parseTarget(text);
    const subjects = target?.form === 'account' ? [target.account] : [];
    const own = delivery('cad', { subjects, state: refused('NOT_LINKED', '') });
    // What cannot be shown may also be refused as a target.
    const account = subjects[0] ? formatAccount(subjects[0]) : null;
    const who = person({ name: null, identifiers: [], account });
    const { message } = tell(action({ person: who, deliveries: [own] }));
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}^]/u);
  });
});

describe('how a person is called', () => {
  it.each([
    [person({ playerId: 12 }), 'Pat (12)'],
    [person(), 'Pat'],
    [person({ name: null }), 'license:abc'],
    [person({ name: null, account: 'unique:42' }), 'unique:42'],
    [person({ name: null, identifiers: [] }), '?'],
  ])('%o is %s', (who, expected) => {
    expect(displayName(who)).toBe(expected);
  });
});

describe('a refusal', () => {
  const facts = {
    id: 'r1',
    kind: 'ban' as const,
    reason: 'cheating',
    author: 'Mo',
    origin: 'chat' as const,
    server: null,
    at: 1_700_000_000_000,
  };

  it.each([
    [undefined, [], null],
    ['12', [], null],
    ['license:abc', ['license:abc'], null],
    ['unique:42', [], 'unique:42'],
  ] as const)('of %s says who was meant, as far as it is known', (text, identifiers, account) => {
    const target = text === undefined ? undefined : parseTarget(text);
    const made = refusal(facts, 'IMMUNE', 'No.', target);
    expect(made).toEqual({
      id: 'r1',
      action: 'ban',
      status: 'refused',
      code: 'IMMUNE',
      message: 'No.',
      target: { name: null, identifiers, account },
      reason: 'cheating',
      author: 'Mo',
      origin: 'chat',
      at: 1_700_000_000_000,
      until: null,
      server: null,
      dropped: false,
      products: {},
    });
    expect(JSON.parse(JSON.stringify(made))).toStrictEqual(made);
  });
});

describe('what another server sees to', () => {
  const state: DeliveryState = {
    status: 'refused',
    code: 'EXPIRED',
    detail: 'Server 1 sees to it, by itself',
    isElsewhere: true,
  };
  it.each([
    ['ban', 'Pat is banned. They can no longer join.'],
    ['kick', 'This server does nothing more for the kick of Pat.'],
    ['unban', 'This server does nothing more to lift the ban of Pat.'],
  ] as const)('is not called given up: a %s', (kind, words) => {
    const told = action({
      kind,
      inForce: kind === 'ban',
      person: person({ name: 'Pat', playerId: null }),
      deliveries: [delivery('cad', { state })],
    });
    const { message } = outcomeOf(told, {
      say: checkedSay,
      isHere: () => false,
      unlinked: 'keep',
      joinGate: true,
    });
    expect(message).toBe(`${words} Sonoran CAD: Server 1 sees to it, by itself.`);
  });

  it('is over when it was lifted since', () => {
    const told = action({ inForce: false, deliveries: [delivery('cad', { state })] });
    expect(tell(told).message).toBe('The ban of Pat has ended. Sonoran CAD: Server 1 sees to it, by itself.');
  });
});
