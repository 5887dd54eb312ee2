import * as v from 'valibot';
import { keysOfAccount, provenByDiscord } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { ActionKind } from '../moderation/action.ts';
import type {
  AccountList,
  BannedList,
  LookupResult,
  SanctionResult,
  Urgency,
} from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { isOther, shownAccount } from './account.ts';
import { accountPage } from './account-page.ts';
import { bannedPage } from './banned-page.ts';
import { classify, classifyList, unreadable } from './classify.ts';
import { CmsAccount, CmsBannedRow, CmsLinkedRow } from './cms-account.ts';
import type { Http } from './http.ts';
import { lookUpLimit } from './limits.ts';
import { nameOf, OneAccount, unlessLacking } from './v1-answer.ts';

/** CMS v1: the only version that can kick or ban. */
export interface CmsV1 {
  /** `KICK_ACCOUNT` or `BAN_ACCOUNT`. */
  sanction(kind: Exclude<ActionKind, 'unban'>, subject: Subject): Promise<SanctionResult>;
  /** `GET_COM_ACCOUNT`, and where the plan lacks that, `CHECK_COM_APIID`, which tells the name alone. */
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult>;
  /** `GET_ACCOUNTS`. */
  readonly bannedList: BannedList;
  /** The same call. */
  readonly accountList: AccountList;
}

const CALLS = {
  ban: { path: '/general/ban_account', type: 'BAN_ACCOUNT' },
  kick: { path: '/general/kick_account', type: 'KICK_ACCOUNT' },
  account: { path: '/general/get_com_account', type: 'GET_COM_ACCOUNT' },
  name: { path: '/general/check_com_apiid', type: 'CHECK_COM_APIID' },
  accounts: { path: '/general/get_accounts', type: 'GET_ACCOUNTS' },
} as const;

/** The vendor documents the call and not its body: the account, or a list with it. */
const ComAccountAnswer = OneAccount(CmsAccount);
const ListAnswer = v.object({ total: v.number(), accounts: v.array(v.unknown()) });

/** Most accounts that a page of the list may have. */
const PAGE_SIZE = 100;

/** A client for CMS v1. Facts: the vendor's pages on `general/…`, v1. */
export function createCmsV1(settings: ProductSettings, http: Http, now: () => number, say: Say): CmsV1 {
  function ask(
    { path, type }: (typeof CALLS)[keyof typeof CALLS],
    data: Readonly<Record<string, unknown>>,
    urgency?: Urgency,
  ) {
    const body = { id: settings.communityId, key: settings.apiKey.reveal(), type, data: [data] };
    const limit = urgency && lookUpLimit('cms-v1', urgency);
    return http({ method: 'POST', origin: settings.url, path, body, ...limit });
  }

  async function call(...args: Parameters<typeof ask>) {
    return classify(await ask(...args), now(), say);
  }

  const lookUpAccount = unlessLacking(settings, now, async (subject, urgency) => {
    const result = await call(CALLS.account, fieldOf(subject), urgency);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(ComAccountAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { accId, accName, banned, discordId, activeApiIds } = parsed.output;
    if (isOther(subject, accId)) return unreadable(say);
    const keys = keysOfAccount(discordId, activeApiIds ?? []);
    const proven = provenByDiscord(discordId);
    return { kind: 'found', account: shownAccount(accId, accName, banned, keys, proven) };
  });

  async function list(data: Readonly<Record<string, unknown>>) {
    const answer = await ask(CALLS.accounts, data, 'background');
    const result = classifyList(answer, 'text', now(), say);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(ListAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { accounts, total } = parsed.output;
    return { kind: 'list' as const, rows: accounts, total };
  }

  return {
    async sanction(kind, subject) {
      const result = await call(CALLS[kind], fieldOf(subject));
      // The page lists clock-in texts as the 200 bodies of kick and ban: the status alone counts.
      return result.kind === 'accepted' ? { kind: 'done', account: null } : result;
    },
    async lookup(subject, urgency) {
      const result = await lookUpAccount(subject, urgency);
      if (result.kind !== 'not-enabled' || subject.by !== 'apiId') return result;
      const name = await call(CALLS.name, fieldOf(subject), urgency);
      return name.kind === 'accepted' ? nameOf(name, say) : name;
    },
    bannedList: {
      pageSize: PAGE_SIZE,
      async read(offset) {
        const result = await list({ skip: offset, take: PAGE_SIZE, banned: true });
        return result.kind === 'list' ? bannedPage(CmsBannedRow, result, offset, say) : result;
      },
    },
    accountList: {
      async read(offset) {
        const result = await list({ skip: offset, take: PAGE_SIZE });
        return result.kind === 'list' ? accountPage(CmsLinkedRow, result, say) : result;
      },
    },
  };
}

/** By what v1 names an account: exactly one of its fields. */
export function fieldOf(subject: Subject): Readonly<Record<string, string | number>> {
  switch (subject.by) {
    case 'apiId':
      return { apiId: subject.value };
    case 'discord':
      return { discord: subject.value };
    case 'account':
      return { accId: subject.value };
    case 'username':
      return { username: subject.value };
    case 'unique':
      return { uniqueId: subject.value };
  }
}
