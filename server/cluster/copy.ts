import { readActionRecord } from '../storage/action-record.ts';
import type { Change, Storage } from '../storage/storage.ts';

/** Where the own key-value store has what the door needs while the database is away. */
const PREFIX = 'copy:';
export const COPY_PREFIX = PREFIX;

/** What this server keeps for itself of what the database holds: the bans in force, and the lists. */
export interface Copy {
  /** Takes in how records are now. */
  keep(changes: readonly Change[]): void;
  /** Begins anew: what is not kept from now on is not there any more. */
  replace(names: ReadonlySet<string>): Promise<void>;
  readonly load: Storage['load'];
}

export function createCopy(local: Pick<Storage, 'load' | 'soon'>): Copy {
  const wanted = (name: string, value: string | null): string | null | undefined => {
    if (name.startsWith('mirror:')) return value;
    if (!name.startsWith('action:')) return undefined;
    return value !== null && readActionRecord(value)?.action.inForce ? value : null;
  };

  return {
    keep(changes) {
      const kept = changes.flatMap(({ name, value }) => {
        const copy = wanted(name, value);
        return copy === undefined ? [] : [{ name: PREFIX + name, value: copy }];
      });
      if (kept.length > 0) void local.soon(kept);
    },
    async replace(names) {
      const gone: Change[] = [];
      await local.load(PREFIX, ({ name }) => {
        if (!names.has(name.slice(PREFIX.length))) gone.push({ name, value: null });
      });
      if (gone.length > 0) void local.soon(gone);
    },
    load: (prefix, take) =>
      local.load(PREFIX + prefix, ({ name, value }) => take({ name: name.slice(PREFIX.length), value })),
  };
}
