import * as v from 'valibot';
import { isAccountId } from '../identity/account-id.ts';
import { keysOfAccount, provenByDiscord } from '../identity/ban-key.ts';

/** The push events that concern bans and kicks. Source: the vendor's page on CMS push events. */
const PUSH_EVENT_TYPES = ['ACCOUNT_BANNED', 'ACCOUNT_KICKED', 'ACCOUNT_UPDATED'] as const;
type PushEventType = (typeof PUSH_EVENT_TYPES)[number];

/** What has happened to an account on the web. */
export const AccountEvent = v.object({
  what: v.picklist(['banned', 'not-banned', 'kicked', 'other']),
  account: v.nullable(v.string()),
  /** See `identity/ban-key.ts`. */
  keys: v.array(v.string()),
  /** Those of them that Discord's own login proves. */
  proven: v.array(v.string()),
  /** Whether these are all of the account's keys. */
  isFull: v.boolean(),
});
export type AccountEvent = v.InferOutput<typeof AccountEvent>;

const Text = v.optional(v.nullable(v.string()));
const OfKnownType = v.object({ type: v.picklist(PUSH_EVENT_TYPES) });
const PushEvent = v.pipe(
  v.object({
    type: v.picklist(PUSH_EVENT_TYPES),
    data: v.object({
      discordId: Text,
      // The vendor's page has `accountId` for a ban and a kick, `accId` for an update.
      accountId: Text,
      accId: Text,
      banned: v.optional(v.nullable(v.boolean())),
      activeApiIds: v.optional(v.nullable(v.array(v.string()))),
    }),
  }),
  v.transform(({ type, data }): AccountEvent => {
    const account = (data.accountId ?? data.accId ?? '').toLowerCase();
    return {
      what: whatOf(type, data.banned ?? null),
      account: isAccountId(account) ? account : null,
      keys: keysOfAccount(data.discordId, data.activeApiIds ?? []),
      proven: provenByDiscord(data.discordId),
      isFull: data.activeApiIds != null,
    };
  }),
  v.check(({ account, keys }) => account !== null || keys.length > 0),
);

function whatOf(type: PushEventType, banned: boolean | null): AccountEvent['what'] {
  if (type === 'ACCOUNT_BANNED') return 'banned';
  if (type === 'ACCOUNT_KICKED') return 'kicked';
  if (banned === null) return 'other';
  return banned ? 'banned' : 'not-banned';
}

/** @param body the vendor's. */
export function readPushEvent(body: unknown): AccountEvent | 'unknown-type' | 'malformed' {
  const type = v.safeParse(OfKnownType, body);
  if (!type.success) return 'unknown-type';
  const event = v.safeParse(PushEvent, body);
  return event.success ? event.output : 'malformed';
}

/** What became of a body. */
export type PushVerdict = 'taken' | 'unknown-type' | 'malformed';

/** Takes in what Sonoran CMS tells by itself. */
export interface PushReceiver {
  /** @param body the vendor's, whose key has been checked. */
  receive(body: unknown): PushVerdict;
}
