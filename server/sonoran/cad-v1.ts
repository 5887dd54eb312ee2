import type { Subject } from '../identity/subject.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { ProductApi } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import { accountId, shownAccount } from './account.ts';
import { classify, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import type { LimitClass } from './limits.ts';

const FLAGS: Readonly<Record<ActionKind, Readonly<Record<string, boolean>>>> = {
  ban: { isBan: true },
  kick: { isKick: true },
  unban: { isBan: false },
};

/** Sonoran CAD through its v1 API. Facts: the vendor's pages on `BAN_USER` and `CHECK_APIID`. */
export function createCadV1(settings: ProductSettings, http: Http, now: () => number): ProductApi {
  async function call(
    path: string,
    type: string,
    data: Readonly<Record<string, unknown>>,
    limit: { limit?: LimitClass } = {},
  ) {
    const body = { id: settings.communityId, key: settings.apiKey.reveal(), type, data: [data] };
    return classify(await http({ method: 'POST', origin: settings.url, path, body, ...limit }), now());
  }

  return {
    product: 'cad',
    name: 'CAD v1',
    kinds: new Set(['ban', 'kick', 'unban']),
    sanctionFields: new Set(['apiId', 'account']),
    lookupFields: new Set(['apiId']),
    bannedList: undefined,
    async sanction(kind, subject) {
      const result = await call('/general/ban_user', 'BAN_USER', { ...fieldOf(subject), ...FLAGS[kind] });
      if (result.kind !== 'accepted') return result;
      // `User Ban: <account uuid> Status: <isBan>`
      const account = /^"?User Ban: ([0-9a-f-]{36})\b/i.exec(result.body)?.[1];
      return { kind: 'done', account: accountId(account) };
    },
    async lookup(subject) {
      const result = await call('/general/check_apiid', 'CHECK_APIID', fieldOf(subject), { limit: 'cad-v1' });
      if (result.kind !== 'accepted') return result;
      // v1 tells the user's name and nothing else; a name of digits is JSON by chance.
      const isText = result.json === undefined || typeof result.json === 'number';
      const name = typeof result.json === 'string' ? result.json : isText ? result.body : '';
      const account = shownAccount(null, name, null);
      return account.name === null ? unreadable() : { kind: 'found', account };
    },
  };
}

function fieldOf(subject: Subject): Readonly<Record<string, string | number>> {
  return subject.by === 'account' ? { accId: subject.value } : { apiId: subject.value };
}
