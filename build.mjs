// Builds the scripts and the page that fxmanifest.lua names, into dist/: with them, this folder is the resource.
//
//   node build.mjs            type-checks, then builds
//   node build.mjs --watch    builds again on every change (without the type check)

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';
import { mysql2Parts } from './build/mysql2-parts.mjs';
import { notices } from './build/notices.mjs';
import { githubRepository } from './build/repository.mjs';
import { undiciParts } from './build/undici-parts.mjs';

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, 'dist');

/** Written by the build: the licence texts of what the bundles hold. */
const NOTICES = 'THIRD-PARTY-NOTICES';

/** What a release holds. No package.json: on a live server it would set off FXServer's yarn builder. */
const RELEASE = [
  'fxmanifest.lua',
  'dist',
  'locales',
  'types',
  'docs',
  'cmsban.example.cfg',
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'LICENSE',
  NOTICES,
];

/** Where a running server asks for the newest release, see server/notify/new-release.ts. */
const OWN_RELEASES = {
  repository: githubRepository(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).repository),
  host: 'https://api.github.com',
};

/** FXServer's yarn builder installs nothing where this file is not older than package.json. */
const YARN_MARKER = '.yarn.installed';

/** @type {import('esbuild').BuildOptions & { metafile: true }} */
const common = {
  absWorkingDir: root,
  bundle: true,
  // FXServer runs a script file as a classic script: no modules, and `exports` is its own registry.
  format: 'iife',
  sourcemap: true,
  sourcesContent: false,
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

/**
 * The server's bundle.
 * @param {string} outfile
 * @param {{ repository: string; host: string }} releases where it asks for the newest release.
 * @param {number} [leaseMs] how long the lease of a cluster is, for tests that wait for its end.
 * @returns {import('esbuild').BuildOptions & { metafile: true; plugins: import('esbuild').Plugin[] }}
 */
export function serverBundle(outfile, releases = OWN_RELEASES, leaseMs) {
  return {
    ...common,
    entryPoints: ['server/main.ts'],
    outfile,
    platform: 'node',
    target: 'node22.11',
    // Natives and library code alike get Node's timers instead of FXServer's; the file says why.
    inject: ['server/node-timers.ts'],
    plugins: [undiciParts, mysql2Parts],
    define: {
      RELEASES_REPOSITORY: JSON.stringify(releases.repository),
      RELEASES_HOST: JSON.stringify(releases.host),
      CLUSTER_LEASE_MS: String(leaseMs),
    },
    minifySyntax: true,
    minifyWhitespace: true,
  };
}

/**
 * The client's bundle. FiveM's client has no Node.
 * @param {string} outfile
 * @returns {import('esbuild').BuildOptions & { metafile: true }}
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
 * The panel's page. FiveM's browser is a Chromium of 2022.
 * @param {string} folder gets the page's script and style; `index.html` is laid beside them as it is.
 * @returns {import('esbuild').BuildOptions & { metafile: true }}
 */
export function panelBundle(folder) {
  return {
    ...common,
    entryPoints: ['panel/main.tsx'],
    outdir: folder,
    platform: 'browser',
    target: 'chrome103',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: true,
    // Every player loads it.
    sourcemap: false,
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

function bundles() {
  return [
    serverBundle(join(dist, 'server.js')),
    clientBundle(join(dist, 'client.js')),
    panelBundle(join(dist, 'panel')),
  ];
}

/** The panel's page needs no building, but stands beside what it names. */
async function layPage() {
  await mkdir(join(dist, 'panel'), { recursive: true });
  await cp(join(root, 'panel', 'index.html'), join(dist, 'panel', 'index.html'));
}

/** Builds everything that a server and a release need, without looking at the types. */
export async function build() {
  await rm(dist, { recursive: true, force: true });
  await layPage();
  const metafiles = [];
  for (const bundle of bundles()) metafiles.push((await esbuild.build(bundle)).metafile);
  await writeFile(join(root, NOTICES), await notices(root, metafiles));
  await keepYarnAway();
}

async function main() {
  if (process.argv.includes('--watch')) {
    // The manifest and the locales need no carrying along: the resource is this folder.
    await layPage();
    for (const bundle of bundles()) await (await esbuild.context({ ...bundle, logLevel: 'info' })).watch();
    await keepYarnAway();
    return;
  }
  checkTypes();
  await build();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  main().catch((error) => {
    console.error(`build failed: ${error.message}`);
    process.exitCode = 1;
  });
}
