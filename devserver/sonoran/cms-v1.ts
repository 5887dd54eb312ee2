import type { Plan } from './answer.ts';
import { jsonAnswer, textAnswer } from './answer.ts';
import type { CmsAccount, CmsAccounts, CmsFilter, CmsIdentifier } from './cms-accounts.ts';
import { shownRecord } from './cms-v2-records.ts';
import type { CommunitySettings } from './community.ts';
import type { FieldKind, Fields } from './fields.ts';
import { exactlyOneOf, fits, unknownField } from './fields.ts';
import type { Operation } from './operation.ts';
import { wholeNumber } from './paging.ts';
import { invalidData, v1Operation } from './v1-operation.ts';

/** The calls of CMS v1, by their `type`. */
export type CmsV1Operation =
  | 'KICK_ACCOUNT'
  | 'BAN_ACCOUNT'
  | 'CHECK_COM_APIID'
  | 'GET_COM_ACCOUNT'
  | 'GET_ACCOUNTS'
  | 'ADD_MEMBER_RECORD'
  | 'GET_MEMBER_RECORDS';

const identifiers: Readonly<Record<CmsIdentifier, FieldKind>> = {
  apiId: 'text',
  username: 'text',
  accId: 'uuid',
  discord: 'digits',
  uniqueId: 'number',
};

const filters = ['sysStatus', 'comStatus', 'banned', 'archived'] as const satisfies (keyof CmsFilter)[];

const notLinkedText = 'API ID NOT LINKED TO AN ACCOUNT IN THIS COMMUNITY';
const noMemberText = 'MEMBER NOT FOUND';
const notFoundText = 'NO ACCOUNT FOUND UNDER GIVEN PARAMETERS IN THIS COMMUNITY';

/** The account as the vendor's page for `GET_ACCOUNTS` lists it. */
function listedAccount(account: CmsAccount): Fields {
  const { accId, accName, activeApiIds, discordId, sysStatus, comStatus, archived, banned } = account;
  return { accId, accName, activeApiIds, discordId, sysStatus, comStatus, archived, banned };
}

/**
 * The vendor's page for `GET_COM_ACCOUNT`: it shows neither the Discord id nor the unique id, so
 * neither is here.
 */
function fullAccount(account: CmsAccount): Fields {
  return {
    accId: account.accId,
    comStatus: account.comStatus,
    accName: account.accName,
    comName: account.comName,
    primaryIdentifier: '',
    secondaryIdentifiers: [],
    primaryRank: '',
    secondaryRanks: [],
    primaryDepartment: '',
    secondaryDepartments: [],
    joinDate: '2026-01-01 00:00:00.000 -0800',
    owner: false,
    banned: account.banned,
    lastLogin: '2026-01-01 00:00:00.000 -0800',
    activeApiIds: account.activeApiIds,
    profileFields: { data: [] },
  };
}

/**
 * CMS v1. A ban of somebody banned is answered 200 again; a removed account is linked to nothing, so
 * a second kick, or a ban after a kick, is "not linked".
 */
export function cmsV1(
  community: CommunitySettings,
  accounts: CmsAccounts,
): readonly Operation<CmsV1Operation>[] {
  const notLinked = (): Plan => ({ answer: textAnswer(community.notLinkedStatus, notLinkedText) });
  const noMember = (): Plan => ({ answer: textAnswer(400, noMemberText) });

  function withAccount(
    data: Fields,
    extra: readonly string[],
    absent: () => Plan,
    then: (account: CmsAccount) => Plan,
  ): Plan {
    const unknown = unknownField(data, [...Object.keys(identifiers), ...extra]);
    if (unknown !== undefined) return invalidData(unknown);
    const identifying = exactlyOneOf(data, identifiers);
    if (typeof identifying === 'string') return invalidData(identifying);
    const [account] = accounts.find(identifying.field, identifying.value);
    return account === undefined ? absent() : then(account);
  }

  const call = (
    name: CmsV1Operation,
    path: string,
    decide: (data: Fields) => Plan,
    data: 'list' | 'object' = 'list',
  ) =>
    v1Operation(community, {
      name,
      path,
      data,
      // The pages say "… NOT ENABLED FOR THIS COMMUNITY" with the API's name in front.
      notEnabled: `${name} NOT ENABLED FOR THIS COMMUNITY`,
      decide,
    });

  return [
    call('KICK_ACCOUNT', '/general/kick_account', (data) =>
      withAccount(data, [], notLinked, ({ accId }) => ({
        // The clock-in text is what the vendor's page lists, a copy left there. Only the status counts.
        answer: textAnswer(200, 'CLOCKED IN'),
        effect: (index) => accounts.kick(accId, index),
      })),
    ),
    call('BAN_ACCOUNT', '/general/ban_account', (data) =>
      withAccount(data, [], notLinked, ({ accId }) => ({
        answer: textAnswer(200, 'CLOCKED IN'),
        effect: (index) => accounts.ban(accId, index),
      })),
    ),
    call('CHECK_COM_APIID', '/general/check_com_apiid', (data) => {
      const unknown = unknownField(data, ['apiId']);
      if (unknown !== undefined) return invalidData(unknown);
      const identifying = exactlyOneOf(data, { apiId: 'text' });
      if (typeof identifying === 'string') return invalidData(identifying);
      const [account] = accounts.find('apiId', identifying.value);
      return account === undefined ? notLinked() : { answer: textAnswer(200, account.accName) };
    }),
    call('GET_COM_ACCOUNT', '/general/get_com_account', (data) =>
      withAccount(
        data,
        [],
        () => ({ answer: textAnswer(400, notFoundText) }),
        (account) => ({ answer: jsonAnswer(200, fullAccount(account)) }),
      ),
    ),
    call('GET_ACCOUNTS', '/general/get_accounts', (data) => {
      const unknown = unknownField(data, ['skip', 'take', ...filters]);
      if (unknown !== undefined) return invalidData(unknown);
      const skip = wholeNumber(
        data,
        'skip',
        { least: 0, most: Number.MAX_SAFE_INTEGER, absent: 0 },
        'number',
      );
      if (skip === undefined) return invalidData('skip must be 0 or more');
      const take = wholeNumber(data, 'take', { least: 25, most: 100, absent: 25 }, 'number');
      if (take === undefined) return invalidData('take must be 25 to 100');
      const filter: CmsFilter = {};
      for (const name of filters) {
        const wanted = data[name];
        if (wanted === undefined) continue;
        if (typeof wanted !== 'boolean') return invalidData(`${name} must be true or false`);
        filter[name] = wanted;
      }
      const found = accounts.members(filter);
      const page = found.slice(skip, skip + take).map(listedAccount);
      return { answer: jsonAnswer(200, { total: found.length, skip, take, accounts: page }) };
    }),
    call(
      'ADD_MEMBER_RECORD',
      '/disciplinary/add_member_record',
      (data) => {
        const { points, reason } = data;
        if (typeof points !== 'number') return invalidData('points is not a number');
        if (!fits('text', reason)) return invalidData('reason is not a text');
        const record = accounts.newRecord(points, String(reason));
        return withAccount(data, ['points', 'reason'], noMember, ({ accId }) => ({
          answer: jsonAnswer(200, shownRecord(accId, record)),
          effect: (index) => accounts.addRecord(accId, record, index),
        }));
      },
      'object',
    ),
    call(
      'GET_MEMBER_RECORDS',
      '/disciplinary/get_member_records',
      (data) =>
        withAccount(data, [], noMember, ({ accId, records }) => ({
          answer: jsonAnswer(
            200,
            records.map((record) => shownRecord(accId, record)),
          ),
        })),
      'object',
    ),
  ];
}
