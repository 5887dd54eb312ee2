import type { Clock } from '../clock.ts';
import { inSlices } from '../slices.ts';

/** So many are sorted at once. */
const RUN = 1_000;

/** Items in the order of their places, those of one place as they were; in slices. */
export async function sorted<T>(
  items: readonly T[],
  placeOf: (item: T) => number,
  clock: Clock,
): Promise<readonly T[]> {
  let runs: Array<readonly T[]> = [];
  await inSlices(startsOf(items.length, RUN), clock, (at) =>
    runs.push(items.slice(at, at + RUN).sort((one, other) => placeOf(one) - placeOf(other))),
  );
  while (runs.length > 1) {
    const longer: Array<readonly T[]> = [];
    for (let at = 0; at < runs.length; at += 2) {
      longer.push(await joined(runs[at] ?? [], runs[at + 1] ?? [], placeOf, clock));
    }
    runs = longer;
  }
  return runs[0] ?? [];
}

async function joined<T>(
  one: readonly T[],
  other: readonly T[],
  placeOf: (item: T) => number,
  clock: Clock,
): Promise<readonly T[]> {
  const both: T[] = [];
  let next = 0;
  await inSlices(one, clock, (item) => {
    for (
      let first = other[next];
      first !== undefined && placeOf(first) < placeOf(item);
      first = other[++next]
    ) {
      both.push(first);
    }
    both.push(item);
  });
  await inSlices(other.slice(next), clock, (item) => both.push(item));
  return both;
}

function* startsOf(length: number, step: number): Generator<number> {
  for (let at = 0; at < length; at += step) yield at;
}
