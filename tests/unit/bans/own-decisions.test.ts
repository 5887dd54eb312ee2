import { describe, expect, it } from 'vitest';
import type { Mirror } from '../../../server/bans/mirror.ts';
import { mirrorAccount, mirrorDecision } from '../../../server/bans/own-decisions.ts';
import type { Action, Delivery } from '../../../server/moderation/action.ts';
import { action, DELIVERED, delivery, person, QUEUED } from '../action.ts';
import { accountOf } from './scripted-list.ts';

const AMY = accountOf(10);
const IDENTIFIERS = ['license:beef', 'steam:1'];
const SUBJECTS = [
  { by: 'discord', value: '7' },
  { by: 'username', value: 'Amy' },
] as const;

/** What becomes of a mirror. */
function decide(changes: Partial<Action>, share: Partial<Delivery>) {
  const calls: unknown[] = [];
  const mirror: Pick<Mirror, 'banned' | 'lifted'> = {
    banned: (...args) => void calls.push(['banned', ...args]),
    lifted: (...args) => void calls.push(['lifted', ...args]),
  };
  const decision = action({ person: person({ identifiers: IDENTIFIERS }), ...changes });
  const unknown = mirrorDecision(
    mirror as Mirror,
    decision,
    delivery('cad', { state: DELIVERED, subjects: SUBJECTS, ...share }),
  );
  return { calls, question: unknown?.subject };
}

const inState = (state: Delivery['state']) => ({ state });
const withAccount = (account: string) => inState({ status: 'delivered', apiId: 'x', account });
const nobody = person({ identifiers: [], account: 'username:Amy' });

describe('a ban that was delivered', () => {
  it('puts the person in, with the account when the answer or the target names it', () => {
    const ban = (account: string | null) => [['banned', { account, listed: [], own: IDENTIFIERS }, 'soon']];
    expect(decide({}, {}).calls).toEqual(ban(null));
    expect(decide({}, withAccount(AMY.toUpperCase())).calls).toEqual(ban(AMY));
    const named = person({ identifiers: IDENTIFIERS, account: `account:${AMY}` });
    expect(decide({ person: named }, {}).calls).toEqual(ban(AMY));
  });

  it('asks for the account when the answer does not tell it, and not when it does', () => {
    expect(decide({}, { candidate: 1 }).question).toEqual(SUBJECTS[1]);
    expect(decide({}, withAccount(AMY)).question).toBeUndefined();
  });

  it('asks for the account of somebody who was named without identifiers, by the name that was accepted', () => {
    expect(decide({ person: nobody }, { candidate: 1 })).toEqual({ calls: [], question: SUBJECTS[1] });
    // Their account alone does not tell who they are in the game.
    expect(decide({ person: nobody }, withAccount(AMY))).toEqual({
      calls: [['banned', { account: AMY, listed: [], own: [] }, 'soon']],
      question: SUBJECTS[0],
    });
  });
});

describe('a lift that was delivered', () => {
  it('takes the person out', () => {
    expect(decide({ kind: 'unban' }, withAccount(AMY))).toEqual({
      calls: [['lifted', AMY, IDENTIFIERS, 'soon']],
      question: undefined,
    });
    expect(decide({ kind: 'unban' }, {}).calls).toEqual([['lifted', null, IDENTIFIERS, 'soon']]);
  });

  it('without a call, because the ban had not gone out, changes nothing', () => {
    const state = { status: 'delivered', apiId: null, account: null } as const;
    expect(decide({ kind: 'unban' }, inState(state))).toEqual({ calls: [], question: undefined });
  });
});

it.each([
  ['that is on its way', 'ban', QUEUED],
  ['that was refused', 'ban', { status: 'refused', code: 'NOT_LINKED', detail: '' }],
  ['that is a kick', 'kick', DELIVERED],
] as const)('a decision %s changes nothing', (_, kind, state) => {
  expect(decide({ kind }, inState(state))).toEqual({ calls: [], question: undefined });
  expect(decide({ kind, person: nobody }, inState(state))).toEqual({ calls: [], question: undefined });
});

it('an account that was looked up goes in with its keys, one without an id does not', () => {
  const calls: unknown[] = [];
  const mirror: Pick<Mirror, 'banned'> = { banned: (...args) => void calls.push(args) };
  mirrorAccount(
    mirror as Mirror,
    { id: AMY.toUpperCase(), name: 'Amy', banned: null, keys: ['beef'], proven: ['discord:1'] },
    [],
  );
  mirrorAccount(
    mirror as Mirror,
    { id: null, name: 'Amy', banned: null, keys: ['beef'], proven: ['discord:1'] },
    [],
  );
  expect(calls).toEqual([
    [
      { account: AMY, listed: ['beef'], own: [], proven: ['discord:1'], isWhole: true, isRegistered: false },
      'soon',
    ],
  ]);
});
