import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until, VirtualClock } from '../devserver/clock.ts';
import { FxServer } from '../devserver/fxserver/server.ts';
import { Sonoran } from '../devserver/sonoran/server.ts';
import type { Mariadb } from './mariadb.ts';
import { openVirtualLine, type VirtualLine } from './virtual-line.ts';

const CMSBAN = join(import.meta.dirname, '..');

/** An event loop without news for so many turns has nothing under way: what is sent arrives in one or two. */
const QUIET_TURNS = 4;
/** A wall-clock limit for each step, in milliseconds. */
const STUCK_MS = 30_000;

/** What is on a stage. */
export interface StageOptions {
  /** How many game servers. */
  readonly servers: number;
  /** That of a cluster; without it, each server has its own store alone. */
  readonly database?: Mariadb | undefined;
  /** Folder of the cmsban to run, when it is not the built one. */
  readonly cmsban?: string;
}

/**
 * Game servers, Sonoran with its documented limits, and a real database, all in virtual time. `ensure cmsban` is left to
 * whoever opens it.
 */
export interface Stage {
  readonly clock: VirtualClock;
  readonly sonoran: Sonoran;
  readonly servers: readonly FxServer[];
  /** From each server to the database. */
  readonly lines: readonly VirtualLine[];
  /** Lets time pass, and everything that is due be seen through before it goes on. */
  pass(ms: number, stepMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function openStage({ servers: count, database, cmsban = CMSBAN }: StageOptions): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-raid-'));
  const clock = new VirtualClock();
  const sonoran = await Sonoran.start({ clock });
  const schema = database?.newDatabase();
  const lines: VirtualLine[] = [];
  const servers: FxServer[] = [];
  for (let number = 0; number < count; number++) {
    const settings: string[] = [];
    for (const product of ['cms', 'cad'] as const) {
      const { communityId, apiKey } = sonoran[product].settings;
      settings.push(
        `set cmsban_${product}_url "${sonoran[product].url}"`,
        `set cmsban_${product}_community_id "${communityId}"`,
        `set cmsban_${product}_api_key "${apiKey}"`,
      );
    }
    if (database) {
      const line = await openVirtualLine(database.socketPath, clock);
      lines.push(line);
      const where = `${database.user}:${database.password}@127.0.0.1:${line.port}/${schema}`;
      settings.push('set cmsban_storage "mysql"', `set cmsban_mysql_connection_string "mysql://${where}"`);
    }
    const config = join(folder, `server-${number}.cfg`);
    await writeFile(config, `${settings.join('\n')}\n`);
    const data = join(folder, `data-${number}`);
    servers.push(await FxServer.start({ config, clock, data, resources: { cmsban } }));
  }

  let quietFor = 0;
  let quietAt = -1;
  function isBusy(): boolean {
    const isWaiting =
      lines.some((line) => line.isBusy()) || [sonoran.cms, sonoran.cad].some((host) => host.openRequests > 0);
    quietFor = isWaiting || quietAt !== clock.elapsed() ? 0 : quietFor + 1;
    quietAt = clock.elapsed();
    return quietFor < QUIET_TURNS;
  }
  clock.holdWhile(isBusy);

  return {
    clock,
    sonoran,
    servers,
    lines,
    async pass(ms, stepMs) {
      const end = clock.elapsed() + ms;
      while (clock.elapsed() < end) {
        await until(() => !isBusy(), 'the answers', STUCK_MS);
        await clock.advance(Math.min(stepMs, end - clock.elapsed()));
      }
    },
    async close() {
      for (const server of servers) await server.stop();
      for (const line of lines) await line.close();
      await sonoran.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
