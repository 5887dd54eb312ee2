import type { Clock } from './clock.ts';

/**
 * Longest piece of work before others get their turn, in milliseconds. Short, because what is loaded
 * stays: the garbage collector adds its share to a slice.
 */
const SLICE_MS = 2;

/**
 * Does something with every item, without holding the main thread for longer than a slice at a time.
 *
 * @param begin when: after everybody else who is ready, or in this turn.
 */
export async function inSlices<T>(
  items: Iterable<T>,
  clock: Clock,
  work: (item: T) => void,
  begin: 'at once' | 'in turn' = 'in turn',
): Promise<void> {
  if (begin === 'in turn') await clock.pause();
  let end = clock.elapsed() + SLICE_MS;
  for (const item of items) {
    work(item);
    if (clock.elapsed() > end) {
      await clock.pause();
      end = clock.elapsed() + SLICE_MS;
    }
  }
}
