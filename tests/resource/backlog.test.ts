import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { measureBacklog } from '../../bench/backlog.ts';
import { quantile } from '../../bench/figures.ts';
import { Sonoran } from '../../devserver/sonoran/server.ts';

/** What is stored must not hold up the server. `npm run bench` has the figures; these bounds only catch what is far off. */

setFlagsFromString('--expose-gc');
globalThis.gc = runInNewContext('gc') as NonNullable<typeof globalThis.gc>;

describe('a start with ten thousand pending deliveries', () => {
  it('is ready soon, in small slices, with little memory, and lets an urgent command go first', async () => {
    const sonoran = await Sonoran.start();
    onTestFinished(() => sonoran.stop());
    const { readyMs, slices, heapMiB, urgentPlace } = await measureBacklog({
      sonoran,
      actions: 5_000,
      temporary: 200,
    });
    expect(readyMs).toBeLessThan(1_000);
    // The odd garbage collection, on a machine with other things to do, is nobody's fault.
    expect(quantile(slices, 0.9)).toBeLessThan(30);
    expect(slices.length).toBeGreaterThan(10);
    expect(heapMiB).toBeLessThan(30);
    // The first calls went out before the command had been typed.
    expect(urgentPlace).toBeLessThan(10);
  }, 60_000);
});
