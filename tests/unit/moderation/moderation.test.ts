import { describe, expect, it } from 'vitest';
import { parseAccount } from '../../../server/identity/target.ts';
import type { Outcome } from '../../../server/moderation/outcome.ts';
import { absentPerson, connectedPerson, type FoundPerson } from '../../../server/moderation/person.ts';
import type { SanctionRequest, Ticket } from '../../../server/moderation/request.ts';
import { MODERATOR } from '../action.ts';
import { cpuMsOf } from '../cpu-time.ts';
import { settle } from '../manual-clock.ts';
import { DONE, LOST, NOT_LINKED, UNREACHABLE } from '../scripted-api.ts';
import { type Running, run } from './running.ts';

const pat = absentPerson('Pat', ['steam:110000112345678', 'license:abc']);
const ban: SanctionRequest = { kind: 'ban', reason: 'cheating', author: MODERATOR, origin: 'chat' };
const unban: SanctionRequest = { ...ban, kind: 'unban', reason: '' };

async function answered(ticket: Promise<Ticket>): Promise<Outcome> {
  const settled = await ticket;
  return settled.accepted ? settled.answered : settled.outcome;
}

/** What has been answered so far; undefined while the caller still waits. */
async function answeredYet(ticket: Promise<Ticket>): Promise<Outcome | undefined> {
  let outcome: Outcome | undefined;
  void answered(ticket).then((first) => {
    outcome = first;
  });
  await settle();
  return outcome;
}

/** One of several bans that somebody has: each of txAdmin's is a decision of its own. */
const anotherBan = (number: number): SanctionRequest => ({
  ...ban,
  origin: 'txadmin',
  key: `txadmin:${number}`,
});

describe('a decision', () => {
  it('goes to every product in use, and is answered when all have confirmed', async () => {
    const { moderation, cms, cad, told } = run();
    const ticket = moderation.submit(pat, ban);
    await settle();
    expect([cms.calls.length, cad.calls.length]).toEqual([1, 1]);
    cms.calls[0]?.answer(DONE);
    expect(await answeredYet(ticket)).toBeUndefined();
    cad.calls[0]?.answer({ kind: 'done', account: 'uuid' });
    expect(await answered(ticket)).toMatchObject({
      id: 'a1',
      action: 'ban',
      status: 'delivered',
      code: 'OK',
      reason: 'cheating',
      author: 'Mo',
      origin: 'chat',
      products: { cms: { status: 'delivered' }, cad: { status: 'delivered', account: 'uuid' } },
    });
    expect(told).toEqual(['accepted a1', 'settled a1 delivered']);
  });

  it('is answered as queued when something is late, once, and again to the audience in the end', async () => {
    const { moderation, cms, cad, clock, told } = run();
    const ticket = moderation.submit(pat, ban);
    await settle();
    cms.calls[0]?.answer(DONE);
    cad.calls[0]?.answer(UNREACHABLE);
    expect(await answered(ticket)).toMatchObject({ status: 'queued', code: 'QUEUED' });
    cad.answerWith(() => UNREACHABLE);
    await clock.advance(10_000);
    cad.answerWith(() => DONE);
    await clock.advance(60_000);
    expect(told).toEqual(['accepted a1', 'queued a1', 'settled a1 delivered']);
    expect(moderation.pending()).toEqual([]);
  });

  it('waits for every product before it is called queued', async () => {
    const { moderation, cms, cad } = run();
    const ticket = moderation.submit(pat, ban);
    await settle();
    cad.calls[0]?.answer(UNREACHABLE);
    expect(await answeredYet(ticket)).toBeUndefined();
    cms.calls[0]?.answer(DONE);
    expect(await answered(ticket)).toMatchObject({
      status: 'queued',
      products: { cms: { status: 'delivered' } },
    });
  });

  it('is kept before anything goes out', async () => {
    const { moderation, store, cad, bugs } = run({ products: ['cad'] });
    cad.answerWith(() => {
      expect(store.disk.get('action:a1')).toContain('"queued"');
      return DONE;
    });
    expect(await answered(moderation.submit(pat, ban))).toMatchObject({ status: 'delivered' });
    expect(bugs).toEqual([]);
    expect(store.groups[0]?.map(({ name }) => name)).toEqual(['action:a1']);
    expect(store.disk.get('action:a1')).toContain('"delivered"');
  });

  it('that no product can carry out is refused at once, and told', async () => {
    const { moderation, told, cms, cad } = run({ unlinked: 'refuse' });
    const outcome = await answered(moderation.submit(absentPerson('Pat', ['fivem:1']), ban));
    expect(outcome).toMatchObject({ status: 'refused', code: 'NO_IDENTIFIER' });
    expect(told).toEqual(['accepted a1', 'settled a1 refused']);
    expect([...cms.calls, ...cad.calls]).toEqual([]);
  });

  it('may be for one product alone', async () => {
    const { moderation, cms, cad } = run();
    cad.answerWith(() => DONE);
    const outcome = await answered(moderation.submit(pat, { ...ban, products: ['cad'] }));
    expect(Object.keys(outcome.products)).toEqual(['cad']);
    expect(cms.calls).toEqual([]);
  });

  it('for a product that is not in use, or without any, is refused', async () => {
    const { moderation, told } = run({ products: ['cad'] });
    const outcome = await answered(moderation.submit(pat, { ...ban, products: ['cms'] }));
    expect(outcome).toMatchObject({ status: 'refused', code: 'NOT_CONFIGURED', products: {} });
    expect(told).toEqual(['settled request refused']);
    const none = run({ products: [] });
    expect(await answered(none.moderation.submit(pat, ban))).toMatchObject({ code: 'NOT_CONFIGURED' });
  });

  it('is kept and shown with clean words', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith(() => DONE);
    const author = { ...MODERATOR, name: '^1Mo\nderator' };
    const outcome = await answered(moderation.submit(pat, { ...ban, author, reason: '^2x\n'.repeat(500) }));
    expect(outcome.author).toBe('1Mo derator');
    expect(outcome.reason).not.toMatch(/[\n^]/);
    expect(Array.from(outcome.reason).length).toBeLessThanOrEqual(256);
  });

  it('that is temporary is left out where it could not be lifted', async () => {
    const { moderation, cms, cad, clock } = run();
    cad.answerWith(() => DONE);
    const outcome = await answered(moderation.submit(pat, { ...ban, expiresAt: clock.now() + 1_000 }));
    expect(outcome).toMatchObject({
      status: 'delivered',
      products: { cms: { status: 'refused', code: 'UNSUPPORTED' }, cad: { status: 'delivered' } },
    });
    expect(cms.calls).toEqual([]);
  });
});

describe('the same decision told again', () => {
  const keyed = { ...ban, key: 'txadmin:B8YE-ZQHY' };

  it('has one effect and one answer, also while it is under way', async () => {
    const { moderation, cad, told } = run({ products: ['cad'] });
    const tickets = [moderation.submit(pat, keyed), moderation.submit(pat, keyed)];
    await settle();
    tickets.push(moderation.submit(pat, keyed));
    cad.calls[0]?.answer(DONE);
    const outcomes = await Promise.all(tickets.map(answered));
    expect(new Set(outcomes.map(({ id }) => id))).toEqual(new Set(['a1']));
    expect(cad.calls).toHaveLength(1);
    expect(told).toEqual(['accepted a1', 'settled a1 delivered']);
  });

  it('is answered as it stands, when it waits and when it is over', async () => {
    const { moderation, cad, clock } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, keyed));
    expect(await answered(moderation.submit(pat, keyed))).toMatchObject({ id: 'a1', status: 'queued' });
    cad.answerWith(() => DONE);
    await clock.advance(2_000);
    expect(await answered(moderation.submit(pat, keyed))).toMatchObject({ id: 'a1', status: 'delivered' });
    expect(cad.calls).toHaveLength(2);
  });
});

describe('a ban told again after a lift of somebody who may be the same', () => {
  const account = 'account:00000000-0000-4000-8000-000000000001';
  const byAccount: FoundPerson = {
    person: { name: null, playerId: null, identifiers: [], account },
    subjectable: { identifiers: [], account: parseAccount(account), cadApiId: undefined },
  };
  const inAnHour = (running: Running) => ({ ...ban, expiresAt: running.clock.now() + 3_600_000 });

  async function banAndLift() {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => UNREACHABLE);
    await answered(running.moderation.submit(pat, ban));
    await answered(running.moderation.submit(byAccount, unban));
    return running;
  }

  it('is the one that is there, and counts from now', async () => {
    const running = await banAndLift();
    expect(await answered(running.moderation.submit(pat, ban))).toMatchObject({ id: 'a1', again: true });
    expect(running.ledger.byId('a1')?.told).toBeGreaterThan(running.ledger.byId('a2')?.sequence ?? 0);
  });

  it('for less long is another one: the longer one may be lifted, and is not to come back by it', async () => {
    const running = await banAndLift();
    const shorter = await answered(running.moderation.submit(pat, inAnHour(running)));
    expect(shorter).toMatchObject({ id: 'a3', until: expect.any(Number) });
    expect(running.ledger.byId('a1')).toMatchObject({ told: running.ledger.byId('a1')?.sequence });
  });

  it('for less long is the one that is there, where nobody was lifted', async () => {
    const running = run({ products: ['cad'] });
    running.cad.answerWith(() => UNREACHABLE);
    await answered(running.moderation.submit(pat, ban));
    const shorter = await answered(running.moderation.submit(pat, inAnHour(running)));
    expect(shorter).toMatchObject({ id: 'a1', again: true });
  });
});

describe('a ban that earlier lifts of the same account have undone', () => {
  const id = '00000000-0000-4000-8000-000000000001';
  const byAccount: FoundPerson = {
    person: { name: null, playerId: null, identifiers: [], account: `account:${id}` },
    subjectable: { identifiers: [], account: parseAccount(`account:${id}`), cadApiId: undefined },
  };

  it('is made again once for each of them, however often it was made again before', async () => {
    const running = run({ products: ['cad'] });
    const { moderation, cad, clock } = running;
    let areLiftsHeard = false;
    cad.answerWith((kind) => (kind === 'ban' || areLiftsHeard ? { kind: 'done', account: id } : UNREACHABLE));
    // Nothing ties these names to one another, nor to the account.
    for (const name of ['license:abc', 'discord:1']) {
      await answered(moderation.submit(absentPerson(null, [name]), unban));
    }
    await answered(moderation.submit(byAccount, ban));
    areLiftsHeard = true;
    await clock.advance(60_000);
    await settle();
    const bans = running.ledger.latest(100).filter(({ kind }) => kind === 'ban');
    expect(bans.map(({ key }) => key).toReversed()).toEqual([null, 'again:a3:a1', 'again:a3:a2']);
  });
});

describe('a lift told again', () => {
  const byLicense = absentPerson('Pat', ['license:abc']);

  it('is one lift, while nobody was banned since', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith(() => DONE);
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ id: 'a1', status: 'delivered' });
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ id: 'a1', again: true });
    await answered(moderation.submit(absentPerson('Sam', ['license:sam']), ban));
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ id: 'a3', status: 'delivered' });
    expect(cad.calls.map(({ kind }) => kind)).toEqual(['unban', 'ban', 'unban']);
  });

  it('is known by the name it was told by, also after a later ban', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith(() => DONE);
    const named = { ...unban, key: 'export:panel:7' };
    await answered(moderation.submit(pat, unban));
    expect(await answered(moderation.submit(pat, named))).toMatchObject({ id: 'a1', again: true });
    await answered(moderation.submit(pat, ban));
    expect(await answered(moderation.submit(pat, named))).toMatchObject({ id: 'a1', again: true });
    expect(cad.calls.map(({ kind }) => kind)).toEqual(['unban', 'ban']);
  });

  it('by a person, under a name that is linked after one that was not, is made', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith((_, { value }) => (value === 'abc' ? NOT_LINKED : DONE));
    expect(await answered(moderation.submit(byLicense, unban))).toMatchObject({ code: 'NOT_LINKED' });
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ id: 'a2', status: 'delivered' });
  });

  it('by a program, where it was refused, is not', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith(() => NOT_LINKED);
    const told = { ...unban, origin: 'export' } as const;
    await answered(moderation.submit(byLicense, told));
    expect(await answered(moderation.submit(byLicense, told))).toMatchObject({ id: 'a1', again: true });
    expect(cad.calls).toHaveLength(1);
  });
});

describe('dropping', () => {
  function withPlayers(running: Running) {
    const player = running.players.join(12, 'Pat', 'steam:110000112345678', 'license:abc');
    running.players.join(13, 'Twin', 'license:abc');
    running.players.join(14, 'Sam', 'license:other');
    return connectedPerson(player, [], async () => undefined);
  }
  const droppedIds = ({ players }: Running) => players.dropped.map(({ id }) => id);

  it('with success: as soon as one product has confirmed, everybody who shares an identifier', async () => {
    const running = run();
    const who = withPlayers(running);
    const ticket = running.moderation.submit(who, ban);
    await settle();
    expect(droppedIds(running)).toEqual([]);
    running.cad.calls[0]?.answer(DONE);
    await settle();
    expect(droppedIds(running)).toEqual([12, 13]);
    expect(running.players.dropped[0]?.message).toBe(
      'You are banned from this community. Reason: cheating (by Mo). Ends: never. Ban id: a1. Appeal here.',
    );
    running.cms.calls[0]?.answer(NOT_LINKED);
    running.cms.answerWith(() => NOT_LINKED);
    expect(await answered(ticket)).toMatchObject({ status: 'delivered', dropped: true });
  });

  it('with all: when the last product has confirmed', async () => {
    const running = run({ dropWhen: 'all' });
    const who = withPlayers(running);
    void running.moderation.submit(who, ban);
    await settle();
    running.cad.calls[0]?.answer(DONE);
    await settle();
    expect(droppedIds(running)).toEqual([]);
    running.cms.calls[0]?.answer(DONE);
    await settle();
    expect(droppedIds(running)).toEqual([12, 13]);
  });

  it('with all: not when one refused', async () => {
    const running = run({ dropWhen: 'all' });
    const who = withPlayers(running);
    running.cms.answerWith(() => ({ kind: 'refused', words: 'IS THE OWNER' }));
    running.cad.answerWith(() => DONE);
    expect(await answered(running.moderation.submit(who, ban))).toMatchObject({
      status: 'delivered',
      dropped: false,
    });
    expect(droppedIds(running)).toEqual([]);
  });

  it('with always: at once, before anything goes out, whatever comes of it', async () => {
    const running = run({ unlinked: 'refuse' });
    const who = withPlayers(running);
    running.cms.answerWith(() => NOT_LINKED);
    running.cad.answerWith(() => NOT_LINKED);
    const ticket = running.moderation.submit(who, { ...ban, drop: 'always', reason: ' ' });
    expect(await answered(ticket)).toMatchObject({ status: 'refused', code: 'NOT_LINKED', dropped: true });
    expect(running.players.dropped[0]?.message).toContain('none given');
    expect(droppedIds(running)).toEqual([12, 13]);
  });

  it('comes an hour late when the confirmation does: whoever is here then', async () => {
    const running = run({ products: ['cad'] });
    const who = withPlayers(running);
    running.cad.answerWith(() => UNREACHABLE);
    expect(await answered(running.moderation.submit(who, ban))).toMatchObject({ dropped: false });
    running.players.leave(12);
    running.players.leave(13);
    await running.clock.advance(3_600_000);
    running.players.join(77, 'Pat', 'license:abc');
    running.cad.answerWith(() => DONE);
    await running.clock.advance(600_000);
    expect(droppedIds(running)).toEqual([77]);
    expect(running.outcomes.at(-1)).toMatchObject({ status: 'delivered', dropped: true });
  });

  it('is never done without a confirmation, nor for a lift', async () => {
    const running = run({ products: ['cad'], unlinked: 'refuse' });
    const who = withPlayers(running);
    running.cad.answerWith(() => NOT_LINKED);
    await answered(running.moderation.submit(who, ban));
    running.cad.answerWith(() => DONE);
    await answered(running.moderation.submit(who, { ...unban, drop: 'always' }));
    expect(droppedIds(running)).toEqual([]);
  });

  it('says what a kick is', async () => {
    const running = run({ products: ['cad'] });
    const who = withPlayers(running);
    running.cad.answerWith(() => DONE);
    await answered(running.moderation.submit(who, { ...ban, kind: 'kick' }));
    expect(running.players.dropped[0]?.message).toContain('You were removed from this community.');
  });
});

describe('a lift', () => {
  it('takes back a ban that still waits and cannot have been heard', async () => {
    const { moderation, cad, told } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, ban));
    cad.answerWith(() => DONE);
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ status: 'delivered' });
    expect(cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'unban']);
    expect(told).toContain('settled a1 refused');
  });

  it('takes back all of several bans: the end of one must not let the next go out', async () => {
    const { moderation, cms, told } = run({ products: ['cms'] });
    cms.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, anotherBan(1)));
    await answered(moderation.submit(pat, anotherBan(2)));
    cms.answerWith(() => DONE);
    await answered(moderation.submit(pat, unban));
    await settle();
    expect(told).toContain('settled a1 refused');
    expect(told).toContain('settled a2 refused');
    expect(cms.calls).toHaveLength(1);
  });

  it('ends a ban that may have been heard, and is made all the same', async () => {
    const { moderation, cad, clock } = run({ products: ['cad'] });
    cad.answerWith(() => LOST);
    await answered(moderation.submit(pat, ban));
    const lift = answered(moderation.submit(pat, unban));
    expect(await lift).toMatchObject({ status: 'queued' });
    cad.answerWith(() => DONE);
    await clock.advance(10_000);
    expect(cad.calls.map(({ kind }) => kind)).toEqual(['ban', 'unban', 'unban']);
    expect(moderation.pending()).toEqual([]);
  });

  it('leaves the bans of others, and kicks, where they are', async () => {
    const { moderation, cad } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(absentPerson('Sam', ['steam:5']), ban));
    await answered(moderation.submit(pat, { ...ban, kind: 'kick' }));
    await answered(moderation.submit(pat, unban));
    expect(moderation.pending().map(({ id }) => id)).toEqual(['a1', 'a2', 'a3']);
  });

  it('of one product leaves the other alone', async () => {
    const { moderation, cms, cad } = run();
    cms.answerWith(() => UNREACHABLE);
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, ban));
    cad.answerWith(() => DONE);
    await answered(moderation.submit(pat, { ...unban, products: ['cad'] }));
    expect(moderation.pending()).toMatchObject([
      { id: 'a1', products: { cms: { status: 'queued' }, cad: { status: 'refused', code: 'CANCELLED' } } },
    ]);
  });
});

describe('a lift and the bans that it takes back', () => {
  /** A ban of Pat waits in both products, and their host is back. */
  async function banWaits() {
    const running = run();
    for (const api of [running.cms, running.cad]) api.answerWith(() => UNREACHABLE);
    await answered(running.moderation.submit(pat, ban));
    for (const api of [running.cms, running.cad]) api.answerWith(() => DONE);
    return running;
  }

  it('are written in one group, the lift first: a beginning of it takes back no ban without a lift', async () => {
    const { moderation, store } = await banWaits();
    const before = store.groups.length;
    void moderation.submit(pat, unban);
    await settle();
    const [group = []] = store.groups.slice(before);
    expect(group.slice(0, 2).map(({ name }) => name)).toEqual(['action:a2', 'action:a1']);
    expect(group[1]?.value).toContain('"CANCELLED"');
    // That taking it back was all there was to do in CMS is in the same record.
    expect(group[0]?.value).toMatch(/"product":"cms".*"status":"delivered"/);
  });

  it('are heard of only when they are on disk, the bans first', async () => {
    const { moderation, store, told } = await banWaits();
    told.length = 0;
    store.onFlush = () => told.push('on disk');
    void moderation.submit(pat, unban);
    await settle();
    expect(told.slice(0, 4)).toEqual([
      'on disk',
      'accepted a2',
      'settled a1 refused',
      'withdrawn a2 cms cad',
    ]);
  });

  it('go on as before when the lift is not kept', async () => {
    const { moderation, store, cms, cad, clock, told, ledger } = await banWaits();
    store.isFull = true;
    expect(await answered(moderation.submit(pat, unban))).toMatchObject({ status: 'refused' });
    expect(told).not.toContain('settled a1 refused');
    expect(ledger.byId('a1')?.deliveries.map(({ state }) => state.status)).toEqual(['queued', 'queued']);
    store.isFull = false;
    await clock.advance(60_000);
    expect([...cms.calls, ...cad.calls].every(({ kind }) => kind === 'ban')).toBe(true);
    expect(told.at(-1)).toBe('settled a1 delivered');
    expect(store.disk.get('action:a1')).toContain('"delivered"');
    expect(store.disk.has('action:a2')).toBe(false);
  });
});

describe('several bans that a lift would have taken back', () => {
  it('go on in the order decided when it is not kept', async () => {
    const { moderation, store, cad, clock, told } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    for (let number = 0; number < 3; number++) await answered(moderation.submit(pat, anotherBan(number)));
    store.isFull = true;
    await answered(moderation.submit(pat, unban));
    store.isFull = false;
    told.length = 0;
    cad.answerWith(() => DONE);
    // One after the other, with a write before and after each.
    for (let seconds = 0; seconds < 30; seconds++) await clock.advance(1_000);
    expect(told).toEqual(['settled a1 delivered', 'settled a2 delivered', 'settled a3 delivered']);
  });
});

describe('a disk that keeps nothing', () => {
  it('lets nothing begin: whoever decided is told, and it is never done', async () => {
    const { moderation, store, cms, cad, clock, told, players } = run({ dropWhen: 'always' });
    players.join(12, 'Pat', 'license:abc');
    store.isFull = true;
    const answers: Outcome[] = [];
    const request = { ...ban, key: 'k', onAnswer: (outcome: Outcome) => answers.push(outcome) };
    const outcome = await answered(moderation.submit(pat, request));
    expect(outcome).toMatchObject({ status: 'refused', code: 'REFUSED' });
    expect(outcome.message).toContain('the server cannot store the decision');
    expect(answers).toEqual([outcome]);
    expect(told).toEqual(['settled request refused']);
    expect([moderation.pending(), moderation.history(9)]).toEqual([[], []]);
    store.isFull = false;
    await clock.advance(3_600_000);
    expect([...cms.calls, ...cad.calls, ...players.dropped]).toEqual([]);
    expect([...store.disk.keys()]).toEqual([]);
  });

  it('leaves the decision to be made anew', async () => {
    const { moderation, store, cad } = run({ products: ['cad'] });
    cad.answerWith(() => DONE);
    store.isFull = true;
    await answered(moderation.submit(pat, { ...ban, key: 'k' }));
    store.isFull = false;
    expect(await answered(moderation.submit(pat, { ...ban, key: 'k' }))).toMatchObject({
      status: 'delivered',
    });
    expect(cad.calls).toHaveLength(1);
  });

  it('holds back what was accepted before it was full, and says so', async () => {
    const { moderation, store, cad, clock, outcomes, ledger } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, ban));
    cad.answerWith(() => DONE);
    store.isFull = true;
    await clock.advance(60_000);
    expect(cad.calls).toHaveLength(1);
    expect(moderation.pending()).toMatchObject([{ id: 'a1', status: 'queued' }]);
    // Nothing has gone out that could be heard.
    expect(ledger.byId('a1')?.deliveries[0]?.unanswered).toBeNull();
    store.isFull = false;
    await clock.advance(10_000);
    expect(cad.calls).toHaveLength(2);
    expect(outcomes.at(-1)).toMatchObject({ id: 'a1', status: 'delivered' });
  });

  it('does not keep an end from being told: it is true all the same', async () => {
    const { moderation, store, cad, told } = run({ products: ['cad'] });
    const ticket = moderation.submit(pat, ban);
    await settle();
    store.isFull = true;
    cad.calls[0]?.answer(DONE);
    expect(await answered(ticket)).toMatchObject({ status: 'delivered' });
    expect(told).toEqual(['accepted a1', 'settled a1 delivered']);
  });
});

describe('the writes', () => {
  it('of a ban are one before its first byte and one after it is settled, in however many products', async () => {
    const { moderation, store, cms, cad, clock } = run();
    const before: number[] = [];
    for (const api of [cms, cad]) {
      api.answerWith(() => {
        before.push(store.groups.length);
        return DONE;
      });
    }
    await answered(moderation.submit(pat, ban));
    await clock.advance(10_000);
    expect(before).toEqual([1, 1]);
    expect(store.groups).toHaveLength(2);
    // In the one before, that the calls of both may be heard.
    expect(store.groups[0]?.[0]?.value?.match(/"unanswered":0/g)).toHaveLength(2);
  });

  it('of ten bans at once are shared', async () => {
    const { moderation, store, cms, cad, clock } = run();
    for (const api of [cms, cad]) api.answerWith(() => DONE);
    const ids = Array.from({ length: 10 }, (_, number) => number);
    const people = ids.map((number) => absentPerson(`p${number}`, [`steam:11000010000000${number}`]));
    const outcomes = await Promise.all(people.map((who) => answered(moderation.submit(who, ban))));
    expect(outcomes.map(({ status }) => status)).toEqual(ids.map(() => 'delivered'));
    await clock.advance(10_000);
    expect(store.groups.length).toBeLessThanOrEqual(4);
    const [first = []] = store.groups;
    expect(first.map(({ name }) => name)).toEqual(ids.map((number) => `action:a${number + 1}`));
    for (const { value } of first) expect(value?.match(/"unanswered":0/g)).toHaveLength(2);
  });
});

describe('what one product has answered', () => {
  it('is on disk before it is told because the other product waits', async () => {
    const { moderation, store, cms, cad, told, outcomes } = run();
    for (let number = 0; number < 2; number++) void moderation.submit(pat, anotherBan(number));
    await settle();
    cms.answerWith(() => DONE);
    cms.calls[0]?.answer(DONE);
    await settle();
    store.onFlush = () => told.push('on disk');
    // The second waits behind the first from now on, in CAD; in CMS it is done.
    cad.calls[0]?.answer(UNREACHABLE);
    await settle();
    expect(told.filter((text) => text === 'queued a2')).toHaveLength(1);
    expect(told.indexOf('on disk')).toBeGreaterThan(0);
    expect(told.indexOf('on disk')).toBeLessThan(told.indexOf('queued a2'));
    expect(outcomes.at(-1)).toMatchObject({ id: 'a2', products: { cms: { status: 'delivered' } } });
    expect(store.disk.get('action:a2')).toMatch(/"product":"cms".*"status":"delivered"/);
  });
});

describe('many decisions about one person', () => {
  it('cost in proportion, and so does the lift that takes them back', async () => {
    const tookMs = async (count: number) => {
      const { moderation, cms, cad } = run({ historyLimit: 10_000 });
      for (const api of [cms, cad]) api.answerWith(() => UNREACHABLE);
      const bans = await cpuMsOf(async () => {
        for (let number = 0; number < count; number++) void moderation.submit(pat, ban);
        await settle();
      });
      for (const api of [cms, cad]) api.answerWith(() => DONE);
      const lift = await cpuMsOf(() => answered(moderation.submit(pat, unban)));
      expect(moderation.pending()).toEqual([]);
      return { bans, lift };
    };
    await tookMs(100);
    const { bans, lift } = await tookMs(400);
    expect(bans).toBeLessThan(400);
    expect(lift).toBeLessThan(400);
  });
});

describe('the record', () => {
  it('ignores news of an action that it does not know', async () => {
    const { moderation, ledger, cad, clock, told } = run({ products: ['cad'] });
    cad.answerWith(() => UNREACHABLE);
    await answered(moderation.submit(pat, ban));
    const known = ledger.byId('a1');
    if (known) ledger.forget(known);
    cad.answerWith(() => DONE);
    await clock.advance(60_000);
    expect(cad.calls).toHaveLength(1);
    expect(told).toEqual(['accepted a1', 'queued a1']);
    // Nor does it hold up others.
    const other = moderation.submit(absentPerson('Sam', ['steam:110000100000005']), ban);
    expect(await answered(other)).toMatchObject({ status: 'delivered' });
  });

  it('shows what is pending, oldest first, and what was, newest first', async () => {
    const { moderation, cad, clock } = run({ products: ['cad'] });
    for (const steam of ['1', '2', '3']) {
      cad.answerWith(() => (steam === '2' ? DONE : UNREACHABLE));
      await answered(moderation.submit(absentPerson(steam, [`steam:${steam}`]), ban));
      await clock.advance(1);
    }
    expect(moderation.pending().map(({ target }) => target.name)).toEqual(['1', '3']);
    expect(moderation.history(10).map(({ target }) => target.name)).toEqual(['3', '2', '1']);
    expect(moderation.history(1)).toHaveLength(1);
  });

  it('has no request that was refused, though it was told', () => {
    const { moderation, told, outcomes } = run();
    const refused = moderation.refuse(ban, 'IMMUNE', 'No.', { form: 'player', id: 12 });
    expect(refused).toMatchObject({ status: 'refused', code: 'IMMUNE', message: 'No.', products: {} });
    expect(outcomes).toEqual([refused]);
    expect(told).toEqual(['settled request refused']);
    expect(moderation.history(10)).toEqual([]);
  });
});

describe('every outcome', () => {
  it('is plain data, from the first to the last', async () => {
    const { moderation, cms, cad, clock, outcomes } = run();
    cms.answerWith(() => UNREACHABLE);
    cad.answerWith((kind) => (kind === 'unban' ? NOT_LINKED : DONE));
    for (const kind of ['ban', 'kick', 'unban'] as const)
      await answered(moderation.submit(pat, { ...ban, kind }));
    cms.answerWith(() => DONE);
    await clock.advance(60_000);
    expect(outcomes.length).toBeGreaterThan(4);
    for (const outcome of [...outcomes, ...moderation.history(10)]) {
      expect(JSON.parse(JSON.stringify(outcome))).toStrictEqual(outcome);
    }
  });
});
