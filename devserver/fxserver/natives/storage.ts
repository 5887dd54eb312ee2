import type { StoredValue } from '../key-value-store.ts';
import type { NativeTable } from '../script.ts';
import type { ServerParts } from '../server-parts.ts';
import { integer, text } from './arguments.ts';

/** FXServer has room for this many searches at a time, over all resources (ServerKVScriptFunctions.cpp). */
const MOST_SEARCHES = 64;

interface Search {
  readonly keys: readonly string[];
  next: number;
}

const searchesOf = new WeakMap<ServerParts, (Search | undefined)[]>();

function searches(server: ServerParts): (Search | undefined)[] {
  const known = searchesOf.get(server) ?? new Array<Search | undefined>(MOST_SEARCHES).fill(undefined);
  searchesOf.set(server, known);
  return known;
}

/** The natives of the key-value store. Each resource sees its own keys alone. */
export function storageNatives(server: ServerParts, resourceName: string): NativeTable {
  const store = () => server.store(resourceName);
  const get = (native: string, key: unknown): StoredValue | undefined => store().get(text(native, key));
  const find = (native: string, name: unknown) => {
    const prefix = text(native, name);
    const slots = searches(server);
    const free = slots.indexOf(undefined);
    if (free !== -1) slots[free] = { keys: store().find(prefix), next: 0 };
    return free;
  };

  const natives: NativeTable = {
    GetResourceKvpString: (key) => {
      const value = get('GetResourceKvpString', key);
      return value?.type === 'string' ? value.value : null;
    },
    GetResourceKvpInt: (key) => {
      const value = get('GetResourceKvpInt', key);
      return value?.type === 'int' ? value.value : 0;
    },
    GetResourceKvpFloat: (key) => {
      const value = get('GetResourceKvpFloat', key);
      return value?.type === 'float' ? value.value : 0;
    },
    FlushResourceKvp: () => store().flush(),
    StartFindKvp: (prefix) => find('StartFindKvp', prefix),
    FindKvp: (handle) => {
      const search = searches(server)[integer(handle)];
      // On a real server this reads through a null pointer.
      if (search === undefined) throw new Error(`FindKvp: ${String(handle)} is not an open search`);
      return search.keys[search.next++] ?? null;
    },
    EndFindKvp: (handle) => {
      const slots = searches(server);
      if (integer(handle) in slots) slots[integer(handle)] = undefined;
    },
  };

  const writers: Record<string, (value: unknown, native: string) => StoredValue | null> = {
    SetResourceKvp: (value, native) => ({ type: 'string', value: text(native, value) }),
    SetResourceKvpInt: (value) => ({ type: 'int', value: integer(value) }),
    SetResourceKvpFloat: (value) => ({ type: 'float', value: Math.fround(Number(value)) }),
    DeleteResourceKvp: () => null,
  };
  for (const [name, read] of Object.entries(writers)) {
    natives[name] = (key, value) => store().set(text(name, key), read(value, name));
    const unsynced = `${name}NoSync`;
    natives[unsynced] = (key, value) => store().setUnsynced(text(unsynced, key), read(value, unsynced));
  }
  return natives;
}
