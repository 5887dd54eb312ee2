import * as v from 'valibot';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const product = v.picklist(['cms', 'cad']);
const effect = { effect: v.exactOptional(v.boolean()), after: v.exactOptional(whole) };

const faultSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('latency'), ms: whole, ...effect }),
  v.strictObject({ kind: v.literal('hang'), when: v.picklist(['before', 'body']), ...effect }),
  v.strictObject({ kind: v.literal('reset'), when: v.picklist(['before', 'after']), ...effect }),
  v.strictObject({ kind: v.literal('rate-limit'), retryAfter: v.exactOptional(whole), ...effect }),
  v.strictObject({
    kind: v.literal('status'),
    status: whole,
    body: v.exactOptional(v.string()),
    contentType: v.exactOptional(v.string()),
    ...effect,
  }),
  v.strictObject({ kind: v.literal('html'), status: v.exactOptional(whole), ...effect }),
  v.strictObject({ kind: v.literal('wrong-json'), ...effect }),
  v.strictObject({ kind: v.literal('truncated-json'), ...effect }),
  v.strictObject({ kind: v.literal('empty'), ...effect }),
  v.strictObject({
    kind: v.literal('redirect'),
    location: v.string(),
    status: v.exactOptional(whole),
    ...effect,
  }),
  v.strictObject({ kind: v.literal('huge-body'), bytes: whole, ...effect }),
  v.strictObject({ kind: v.literal('trickle'), everyMs: whole, ...effect }),
]);

const cmsAccountSchema = v.strictObject({
  accName: v.exactOptional(v.string()),
  apiIds: v.exactOptional(v.array(v.string())),
  discordId: v.exactOptional(v.nullable(v.string())),
  idents: v.exactOptional(
    v.array(
      v.strictObject({
        type: v.picklist(['hwid', 'ip', 'license', 'license2', 'steam', 'xbl', 'live', 'discord', 'fivem']),
        value: v.string(),
      }),
    ),
  ),
  accId: v.exactOptional(v.string()),
  uniqueId: v.exactOptional(whole),
  comName: v.exactOptional(v.string()),
  banned: v.exactOptional(v.boolean()),
  archived: v.exactOptional(v.boolean()),
});

const cadAccountSchema = v.strictObject({
  username: v.exactOptional(v.string()),
  communityUserId: v.exactOptional(v.string()),
  apiIds: v.exactOptional(v.array(v.string())),
  discord: v.exactOptional(v.nullable(v.string())),
  roblox: v.exactOptional(v.nullable(v.string())),
  uuid: v.exactOptional(v.string()),
  status: v.exactOptional(v.picklist([0, 1, 2, 3, 4])),
});

/**
 * What a process that holds the stand-in may say to it. `from` skips what was read before; `accId` is an
 * account's id in either product; `id` of the envelope, see `control.ts`, comes back with the reply.
 */
export const controlSchema = v.variant('do', [
  v.variant('product', [
    v.object({ do: v.literal('addAccount'), product: v.literal('cms'), account: cmsAccountSchema }),
    v.object({ do: v.literal('addAccount'), product: v.literal('cad'), account: cadAccountSchema }),
    v.object({
      do: v.literal('addAccounts'),
      product: v.literal('cms'),
      accounts: v.array(cmsAccountSchema),
    }),
    v.object({
      do: v.literal('addAccounts'),
      product: v.literal('cad'),
      accounts: v.array(cadAccountSchema),
    }),
  ]),
  v.object({ do: v.picklist(['ban', 'unban', 'kick']), product, accId: v.string() }),
  v.object({ do: v.literal('link'), product, accId: v.string(), apiId: v.string() }),
  v.object({ do: v.literal('pushEventsTo'), urls: v.array(v.pipe(v.string(), v.url())) }),
  v.object({ do: v.literal('pushes'), from: v.exactOptional(whole) }),
  v.object({
    do: v.literal('fault'),
    product,
    operation: v.string(),
    fault: faultSchema,
    times: v.exactOptional(whole),
  }),
  v.object({ do: v.picklist(['clearFaults', 'down', 'up']), product }),
  v.object({ do: v.picklist(['requests', 'effects']), product, from: v.exactOptional(whole) }),
  v.object({ do: v.literal('stop') }),
]);

/** One message, checked. */
export type ControlMessage = v.InferOutput<typeof controlSchema>;
