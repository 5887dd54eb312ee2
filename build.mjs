// Builds the resource into dist/cmsban, ready to be put into a server's resources folder.
//
//   node build.mjs            type-checks, then builds
//   node build.mjs --watch    builds again on every change (without the type check)

import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));
const out = join(root, 'dist', 'cmsban');

/** What a release holds besides the scripts. No package.json: on a live server it would set off FXServer's yarn builder. */
const FILES = ['cmsban.cfg', 'locales', 'README.md', 'LICENSE'];

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
 * @returns {import('esbuild').BuildOptions}
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

function checkTypes() {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-b'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Error('the types do not fit');
}

async function copyFiles() {
  for (const file of FILES) await cp(join(root, file), join(out, file), { recursive: true });
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const manifest = await readFile(join(root, 'fxmanifest.lua'), 'utf8');
  await writeFile(join(out, 'fxmanifest.lua'), manifest.replace('@VERSION@', version));
}

async function main() {
  const bundles = [serverBundle(join(out, 'server.js')), clientBundle(join(out, 'client.js'))];
  if (process.argv.includes('--watch')) {
    await mkdir(out, { recursive: true });
    await copyFiles();
    for (const bundle of bundles) await (await esbuild.context({ ...bundle, logLevel: 'info' })).watch();
    return;
  }
  checkTypes();
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  for (const bundle of bundles) await esbuild.build(bundle);
  await copyFiles();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`build failed: ${error.message}`);
    process.exitCode = 1;
  });
}
