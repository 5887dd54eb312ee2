import type { Clock } from '../clock.ts';
import { forgetOldest } from '../forget-oldest.ts';
import type { Storage } from '../storage/storage.ts';
import { type Broadcast, readBroadcast, writeBroadcast } from './broadcast.ts';

/** Where broadcasts are stored. */
export const BROADCAST_PREFIX = 'broadcast:';
/** For how long a record is kept that was written for others to read, in milliseconds. */
const KEPT_MS = 60_000;
/** Of so many it is remembered that they were heard. */
const MOST_REMEMBERED = 1_000;

/** What the server that works for the community tells the others. */
export interface Broadcasts {
  /** Tells the others; nobody, once the storage is no more ours to write to. */
  send(storage: Pick<Storage, 'write' | 'soon'>, clock: Clock, broadcast: Broadcast): void;
  /** A record of this name was read. */
  heard(name: string, value: string | null): void;
  /** Takes away, in time, what an earlier term has left. */
  tidy(storage: Pick<Storage, 'load' | 'soon'>, clock: Clock): Promise<void>;
}

/** What it takes. */
export interface BroadcastsOptions {
  /** Unix milliseconds of the clock that all servers share. */
  readonly now: () => number;
  readonly newId: () => string;
  /** Told of each that another server has sent, once. */
  readonly onBroadcast: (broadcast: Broadcast) => void;
}

export function createBroadcasts({ now, newId, onBroadcast }: BroadcastsOptions): Broadcasts {
  /** The names of those that were heard here, or sent; oldest first. */
  const known = new Set<string>();

  function note(name: string): void {
    known.add(name);
    forgetOldest(known, MOST_REMEMBERED);
  }

  return {
    send(storage, clock, broadcast) {
      const name = BROADCAST_PREFIX + newId();
      note(name);
      void storage.write([{ name, value: writeBroadcast(broadcast, now()) }]);
      clock.after(KEPT_MS, () => void storage.soon([{ name, value: null }]));
    },
    heard(name, value) {
      if (!name.startsWith(BROADCAST_PREFIX) || value === null || known.has(name)) return;
      note(name);
      const read = readBroadcast(value);
      // Whoever has left one behind was killed, and what it says is over.
      if (read && now() - read.at < KEPT_MS) onBroadcast(read.broadcast);
    },
    async tidy(storage, clock) {
      const names: string[] = [];
      await storage.load(BROADCAST_PREFIX, ({ name }) => names.push(name));
      if (names.length === 0) return;
      const gone = names.map((name) => ({ name, value: null }));
      clock.after(KEPT_MS, () => void storage.soon(gone));
    },
  };
}
