import type { Subject } from '../identity/subject.ts';
import type { CallFailure, LookupResult } from '../moderation/product-api.ts';
import type { RecordTask } from './record-task.ts';
import type { AddResult, ReadResult, RevokeResult } from './records-api.ts';

/**
 * A disciplinary record, as states:
 *
 * - open: it is to be kept. Which account it is is asked first, name by name; then it is added. Before that call it is
 *   written down that it may be heard. Was the answer lost, or did the server stop in between, then the member's
 *   records are read before it is added again. → kept, lifted, dropped; gone, when nobody is linked, CMS refuses it, or
 *   its time is over
 * - kept: it is there. → lifted; gone, when no lift can come any more
 * - lifted: what it is about was taken back: it is to be revoked, by its id, which is read when it is not known.
 *   → gone
 * - dropped: a kick did not wait for it. Remembered until the kick has ended, for it is not tried again. → gone
 *
 * Open → gone at a lift when no call to add it can have been heard.
 */

/** What is to be asked of CMS next. */
export type RecordCall =
  | { readonly kind: 'find'; readonly subject: Subject }
  | { readonly kind: 'add'; readonly subject: Subject }
  | { readonly kind: 'read'; readonly subject: Subject }
  | { readonly kind: 'revoke'; readonly record: string };

/** How such a call ended. */
export type RecordResult = LookupResult | AddResult | ReadResult | RevokeResult;

/** A failure that every further call would meet too. */
type Holding = Extract<CallFailure, { kind: 'bad-credentials' | 'not-enabled' }>;

/** Why a task is gone. */
export type Ending = 'nobody' | 'refused' | 'revoked' | 'unheard' | 'by hand';

/** What becomes of a task by a result. */
export type Step =
  /** It is as far as it is: see {@link nextCall}. */
  | { readonly kind: 'on'; readonly task: RecordTask }
  | {
      readonly kind: 'later';
      readonly task: RecordTask;
      readonly detail: string;
      readonly waitMs: number | null;
      /** Whether CMS has not answered, or with nothing that makes sense. */
      readonly isFailure: boolean;
    }
  | { readonly kind: 'held'; readonly task: RecordTask; readonly failure: Holding }
  | { readonly kind: 'end'; readonly how: Ending; readonly detail: string };

/** What a task needs next; undefined when nothing is to be done. */
export function nextCall(task: RecordTask): RecordCall | undefined {
  const { stage, record, member, mayBeThere } = task;
  if (stage !== 'open' && stage !== 'lifted') return undefined;
  if (stage === 'lifted' && record !== null) return { kind: 'revoke', record };
  const candidate = task.subjects[task.candidate];
  // An account's id needs no question.
  const known = member ?? (candidate?.by === 'account' ? candidate : undefined);
  if (known) return { kind: stage === 'open' && !mayBeThere ? 'add' : 'read', subject: known };
  return candidate && { kind: 'find', subject: candidate };
}

/** What becomes of a task whose matter is taken back; undefined when nothing can have come of it. */
export function lift(task: RecordTask): RecordTask | undefined {
  if (task.stage === 'dropped' || (task.stage === 'open' && !task.mayBeThere)) return undefined;
  return { ...task, stage: 'lifted', attempts: 0, spentMs: 0 };
}

/**
 * What becomes of a task by the result of its call.
 *
 * @param task as it is now: it may have been lifted since the call went out.
 */
export function step(task: RecordTask, call: RecordCall, result: RecordResult): Step {
  // Only that call leaves something behind.
  const isUnheard = call.kind === 'add' && !(result.kind === 'try-again' && result.mayHaveHappened);
  const after = isUnheard ? { ...task, mayBeThere: false } : task;
  switch (result.kind) {
    case 'found':
    case 'not-linked':
      return call.kind === 'find' ? found(task, call.subject, result) : missing(after);
    case 'added': {
      const stage = task.stage === 'open' ? 'kept' : task.stage;
      return { kind: 'on', task: { ...task, stage, record: result.id, mayBeThere: true } };
    }
    case 'records':
      return read(task, result);
    case 'revoked':
      return end('revoked');
    case 'unavailable':
      return end('by hand');
    case 'refused':
      if (call.kind === 'find') return nextName(task);
      return end(task.stage === 'lifted' && call.kind !== 'add' ? 'by hand' : 'refused', result.words);
    case 'not-enabled':
      // A plan without that question: then it is added by the name.
      if (call.kind === 'find') return { kind: 'on', task: { ...task, member: call.subject } };
      return { kind: 'held', task: after, failure: result };
    case 'bad-credentials':
      return { kind: 'held', task: after, failure: result };
    case 'limited':
      return { kind: 'later', task: after, detail: '', waitMs: result.waitMs, isFailure: false };
    case 'try-again': {
      const { detail, waitMs } = result;
      const tried = { ...after, attempts: task.attempts + 1 };
      return { kind: 'later', task: tried, detail, waitMs, isFailure: true };
    }
  }
}

function found(task: RecordTask, subject: Subject, result: LookupResult): Step {
  if (result.kind !== 'found') return nextName(task);
  const { id } = result.account;
  // Where an API tells the name alone, the account goes by what it was found by.
  return { kind: 'on', task: { ...task, member: id === null ? subject : { by: 'account', value: id } } };
}

function nextName(task: RecordTask): Step {
  const candidate = task.candidate + 1;
  return candidate < task.subjects.length ? { kind: 'on', task: { ...task, candidate } } : missing(task);
}

/** Nobody has that name, or they are no member any more: what may be there cannot be read. */
function missing({ stage }: RecordTask): Step {
  return end(stage === 'lifted' ? 'by hand' : 'nobody');
}

function read(task: RecordTask, { records }: Extract<ReadResult, { kind: 'records' }>): Step {
  const there = records.find(({ reason }) => reason.includes(task.mark));
  if (task.stage === 'lifted') {
    if (!there) return end('unheard');
    return there.isRevoked ? end('revoked') : { kind: 'on', task: { ...task, record: there.id } };
  }
  if (!there) return { kind: 'on', task: { ...task, mayBeThere: false } };
  return { kind: 'on', task: { ...task, stage: 'kept', record: there.id } };
}

function end(how: Ending, detail = ''): Step {
  return { kind: 'end', how, detail };
}
