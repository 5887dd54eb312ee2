import * as v from 'valibot';
import { CODES, type Code, PRODUCTS, type RefusalCode } from '../moderation/action.ts';
import { parseJson } from '../text/json.ts';

/** Where an answer is stored, for the server that has asked. */
export const ANSWER_PREFIX = 'answer:';

const Products = v.array(v.picklist(PRODUCTS));

function isRefusal(code: Code): code is RefusalCode {
  return code !== 'OK' && code !== 'QUEUED';
}

/** What there is to say to a request, beside the action that came of it. */
const Answer = v.variant('kind', [
  /** It is a decision that was there already. */
  v.object({
    kind: v.literal('again'),
    actionId: v.string(),
    /** How it stood, for when the history has forgotten it. */
    status: v.picklist(['delivered', 'queued', 'refused']),
    code: v.picklist(CODES),
  }),
  /** Nothing came of it. */
  v.object({ kind: v.literal('refused'), code: v.picklist(CODES.filter(isRefusal)) }),
  v.object({
    kind: v.literal('cancelled'),
    /** Null when nothing was on its way. */
    how: v.nullable(v.object({ unheard: Products, heard: Products, 'under-way': Products })),
  }),
  v.object({ kind: v.literal('retried'), deliveries: v.number(), records: v.number() }),
  /** A look-up, as text of JSON. */
  v.object({ kind: v.literal('found'), lookup: v.string() }),
]);
export type Answer = v.InferOutput<typeof Answer>;

export function writeAnswer(answer: Answer): string {
  return JSON.stringify(answer);
}

/** An answer from its text; undefined when it makes no sense here. */
export function readAnswer(text: string): Answer | undefined {
  const parsed = v.safeParse(Answer, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}
