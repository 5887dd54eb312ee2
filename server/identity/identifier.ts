/** Identifier types that can be an identity. `ip` is not one: people share addresses. */
export const IDENTIFIER_TYPES = ['steam', 'license', 'license2', 'discord', 'fivem', 'xbl', 'live'] as const;

/** The type in front of an identifier's colon. */
export type IdentifierType = (typeof IDENTIFIER_TYPES)[number];

/** One of FiveM's `type:value` identifiers. The value is lower case, as FXServer writes it. */
export interface Identifier {
  readonly type: IdentifierType;
  readonly value: string;
}

const VALUE: Readonly<Record<IdentifierType, RegExp>> = {
  steam: /^[0-9a-f]{1,32}$/,
  license: /^[0-9a-z]{1,64}$/,
  license2: /^[0-9a-z]{1,64}$/,
  discord: /^[0-9]{1,20}$/,
  fivem: /^[0-9]{1,20}$/,
  xbl: /^[0-9]{1,32}$/,
  live: /^[0-9]{1,32}$/,
};

/** Whether a word names an identifier type that can be an identity. */
export function isIdentifierType(word: string): word is IdentifierType {
  return IDENTIFIER_TYPES.some((type) => type === word);
}

/**
 * Reads `type:value`, in any case.
 *
 * @returns undefined for anything else: another type (`ip:` among them), an empty or impossible value.
 */
export function parseIdentifier(text: string): Identifier | undefined {
  const colon = text.indexOf(':');
  if (colon < 0) return undefined;
  const type = text.slice(0, colon).toLowerCase();
  const value = text.slice(colon + 1).toLowerCase();
  return isIdentifierType(type) && VALUE[type].test(value) ? { type, value } : undefined;
}

/** Those of a list that can be identities, each once, in the order given. */
export function parseIdentifiers(texts: readonly string[]): Identifier[] {
  const found = new Map<string, Identifier>();
  for (const text of texts) {
    const identifier = parseIdentifier(text);
    if (identifier) found.set(formatIdentifier(identifier), identifier);
  }
  return [...found.values()];
}

/** An identifier as FXServer writes it: `type:value`. */
export function formatIdentifier({ type, value }: Identifier): string {
  return `${type}:${value}`;
}
