import { expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';

const RUNS = 108;
// The same plan in every run: what is red is red again. To search further: `npm run crashtest -- --seed …`.
const SEED = 861;

it(`keeps what it accepted when it is killed ${RUNS} times`, { timeout: 300_000 }, async () => {
  const { failure, runs, actions, requests } = await runCampaign({
    runs: RUNS,
    seed: SEED,
    print: () => {},
  });
  console.log(
    `crash test: ${runs} runs (kill and restart), ${actions} actions, ${requests} requests, seed ${SEED}`,
  );
  if (failure) throw new Error(failure);
  expect(runs).toBe(RUNS);
});
