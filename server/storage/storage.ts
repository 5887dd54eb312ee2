import type { WriteResult } from '../moderation/ports.ts';

/** A record as it is to be. A null value takes it away. */
export interface Change {
  readonly name: string;
  readonly value: string | null;
}

/** A record that is stored; its value is undefined when it is there and cannot be read. */
export interface StoredRecord {
  readonly name: string;
  readonly value: string | undefined;
}

/** Where records are kept, across restarts. */
export interface Storage {
  /**
   * Hands over every record whose name begins with a prefix, in slices and in no order. A store that cannot be
   * searched right now is asked again until it can: that is never the same as an empty one.
   */
  load(prefix: string, take: (record: StoredRecord) => void): Promise<void>;
  /**
   * Writes records. What is asked for in one turn of the event loop, or while a write is under way, goes in one
   * group; groups go in order. After a crash a beginning of a group may be there without its end, in the order
   * given, a record that is written twice being in its first place.
   */
  write(changes: readonly Change[]): Promise<WriteResult>;
  /** The same for what may be lost: with the next write, or within a second. Resolves once it is on disk. */
  soon(changes: readonly Change[]): Promise<void>;
  /** Writes all that waits before it returns: there may be no later. @returns false when the store did not keep it. */
  flush(): boolean;
}
