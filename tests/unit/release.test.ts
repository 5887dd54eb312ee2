import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compareVersions } from 'compare-versions';
import { describe, expect, it, onTestFinished } from 'vitest';
import { entriesOf, notesOf } from '../../release/changelog.ts';
import { unzip } from '../../release/unzip.ts';
import { zipFolder } from '../../release/zip.ts';

const ROOT = join(import.meta.dirname, '..', '..');

describe('an archive', () => {
  function pack(files: Readonly<Record<string, string>>): Uint8Array {
    const folder = mkdtempSync(join(tmpdir(), 'cmsban-zip-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, path, '..'), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return zipFolder(folder, 'cmsban');
  }

  it('holds every file in one folder, in order', () => {
    const long = 'once more\n'.repeat(10_000);
    const packed = pack({ 'b.txt': long, 'a/ü.txt': 'ü', 'a/b/empty': '' });
    expect(unzip(packed).map(({ path, data }) => [path, data.toString()])).toEqual([
      ['cmsban/a/b/empty', ''],
      ['cmsban/a/ü.txt', 'ü'],
      ['cmsban/b.txt', long],
    ]);
    expect(packed.length).toBeLessThan(long.length / 10);
  });

  it('has a time and modes that say nothing of where it was made', () => {
    const bytes = Buffer.from(pack({ 'a.txt': 'a' }));
    const entry = bytes.indexOf('PK\x01\x02');
    expect(bytes.readUInt8(entry + 5)).toBe(3);
    expect(bytes.readUInt32LE(entry + 12)).toBe(0x00210000);
    expect(bytes.readUInt32LE(entry + 38) >>> 16).toBe(0o100644);
  });

  it('that is damaged is not unpacked', () => {
    const packed = pack({ 'a.txt': 'what was packed, was packed' });
    expect(() => unzip(packed.subarray(0, -1))).toThrow('no ZIP');
    const changed = Buffer.from(packed);
    const at = changed.indexOf('a.txt') + 'a.txt'.length + 3;
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    expect(() => unzip(changed)).toThrow();
  });

  it('that leads out of its folder is not unpacked', () => {
    const packed = Buffer.from(pack({ 'aa/b.txt': 'x' }).map((byte) => byte));
    const evil = Buffer.from(packed.toString('latin1').replaceAll('/aa/', '/../'), 'latin1');
    expect(() => unzip(evil)).toThrow('a path that is none: cmsban/../b.txt');
  });
});

describe('the changelog', () => {
  const changelog = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = entriesOf(changelog);
  const released = entries.filter(({ name }) => name !== 'Unreleased');

  it('ends with the first version, and begins with what is new', () => {
    expect(released.at(-1)?.name).toBe('0.1.0');
    expect(released[0]?.name).toBe(version);
    expect(entries.slice(1).map(({ name }) => name)).not.toContain('Unreleased');
  });

  it('has the newest first, each with its day and something to say', () => {
    const names = released.map(({ name }) => name);
    expect(names).toEqual([...names].sort(compareVersions).reverse());
    for (const { date, notes } of released) {
      expect(date).toMatch(/^20\d\d-\d\d-\d\d$/);
      expect(notes).not.toBe('');
    }
  });
});

describe('the notes of a release', () => {
  const CHANGELOG = [
    '# Changelog',
    '## [1.1.0] - 2026-12-24\n\n### Added\n\n- A thing',
    '## [1.0.0] - 2026-12-01\n\n- The rest',
    '[1.1.0]: https://example.org/1.1.0',
  ].join('\n\n');

  it('are the entry of its version', () => {
    expect(notesOf('v1.1.0', '1.1.0', CHANGELOG)).toBe('### Added\n\n- A thing');
    const before = CHANGELOG.replace(/^## \[1\.1.*?(?=^## )/ms, '');
    expect(notesOf('v1.0.0', '1.0.0', before)).toBe('- The rest');
  });

  it.each([
    ['v1.1.0', '1.0.0', CHANGELOG],
    ['1.1.0', '1.1.0', CHANGELOG],
    ['', '1.1.0', CHANGELOG],
    ['v1.0.0', '1.0.0', CHANGELOG],
    ['v1.1.0', '1.1.0', CHANGELOG.replace('## [1.1.0]', '## [Unreleased]\n\n- More\n\n## [1.1.0]')],
    ['v1.1.0', '1.1.0', CHANGELOG.replace(' - 2026-12-24', '')],
    ['v1.1.0', '1.1.0', ''],
  ])('are none of %s with version %s when the changelog is of another', (tag, version, changelog) => {
    expect(() => notesOf(tag, version, changelog)).toThrow(/^The (tag|first entry)/);
  });
});

describe('the workflows', () => {
  const read = (file: string) => readFileSync(join(ROOT, '.github', 'workflows', file), 'utf8');

  it.each(['test.yml', 'release.yml'])(
    '%s runs actions of fixed content alone, with rights that are named',
    (file) => {
      const used = [...read(file).matchAll(/uses: (\S+)/g)].map(([, action]) => action);
      expect(used.length).toBeGreaterThan(0);
      for (const action of used) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40}$/);
      expect(read(file)).toMatch(/^permissions:$/m);
    },
  );

  it('run what there is', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    for (const file of ['test.yml', 'release.yml']) {
      for (const [, script = ''] of read(file).matchAll(/npm run (\w+)/g))
        expect(scripts).toHaveProperty(script);
      for (const [, path = ''] of read(file).matchAll(/(?:node |run: )(release\/\S+|\.ci\/\S+)/g)) {
        expect(() => readFileSync(join(ROOT, path))).not.toThrow();
      }
    }
  });
});
