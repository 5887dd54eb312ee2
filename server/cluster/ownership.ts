import { givenId, scopedId } from '../identity/scoped-id.ts';
import type { Action } from '../moderation/action.ts';

/** Names that cmsban itself gives to decisions: by the ids of other actions, which are nobody else's. */
const BY_ACTION = /^(lift|end|again|request):/;

/** The name of a decision as the community knows it: what others have given is each server's own. */
export function scopedKey(key: string, serverId: string): string {
  return BY_ACTION.test(key) ? key : scopedId(key, serverId);
}

/** The name of a decision as the server itself knows it. That of another server's decision stays as it is. */
export function ownKey(key: string, serverId: string): string {
  return isOfServer(key, serverId) && !BY_ACTION.test(key) ? givenId(key) : key;
}

/** Whether a decision of this name, as the community knows it, is a server's own, or may be. */
export function isOfServer(key: string, serverId: string): boolean {
  return BY_ACTION.test(key) || key.endsWith(scopedId('', serverId));
}

/** An action that a server has kept by itself, as the community keeps it. @param offsetMs what is added to its times. */
export function asCommunitys(
  action: Action,
  server: { readonly id: string; readonly name: string | null },
  offsetMs: number,
): Action {
  const isOwn = action.serverId === null || action.serverId === server.id;
  const scoped = (key: string) => (isOwn ? scopedKey(key, server.id) : key);
  return {
    ...action,
    key: action.key === null ? null : scoped(action.key),
    alsoKeys: action.alsoKeys.map(scoped),
    server: isOwn ? (action.server ?? server.name) : action.server,
    serverId: action.serverId ?? server.id,
    at: action.at + offsetMs,
    toldAt: action.toldAt + offsetMs,
    expiresAt: action.expiresAt === null ? null : action.expiresAt + offsetMs,
  };
}

/** An action of the community, as a server keeps it by itself. */
export function asOwn(action: Action, serverId: string): Action {
  if (action.serverId !== serverId) return action;
  return {
    ...action,
    key: action.key === null ? null : ownKey(action.key, serverId),
    alsoKeys: action.alsoKeys.map((key) => ownKey(key, serverId)),
    serverId: null,
  };
}
