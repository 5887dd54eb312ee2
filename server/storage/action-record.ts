import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import { ACTION_KINDS, type Action, DROP_RULES, PRODUCTS, QUEUED_CODES } from '../moderation/action.ts';
import { parseJson } from '../text/json.ts';

/**
 * Version of the form in which actions are stored; a change of {@link Action} is a new one. 1, which cmsban 0.1 wrote,
 * has no `spentMs` and no `revision`; 1 and 2 have `isExpiryPending` instead of `inForce`, and no `ended`, `isOfOneBan`,
 * `server`, `told`, `alsoKeys`, `lifted`, `holder` and `served`; 1 to 3 have no `serverId` and
 * no `toldAt`.
 */
const VERSION = 4;
/** The first one with `inForce` and what came with it. */
const IN_FORCE_VERSION = 3;

const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Time = v.pipe(v.number(), v.finite());
const NullableTime = v.nullable(Time);
const Texts = v.array(v.string());

/** A subject as it is stored. */
export const SubjectRecord: v.GenericSchema<unknown, Subject> = v.variant('by', [
  v.strictObject({ by: v.literal('apiId'), value: v.string() }),
  v.strictObject({ by: v.literal('discord'), value: v.string() }),
  v.strictObject({ by: v.literal('account'), value: v.string() }),
  v.strictObject({ by: v.literal('username'), value: v.string() }),
  v.strictObject({ by: v.literal('unique'), value: Whole }),
]);

const StateRecord = v.variant('status', [
  v.strictObject({
    status: v.literal('queued'),
    code: v.picklist(QUEUED_CODES),
    detail: v.string(),
    nextTryAt: NullableTime,
  }),
  v.strictObject({
    status: v.literal('delivered'),
    apiId: v.nullable(v.string()),
    account: v.nullable(v.string()),
  }),
  v.strictObject({
    status: v.literal('refused'),
    code: v.picklist([
      'NO_IDENTIFIER',
      'NOT_LINKED',
      'BAD_CREDENTIALS',
      'UNSUPPORTED',
      'REFUSED',
      'EXPIRED',
      'CANCELLED',
    ]),
    detail: v.string(),
    isElsewhere: v.exactOptional(v.literal(true)),
  }),
]);

const ActionRecord = v.pipe(
  v.strictObject({
    version: v.picklist([1, 2, IN_FORCE_VERSION, VERSION]),
    revision: v.exactOptional(Whole),
    id: v.pipe(v.string(), v.minLength(1)),
    sequence: Whole,
    told: v.exactOptional(Whole),
    toldAt: v.exactOptional(Time),
    key: v.nullable(v.string()),
    alsoKeys: v.exactOptional(Texts),
    kind: v.picklist(ACTION_KINDS),
    person: v.strictObject({
      name: v.nullable(v.string()),
      playerId: v.nullable(Whole),
      identifiers: Texts,
      account: v.nullable(v.string()),
    }),
    holder: v.exactOptional(Texts),
    reason: v.string(),
    author: v.strictObject({ name: v.string(), identifiers: Texts, playerId: v.nullable(Whole) }),
    origin: v.picklist(['chat', 'console', 'txadmin', 'export']),
    server: v.exactOptional(v.nullable(v.string())),
    serverId: v.exactOptional(v.nullable(v.string())),
    at: Time,
    drop: v.picklist(DROP_RULES),
    isDropOpen: v.exactOptional(v.literal(true)),
    dropped: v.boolean(),
    expiresAt: NullableTime,
    /** Up to version 2: whether the end of a temporary ban was still to come. */
    isExpiryPending: v.exactOptional(v.boolean()),
    inForce: v.exactOptional(v.boolean()),
    lifted: v.exactOptional(v.array(v.picklist(PRODUCTS))),
    served: v.exactOptional(v.boolean()),
    ended: v.exactOptional(Texts),
    isOfOneBan: v.exactOptional(v.boolean()),
    deliveries: v.pipe(
      v.array(
        v.strictObject({
          product: v.picklist(PRODUCTS),
          subjects: v.array(SubjectRecord),
          candidate: Whole,
          attempts: Whole,
          spentMs: v.exactOptional(Time),
          unanswered: v.nullable(Whole),
          state: StateRecord,
        }),
      ),
      v.check((deliveries) => new Set(deliveries.map(({ product }) => product)).size === deliveries.length),
    ),
  }),
  v.check(
    ({ version, isExpiryPending, ...later }) =>
      [
        later.inForce,
        later.lifted,
        later.served,
        later.ended,
        later.isOfOneBan,
        later.server,
        later.told,
        later.alsoKeys,
        later.holder,
      ].every((field) => (field !== undefined) === version >= IN_FORCE_VERSION) &&
      [later.serverId, later.toldAt].every((field) => (field !== undefined) === (version === VERSION)) &&
      (isExpiryPending !== undefined) === version < IN_FORCE_VERSION,
  ),
);

/** An action as it is stored. */
export interface StoredAction {
  readonly action: Action;
  /** How often it had been written before, for whoever follows the records: a lower one is out of date. */
  readonly revision: number;
  /** Whether an earlier version of cmsban wrote it: then a lift may have ended a ban that says that it is in force. */
  readonly isOld: boolean;
}

/** An action as text for the store. */
export function writeActionRecord(action: Action, revision = 0): string {
  return JSON.stringify({ version: VERSION, revision, ...action });
}

type ActionRecord = v.InferOutput<typeof ActionRecord>;

/** What was parsed is kept, not a checked copy of it: there may be thousands. */
function isRecord(json: unknown): json is ActionRecord {
  return v.is(ActionRecord, json);
}

/** An action from the store; undefined when the text is anything else: half-written, of another version, edited. */
export function readActionRecord(text: string): StoredAction | undefined {
  const json = parseJson(text);
  if (!isRecord(json)) return undefined;
  const {
    version,
    revision = 0,
    deliveries: stored,
    isExpiryPending,
    inForce,
    lifted = [],
    served = false,
    ended = [],
    isOfOneBan = false,
    server = null,
    serverId = null,
    alsoKeys = [],
    holder = [],
    told = json.sequence,
    toldAt = json.at,
    ...rest
  } = json;
  const deliveries = stored.map((each) => ({ ...each, spentMs: each.spentMs ?? 0 }));
  const action = {
    ...rest,
    deliveries,
    inForce: inForce ?? counted(json, isExpiryPending ?? false),
    lifted,
    served,
    ended,
    isOfOneBan,
    server,
    serverId,
    told,
    toldAt,
    alsoKeys,
    holder,
  };
  return { action, revision, isOld: version < IN_FORCE_VERSION };
}

/** Whether a ban of an earlier version counts, as far as it can be told without the lifts that came after it. */
function counted({ kind, expiresAt, deliveries }: ActionRecord, isExpiryPending: boolean): boolean {
  if (kind !== 'ban') return false;
  if (expiresAt !== null) return isExpiryPending;
  return deliveries.some(({ state }) => state.status !== 'refused' || state.code === 'EXPIRED');
}
