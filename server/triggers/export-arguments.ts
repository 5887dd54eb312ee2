import * as v from 'valibot';
import { type ActionKind, DROP_RULES, PRODUCTS } from '../moderation/action.ts';
import { cleanText, MAX_NAME } from '../text/clean.ts';
import { lasting, readDuration } from '../text/duration.ts';
import type { Say } from '../text/locale.ts';

/** Longest name that a caller may give to a decision, in characters. */
const MAX_ID = 128;
/** How many outcomes a list has when the caller does not say. */
const DEFAULT_LIMIT = 50;

/** Text as in chat, or seconds. In milliseconds; infinite when the ban is for good. */
const Duration = v.pipe(
  v.union([v.string(), v.number()]),
  v.rawTransform(({ dataset: { value }, addIssue, NEVER }) => {
    const duration = typeof value === 'number' ? lasting(value * 1000) : readDuration(value.trim());
    if (duration.kind === 'lasts') return duration.ms;
    if (duration.kind === 'permanent') return Number.POSITIVE_INFINITY;
    addIssue();
    return NEVER;
  }),
);

const OPTIONS = v.strictObject({
  author: v.nullish(v.string()),
  drop: v.nullish(v.picklist(DROP_RULES)),
  duration: v.nullish(Duration),
  id: v.nullish(v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_ID))),
  products: v.nullish(v.pipe(v.array(v.picklist(PRODUCTS)), v.minLength(1))),
});
const OPTION_NAMES = Object.keys(OPTIONS.entries).join(', ');

/** What another resource may choose for one decision. */
export type ExportChoices = v.InferOutput<typeof OPTIONS>;
/** The same as it is written down there. */
export type ExportChoicesWritten = v.InferInput<typeof OPTIONS>;

/** An argument that another resource passed: its value, or what is wrong with it, in words. */
export type Argument<T> = { readonly value: T } | { readonly problem: string };

/**
 * The options of one call. A table from Lua arrives as an object; an empty one also as an empty list, which is none.
 *
 * @returns what is wrong, with the name of the option: an unknown one is refused too, for it was meant to do something.
 */
export function readOptions(argument: unknown, kind: ActionKind, say: Say): Argument<ExportChoices> {
  if (argument === undefined || argument === null) return { value: {} };
  if (Array.isArray(argument) && argument.length === 0) return { value: {} };
  if (!isTable(argument)) return { problem: say('argument.options', { options: OPTION_NAMES }) };
  const parsed = v.safeParse(OPTIONS, argument);
  if (parsed.success) {
    return typeof parsed.output.duration === 'number' && kind !== 'ban'
      ? { problem: say('argument.duration.kind') }
      : { value: parsed.output };
  }
  const [issue] = parsed.issues;
  const name = cleanText(String(issue.path?.[0]?.key), MAX_NAME);
  if (issue.expected === 'never') {
    return { problem: say('argument.unknown', { name, options: OPTION_NAMES }) };
  }
  switch (name) {
    case 'drop':
      return { problem: say('argument.drop', { choices: DROP_RULES.join(', ') }) };
    case 'products':
      return { problem: say('argument.products', { choices: PRODUCTS.join(', ') }) };
    case 'duration':
      return { problem: say('argument.duration') };
    case 'id':
      return { problem: say('argument.id', { most: MAX_ID }) };
    default:
      return { problem: say('argument.text', { name }) };
  }
}

/** The reason of one call; none is an empty one. */
export function readReason(argument: unknown, say: Say): Argument<string> {
  const parsed = v.safeParse(v.nullish(v.string(), ''), argument);
  return parsed.success ? { value: parsed.output } : { problem: say('argument.text', { name: 'reason' }) };
}

/** The target of one call as a word, as it could be typed: a text, or a number. The problem is what else it is. */
export function readTargetWord(argument: unknown, say: Say): Argument<string> {
  switch (typeof argument) {
    case 'string':
      return { value: argument };
    case 'number':
      return { value: String(argument) };
    case 'undefined':
      return { problem: say('value.nothing') };
    case 'boolean':
      return { problem: String(argument) };
    case 'function':
      return { problem: say('value.function') };
    default:
      if (argument === null) return { problem: say('value.nothing') };
      return { problem: say(Array.isArray(argument) ? 'value.list' : 'value.table') };
  }
}

/** How many outcomes a caller wants; what is no number of them counts as not given. */
export function readLimit(argument: unknown): number {
  const parsed = v.safeParse(v.pipe(v.number(), v.integer(), v.minValue(1)), argument);
  return parsed.success ? parsed.output : DEFAULT_LIMIT;
}

/** Not a list, and not binary data. */
function isTable(argument: unknown): boolean {
  return Object.prototype.toString.call(argument) === '[object Object]';
}
