import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as esbuild from 'esbuild';
import { serverBundle } from '../../build.mjs';

/**
 * Loads a module as the build would bundle it: with the timers and the parts of libraries that the bundle has.
 *
 * @param code the module; its paths are relative to the repository.
 * @throws when it cannot be built.
 */
export async function bundled<T>(code: string): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-bundled-'));
  try {
    const outfile = join(folder, 'module.cjs');
    const { entryPoints, ...options } = serverBundle(outfile);
    await esbuild.build({
      ...options,
      format: 'cjs',
      logLevel: 'silent',
      sourcemap: false,
      stdin: { contents: code, resolveDir: join(import.meta.dirname, '..', '..'), loader: 'ts' },
    });
    return createRequire(import.meta.url)(outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
