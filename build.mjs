// Builds the two scripts that fxmanifest.lua names, into dist/: with them, this folder is the resource.
//
//   node build.mjs            type-checks, then builds
//   node build.mjs --watch    builds again on every change (without the type check)

import { spawnSync } from 'node:child_process';
import { cp, mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { undiciParts } from './build/undici-parts.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

/** What a release holds. No package.json: on a live server it would set off FXServer's yarn builder. */
const RELEASE = ['fxmanifest.lua', 'dist', 'locales', 'cmsban.example.cfg', 'README.md', 'LICENSE'];

/** FXServer's yarn builder installs nothing where this file is not older than package.json. */
const YARN_MARKER = '.yarn.installed';

/** @type {import('esbuild').BuildOptions} */
const common = {
  absWorkingDir: root,
  bundle: true,
  // FXServer runs a script file as a classic script: no modules, and `exports` is its own registry.
  format: 'iife',
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * The server's bundle.
 * @param {string} outfile
 * @returns {import('esbuild').BuildOptions & { plugins: import('esbuild').Plugin[] }}
 */
export function serverBundle(outfile) {
  return {
    ...common,
    entryPoints: ['server/main.ts'],
    outfile,
    platform: 'node',
    target: 'node22.11',
    // Natives and library code alike get Node's timers instead of FXServer's; the file says why.
    inject: ['server/node-timers.ts'],
    plugins: [undiciParts],
    minifySyntax: true,
    minifyWhitespace: true,
  };
}

/**
 * The client's bundle. FiveM's client has no Node.
 * @param {string} outfile
 * @returns {import('esbuild').BuildOptions}
 */
export function clientBundle(outfile) {
  return {
    ...common,
    entryPoints: ['client/main.ts'],
    outfile,
    platform: 'neutral',
    target: 'es2020',
  };
}

/**
 * Lays a release out: the same resource, without what only its development needs. Needs a build.
 * @param {string} folder is made when it is not there.
 */
export async function layOutRelease(folder) {
  await mkdir(folder, { recursive: true });
  for (const part of RELEASE) await cp(join(root, part), join(folder, part), { recursive: true });
}

function checkTypes() {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the types do not fit');
}

async function keepYarnAway() {
  const marker = join(root, YARN_MARKER);
  await writeFile(marker, '');
  // An unpacked archive may bring times from another time zone.
  const now = new Date();
  const { mtime } = await stat(join(root, 'package.json'));
  await utimes(marker, now, mtime > now ? mtime : now);
}

async function main() {
  const bundles = [serverBundle(join(dist, 'server.js')), clientBundle(join(dist, 'client.js'))];
  if (process.argv.includes('--watch')) {
    // The manifest and the locales need no carrying along: the resource is this folder.
    for (const bundle of bundles) await (await esbuild.context({ ...bundle, logLevel: 'info' })).watch();
    await keepYarnAway();
    return;
  }
  checkTypes();
  await rm(dist, { recursive: true, force: true });
  for (const bundle of bundles) await esbuild.build(bundle);
  await keepYarnAway();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`build failed: ${error.message}`);
    process.exitCode = 1;
  });
}
