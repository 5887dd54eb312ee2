import { expect, it } from 'vitest';
import { describe } from '../mysql/mariadb.ts';
import { runClusterCampaign } from './cluster/campaign.ts';

const RUNS = 100;

describe('a community of three servers', () => {
  it(`keeps what it accepted through ${RUNS} troubles`, { timeout: 600_000 }, async () => {
    const seed = Date.now() % 1_000_000;
    const { failure, runs, actions, requests } = await runClusterCampaign({
      servers: 3,
      runs: RUNS,
      seed,
      print: () => {},
    });
    console.log(
      `crash test of a community: ${runs} troubles, ${actions} decisions, ${requests} requests, seed ${seed}`,
    );
    if (failure) throw new Error(failure);
    expect(runs).toBeGreaterThanOrEqual(RUNS);
  });
});
