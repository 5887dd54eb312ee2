import { expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import { writeRecordTask } from '../../../server/records/record-task.ts';
import { createDrafts } from '../../../server/records/record-words.ts';
import { createRecords } from '../../../server/records/records.ts';
import type { RecordsApi } from '../../../server/records/records-api.ts';
import { action, DELIVERED, delivery, STEAM } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, settle } from '../manual-clock.ts';
import { scriptedApi } from '../scripted-api.ts';
import { UUID } from '../sonoran/product.ts';
import { kvpOn } from '../storage/kvp-on.ts';

const cms = {
  api: scriptedApi('cms'),
  rules: { types: ['steam'], format: 'value', discordField: true },
} as const;
const drafts = createDrafts(cms, checkedSay);
const MEMBER = { by: 'account', value: UUID } as const;

const ban = action({ deliveries: [delivery('cms', { state: DELIVERED })] });
const unban = action({
  ended: [ban.id],
  id: 'u1',
  sequence: 2,
  kind: 'unban',
  deliveries: [],
});
const kick = action({ id: 'k1', kind: 'kick', deliveries: [delivery('cms', { subjects: [STEAM] })] });
const kept = {
  ...drafts.ofAction(ban, 'ban'),
  member: MEMBER,
  record: 'r1',
  stage: 'kept',
  mayBeThere: true,
} as const;

/** Records that begin on what an earlier run has left, where these actions are known. */
function begin(actions: readonly Action[], tasks: readonly Parameters<typeof writeRecordTask>[0][] = []) {
  const clock = createManualClock();
  const disk = new Map(tasks.map((task) => [`record:${task.id}`, writeRecordTask(task)]));
  const calls: string[] = [];
  const said: string[] = [];
  const answers: Partial<RecordsApi> = {};
  const api: RecordsApi = {
    async lookup(...args) {
      calls.push('lookup');
      const account = { id: UUID, name: null, banned: null, keys: [], proven: [] };
      return answers.lookup?.(...args) ?? { kind: 'found', account };
    },
    async add(...args) {
      calls.push('add');
      return answers.add?.(...args) ?? { kind: 'added', id: 'r1' };
    },
    async read(...args) {
      calls.push('read');
      return answers.read?.(...args) ?? { kind: 'records', records: [] };
    },
    async revoke() {
      calls.push('revoke');
      return { kind: 'revoked' };
    },
  };
  const records = createRecords({
    api,
    cms,
    clock,
    storage: kvpOn(clock, disk).storage,
    random: () => 0.5,
    retryForMs: 3_600_000,
    points: 0,
    kinds: new Set(['ban', 'kick', 'warn']),
    isInUse: () => true,
    awaiting: () => undefined,
    lookForCredentials() {},
    convars: () => 'cmsban_cms_api_key',
    ledger: { byId: (id) => actions.find((each) => each.id === id), about: () => actions },
    tell: (_author, _origin, text) => said.push(text),
    tellThere: () => false,
    log: { debug() {}, info() {}, warn() {}, error: (text) => said.push(text), bug() {} },
    say: checkedSay,
    onBug(error) {
      throw error;
    },
  });
  const start = async () => {
    expect(await records.load()).toEqual([]);
    records.start();
    await settle();
  };
  return { records, clock, disk, calls, said, answers, start };
}

it('a lift that was accepted in the moment of a crash revokes the record after it', async () => {
  const { start, calls, clock, disk } = begin([ban, unban], [kept]);
  await start();
  await clock.advance(2_000);
  expect(calls).toEqual(['revoke']);
  expect([...disk.keys()]).toEqual([]);
});

it('what no lift can be about any more is forgotten, and nothing else', async () => {
  const other = { ...kept, id: 'forgotten' };
  const { start, calls, clock, disk } = begin([ban], [kept, other]);
  await start();
  await clock.advance(2_000);
  expect(calls).toEqual([]);
  expect([...disk.keys()]).toEqual(['record:a1']);
});

it('the end of a temporary ban takes nothing back, and neither does a later lift', async () => {
  const served = action({ ...ban, expiresAt: ban.at + 1_000 });
  const end = action({ ...unban, key: 'lift:a1', at: ban.at + 1_000 });
  const later = action({ ...unban, id: 'u2', sequence: 3, at: ban.at + 2_000 });
  const { start, records, calls, clock } = begin([served], [kept]);
  await start();
  records.accepted(end);
  records.accepted(later);
  await clock.advance(2_000);
  expect(calls).toEqual([]);
});

it('a kick waits for its record once, and with wrong credentials not at all', async () => {
  const { start, records, answers, calls, said } = begin([kick]);
  answers.add = async () => ({ kind: 'bad-credentials', words: 'INVALID API KEY' });
  await start();
  const share = kick.deliveries[0] ?? delivery('cms');
  await records.before(kick, share);
  expect(records.before(kick, share)).toBeUndefined();
  expect(said).toHaveLength(1);
  delete answers.add;
  records.renewed();
  await records.before(kick, share);
  expect(records.before(kick, share)).toBeUndefined();
  expect(calls).toEqual(['lookup', 'add', 'add']);
  expect(said).toHaveLength(1);
});

it('nobody waits before a kick whose call may have been heard', async () => {
  const { start, records } = begin([kick]);
  await start();
  expect(records.before(kick, delivery('cms', { unanswered: 0 }))).toBeUndefined();
  expect(records.before(ban, delivery('cms'))).toBeUndefined();
  expect(records.before(kick, delivery('cad'))).toBeUndefined();
});

it('without credentials nothing is tried, and no time of a task passes', async () => {
  const { start, records, answers, calls, clock, said } = begin([ban]);
  answers.add = async () => ({ kind: 'not-enabled', words: 'NOT ENABLED' });
  await start();
  records.changed('a1', delivery('cms', { state: DELIVERED }));
  await settle();
  await clock.advance(50 * 60_000);
  expect(calls).toEqual(['lookup', 'add']);
  delete answers.add;
  await clock.advance(24 * 3_600_000);
  expect(calls).toEqual(['lookup', 'add', 'add']);
  expect(said).toHaveLength(1);
});

it('a call whose answer was lost has half a minute to arrive before it is looked for', async () => {
  const { start, records, answers, calls, clock } = begin([ban]);
  answers.add = async () => ({ kind: 'try-again', detail: 'x', waitMs: null, mayHaveHappened: true });
  await start();
  records.changed('a1', delivery('cms', { state: DELIVERED }));
  await clock.advance(29_000);
  expect(calls).toEqual(['lookup', 'add']);
  delete answers.add;
  await clock.advance(2_000);
  expect(calls).toEqual(['lookup', 'add', 'read', 'add']);
});

it('so has one that an earlier run made', async () => {
  const { start, calls, clock } = begin([ban], [{ ...kept, record: null, stage: 'open' }]);
  await start();
  await clock.advance(29_000);
  expect(calls).toEqual([]);
  await clock.advance(2_000);
  expect(calls).toEqual(['read', 'add']);
});

it('a kick that finds records held goes at once, and its author hears why there is none', async () => {
  const another = action({ ...kick, id: 'k2', sequence: 3 });
  const { start, records, answers, said } = begin([kick, another]);
  answers.add = async () => ({ kind: 'not-enabled', words: 'NOT ENABLED' });
  await start();
  const share = kick.deliveries[0] ?? delivery('cms');
  await records.before(kick, share);
  expect(records.before(another, share)).toBeUndefined();
  expect(said.at(-1)).toContain('has no disciplinary records');
});

it('a kick that was made while its record was not says so', async () => {
  const done = action({
    ...kick,
    deliveries: [{ ...(kick.deliveries[0] ?? delivery('cms')), state: DELIVERED }],
  });
  const open = { ...drafts.ofAction(kick, 'kick'), isFirst: true } as const;
  const { start, said, answers } = begin([done], [open]);
  answers.add = async () => ({ kind: 'try-again', detail: 'down', waitMs: null, mayHaveHappened: false });
  await start();
  expect(said.at(-1)).toContain('before the kick');
});
