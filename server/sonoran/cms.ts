import type { Subject } from '../identity/subject.ts';
import type { AccountList, BannedList, ProductApi, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { createCmsV1 } from './cms-v1.ts';
import { createCmsV2 } from './cms-v2.ts';
import type { Http } from './http.ts';
import { isLinkedBy } from './is-linked.ts';

/** Sonoran CMS: bans and kicks through v1, reads through v2 and, where a community has no v2, v1. */
export function createCms(settings: ProductSettings, http: Http, now: () => number, say: Say): ProductApi {
  const v1 = createCmsV1(settings, http, now, say);
  const v2 = createCmsV2(settings, http, now, say);

  async function lookup(subject: Subject, urgency: Urgency) {
    const result = await v2.lookup(subject, urgency);
    return isNoV2(result) ? v1.lookup(subject, urgency) : result;
  }

  return {
    product: 'cms',
    name: 'CMS v1',
    kinds: new Set(['ban', 'kick']),
    sanctionFields: new Set(['apiId', 'discord', 'account', 'username', 'unique']),
    lookupFields: new Set(['apiId', 'discord', 'account', 'username', 'unique']),
    async sanction(kind, subject) {
      if (kind === 'unban') return { kind: 'refused', words: say('unsupported.unban') };
      return v1.sanction(kind, subject);
    },
    isLinked: async (subject) => isLinkedBy(await lookup(subject, 'delivery')),
    asksLinks: false,
    lookup,
    registered: v2.registered,
    bannedList: firstThatIs(v2.bannedList, v1.bannedList, say),
    accountList: eitherList(v2.accountList, v1.accountList, say),
  };
}

/** What CMS answers, in its own words, where this community has no v2, or a plan without this call of it. */
type NoV2 = { readonly kind: 'unavailable' | 'not-enabled' };

/** Whether that is v1's to do. */
export function isNoV2(result: { readonly kind: string }): result is NoV2 {
  return result.kind === 'unavailable' || result.kind === 'not-enabled';
}

/**
 * The list of v2, and where there is none, that of v1. Every read begins with a look at v2: the plan may
 * have changed.
 */
function firstThatIs(v2: BannedList, v1: BannedList, say: Say): BannedList {
  let isV1 = false;
  return {
    pageSize: v2.pageSize,
    async read(offset) {
      if (offset > 0 && isV1) return v1.read(offset);
      const page = await v2.read(offset);
      if (!isNoV2(page)) {
        if (page.kind === 'page') isV1 = false;
        return page;
      }
      // The two need not have the same order: a read goes on as it began.
      if (offset > 0) {
        return { kind: 'try-again', detail: say('list.v2Gone'), waitMs: null, mayHaveHappened: false };
      }
      isV1 = true;
      return v1.read(offset);
    },
  };
}

/** The list of v2, and from the moment on in which there is none, that of v1: one call for each read. */
function eitherList(v2: AccountList, v1: AccountList, say: Say): AccountList {
  let isV1 = false;
  return {
    async read(offset) {
      if (isV1) {
        const page = await v1.read(offset);
        // Whoever asks once more begins with v2.
        if (isNoV2(page)) isV1 = false;
        return page;
      }
      const page = await v2.read(offset);
      if (!isNoV2(page)) return page;
      isV1 = true;
      return { kind: 'try-again', detail: say('list.v2Gone'), waitMs: null, mayHaveHappened: false };
    },
  };
}
