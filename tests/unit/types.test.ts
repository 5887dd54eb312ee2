import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { LuaFactory } from 'wasmoon';
import { fromLua, fromTypeScript } from './published-types.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(join(ROOT, 'types', file), 'utf8');

/** The compiler's complaints, a line each. It is not the build's, which keeps what it knows of a `.d.ts`. */
async function complaints(project: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const compiled = promisify(execFile)(process.execPath, [tsc, '-p', join(ROOT, 'tests', 'types', project)]);
  return compiled.then(
    () => '',
    ({ stdout }) => String(stdout),
  );
}

it('what cmsban.d.ts says is what the exports take and answer', async () => {
  expect(await complaints('tsconfig.json')).toBe('');
});

it('cmsban.d.ts is taken where the platform has its types', async () => {
  expect(await complaints('tsconfig.sample.json')).toBe('');
});

it('cmsban.lua says the same as cmsban.d.ts', () => {
  const published = fromTypeScript(read('cmsban.d.ts'));
  expect(Object.keys(published)).toContain('Outcome');
  expect(published['Exports']).toMatchObject({ getHistory: 'limit?: integer, cmsban.Outcome[]' });
  expect(published['ProductLookup']).toMatchObject({ status: "'found' | 'refused'", 'banned?': 'boolean' });
  expect(fromLua(read('cmsban.lua'))).toEqual(published);
});

it('cmsban.lua is Lua', async () => {
  const lua = await new LuaFactory().createEngine();
  try {
    expect(await lua.doString(read('cmsban.lua'))).toBeUndefined();
  } finally {
    lua.global.close();
  }
});
