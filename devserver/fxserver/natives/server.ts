import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { bool, callback, text } from './arguments.ts';

/** Jenkins' one-at-a-time hash of the text in lower case, as a signed 32-bit number. */
function hashKey(value: string): number {
  let hash = 0;
  for (const byte of Buffer.from(value.toLowerCase())) {
    hash = (hash + byte) | 0;
    hash = (hash + (hash << 10)) | 0;
    hash ^= hash >>> 6;
  }
  hash = (hash + (hash << 3)) | 0;
  hash ^= hash >>> 11;
  return (hash + (hash << 15)) | 0;
}

/** The natives about the server itself: commands, events, HTTP, time. */
export function serverNatives(server: ServerParts, resourceName: string): NativeTable {
  return {
    IsDuplicityVersion: () => bool(true),
    GetGameTimer: () => Math.floor(server.clock.elapsed()),
    GetHashKey: (value) => hashKey(text('GetHashKey', value)),
    GetGameName: () => 'fxserver',
    CancelEvent: () => server.events.cancel(),
    WasEventCanceled: () => bool(server.events.wasCanceled()),
    RegisterResourceAsEventHandler: (name) => void text('RegisterResourceAsEventHandler', name),
    RegisterCommand: (name, handler, restricted) => {
      const command = text('RegisterCommand', name);
      const run = callback('RegisterCommand', handler);
      if (restricted !== true) server.access.add('builtin.everyone', `command.${command}`, true);
      server.commands.register(
        command,
        (source, args, raw) => {
          run(source.id, args, raw);
          return undefined;
        },
        resourceName,
      );
    },
    SetHttpHandler: (handler) => {
      server.httpHandlers.set(resourceName, callback('SetHttpHandler', handler));
    },
  };
}
