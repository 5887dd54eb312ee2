import { expect, it } from 'vitest';
import { Stopwatch } from '../../../server/outbox/stopwatch.ts';

it('counts nothing before it runs', () => {
  const watch = new Stopwatch();
  expect(watch.read(5_000)).toBe(0);
  watch.set(false, 6_000);
  expect(watch.read(7_000)).toBe(0);
});

it('counts only while it runs', () => {
  const watch = new Stopwatch();
  watch.set(true, 1_000);
  expect([watch.read(1_000), watch.read(1_300)]).toEqual([0, 300]);
  watch.set(false, 1_500);
  expect(watch.read(9_000)).toBe(500);
  watch.set(true, 10_000);
  expect(watch.read(10_250)).toBe(750);
});

it('counts on when it is told again that it runs, or stands still', () => {
  const watch = new Stopwatch();
  watch.set(true, 0);
  watch.set(true, 100);
  watch.set(true, 300);
  expect(watch.read(400)).toBe(400);
  watch.set(false, 400);
  watch.set(false, 900);
  expect(watch.read(1_000)).toBe(400);
});

it('changes nothing by being read', () => {
  const watch = new Stopwatch();
  watch.set(true, 0);
  watch.read(100);
  expect([watch.read(50), watch.read(200)]).toEqual([50, 200]);
});
