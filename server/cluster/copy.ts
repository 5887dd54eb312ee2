import type { Clock } from '../clock.ts';
import { inSlices } from '../slices.ts';
import type { Change, Storage } from '../storage/storage.ts';
import { isObject, parseJson } from '../text/json.ts';

/** Where the own key-value store has what the door needs while the database is away. */
const PREFIX = 'copy:';
export const COPY_PREFIX = PREFIX;

/** What this server keeps for itself of what the database holds: the bans in force, and the lists. */
export interface Copy {
  /** Takes in how records are now. */
  keep(changes: readonly Change[]): void;
  /** Takes in all that there is: what is not in it is not there any more. */
  replace(records: ReadonlyMap<string, string>): Promise<void>;
  /** The same storage; what is written to it is kept here as well. */
  alongside(target: Storage): Storage;
  readonly load: Storage['load'];
}

function isWanted(name: string, value: string): boolean {
  if (name.startsWith('mirror:')) return true;
  if (!name.startsWith('action:')) return false;
  // Whoever reads the copy sees whether it is a whole action; to do so here too would cost as much as following does.
  const json = parseJson(value);
  return isObject(json) && json['inForce'] === true;
}

export function createCopy(local: Pick<Storage, 'load' | 'soon'>, clock: Clock): Copy {
  /** What is kept here; undefined until that is known. */
  let kept: Set<string> | undefined;

  function changeOf({ name, value }: Change): readonly Change[] {
    if (value !== null && isWanted(name, value)) {
      kept?.add(name);
      return [{ name: PREFIX + name, value }];
    }
    if (kept && !kept.has(name)) return [];
    kept?.delete(name);
    const isOurs = name.startsWith('mirror:') || name.startsWith('action:');
    return isOurs ? [{ name: PREFIX + name, value: null }] : [];
  }

  function keep(changes: readonly Change[]): void {
    const all = changes.flatMap(changeOf);
    if (all.length > 0) void local.soon(all);
  }

  return {
    keep,
    async replace(records) {
      const there = new Map<string, string | undefined>();
      await local.load(PREFIX, ({ name, value }) => there.set(name.slice(PREFIX.length), value));
      kept = new Set(there.keys());
      const gone = [...there.keys()].filter((name) => !records.has(name));
      keep(gone.map((name) => ({ name, value: null })));
      await inSlices([...records], clock, ([name, value]) => {
        if (there.get(name) !== value) keep([{ name, value }]);
      });
    },
    alongside: (target) => ({
      ...target,
      async write(changes) {
        const result = await target.write(changes);
        if (result === 'written') keep(changes);
        return result;
      },
      async soon(changes) {
        await target.soon(changes);
        keep(changes);
      },
    }),
    load: (prefix, take) =>
      local.load(PREFIX + prefix, ({ name, value }) => take({ name: name.slice(PREFIX.length), value })),
  };
}
