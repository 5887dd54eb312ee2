import * as v from 'valibot';
import { keysOfAccount } from '../identity/ban-key.ts';
import type { Subject } from '../identity/subject.ts';
import type { ActionKind } from '../moderation/action.ts';
import type { LookupResult, SanctionResult, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import { shownAccount } from './account.ts';
import { classify, unreadable } from './classify.ts';
import type { Http } from './http.ts';
import type { LimitClass } from './limits.ts';

/** CMS v1: the only version that can kick or ban. */
export interface CmsV1 {
  /** `KICK_ACCOUNT` or `BAN_ACCOUNT`. */
  sanction(kind: Exclude<ActionKind, 'unban'>, subject: Subject): Promise<SanctionResult>;
  /** `GET_COM_ACCOUNT`. */
  lookup(subject: Subject, urgency: Urgency): Promise<LookupResult>;
}

const CALLS = {
  ban: { path: '/general/ban_account', type: 'BAN_ACCOUNT' },
  kick: { path: '/general/kick_account', type: 'KICK_ACCOUNT' },
  lookup: { path: '/general/get_com_account', type: 'GET_COM_ACCOUNT' },
} as const;

const Name = v.optional(v.nullable(v.string()));
const ComAccount = v.object({
  accId: v.string(),
  accName: Name,
  banned: v.optional(v.nullable(v.boolean())),
  discordId: Name,
  activeApiIds: v.optional(v.nullable(v.array(v.string()))),
});
/** The vendor documents the call and not its body: the account, or a list with it. */
const ComAccountAnswer = v.union([
  ComAccount,
  v.pipe(
    v.tuple([ComAccount]),
    v.transform(([first]) => first),
  ),
]);

/** A client for CMS v1. Facts: the vendor's pages on `general/…`, v1. */
export function createCmsV1(settings: ProductSettings, http: Http, now: () => number): CmsV1 {
  async function call(
    { path, type }: (typeof CALLS)[keyof typeof CALLS],
    subject: Subject,
    limit: { limit?: LimitClass; isBackground?: boolean } = {},
  ) {
    const body = {
      id: settings.communityId,
      key: settings.apiKey.reveal(),
      type,
      data: [fieldOf(subject)],
    };
    return classify(await http({ method: 'POST', origin: settings.url, path, body, ...limit }), now());
  }

  return {
    async sanction(kind, subject) {
      const result = await call(CALLS[kind], subject);
      // The page lists clock-in texts as the 200 bodies of kick and ban: the status alone counts.
      return result.kind === 'accepted' ? { kind: 'done', account: null } : result;
    },
    async lookup(subject, urgency) {
      const isBackground = urgency === 'background';
      const result = await call(CALLS.lookup, subject, { limit: 'cms-v1', isBackground });
      if (result.kind !== 'accepted') return result;
      const parsed = v.safeParse(ComAccountAnswer, result.json);
      if (!parsed.success) return unreadable();
      const { accId, accName, banned, discordId, activeApiIds } = parsed.output;
      const keys = keysOfAccount(discordId, activeApiIds ?? []);
      return { kind: 'found', account: shownAccount(accId, accName, banned, keys) };
    },
  };
}

function fieldOf(subject: Subject): Readonly<Record<string, string | number>> {
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
