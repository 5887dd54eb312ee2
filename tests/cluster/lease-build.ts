import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { layOutRelease, serverBundle } from '../../build.mjs';

/**
 * Lays the resource out with another length of the lease.
 *
 * @param plugins of the test's own, for the build.
 * @returns its folder, to be taken away by whoever has asked for it.
 */
export async function buildWithLease(leaseMs: number, plugins: readonly Plugin[] = []): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-lease-'));
  await layOutRelease(folder);
  const options = serverBundle(join(folder, 'dist', 'server.js'), undefined, leaseMs);
  await build({ ...options, plugins: [...options.plugins, ...plugins] });
  return folder;
}
