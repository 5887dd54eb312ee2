import * as v from 'valibot';
import { keysOfAccount, provenByDiscord } from '../identity/ban-key.ts';
import { AccountId } from './account.ts';

const Text = v.optional(v.nullable(v.string()));
const ApiIds = v.optional(v.nullable(v.array(v.string())));

/** An account, as CMS v1 and v2 both write it. */
export const CmsAccount = v.object({
  accId: v.string(),
  accName: Text,
  banned: v.optional(v.nullable(v.boolean())),
  discordId: Text,
  activeApiIds: ApiIds,
});

/** An account in the list of those that are banned. */
export const CmsBannedRow = v.pipe(
  v.object({ accId: AccountId, banned: v.boolean(), discordId: Text, activeApiIds: ApiIds }),
  v.transform(({ accId, banned, discordId, activeApiIds }) => ({
    account: accId,
    keys: keysOfAccount(discordId, activeApiIds ?? []),
    proven: provenByDiscord(discordId),
    isBanned: banned,
  })),
);

/** An account in the list of all. */
export const CmsLinkedRow = v.pipe(
  v.object({ accId: AccountId, discordId: Text, activeApiIds: ApiIds }),
  v.transform(({ accId, discordId, activeApiIds }) => ({
    account: accId,
    discordId: discordId || null,
    apiIds: activeApiIds ?? [],
  })),
);
