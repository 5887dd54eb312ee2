import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { LookupResult, ProductApi } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings.ts';
import { classify, unreadable } from './classify.ts';
import type { Http } from './http.ts';

const FLAGS: Readonly<Record<ActionKind, Readonly<Record<string, boolean>>>> = {
  ban: { isBan: true },
  kick: { isKick: true },
  unban: { isBan: false },
};

/** `status` of an account that is banned; the others are pending, validated, expired and removed. */
const STATUS_BANNED = 4;

const Text = v.optional(v.nullable(v.string()));
/** Its uuid is what tells this answer from any other JSON. */
const BanAnswer = v.object({ accountUuid: v.string() });
const LinkAnswer = v.object({ linked: v.boolean(), accountUuid: Text });
const AccountAnswer = v.object({ uuid: v.string(), username: Text, status: v.number() });

/** Sonoran CAD through its v2 API. Facts: the vendor's pages on `v2/general/…`. */
export function createCadV2(settings: ProductSettings, http: Http, now: () => number): ProductApi {
  const to = { origin: settings.url, bearer: settings.apiKey.reveal() };

  async function post(path: string, body: Readonly<Record<string, unknown>>) {
    return classify(await http({ ...to, method: 'POST', path, body }), now());
  }

  async function account(query: Readonly<Record<string, string>>): Promise<LookupResult> {
    const path = `/v2/general/accounts/account?${new URLSearchParams(query)}`;
    const result = classify(await http({ ...to, method: 'GET', path }), now());
    if (result.kind !== 'accepted') return result;
    const parsed = v.safeParse(AccountAnswer, result.json);
    if (!parsed.success) return unreadable();
    const { uuid, username, status } = parsed.output;
    return {
      kind: 'found',
      account: { id: uuid, name: username ?? null, banned: status === STATUS_BANNED },
    };
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
      return parsed.success ? { kind: 'done', account: parsed.output.accountUuid } : unreadable();
    },
    async lookup(subject) {
      if (subject.by !== 'apiId') return account(fieldOf(subject));
      // Three times as many link checks as account reads are allowed a minute, and most candidates are not linked.
      const result = await post('/v2/general/links/check', fieldOf(subject));
      if (result.kind !== 'accepted') return result;
      const link = v.safeParse(LinkAnswer, result.json);
      if (!link.success) return unreadable();
      if (!link.output.linked) return { kind: 'not-linked' };
      const uuid = link.output.accountUuid;
      return account(uuid ? { accountUuid: uuid } : fieldOf(subject));
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
