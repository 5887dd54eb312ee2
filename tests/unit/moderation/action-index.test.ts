import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Action, isSamePerson, isSettled, namesOf } from '../../../server/moderation/action.ts';
import { ActionIndex } from '../../../server/moderation/action-index.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';

const settled = [delivery('cad', { state: DELIVERED })];

function decided(number: number, changes: Partial<Action> = {}): Action {
  return action({
    id: `a${number}`,
    sequence: number,
    key: `k${number}`,
    person: person({ identifiers: [`license:${number}`] }),
    ...changes,
  });
}

const running = { deliveries: settled, expiresAt: 9e12, inForce: true };
const ids = (actions: readonly Action[]) => actions.map(({ id }) => id).sort();

function indexOf(...actions: readonly Action[]): ActionIndex {
  const index = new ActionIndex();
  for (const each of actions) index.apply(each);
  return index;
}

describe('a ban in force of an account', () => {
  const ban = decided(1, { ...running, person: person({ identifiers: [], account: 'account:x' }) });

  it('is found by who holds it, without being about them', () => {
    const index = indexOf(ban, { ...ban, holder: ['license:x', 'steam:y'] });
    expect(ids(index.inForceAbout(['steam:y', 'license:x', 'account:x']))).toEqual(['a1']);
    expect(ids(index.inForceAbout(['steam:z']))).toEqual([]);
    expect(index.about(['steam:y'])).toEqual([]);
  });

  it('is not when it has ended, was taken out, or somebody else holds it', () => {
    const held = { ...ban, holder: ['license:x'] };
    expect(indexOf(held, { ...held, inForce: false }).inForceAbout(['license:x'])).toEqual([]);
    const index = indexOf(held, { ...held, holder: ['license:y'] });
    expect(index.inForceAbout(['license:x'])).toEqual([]);
    expect(ids(index.inForceAbout(['license:y']))).toEqual(['a1']);
    index.remove('a1');
    expect(index.inForceAbout(['license:y'])).toEqual([]);
  });
});

describe('what may be forgotten', () => {
  it('is what settled first, as far as it is too much', () => {
    const index = indexOf(decided(1), ...[2, 3, 4].map((number) => decided(number, { deliveries: settled })));
    expect(ids(index.surplus(1))).toEqual(['a2', 'a3']);
    expect(index.surplus(3)).toEqual([]);
  });

  it('is nothing about somebody whose temporary ban runs, by whatever they share, until it has ended', () => {
    const who = person({ identifiers: ['license:x', 'steam:y'] });
    const ban = decided(2, { ...running, person: who });
    const index = indexOf(
      decided(1, { deliveries: settled, person: person({ identifiers: ['steam:y'] }) }),
      ban,
      decided(3, { deliveries: settled }),
    );
    index.apply(decided(4, { deliveries: settled, person: person({ identifiers: ['license:x'] }) }));
    expect(ids(index.surplus(0))).toEqual(['a3']);
    index.apply({ ...ban, inForce: false });
    expect(ids(index.surplus(0))).toEqual(['a1', 'a2', 'a3', 'a4']);
  });

  it('is not held back by a ban that was taken out', () => {
    const index = indexOf(decided(1, { deliveries: settled }), decided(2, running));
    index.apply(decided(3, { ...running, person: decided(1).person }));
    expect(index.surplus(0)).toEqual([]);
    index.remove('a3');
    expect(ids(index.surplus(0))).toEqual(['a1']);
    expect(ids(index.about(namesOf(decided(1).person)))).toEqual(['a1']);
  });
});

type Step =
  | { readonly do: 'apply'; readonly number: number; readonly names: readonly string[]; readonly as: number }
  | { readonly do: 'remove'; readonly number: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('apply' as const),
      number: fc.nat({ max: 9 }),
      names: fc.uniqueArray(fc.constantFrom(...'vwxyz'), { minLength: 1, maxLength: 3 }),
      as: fc.nat({ max: 2 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), number: fc.nat({ max: 9 }) }) },
);

describe('any use', () => {
  it('finds what a plain list would', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const index = new ActionIndex();
        const list = new Map<string, Action>();
        for (const one of steps) {
          const id = `a${one.number}`;
          if (one.do === 'remove') {
            index.remove(id);
            list.delete(id);
            continue;
          }
          const changes = [{}, { deliveries: settled }, running][one.as] ?? {};
          // Who it is about does not change.
          const who = list.get(id)?.person ?? person({ identifiers: one.names });
          const next = decided(one.number, { ...changes, person: who });
          index.apply(next);
          list.set(id, next);
        }
        const all = [...list.values()];
        expect(ids(index.latest(100))).toEqual(ids(all));
        expect(ids(index.pending())).toEqual(ids(all.filter((each) => !isSettled(each))));
        expect(ids(index.inForce())).toEqual(ids(all.filter((each) => each.inForce)));
        const held = new Set(index.inForce().flatMap((each) => namesOf(each.person)));
        const free = all.filter(
          (each) => isSettled(each) && !namesOf(each.person).some((key) => held.has(key)),
        );
        expect(ids(index.surplus(0))).toEqual(ids(free));
        for (const each of all) {
          expect(index.byKey(each.key ?? '')).toBe(each);
          expect(ids(index.about(namesOf(each.person)))).toEqual(
            ids(all.filter((other) => isSamePerson(other.person, each.person))),
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

it('what another server has decided in one moment is in the order decided, however it came', () => {
  const index = indexOf(decided(1), decided(4, running), decided(2, running), decided(3));
  const inOrder = (actions: readonly Action[]) => actions.map(({ id }) => id);
  expect(inOrder(index.latest(3))).toEqual(['a4', 'a3', 'a2']);
  expect(inOrder(index.inForce())).toEqual(['a2', 'a4']);
  expect(inOrder(index.pending())).toEqual(['a1', 'a3']);
  index.apply(decided(5));
  index.apply(decided(3, { reason: 'x' }));
  expect(inOrder(index.pending())).toEqual(['a1', 'a3', 'a5']);
});
