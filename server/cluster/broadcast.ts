import * as v from 'valibot';
import { PRODUCTS } from '../moderation/action.ts';
import { RECORD_KINDS, STAGES } from '../records/record-task.ts';
import { parseJson } from '../text/json.ts';

const Text = v.string();
const Texts = v.pipe(v.array(v.string()), v.readonly());
const Product = v.picklist(PRODUCTS);

/**
 * What the server that works for the community tells the others, in a record that is soon taken away.
 *
 * - `kicked`: somebody was removed from the community on the web, see `door/web-kicks.ts`;
 * - `undone`: what was decided about somebody has been undone on the web, see {@link OwnEffects.undone};
 * - `record`: what has become of a disciplinary record, for whoever decided on that server;
 * - `withdrawn`, `corrected`: see {@link Audience}; for the servers on which it was decided.
 */
const Broadcast = v.variant('kind', [
  v.object({ kind: v.literal('kicked'), id: Text, product: Product, identifiers: Texts }),
  v.object({ kind: v.literal('undone'), product: Product, names: Texts }),
  v.object({
    kind: v.literal('withdrawn'),
    lift: Text,
    products: v.pipe(v.array(Product), v.readonly()),
    server: Text,
  }),
  v.object({
    kind: v.literal('record'),
    server: Text,
    saying: v.object({
      how: v.picklist(['dropped', 'by hand', 'expired']),
      detail: Text,
      task: v.object({
        id: Text,
        name: Text,
        kind: v.picklist(RECORD_KINDS),
        stage: v.picklist(STAGES),
        mark: Text,
        mayBeThere: v.boolean(),
        author: v.object({
          name: Text,
          identifiers: Texts,
          playerId: v.nullable(v.pipe(v.number(), v.safeInteger())),
        }),
        origin: v.picklist(['chat', 'console', 'txadmin', 'export']),
        serverId: v.nullable(Text),
      }),
    }),
  }),
  v.object({ kind: v.literal('corrected'), later: Text, earlier: Text, servers: Texts }),
]);
export type Broadcast = v.InferOutput<typeof Broadcast>;

const Stored = v.object({
  version: v.literal(1),
  /** Unix milliseconds of the clock that all servers share. */
  at: v.pipe(v.number(), v.finite()),
  broadcast: Broadcast,
});

export function writeBroadcast(broadcast: Broadcast, at: number): string {
  return JSON.stringify({ version: 1, at, broadcast });
}

/** A broadcast from its text; undefined when it makes no sense here. */
export function readBroadcast(
  text: string,
): { readonly at: number; readonly broadcast: Broadcast } | undefined {
  const parsed = v.safeParse(Stored, parseJson(text));
  return parsed.success ? parsed.output : undefined;
}
