import type { Say } from '../text/locale.ts';

/** One page of a list, and how many there are; at least one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly number: number;
  readonly count: number;
}

/** A page's number as it is typed; the first when nothing is. Undefined for anything that is no number of a page. */
export function readPageNumber(word: string | undefined): number | undefined {
  if (word === undefined) return 1;
  return /^[0-9]{1,6}$/.test(word) && Number(word) > 0 ? Number(word) : undefined;
}

/** @returns a page without items when the list has not so many. */
export function pageOf<T>(all: readonly T[], number: number, size: number): Page<T> {
  const count = Math.max(1, Math.ceil(all.length / size));
  return { items: all.slice((number - 1) * size, number * size), number, count };
}

/**
 * Which page this is, and how to get the next one; undefined when there is but one.
 *
 * @param next what is to be typed for the next page.
 */
export function pageWords({ number, count }: Page<unknown>, next: string, say: Say): string | undefined {
  if (number > count) return say('page.beyond', { page: number, pages: count });
  if (count === 1) return undefined;
  return say(number < count ? 'page.more' : 'page.last', { page: number, pages: count, next });
}

/** A word as it has to be typed: in quotes when there are spaces in it. */
export function asTyped(word: string): string {
  return /[\s"]/.test(word) ? `"${word.replaceAll('"', '\\"')}"` : word;
}
