// Writes package.json's version into fxmanifest.lua. `npm version` runs it, so that one command sets both.

import { readFile, writeFile } from 'node:fs/promises';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const manifest = await readFile('fxmanifest.lua', 'utf8');
const LINE = /^version '.*'$/m;
if (!LINE.test(manifest)) throw new Error('fxmanifest.lua has no line with a version');
await writeFile('fxmanifest.lua', manifest.replace(LINE, `version '${version}'`));
