import type { Fields } from './fields.ts';
import { fits } from './fields.ts';

/**
 * @param kind how it is written: in a query all is text, in a body a number is one.
 * @returns a whole number within its bounds, its default when absent, undefined when wrong.
 */
export function wholeNumber(
  fields: Fields,
  name: string,
  bounds: { least: number; most: number; absent: number },
  kind: 'numeral' | 'number' = 'numeral',
): number | undefined {
  if (!Object.hasOwn(fields, name)) return bounds.absent;
  const given = fields[name];
  if (!fits(kind, given)) return undefined;
  const value = Number(given);
  return value >= bounds.least && value <= bounds.most ? value : undefined;
}
