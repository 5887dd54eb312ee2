import type { Fields } from './fields.ts';
import { fits } from './fields.ts';

/** @returns a whole number of a query within its bounds, its default when absent, undefined when wrong. */
export function wholeNumber(
  query: Fields,
  name: string,
  bounds: { least: number; most: number; absent: number },
): number | undefined {
  if (!Object.hasOwn(query, name)) return bounds.absent;
  const text = query[name];
  if (!fits('numeral', text)) return undefined;
  const value = Number(text);
  return value >= bounds.least && value <= bounds.most ? value : undefined;
}
