import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { bool, integer, text } from './arguments.ts';

/** The natives about players. All of them take a player's number as text, also a temporary one. */
export function playerNatives(server: ServerParts, resourceName: string): NativeTable {
  const find = (native: string, id: unknown) => server.players.find(text(native, id));
  const joined = (): string[] => [...server.players.joined.keys()].map(String);

  return {
    GetPlayerName: (id) => find('GetPlayerName', id)?.name ?? null,
    GetNumPlayerIdentifiers: (id) => find('GetNumPlayerIdentifiers', id)?.identifiers.length ?? 0,
    GetPlayerIdentifier: (id, index) => find('GetPlayerIdentifier', id)?.identifiers[integer(index)] ?? null,
    GetPlayerIdentifierByType: (id, type) => {
      const prefix = `${text('GetPlayerIdentifierByType', type)}:`;
      const player = find('GetPlayerIdentifierByType', id);
      return player?.identifiers.find((identifier) => identifier.startsWith(prefix)) ?? null;
    },
    GetNumPlayerTokens: (id) => {
      find('GetNumPlayerTokens', id);
      return 0;
    },
    GetPlayerToken: (id) => {
      find('GetPlayerToken', id);
      return null;
    },
    GetPlayerEndpoint: (id) => find('GetPlayerEndpoint', id)?.endpoint.replace(/:\d+$/, '') ?? null,
    GetPlayerPing: (id) => (find('GetPlayerPing', id) === undefined ? 0 : 25),
    GetPlayerLastMsg: (id) => (find('GetPlayerLastMsg', id) === undefined ? 0x7fff_ffff : 0),
    DoesPlayerExist: (id) => bool(find('DoesPlayerExist', id) !== undefined),
    GetNumPlayerIndices: () => server.players.joined.size,
    GetPlayerFromIndex: (index) => joined()[integer(index)] ?? null,
    DropPlayer: (id, reason) => {
      const player = find('DropPlayer', id);
      const why = text('DropPlayer', reason);
      // Somebody who has not finished connecting cannot be dropped (PlayerScriptFunctions.cpp).
      if (player?.connected) server.drop(player, why, resourceName);
    },
    IsPlayerAceAllowed: (id, object) => {
      const player = find('IsPlayerAceAllowed', id);
      const what = text('IsPlayerAceAllowed', object);
      return bool(player !== undefined && server.access.isAllowed(player.principals, what));
    },
  };
}
