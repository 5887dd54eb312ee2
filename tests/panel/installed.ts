import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Files in the folder of the run: somebody wants the browser; where it is. */
export const WANTED = 'wanted';
export const ADDRESS = 'address';

/** @returns the browser's program on this machine; undefined when there is none. */
export function findChromium(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file));
}
