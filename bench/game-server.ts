import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../devserver/clock.ts';
import type { Disk } from '../devserver/fxserver/disk.ts';
import { KeyValueStore } from '../devserver/fxserver/key-value-store.ts';
import { FxServer } from '../devserver/fxserver/server.ts';
import type { SonoranProcess } from './sonoran-process.ts';

/** The stand-in's default credentials. */
const KEYS = { cms: 'stand-in-cms-api-key', cad: 'stand-in-cad-api-key' };

/** A game server with the built resource, not yet started. */
export interface GameServer {
  readonly fx: FxServer;
  /** Resolves with the next line that cmsban prints and that has these words in it. */
  nextLine(words: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * Sets up a game server; `ensure cmsban` is left to the bench.
 *
 * @param clock the system's unless given.
 * @param others more resources, name to folder; they are not started either.
 * @param disk one with nothing wrong unless given.
 * @param seed fills the store before the server starts.
 */
export async function startGameServer(
  sonoran: SonoranProcess,
  clock?: Clock,
  others: Readonly<Record<string, string>> = {},
  disk?: Disk,
  seed: (store: KeyValueStore) => void = () => {},
): Promise<GameServer> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-bench-'));
  const config = join(folder, 'server.cfg');
  const settings = (['cms', 'cad'] as const).flatMap((product) => [
    `set cmsban_${product}_url "${sonoran[product].url}"`,
    `set cmsban_${product}_community_id "${sonoran[product].communityId}"`,
    `set cmsban_${product}_api_key "${KEYS[product]}"`,
  ]);
  await writeFile(config, `${settings.join('\n')}\n`);
  const store = new KeyValueStore(join(folder, 'data', 'cmsban.kvp'));
  seed(store);
  store.close();
  const waiting: Array<{ words: string; resolve: (line: string) => void }> = [];
  const fx = await FxServer.start({
    config,
    resources: { cmsban: join(import.meta.dirname, '..'), ...others },
    data: join(folder, 'data'),
    ...(clock && { clock }),
    ...(disk && { disk }),
    onOutput({ resource, text }) {
      const index = waiting.findIndex(({ words }) => resource === 'cmsban' && text.includes(words));
      if (index >= 0) waiting.splice(index, 1)[0]?.resolve(text);
    },
  });
  return {
    fx,
    nextLine: (words) => new Promise((resolve) => waiting.push({ words, resolve })),
    async close() {
      await fx.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
