import * as v from 'valibot';

/** The parts of a message that webhooks of a game server use; Discord ignores what it does not know. */
export interface Embed {
  readonly title?: string;
  readonly description?: string;
  readonly url?: string;
  readonly color?: number;
  readonly timestamp?: string;
  readonly footer?: { readonly text: string };
  readonly author?: { readonly name: string };
  readonly fields?: readonly EmbedField[];
}

export interface EmbedField {
  readonly name: string;
  readonly value: string;
  readonly inline?: boolean;
}

export interface Message {
  readonly content?: string;
  readonly username?: string;
  readonly embeds?: readonly Embed[];
  readonly allowed_mentions?: { readonly parse?: readonly string[] };
}

/**
 * Discord's limits, in characters, as "Embed limits" of its documentation lists them. It does not say what a
 * character is; here it is a UTF-16 code unit, the stricter of what others have found.
 */
export const LIMITS = {
  embeds: 10,
  content: 2_000,
  title: 256,
  description: 4_096,
  fields: 25,
  fieldName: 256,
  fieldValue: 1_024,
  footer: 2_048,
  author: 256,
  /** All these texts of all embeds of a message together. */
  total: 6_000,
} as const;

const tooLong = (most: number) => `BASE_TYPE_MAX_LENGTH|Must be ${most} or fewer in length.`;
const REQUIRED = 'BASE_TYPE_REQUIRED|This field is required';

/** A text as Discord stores it: without spaces around it. */
const text = (most: number) =>
  v.pipe(
    v.string('STRING_TYPE_CONVERT|Could not interpret as a string.'),
    v.trim(),
    v.maxLength(most, tooLong(most)),
  );
const needed = (most: number) => v.pipe(text(most), v.minLength(1, REQUIRED));

const EmbedSchema = v.object({
  title: v.optional(text(LIMITS.title)),
  description: v.optional(text(LIMITS.description)),
  url: v.optional(v.pipe(v.string(), v.url('URL_TYPE_INVALID_URL|Not a well formed URL.'))),
  color: v.optional(
    v.pipe(
      v.number(),
      v.integer(),
      v.minValue(0),
      v.maxValue(0xffffff, 'NUMBER_TYPE_MAX|int value should be less than or equal to 16777215.'),
    ),
  ),
  timestamp: v.optional(
    v.pipe(v.string(), v.isoTimestamp('DATE_TIME_TYPE_PARSE|Could not parse the datetime.')),
  ),
  footer: v.optional(v.object({ text: needed(LIMITS.footer) })),
  author: v.optional(v.object({ name: needed(LIMITS.author) })),
  fields: v.optional(
    v.pipe(
      v.array(
        v.object({
          name: needed(LIMITS.fieldName),
          value: needed(LIMITS.fieldValue),
          inline: v.optional(v.boolean('BOOLEAN_TYPE_CONVERT|Must be either true or false.')),
        }),
      ),
      v.maxLength(LIMITS.fields, tooLong(LIMITS.fields)),
    ),
  ),
});

const MessageSchema = v.object({
  content: v.optional(text(LIMITS.content)),
  username: v.optional(needed(80)),
  embeds: v.optional(
    v.pipe(
      v.array(EmbedSchema),
      v.maxLength(LIMITS.embeds, tooLong(LIMITS.embeds)),
      v.check(
        (embeds) => embeds.reduce((sum, embed) => sum + sizeOf(embed), 0) <= LIMITS.total,
        `MAX_EMBED_SIZE_EXCEEDED|Embed size exceeds maximum size of ${LIMITS.total}`,
      ),
    ),
  ),
  allowed_mentions: v.optional(
    v.object({
      parse: v.optional(
        v.array(
          v.picklist(
            ['roles', 'users', 'everyone'],
            "BASE_TYPE_CHOICES|Value must be one of {'roles', 'users', 'everyone'}.",
          ),
        ),
      ),
    }),
  ),
});

/** What Discord says of a message that it does not take; the status is 400. */
export interface Refusal {
  readonly code: number;
  readonly message: string;
  readonly errors?: object;
}

/** The message as it is posted, or why it is not. @param body what came, parsed. */
export function readMessage(
  body: unknown,
):
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'refusal'; readonly refusal: Refusal } {
  const parsed = v.safeParse(MessageSchema, body);
  if (!parsed.success) return { kind: 'refusal', refusal: invalidForm(parsed.issues) };
  const { content = '', embeds = [] } = parsed.output;
  if (content === '' && !embeds.some((embed) => sizeOf(embed) > 0)) {
    return { kind: 'refusal', refusal: { code: 50006, message: 'Cannot send an empty message' } };
  }
  // What was left out is left out, not undefined.
  return { kind: 'message', message: JSON.parse(JSON.stringify(parsed.output)) as Message };
}

/** How many of the 6000 characters an embed takes. */
function sizeOf(embed: v.InferOutput<typeof EmbedSchema>): number {
  const { title = '', description = '', footer, author, fields = [] } = embed;
  const texts = [title, description, footer?.text ?? '', author?.name ?? ''];
  for (const { name, value } of fields) texts.push(name, value);
  return texts.join('').length;
}

/** Discord's form of errors: a tree that follows the body, with the errors under `_errors`. */
function invalidForm(issues: readonly v.BaseIssue<unknown>[]): Refusal {
  const errors: Tree = {};
  for (const { path = [], message } of issues) {
    let node = errors;
    for (const { key } of path) {
      const inner: Tree = (node[String(key)] as Tree | undefined) ?? {};
      node[String(key)] = inner;
      node = inner;
    }
    const [code = '', words = ''] = message.includes('|') ? message.split('|') : ['BASE_TYPE_BAD', message];
    node['_errors'] = [{ code, message: words }];
  }
  return { code: 50035, message: 'Invalid Form Body', errors };
}

interface Tree {
  [key: string]: Tree | object[];
}
