import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { buildWithLease } from '../../cluster/lease-build.ts';

/** How long the lease is here, in milliseconds. */
export const LEASE_MS = 900;
/** How many times faster than Sonoran's limits allow calls go out, so that there are some when something fails. */
const HASTE = 20;

const WINDOW = /windowMs: ([\d_]+)/g;

/** Sonoran's limits, so many times shorter: everything else runs in real time, as the database does. */
const quickLimits: Plugin = {
  name: 'quick-limits',
  setup({ onLoad }) {
    onLoad({ filter: /server[\\/]sonoran[\\/]limits\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!WINDOW.test(text)) throw new Error(`${path} has no limits any more that are known here`);
      const contents = text.replaceAll(
        WINDOW,
        (_, ms: string) => `windowMs: ${Number(ms.replaceAll('_', '')) / HASTE}`,
      );
      return { contents, loader: 'ts' };
    });
  },
};

/** Lays the resource out for this test. @returns its folder, to be taken away. */
export const buildQuick = (): Promise<string> => buildWithLease(LEASE_MS, [quickLimits]);
