import { expect, it } from 'vitest';
import { until } from '../../devserver/clock.ts';
import { SkippingClock } from '../../devserver/skipping-clock.ts';

const HOUR_MS = 3_600_000;

it('a clock that skips runs what was due meanwhile, once, in order, and nothing else', async () => {
  const clock = new SkippingClock();
  const [now, elapsed] = [clock.now(), clock.elapsed()];
  const ran: string[] = [];
  clock.setTimeout(() => ran.push('second'), 2 * HOUR_MS);
  const again = clock.setTimeout(() => ran.push('first'), HOUR_MS);
  const never = clock.setTimeout(() => ran.push('never'), HOUR_MS);
  const later = clock.setTimeout(() => ran.push('later'), 4 * HOUR_MS).unref();
  clock.clearTimeout(never);
  clock.skip(2 * HOUR_MS);
  expect(clock.now() - now).toBeGreaterThanOrEqual(2 * HOUR_MS);
  expect(clock.elapsed() - elapsed).toBeGreaterThanOrEqual(2 * HOUR_MS);
  await until(() => ran.length === 2, 'what was due');
  again.refresh();
  clock.skip(HOUR_MS);
  await until(() => ran.length === 3, 'what was started again');
  expect(ran).toEqual(['first', 'second', 'first']);
  expect(later.hasRef()).toBe(false);
  clock.skip(HOUR_MS);
  await until(() => ran.length === 4, 'what was due at last');
  expect(ran.at(-1)).toBe('later');
});
