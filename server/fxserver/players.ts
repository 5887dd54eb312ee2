import { forgetOldest } from '../forget-oldest.ts';
import { formatIdentifier, parseIdentifiers } from '../identity/identifier.ts';
import { createPresence, type Presence } from '../identity/presence.ts';
import type { Seen } from '../identity/seen.ts';
import { isTemporaryId } from '../identity/target.ts';
import type { ConnectedPlayer, Players } from '../moderation/ports.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import type { Say } from '../text/locale.ts';

/** Most people on the way in whose ids are remembered: nobody tells when one of them gives up. */
const MOST_CONNECTING = 1_000;

/** Who is on the server, with what only the start needs. */
export interface TrackedPlayers extends Players, Presence {
  /** Calls back when somebody has come, left, or is on the way in. Nobody tells when those give up. */
  onMoved(callback: () => void): void;
  /** Calls back when somebody has come in: with their final id, and with the temporary one they had until then. */
  onJoined(callback: (player: ConnectedPlayer, temporaryId: number) => void): void;
}

/**
 * Who is on the server, kept up to date by events: natives cross into C++, so that a ban on a full
 * server does not ask for every player's identifiers again.
 *
 * Whoever has come in is told to `seen`, which remembers them when they have left.
 *
 * - On the way in: known by a temporary id, which is all that is kept; read when somebody asks. Nobody tells when
 *   they give up.
 * - Here: from `playerJoining`, or from the first question that comes before our own handler of it, to `playerDropped`.
 * - Gone: can still be read while other handlers of `playerDropped` run, and is not kept again.
 *
 * @param now Unix milliseconds.
 */
export function trackPlayers(say: Say, seen: Seen, now: () => number): TrackedPlayers {
  const presence = createPresence(now);
  const moved: Array<() => void> = [];
  const listeners: Array<(player: ConnectedPlayer, temporaryId: number) => void> = [];
  const players = new Map<number, ConnectedPlayer>();
  const idsByIdentifier = new Map<string, Set<number>>();
  /** Final ids by the temporary ones they came with, and the other way round, of those who are here. */
  const finalIds = new Map<number, number>();
  const temporaryIds = new Map<number, number>();
  /** Ids of those who have left, until somebody else gets them; there are no more than 65 535. */
  const gone = new Set<number>();
  /** Temporary ids of those on the way in, and of those who have given up, until somebody asks; oldest first. */
  const onTheWay = new Set<number>();

  function add(id: number): ConnectedPlayer | undefined {
    const player = readPlayer(id, say);
    if (!player) return undefined;
    remove(id);
    players.set(id, player);
    seen.saw(player);
    for (const identifier of player.identifiers) {
      const ids = idsByIdentifier.get(identifier);
      if (ids) ids.add(id);
      else idsByIdentifier.set(identifier, new Set([id]));
    }
    return player;
  }

  function remove(id: number): void {
    for (const identifier of players.get(id)?.identifiers ?? []) {
      const ids = idsByIdentifier.get(identifier);
      ids?.delete(id);
      if (ids?.size === 0) idsByIdentifier.delete(identifier);
    }
    players.delete(id);
    const temporaryId = temporaryIds.get(id);
    if (temporaryId !== undefined) finalIds.delete(temporaryId);
    temporaryIds.delete(id);
  }

  function leave(id: number): void {
    if (players.has(id)) presence.left(id);
    remove(id);
    if (!isTemporaryId(id)) gone.add(id);
    tellMoved();
  }

  function tellMoved(): void {
    for (const callback of moved) callback();
  }

  function arriving(): ConnectedPlayer[] {
    return [...onTheWay].flatMap((id) => {
      const player = readPlayer(id, say);
      if (!player) onTheWay.delete(id);
      return player ?? [];
    });
  }

  for (const id of getPlayers()) add(Number(id));
  on('playerConnecting', () => {
    onTheWay.add(source);
    forgetOldest(onTheWay, MOST_CONNECTING);
    tellMoved();
  });
  // `source` is the player's final id in both, and only readable until the handler returns.
  on('playerJoining', (oldId: unknown) => {
    const temporaryId = Number(oldId);
    onTheWay.delete(temporaryId);
    const player = add(source);
    if (!player) return;
    gone.delete(player.id);
    presence.came(player.id);
    finalIds.set(temporaryId, player.id);
    temporaryIds.set(player.id, temporaryId);
    for (const listener of listeners) listener(player, temporaryId);
    tellMoved();
  });
  on('playerDropped', () => leave(source));

  return {
    everybody: () => [...players.values()],
    left: (id) => (players.has(id) ? undefined : seen.byId(id)),
    gone: () => seen.latest().filter(({ id }) => !players.has(id)),
    since: presence.since,
    onJoined: (callback) => listeners.push(callback),
    onMoved: (callback) => moved.push(callback),
    byId(id) {
      const known = players.get(finalIds.get(id) ?? id);
      if (known) return known;
      return isTemporaryId(id) || gone.has(id) ? readPlayer(id, say) : add(id);
    },
    sharing(identifiers) {
      const ids = new Set(identifiers.flatMap((identifier) => [...(idsByIdentifier.get(identifier) ?? [])]));
      return [...ids].flatMap((id) => players.get(id) ?? []);
    },
    arriving,
    connecting: (identifiers) =>
      arriving().filter((player) => player.identifiers.some((own) => identifiers.includes(own))),
    drop(id, message) {
      // Whoever is on the way in exists, and cannot be dropped.
      const isHere = players.has(id) && DoesPlayerExist(String(id));
      // The event that says so comes later; until then nobody is to find a player who is gone.
      leave(id);
      if (isHere) DropPlayer(String(id), message);
      return isHere;
    },
  };
}

function readPlayer(id: number, say: Say): ConnectedPlayer | undefined {
  // Null when there is nobody of that id.
  const name: string | null = GetPlayerName(String(id));
  return name === null ? undefined : readIdentity(id, name, say);
}

/**
 * Who somebody is, also on the way in, when the id is a temporary one. Natives take player ids as text, and each
 * call crosses into C++: so one for each identifier, and one that tells how many there are. To ask by type would
 * be no fewer, and on servers that compare only how an identifier begins, `license` finds `license2:…`
 * (PlayerScriptFunctions.cpp).
 *
 * @param name as the player wrote it.
 */
export function readIdentity(id: number, name: string, say: Say): ConnectedPlayer {
  const player = String(id);
  const identifiers: string[] = [];
  const count = GetNumPlayerIdentifiers(player);
  for (let index = 0; index < count; index++) identifiers.push(GetPlayerIdentifier(player, index) ?? '');
  return {
    id,
    name: cleanText(name, MAX_NAME) || say('player.unnamed', { id }),
    identifiers: parseIdentifiers(identifiers).map(formatIdentifier),
  };
}
