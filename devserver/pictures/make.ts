// Draws what the demo shows, for the README: npm run pictures

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { draw } from './pictures.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'pictures');
const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'devserver', 'demo.ts')], {
  env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
});
await mkdir(folder, { recursive: true });
for (const [file, picture] of Object.entries(draw(stdout))) {
  await writeFile(join(folder, file), picture);
  console.log(`docs/pictures/${file}`);
}
