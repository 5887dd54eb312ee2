import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import * as esbuild from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { clientBundle, layOutRelease, panelBundle, serverBundle } from '../../build.mjs';
import { checkRelease } from '../../release/check.ts';
import { unzip, unzipInto } from '../../release/unzip.ts';
import { zipFolder } from '../../release/zip.ts';
import { MINUTE_MS, pass, quietWorld } from './ban-lists.ts';
import { fixtureOf, furnish, type Outcome } from './store-0.1.ts';
import { CAD_KEY, CMS_KEY, CMSBAN, type World } from './world.ts';

/** The archive that people download, made once. */

let folder: string;
let archive: Uint8Array;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cmsban-release-test-'));
  await layOutRelease(join(folder, 'layout'));
  archive = zipFolder(join(folder, 'layout'), 'cmsban');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function newFolder(): string {
  const made = mkdtempSync(join(tmpdir(), 'cmsban-release-test-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

describe('the archive', () => {
  it('holds what a server, its owner and script authors need, in one folder', () => {
    const paths = unzip(archive).map(({ path }) => path);
    expect(paths.every((path) => path.startsWith('cmsban/'))).toBe(true);
    expect(paths).toEqual(
      expect.arrayContaining([
        'cmsban/CHANGELOG.md',
        'cmsban/LICENSE',
        'cmsban/README.md',
        'cmsban/THIRD-PARTY-NOTICES',
        'cmsban/cmsban.example.cfg',
        'cmsban/dist/client.js',
        'cmsban/dist/panel/index.html',
        'cmsban/dist/panel/main.css',
        'cmsban/dist/panel/main.js',
        'cmsban/dist/server.js',
        'cmsban/docs/developing.md',
        'cmsban/fxmanifest.lua',
        'cmsban/locales/en.json',
        'cmsban/types/cmsban.d.ts',
        'cmsban/types/cmsban.lua',
      ]),
    );
    // It would set off the server's yarn builder.
    expect(paths.filter((path) => path.endsWith('package.json'))).toEqual([]);
    expect(paths.filter((path) => /\.(ts|mjs)$/.test(path))).toEqual(['cmsban/types/cmsban.d.ts']);
  });

  it('passes the check that a release has to pass', () => checkRelease(archive));

  it.each([
    ['has an empty script', 'dist/server.js', () => '', 'No such export banPlayer'],
    [
      'only says that somebody is banned',
      'dist/server.js',
      () => "exports('banPlayer', () => ({ code: 'OK' }));",
      'nobody was banned: {"code":"OK"}',
    ],
    [
      'lacks a file that the manifest names',
      'fxmanifest.lua',
      (text: string) => `${text}server_script 'gone.js'\n`,
      'could not find server_script `gone.js`',
    ],
  ])('does not pass it when it %s', async (_, file, change, complaint) => {
    const broken = join(newFolder(), 'layout');
    cpSync(join(folder, 'layout'), broken, { recursive: true });
    await writeFile(join(broken, file), change(readFileSync(join(broken, file), 'utf8')));
    await expect(checkRelease(zipFolder(broken, 'cmsban'))).rejects.toThrow(complaint);
  });

  it('has the same bytes when it is built in another folder, time zone and year', async () => {
    const copy = join(newFolder(), 'somewhere else', 'cmsban');
    const top = (path: string) => relative(CMSBAN, path).split(sep)[0] ?? '';
    const left = ['.git', '.types', '.demo', 'node_modules', 'dist', 'THIRD-PARTY-NOTICES', 'tests', 'bench'];
    cpSync(CMSBAN, copy, { recursive: true, filter: (path) => !left.includes(top(path)) });
    // What is bundled is copied: a link would lead the bundler back to the first folder.
    mkdirSync(join(copy, 'node_modules'));
    const { packages } = JSON.parse(readFileSync(join(CMSBAN, 'package-lock.json'), 'utf8'));
    const isBundled = (name: string) => {
      const found = packages[`node_modules/${name}`];
      return found !== undefined && !found.dev && !found.devOptional;
    };
    for (const name of readdirSync(join(CMSBAN, 'node_modules'))) {
      const [from, to] = [join(CMSBAN, 'node_modules', name), join(copy, 'node_modules', name)];
      if (isBundled(name)) cpSync(from, to, { recursive: true });
      else symlinkSync(from, to);
    }
    const script = `
      import { writeFileSync } from 'node:fs';
      import { build, layOutRelease } from './build.mjs';
      import { zipFolder } from './release/zip.ts';
      const now = Date.now;
      Date.now = () => now() + 400 * 24 * 60 * 60 * 1000;
      process.umask(0o077);
      await build();
      await layOutRelease('layout');
      writeFileSync('release.zip', zipFolder('layout', 'cmsban'));
    `;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: copy,
      env: { ...process.env, TZ: 'Pacific/Auckland' },
    });
    const again = readFileSync(join(copy, 'release.zip'));
    const contents = (bytes: Uint8Array) =>
      Object.fromEntries(unzip(bytes).map(({ path, data }) => [path, hash(data)]));
    expect(contents(again)).toEqual(contents(archive));
    expect(hash(again)).toBe(hash(archive));
  });
});

describe('the notices', () => {
  it('are of all packages in the bundles, and of no other', async () => {
    const names = new Set<string>();
    for (const bundle of [serverBundle('server.js'), clientBundle('client.js'), panelBundle('panel')]) {
      const { metafile } = await esbuild.build({ ...bundle, write: false });
      for (const path of Object.keys(metafile.inputs)) {
        const [, name] = /.*\bnode_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path) ?? [];
        if (name !== undefined) names.add(name);
      }
    }
    const notices = readFileSync(join(folder, 'layout', 'THIRD-PARTY-NOTICES'), 'utf8');
    const listed = [...notices.matchAll(/^- (\S+) [\d.]+ \(\S+\)$/gm)].map(([, name]) => name);
    expect(listed).toEqual([...names].sort());
    for (const name of names) {
      const licence = readdirSync(join(CMSBAN, 'node_modules', name)).find((file) => /^licen/i.test(file));
      const text = readFileSync(join(CMSBAN, 'node_modules', name, licence ?? ''), 'utf8');
      expect(notices).toContain(text.replaceAll('\r\n', '\n').trim());
    }
    // What undici carries in itself.
    expect(notices).toMatch(/^- llhttp/m);
    expect(notices).toContain('Copyright Fedor Indutny, 2018.');
  });
});

describe('the update of a server that ran 0.1.0', () => {
  const fixture = fixtureOf('stopped');
  /** What the folder of 0.1.0 held, with the settings in it: its settings file said that this may be done. */
  const OLD_FILES = {
    'server.js': "throw new Error('the script of 0.1.0 was run')",
    'client.js': "throw new Error('the script of 0.1.0 was run')",
    'fxmanifest.lua': "fx_version 'cerulean'\ngame 'common'\nserver_script 'server.js'\n",
    'cmsban.cfg': [
      'add_convar_permission cmsban read cmsban_cms_api_key',
      'add_convar_permission cmsban read cmsban_cad_api_key',
      'set cmsban_cms_community_id "cms-community"',
      `set cmsban_cms_api_key "${CMS_KEY}"`,
      'set cmsban_cad_community_id "cad-community"',
      `set cmsban_cad_api_key "${CAD_KEY}"`,
      'set cmsban_cms_id_types "discord,steam,license"',
      'set cmsban_cad_id_types "license,steam,discord"',
      '',
    ].join('\n'),
  };

  const listed = async (world: World, call: 'getPending' | 'getHistory') =>
    (await world.fx.callExport('test', 'cmsban', call, 1_000)) as Outcome[];
  const ids = (outcomes: readonly Outcome[]) => outcomes.map(({ id }) => id).sort();

  it.each(['replaced', 'unpacked over the old one'])('loses nothing when the folder is %s', async (how) => {
    const resource = join(newFolder(), 'resources', 'cmsban');
    if (how !== 'replaced') {
      mkdirSync(resource, { recursive: true });
      for (const [name, text] of Object.entries(OLD_FILES)) await writeFile(join(resource, name), text);
    }
    unzipInto(archive, join(resource, '..'));
    const world = await quietWorld({
      cmsban: resource,
      wall: fixture.wall + MINUTE_MS,
      convars: { ...fixture.convars, cmsban_mirror_minutes: '1440' },
      ...(how === 'replaced' ? {} : { use: { cms: false, cad: false }, config: ['exec @cmsban/cmsban.cfg'] }),
      records: (sonoran) => furnish(fixture, sonoran),
    });
    await Promise.all([world.sonoran.cms.down(), world.sonoran.cad.down()]);
    await world.fx.console('ensure cmsban');

    expect(ids(await listed(world, 'getPending'))).toEqual(ids(fixture.pending));
    const history = (await listed(world, 'getHistory')).filter(({ status }) => status !== 'queued');
    expect(ids(history)).toEqual(ids(fixture.history));
    for (const identifier of fixture.refused) {
      const answer = await world.fx.callExport('test', 'cmsban', 'isBanned', identifier);
      expect(answer, identifier).toMatchObject({ banned: true });
    }

    await Promise.all([world.sonoran.cms.up(), world.sonoran.cad.up()]);
    const waiting = new Set(ids(fixture.pending));
    for (let passed = 0; waiting.size > 0 && passed < 60 * MINUTE_MS; passed += 10_000) {
      await pass(world, 10_000);
      for (const { id, status } of await listed(world, 'getHistory')) {
        if (status === 'delivered') waiting.delete(id);
      }
    }
    expect([...waiting]).toEqual([]);
    expect(world.faults).toEqual([]);
  });
});
