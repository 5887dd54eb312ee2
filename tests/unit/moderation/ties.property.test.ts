import '../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSeen } from '../../../server/identity/seen.ts';
import { type Action, namesOfAction } from '../../../server/moderation/action.ts';
import { createTies } from '../../../server/moderation/ties.ts';
import { action, delivery, person } from '../action.ts';

/** Which names belong together, whatever was seen, decided and proven. */

const ACCOUNTS = ['1', '2', '3'].map((digit) => `c6d294ba-a14e-40e1-ab23-00000000000${digit}`);
const IDENTIFIERS = ['license:a', 'license:b', 'steam:c', 'discord:1', 'discord:2', 'fivem:3'];
const NAMES = [...IDENTIFIERS, ...ACCOUNTS.map((id) => `account:${id}`)];

const someIdentifiers = fc.subarray(IDENTIFIERS, { minLength: 1, maxLength: 3 });
const account = fc.constantFrom(...ACCOUNTS);

/** What ties names: each a group that belongs together. */
type Proof =
  | { readonly by: 'player' | 'action'; readonly names: readonly string[] }
  | { readonly by: 'account'; readonly account: string; readonly names: readonly string[] }
  /** An action that was confirmed for an account: found by what its holder has typed, or by Discord's login. */
  | {
      readonly by: 'answer';
      readonly account: string;
      readonly names: readonly string[];
      readonly field: 'apiId' | 'discord';
    };

const proof: fc.Arbitrary<Proof> = fc.oneof(
  fc.record({ by: fc.constantFrom('player', 'action'), names: someIdentifiers }),
  fc.record({ by: fc.constant('account'), account, names: someIdentifiers }),
  fc.record({
    by: fc.constant('answer'),
    account,
    names: someIdentifiers,
    field: fc.constantFrom('apiId', 'discord'),
  }),
);

function tiesOf(proofs: readonly Proof[]) {
  const seen = createSeen();
  const actions: Action[] = [];
  const about = (names: readonly string[]) =>
    actions.filter((each) => namesOfAction(each).some((name) => names.includes(name)));
  const ties = createTies(seen, { about });
  for (const [place, one] of proofs.entries()) {
    const identifiers = one.names;
    if (one.by === 'player') seen.saw({ id: place + 1, name: 'Pat', identifiers });
    else if (one.by === 'account') ties.learn(one.account, identifiers);
    else {
      const state = {
        status: 'delivered',
        apiId: '1',
        account: one.by === 'answer' ? one.account : null,
      } as const;
      const subjects = [{ by: one.by === 'answer' ? one.field : 'apiId', value: '1' }] as const;
      const deliveries = [delivery('cad', { subjects, state })];
      actions.push(action({ id: `a${place}`, person: person({ identifiers }), deliveries }));
    }
  }
  return ties;
}

/** The pairs that one proof ties: an account with each identifier, and identifiers that were seen or decided together. */
function isTied(one: Proof, name: string, other: string): boolean {
  const group =
    one.by === 'account' || one.by === 'answer' ? [...one.names, `account:${one.account}`] : one.names;
  if (!group.includes(name) || !group.includes(other)) return false;
  const hasAccount = name.startsWith('account:') || other.startsWith('account:');
  if (one.by === 'account') return hasAccount;
  return !hasAccount || (one.by === 'answer' && one.field === 'discord');
}

it('are those of one proof, and no others: one step, and no further', () => {
  fc.assert(
    fc.property(fc.array(proof, { maxLength: 6 }), fc.constantFrom(...NAMES), (proofs, name) => {
      const expected = NAMES.filter(
        (other) => other === name || proofs.some((one) => isTied(one, name, other)),
      );
      expect([...tiesOf(proofs).of([name])].sort()).toEqual(expected.sort());
    }),
    { numRuns: 1_000 },
  );
});

it('belong together from either side', () => {
  fc.assert(
    fc.property(fc.array(proof, { maxLength: 6 }), (proofs) => {
      const ties = tiesOf(proofs);
      for (const name of NAMES) {
        for (const other of ties.of([name])) expect(ties.of([other]), `${other} and ${name}`).toContain(name);
      }
    }),
    { numRuns: 300 },
  );
});

it('of several are those of each', () => {
  fc.assert(
    fc.property(fc.array(proof, { maxLength: 6 }), fc.subarray(NAMES), (proofs, names) => {
      const ties = tiesOf(proofs);
      const each = new Set(names.flatMap((name) => ties.of([name])));
      expect([...ties.of(names)].sort()).toEqual([...each].sort());
    }),
    { numRuns: 300 },
  );
});
