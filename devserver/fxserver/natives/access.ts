import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { bool, text } from './arguments.ts';

/** The natives about access control entries, apart from the players' own. */
export function accessNatives(server: ServerParts, resourceName: string): NativeTable {
  return {
    IsAceAllowed: (object) =>
      bool(server.access.isAllowed([`resource.${resourceName}`], text('IsAceAllowed', object))),
    IsPrincipalAceAllowed: (principal, object) =>
      bool(
        server.access.isAllowed(
          [text('IsPrincipalAceAllowed', principal)],
          text('IsPrincipalAceAllowed', object),
        ),
      ),
  };
}
