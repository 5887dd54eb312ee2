import type { Clock } from '../clock.ts';
import type { Plan } from './answer.ts';
import { jsonAnswer } from './answer.ts';
import type { CmsAccount, CmsAccounts, CmsFilter, CmsIdentifier, RegisteredIdent } from './cms-accounts.ts';
import { type CmsV2RecordOperation, cmsV2Records } from './cms-v2-records.ts';
import type { CommunitySettings } from './community.ts';
import type { FieldKind } from './fields.ts';
import { exactlyOneOf, fits, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';
import { wholeNumber } from './paging.ts';
import type { Problem } from './problem.ts';
import type { V2Call, V2Input } from './v2-operation.ts';
import { v2Operation } from './v2-operation.ts';

/** The calls of CMS v2. */
export type CmsV2Operation =
  | 'accounts'
  | 'accounts-search'
  | 'account'
  | 'account-identifiers'
  | CmsV2RecordOperation
  | 'sub-version';

const identifiers: Readonly<Record<CmsIdentifier, FieldKind>> = {
  apiId: 'text',
  discord: 'digits',
  accId: 'uuid',
  username: 'text',
  uniqueId: 'numeral',
};

const flags = ['sysStatus', 'comStatus', 'banned', 'archived'] as const satisfies (keyof CmsFilter)[];

/** The account as the contract lists it; what is not linked is null. */
export function listedAccount(account: CmsAccount) {
  const { accId, uniqueId, accName, comName, activeApiIds, discordId } = account;
  const { sysStatus, comStatus, archived, banned, teamspeakId } = account;
  return {
    accId,
    uniqueId,
    accName,
    comName,
    activeApiIds,
    discordId,
    sysStatus,
    comStatus,
    archived,
    banned,
    teamspeakId,
  };
}

/** What a connect has registered; only what the game server itself tells is verified. */
function shownIdent({ type, value }: RegisteredIdent) {
  return { type, value, verified: true, flagId: null };
}

/** CMS v2: reads, and records. Removed accounts are not found and not listed; banned ones are. */
export function cmsV2(
  community: CommunitySettings,
  accounts: CmsAccounts,
  clock: Clock,
  problem: Problem,
): readonly Operation<CmsV2Operation>[] {
  const success = (path: string, data: unknown, status = 200): Plan => ({
    answer: jsonAnswer(status, {
      success: true,
      data,
      meta: { timestamp: new Date(clock.now()).toISOString(), path },
    }),
  });

  function member({ segment, refuse }: V2Input): CmsAccount | Plan {
    if (!fits('uuid', segment)) return refuse(400, 'accId is not a uuid.');
    const [account] = accounts.find('accId', segment);
    return account ?? refuse(404, 'There is no such account in this community.');
  }

  const calls: readonly V2Call<CmsV2Operation>[] = [
    {
      name: 'accounts',
      method: 'GET',
      path: '/v2/community/accounts',
      decide({ path, fields, refuse }) {
        const unknown = unknownField(fields, ['skip', 'take', ...flags]);
        if (unknown !== undefined) return refuse(400, unknown);
        const skip = wholeNumber(fields, 'skip', { least: 0, most: Number.MAX_SAFE_INTEGER, absent: 0 });
        if (skip === undefined) return refuse(400, 'skip must be 0 or more.');
        // Without `take`: the least that may be asked for, as the vendor's page does not name a default.
        const take = wholeNumber(fields, 'take', { least: 25, most: 100, absent: 25 });
        if (take === undefined) return refuse(400, 'take must be 25 to 100.');
        const filter: CmsFilter = {};
        for (const flag of flags) {
          if (!Object.hasOwn(fields, flag)) continue;
          const wanted = fields[flag];
          if (wanted !== 'true' && wanted !== 'false') return refuse(400, `${flag} must be true or false.`);
          filter[flag] = wanted === 'true';
        }
        const found = accounts.members(filter);
        const items = found.slice(skip, skip + take).map(listedAccount);
        return success(path, { items, total: found.length, skip, take });
      },
    },
    {
      name: 'accounts-search',
      method: 'GET',
      path: '/v2/community/accounts/search',
      decide({ path, fields, refuse }) {
        const unknown = unknownField(fields, Object.keys(identifiers));
        if (unknown !== undefined) return refuse(400, unknown);
        const identifying = exactlyOneOf(fields, identifiers);
        if (typeof identifying === 'string') return refuse(400, identifying);
        const items = accounts.find(identifying.field, identifying.value).map(listedAccount);
        return success(path, { items, total: items.length });
      },
    },
    {
      name: 'account',
      method: 'GET',
      path: '/v2/community/accounts/{accId}',
      decide(input) {
        const unknown = unknownField(input.fields, []);
        if (unknown !== undefined) return input.refuse(400, unknown);
        const account = member(input);
        if ('answer' in account) return account;
        return success(input.path, {
          ...listedAccount(account),
          identifiers: { idents: account.idents.map(shownIdent) },
        });
      },
    },
    {
      name: 'account-identifiers',
      method: 'GET',
      path: '/v2/community/accounts/{accId}/identifiers',
      decide(input) {
        const unknown = unknownField(input.fields, []);
        if (unknown !== undefined) return input.refuse(400, unknown);
        const account = member(input);
        if ('answer' in account) return account;
        return success(input.path, account.idents.map(shownIdent));
      },
    },
    {
      name: 'sub-version',
      method: 'GET',
      path: '/v2/community/sub-version',
      decide({ path, fields, refuse }) {
        const unknown = unknownField(fields, []);
        if (unknown !== undefined) return refuse(400, unknown);
        // The vendor's scale: 0 free, 1 starter, 2 standard, 3 plus, 4 pro, 5 Sonoran One.
        return success(path, 4);
      },
    },
  ];
  return [...calls, ...cmsV2Records(accounts, success, member)].map((call) =>
    v2Operation(community, problem, call),
  );
}
