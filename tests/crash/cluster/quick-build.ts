import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';
import { buildWithLease } from '../../cluster/lease-build.ts';

/** How long the lease is here, in milliseconds. */
export const LEASE_MS = 900;
/**
 * For how long it is doubted here whether a temporary ban has ended that was over before a server began to work, in
 * milliseconds, and how often it is looked then.
 */
export const DOUBT_MS = 2_000;
const DOUBTFUL_SLEEP_MS = 250;
/** How many times faster than Sonoran's limits allow calls go out, so that there are some when something fails. */
const HASTE = 20;

/** The database lives in real time, and so does everything here; what would take minutes of it is made shorter. */
const SHORTER: readonly {
  readonly file: string;
  readonly text: RegExp;
  readonly by: (...found: string[]) => string;
}[] = [
  {
    file: 'server/sonoran/limits.ts',
    text: /windowMs: ([\d_]+)/g,
    by: (_, ms = '') => `windowMs: ${Number(ms.replaceAll('_', '')) / HASTE}`,
  },
  {
    file: 'server/moderation/temporary-bans.ts',
    text: /DOUBT_MS = 5 \* 60_000/g,
    by: () => `DOUBT_MS = ${DOUBT_MS}`,
  },
  {
    file: 'server/moderation/temporary-bans.ts',
    text: /DOUBTFUL_SLEEP_MS = 60_000/g,
    by: () => `DOUBTFUL_SLEEP_MS = ${DOUBTFUL_SLEEP_MS}`,
  },
];

const root = join(import.meta.dirname, '..', '..', '..');

const shorter: Plugin = {
  name: 'shorter',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]server[\\/](sonoran|moderation)[\\/]/ }, async ({ path }) => {
      const changes = SHORTER.filter(({ file }) => join(root, file) === path);
      if (changes.length === 0) return undefined;
      let contents = await readFile(path, 'utf8');
      for (const { text, by } of changes) {
        if (!contents.match(text)) throw new Error(`${path} does not hold ${text} any more`);
        contents = contents.replaceAll(text, by);
      }
      return { contents, loader: 'ts' };
    });
  },
};

/** Lays the resource out for this test. @returns its folder, to be taken away. */
export const buildQuick = (): Promise<string> => buildWithLease(LEASE_MS, [shorter]);
