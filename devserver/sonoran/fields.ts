/** Anything with named fields: a parsed JSON object, or a query. */
export type Fields = Readonly<Record<string, unknown>>;

/** What a field must be. `number` is a JSON number; `numeral` is a number in a query, where all is text. */
export type FieldKind = 'text' | 'digits' | 'uuid' | 'number' | 'numeral';

/** The one identifying field of a call. */
export interface Identifying<Name extends string> {
  readonly field: Name;
  readonly value: string | number;
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** @returns whether a value is what its field asks for. No kind takes the other's type: 7 is not '7'. */
export function fits(kind: FieldKind, value: unknown): value is string | number {
  if (kind === 'number') return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (typeof value !== 'string') return false;
  if (kind === 'uuid') return uuid.test(value);
  if (kind === 'digits') return /^\d+$/.test(value);
  if (kind === 'numeral') return /^\d{1,15}$/.test(value);
  return value !== '';
}

/** @returns whether a value is a JSON object (not a list, not null). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a call that identifies its account by exactly one of several fields. A field that is there
 * with `null` counts as there: the stand-in must not forgive what the real API might refuse.
 *
 * @returns the field, or the sentence that says what is wrong.
 */
export function exactlyOneOf<Name extends string>(
  fields: Fields,
  kinds: Readonly<Record<Name, FieldKind>>,
): Identifying<Name> | string {
  const names = Object.keys(kinds) as Name[];
  const given = names.filter((name) => Object.hasOwn(fields, name));
  const field = given[0];
  if (field === undefined || given.length > 1) return `exactly one of ${names.join(', ')} is needed`;
  const value = fields[field];
  if (!fits(kinds[field], value)) return `${field} is not a ${kinds[field]}`;
  return { field, value: kinds[field] === 'numeral' ? Number(value) : value };
}

/**
 * The real APIs may well ignore a field they do not know; the stand-in refuses it, because a field that
 * is ignored is a misspelt one or one that does not do what its sender believes.
 *
 * @returns the sentence that names the first unknown field, or undefined.
 */
export function unknownField(fields: Fields, known: readonly string[]): string | undefined {
  const name = Object.keys(fields).find((each) => !known.includes(each));
  return name === undefined ? undefined : `unknown field ${name}`;
}
