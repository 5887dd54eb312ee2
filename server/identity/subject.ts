import type { Identifier, IdentifierType } from './identifier.ts';
import type { AccountReference } from './target.ts';

/** How an identifier is written as an API ID in this community (`cmsban_api_id_format`). */
export const API_ID_FORMATS = ['value', 'prefixed', 'upper'] as const;
export type ApiIdFormat = (typeof API_ID_FORMATS)[number];

/** One way to name an account in a call to Sonoran: exactly one field of the request. */
export type Subject =
  | { readonly by: 'apiId'; readonly value: string }
  | { readonly by: 'discord'; readonly value: string }
  | AccountReference;

/** What an API lets an account be named by. */
export type SubjectField = Subject['by'];

/** How a product's accounts are found from identifiers. */
export interface ApiIdRules {
  /** Identifier types, the first to be tried first. */
  readonly types: readonly IdentifierType[];
  readonly format: ApiIdFormat;
  /** Whether the API has a field for Discord ids; otherwise they are API IDs like any other. */
  readonly discordField: boolean;
}

/** An identifier as an API ID: `110000112345678`, `steam:110000112345678` or `STEAM:110000112345678`. */
export function formatApiId({ type, value }: Identifier, format: ApiIdFormat): string {
  switch (format) {
    case 'value':
      return value;
    case 'prefixed':
      return `${type}:${value}`;
    case 'upper':
      return `${type.toUpperCase()}:${value}`;
  }
}

/**
 * The ways to name a person's account in one product, best first, none twice.
 *
 * @param known an API ID that somebody who must know has given (the CAD resource's own); it goes first.
 */
export function subjectsOf(
  identifiers: readonly Identifier[],
  rules: ApiIdRules,
  known: string | undefined,
): Subject[] {
  const subjects: Subject[] = known === undefined ? [] : [{ by: 'apiId', value: known }];
  for (const type of rules.types) {
    for (const identifier of identifiers) {
      if (identifier.type !== type) continue;
      const isDiscord = type === 'discord';
      if (isDiscord && rules.discordField) subjects.push({ by: 'discord', value: identifier.value });
      // A Discord id that is stored as an API ID is so by its digits: the vendor's own example.
      const value = isDiscord ? identifier.value : formatApiId(identifier, rules.format);
      subjects.push({ by: 'apiId', value });
    }
  }
  return subjects.filter(
    (subject, index) => subjects.findIndex((other) => isSameSubject(other, subject)) === index,
  );
}

/** Whether both are the same way to name an account. */
export function isSameSubject(one: Subject, other: Subject): boolean {
  return one.by === other.by && one.value === other.value;
}
