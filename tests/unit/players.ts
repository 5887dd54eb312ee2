import type { ConnectedPlayer, Players } from '../../server/moderation/ports.ts';

/** Players who come when a test says so, and who was dropped with which words. */
export interface FakePlayers extends Players {
  join(id: number, name: string, ...identifiers: string[]): ConnectedPlayer;
  leave(id: number): void;
  readonly dropped: { readonly id: number; readonly message: string }[];
}

export function fakePlayers(): FakePlayers {
  const here = new Map<number, ConnectedPlayer>();
  const was = new Map<number, ConnectedPlayer>();
  const dropped: { id: number; message: string }[] = [];
  return {
    dropped,
    join(id, name, ...identifiers) {
      const player = { id, name, identifiers };
      here.set(id, player);
      was.set(id, player);
      return player;
    },
    leave(id) {
      here.delete(id);
    },
    byId: (id) => here.get(id),
    left: (id) => (here.has(id) ? undefined : was.get(id)),
    everybody: () => [...here.values()],
    sharing: (identifiers) =>
      [...here.values()].filter((player) => player.identifiers.some((own) => identifiers.includes(own))),
    gone: () => [...was.values()].reverse().filter(({ id }) => !here.has(id)),
    arriving: () => [],
    connecting: () => [],
    drop(id, message) {
      if (!here.delete(id)) return false;
      dropped.push({ id, message });
      return true;
    },
  };
}
