import { expect, it } from 'vitest';
import { absentPerson } from '../../../server/moderation/person.ts';
import { MODERATOR } from '../action.ts';
import { settle } from '../manual-clock.ts';
import { DONE, LOST, UNREACHABLE } from '../scripted-api.ts';
import { type Running, runAgain } from './running.ts';

/** A ban that has ended in CMS, where it was confirmed, while its call to CAD is under way. */

const HOUR = 3_600_000;

async function endedWhileUnderWay(disk = new Map<string, string>()): Promise<Running> {
  const running = await runAgain({ disk }, ({ cms }) => cms.answerWith(() => DONE));
  void running.moderation.submit(absentPerson('Pat', ['steam:110000112345678']), {
    kind: 'ban',
    reason: '',
    author: MODERATOR,
    origin: 'chat',
  });
  await settle();
  const [ban] = running.ledger.inForce();
  expect(running.cad.open()).toBe(1);
  const how = ban && running.moderation.endedElsewhere(ban);
  expect([...(how ?? [])]).toEqual([['cad', ['under-way']]]);
  expect(running.ledger.inForce()).toEqual([]);
  await settle();
  return running;
}

it.each([
  ['never arrived', UNREACHABLE],
  ['may have been heard', LOST],
])('is not sent again when that has failed: it %s', async (_, result) => {
  const { cad, clock, ledger, told } = await endedWhileUnderWay();
  cad.calls[0]?.answer(result);
  await clock.advance(HOUR);
  expect(cad.calls).toHaveLength(1);
  expect(ledger.byId('a1')).toMatchObject({
    inForce: false,
    deliveries: [{ state: { status: 'delivered' } }, { state: { code: 'CANCELLED' } }],
  });
  expect(told.filter((text) => text.startsWith('settled'))).toEqual(['settled a1 delivered']);
});

it('is not in force again when that comes through, and is lifted there', async () => {
  const { cad, clock, ledger, told } = await endedWhileUnderWay();
  cad.calls[0]?.answer(DONE);
  cad.answerWith(() => DONE);
  await clock.advance(HOUR);
  await settle();
  expect(cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'unban']);
  expect(ledger.byId('a2')).toMatchObject({ key: 'end:a1:cad', isOfOneBan: true });
  expect(ledger.byId('a1')).toMatchObject({ inForce: false });
  expect(ledger.pending()).toEqual([]);
  expect(told.filter((text) => text.startsWith('settled'))).toEqual([
    'settled a1 delivered',
    'settled a2 delivered',
  ]);
});

it('is not sent again after a crash', async () => {
  const disk = new Map<string, string>();
  const { store } = await endedWhileUnderWay(disk);
  store.isFull = true;
  const again = await runAgain({ disk }, ({ cad }) => cad.answerWith(() => DONE));
  await again.clock.advance(HOUR);
  expect(again.cad.calls).toEqual([]);
  expect(again.ledger.byId('a1')).toMatchObject({
    inForce: false,
    deliveries: [{ state: { status: 'delivered' } }, { unanswered: 0, state: { code: 'CANCELLED' } }],
  });
});

it('has an effect once', async () => {
  const { ledger, moderation } = await endedWhileUnderWay();
  const ban = ledger.byId('a1');
  expect(ban && moderation.endedElsewhere(ban).size).toBe(0);
});

it('leaves nothing of a temporary one in a product, which had ended before and was left there for it', async () => {
  const running = await runAgain({ disk: new Map() }, ({ cms, cad }) => {
    cms.answerWith(() => DONE);
    cad.answerWith(() => DONE);
  });
  const { moderation, ledger, cad, clock } = running;
  const pat = absentPerson('Pat', ['steam:110000112345678']);
  const ban = { kind: 'ban', reason: '', author: MODERATOR, origin: 'chat' } as const;
  await moderation.submit(pat, { ...ban, expiresAt: clock.now() + HOUR });
  await moderation.submit(pat, ban);
  await settle();
  await clock.advance(2 * HOUR);
  expect(cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'ban']);
  const [held] = ledger.inForce();
  if (held) moderation.endedElsewhere(held);
  await settle();
  expect(ledger.inForce()).toEqual([]);
  expect(cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'ban', 'unban']);
});
