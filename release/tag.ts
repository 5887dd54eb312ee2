// Prints what the release of a tag is announced with, unless something does not fit: node release/tag.ts v1.2.3

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { notesOf } from './changelog.ts';

const read = (file: string) => readFileSync(join(import.meta.dirname, '..', file), 'utf8');
try {
  const { version } = JSON.parse(read('package.json'));
  console.log(notesOf(process.argv[2] ?? '', version, read('CHANGELOG.md')));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
