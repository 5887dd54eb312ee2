import { describe, expect, it } from 'vitest';
import type { Product } from '../../../server/moderation/action.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { absentPerson, type FoundPerson } from '../../../server/moderation/person.ts';
import type { SanctionRequest } from '../../../server/moderation/request.ts';
import { MODERATOR } from '../action.ts';
import { DONE, NOT_LINKED, UNREACHABLE } from '../scripted-api.ts';
import { type Running, run, runAgain } from './running.ts';

/** A ban is lifted in one product, and in the other by another lift: moderation with real queues. */

const HOUR = 3_600_000;
const ACCOUNT = 'c6d294ba-a14e-40e1-ab23-5a1df6e4560a';
const pat = absentPerson('Pat', ['steam:110000112345678', 'license:abc']);
/** The same account, as nobody knows. */
const alias = absentPerson(null, ['discord:235947056630333440']);
const ban: SanctionRequest = { kind: 'ban', reason: 'cheating', author: MODERATOR, origin: 'chat' };

async function submit({ moderation }: Running, request: SanctionRequest, who = pat): Promise<Outcome> {
  const ticket = await moderation.submit(who, request);
  return ticket.accepted ? ticket.answered : ticket.outcome;
}

const lift = (running: Running, products: readonly Product[], who: FoundPerson = pat) =>
  submit(running, { ...ban, kind: 'unban', products }, who);

const inForce = ({ ledger }: Running) => ledger.inForce().map(({ id }) => id);

/** Pat is banned, by the first action, in both products. */
async function banned(): Promise<Running> {
  const running = run();
  for (const api of [running.cms, running.cad]) api.answerWith(() => ({ kind: 'done', account: ACCOUNT }));
  await submit(running, ban);
  return running;
}

/** Pat's ban waits in both products. */
async function waiting(): Promise<Running> {
  const running = run();
  for (const api of [running.cms, running.cad]) api.answerWith(() => UNREACHABLE);
  await submit(running, ban);
  for (const api of [running.cms, running.cad]) api.answerWith(() => DONE);
  return running;
}

function restart({ store, clock }: Running): Promise<Running> {
  return runAgain({ disk: new Map(store.disk), wall: clock.now(), newId: () => 'later' }, ({ cad }) =>
    cad.answerWith(() => DONE),
  );
}

describe('a ban ends with the lift after which nothing of it is left', () => {
  it.each<readonly [Product, Product]>([
    ['cad', 'cms'],
    ['cms', 'cad'],
  ])('in %s first, then in %s', async (first, second) => {
    const running = await banned();
    await lift(running, [first]);
    expect(inForce(running)).toEqual(['a1']);
    expect(await lift(running, [second])).toMatchObject({ id: 'a3', status: 'delivered' });
    expect(inForce(running)).toEqual([]);
    expect(running.ledger.byId('a2')).toMatchObject({ ended: [] });
    expect(running.ledger.byId('a3')).toMatchObject({ ended: ['a1'] });
  });

  it('also while it is on its way', async () => {
    const running = await waiting();
    await lift(running, ['cms']);
    await lift(running, ['cad']);
    expect(inForce(running)).toEqual([]);
    expect(running.ledger.byId('a1')?.deliveries.map(({ state }) => state)).toMatchObject([
      { code: 'CANCELLED' },
      { code: 'CANCELLED' },
    ]);
  });

  it('and not with two lifts of the same product', async () => {
    const running = await banned();
    await lift(running, ['cad']);
    await lift(running, ['cad']);
    expect(inForce(running)).toEqual(['a1']);
  });

  it('and not with a lift that was decided before it', async () => {
    const running = await banned();
    await lift(running, ['cad']);
    await submit(running, ban);
    await lift(running, ['cms']);
    expect(inForce(running)).toEqual(['a3']);
  });

  it('also after a restart', async () => {
    const before = await banned();
    await lift(before, ['cad']);
    const running = await restart(before);
    expect(inForce(running)).toEqual(['a1']);
    await lift(running, ['cms']);
    expect(inForce(running)).toEqual([]);
  });

  it('also when a crash has kept from the disk that the first has lifted its share', async () => {
    const before = await banned();
    await before.clock.advance(1_000);
    const asItWas = before.store.disk.get('action:a1');
    await lift(before, ['cad']);
    if (asItWas) before.store.disk.set('action:a1', asItWas);
    const running = await restart(before);
    await lift(running, ['cms']);
    expect(inForce(running)).toEqual([]);
  });
});

describe('a ban that was lifted in one product ends', () => {
  it('when the other refuses it', async () => {
    const running = await waiting();
    await lift(running, ['cad']);
    running.cms.answerWith(() => ({ kind: 'refused', words: 'IS THE OWNER' }));
    await running.clock.advance(60_000);
    expect(inForce(running)).toEqual([]);
  });

  it('when the other refuses it, also where it had been confirmed', async () => {
    const running = run();
    running.cad.answerWith(() => DONE);
    running.cms.answerWith(() => UNREACHABLE);
    await submit(running, ban);
    await lift(running, ['cad']);
    running.cms.answerWith(() => NOT_LINKED);
    await running.clock.advance(60_000);
    expect(inForce(running)).toEqual([]);
  });

  it('when what is on its way to the other is cancelled', async () => {
    const running = run();
    running.cad.answerWith(() => DONE);
    running.cms.answerWith(() => UNREACHABLE);
    await submit(running, ban);
    await lift(running, ['cad']);
    await running.moderation.cancel('a1');
    expect(inForce(running)).toEqual([]);
  });
});

describe('a ban that was lifted in one product', () => {
  it('counts as before when the lift was not stored', async () => {
    const running = await banned();
    running.store.isFull = true;
    expect(await lift(running, ['cad'])).toMatchObject({ status: 'refused' });
    running.store.isFull = false;
    await lift(running, ['cms']);
    expect(inForce(running)).toEqual(['a1']);
  });

  it('keeps no other from being lifted there when that ends', async () => {
    const running = await banned();
    await lift(running, ['cad']);
    await submit(running, { ...ban, expiresAt: running.clock.now() + HOUR });
    await running.clock.advance(HOUR);
    expect(running.cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'unban', 'ban', 'unban']);
    expect(inForce(running)).toEqual(['a1']);
  });
});

describe('lifts that turn out during delivery to be about the account of a ban', () => {
  it('end it together with one that was known to be', async () => {
    const running = await banned();
    await lift(running, ['cms']);
    await lift(running, ['cad'], alias);
    expect(inForce(running)).toEqual([]);
    expect(running.ledger.byId('a3')).toMatchObject({ ended: ['a1'] });
    expect(running.told).toContain('corrected a3 a1');
  });

  it('lift it in their product, and the next one ends it', async () => {
    const running = await banned();
    await lift(running, ['cad'], alias);
    expect(inForce(running)).toEqual(['a1']);
    expect(running.told).not.toContain('corrected a2 a1');
    await lift(running, ['cms']);
    expect(inForce(running)).toEqual([]);
  });

  it('take back what is on its way of it there, and say so', async () => {
    const running = run();
    running.cms.answerWith(() => ({ kind: 'done', account: ACCOUNT }));
    running.cad.answerWith(() => UNREACHABLE);
    await submit(running, ban);
    running.cad.answerWith(() => ({ kind: 'done', account: ACCOUNT }));
    await lift(running, ['cad'], alias);
    expect(running.told).toContain('withdrawn a2 cad');
    await running.clock.advance(60_000);
    expect(running.cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'unban']);
    expect(inForce(running)).toEqual(['a1']);
  });

  it('a ban that is told again after one is another: it is lifted there', async () => {
    const running = await banned();
    await lift(running, ['cad'], alias);
    expect(await submit(running, ban)).toMatchObject({ id: 'a3', status: 'delivered' });
  });
});
