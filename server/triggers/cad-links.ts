import * as v from 'valibot';
import { isAccountId } from '../identity/account-id.ts';
import type { Log } from '../notify/log.ts';
import { VENDOR_RESOURCE } from '../settings/vendor-config.ts';
import type { Say } from '../text/locale.ts';
import type { CoreHost } from './vendor-core.ts';

/** What the vendor's CAD resource triggers when Sonoran tells it that somebody has linked an account. */
const LINK_VERIFIED = 'SonoranCAD::pushevents:CommunityLinkVerified';

const LinkVerified = v.object({
  communityUserId: v.pipe(v.string(), v.trim(), v.regex(/^\S{1,128}$/)),
  accountUuid: v.optional(v.nullable(v.string())),
});

/** What hearing of links takes. */
export interface CadLinksOptions {
  readonly host: Pick<CoreHost, 'onServer'>;
  /** Told of a link: the API ID as that resource stores it, and Sonoran's id of the account, in lower case. */
  readonly verified: (apiId: string, account: string | null) => void;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Hears of links from the vendor's CAD resource, and from nobody else: any resource can trigger the event.
 *
 * Source: the vendor's public CAD resource, 4.0.104.
 */
export function listenToCadLinks({ host, verified, log, say }: CadLinksOptions): void {
  host.onServer(LINK_VERIFIED, ([table], { resource, isClient }) => {
    if (resource !== VENDOR_RESOURCE.cad || isClient) return;
    const event = v.safeParse(LinkVerified, table);
    if (!event.success) {
      log.debug(say('kept.oddLink', { resource }));
      return;
    }
    const { communityUserId, accountUuid } = event.output;
    const account = accountUuid?.toLowerCase() ?? '';
    verified(communityUserId, isAccountId(account) ? account : null);
  });
}
