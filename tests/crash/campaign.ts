import { join } from 'node:path';
import { bundleGameServer } from './game-server-bundle.ts';
import { World } from './world.ts';

const root = join(import.meta.dirname, '..', '..');

/** How often the server dies before everything comes to its end and is looked at. */
const RUNS_UNTIL_SETTLED = 9;
/** How often it does before there is a fresh world. */
const RUNS_PER_WORLD = 18;

/** What to do. */
export interface CampaignOptions {
  /** How many times the server is killed. */
  readonly runs: number;
  readonly seed: number;
  /** Which of the seed's worlds to begin with, to see one again. */
  readonly firstWorld?: number;
  /** The folder of the built resource; this repository unless given. */
  readonly cmsban?: string;
  readonly print: (line: string) => void;
}

/** What came of it. */
export interface CampaignReport {
  readonly runs: number;
  readonly worlds: number;
  readonly actions: number;
  readonly requests: number;
  /** What was wrong in the first world in which something was; with what happened there. */
  readonly failure: string | undefined;
}

/** Kills the server so many times, and stops at the first world in which a promise was not kept. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const { entry, remove } = await bundleGameServer();
  const resources = {
    cmsban: options.cmsban ?? root,
    monitor: join(root, 'devserver', 'resources', 'monitor'),
    caller: join(root, 'tests', 'resource', 'resources', 'caller'),
  };
  let report: CampaignReport = { runs: 0, worlds: 0, actions: 0, requests: 0, failure: undefined };
  try {
    const first = options.firstWorld ?? 0;
    for (let number = first; report.runs < options.runs && report.failure === undefined; number++) {
      const world = await World.open({ seed: `${options.seed}/${number}`, entry, resources });
      try {
        const most = Math.min(RUNS_PER_WORLD, options.runs - report.runs);
        const { runs, complaints } = await live(world, most);
        report = {
          runs: report.runs + runs,
          worlds: report.worlds + 1,
          actions: report.actions + world.actions,
          requests: report.requests + world.requests,
          failure: complaints.length === 0 ? undefined : explain(options.seed, number, complaints, world),
        };
        options.print(`world ${number}: ${runs} kills, ${world.actions} actions, ${world.requests} requests`);
      } finally {
        await world.close();
      }
    }
  } finally {
    await remove();
  }
  return report;
}

async function live(world: World, most: number): Promise<{ runs: number; complaints: string[] }> {
  let runs = 0;
  while (runs < most) {
    const until = Math.min(most, runs + RUNS_UNTIL_SETTLED);
    for (; runs < until; runs++) await world.run();
    const complaints = await world.settle();
    if (complaints.length > 0) return { runs, complaints };
  }
  return { runs, complaints: [] };
}

function explain(seed: number, number: number, complaints: readonly string[], world: World): string {
  return [
    `seed ${seed}, world ${number}; again: npm run crashtest -- --seed ${seed} --world ${number} --runs ${RUNS_PER_WORLD}`,
    world.trace,
    ...complaints,
  ].join('\n');
}
