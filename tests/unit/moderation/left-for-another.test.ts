import { expect, it } from 'vitest';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { absentPerson, samePerson } from '../../../server/moderation/person.ts';
import type { SanctionResult } from '../../../server/moderation/product-api.ts';
import type { SanctionRequest } from '../../../server/moderation/request.ts';
import { action, MODERATOR, person } from '../action.ts';
import { settle } from '../manual-clock.ts';
import { DONE, UNREACHABLE } from '../scripted-api.ts';
import { type Running, run, runAgain } from './running.ts';

/** A ban that was revoked stays in a product while another one holds there: with that one's end, it ends there too. */

const MINUTE = 60_000;

const pat = absentPerson('Pat', ['steam:110000112345678', 'license:abc']);
const ban: SanctionRequest = { kind: 'ban', reason: 'cheating', author: MODERATOR, origin: 'txadmin' };

async function submit({ moderation }: Running, request: SanctionRequest): Promise<Outcome> {
  const ticket = await moderation.submit(pat, request);
  return ticket.accepted ? ticket.answered : ticket.outcome;
}

const kinds = ({ cad }: Running) => cad.calls.map(({ kind }) => kind);

/** Two bans, of which the first is in CAD and is revoked while the second waits. */
async function revoked(disk?: Map<string, string>) {
  const running = run({ products: ['cad'], ...(disk ? { disk } : {}) });
  running.cad.answerWith(() => DONE);
  const first = await submit(running, { ...ban, key: 'txadmin:1' });
  await running.clock.advance(2 * MINUTE);
  running.cad.answerWith(() => UNREACHABLE);
  const second = await submit(running, { ...ban, key: 'txadmin:2' });
  const lift = await submit(running, {
    kind: 'unban',
    reason: 'mistaken',
    author: MODERATOR,
    origin: 'txadmin',
    key: 'txadmin:1:revoked',
    only: { id: first.id },
  });
  await settle();
  return { running, first, second, lift };
}

it('is lifted there when the other one is cancelled before it was sent', async () => {
  const { running, first, second, lift } = await revoked();
  expect(kinds(running)).not.toContain('unban');
  await running.moderation.cancel(second.id);
  running.cad.answerWith(() => DONE);
  await running.clock.advance(5 * MINUTE);
  await settle();
  expect(kinds(running).at(-1)).toBe('unban');
  expect(running.ledger.inForce()).toEqual([]);
  const [last] = running.ledger.latest(1);
  expect(last).toMatchObject({ kind: 'unban', reason: lift.reason, ended: [first.id] });
  expect(running.bugs).toEqual([]);
});

it('stays lifted: nothing is called for it when yet another one ends', async () => {
  const { running, second } = await revoked();
  await running.moderation.cancel(second.id);
  running.cad.answerWith(() => DONE);
  await running.clock.advance(5 * MINUTE);
  const third = await submit(running, { ...ban, key: 'txadmin:3' });
  await running.clock.advance(2 * MINUTE);
  running.moderation.endedElsewhere(running.ledger.byId(third.id) ?? expect.fail());
  await running.clock.advance(5 * MINUTE);
  expect(kinds(running).filter((kind) => kind === 'unban')).toHaveLength(1);
});

it('is lifted there after a crash that came in between', async () => {
  const disk = new Map<string, string>();
  const { running, second } = await revoked(disk);
  // The end of the other one is on disk, and nothing that follows from it.
  const ban2 = running.ledger.byId(second.id) ?? expect.fail();
  const deliveries = ban2.deliveries.map((share) => ({
    ...share,
    state: { status: 'refused', code: 'CANCELLED', detail: '' } as const,
  }));
  await running.ledger.save({ ...ban2, deliveries, inForce: false });
  const again = await runAgain({ products: ['cad'], disk }, ({ cad }) => cad.answerWith(() => DONE));
  await again.clock.advance(5 * MINUTE);
  expect(kinds(again)).toEqual(['unban']);
  const onceMore = await runAgain({ products: ['cad'], disk }, ({ cad }) => cad.answerWith(() => DONE));
  await onceMore.clock.advance(5 * MINUTE);
  expect(kinds(onceMore)).toEqual([]);
});

it('is lifted there when it went out after a lift of the account, which turned out to end the other one too', async () => {
  const disk = new Map<string, string>();
  const running = run({ products: ['cad'], disk });
  const { promise: heard, resolve: answer } = Promise.withResolvers<SanctionResult>();
  const ofAccount: SanctionResult = { kind: 'done', account: '5' };
  let bans = 0;
  running.cad.answerWith((kind) => {
    if (kind === 'unban') return ofAccount;
    return ++bans === 1 ? heard : UNREACHABLE;
  });
  void submit(running, { ...ban, key: 'txadmin:1', expiresAt: running.clock.now() + 600 * MINUTE });
  void submit(running, { ...ban, key: 'txadmin:2' });
  await settle();
  const byAccount = samePerson(action({ person: person({ identifiers: [], account: 'account:5' }) }));
  await running.moderation.submit(byAccount, {
    kind: 'unban',
    reason: 'appeal',
    author: MODERATOR,
    origin: 'chat',
  });
  await settle();
  answer(ofAccount);
  await settle();
  expect(kinds(running)).toEqual(['ban', 'unban', 'ban']);
  expect(running.ledger.inForce().map(({ key }) => key)).toEqual(['txadmin:2']);
  const again = await runAgain({ products: ['cad'], disk }, ({ cad, ties }) => {
    cad.answerWith(() => ofAccount);
    // As the list of CAD tells.
    ties.learn('5', pat.person.identifiers);
  });
  await again.clock.advance(5 * MINUTE);
  expect(again.ledger.inForce()).toEqual([]);
  expect(kinds(again)).toEqual(['unban']);
});
