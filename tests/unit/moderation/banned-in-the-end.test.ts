import '../fixed-seed.ts';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { foundBefore } from './in-the-end/found.ts';
import { faultsInTheEnd, faultsNow } from './in-the-end/judge.ts';
import { anySteps } from './in-the-end/steps.ts';
import { World } from './in-the-end/world.ts';

/** To search further: `END_RUNS=20000 END_SEED=7 npx vitest run tests/unit/moderation/banned-in-the-end`. */
const { END_RUNS = '1000', END_SEED } = process.env;

it('is who has a ban, decided after the last lift of them, that has neither ended nor been revoked', async () => {
  await fc.assert(
    fc.asyncProperty(anySteps, async (steps) => {
      const world = new World();
      await world.boot();
      for (const step of steps) {
        await world.take(step);
        expect(faultsNow(world)).toEqual([]);
      }
      await world.end();
      expect(faultsInTheEnd(world)).toEqual([]);
      expect([...world.bugs, ...world.life.bugs]).toEqual([]);
    }),
    {
      numRuns: Number(END_RUNS),
      examples: foundBefore(),
      ...(END_SEED === undefined ? {} : { seed: Number(END_SEED) }),
    },
  );
}, 600_000);
