// Makes a release and tries it out: npm run release

import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { layOutRelease } from '../build.mjs';
import { checkRelease } from './check.ts';
import { zipFolder } from './zip.ts';

const root = join(import.meta.dirname, '..');
const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
const folder = await mkdtemp(join(tmpdir(), 'cmsban-layout-'));
try {
  await layOutRelease(folder);
  const archive = zipFolder(folder, 'cmsban');
  await checkRelease(archive);
  const file = `cmsban-${version}.zip`;
  await writeFile(join(root, file), archive);
  console.log(`${createHash('sha256').update(archive).digest('hex')}  ${file}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
