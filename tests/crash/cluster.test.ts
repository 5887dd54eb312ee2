import { expect, it } from 'vitest';
import { describe } from '../mysql/mariadb.ts';
import { runClusterCampaign } from './cluster/campaign.ts';

const RUNS = 100;
// The same plan in every run: what is red is red again. To search further: `npm run crashtest -- --servers 3 --seed …`.
const SEED = 861;

describe('a community of three servers', () => {
  it(`keeps what it accepted through ${RUNS} troubles`, { timeout: 600_000 }, async () => {
    const { failure, runs, actions, requests } = await runClusterCampaign({
      servers: 3,
      runs: RUNS,
      seed: SEED,
      print: () => {},
    });
    console.log(
      `crash test of a community: ${runs} troubles, ${actions} decisions, ${requests} requests, seed ${SEED}`,
    );
    if (failure) throw new Error(failure);
    expect(runs).toBeGreaterThanOrEqual(RUNS);
  });
});
