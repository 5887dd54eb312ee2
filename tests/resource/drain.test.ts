import { expect, it } from 'vitest';
import { measureDrain } from '../../bench/drain.ts';

/** A queue drains as fast as Sonoran's documented limits allow, and never faster. */
it('a hundred bans at once are carried out at the pace of the limits, with not one call refused', async () => {
  const drained = await measureDrain(100);
  expect(drained.cad.demandedMs).toBe(540_000);
  for (const { tookMs, demandedMs, calls, refusals } of [drained.cad, drained.cms]) {
    expect(refusals).toBe(0);
    expect(calls).toBe(100);
    expect(tookMs).toBeLessThanOrEqual(demandedMs * 1.02);
    expect(tookMs).toBeGreaterThanOrEqual(demandedMs);
  }
}, 60_000);
