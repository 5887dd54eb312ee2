import { describe, expect, it } from 'vitest';
import type { Action, DeliveryState, Product } from '../../../server/moderation/action.ts';
import { correctionsOf, endsAllOf } from '../../../server/moderation/one-person.ts';
import { action, delivery, person, QUEUED } from '../action.ts';

const ACCOUNT = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
const DONE: DeliveryState = { status: 'delivered', apiId: '1', account: ACCOUNT };
const NOT_LINKED: DeliveryState = { status: 'refused', code: 'NOT_LINKED', detail: '' };

/** Two decisions about one account, under names that nobody knew to be one person's. */
function ban(sequence: number, changes: Partial<Action> = {}): Action {
  return action({
    id: `ban${sequence}`,
    sequence,
    inForce: true,
    person: person({ identifiers: ['license:abc'] }),
    deliveries: [delivery('cad', { state: DONE })],
    ...changes,
  });
}

function lift(sequence: number, changes: Partial<Action> = {}): Action {
  return ban(sequence, {
    id: `lift${sequence}`,
    kind: 'unban',
    inForce: false,
    person: person({ identifiers: ['discord:1'] }),
    ...changes,
  });
}

function corrections(confirmed: Action, others: readonly Action[], overlapped: readonly Action[] = []) {
  return correctionsOf(
    confirmed,
    'cad',
    others,
    ({ sequence }) => sequence,
    (one) => overlapped.includes(one),
  ).map((each) => [each.kind, each.ban.id, each.lift.id]);
}

const shares = (...products: Product[]) => products.map((product) => delivery(product, { state: DONE }));

describe('a ban that was confirmed after a lift of the same account', () => {
  it('is lifted again when the lift was decided later', () => {
    expect(corrections(ban(1), [lift(2)])).toEqual([['lift-again', 'ban1', 'lift2']]);
  });

  it('counts when it was decided later', () => {
    expect(corrections(ban(2), [lift(1)])).toEqual([]);
  });

  it('is made again when the earlier lift went out during its call', () => {
    const earlier = lift(1);
    expect(corrections(ban(2), [earlier], [earlier])).toEqual([['ban-again', 'ban2', 'lift1']]);
    expect(corrections(ban(2, { inForce: false }), [earlier], [earlier])).toEqual([]);
  });

  it('is not lifted for the end of one other ban', () => {
    expect(corrections(ban(1), [lift(2, { isOfOneBan: true })])).toEqual([]);
  });

  it('and has ended meanwhile, is lifted again only when the lift has found the account there', () => {
    const ended = ban(1, { inForce: false });
    const elsewhere = lift(2, { deliveries: [delivery('cad', { state: NOT_LINKED })] });
    expect(corrections(ended, [lift(2)])).toEqual([['lift-again', 'ban1', 'lift2']]);
    expect(corrections(ended, [elsewhere])).toEqual([]);
  });

  it('is not lifted for a lift of other products alone, unless nothing else is left of it', () => {
    const inCms = lift(2, { deliveries: shares('cms') });
    expect(corrections(ban(1), [inCms])).toEqual([]);
    const refusedHere = ban(1, { deliveries: [...shares('cms'), delivery('cad', { state: NOT_LINKED })] });
    expect(corrections(refusedHere, [inCms])).toEqual([['lift-again', 'ban1', 'lift2']]);
  });
});

it('a ban is lifted for the lift that ends all of it, when one of a product alone was decided as well', () => {
  const both = ban(1, { deliveries: shares('cms', 'cad') });
  const whole = lift(3, { deliveries: shares('cms', 'cad') });
  expect(corrections(both, [lift(2), whole])).toEqual([['lift-again', 'ban1', 'lift3']]);
});

describe('a lift that was confirmed after bans of the same account', () => {
  it('ends all that were decided before, and lets those be made again that were decided later', () => {
    expect(corrections(lift(3), [ban(1), ban(2), ban(4)])).toEqual([
      ['end', 'ban1', 'lift3'],
      ['end', 'ban2', 'lift3'],
      ['ban-again', 'ban4', 'lift3'],
    ]);
  });

  it('has nothing to do with what is not in force, is no ban, or was not confirmed here', () => {
    const kick = ban(1, { kind: 'kick', inForce: false });
    const elsewhere = ban(5, { deliveries: [...shares('cms'), delivery('cad', { state: QUEUED })] });
    expect(corrections(lift(3), [ban(1, { inForce: false }), kick, elsewhere, lift(2)])).toEqual([]);
  });

  it('is made once more for those that were confirmed during its call, also when they have ended since', () => {
    const during = [ban(1), ban(2, { inForce: false })];
    expect(corrections(lift(3), during, during)).toEqual([
      ['lift-again', 'ban1', 'lift3'],
      ['lift-again', 'ban2', 'lift3'],
    ]);
    const later = ban(4);
    expect(corrections(lift(3), [later], [later])).toEqual([['ban-again', 'ban4', 'lift3']]);
  });

  it('of one ban alone ends no other: those that were lifted along are made again', () => {
    expect(corrections(lift(3, { isOfOneBan: true }), [ban(1)])).toEqual([['ban-again', 'ban1', 'lift3']]);
  });

  it('of one product alone ends what a ban has there, once', () => {
    const both = { deliveries: shares('cms', 'cad') };
    expect(corrections(lift(3), [ban(1, both)])).toEqual([['end', 'ban1', 'lift3']]);
    expect(corrections(lift(3), [ban(1, { ...both, lifted: ['cad'] })])).toEqual([]);
    expect(corrections(lift(3, both), [ban(1)])).toEqual([['end', 'ban1', 'lift3']]);
  });

  it('lets no ban be made again that a later lift has lifted there', () => {
    const both = { deliveries: shares('cms', 'cad') };
    expect(corrections(lift(3), [ban(4, { ...both, lifted: ['cad'] })])).toEqual([]);
    expect(corrections(lift(3), [ban(4, { ...both, lifted: ['cms'] })])).toEqual([
      ['ban-again', 'ban4', 'lift3'],
    ]);
  });
});

it('what went out in another order is put right, also when its names became known to be one person’s meanwhile', () => {
  const known = { person: person({ identifiers: ['discord:1', 'license:abc'] }) };
  expect(corrections(ban(1, known), [lift(2)])).toEqual([['lift-again', 'ban1', 'lift2']]);
  expect(corrections(lift(2), [ban(3, known)])).toEqual([['ban-again', 'ban3', 'lift2']]);
});

describe('nothing is put right', () => {
  it('after a kick', () => {
    expect(corrections(ban(1, { kind: 'kick', inForce: false }), [lift(2), ban(3)])).toEqual([]);
  });

  it('by the place of what is made again, but by that of what it puts right', () => {
    const again = ban(9, { key: 'again:ban1:lift0' });
    const placeOf = (one: Action) => (one === again ? 1 : one.sequence);
    const found = correctionsOf(again, 'cad', [lift(5)], placeOf, () => false);
    expect(found.map(({ kind }) => kind)).toEqual(['lift-again']);
  });
});

it('a lift ends all of a ban when no other product has it, or may still get it', () => {
  const both = ban(1, { deliveries: shares('cms', 'cad') });
  expect(endsAllOf(lift(2), both)).toBe(false);
  expect(endsAllOf(lift(2), { ...both, lifted: ['cms'] })).toBe(true);
  expect(endsAllOf(lift(2, { deliveries: shares('cms', 'cad') }), both)).toBe(true);
  const unknown = ban(1, { deliveries: [delivery('cms', { state: NOT_LINKED }), ...shares('cad')] });
  expect(endsAllOf(lift(2), unknown)).toBe(true);
});
