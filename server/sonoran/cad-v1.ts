import * as v from 'valibot';
import { keysOfAccount } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { LookupResult, ProductApi, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { AccountId, accountId, isOther, shownAccount } from './account.ts';
import { CAD_BANNED, CAD_FLAGS, CAD_PAGE_SIZE, cadLists } from './cad-shared.ts';
import { classify, classifyList, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import { isLinkedBy } from './is-linked.ts';
import { lookUpLimit } from './limits.ts';
import { nameOf, OneAccount, unlessLacking } from './v1-answer.ts';

const Text = v.optional(v.nullable(v.string()));
const ApiIds = v.optional(v.nullable(v.array(v.string())));
/** The vendor documents the call and not its body: the account, or a list with it. */
const AccountAnswer = OneAccount(
  v.object({ uuid: Text, username: Text, status: v.number(), apiIds: ApiIds }),
);
const Row = v.pipe(
  v.object({ uuid: AccountId, status: v.number(), apiIds: ApiIds }),
  v.transform(({ uuid, status, apiIds }) => ({
    account: uuid,
    keys: keysOfAccount(null, apiIds ?? []),
    proven: [],
    isBanned: status === CAD_BANNED,
  })),
);
const LinkedRow = v.pipe(
  v.object({ uuid: AccountId, apiIds: ApiIds }),
  v.transform(({ uuid, apiIds }) => ({ account: uuid, discordId: null, apiIds: apiIds ?? [] })),
);

/** Sonoran CAD through its v1 API. Facts: the vendor's pages on `general/…`, v1. */
export function createCadV1(settings: ProductSettings, http: Http, now: () => number, say: Say): ProductApi {
  function ask(path: string, type: string, data: Readonly<Record<string, unknown>>, urgency?: Urgency) {
    const body = { id: settings.communityId, key: settings.apiKey.reveal(), type, data: [data] };
    const limit = urgency && lookUpLimit('cad-v1', urgency);
    return http({ method: 'POST', origin: settings.url, path, body, ...limit });
  }

  async function call(...args: Parameters<typeof ask>) {
    return classify(await ask(...args), now(), say);
  }

  const lookUpAccount = unlessLacking(settings, now, async (subject, urgency) => {
    const field = { [subject.by]: subject.value };
    const result = await call('/general/get_account', 'GET_ACCOUNT', field, urgency);
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(AccountAnswer, result.json);
    if (!parsed.success) return unreadable(say);
    const { uuid, username, status, apiIds } = parsed.output;
    if (isOther(subject, uuid)) return unreadable(say);
    const keys = keysOfAccount(null, apiIds ?? []);
    return { kind: 'found', account: shownAccount(uuid, username, status === CAD_BANNED, keys) };
  });

  async function lookup(subject: Subject, urgency: Urgency): Promise<LookupResult> {
    const result = await lookUpAccount(subject, urgency);
    if (result.kind !== 'not-enabled' || subject.by !== 'apiId') return result;
    // The name alone, but that much is told to everybody.
    const data = { apiId: subject.value };
    const name = await call('/general/check_apiid', 'CHECK_APIID', data, urgency);
    return name.kind === 'accepted' ? nameOf(name, say) : name;
  }

  async function askList(offset: number, status: number) {
    const data = { limit: CAD_PAGE_SIZE, offset, status };
    const answer = await ask('/general/get_accounts', 'GET_ACCOUNTS', data, 'background');
    return classifyList(answer, 'text', now(), say);
  }

  return {
    product: 'cad',
    name: 'CAD v1',
    kinds: new Set(['ban', 'kick', 'unban']),
    sanctionFields: new Set(['apiId', 'account']),
    lookupFields: new Set(['apiId', 'account', 'username']),
    async sanction(kind, subject) {
      const name = subject.by === 'account' ? { accId: subject.value } : { apiId: subject.value };
      const result = await call('/general/ban_user', 'BAN_USER', { ...name, ...CAD_FLAGS[kind] });
      if (result.kind !== 'accepted') return result;
      // `User Ban: <account uuid> Status: <isBan>`
      const account = /^"?User Ban: ([0-9a-f-]{36})\b/i.exec(result.body)?.[1];
      return { kind: 'done', account: accountId(account) };
    },
    isLinked: async (subject) => isLinkedBy(await lookup(subject, 'delivery')),
    asksLinks: false,
    lookup,
    ...cadLists({ ask: askList, banned: Row, linked: LinkedRow }, say),
  };
}
