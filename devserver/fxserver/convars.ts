interface Convar {
  readonly name: string;
  value: string;
  /** Sent to every client: `setr`. */
  replicated: boolean;
  /** Listed in the server's public info: `sets`. */
  serverInfo: boolean;
}

/** Who is told when a convar changes; `filter` is a name, or a prefix ending in `*`. */
interface ChangeListener {
  readonly filter: string;
  readonly notify: (name: string) => void;
}

/** How a convar is set from the console: `set`, `setr` or `sets`. */
export type ConvarKind = 'server' | 'replicated' | 'serverInfo';

/**
 * The server's configuration variables. Names are compared without case, as FXServer does; those of permissions
 * are not, so that who asks in another case gets what is kept from them.
 */
export class Convars {
  readonly #convars = new Map<string, Convar>();
  readonly #permissions = new Map<string, Set<string>>();
  readonly #listeners = new Map<number, ChangeListener>();
  #nextListener = 1;

  set(name: string, value: string, kind: ConvarKind = 'server'): void {
    const convar = this.#convars.get(name.toLowerCase()) ?? {
      name,
      value,
      replicated: false,
      serverInfo: false,
    };
    convar.value = value;
    convar.replicated ||= kind === 'replicated';
    convar.serverInfo ||= kind === 'serverInfo';
    this.#convars.set(name.toLowerCase(), convar);
    for (const { filter, notify } of [...this.#listeners.values()]) {
      const matches = filter.endsWith('*')
        ? name.toLowerCase().startsWith(filter.slice(0, -1).toLowerCase())
        : filter.toLowerCase() === name.toLowerCase();
      if (matches) notify(name);
    }
  }

  has(name: string): boolean {
    return this.#convars.has(name.toLowerCase());
  }

  /** The value as the console sees it, whatever permissions say. */
  get(name: string): string | undefined {
    return this.#convars.get(name.toLowerCase())?.value;
  }

  /** The value as a resource sees it: undefined when there is none, or when it may not read it. */
  readAs(resource: string, name: string): string | undefined {
    const readers = this.#permissions.get(name);
    if (readers !== undefined && !readers.has(resource)) return undefined;
    return this.get(name);
  }

  /** The value as a client sees it: only what was set with `setr`. */
  readAsClient(name: string): string | undefined {
    const convar = this.#convars.get(name.toLowerCase());
    return convar?.replicated ? convar.value : undefined;
  }

  /** `add_convar_permission resource read convar`: from now on only the named resources can read it. */
  permitReading(resource: string, name: string): void {
    const readers = this.#permissions.get(name) ?? new Set();
    readers.add(resource);
    this.#permissions.set(name, readers);
  }

  /** @returns a cookie for {@link unlisten}. */
  listen(filter: string, notify: (name: string) => void): number {
    const cookie = this.#nextListener++;
    this.#listeners.set(cookie, { filter, notify });
    return cookie;
  }

  unlisten(cookie: number): void {
    this.#listeners.delete(cookie);
  }
}
