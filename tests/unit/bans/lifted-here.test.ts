import { describe, expect, it } from 'vitest';
import { type Ban, newBan } from '../../../server/bans/ban-index.ts';
import { isLiftedHere } from '../../../server/bans/lifted-here.ts';
import type { Action } from '../../../server/moderation/action.ts';
import { ActionIndex } from '../../../server/moderation/action-index.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';
import { accountOf } from './scripted-list.ts';

const SINCE = 1_700_000_000_000;
const AMY = accountOf(7);
const LISTED: Ban = { ...newBan(AMY, SINCE), listed: ['abc'] };
/** Made here, by an identifier. */
const OWN: Ban = { ...newBan(null, SINCE), own: ['license:abc'] };

const ban = (changes: Partial<Action> = {}) =>
  action({ id: 'ban', sequence: 1, deliveries: [delivery('cms', { state: DELIVERED })], ...changes });
const lift = (changes: Partial<Action> = {}) =>
  action({ id: 'lift', kind: 'unban', sequence: 2, at: SINCE, deliveries: [delivery('cms')], ...changes });

function isLifted(on: Ban, ...actions: readonly Action[]): boolean {
  const ledger = new ActionIndex();
  for (const each of actions) ledger.apply(each);
  return isLiftedHere(on, { product: 'cms', types: ['license'], ledger, ties: { of: (names) => names } });
}

describe('a ban on a list', () => {
  it('was lifted here by a later lift, by whatever name of it', () => {
    expect(isLifted(LISTED)).toBe(false);
    expect(isLifted(LISTED, lift())).toBe(true);
    const byAccount = person({ identifiers: [], account: `account:${AMY}` });
    expect(isLifted(LISTED, lift({ person: byAccount }))).toBe(true);
    expect(isLifted(LISTED, lift({ person: person({ identifiers: ['license:other'] }) }))).toBe(false);
  });

  it('that was made on the web after the lift was not', () => {
    expect(isLifted(LISTED, lift({ at: SINCE - 1 }))).toBe(false);
  });

  it('that was made here and confirmed after its lift was', () => {
    expect(isLifted(OWN, ban(), lift({ at: SINCE - 1 }))).toBe(true);
  });

  it('was not by a lift in another product, nor by a ban or a kick', () => {
    expect(isLifted(OWN, ban(), lift({ deliveries: [delivery('cad')] }))).toBe(false);
    expect(isLifted(OWN, ban())).toBe(false);
    expect(isLifted(OWN, lift(), ban({ sequence: 3 }))).toBe(false);
    expect(isLifted(OWN, lift(), action({ id: 'kick', kind: 'kick', sequence: 3 }))).toBe(true);
  });

  it('was not while a ban of the person is in force here', () => {
    const other = ban({ id: 'other', inForce: true, deliveries: [delivery('cad')] });
    expect(isLifted(OWN, other, ban(), lift())).toBe(false);
  });
});
