import {
  formatIdentifier,
  IDENTIFIER_TYPES,
  parseIdentifier,
  parseIdentifiers,
} from '../identity/identifier.ts';
import type { ApiIdRules, Subject } from '../identity/subject.ts';
import type { LinkedAccount } from '../moderation/product-api.ts';

/** The names of a listed account, as a delivery would name it. */
export function namesOf(
  { discordId, apiIds }: LinkedAccount,
  { discordField }: ApiIdRules,
): readonly Subject[] {
  const typed = apiIds.map((value): Subject => ({ by: 'apiId', value }));
  if (discordId === null) return typed;
  return [{ by: discordField ? 'discord' : 'apiId', value: discordId }, ...typed];
}

/** The name of a key, see `identity/ban-key.ts`. */
export function subjectOfKey(key: string, { discordField }: ApiIdRules): Subject {
  const identifier = parseIdentifier(key);
  if (identifier?.type !== 'discord') return { by: 'apiId', value: key };
  return { by: discordField ? 'discord' : 'apiId', value: identifier.value };
}

/** The identifiers that an API ID without a type can be; of whichever type, one value is one person's. */
export function identifiersIn(apiId: string): readonly string[] {
  const typed = apiId.includes(':') ? [apiId] : IDENTIFIER_TYPES.map((type) => `${type}:${apiId}`);
  return parseIdentifiers(typed).map(formatIdentifier);
}
