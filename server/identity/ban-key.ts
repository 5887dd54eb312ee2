import { formatIdentifier, type IdentifierType, parseIdentifier } from './identifier.ts';

/**
 * How a ban list's API IDs and a player's identifiers meet. An API ID that is written with its type, in
 * either case, becomes `steam:110000112345678` and stands for that identifier alone. One without becomes
 * its bare value in lower case, and stands for the identifiers of every type that the community uses as
 * API IDs.
 */
const BARE = /^[0-9a-z]{1,64}$/;

/** @returns undefined when no identifier could ever be written so: it need not be kept. */
export function keyOfApiId(apiId: string): string | undefined {
  const word = apiId.trim().toLowerCase();
  const identifier = parseIdentifier(word);
  if (identifier) return formatIdentifier(identifier);
  return BARE.test(word) ? word : undefined;
}

/** The key of a Discord account, as products tell it: digits, or digits with their type. */
export function keyOfDiscordId(id: string): string | undefined {
  const word = id.trim().toLowerCase();
  const identifier = parseIdentifier(word.includes(':') ? word : `discord:${word}`);
  return identifier?.type === 'discord' ? formatIdentifier(identifier) : undefined;
}

/** The identifiers that an account's Discord login proves: none or one. */
export function provenByDiscord(discordId: string | null | undefined): string[] {
  const key = discordId ? keyOfDiscordId(discordId) : undefined;
  return key === undefined ? [] : [key];
}

/** The keys of an account: its Discord id and its API IDs, as far as an identifier can match them. */
export function keysOfAccount(discordId: string | null | undefined, apiIds: readonly string[]): string[] {
  const keys = [...provenByDiscord(discordId), ...apiIds.map(keyOfApiId)];
  return [...new Set(keys.filter((key) => key !== undefined))];
}

/**
 * The keys under which somebody could be listed.
 *
 * @param identifiers `type:value`, as parsed.
 * @param types those that the community uses as API IDs in this product: a bare value counts for no other.
 */
export function keysOfIdentifiers(
  identifiers: readonly string[],
  types: readonly IdentifierType[],
): string[] {
  const keys: string[] = [];
  for (const identifier of identifiers) {
    keys.push(identifier);
    const colon = identifier.indexOf(':');
    const type = identifier.slice(0, colon);
    if (types.some((used) => used === type)) keys.push(identifier.slice(colon + 1));
  }
  return keys;
}

/** The reverse: every identifier, `type:value`, that a key can stand for. */
export function identifiersOfKey(key: string, types: readonly IdentifierType[]): string[] {
  if (key.includes(':')) return [key];
  return types.map((type) => `${type}:${key}`);
}

/** The same for several keys. */
export function identifiersOfKeys(keys: readonly string[], types: readonly IdentifierType[]): string[] {
  return keys.flatMap((key) => identifiersOfKey(key, types));
}
