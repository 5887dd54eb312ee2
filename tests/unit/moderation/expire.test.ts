import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { absentPerson, type FoundPerson } from '../../../server/moderation/person.ts';
import type { SanctionRequest } from '../../../server/moderation/request.ts';
import { MODERATOR } from '../action.ts';
import { settle } from '../manual-clock.ts';
import { DONE, LOST, NOT_LINKED, UNREACHABLE } from '../scripted-api.ts';
import { type Running, run, runAgain } from './running.ts';

/** How a temporary ban ends, wherever it is by then: moderation with real queues. */

const HOUR = 3_600_000;
/** For how long the wall clock must say that a ban is over that ended before the start. */
const DOUBT = 6 * 60_000;

const pat = absentPerson('Pat', ['steam:110000112345678', 'license:abc']);
const ban: SanctionRequest = { kind: 'ban', reason: 'cheating', author: MODERATOR, origin: 'chat' };

async function banFor(running: Running, hours: number, changes: Partial<SanctionRequest> = {}) {
  const expiresAt = running.clock.now() + hours * HOUR;
  return submit(running, { ...ban, expiresAt, ...changes });
}

async function submit({ moderation }: Running, request: SanctionRequest): Promise<Outcome> {
  const ticket = await moderation.submit(pat, request);
  return ticket.accepted ? ticket.answered : ticket.outcome;
}

const kinds = ({ cad }: Running) => cad.calls.map(({ kind }) => kind);
const inForce = ({ ledger }: Running) => ledger.inForce().map(({ id }) => id);

describe('the end of a temporary ban', () => {
  it('lifts it where it was confirmed, once', async () => {
    const running = run();
    running.cad.answerWith(() => DONE);
    await banFor(running, 2);
    expect(inForce(running)).toEqual(['a1']);
    await running.clock.advance(2 * HOUR);
    await settle();
    expect(kinds(running)).toEqual(['ban', 'unban']);
    expect(inForce(running)).toEqual([]);
    expect(running.ledger.byKey('lift:a1')).toMatchObject({ ended: ['a1'], isOfOneBan: true });
    await running.clock.advance(48 * HOUR);
    expect(kinds(running)).toEqual(['ban', 'unban']);
    expect(running.cms.calls).toEqual([]);
  });

  it('lifts it also where another ban in force has nothing: its share there was cancelled', async () => {
    const running = run();
    running.cms.answerWith(() => DONE);
    running.cad.answerWith(() => UNREACHABLE);
    // Each of txAdmin's bans is a decision of its own.
    const held = await submit(running, { ...ban, origin: 'txadmin', key: 'txadmin:1' });
    await running.moderation.cancel(held.id);
    running.cad.answerWith(() => DONE);
    await banFor(running, 2);
    await running.clock.advance(2 * HOUR);
    await settle();
    expect(inForce(running)).toEqual([held.id]);
    expect(kinds(running).at(-1)).toBe('unban');
  });

  it('takes back what has not gone out, and lifts nothing', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => UNREACHABLE);
    await banFor(running, 2);
    await running.clock.advance(2 * HOUR);
    running.cad.answerWith(() => DONE);
    await running.clock.advance(HOUR);
    expect(new Set(kinds(running))).toEqual(new Set(['ban']));
    expect(running.ledger.pending()).toEqual([]);
    expect(running.ledger.byId('a1')).toMatchObject({
      inForce: false,
      deliveries: [{ state: { status: 'refused', code: 'CANCELLED' } }],
    });
    expect(running.told.at(-1)).toBe('settled a1 refused');
    expect(running.outcomes.at(-1)?.message).toMatch(/^Pat was banned until .+ That time is over\./);
  });

  it('lifts one whose call may have been heard', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => LOST);
    await banFor(running, 2);
    await running.clock.advance(2 * HOUR);
    running.cad.answerWith(() => DONE);
    await running.clock.advance(HOUR);
    expect(kinds(running).at(-1)).toBe('unban');
    expect(running.ledger.pending()).toEqual([]);
    expect(inForce(running)).toEqual([]);
  });

  it('ends one that waits for a link', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => NOT_LINKED);
    expect(await banFor(running, 2)).toMatchObject({ status: 'queued', code: 'NOT_LINKED' });
    await running.clock.advance(3 * HOUR);
    expect(inForce(running)).toEqual([]);
    expect(running.ledger.pending()).toEqual([]);
    expect(kinds(running)).not.toContain('unban');
  });

  it('ends one that the door alone holds', async () => {
    const running = run({ products: ['cms'] });
    expect(await banFor(running, 2)).toMatchObject({ status: 'delivered' });
    expect(inForce(running)).toEqual(['a1']);
    await running.clock.advance(2 * HOUR);
    expect(inForce(running)).toEqual([]);
    expect(running.cms.calls).toEqual([]);
  });

  it('lifts nothing while another ban is in force, and does so when the last one ends', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => DONE);
    await banFor(running, 5);
    await banFor(running, 2, { origin: 'txadmin' });
    await running.clock.advance(3 * HOUR);
    expect(inForce(running)).toEqual(['a1']);
    expect(kinds(running)).toEqual(['ban', 'ban']);
    await running.clock.advance(2 * HOUR);
    await settle();
    expect(inForce(running)).toEqual([]);
    expect(kinds(running)).toEqual(['ban', 'ban', 'unban']);
  });

  it('lifts one that went out after the end of another, of which nobody knew that it was of the same account', async () => {
    const running = run({ products: ['cad'] });
    const account = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
    const byAccount: FoundPerson = {
      person: { name: null, playerId: null, identifiers: [], account: `account:${account}` },
      subjectable: { identifiers: [], account: { by: 'account', value: account }, cadApiId: undefined },
    };
    running.cad.answerWith((_, { by }) => (by === 'account' ? { kind: 'done', account } : NOT_LINKED));
    const inAnHour = running.clock.now() + HOUR;
    await running.moderation.submit(byAccount, { ...ban, expiresAt: inAnHour });
    await banFor(running, 3);
    await running.clock.advance(2 * HOUR);
    running.cad.answerWith(() => ({ kind: 'done', account }));
    running.moderation.linked('a2', 'cad', { by: 'apiId', value: 'abc' });
    await running.clock.advance(2 * HOUR);
    expect(inForce(running)).toEqual([]);
    expect(kinds(running).slice(-2)).toEqual(['ban', 'unban']);
  });

  it('lifts nothing that somebody has lifted before', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => DONE);
    await banFor(running, 2);
    await submit(running, { ...ban, kind: 'unban' });
    await running.clock.advance(3 * HOUR);
    expect(kinds(running)).toEqual(['ban', 'unban']);
    expect(running.ledger.byKey('lift:a1')).toBeUndefined();
  });

  it('comes after a restart, also when it was due meanwhile', async () => {
    const first = run({ products: ['cad'] });
    first.cad.answerWith(() => DONE);
    await banFor(first, 2);
    first.flush();
    const { disk } = first.store;
    const again = {
      disk,
      products: ['cad'] as const,
      newId: () => 'b1',
      wall: first.clock.now() + 10 * HOUR,
    };
    const second = await runAgain(again, ({ cad }) => cad.answerWith(() => DONE));
    expect(inForce(second)).toEqual(['a1']);
    await second.clock.advance(DOUBT);
    await settle();
    expect(inForce(second)).toEqual([]);
    expect(kinds(second)).toEqual(['unban']);
  });

  it('that cannot be stored leaves it in force, and comes once it can', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => DONE);
    await banFor(running, 2);
    running.store.isFull = true;
    await running.clock.advance(3 * HOUR);
    expect(inForce(running)).toEqual(['a1']);
    expect(kinds(running)).toEqual(['ban']);
    running.store.isFull = false;
    await running.clock.advance(DOUBT);
    await settle();
    expect(inForce(running)).toEqual([]);
    expect(kinds(running)).toEqual(['ban', 'unban']);
  });
});
