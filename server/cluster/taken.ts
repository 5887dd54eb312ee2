import { type Action, type Delivery, isQueued } from '../moderation/action.ts';

/** Where the database has what a server has taken along that keeps its decisions by itself again. */
const PREFIX = 'taken:';

/** The name under which a record is kept as it was when a server took it along. */
export function takenName(serverId: string, name: string): string {
  return `${takenPrefix(serverId)}${name}`;
}

export function takenPrefix(serverId: string): string {
  return `${PREFIX}${serverId}:`;
}

/** An action that somebody else sees through: what is on its way of it is over here, and a ban counts all the same. */
export function seenThroughElsewhere(action: Action, where: string): Action {
  const deliveries = action.deliveries.map(
    (delivery): Delivery =>
      isQueued(delivery)
        ? { ...delivery, state: { status: 'refused', code: 'EXPIRED', detail: where, isElsewhere: true } }
        : delivery,
  );
  return { ...action, deliveries };
}
