import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROGRAMS } from '../../left-out/programs.ts';
import { findMariadb, type Installed } from '../../mysql/installed.ts';
import { bundleGameServer } from '../game-server-bundle.ts';
import { buildQuick } from './quick-build.ts';
import { runWorld, type WorldReport } from './world.ts';

const root = join(import.meta.dirname, '..', '..', '..');

/** How much trouble a world has. */
const TROUBLES_PER_WORLD = 25;
/** How many worlds there are at once: most of the time they wait. */
const AT_ONCE = 2;

/** What to do. */
export interface ClusterCampaignOptions {
  /** How many servers a community has. */
  readonly servers: number;
  /** How much trouble there is in all, at least. */
  readonly runs: number;
  readonly seed: number;
  /** Which of the seed's worlds to begin with, to see one again. */
  readonly firstWorld?: number;
  readonly print: (line: string) => void;
}

/** What came of it. */
export interface ClusterCampaignReport {
  readonly runs: number;
  readonly worlds: number;
  readonly actions: number;
  readonly requests: number;
  /** What was wrong in the first world in which something was; with what happened there. */
  readonly failure: string | undefined;
}

/** Makes so much trouble for communities, and stops at the first in which a promise was not kept. @throws without MariaDB. */
export async function runClusterCampaign(options: ClusterCampaignOptions): Promise<ClusterCampaignReport> {
  const found = findMariadb();
  if (!found) throw new Error(`no MariaDB here. ${PROGRAMS.mariadb.howToGetIt}`);
  const installed: Installed = found;
  const { entry, remove } = await bundleGameServer();
  const folder = await mkdtemp(join(tmpdir(), 'cmsban-crash-databases-'));
  const cmsban = await buildQuick();
  const resources = {
    cmsban,
    monitor: join(root, 'devserver', 'resources', 'monitor'),
    caller: join(root, 'tests', 'resource', 'resources', 'caller'),
  };
  const report = { runs: 0, worlds: 0, actions: 0, requests: 0 };
  let failure: string | undefined;
  let planned = 0;
  let number = options.firstWorld ?? 0;

  async function worldAfterWorld(): Promise<void> {
    while (failure === undefined && planned < options.runs) {
      const world = number++;
      planned += TROUBLES_PER_WORLD;
      const { servers, seed } = options;
      const troubles = TROUBLES_PER_WORLD;
      const came = await runWorld({
        seed: `${seed}/${world}`,
        servers,
        entry,
        resources,
        installed,
        folder,
        troubles,
      });
      // What did not come to pass is made up for.
      planned -= TROUBLES_PER_WORLD - came.troubles;
      report.runs += came.troubles;
      report.worlds++;
      report.actions += came.decisions;
      report.requests += came.requests;
      if (came.complaints.length > 0) failure ??= explain(options, world, came);
      options.print(
        `world ${world}: ${came.troubles} troubles, ${came.terms} terms, ${came.decisions} decisions, ${came.requests} requests`,
      );
    }
  }

  try {
    await Promise.all(Array.from({ length: AT_ONCE }, worldAfterWorld));
  } finally {
    await remove();
    await rm(folder, { recursive: true, force: true });
    await rm(cmsban, { recursive: true, force: true });
  }
  return { ...report, failure };
}

function explain(
  { seed, servers }: ClusterCampaignOptions,
  world: number,
  { trace, complaints }: WorldReport,
): string {
  return [
    `seed ${seed}, world ${world}; again: npm run crashtest -- --servers ${servers} --seed ${seed} --world ${world} --runs 1`,
    trace,
    ...complaints,
  ].join('\n');
}
