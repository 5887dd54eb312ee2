import * as v from 'valibot';
import type { Subject } from '../identity/subject.ts';
import type { Author, Origin } from '../moderation/action.ts';
import { SubjectRecord } from '../storage/action-record.ts';
import { parseJson } from '../text/json.ts';

/** Of what a disciplinary record can be kept (`cmsban_cms_records`). */
export const RECORD_KINDS = ['ban', 'kick', 'warn'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** See `record-step.ts`. */
export const STAGES = ['open', 'kept', 'lifted', 'dropped'] as const;
export type Stage = (typeof STAGES)[number];

/** One disciplinary record that is to be kept, is kept, or is to be revoked. Plain data, replaced and never changed. */
export interface RecordTask {
  /** The action's; of a warning `txadmin:` and txAdmin's. */
  readonly id: string;
  readonly kind: RecordKind;
  /** Whom it is about, as shown. */
  readonly name: string;
  /** Who is told what becomes of it: whoever decided last about it. */
  readonly author: Author;
  readonly origin: Origin;
  /** The server on which they did, see {@link Action.serverId}. */
  readonly serverId: string | null;
  /** When it was decided, in Unix milliseconds. */
  readonly at: number;
  /** What it says. */
  readonly text: string;
  /** The part of the text that no other record has. */
  readonly mark: string;
  /** The ways to name the account, best first, and which of them is asked for next. */
  readonly subjects: readonly Subject[];
  readonly candidate: number;
  /** The account, once it is known. */
  readonly member: Subject | null;
  /** Sonoran's id of the record, once it is known. */
  readonly record: string | null;
  readonly stage: Stage;
  /** Whether a call to add it may have been heard. */
  readonly mayBeThere: boolean;
  /** Whether it is only tried before a kick's call to CMS: afterwards the member is gone. */
  readonly isFirst: boolean;
  readonly attempts: number;
  /** For how long it has been tried, in milliseconds. */
  readonly spentMs: number;
}

const Whole = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const Time = v.pipe(v.number(), v.finite());

/** The version; a change of {@link RecordTask} is a new one. 1 has no `serverId`. */
const VERSION = 2;
const StoredTask = v.pipe(
  v.strictObject({
    version: v.picklist([1, VERSION]),
    id: v.pipe(v.string(), v.minLength(1)),
    kind: v.picklist(RECORD_KINDS),
    name: v.string(),
    author: v.strictObject({
      name: v.string(),
      identifiers: v.array(v.string()),
      playerId: v.nullable(Whole),
    }),
    origin: v.picklist(['chat', 'console', 'txadmin', 'export']),
    serverId: v.exactOptional(v.nullable(v.string())),
    at: Time,
    text: v.pipe(v.string(), v.minLength(1)),
    mark: v.pipe(v.string(), v.minLength(1)),
    subjects: v.array(SubjectRecord),
    candidate: Whole,
    member: v.nullable(SubjectRecord),
    record: v.nullable(v.string()),
    stage: v.picklist(STAGES),
    mayBeThere: v.boolean(),
    isFirst: v.boolean(),
    attempts: Whole,
    spentMs: Time,
  }),
  v.check(({ version, serverId }) => (serverId !== undefined) === (version === VERSION)),
);

/** A task as text for the store. */
export function writeRecordTask(task: RecordTask): string {
  return JSON.stringify({ version: VERSION, ...task });
}

/** A task from the store; undefined when the text is anything else. */
export function readRecordTask(text: string | undefined): RecordTask | undefined {
  const parsed = v.safeParse(StoredTask, parseJson(text ?? ''));
  if (!parsed.success) return undefined;
  const { version: _, serverId = null, ...task } = parsed.output;
  return { ...task, serverId };
}
