import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import type { LookupResult, Urgency } from '../moderation/product-api.ts';
import type { ProductSettings } from '../settings/credentials.ts';
import type { Say } from '../text/locale.ts';
import { shownAccount } from './account.ts';
import { type Accepted, unreadable } from './classify.ts';

/** An account, or a list that begins with it: where the vendor documents a call and not its body. */
export function OneAccount<Output>(account: v.GenericSchema<unknown, Output>) {
  return v.union([
    account,
    v.pipe(
      v.tuple([account]),
      v.transform(([first]) => first),
    ),
  ]);
}

/** Reads the answer of the v1 calls that tell an account's name and nothing else. */
export function nameOf({ json, body }: Accepted, say: Say): LookupResult {
  // A name of digits is JSON by chance.
  const isText = json === undefined || typeof json === 'number';
  const account = shownAccount(null, typeof json === 'string' ? json : isText ? body : '', null);
  return account.name === null ? unreadable(say) : { kind: 'found', account };
}

/** For how long it is taken for granted that a community's plan lacks a call, in milliseconds. */
const LACKING_MS = 60 * 60 * 1000;

/** Look-ups through a call that a community's plan may lack: where it does, that is asked once an hour. */
export function unlessLacking(
  settings: ProductSettings,
  now: () => number,
  lookUp: (subject: Subject, urgency: Urgency) => Promise<LookupResult>,
): (subject: Subject, urgency: Urgency) => Promise<LookupResult> {
  let lacking: { readonly community: string; readonly result: LookupResult; readonly at: number } | undefined;
  return async (subject, urgency) => {
    const community = settings.communityId;
    const isLacking = lacking?.community === community && Math.abs(now() - lacking.at) < LACKING_MS;
    if (lacking && isLacking) return lacking.result;
    const result = await lookUp(subject, urgency);
    lacking = result.kind === 'not-enabled' ? { community, result, at: now() } : undefined;
    return result;
  };
}
