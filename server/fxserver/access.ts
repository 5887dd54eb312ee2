import type { Access } from '../triggers/ports.ts';

/** The server's access-control entries. */
export const access: Access = {
  playerHas: (playerId, ace) => IsPlayerAceAllowed(String(playerId), ace),
  identifierHas: (identifier, ace) => IsPrincipalAceAllowed(`identifier.${identifier}`, ace),
  resourceHas: (resource, ace) => IsPrincipalAceAllowed(`resource.${resource}`, ace),
};
