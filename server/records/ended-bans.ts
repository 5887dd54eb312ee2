import { type Action, isSettled } from '../moderation/action.ts';
import { servedBanOf } from '../moderation/own-keys.ts';

/** The ids of the bans that a lift has taken back; none when it is the end of a temporary one, which was served. */
export function bansTakenBackBy(lift: Action): readonly string[] {
  return servedBan(lift) === undefined ? lift.ended : [];
}

/** The id of the temporary ban whose end a lift is; undefined when somebody decided it. */
export function servedBan(action: Action): string | undefined {
  return action.kind === 'unban' ? servedBanOf(action) : undefined;
}

/** Whether nothing more can come of an action, and nothing has. */
export function cameToNothing(action: Action): boolean {
  const isHeard = ({ state, unanswered }: Action['deliveries'][number]) =>
    state.status === 'delivered' || unanswered !== null;
  return isSettled(action) && !action.deliveries.some(isHeard);
}
