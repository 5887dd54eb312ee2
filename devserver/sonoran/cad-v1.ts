import type { Plan } from './answer.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import { type CadAccount, type CadAccounts, cadStatuses } from './cad-accounts.ts';
import { cadDecision, cadEffect } from './cad-decision.ts';
import type { CommunitySettings } from './community.ts';
import { exactlyOneOf, type Fields, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';
import { wholeNumber } from './paging.ts';
import { invalidData, v1Operation } from './v1-operation.ts';

/** The calls of CAD v1, by their `type`. */
export type CadV1Operation = 'BAN_USER' | 'CHECK_APIID' | 'GET_ACCOUNT' | 'GET_ACCOUNTS';

const notEnabled = 'API ENDPOINT IS NOT ENABLED FOR THIS COMMUNITY';

/** The account as the vendor's page for `GET_ACCOUNTS` lists it; `GET_ACCOUNT` is taken to do the same. */
function listed({ uuid, username, status, joined, lastLogin, permissions, apiIds }: CadAccount): Fields {
  return { uuid, username, status, joined, lastLogin, permissions, apiIds };
}

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
    v1Operation(community, {
      name: 'GET_ACCOUNT',
      path: '/general/get_account',
      data: 'list',
      notEnabled,
      decide(data) {
        const unknown = unknownField(data, ['apiId', 'username', 'account']);
        if (unknown !== undefined) return invalidData(unknown);
        const identifying = exactlyOneOf(data, { apiId: 'text', username: 'text', account: 'uuid' });
        if (typeof identifying === 'string') return invalidData(identifying);
        const field = { apiId: 'communityUserId', username: 'username', account: 'accountUuid' } as const;
        const account = accounts.find(field[identifying.field], identifying.value);
        return account === undefined ? notLinked() : { answer: jsonAnswer(200, listed(account)) };
      },
    }),
    v1Operation(community, {
      name: 'GET_ACCOUNTS',
      path: '/general/get_accounts',
      data: 'list',
      notEnabled,
      decide(data) {
        const unknown = unknownField(data, ['limit', 'offset', 'status']);
        if (unknown !== undefined) return invalidData(unknown);
        const limit = wholeNumber(data, 'limit', { least: 1, most: 100, absent: 25 }, 'number');
        if (limit === undefined) return invalidData('limit must be 1 to 100');
        const bounds = { least: 0, most: Number.MAX_SAFE_INTEGER, absent: 0 };
        const offset = wholeNumber(data, 'offset', bounds, 'number');
        if (offset === undefined) return invalidData('offset must be 0 or more');
        const status = cadStatuses.find((each) => each === data['status']);
        if (status === undefined && Object.hasOwn(data, 'status')) {
          return invalidData('status must be 0 to 4');
        }
        const found = accounts.all(status);
        const page = found.slice(offset, offset + limit).map(listed);
        const pagination = { limit, offset, total: found.length };
        return { answer: jsonAnswer(200, { pagination, accounts: page }) };
      },
    }),
  ];
}
