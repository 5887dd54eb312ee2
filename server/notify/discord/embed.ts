/** One box of a message, in Discord's own names. */
export interface Embed {
  readonly title: string;
  readonly description: string;
  readonly color: number;
  readonly fields: readonly EmbedField[];
  readonly footer?: { readonly text: string };
  /** ISO 8601; shown in the time zone of whoever reads it. */
  readonly timestamp: string;
}

export interface EmbedField {
  readonly name: string;
  readonly value: string;
  /** Beside the field before, where there is room. */
  readonly inline: boolean;
}

/**
 * Discord's limits, in characters ("Embed limits" in its documentation). It does not say whether those are UTF-16
 * units or code points; here they are units, of which there are never fewer.
 */
export const EMBED_LIMITS = {
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  /** All texts of all embeds of one message together. */
  message: 6_000,
  /** Embeds in one message. */
  embeds: 10,
} as const;

/** How much of a message's text an embed takes. */
export function sizeOf({ title, description, fields, footer }: Embed): number {
  const inFields = fields.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
  return title.length + description.length + inFields + (footer?.text.length ?? 0);
}

/** The embed as Discord takes it: what is too long is cut, fields without a value or beyond the limits are left out. */
export function fitted(embed: Embed): Embed {
  const title = cut(embed.title, EMBED_LIMITS.title);
  const footer = cut(embed.footer?.text ?? '', EMBED_LIMITS.footer);
  const fields = embed.fields
    .map(({ name, value, inline }) => ({
      name: cut(name, EMBED_LIMITS.fieldName),
      value: cut(value, EMBED_LIMITS.fieldValue),
      inline,
    }))
    .filter(({ name, value }) => name !== '' && value !== '')
    .slice(0, EMBED_LIMITS.fields);
  const { footer: _, ...rest } = embed;
  const framed = { ...rest, title, description: '', ...(footer === '' ? {} : { footer: { text: footer } }) };
  while (sizeOf({ ...framed, fields }) > EMBED_LIMITS.message) fields.pop();
  const room = EMBED_LIMITS.message - sizeOf({ ...framed, fields });
  return { ...framed, fields, description: cut(embed.description, Math.min(EMBED_LIMITS.description, room)) };
}

/** A text of at most so many characters, without spaces around it: Discord takes those away, and wants what is left. */
export function cut(text: string, most: number): string {
  const whole = text.trim();
  if (whole.length <= most) return whole;
  if (most < 1) return '';
  // Half of a pair is no character.
  const kept = whole.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '');
  return `${kept.trimEnd()}…`;
}
