import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';
import { runClusterCampaign } from './cluster/campaign.ts';

/**
 * Kills the built resource so many times, and checks what became of what it had accepted.
 *
 *   npm run crashtest -- --runs 1000 --seed 42
 *   npm run crashtest -- --seed 42 --world 7 --runs 18     one world of a seed again
 *   npm run crashtest -- --cmsban <folder>                 another build than this one
 *   npm run crashtest -- --servers 3 --runs 1000           several servers with one database
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    world: { type: 'string', default: '0' },
    servers: { type: 'string', default: '1' },
    cmsban: { type: 'string' },
  },
});

const started = performance.now();
const seed = Number(values.seed);
const servers = Number(values.servers);
console.log(`seed ${seed}`);
const options = { runs: Number(values.runs), seed, firstWorld: Number(values.world), print: console.log };
const { failure, runs, worlds, actions, requests } =
  servers > 1
    ? await runClusterCampaign({ ...options, servers })
    : await runCampaign({ ...options, ...(values.cmsban === undefined ? {} : { cmsban: values.cmsban }) });
const seconds = ((performance.now() - started) / 1000).toFixed(1);
if (failure) console.error(failure);
const what = servers > 1 ? 'troubles' : 'runs (kill and restart)';
console.log(
  `${failure ? 'FAILED' : 'ok'}: ${runs} ${what} in ${worlds} worlds, ${actions} actions, ${requests} requests to Sonoran, ${seconds} s, seed ${seed}`,
);
process.exitCode = failure ? 1 : 0;
