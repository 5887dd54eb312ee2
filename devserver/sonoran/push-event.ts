import type { CmsAccount } from './cms-accounts.ts';
import { listedAccount } from './cms-v2.ts';
import type { AccountChange } from './effects.ts';
import type { Fields } from './fields.ts';

/** What the vendor tells game servers about. */
export type PushType = 'ACCOUNT_BANNED' | 'ACCOUNT_KICKED' | 'ACCOUNT_UPDATED';

/** One push event, before the community's key is added. */
export interface PushEvent {
  readonly type: PushType;
  readonly accountId: string;
  readonly data: Fields;
}

/**
 * The push event that a change sets off, if any: a ban and a kick have their own, an edit and a lifted
 * ban are an update that shows the account as it is now. Of new accounts, readmissions and records the
 * contract names no event.
 */
export function pushEvent({ kind, account }: AccountChange<CmsAccount>): PushEvent | undefined {
  const { accId: accountId, discordId } = account;
  switch (kind) {
    case 'ban':
      return { type: 'ACCOUNT_BANNED', accountId, data: { discordId, accountId } };
    case 'kick':
      return { type: 'ACCOUNT_KICKED', accountId, data: { discordId, accountId } };
    case 'unban':
    case 'updated':
      return { type: 'ACCOUNT_UPDATED', accountId, data: listedAccount(account) };
    default:
      return undefined;
  }
}
