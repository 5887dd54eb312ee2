import type { Clock } from '../clock.ts';
import { inSlices } from '../slices.ts';
import type { SharedRecord } from '../storage/mysql/record-row.ts';
import type { Storage } from '../storage/storage.ts';

/** Of these there are thousands; of all other kinds, a few. */
const MANY = ['action:', 'key:'];

/** All records that a database holds, as they were read, and apart those of which there are few. */
export interface ReadRecords {
  readonly all: Map<string, string>;
  readonly few: Map<string, string>;
}

/** Takes the records as they came, in slices. */
export async function recordsOf(told: readonly SharedRecord[], clock: Clock): Promise<ReadRecords> {
  const all = new Map<string, string>();
  const few = new Map<string, string>();
  await inSlices(told, clock, ({ name, value }) => {
    for (const records of MANY.some((kind) => name.startsWith(kind)) ? [all] : [all, few]) {
      if (value === null) records.delete(name);
      else records.set(name, value);
    }
  });
  return { all, few };
}

/** As from storage: what is read is parsed, so it is done in slices. */
export function loadFrom({ all, few }: ReadRecords, clock: Clock): Storage['load'] {
  return async (prefix, take) => {
    const isAmongMany = MANY.some((kind) => kind.startsWith(prefix) || prefix.startsWith(kind));
    const read = ([name, value]: readonly [string, string]) => {
      if (name.startsWith(prefix)) take({ name, value });
    };
    await inSlices(isAmongMany ? all : few, clock, read, 'at once');
  };
}
