import * as v from 'valibot';
import { keysOfAccount } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { LookupResult, ProductApi, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import { AccountId, accountId, shownAccount } from './account.ts';
import { bannedPage } from './banned-page.ts';
import { classify, isUnavailable, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import type { LimitClass } from './limits.ts';

const FLAGS: Readonly<Record<ActionKind, Readonly<Record<string, boolean>>>> = {
  ban: { isBan: true },
  kick: { isKick: true },
  unban: { isBan: false },
};

/** `status` of an account that is banned; the others are pending, validated, expired and removed. */
const STATUS_BANNED = 4;

const Text = v.optional(v.nullable(v.string()));
/** Either is enough to tell this answer from any other JSON. */
const BanAnswer = v.union([
  v.object({ accountUuid: v.string() }),
  v.pipe(
    v.object({ action: v.string() }),
    v.transform(() => ({ accountUuid: null })),
  ),
]);
const LinkAnswer = v.object({ linked: v.boolean(), accountUuid: Text });
const Account = v.object({ uuid: v.string(), username: Text, communityUserId: Text, status: v.number() });
const ListAnswer = v.object({
  pagination: v.object({ total: v.number() }),
  accounts: v.array(v.unknown()),
});
const Row = v.pipe(
  v.object({ uuid: AccountId, communityUserId: Text, status: v.number() }),
  v.transform(({ uuid, communityUserId, status }) => ({
    account: uuid,
    keys: keysOfAccount(null, communityUserId ? [communityUserId] : []),
    isBanned: status === STATUS_BANNED,
  })),
);

/** Most accounts that a page of the list may have. */
const PAGE_SIZE = 100;

/** Sonoran CAD through its v2 API. Facts: the vendor's pages on `v2/general/…`. */
export function createCadV2(settings: ProductSettings, http: Http, now: () => number): ProductApi {
  // Read anew for every call: the key may be changed while the server runs.
  const to = () => ({ origin: settings.url, bearer: settings.apiKey.reveal() });

  async function post(
    path: string,
    body: Readonly<Record<string, unknown>>,
    limit: { limit?: LimitClass; isBackground?: boolean } = {},
  ) {
    return classify(await http({ ...to(), method: 'POST', path, body, ...limit }), now());
  }

  function get(path: string, limit: LimitClass, urgency: Urgency) {
    return http({ ...to(), method: 'GET', path, limit, isBackground: urgency === 'background' });
  }

  async function account(query: Readonly<Record<string, string>>, urgency: Urgency): Promise<LookupResult> {
    const path = `/v2/general/accounts/account?${new URLSearchParams(query)}`;
    const result = classify(await get(path, 'cad-v2-account', urgency), now());
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(Account, result.json);
    if (!parsed.success) return unreadable();
    const { uuid, username, communityUserId, status } = parsed.output;
    const keys = keysOfAccount(null, communityUserId ? [communityUserId] : []);
    return { kind: 'found', account: shownAccount(uuid, username, status === STATUS_BANNED, keys) };
  }

  return {
    product: 'cad',
    name: 'CAD v2',
    kinds: new Set(['ban', 'kick', 'unban']),
    sanctionFields: new Set(['apiId', 'discord', 'account']),
    lookupFields: new Set(['apiId', 'discord', 'account', 'username']),
    async sanction(kind, subject) {
      const result = await post('/v2/general/account-bans', { ...fieldOf(subject), ...FLAGS[kind] });
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(BanAnswer, result.json);
      return parsed.success ? { kind: 'done', account: accountId(parsed.output.accountUuid) } : unreadable();
    },
    async lookup(subject, urgency) {
      if (subject.by !== 'apiId') return account(fieldOf(subject), urgency);
      // Three times as many link checks as account reads are allowed a minute, and most candidates are not linked.
      const isBackground = urgency === 'background';
      const limit = { limit: 'cad-v2-links', isBackground } as const;
      const result = await post('/v2/general/links/check', fieldOf(subject), limit);
      if (result.kind !== 'accepted') return result;
      const link = v.safeParse(LinkAnswer, result.json);
      if (!link.success) return unreadable();
      if (!link.output.linked) return { kind: 'not-linked' };
      const uuid = link.output.accountUuid;
      return account(uuid ? { accountUuid: uuid } : fieldOf(subject), urgency);
    },
    bannedList: {
      pageSize: PAGE_SIZE,
      async read(offset) {
        const path = `/v2/general/accounts?limit=${PAGE_SIZE}&offset=${offset}&status=${STATUS_BANNED}`;
        const answer = await get(path, 'cad-v2-accounts', 'background');
        if (isUnavailable(answer)) return { kind: 'unavailable' };
        const result = classify(answer, now());
        if (result.kind !== 'accepted') return result;
        const parsed = v.safeParse(ListAnswer, result.json);
        if (!parsed.success) return unreadable();
        const { pagination, accounts } = parsed.output;
        return bannedPage(Row, { rows: accounts, total: pagination.total }, offset);
      },
    },
  };
}

function fieldOf(subject: Subject): Readonly<Record<string, string>> {
  switch (subject.by) {
    case 'apiId':
      return { communityUserId: subject.value };
    case 'account':
      return { accountUuid: subject.value };
    default:
      return { [subject.by]: String(subject.value) };
  }
}
