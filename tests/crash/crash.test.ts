import { expect, it } from 'vitest';
import { runCampaign } from './campaign.ts';

const RUNS = 108;

it(`keeps what it accepted when it is killed ${RUNS} times`, { timeout: 300_000 }, async () => {
  const seed = Date.now() % 1_000_000;
  const { failure, runs, actions, requests } = await runCampaign({
    runs: RUNS,
    seed,
    print: () => {},
  });
  console.log(
    `crash test: ${runs} runs (kill and restart), ${actions} actions, ${requests} requests, seed ${seed}`,
  );
  if (failure) throw new Error(failure);
  expect(runs).toBe(RUNS);
});
