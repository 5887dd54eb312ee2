import type { Clock } from '../clock.ts';
import { inSlices } from '../slices.ts';
import { sorted } from './sorted.ts';

/** A place in the order of decisions of one store, and when it was taken; undefined when that is not known. */
export interface Place {
  readonly place: number;
  readonly at: number | undefined;
}

/** The new places, by the old ones. */
export interface MergedOrder {
  readonly ours: ReadonlyMap<number, number>;
  readonly theirs: ReadonlyMap<number, number>;
}

interface Timed {
  readonly place: number;
  readonly at: number;
}

/**
 * One order of two: by time, each in its own order, however its clock has jumped. Ours move up, and never down: written
 * from the last to the first, they are in order at every moment.
 */
export async function mergedOrder(
  ours: readonly Place[],
  theirs: readonly Place[],
  clock: Clock,
): Promise<MergedOrder> {
  const one = await timed(ours, clock);
  const other = await timed(theirs, clock);
  const places = { ours: new Map<number, number>(), theirs: new Map<number, number>() };
  let last = 0;
  let next = 0;
  await inSlices(other, clock, ({ place, at }) => {
    for (let our = one[next]; our && our.at <= at; our = one[++next]) {
      last = Math.max(our.place, last + 1);
      places.ours.set(our.place, last);
    }
    places.theirs.set(place, ++last);
  });
  await inSlices(one.slice(next), clock, ({ place }) => {
    last = Math.max(place, last + 1);
    places.ours.set(place, last);
  });
  return places;
}

/** In order; what has no time has that of the place before. */
async function timed(places: readonly Place[], clock: Clock): Promise<readonly Timed[]> {
  const inOrder: Timed[] = [];
  let before = Number.NEGATIVE_INFINITY;
  await inSlices(await sorted(places, ({ place }) => place, clock), clock, ({ place, at = before }) => {
    before = at;
    inOrder.push({ place, at });
  });
  return inOrder;
}
