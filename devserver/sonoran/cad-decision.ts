import type { CadAccount, CadAccounts } from './cad-accounts.ts';
import type { Fields } from './fields.ts';

/** What a CAD ban call asks for. */
export type CadDecision = 'ban' | 'unban' | 'kick';

/**
 * Reads the flags that both CAD versions share: `isBan: true` bans, `isBan: false` lifts the ban,
 * `isKick: true` kicks. Never both, whatever their values; `isKick: false` asks for nothing.
 *
 * @returns the decision, or undefined when the flags are wrong.
 */
export function cadDecision(fields: Fields): CadDecision | undefined {
  const { isBan, isKick } = fields;
  const bans = Object.hasOwn(fields, 'isBan');
  if (bans === Object.hasOwn(fields, 'isKick')) return undefined;
  if (!bans) return isKick === true ? 'kick' : undefined;
  if (typeof isBan !== 'boolean') return undefined;
  return isBan ? 'ban' : 'unban';
}

/** @returns what carries the decision out, for a plan. */
export function cadEffect(
  accounts: CadAccounts,
  account: CadAccount,
  decision: CadDecision,
): (requestIndex: number) => void {
  return (index) => accounts[decision](account.uuid, index);
}
