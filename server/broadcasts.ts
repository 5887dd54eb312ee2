import type { Broadcast } from './cluster/broadcast.ts';
import type { Parts } from './community.ts';
import type { WebKick } from './door/web-kicks.ts';
import type { Audience } from './moderation/ports.ts';

/** What it takes to act on broadcasts. */
export interface BroadcastsOptions {
  readonly work: Pick<Parts, 'ledger' | 'own' | 'records'>;
  readonly audience: Audience;
  readonly kicked: (kick: WebKick) => void;
}

/** Acts on what the server that works for the community tells the others. */
export function actOnBroadcasts({
  work,
  audience,
  kicked,
}: BroadcastsOptions): (broadcast: Broadcast, serverId: string) => void {
  const { ledger, own, records } = work;

  return (told, serverId) => {
    switch (told.kind) {
      case 'kicked':
        return kicked(told);
      case 'undone':
        return own.undone('ban', told.product, told.names);
      case 'record':
        return told.server === serverId ? records.said(told.saying) : undefined;
      case 'withdrawn': {
        const lift = told.server === serverId ? ledger.byId(told.lift) : undefined;
        return lift && audience.withdrawn(lift, told.products);
      }
      case 'corrected': {
        const later = ledger.byId(told.later);
        const earlier = ledger.byId(told.earlier);
        if (!later || !earlier) return;
        const ours = [later, earlier].filter((action) => action.serverId === serverId);
        if (ours.length > 0) audience.corrected(later, earlier, ours);
      }
    }
  };
}
