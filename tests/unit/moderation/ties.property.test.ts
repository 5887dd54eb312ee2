import '../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeen } from '../../../server/identity/seen.ts';
import type { Subject } from '../../../server/identity/subject.ts';
import type { Action, Delivery } from '../../../server/moderation/action.ts';
import { ActionIndex } from '../../../server/moderation/action-index.ts';
import { createTies } from '../../../server/moderation/ties.ts';
import { action, DISCORD, delivery, person, STEAM } from '../action.ts';

const ACCOUNTS = ['c6d294ba-a14e-40e1-ab23-5a1df6e4560a', '338bd556-1c65-42f7-afb3-e00679b0bd74'];
const IDENTIFIERS = ['license:a', 'license:b', 'steam:1', 'steam:2', 'discord:1', 'discord:2'];

const identifiers = fc.uniqueArray(fc.constantFrom(...IDENTIFIERS), { minLength: 1, maxLength: 3 });
const account = fc.constantFrom(...ACCOUNTS);
const answered = fc.record({ account, by: fc.constantFrom<Subject>(STEAM, DISCORD) });
const decided = fc.record({ identifiers, answer: fc.option(answered, { nil: undefined }) });

/** Everything there may be proof of, and what somebody asks for. */
const world = fc.record({
  seen: fc.array(identifiers, { maxLength: 4 }),
  learned: fc.array(fc.record({ account, identifiers }), { maxLength: 3 }),
  decided: fc.array(decided, { maxLength: 4 }),
});
const names = fc.uniqueArray(fc.constantFrom(...IDENTIFIERS, ...ACCOUNTS.map((id) => `account:${id}`)), {
  maxLength: 3,
});

function start({
  seen: people,
  learned,
  decided: actions,
}: typeof world extends fc.Arbitrary<infer World> ? World : never) {
  const seen = createSeen();
  const ledger = new ActionIndex();
  const ties = createTies(seen, ledger);
  for (const [place, each] of people.entries()) seen.saw({ id: place + 1, name: 'Pat', identifiers: each });
  for (const each of learned) ties.learn(each.account, each.identifiers);
  for (const [place, each] of actions.entries())
    ledger.apply(decidedAs(place, each.identifiers, each.answer));
  /** What is proven to be one person's, each time by one thing. */
  const together: (readonly string[])[] = [
    ...people,
    ...learned.flatMap((each) => each.identifiers.map((name) => [name, `account:${each.account}`])),
    ...actions.map(({ identifiers: known, answer }) =>
      answer?.by.by === 'discord' ? [...known, `account:${answer.account}`] : known,
    ),
  ];
  return { ties, together };
}

function decidedAs(
  place: number,
  known: readonly string[],
  answer: { readonly account: string; readonly by: Subject } | undefined,
): Action {
  const share: Delivery = answer
    ? delivery('cad', {
        subjects: [answer.by],
        state: { status: 'delivered', apiId: String(answer.by.value), account: answer.account },
      })
    : delivery('cad');
  return action({
    id: `a${place}`,
    sequence: place,
    person: person({ identifiers: known }),
    deliveries: [share],
  });
}

it('tied are the names that one thing proves to be one person’s: one step, and no further', () => {
  fc.assert(
    fc.property(world, names, (facts, asked) => {
      const { ties, together } = start(facts);
      const near = together.filter((group) => group.some((name) => asked.includes(name))).flat();
      expect(ties.of(asked).toSorted()).toEqual([...new Set([...asked, ...near])].toSorted());
    }),
    { numRuns: 500 },
  );
});

it('a tie goes both ways, and more names are tied to no fewer', () => {
  fc.assert(
    fc.property(world, names, names, (facts, asked, others) => {
      const { ties } = start(facts);
      for (const name of asked) {
        for (const other of ties.of([name])) expect(ties.of([other])).toContain(name);
      }
      const apart = [...ties.of(asked), ...ties.of(others)];
      expect(new Set(ties.of([...asked, ...others]))).toEqual(new Set(apart));
    }),
    { numRuns: 300 },
  );
});
