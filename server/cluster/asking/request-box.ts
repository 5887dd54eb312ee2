import type { Requests } from '../../storage/mysql/requests.ts';
import type { Membership } from '../membership.ts';
import type { OwnServer } from '../options.ts';
import type { AddToBox } from './sending.ts';

/** The place in the database where servers put what they ask. */
export interface RequestBox {
  /** Has one effect however often it is sent. */
  add: AddToBox;
  /** What nobody waits for any more. */
  remove(id: string): void;
}

export function createRequestBox({
  requests,
  server,
  membership,
}: {
  readonly requests: Pick<Requests, 'add' | 'remove'>;
  readonly server: OwnServer;
  readonly membership: Pick<Membership, 'isJoined'>;
}): RequestBox {
  return {
    async add({ id, at, body }) {
      if (!membership.isJoined()) return 'later';
      const added = await requests.add({ id, server: server.id, decidedAt: at, body });
      if (added.ok) return 'there';
      return added.trouble === 'fault' ? 'never' : 'later';
    },
    remove: (id) => void requests.remove([id]),
  };
}
