import * as v from 'valibot';
import { parseJson } from '../../text/json.ts';
import type { Row } from './connection.ts';

/** A record as it is in the database; a null value says that it was taken away. */
export interface SharedRecord {
  readonly name: string;
  readonly value: string | null;
  /** Of the group of writes that changed it last. */
  readonly revision: number;
}

/** Most records that are read at once: what arrives together is taken apart in one turn. */
export const PAGE = 100;

/** The columns that {@link readRecordRow} reads. */
export const RECORD_COLUMNS = 'name, whole_name, value, revision';

const RecordRow = v.object({
  name: v.string(),
  whole_name: v.nullable(v.string()),
  value: v.nullable(v.string()),
  revision: v.pipe(v.number(), v.safeInteger()),
});

const Name = v.string();

/**
 * A record, and the key that its name has in the database.
 *
 * @throws when the row is of another table.
 */
export function readRecordRow(row: Row): { readonly key: string; readonly record: SharedRecord } {
  const { name: key, whole_name: wholeName, value, revision } = v.parse(RecordRow, row);
  const name = wholeName === null ? key : parseJson(wholeName);
  // Edited by hand: it is there, by whatever name.
  return { key, record: { name: v.is(Name, name) ? name : key, value, revision } };
}
