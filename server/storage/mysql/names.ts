import { createHash } from 'node:crypto';

/** Characters of an index key that every version and row format takes. */
const LONGEST = 190;
/** What stands for a name that does not fit: its beginning, a mark, and the hash of all of it. */
const HASH_LENGTH = 64;
const MARK = '…';
const HEAD_LENGTH = LONGEST - HASH_LENGTH - MARK.length;
const STANDS_FOR_ANOTHER = /…[0-9a-f]{64}$/;

/** A record's name as it is stored: as it is, with null, or as a key and what the key stands for, as JSON. */
export interface StoredName {
  readonly key: string;
  readonly wholeName: string | null;
}

/**
 * The key of a name. Not every name can be one: some are too long; `a` and `a ` are equal to the database, since the
 * collation ignores spaces at the end (https://mariadb.com/docs/server/reference/data-types/string-data-types/character-sets/no-pad-collations);
 * half a character is lost on the way; nothing comes before the first page; and no name may pass for the key of another one.
 */
export function storedName(name: string): StoredName {
  const isKey =
    name !== '' &&
    name.length <= LONGEST &&
    !name.endsWith(' ') &&
    name.isWellFormed() &&
    !STANDS_FOR_ANOTHER.test(name);
  if (isKey) return { key: name, wholeName: null };
  const hash = createHash('sha256').update(Buffer.from(name, 'utf16le')).digest('hex');
  return { key: `${headOf(name)}${MARK}${hash}`, wholeName: JSON.stringify(name) };
}

/** A text that is only shown, so that it fits where a name does. */
export function shortened(text: string): string {
  return text.slice(0, LONGEST).toWellFormed();
}

/** A pattern for LIKE that the keys of all names with a prefix match, and of others that begin alike. */
export function likePrefix(prefix: string): string {
  return `${headOf(prefix).replace(/[\\%_]/g, '\\$&')}%`;
}

function headOf(name: string): string {
  const head = name.slice(0, HEAD_LENGTH);
  // Not through the middle of a character: the prefix may end before it, or behind it.
  return /[\ud800-\udbff]$/.test(head) ? head.slice(0, -1).toWellFormed() : head.toWellFormed();
}
