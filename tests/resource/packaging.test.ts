import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { layOutRelease } from '../../build.mjs';
import { VirtualClock } from '../../devserver/clock.ts';
import { FxServer } from '../../devserver/fxserver/server.ts';
import { MIGRATIONS, VERSION_TABLE } from '../../server/storage/mysql/migrations.ts';
import { blocksOf, isConfig, PAGES } from './documentation.ts';
import { nativesCalled, openWatchedWorld } from './watched.ts';
import { CMSBAN, startWorld } from './world.ts';

const read = (file: string) => readFileSync(join(CMSBAN, file), 'utf8');
const YARN = join(CMSBAN, 'devserver', 'resources', 'yarn');
const BUILDS = "Running build tasks on resource cmsban - it'll restart once completed.";

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-pack-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A server that looks for its resources in `folder`/resources, with the platform's yarn builder among them. */
async function startServer(folder: string, clock = new VirtualClock()): Promise<FxServer> {
  cpSync(YARN, join(folder, 'resources', '[system]', 'yarn'), { recursive: true });
  const config = join(folder, 'server.cfg');
  await writeFile(config, 'ensure yarn\nensure cmsban\n');
  const fx = await FxServer.start({
    config,
    resources: [join(folder, 'resources')],
    data: join(folder, 'data'),
    clock,
  });
  onTestFinished(() => fx.stop());
  return fx;
}

const printedBy = (fx: FxServer, resource: string) =>
  fx.output.filter((line) => line.resource === resource).map(({ text }) => text);

describe('a clone in the resources folder', () => {
  /** What `git clone`, `npm ci` and, unless left out, `npm run build` leave there. */
  function clone(folder: string, without: readonly string[] = []): string {
    const target = join(folder, 'resources', '[moderation]', 'cmsban');
    const isLeftOut = (path: string) =>
      ['.git', '.types', 'node_modules', ...without].includes(relative(CMSBAN, path));
    cpSync(CMSBAN, target, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !isLeftOut(path),
    });
    mkdirSync(join(target, 'node_modules', 'undici'), { recursive: true });
    return target;
  }

  it('is found and runs, and the yarn builder leaves it alone', async () => {
    const folder = newFolder();
    clone(folder);
    const fx = await startServer(folder);
    expect(fx.resourceState('cmsban')).toBe('started');
    expect(printedBy(fx, 'resources')).toEqual(['Started resource yarn', 'Started resource cmsban']);
    expect(printedBy(fx, 'cmsban')[0]).toContain(`cmsban ${JSON.parse(read('package.json')).version}: `);
    expect(fx.swallowed).toEqual([]);
  });

  it('keeps no resource of the stand-ins in reach of the server', async () => {
    const folder = newFolder();
    clone(folder);
    const fx = await startServer(folder);
    await fx.console('ensure anticheat');
    expect(fx.resourceState('anticheat')).toBe('missing');
  });

  it('is built by yarn when package.json changed after the build', async () => {
    const folder = newFolder();
    const target = clone(folder);
    const later = new Date(Date.now() + 60_000);
    utimesSync(join(target, 'package.json'), later, later);
    const fx = await startServer(folder);
    expect(fx.resourceState('cmsban')).toBe('stopped');
    expect(printedBy(fx, 'resources')).toContain(BUILDS);
  });

  it('that was not built does nothing, and the server prints what the documentation explains', async () => {
    const folder = newFolder();
    clone(folder, ['dist', '.yarn.installed']);
    const clock = new VirtualClock();
    const fx = await startServer(folder, clock);
    await clock.advance(1_000);
    await clock.advance(0);
    const lines = printedBy(fx, 'resources').map((line) => line.replace(/\^[0-9]/g, ''));
    expect(lines).toEqual([
      'Started resource yarn',
      BUILDS,
      "Couldn't start resource cmsban.",
      'Build tasks completed - starting resource cmsban.',
      'Warning: could not find client_script `dist/client.js` (defined in fxmanifest.lua:15)',
      'Warning: could not find server_script `dist/server.js` (defined in fxmanifest.lua:14)',
      'Warning: could not find file `dist/panel/index.html` (defined in fxmanifest.lua:18)',
      'Warning: could not find file `dist/panel/main.css` (defined in fxmanifest.lua:21)',
      'Warning: could not find file `dist/panel/main.js` (defined in fxmanifest.lua:22)',
      'Started resource cmsban (5 warnings)',
    ]);
    expect(printedBy(fx, 'cmsban')).toEqual([]);
    for (const line of [BUILDS, 'could not find server_script `dist/server.js`']) {
      expect(read('docs/troubleshooting.md')).toContain(line);
    }
  });
});

describe('a release', () => {
  it('is the resource without what only its development needs', async () => {
    const folder = newFolder();
    await layOutRelease(join(folder, 'cmsban'));
    expect(readdirSync(join(folder, 'cmsban')).sort()).toEqual([
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'THIRD-PARTY-NOTICES',
      'cmsban.example.cfg',
      'dist',
      'docs',
      'fxmanifest.lua',
      'locales',
      'types',
    ]);
  });

  it('runs, and needs nothing else', async () => {
    const folder = newFolder();
    await layOutRelease(join(folder, 'resources', 'cmsban'));
    const fx = await startServer(folder);
    expect(printedBy(fx, 'resources')).toEqual(['Started resource yarn', 'Started resource cmsban']);
    expect(printedBy(fx, 'cmsban').join()).toContain('cmsban is not set up');
  });

  it('bans', async () => {
    const folder = join(newFolder(), 'cmsban');
    await layOutRelease(folder);
    const world = await startWorld({ cmsban: folder });
    world.sonoran.cad.addAccount({ apiIds: ['cafe'] });
    world.sonoran.cms.addAccount({ apiIds: ['cafe'] });
    expect(await world.call('banPlayer', 'license:cafe')).toMatchObject({ code: 'OK' });
  });
});

describe('the build', () => {
  it('writes two scripts and their maps, the page of the panel, and nothing else', () => {
    expect(readdirSync(join(CMSBAN, 'dist')).sort()).toEqual([
      'client.js',
      'client.js.map',
      'panel',
      'server.js',
      'server.js.map',
    ]);
  });
});

describe('the version', () => {
  const versionOf = (folder: string) =>
    /^version '(.*)'$/m.exec(readFileSync(join(folder, 'fxmanifest.lua'), 'utf8'))?.[1];

  it('is the same in the manifest and in package.json', () => {
    expect(versionOf(CMSBAN)).toBe(JSON.parse(read('package.json')).version);
  });

  it('is set in both, and committed, by npm version', () => {
    const folder = newFolder();
    for (const file of ['package.json', 'package-lock.json', 'fxmanifest.lua', 'build/set-version.mjs']) {
      cpSync(join(CMSBAN, file), join(folder, file), { recursive: true });
    }
    const run = (program: string, ...args: readonly string[]) =>
      execFileSync(program, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    run('git', 'init', '--quiet');
    run('git', 'config', 'user.name', 'Mia');
    run('git', 'config', 'user.email', 'mia@example.org');
    run('git', 'add', '.');
    run('git', 'commit', '--quiet', '--message', 'Begin');
    run('npm', 'version', '12.34.56', '--offline');
    expect(versionOf(folder)).toBe('12.34.56');
    expect(run('git', 'status', '--porcelain')).toBe('');
    expect(run('git', 'show', 'v12.34.56:fxmanifest.lua')).toContain("version '12.34.56'");
  });
});

describe("the documentation's lines for server.cfg", () => {
  const all = PAGES.flatMap((page) => blocksOf(page, ''))
    .filter(isConfig)
    // In the place of the dots comes what Discord has made up.
    .map((block) => block.replace('/.../...', `/123456789012345678/${'t'.repeat(68)}`));
  const blocks = [...new Set(all)];

  it('are found', () => {
    expect(blocks.length).toBeGreaterThan(15);
    expect(blocks).toContain('ensure sonorancms\nensure sonorancad\nensure cmsban');
  });

  it.each(blocks)('run without a word of complaint:\n%s', async (block) => {
    const folder = newFolder();
    cpSync(join(CMSBAN, 'cmsban.example.cfg'), join(folder, 'cmsban.cfg'));
    const config = join(folder, 'server.cfg');
    await writeFile(config, `${block}\nensure cmsban\n`);
    const fx = await FxServer.start({
      config,
      resources: {
        cmsban: CMSBAN,
        sonorancms: join(CMSBAN, 'devserver', 'resources', 'sonorancms'),
        sonorancad: join(CMSBAN, 'devserver', 'resources', 'sonorancad'),
      },
      data: join(folder, 'data'),
      clock: new VirtualClock(),
    });
    onTestFinished(() => fx.stop());
    expect(printedBy(fx, 'cmd')).toEqual([]);
    expect(printedBy(fx, 'resources').filter((line) => /Couldn't|Warning/.test(line))).toEqual([]);
    expect(fx.resourceState('cmsban')).toBe('started');
    expect(printedBy(fx, 'cmsban').join()).not.toContain('need your attention');
  });
});

/** In the database. */
const TABLES = [...VERSION_TABLE, ...MIGRATIONS.flat()].flatMap(
  (sql) => /^CREATE TABLE IF NOT EXISTS (cmsban_\w+)/.exec(sql)?.[1] ?? [],
);

describe('the settings that the code reads', () => {
  let convars: readonly string[];
  beforeAll(async () => {
    const world = await openWatchedWorld();
    try {
      const called = Object.keys(nativesCalled(world));
      const names = called.map((call) => /^GetConvar\w*\((cmsban_\w+)\)$/.exec(call)?.[1] ?? '');
      convars = [...new Set(names.filter((name) => name !== ''))].sort();
    } finally {
      await world.close();
    }
  });
  afterAll(() => expect(convars.length).toBeGreaterThan(20));

  it.each([
    ['cmsban.example.cfg', /^(?:# )?set (\w+) /gm],
    ['fxmanifest.lua', /^ +\{ '[^']+', '(\w+)', 'CV_/gm],
    ['docs/settings.md', /^\| (?:`cmsban_\w+`, )?`(cmsban_\w+)`/gm],
  ])('are all in %s, and no other is', (file, line) => {
    const named = [...read(file).matchAll(line)].flatMap(([whole]) => whole.match(/\bcmsban_\w+/g) ?? []);
    expect([...new Set(named)].sort()).toEqual(convars);
  });

  it.each([...PAGES, 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'])('%s promises no other', (file) => {
    const named = read(file).match(/\bcmsban_[a-z_]+/g) ?? [];
    expect(named.filter((name) => !convars.includes(name) && !TABLES.includes(name))).toEqual([]);
  });

  it('are each there once', () => {
    const named = [...read('cmsban.example.cfg').matchAll(/^(?:# )?set (\w+) /gm)].map(([, name]) => name);
    expect(named).toHaveLength(new Set(named).size);
  });
});
