import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import type { CallFailure } from '../../../server/moderation/product-api.ts';
import {
  lift,
  nextCall,
  type RecordCall,
  type RecordResult,
  step,
} from '../../../server/records/record-step.ts';
import { type RecordTask, readRecordTask, writeRecordTask } from '../../../server/records/record-task.ts';
import { DISCORD, MODERATOR, STEAM } from '../action.ts';
import { UUID } from '../sonoran/product.ts';

const MEMBER: Subject = { by: 'account', value: UUID };
const MARK = '(cmsban a1)';

function task(changes: Partial<RecordTask> = {}): RecordTask {
  return {
    id: 'a1',
    kind: 'ban',
    name: 'Pat',
    author: MODERATOR,
    origin: 'chat',
    serverId: null,
    at: 1_700_000_000_000,
    text: `Banned by Mo: cheating ${MARK}`,
    mark: MARK,
    subjects: [STEAM, DISCORD],
    candidate: 0,
    member: null,
    record: null,
    stage: 'open',
    mayBeThere: false,
    isFirst: false,
    attempts: 0,
    spentMs: 0,
    ...changes,
  };
}

const lost: CallFailure = { kind: 'try-again', detail: 'x', waitMs: null, mayHaveHappened: true };
const unheard: CallFailure = { ...lost, mayHaveHappened: false };
const found = (id: string | null): RecordResult => ({
  kind: 'found',
  account: { id, name: 'Pat', banned: null, keys: [], proven: [] },
});
const shown = (reason: string, isRevoked = false): RecordResult => ({
  kind: 'records',
  records: [
    { id: 'r0', reason: 'Banned by Mo: see a1 (cmsban b2)', isRevoked: false },
    { id: 'r1', reason, isRevoked },
  ],
});

describe('the next call', () => {
  it.each<[string, Partial<RecordTask>, RecordCall | undefined]>([
    ['asks who it is', {}, { kind: 'find', subject: STEAM }],
    ['asks for the next name', { candidate: 1 }, { kind: 'find', subject: DISCORD }],
    ['needs no question for an id', { subjects: [MEMBER] }, { kind: 'add', subject: MEMBER }],
    ['adds', { member: MEMBER }, { kind: 'add', subject: MEMBER }],
    ['reads what may be there', { member: MEMBER, mayBeThere: true }, { kind: 'read', subject: MEMBER }],
    ['is none for what is kept', { member: MEMBER, stage: 'kept', record: 'r' }, undefined],
    ['is none for what was dropped', { member: MEMBER, stage: 'dropped' }, undefined],
    ['revokes', { member: MEMBER, stage: 'lifted', record: 'r' }, { kind: 'revoke', record: 'r' }],
    ['reads the id first', { member: MEMBER, stage: 'lifted' }, { kind: 'read', subject: MEMBER }],
  ])('%s', (_, changes, call) => {
    expect(nextCall(task(changes))).toEqual(call);
  });
});

/** What becomes of a task by a result: the fields that differ, or why it is gone, or what it waits for. */
function after(changes: Partial<RecordTask>, result: RecordResult): unknown {
  const before = task(changes);
  const call = nextCall(before);
  if (!call) throw new Error('nothing to be asked');
  const stepped = step(before, call, result);
  if (stepped.kind === 'end') return stepped.how;
  const differing = Object.entries(stepped.task).filter(([name, value]) => value !== before[name as never]);
  return stepped.kind === 'on'
    ? Object.fromEntries(differing)
    : [stepped.kind, Object.fromEntries(differing)];
}

describe('a result', () => {
  const asked = { member: MEMBER };
  // As it is once its call was marked.
  const marked = { ...asked, mayBeThere: true };
  const lifted = { ...marked, stage: 'lifted' } as const;

  it.each<[string, Partial<RecordTask>, RecordResult, unknown]>([
    ['found', {}, found(UUID), { member: MEMBER }],
    ['found by name alone', {}, found(null), { member: STEAM }],
    ['not linked', {}, { kind: 'not-linked' }, { candidate: 1 }],
    ['not linked at all', { candidate: 1 }, { kind: 'not-linked' }, 'nobody'],
    ['no such question in this plan', {}, { kind: 'not-enabled', words: '' }, { member: STEAM }],
    ['a member who is none', asked, { kind: 'not-linked' }, 'nobody'],
    ['refused', asked, { kind: 'refused', words: 'NO' }, 'refused'],
    ['a read with it', marked, shown(`X ${MARK}`), { stage: 'kept', record: 'r1' }],
    ['a read with one that says its id only in passing', marked, shown('a1'), { mayBeThere: false }],
    ['a read that is lost', marked, lost, ['later', { attempts: 1 }]],
    ['lifted, and there', lifted, shown(MARK), { record: 'r1' }],
    ['lifted, and revoked already', lifted, shown(MARK, true), 'revoked'],
    ['lifted, and not there', lifted, shown('else'), 'unheard'],
    ['lifted, and nobody to ask about', lifted, { kind: 'not-linked' }, 'by hand'],
    ['revoked', { ...lifted, record: 'r1' }, { kind: 'revoked' }, 'revoked'],
    ['no call to revoke', { ...lifted, record: 'r1' }, { kind: 'unavailable' }, 'by hand'],
    ['a refusal to revoke', { ...lifted, record: 'r1' }, { kind: 'refused', words: 'NO' }, 'by hand'],
    ['wrong credentials', asked, { kind: 'bad-credentials', words: 'KEY' }, ['held', {}]],
    ['a limit', asked, { kind: 'limited', waitMs: 5 }, ['later', {}]],
  ])('%s', (_, changes, result, expected) => {
    expect(after(changes, result)).toEqual(expected);
  });

  it.each<[string, RecordResult, boolean]>([
    ['a lost answer', lost, true],
    ['a call that was not heard', unheard, false],
    ['a limit', { kind: 'limited', waitMs: null }, false],
    ['wrong credentials', { kind: 'bad-credentials', words: '' }, false],
    ['an addition', { kind: 'added', id: 'r1' }, true],
  ])('of an addition, %s, says whether it may be there', (_, result, mayBeThere) => {
    const before = task({ ...marked });
    const stepped = step(before, { kind: 'add', subject: MEMBER }, result);
    expect(stepped).toMatchObject({ task: { mayBeThere } });
  });
});

it('a lift leaves nothing to do where nothing can have come of it', () => {
  expect(lift(task())).toBeUndefined();
  expect(lift(task({ stage: 'dropped', mayBeThere: true }))).toBeUndefined();
  expect(lift(task({ mayBeThere: true }))).toMatchObject({ stage: 'lifted' });
  expect(lift(task({ stage: 'kept', record: 'r1' }))).toMatchObject({ stage: 'lifted', record: 'r1' });
});

/** CMS as far as records go: what is there, and what it does to calls. */
function play(troubles: readonly ('ok' | 'lost' | 'unheard' | 'limited' | 'crash')[], liftAt: number) {
  const there: { reason: string; isRevoked: boolean }[] = [];
  let now: RecordTask | undefined = task();
  let stored = now;
  let isLifted = false;
  for (let turn = 0; turn < 100 && now; turn++) {
    if (turn === liftAt) {
      isLifted = true;
      now = lift(now);
      if (!now) break;
      stored = now;
    }
    const call = nextCall(now);
    if (!call) {
      if (turn > liftAt) break;
      continue;
    }
    const trouble = troubles[turn] ?? 'ok';
    if (call.kind === 'add') {
      now = { ...now, mayBeThere: true };
      stored = now;
    }
    if (trouble !== 'unheard' && trouble !== 'limited') {
      if (call.kind === 'add') there.push({ reason: now.text, isRevoked: false });
      if (call.kind === 'revoke') for (const record of there) record.isRevoked = true;
    }
    if (trouble === 'crash') {
      now = stored;
      continue;
    }
    const records = there.map((record, index) => ({ id: `r${index}`, ...record }));
    const answers: Record<RecordCall['kind'], RecordResult> = {
      find: found(UUID),
      add: { kind: 'added', id: `r${there.length - 1}` },
      read: { kind: 'records', records },
      revoke: { kind: 'revoked' },
    };
    const failures = { lost, unheard, limited: { kind: 'limited', waitMs: null } } as const;
    const stepped = step(now, call, trouble === 'ok' ? answers[call.kind] : failures[trouble]);
    now = stepped.kind === 'end' ? undefined : stepped.task;
    // What is written after a call may be lost in a crash; the last thing before one is there.
    if (now && trouble === 'ok' && turn % 2 === 0) stored = now;
  }
  return { there, isLifted };
}

it('whatever happens to the calls, there is one record, and none that counts after a lift', () => {
  const trouble = fc.constantFrom('ok', 'lost', 'unheard', 'limited', 'crash');
  fc.assert(
    fc.property(fc.array(trouble, { maxLength: 30 }), fc.integer({ min: 0, max: 40 }), (troubles, liftAt) => {
      const kept = play(troubles, 1_000).there;
      expect(kept).toMatchObject([{ isRevoked: false }]);
      const { there } = play(troubles, liftAt);
      expect(there.length).toBeLessThanOrEqual(1);
      expect(there.every(({ isRevoked }) => isRevoked)).toBe(true);
    }),
  );
});

it('a task is read as it was written, and nothing else is read', () => {
  const every = task({ member: MEMBER, record: 'r', stage: 'lifted', mayBeThere: true, attempts: 3 });
  const text = writeRecordTask(every);
  expect(readRecordTask(text)).toEqual(every);
  const old = text.replace('"version":2', '"version":1').replace('"serverId":null,', '');
  expect(readRecordTask(old)).toEqual(every);
  for (const other of [
    undefined,
    '',
    '{',
    '{"version":1}',
    text.replace('"version":2', '"version":3'),
    text.replace('"version":2', '"version":1'),
  ]) {
    expect(readRecordTask(other)).toBeUndefined();
  }
});
