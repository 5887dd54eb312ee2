import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.ts';

/**
 * Kills the built resource so many times, and checks what became of what it had accepted.
 *
 *   npm run crashtest -- --runs 1000 --seed 42
 *   npm run crashtest -- --seed 42 --world 7 --runs 18     one world of a seed again
 *   npm run crashtest -- --cmsban <folder>                 another build than this one
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    world: { type: 'string', default: '0' },
    cmsban: { type: 'string' },
  },
});

const started = performance.now();
const seed = Number(values.seed);
console.log(`seed ${seed}`);
const { failure, runs, worlds, actions, requests } = await runCampaign({
  runs: Number(values.runs),
  seed,
  firstWorld: Number(values.world),
  ...(values.cmsban === undefined ? {} : { cmsban: values.cmsban }),
  print: console.log,
});
const seconds = ((performance.now() - started) / 1000).toFixed(1);
if (failure) console.error(failure);
console.log(
  `${failure ? 'FAILED' : 'ok'}: ${runs} runs (kill and restart) in ${worlds} worlds, ${actions} actions, ${requests} requests to Sonoran, ${seconds} s, seed ${seed}`,
);
process.exitCode = failure ? 1 : 0;
