import * as v from 'valibot';
import type { PanelAsk, PanelQuestion } from '../../../shared/panel.ts';

/** Longest text that is looked at, in characters: a reason is cut to what is kept of it. */
const MAX_TEXT = 1_000;
/** Longest name of a person, as typed. */
const MAX_TARGET = 128;
const MAX_KEY = 64;

const Text = v.pipe(v.string(), v.maxLength(MAX_TEXT));
const Target = v.pipe(v.string(), v.maxLength(MAX_TARGET));
const Id = v.pipe(v.string(), v.maxLength(MAX_KEY));
/** Without what separates it from whose it is. */
const Key = v.pipe(v.string(), v.regex(/^[\w-]+$/), v.maxLength(MAX_KEY));
const Page = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const QuestionNumber = v.pipe(v.number(), v.safeInteger());

const Ask = v.variant('ask', [
  v.strictObject({ ask: v.literal('players'), search: Text, page: Page }),
  v.strictObject({ ask: v.literal('waiting'), page: Page }),
  v.strictObject({
    ask: v.literal('history'),
    search: Text,
    inForce: v.boolean(),
    person: v.nullable(Target),
    page: Page,
  }),
  v.strictObject({ ask: v.literal('person'), target: Target }),
  v.strictObject({ ask: v.literal('lookup'), target: Target }),
  v.strictObject({ ask: v.literal('ban'), target: Target, duration: Text, reason: Text, key: Key }),
  v.strictObject({ ask: v.literal('kick'), target: Target, reason: Text, key: Key }),
  v.strictObject({ ask: v.literal('unban'), target: Target, reason: Text, key: Key }),
  v.strictObject({ ask: v.literal('retry'), id: v.nullable(Id) }),
  v.strictObject({ ask: v.literal('cancel'), id: Id }),
]) satisfies v.GenericSchema<unknown, PanelAsk>;

const Numbered = v.object({ number: QuestionNumber });
const Question = v.strictObject({ number: QuestionNumber, question: Ask });

/** The number by which a question is answered; undefined for what cannot be answered at all. */
export function numberOf(argument: unknown): number | undefined {
  const parsed = v.safeParse(Numbered, argument);
  return parsed.success ? parsed.output.number : undefined;
}

/** A question as it came from a client, which may send anything; undefined when it is none. */
export function readQuestion(argument: unknown): PanelQuestion | undefined {
  const parsed = v.safeParse(Question, argument);
  return parsed.success ? parsed.output : undefined;
}
