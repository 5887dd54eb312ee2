import { jsonAnswer } from './answer.ts';
import { type CadAccount, type CadAccounts, cadStatuses } from './cad-accounts.ts';
import { cadDecision, cadEffect } from './cad-decision.ts';
import type { CommunitySettings } from './community.ts';
import { exactlyOneOf, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';
import { wholeNumber } from './paging.ts';
import type { Problem } from './problem.ts';
import type { V2Call } from './v2-operation.ts';
import { v2Operation } from './v2-operation.ts';

/** The calls of CAD v2. */
export type CadV2Operation = 'account-bans' | 'links-check' | 'account' | 'accounts';

/** The account as the contract lists it. */
function listed({ uuid, username, communityUserId, status, joined, lastLogin, permissions }: CadAccount) {
  return { uuid, username, communityUserId, status, joined, lastLogin, permissions };
}

const messages = { ban: 'Account banned.', unban: 'Account ban lifted.', kick: 'Account kicked.' };

/** CAD v2. Bans and lifts are idempotent; who was removed can be looked up, but not banned or kicked. */
export function cadV2(
  community: CommunitySettings,
  accounts: CadAccounts,
  problem: Problem,
): readonly Operation<CadV2Operation>[] {
  /** These fields, where this CAD is new enough to know them. */
  const newer = (...fields: readonly string[]) => (community.discordField ? fields : []);

  const calls: readonly V2Call<CadV2Operation>[] = [
    {
      name: 'account-bans',
      method: 'POST',
      path: '/v2/general/account-bans',
      decide({ fields, refuse }) {
        const known = ['communityUserId', 'accountUuid', ...newer('discord', 'roblox'), 'isBan', 'isKick'];
        const unknown = unknownField(fields, known);
        if (unknown !== undefined) return refuse(400, unknown);
        const identifying = exactlyOneOf(fields, {
          communityUserId: 'text',
          accountUuid: 'uuid',
          discord: 'digits',
          roblox: 'digits',
        });
        if (typeof identifying === 'string') return refuse(400, identifying);
        const decision = cadDecision(fields);
        if (decision === undefined) {
          return refuse(400, 'exactly one of isBan (boolean), isKick (true) is needed');
        }
        const account = accounts.findMember(identifying.field, identifying.value);
        if (account === undefined) return refuse(404, 'There is no such account in this community.');
        // The contract names `action` and `message` but not their values: decide by the status.
        return {
          answer: jsonAnswer(200, {
            accountUuid: account.uuid,
            action: decision,
            message: messages[decision],
          }),
          effect: cadEffect(accounts, account, decision),
        };
      },
    },
    {
      name: 'links-check',
      method: 'POST',
      path: '/v2/general/links/check',
      decide({ fields, refuse }) {
        const unknown = unknownField(fields, ['communityUserId']);
        if (unknown !== undefined) return refuse(400, unknown);
        const identifying = exactlyOneOf(fields, { communityUserId: 'text' });
        if (typeof identifying === 'string') return refuse(400, identifying);
        const account = accounts.find('communityUserId', identifying.value);
        return {
          answer: jsonAnswer(200, {
            communityUserId: identifying.value,
            linked: account !== undefined,
            accountUuid: account?.uuid ?? null,
          }),
        };
      },
    },
    {
      name: 'account',
      method: 'GET',
      path: '/v2/general/accounts/account',
      decide({ fields, refuse }) {
        const known = ['communityUserId', ...newer('discord'), 'accountUuid', 'username'];
        const unknown = unknownField(fields, known);
        if (unknown !== undefined) return refuse(400, unknown);
        const identifying = exactlyOneOf(fields, {
          communityUserId: 'text',
          discord: 'digits',
          accountUuid: 'uuid',
          username: 'text',
        });
        if (typeof identifying === 'string') return refuse(400, identifying);
        const account = accounts.find(identifying.field, identifying.value);
        if (account === undefined) return refuse(404, 'There is no such account in this community.');
        return { answer: jsonAnswer(200, listed(account)) };
      },
    },
    {
      name: 'accounts',
      method: 'GET',
      path: '/v2/general/accounts',
      decide({ fields, refuse }) {
        const unknown = unknownField(fields, ['limit', 'offset', 'status']);
        if (unknown !== undefined) return refuse(400, unknown);
        // Without `limit`: 25, an arbitrary choice within 1 to 100, so that nobody relies on "all of them".
        const limit = wholeNumber(fields, 'limit', { least: 1, most: 100, absent: 25 });
        if (limit === undefined) return refuse(400, 'limit must be 1 to 100.');
        const offset = wholeNumber(fields, 'offset', { least: 0, most: Number.MAX_SAFE_INTEGER, absent: 0 });
        if (offset === undefined) return refuse(400, 'offset must be 0 or more.');
        const status = cadStatuses.find((each) => String(each) === fields['status']);
        if (status === undefined && Object.hasOwn(fields, 'status')) {
          return refuse(400, 'status must be 0 to 4.');
        }
        // The vendor's page has 1 for the default.
        const found = accounts.all(status ?? 1);
        return {
          answer: jsonAnswer(200, {
            pagination: { limit, offset, total: found.length },
            accounts: found.slice(offset, offset + limit).map(listed),
          }),
        };
      },
    },
  ];
  return calls.map((call) => v2Operation(community, problem, call));
}
