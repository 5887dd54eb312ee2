import type { Plan } from './answer.ts';
import { textAnswer } from './answer.ts';
import type { CadAccounts } from './cad-accounts.ts';
import { cadDecision, cadEffect } from './cad-decision.ts';
import type { CommunitySettings } from './community.ts';
import { exactlyOneOf, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';
import { invalidData, v1Operation } from './v1-operation.ts';

/** The calls of CAD v1, by their `type`. */
export type CadV1Operation = 'BAN_USER' | 'CHECK_APIID';

const notEnabled = 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY';

function notLinked(): Plan {
  return { answer: textAnswer(404, 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY') };
}

/**
 * CAD v1. Bans and lifts are idempotent; a removed account is linked to nothing, by API ID or by UUID,
 * so a second kick is "not linked".
 */
export function cadV1(
  community: CommunitySettings,
  accounts: CadAccounts,
): readonly Operation<CadV1Operation>[] {
  return [
    v1Operation(community, {
      name: 'BAN_USER',
      path: '/general/ban_user',
      data: 'list',
      notEnabled,
      decide(data) {
        const unknown = unknownField(data, ['apiId', 'accId', 'isBan', 'isKick']);
        if (unknown !== undefined) return invalidData(unknown);
        const identifying = exactlyOneOf(data, { apiId: 'text', accId: 'uuid' });
        if (typeof identifying === 'string') return invalidData(identifying);
        const decision = cadDecision(data);
        if (decision === undefined)
          return invalidData('exactly one of isBan (boolean), isKick (true) is needed');
        const field = identifying.field === 'apiId' ? 'communityUserId' : 'accountUuid';
        const account = accounts.findMember(field, identifying.value);
        if (account === undefined) return notLinked();
        return {
          // For a kick the contract is silent; `isBan` is then not set, which is false.
          answer: textAnswer(200, `User Ban: ${account.uuid} Status: ${decision === 'ban'}`),
          effect: cadEffect(accounts, account, decision),
        };
      },
    }),
    v1Operation(community, {
      name: 'CHECK_APIID',
      path: '/general/check_apiid',
      data: 'list',
      notEnabled,
      decide(data) {
        const unknown = unknownField(data, ['apiId']);
        if (unknown !== undefined) return invalidData(unknown);
        const identifying = exactlyOneOf(data, { apiId: 'text' });
        if (typeof identifying === 'string') return invalidData(identifying);
        const account = accounts.findMember('communityUserId', identifying.value);
        return account === undefined ? notLinked() : { answer: textAnswer(200, account.username) };
      },
    }),
  ];
}
