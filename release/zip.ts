import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { type Zippable, zipSync } from 'fflate';

/** ZIP's own beginning of time: when a file was written says nothing here, and must not change the archive. */
const WRITTEN = new Date(1980, 0, 1);
/** A file that everybody may read, as Unix says it in the upper half of a ZIP's attributes. */
const MODE = 0o100644 * 2 ** 16;
/** ZIP's number for Unix: without it, nobody heeds {@link MODE}. */
const UNIX = 3;

/**
 * Packs a folder: the same bytes for the same files, wherever and whenever it is done.
 *
 * @param folder all files in it are packed, whatever their times and modes.
 * @param name of the one folder in the archive.
 */
export function zipFolder(folder: string, name: string): Uint8Array {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
  const entries: Zippable = {};
  for (const path of paths) entries[`${name}/${path}`] = readFileSync(join(folder, path));
  return zipSync(entries, { level: 9, mtime: WRITTEN, os: UNIX, attrs: MODE });
}
