import { describe, expect, it } from 'vitest';
import {
  type Action,
  type DeliveryState,
  PRODUCTS,
  type Product,
} from '../../../server/moderation/action.ts';
import {
  afterLift,
  coversAll,
  isToEnd,
  type LiftFacts,
  liftShare,
  mayHaveReached,
  mayHold,
  withAccountsOf,
} from '../../../server/moderation/lift.ts';
import { action, DELIVERED, delivery, QUEUED, STEAM } from '../action.ts';
import { checkedSay } from '../checked-say.ts';

const ACCOUNT = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
const KEPT: DeliveryState = { status: 'queued', code: 'NOT_LINKED', detail: '', nextTryAt: null };
const NOT_LINKED: DeliveryState = { status: 'refused', code: 'NOT_LINKED', detail: '' };
const EXPIRED: DeliveryState = { status: 'refused', code: 'EXPIRED', detail: '' };
const UNSUPPORTED: DeliveryState = { status: 'refused', code: 'UNSUPPORTED', detail: '' };
const CONFIRMED: DeliveryState = { status: 'delivered', apiId: STEAM.value.toString(), account: ACCOUNT };

type States = Partial<Record<Product, DeliveryState>>;

function of(states: States, changes: Partial<Action>): Action {
  const deliveries = PRODUCTS.flatMap((product) => {
    const state = states[product];
    return state ? [delivery(product, { state })] : [];
  });
  return action({ deliveries, ...changes });
}

const ban = (states: States, changes: Partial<Action> = {}) => of(states, { inForce: true, ...changes });
const lift = (states: States, sequence = 2) => of(states, { id: `lift${sequence}`, sequence, kind: 'unban' });

describe('a lift has something to end', () => {
  it.each<[states: States, inForce: boolean, products: readonly Product[] | undefined, isToBeEnded: boolean]>(
    [
      // Of everything: what counts here, and what is on its way.
      [{ cad: DELIVERED }, true, undefined, true],
      [{ cad: DELIVERED }, false, undefined, false],
      [{ cad: KEPT }, false, undefined, true],
      [{ cad: QUEUED }, false, undefined, true],
      [{ cad: EXPIRED }, true, undefined, true],
      // Of some products: its shares there, and the whole when nothing else is left.
      [{ cms: DELIVERED, cad: QUEUED }, true, ['cad'], true],
      [{ cms: QUEUED, cad: DELIVERED }, true, ['cad'], true],
      [{ cms: QUEUED, cad: DELIVERED }, false, ['cad'], false],
      [{ cms: NOT_LINKED, cad: DELIVERED }, true, ['cad'], true],
      [{ cms: DELIVERED }, true, ['cad'], false],
    ],
  )('%j, in force %s, lifted in %j: %s', (states, inForce, products, isToBeEnded) => {
    expect(isToEnd(ban(states, { inForce }), products)).toBe(isToBeEnded);
  });

  it('once in a product: after that there is nothing there', () => {
    const once = afterLift(ban({ cms: DELIVERED, cad: DELIVERED }), ['cad']);
    expect(once).toMatchObject({ inForce: true, lifted: ['cad'] });
    expect(isToEnd(once, ['cad'])).toBe(false);
    expect(isToEnd(once, ['cms'])).toBe(true);
    expect(afterLift(once, ['cms'])).toMatchObject({ inForce: false, lifted: ['cms', 'cad'] });
  });

  it('in no kick and no other lift', () => {
    expect(isToEnd(lift({ cad: QUEUED }), undefined)).toBe(false);
    expect(isToEnd(of({ cad: QUEUED }, { kind: 'kick' }), undefined)).toBe(false);
  });
});

describe('a lift of some products', () => {
  it('leaves nothing when the others were lifted before', () => {
    const lifted = ban({ cms: DELIVERED, cad: DELIVERED }, { lifted: ['cms'] });
    expect(coversAll(lifted, ['cad'])).toBe(true);
    expect(coversAll(lifted, ['cms'])).toBe(false);
  });

  it.each<[states: States, products: readonly Product[] | undefined, isAll: boolean]>([
    [{ cms: DELIVERED, cad: DELIVERED }, undefined, true],
    [{ cms: DELIVERED, cad: DELIVERED }, ['cms', 'cad'], true],
    [{ cms: DELIVERED, cad: DELIVERED }, ['cad'], false],
    [{ cms: QUEUED, cad: DELIVERED }, ['cad'], false],
    [{ cms: UNSUPPORTED, cad: DELIVERED }, ['cad'], true],
    [{ cms: EXPIRED, cad: DELIVERED }, ['cad'], false],
    [{ cad: DELIVERED }, ['cad'], true],
    [{ cad: DELIVERED }, ['cms'], false],
  ])('leaves nothing of %j, lifted in %j: %s', (states, products, isAll) => {
    expect(coversAll(ban(states), products)).toBe(isAll);
  });
});

describe('a ban may have reached a product', () => {
  it('when it was confirmed, or its call may have been heard', () => {
    const heard = ban({}, { deliveries: [delivery('cad', { unanswered: 0 })] });
    expect(mayHaveReached(ban({ cad: DELIVERED }), 'cad')).toBe(true);
    expect(mayHaveReached(heard, 'cad')).toBe(true);
  });

  it('not when it waits, was refused, or went elsewhere; and no kick has', () => {
    for (const states of [{ cad: QUEUED }, { cad: NOT_LINKED }, { cms: DELIVERED }]) {
      expect(mayHaveReached(ban(states), 'cad')).toBe(false);
    }
    expect(mayHaveReached(of({ cad: DELIVERED }, { kind: 'kick' }), 'cad')).toBe(false);
  });
});

describe('a person may be banned in a product', () => {
  it.each<[about: readonly Action[], may: boolean]>([
    [[], false],
    [[ban({ cad: QUEUED })], false],
    [[ban({ cad: DELIVERED })], true],
    // Also by one that has ended here, as long as nothing has lifted it there.
    [[ban({ cad: DELIVERED }, { inForce: false })], true],
    [[lift({ cad: DELIVERED }), ban({ cad: DELIVERED })], false],
    [[ban({ cad: DELIVERED }), lift({ cad: QUEUED })], false],
    [[ban({ cad: DELIVERED }), lift({ cad: NOT_LINKED })], true],
    // The end of another one lifts it as well, unless it is still in force: then it may have gone out later.
    [[ban({ cad: DELIVERED }, { inForce: false }), { ...lift({ cad: DELIVERED }), isOfOneBan: true }], false],
    [[ban({ cad: DELIVERED }), { ...lift({ cad: DELIVERED }), isOfOneBan: true }], true],
    [[ban({ cad: DELIVERED }), lift({ cms: DELIVERED })], true],
    [[ban({ cad: DELIVERED }, { sequence: 3 }), lift({ cad: DELIVERED })], true],
    [
      [ban({ cad: DELIVERED }), ban({ cad: DELIVERED }, { id: 'a3', sequence: 3 }), lift({ cad: DELIVERED })],
      true,
    ],
  ])('by what was decided here (%#)', (about, may) => {
    expect(mayHold('cad', about)).toBe(may);
  });
});

describe('the share of a lift', () => {
  const planned = delivery('cms', { state: UNSUPPORTED });
  const share = (facts: Partial<LiftFacts>) =>
    liftShare(planned, { withdrawn: [], mayHold: false, isListed: null, ...facts }, checkedSay).state;
  const toBeLookedAt = (message: 'lift.heard' | 'lift.listed' | 'unsupported.unban') => ({
    ...UNSUPPORTED,
    detail: checkedSay(message),
  });

  it('goes out where a call can lift, whatever was taken back', () => {
    const facts: LiftFacts = { withdrawn: ['unheard'], mayHold: false, isListed: false };
    const queued = delivery('cad');
    expect(liftShare(queued, facts, checkedSay)).toBe(queued);
  });

  it('is done where none can, when every ban was taken back unheard and nothing else holds', () => {
    const done = { status: 'delivered', apiId: null, account: null };
    expect(share({ withdrawn: ['unheard', 'unheard'] })).toEqual(done);
    expect(share({ withdrawn: ['unheard'], isListed: false })).toEqual(done);
  });

  it.each(['heard', 'under-way', 'not-here'] as const)('says what to look at when a ban was %s', (how) => {
    expect(share({ withdrawn: ['unheard', how] })).toEqual(toBeLookedAt('lift.heard'));
  });

  it('says so when another ban holds there, by the record or by the list', () => {
    expect(share({ withdrawn: ['unheard'], mayHold: true })).toEqual(toBeLookedAt('lift.listed'));
    expect(share({ withdrawn: ['unheard'], isListed: true })).toEqual(toBeLookedAt('lift.listed'));
    expect(share({ isListed: true })).toEqual(toBeLookedAt('lift.listed'));
  });

  it('says that the product cannot lift when nothing is known to hold', () => {
    expect(share({})).toEqual(toBeLookedAt('unsupported.unban'));
  });
});

describe('a lift names the accounts that were banned', () => {
  const byAccount = { by: 'account', value: ACCOUNT } as const;

  it('after all other names, each once', () => {
    const bans = [ban({ cad: CONFIRMED }), ban({ cad: CONFIRMED }, { id: 'a2' })];
    expect(withAccountsOf(bans, delivery('cad')).subjects).toEqual([STEAM, byAccount]);
    const named = delivery('cad', { subjects: [byAccount] });
    expect(withAccountsOf(bans, named).subjects).toEqual([byAccount]);
  });

  it('of this product, where they were told', () => {
    const bans = [ban({ cms: CONFIRMED, cad: DELIVERED }), ban({ cad: QUEUED })];
    expect(withAccountsOf(bans, delivery('cad')).subjects).toEqual([STEAM]);
  });

  it('and nothing is changed in a share that does not go out', () => {
    const settled = delivery('cad', { state: UNSUPPORTED });
    expect(withAccountsOf([ban({ cad: CONFIRMED })], settled)).toBe(settled);
  });
});
