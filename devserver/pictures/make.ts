// Draws what the demo shows, and photographs the panel, for the README and docs/: npm run pictures

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../chromium.ts';
import { photographPanel } from './panel.ts';
import { draw } from './pictures.ts';

const root = join(import.meta.dirname, '..', '..');
const folder = join(root, 'docs', 'pictures');
const program = findChromium();
if (program === undefined)
  throw new Error('the pictures of the panel need Chromium: apt-get install chromium');
const { stdout } = await promisify(execFile)(process.execPath, [join(root, 'devserver', 'demo.ts')], {
  env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
});
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({
  executablePath: program,
  args: [...CHROMIUM_ARGUMENTS],
});
const photographs = await photographPanel(browser).finally(() => browser.close());
for (const [file, picture] of Object.entries({ ...draw(stdout), ...photographs })) {
  await writeFile(join(folder, file), picture);
  console.log(`docs/pictures/${file}`);
}
