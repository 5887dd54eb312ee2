import { type Action, isSettled, namesOfAction } from './action.ts';
import type { Moderation, ModerationOptions } from './contract.ts';
import { isDropDue } from './drop-rule.ts';
import type { Drops } from './drops.ts';
import type { Telling } from './telling.ts';

/** A kick that is older, in milliseconds, when it is heard of is over: whoever comes after it may. */
const KICK_MS = 60_000;

/** What it takes. */
export interface FollowedOptions extends Pick<ModerationOptions, 'audience' | 'clock' | 'serverId' | 'ties'> {
  readonly telling: Pick<Telling, 'announce' | 'isAwaited'>;
  readonly drops: Pick<Drops, 'drop' | 'lifted'>;
}

/** What another server has written concerns who is here, and who has decided here. */
export function createFollowed(options: FollowedOptions): Moderation['followed'] {
  const { audience, clock, serverId, ties, telling, drops } = options;
  return (action, before) => {
    // It may have been another server's alone until now.
    const isLongAgo = !before && action.kind === 'kick' && clock.now() - action.at > KICK_MS;
    const wasDue = before !== undefined && isDropDue(before) && !isMoreKnown(action, before);
    const isDueNow = isDropDue(action) && !wasDue && !isLongAgo;
    const now = isDueNow ? drops.drop(action) : action;
    if (action.kind === 'unban' && !before) drops.lifted(ties.of(namesOfAction(action)));
    if (action.serverId !== serverId) return;
    if (!before) audience.accepted(now);
    const isNews = (isSettled(action) && !(before && isSettled(before))) || telling.isAwaited(action.id);
    if (isNews) telling.announce(now);
  };
}

/** Whether more names are known by now of whom an action is about. */
function isMoreKnown(action: Action, before: Action): boolean {
  const known = [...before.person.identifiers, ...before.holder];
  return [...action.person.identifiers, ...action.holder].some((name) => !known.includes(name));
}
