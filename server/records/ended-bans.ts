import { type Action, isSettled } from '../moderation/action.ts';
import type { Ledger } from '../moderation/ports.ts';

/** The ids of the bans that a lift has taken back; none when it is the end of a temporary one, which was served. */
export function bansEndedBy(lift: Action, ledger: Pick<Ledger, 'about'>): readonly string[] {
  if (lift.kind !== 'unban' || servedBan(lift) !== undefined) return [];
  return ledger
    .about(lift.person)
    .filter(({ kind, sequence }) => kind === 'ban' && sequence < lift.sequence)
    .filter(({ expiresAt }) => expiresAt === null || expiresAt > lift.at)
    .map(({ id }) => id);
}

/** The id of the temporary ban whose end a lift is; undefined when somebody decided it. */
export function servedBan({ kind, key }: Action): string | undefined {
  return kind === 'unban' && key?.startsWith('lift:') ? key.slice('lift:'.length) : undefined;
}

/** Whether nothing more can come of an action, and nothing has. */
export function cameToNothing(action: Action): boolean {
  const isHeard = ({ state, unanswered }: Action['deliveries'][number]) =>
    state.status === 'delivered' || unanswered !== null;
  return isSettled(action) && !action.deliveries.some(isHeard);
}
