import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';

/**
 * Puts the game server's process into one file: it is started hundreds of times, and loading the
 * stand-in's modules one by one takes three times as long as everything else.
 */
export async function bundleGameServer(): Promise<{ readonly entry: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-crash-server-'));
  const entry = join(folder, 'game-server.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'game-server.ts')],
    outfile: entry,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    define: { 'import.meta.dirname': '__dirname', 'import.meta.url': '__filename' },
    logLevel: 'warning',
  });
  // Manifests are Lua.
  const wasmoon = dirname(createRequire(import.meta.url).resolve('wasmoon'));
  await cp(join(wasmoon, 'glue.wasm'), join(folder, 'glue.wasm'));
  return { entry, remove: () => rm(folder, { recursive: true, force: true }) };
}
