import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

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
