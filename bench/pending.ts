import { Sonoran } from '../devserver/sonoran/server.ts';
import { measureBacklog } from './backlog.ts';
import { figure, figureOfRuns } from './figures.ts';

const ROUNDS = 5;

/** What a start costs with 10 000 pending deliveries in the store, and whether somebody urgent still goes first. */
export async function benchPending(): Promise<void> {
  await measure('10 000 pending', 5_000, 0);
  await measure('10 000 pending, 1 000 temporary', 5_000, 1_000);
}

async function measure(name: string, actions: number, temporary: number): Promise<void> {
  const ready: number[] = [];
  const slices: number[] = [];
  const heaps: number[] = [];
  const places: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const sonoran = await Sonoran.start();
    try {
      const figures = await measureBacklog({ sonoran, actions, temporary });
      ready.push(figures.readyMs);
      slices.push(Math.max(...figures.slices));
      heaps.push(figures.heapMiB);
      places.push(figures.urgentPlace);
    } finally {
      await sonoran.stop();
    }
  }
  figure(`${name}: main thread until ready, first (cold)`, ready[0] ?? Number.NaN, 'ms');
  figureOfRuns(`${name}: main thread until ready`, ready, 'ms');
  figureOfRuns(`${name}: longest slice`, slices, 'ms');
  figureOfRuns(`${name}: heap`, heaps, 'MiB');
  figure(`${name}: calls before an urgent one, worst`, Math.max(...places), '');
}
