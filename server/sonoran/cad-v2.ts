import * as v from 'valibot';
import { keysOfAccount } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { CallFailure, LookupResult, ProductApi, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { AccountId, accountId, isOther, shownAccount } from './account.ts';
import { CAD_BANNED, CAD_FLAGS, CAD_PAGE_SIZE, cadLists } from './cad-shared.ts';
import { classify, classifyList, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import { isLinkedBy } from './is-linked.ts';
import { type LimitClass, lookUpLimit } from './limits.ts';

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
const Row = v.pipe(
  v.object({ uuid: AccountId, communityUserId: Text, status: v.number() }),
  v.transform(({ uuid, communityUserId, status }) => ({
    account: uuid,
    keys: keysOfAccount(null, communityUserId ? [communityUserId] : []),
    proven: [],
    isBanned: status === CAD_BANNED,
  })),
);
const LinkedRow = v.pipe(
  v.object({ uuid: AccountId, communityUserId: Text }),
  v.transform(({ uuid, communityUserId }) => ({
    account: uuid,
    discordId: null,
    apiIds: communityUserId ? [communityUserId] : [],
  })),
);

/** Sonoran CAD through its v2 API. Facts: the vendor's pages on `v2/general/…`. */
export function createCadV2(settings: ProductSettings, http: Http, now: () => number, say: Say): ProductApi {
  // Read anew for every call: the key may be changed while the server runs.
  const to = () => ({ origin: settings.url, bearer: settings.apiKey.reveal() });

  async function post(
    path: string,
    body: Readonly<Record<string, unknown>>,
    limited: Partial<ReturnType<typeof lookUpLimit>> = {},
  ) {
    return classify(await http({ ...to(), method: 'POST', path, body, ...limited }), now(), say);
  }

  function get(path: string, limit: LimitClass, urgency: Urgency) {
    return http({ ...to(), method: 'GET', path, ...lookUpLimit(limit, urgency) });
  }

  async function account(query: Readonly<Record<string, string>>, urgency: Urgency): Promise<LookupResult> {
    const path = `/v2/general/accounts/account?${new URLSearchParams(query)}`;
    const result = classify(await get(path, 'cad-v2-account', urgency), now(), say);
    if (result.kind !== 'accepted') return 'discord' in query ? fieldRejected(result) : result;
    const parsed = v.safeParse(Account, result.json);
    if (!parsed.success) return unreadable(say);
    const { uuid, username, communityUserId, status } = parsed.output;
    const asked = query['accountUuid'];
    if (asked !== undefined && isOther({ by: 'account', value: asked }, uuid)) return unreadable(say);
    const keys = keysOfAccount(null, communityUserId ? [communityUserId] : []);
    return { kind: 'found', account: shownAccount(uuid, username, status === CAD_BANNED, keys) };
  }

  /** The account that an API ID is linked to; its UUID is null where the answer does not say. */
  async function link(communityUserId: string, urgency: Urgency) {
    const path = '/v2/general/links/check';
    const result = await post(path, { communityUserId }, lookUpLimit('cad-v2-links', urgency));
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(LinkAnswer, result.json);
    return parsed.success ? { kind: 'answered' as const, ...parsed.output } : unreadable(say);
  }

  async function askList(offset: number, status: number) {
    const path = `/v2/general/accounts?limit=${CAD_PAGE_SIZE}&offset=${offset}&status=${status}`;
    const answer = await get(path, 'cad-v2-accounts', 'background');
    return classifyList(answer, 'problem', now(), say);
  }

  return {
    product: 'cad',
    name: 'CAD v2',
    kinds: new Set(['ban', 'kick', 'unban']),
    sanctionFields: new Set(['apiId', 'discord', 'account']),
    lookupFields: new Set(['apiId', 'discord', 'account', 'username']),
    async sanction(kind, subject) {
      const result = await post('/v2/general/account-bans', { ...fieldOf(subject), ...CAD_FLAGS[kind] });
      if (result.kind !== 'accepted') return subject.by === 'discord' ? fieldRejected(result) : result;
      const parsed = v.safeParse(BanAnswer, result.json);
      return parsed.success
        ? { kind: 'done', account: accountId(parsed.output.accountUuid) }
        : unreadable(say);
    },
    async lookup(subject, urgency) {
      if (subject.by !== 'apiId') return account(fieldOf(subject), urgency);
      // Three times as many link checks as account reads are allowed a minute, and most candidates are not linked.
      const result = await link(subject.value, urgency);
      if (result.kind !== 'answered') return result;
      if (!result.linked) return { kind: 'not-linked' };
      const { accountUuid } = result;
      return account(accountUuid ? { accountUuid } : fieldOf(subject), urgency);
    },
    async isLinked(subject) {
      if (subject.by !== 'apiId') return isLinkedBy(await account(fieldOf(subject), 'delivery'));
      const result = await link(subject.value, 'delivery');
      if (result.kind === 'answered') return { kind: result.linked ? 'linked' : 'not-linked' };
      // `linked: false` is how it says that; that there is no such call says nothing.
      return result.kind === 'not-linked' ? { kind: 'unknown' } : isLinkedBy(result);
    },
    asksLinks: true,
    ...cadLists({ ask: askList, banned: Row, linked: LinkedRow }, say),
  };
}

/** Only newer versions know the field `discord`: the others refuse it, which says nothing about the person. */
function fieldRejected(result: CallFailure): CallFailure {
  return result.kind === 'refused' ? { kind: 'not-linked' } : result;
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
