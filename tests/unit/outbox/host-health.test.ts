import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HostHealth } from '../../../server/outbox/host-health.ts';

const NOW = 100_000;

function failing(times: number, random = 0): HostHealth {
  const health = new HostHealth(() => random);
  for (let number = 0; number < times; number++) health.failed(NOW);
  return health;
}

describe('a host', () => {
  it('is not down because one call failed', () => {
    const health = failing(1);
    expect(health.isDown).toBe(false);
    expect(health.probeAt).toBe(0);
  });

  it('is down when two failed in a row, and is asked again after a second', () => {
    const health = failing(2);
    expect(health.isDown).toBe(true);
    expect(health.probeAt).toBe(NOW + 1_000);
  });

  it('is up as soon as it answers, and says whether that is news', () => {
    const health = failing(5);
    expect(health.answered()).toBe(true);
    expect(health.isDown).toBe(false);
    expect(health.probeAt).toBe(0);
    expect(health.answered()).toBe(false);
    health.failed(NOW);
    expect(health.isDown).toBe(false);
  });

  it('is asked ever more rarely, up to five minutes', () => {
    const waits = [2, 3, 5, 9, 50].map((times) => failing(times, 0.999_999).probeAt - NOW);
    expect(waits.map((wait) => Math.round(wait / 1_000))).toEqual([2, 4, 16, 256, 300]);
  });

  it('is asked within five seconds of the last failure when somebody waits', () => {
    const health = failing(50, 0.999_999);
    health.hurry(NOW + 1_000);
    expect(health.probeAt).toBe(NOW + 5_000);
    health.hurry(NOW + 60_000);
    expect(health.probeAt).toBe(NOW + 5_000);
  });

  it('is asked at once when somebody comes long after the last failure', () => {
    const health = failing(50, 0.999_999);
    health.hurry(NOW + 60_000);
    expect(health.probeAt).toBe(NOW + 60_000);
  });

  it('is not asked later because somebody waits', () => {
    const health = failing(2);
    health.hurry(NOW + 500);
    expect(health.probeAt).toBe(NOW + 1_000);
  });

  it('is asked at once when somebody wants to know', () => {
    const health = failing(50, 0.999_999);
    health.probeNow();
    expect(health.probeAt).toBe(0);
    expect(health.isDown).toBe(true);
  });

  it('is down exactly when the last two or more failed, and never waits longer than five minutes', () => {
    fc.assert(
      fc.property(
        fc.array(fc.boolean()),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (answers, random) => {
          const health = new HostHealth(() => random);
          let failures = 0;
          for (const [now, isAnswer] of answers.entries()) {
            if (isAnswer) {
              expect(health.answered()).toBe(failures >= 2);
              failures = 0;
            } else {
              health.failed(now);
              failures++;
            }
            expect(health.isDown).toBe(failures >= 2);
            expect(health.probeAt).toBeLessThanOrEqual(now + 300_000);
            if (health.isDown && !isAnswer) expect(health.probeAt).toBeGreaterThanOrEqual(now + 1_000);
          }
        },
      ),
    );
  });
});
