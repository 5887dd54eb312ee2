import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { callback, integer, text } from './arguments.ts';

/** The natives about convars. A convar that the resource may not read looks as if it were not set. */
export function convarNatives(
  server: ServerParts,
  resourceName: string,
  onKill: (end: () => void) => void,
): NativeTable {
  const read = (native: string, name: unknown) => server.convars.readAs(resourceName, text(native, name));
  return {
    GetConvar: (name, fallback) => read('GetConvar', name) ?? text('GetConvar', fallback),
    GetConvarInt: (name, fallback) => {
      const value = read('GetConvarInt', name);
      if (value === undefined) return integer(fallback);
      if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true' ? 1 : 0;
      return Number.parseInt(value, 10) || 0;
    },
    GetConvarFloat: (name, fallback) => {
      const value = read('GetConvarFloat', name);
      return value === undefined ? Number(fallback) : Number.parseFloat(value) || 0;
    },
    GetConvarBool: (name, fallback) => {
      const value = read('GetConvarBool', name);
      return value === undefined ? fallback === true : /^(true|1)$/i.test(value);
    },
    SetConvar: (name, value) => server.convars.set(text('SetConvar', name), text('SetConvar', value)),
    SetConvarReplicated: (name, value) =>
      server.convars.set(text('SetConvarReplicated', name), text('SetConvarReplicated', value), 'replicated'),
    SetConvarServerInfo: (name, value) =>
      server.convars.set(text('SetConvarServerInfo', name), text('SetConvarServerInfo', value), 'serverInfo'),
    AddConvarChangeListener: (filter, handler) => {
      const run = callback('AddConvarChangeListener', handler);
      const cookie = server.convars.listen(
        filter === null || filter === undefined ? '*' : text('AddConvarChangeListener', filter),
        (name) => run(name, null),
      );
      onKill(() => server.convars.unlisten(cookie));
      return cookie;
    },
    RemoveConvarChangeListener: (cookie) => server.convars.unlisten(integer(cookie)),
  };
}
