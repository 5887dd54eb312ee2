import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, valuesOf } from './manifest.ts';

/** `*` stands for anything within a folder, `**` also for folders in between. */
function globExpression(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/|\*\*|\*/g, (star) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*' })[star] ?? star);
  return new RegExp(`^${source}$`);
}

/**
 * The files that a manifest's entry means, relative to the resource's folder, in order.
 *
 * @returns undefined when it names one file and that does not exist.
 */
export function matchingFiles(folder: string, pattern: string): string[] | undefined {
  if (!pattern.includes('*')) return existsSync(join(folder, pattern)) ? [pattern] : undefined;
  const expression = globExpression(pattern);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => expression.test(path))
    .sort();
}

/** A file that a manifest names and that is not there. */
export interface MissingFile {
  readonly key: string;
  readonly pattern: string;
  /** Where in the manifest. */
  readonly line: number;
}

/** What FXServer warns of when a resource starts (ServerResources.cpp). */
export function missingFiles(folder: string, manifest: Manifest): MissingFile[] {
  const lines = readFileSync(join(folder, 'fxmanifest.lua'), 'utf8').split('\n');
  return ['client_script', 'server_script', 'shared_script', 'file'].flatMap((key) =>
    valuesOf(manifest, key)
      .filter((pattern) => !pattern.startsWith('@') && matchingFiles(folder, pattern) === undefined)
      .map((pattern) => ({ key, pattern, line: lines.findIndex((line) => line.includes(pattern)) + 1 })),
  );
}
