import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Subject } from '../../../server/identity/subject.ts';
import type { ActionKind, Delivery, Origin } from '../../../server/moderation/action.ts';
import { namesOf } from '../../../server/moderation/action.ts';
import type { WriteResult } from '../../../server/moderation/ports.ts';
import type { LinkResult } from '../../../server/moderation/product-api.ts';
import { createDeliveryQueue } from '../../../server/outbox/queue.ts';
import type { Limit } from '../../../server/sonoran/limiter.ts';
import { createRateLimit } from '../../../server/sonoran/rate-limit.ts';
import { action, DISCORD, delivery, person, STEAM } from '../action.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock, type ManualClock, settle } from '../manual-clock.ts';
import { openLimit } from '../open-limit.ts';
import {
  BAD_CREDENTIALS,
  DONE,
  LIMITED,
  LOST,
  NOT_ENABLED,
  NOT_LINKED,
  scriptedApi,
  UNREACHABLE,
} from '../scripted-api.ts';

const HOUR = 3_600_000;
const TEN_A_MINUTE: Limit = { calls: 10, windowMs: 60_000 };

interface StartOptions {
  readonly retryForMs?: number;
  /** Without one, nothing is limited. */
  readonly limit?: Limit;
  readonly onChange?: (actionId: string, delivery: Delivery) => void;
  /** Writes down that a call may be heard; at once, unless given. */
  readonly mark?: (actionId: string, delivery: Delivery) => Promise<WriteResult>;
  readonly start?: boolean;
  /** How much time passes with every look at the clock, in milliseconds: code takes time. */
  readonly lookMs?: number;
  /** With it, the API has a limit of its own for asking whether a name is linked. */
  readonly linked?: (subject: Subject) => LinkResult | Promise<LinkResult>;
}

interface AddOptions extends Partial<Delivery> {
  readonly origin?: Origin;
  /** False: it was there before a restart. */
  readonly isFresh?: boolean;
  readonly at?: number;
}

function start({
  retryForMs = 168 * HOUR,
  limit,
  onChange = () => {},
  mark = async () => 'written',
  start: begin = true,
  lookMs = 0,
  linked,
}: StartOptions = {}) {
  const still = createManualClock();
  let looks = 0;
  const clock: ManualClock = {
    ...still,
    elapsed: () => still.elapsed() + ++looks * lookMs,
    // Node's timers know whole milliseconds, and leave out the rest.
    after: (ms, callback) => still.after(lookMs === 0 ? ms : Math.max(1, Math.floor(ms)), callback),
  };
  const api = scriptedApi('cad', undefined, linked);
  const changes: string[] = [];
  const marks: string[] = [];
  const waits: string[] = [];
  const holds: string[] = [];
  const last = new Map<string, Delivery>();
  const bugs: unknown[] = [];
  const credentials: { areNew: boolean; asked: number; awaited?: string } = { areNew: false, asked: 0 };
  const queue = createDeliveryQueue({
    api,
    namesOf: ({ person }) => namesOf(person),
    limit: limit ? createRateLimit({ limit, clock, keep() {} }) : openLimit(),
    clock,
    random: () => 0,
    retryForMs,
    awaiting: () => credentials.awaited,
    say: checkedSay,
    onChange(id, current) {
      changes.push(`${id} ${current.state.status}`);
      last.set(id, current);
      onChange(id, current);
    },
    mark(id, current) {
      marks.push(`${id} ${current.unanswered}`);
      return mark(id, current);
    },
    onWait(id, current) {
      const { state } = current;
      waits.push(`${id} ${state.status === 'queued' ? `${state.code} ${state.detail}` : state.status}`);
      last.set(id, current);
    },
    onHold: (code, words) => holds.push(`${code} ${words}`),
    renewCredentials() {
      credentials.asked++;
      const areNew = credentials.areNew;
      credentials.areNew = false;
      return areNew;
    },
    onBug: (error) => bugs.push(error),
  });
  if (begin) queue.start();
  let sequence = 0;
  /** Adds an action about one person (by the names given), whose API ID is the action's id. */
  function add(
    id: string,
    names: readonly string[] = [`license:${id}`],
    kind: ActionKind = 'ban',
    { origin = 'export', isFresh = true, at = clock.now(), ...more }: AddOptions = {},
  ) {
    const own = delivery('cad', { subjects: [{ by: 'apiId', value: id }], ...more });
    const who = person({ identifiers: names });
    const one = action({ id, sequence: ++sequence, kind, at, origin, person: who, deliveries: [own] });
    queue.add(one, own, isFresh);
  }
  /** Who has been called once what has begun has come to rest. */
  async function called() {
    await settle();
    return api.calls.map(({ subject }) => String(subject.value));
  }
  /** Answers the latest call about an action. */
  async function answer(id: string, result = DONE) {
    await settle();
    api.calls.findLast(({ subject }) => subject.value === id)?.answer(result);
    await settle();
  }
  return { clock, api, queue, changes, marks, waits, holds, last, bugs, credentials, add, called, answer };
}

const numbered = (count: number, letter = 'p') =>
  Array.from({ length: count }, (_, number) => `${letter}${number}`);

describe('a delivery', () => {
  it('goes out at once and is settled by its answer', async () => {
    const { add, called, answer, changes, clock } = start();
    add('a');
    expect(await called()).toEqual(['a']);
    await answer('a');
    expect(changes).toEqual(['a delivered']);
    expect(clock.timers()).toBe(0);
  });

  it('does not go out before the queue is started', async () => {
    const { add, called, queue } = start({ start: false });
    add('a');
    add('b');
    expect(await called()).toEqual([]);
    queue.start();
    expect(await called()).toEqual(['a', 'b']);
  });

  it('that is here already is not taken in again', async () => {
    const { add, called, answer } = start();
    add('a');
    add('a');
    await answer('a');
    expect(await called()).toEqual(['a']);
  });

  it('is tried again after a while, not before', async () => {
    const { add, called, answer, clock, last } = start();
    add('a');
    await answer('a', UNREACHABLE);
    expect(last.get('a')?.state).toEqual({
      status: 'queued',
      code: 'QUEUED',
      detail: 'could not connect',
      nextTryAt: clock.now() + 1_000,
    });
    await clock.advance(999);
    expect(await called()).toEqual(['a']);
    await clock.advance(1);
    expect(await called()).toEqual(['a', 'a']);
    await answer('a');
    expect(last.get('a')?.state.status).toBe('delivered');
  });

  it('from before a restart is tried at its time', async () => {
    const { add, called, clock } = start();
    const state = { status: 'queued', code: 'QUEUED', detail: 'x', nextTryAt: clock.now() + 30_000 } as const;
    add('a', ['license:a'], 'ban', { isFresh: false, state });
    await clock.advance(29_999);
    expect(await called()).toEqual([]);
    await clock.advance(1);
    expect(await called()).toEqual(['a']);
  });

  it.each([-30 * 24 * HOUR, 30 * 24 * HOUR])(
    'from before a restart is tried within minutes though the wall clock was set by %i ms',
    async (jump) => {
      const { add, called, clock } = start();
      const state = { status: 'queued', code: 'QUEUED', detail: 'x', nextTryAt: clock.now() + jump } as const;
      add('a', ['license:a'], 'ban', { isFresh: false, state });
      await clock.advance(300_000);
      expect(await called()).toEqual(['a']);
    },
  );

  it('from before a restart goes on with the name it had come to', async () => {
    const { add, api } = start();
    add('a', ['license:a'], 'ban', { isFresh: false, subjects: [STEAM, DISCORD], candidate: 1 });
    await settle();
    expect(api.calls.map(({ subject }) => subject)).toEqual([DISCORD]);
  });

  it('tries its names one after the other, without waiting', async () => {
    const { add, api, clock, last } = start();
    add('a', ['license:a'], 'ban', { subjects: [STEAM, DISCORD] });
    await settle();
    api.calls[0]?.answer(NOT_LINKED);
    await settle();
    expect(api.calls.map(({ subject }) => subject)).toEqual([STEAM, DISCORD]);
    api.calls[1]?.answer(DONE);
    await settle();
    expect(last.get('a')?.state).toMatchObject({ status: 'delivered', apiId: DISCORD.value });
    expect(clock.timers()).toBe(0);
  });

  it('tries its next name at once also after a retry, and though the wall clock was set back', async () => {
    const { add, api, clock } = start();
    add('a', ['license:a'], 'ban', { subjects: [STEAM, DISCORD] });
    await settle();
    api.calls[0]?.answer(UNREACHABLE);
    await clock.advance(1_000);
    clock.setWall(clock.now() - HOUR);
    api.calls[1]?.answer(NOT_LINKED);
    await settle();
    expect(api.calls.map(({ subject }) => subject)).toEqual([STEAM, STEAM, DISCORD]);
  });

  it('is tried in time whatever becomes of the wall clock', async () => {
    const { add, called, answer, clock } = start();
    add('a');
    await answer('a', UNREACHABLE);
    clock.setWall(clock.now() - 30 * 24 * HOUR);
    await clock.advance(1_000);
    expect(await called()).toHaveLength(2);
  });

  it('is given up after the time it has, loudly, and not tried again', async () => {
    const { add, api, clock, last } = start({ retryForMs: HOUR });
    api.answerWith(() => UNREACHABLE);
    add('a');
    await clock.advance(2 * HOUR);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
    const tries = api.calls.length;
    await clock.advance(24 * HOUR);
    expect(api.calls).toHaveLength(tries);
    expect(clock.timers()).toBe(0);
  });

  it('is tried for a week when the API wants long waits', async () => {
    const { add, api, clock, last } = start();
    api.answerWith(() => ({ ...UNREACHABLE, waitMs: HOUR }));
    add('a');
    await clock.advance(167 * HOUR);
    expect(last.get('a')?.state.status).toBe('queued');
    expect(api.calls).toHaveLength(168);
    api.answerWith(() => DONE);
    await clock.advance(HOUR);
    expect(last.get('a')?.state.status).toBe('delivered');
  });
});

describe('the time that a delivery has', () => {
  it('is not used up by our own limit: nothing is given up that was not tried', async () => {
    const { add, clock, changes, called, api } = start({
      retryForMs: HOUR,
      limit: { calls: 1, windowMs: 20 * HOUR },
    });
    api.answerWith(() => DONE);
    add('first');
    add('late');
    await clock.advance(19 * HOUR);
    expect(changes).toEqual(['first delivered']);
    await clock.advance(HOUR);
    expect(await called()).toEqual(['first', 'late']);
    expect(changes).toEqual(['first delivered', 'late delivered']);
  });

  it('that is over brings the end with the next failure, when our own limit kept it from being tried before', async () => {
    const { add, answer, clock, last, called, api } = start({
      retryForMs: HOUR,
      limit: { calls: 1, windowMs: 2 * HOUR },
    });
    add('first');
    await answer('first');
    api.answerWith(() => LOST);
    add('late');
    await clock.advance(2 * HOUR);
    expect(await called()).toEqual(['first', 'late']);
    expect(last.get('late')).toMatchObject({ attempts: 1, state: { status: 'refused', code: 'EXPIRED' } });
  });

  it.each([
    ['meets the rate limit', LIMITED],
    ['meets bad credentials', BAD_CREDENTIALS],
  ])('does not end one whose only call since the start %s, but the next that fails', async (_, result) => {
    const { add, answer, clock, last, api } = start({ retryForMs: HOUR, limit: TEN_A_MINUTE });
    add('a', ['license:a'], 'ban', { isFresh: false, spentMs: HOUR - 1_000 });
    await clock.advance(2_000);
    await answer('a', result);
    expect(last.get('a')?.state.status).toBe('queued');
    api.answerWith(() => LOST);
    await clock.advance(2 * HOUR);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
  });

  it('is counted while calls can be made, not while a hold lasts', async () => {
    const { add, answer, api, clock, last, credentials } = start({ retryForMs: 2 * HOUR });
    add('a');
    await answer('a', UNREACHABLE);
    add('other');
    await answer('other', BAD_CREDENTIALS);
    api.answerWith(() => BAD_CREDENTIALS);
    await clock.advance(100 * HOUR);
    expect(last.get('a')?.state.status).toBe('queued');
    api.answerWith(() => LOST);
    credentials.areNew = true;
    await clock.advance(1.5 * HOUR);
    expect(last.get('a')?.state.status).toBe('queued');
    await clock.advance(HOUR);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
  });

  it('goes on where the last run ended, and does not count what lay between', async () => {
    const first = start({ retryForMs: 24 * HOUR });
    first.api.answerWith(() => UNREACHABLE);
    first.add('a');
    await first.clock.advance(20 * HOUR);
    const { spentMs = 0, attempts = 0 } = first.last.get('a') ?? {};
    // As of its last try, which is not long ago.
    expect(spentMs).toBeGreaterThan(19 * HOUR);
    expect(spentMs).toBeLessThanOrEqual(20 * HOUR);
    const second = start({ retryForMs: 24 * HOUR });
    second.api.answerWith(() => UNREACHABLE);
    const at = second.clock.now() - 90 * 24 * HOUR;
    second.add('a', ['license:a'], 'ban', { isFresh: false, at, spentMs, attempts });
    await second.clock.advance(3.5 * HOUR);
    expect(second.last.get('a')?.state.status).toBe('queued');
    await second.clock.advance(HOUR + 1_000);
    expect(second.last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
  });

  it.each([-30 * 24 * HOUR, 30 * 24 * HOUR])(
    'is not what the wall clock says, set by %i ms',
    async (jump) => {
      const { add, api, clock, last } = start({ retryForMs: 24 * HOUR });
      api.answerWith(() => UNREACHABLE);
      add('a');
      await clock.advance(HOUR);
      clock.setWall(clock.now() + jump);
      await clock.advance(22.5 * HOUR);
      expect(last.get('a')?.state.status).toBe('queued');
      await clock.advance(HOUR);
      expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
    },
  );

  it('that is over at the start still lets it be tried once', async () => {
    const { add, called, answer, last } = start({ retryForMs: HOUR });
    add('a', ['license:a'], 'ban', { isFresh: false, spentMs: 5 * HOUR });
    expect(await called()).toEqual(['a']);
    await answer('a');
    expect(last.get('a')?.state.status).toBe('delivered');
  });

  it('is over for those, too, that a host which is down let nobody try', async () => {
    const { add, api, clock, last } = start({ retryForMs: HOUR });
    api.answerWith(() => UNREACHABLE);
    for (const id of numbered(200)) add(id);
    await clock.advance(2 * HOUR);
    const codes = numbered(200).map((id) => last.get(id)?.state);
    expect(codes).toEqual(codes.map(() => expect.objectContaining({ status: 'refused', code: 'EXPIRED' })));
    expect(clock.timers()).toBe(0);
  });
});

describe('that a call may be heard', () => {
  /** Every mark waits for the test. */
  function marked(options: StartOptions = {}) {
    const writes: ((result: WriteResult) => void)[] = [];
    const mark = () => new Promise<WriteResult>((resolve) => writes.push(resolve));
    return { ...start({ ...options, mark }), writes };
  }

  it.each(['ban', 'kick', 'unban'] as const)('is written down before a %s goes out', async (kind) => {
    const { add, called, marks, writes } = marked();
    add('a', ['license:a'], kind);
    expect(await called()).toEqual([]);
    expect(marks).toEqual(['a 0']);
    writes[0]?.('written');
    expect(await called()).toEqual(['a']);
  });

  it('is written down for all that go out together, at the end of the turn in which they came', async () => {
    const { add, marks } = marked();
    for (const id of numbered(10)) add(id);
    expect(marks).toEqual([]);
    await Promise.resolve();
    expect(marks).toEqual(numbered(10).map((id) => `${id} 0`));
  });

  it('is written down again for a further try: what that takes of the rate limit goes along', async () => {
    const { add, answer, clock, marks, called } = start();
    add('a');
    await answer('a', LOST);
    await clock.advance(1_000);
    expect(await called()).toEqual(['a', 'a']);
    expect(marks).toEqual(['a 0', 'a 0']);
  });

  it('is written down for every further name', async () => {
    const { add, api, marks } = start();
    api.answerWith(() => NOT_LINKED);
    add('a', ['license:a'], 'ban', { subjects: [STEAM, DISCORD] });
    await settle();
    expect(marks).toEqual(['a 0', 'a 1']);
  });

  it('and is not kept: nothing goes out, everybody hears why, and it is tried again', async () => {
    let isFull = true;
    const { add, called, clock, waits, marks, queue, last, api } = start({
      mark: async () => (isFull ? 'not kept' : 'written'),
    });
    api.answerWith(() => DONE);
    add('a');
    await settle();
    add('b');
    await settle();
    const why = 'waits for space on the disk: a call must be stored before it is made';
    expect(waits).toEqual([`a QUEUED ${why}`, `b QUEUED ${why}`]);
    expect(queue.whyWaiting('a')).toEqual({ detail: why, nextTryAt: clock.now() + 5_000 });
    // The next tries the store once for all: not every one by itself.
    expect(marks).toEqual(['a 0']);
    await clock.advance(5_000);
    expect(await called()).toEqual([]);
    expect(last.get('a')?.unanswered).toBeNull();
    isFull = false;
    await clock.advance(5_000);
    expect((await called()).sort()).toEqual(['a', 'b']);
    expect(clock.timers()).toBe(0);
  });

  it('and is not kept: the time does not count, and what is known to be heard of waits, too', async () => {
    let isFull = true;
    const { add, clock, changes, api } = start({
      retryForMs: HOUR,
      mark: async () => (isFull ? 'not kept' : 'written'),
    });
    api.answerWith(() => DONE);
    add('a', ['license:a'], 'ban', { isFresh: false, spentMs: HOUR - 1_000 });
    await clock.advance(10 * HOUR);
    expect(changes).toEqual([]);
    isFull = false;
    await clock.advance(5_000);
    expect(changes).toEqual(['a delivered']);
  });

  it('and is not kept: the permit goes back, for nobody has counted a call', async () => {
    const results: WriteResult[] = ['not kept', 'written'];
    const { add, called, queue } = start({
      limit: { calls: 1, windowMs: 24 * HOUR },
      mark: async () => results.shift() ?? 'written',
    });
    add('a');
    await settle();
    queue.retry();
    expect(await called()).toEqual(['a']);
  });

  it('cannot be written down: that is reported, nothing goes out, and all go on after it', async () => {
    const failure = new Error('broken');
    let isBroken = true;
    const { add, called, bugs, clock } = start({
      async mark() {
        if (isBroken) throw failure;
        return 'written';
      },
    });
    for (const id of ['a', 'b']) add(id, [`license:${id}`], 'kick');
    await settle();
    expect(bugs).toEqual([failure, failure]);
    expect(await called()).toEqual([]);
    isBroken = false;
    await clock.advance(5_000);
    expect(await called()).toEqual(['a', 'b']);
  });

  it('and the action is forgotten meanwhile: nothing goes out, whatever became of the mark', async () => {
    for (const result of ['written', 'not kept'] as const) {
      const { add, called, queue, writes, changes, waits, clock } = marked({
        limit: { calls: 1, windowMs: 24 * HOUR },
      });
      add('a', ['license:x']);
      add('b', ['license:x']);
      await settle();
      queue.forget('a');
      writes[0]?.(result);
      await clock.advance(5_000);
      // Whoever waited behind it goes on, with the permit that it did not need.
      expect(writes).toHaveLength(2);
      writes[1]?.('written');
      expect(await called()).toEqual(['b']);
      expect(changes).toEqual([]);
      expect(waits.filter((text) => text.startsWith('a'))).toEqual([]);
      expect(queue.whyWaiting('a')).toBeUndefined();
    }
  });

  it('and the queue is stopped meanwhile: the call that is written down goes out', async () => {
    const { add, called, queue, writes } = marked();
    add('a');
    await settle();
    queue.stop('the server shuts down');
    writes[0]?.('written');
    expect(await called()).toEqual(['a']);
  });

  it('keeps it from being called off while that is written', async () => {
    const { add, queue } = marked();
    add('a');
    await settle();
    expect(queue.cancel('a', false)).toBe('under-way');
    expect(queue.whyWaiting('a')).toEqual({ detail: 'a call to CAD v2 is under way', nextTryAt: null });
  });
});

describe('what is forgotten', () => {
  it('never goes out, and lets go whoever waited behind it', async () => {
    const { add, queue, called, clock } = start();
    add('a', ['license:x']);
    add('b', ['license:x']);
    queue.forget('a');
    queue.forget('unknown');
    expect(await called()).toEqual(['b']);
    await clock.advance(HOUR);
    expect(queue.whyWaiting('a')).toBeUndefined();
  });
});

describe('a kick', () => {
  it('is noted as perhaps heard before it goes out, and as unheard when it surely was not', async () => {
    const { add, answer, marks, last } = start();
    add('a', ['license:a'], 'kick');
    await answer('a', UNREACHABLE);
    expect(marks).toEqual(['a 0']);
    expect(last.get('a')?.unanswered).toBeNull();
  });

  it('that may have been heard before a crash, and finds the account gone, was done', async () => {
    const { add, answer, last } = start();
    add('a', ['license:a'], 'kick', { isFresh: false, unanswered: 0 });
    await answer('a', NOT_LINKED);
    expect(last.get('a')?.state.status).toBe('delivered');
  });

  it('that finds the account gone at its first call was not', async () => {
    const { add, answer, last } = start();
    add('a', ['license:a'], 'kick');
    await answer('a', NOT_LINKED);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });
});

describe('the limit', () => {
  it('lets a hundred go out as fast as it can, and not faster', async () => {
    const { add, api, clock, changes } = start({ limit: TEN_A_MINUTE });
    api.answerWith(() => DONE);
    for (const id of numbered(100)) add(id);
    await clock.advance(539_999);
    expect(api.calls).toHaveLength(90);
    await clock.advance(1);
    expect(api.calls).toHaveLength(100);
    expect(changes).toHaveLength(100);
    expect(clock.timers()).toBe(0);
  });

  it('that was met stops everybody for as long as the API says, then all goes on', async () => {
    const { add, api, answer, clock, called } = start({ limit: TEN_A_MINUTE });
    add('a');
    await answer('a', { kind: 'limited', waitMs: 120_000 });
    add('b');
    await clock.advance(119_999);
    expect(await called()).toEqual(['a']);
    api.answerWith(() => DONE);
    await clock.advance(1);
    expect((await called()).slice(1).sort()).toEqual(['a', 'b']);
  });

  it('that was met costs nobody a try', async () => {
    const { add, answer, last } = start({ limit: TEN_A_MINUTE });
    add('a');
    await answer('a', LIMITED);
    expect(last.get('a')).toMatchObject({ attempts: 0, unanswered: null });
  });

  it('that was met does not put somebody urgent behind the rest', async () => {
    const { add, answer, clock, called } = start({ limit: { calls: 1, windowMs: 1_000 } });
    for (const id of numbered(3, 'old')) add(id, [id], 'ban', { isFresh: false });
    await answer('old0');
    add('urgent', ['urgent'], 'ban', { origin: 'chat' });
    await clock.advance(1_000);
    expect(await called()).toEqual(['old0', 'urgent']);
    await answer('urgent', LIMITED);
    await clock.advance(60_000);
    expect((await called())[2]).toBe('urgent');
  });

  it('is said to whoever has to wait for it, with the time', async () => {
    const { add, api, waits, last, clock } = start({ limit: { calls: 1, windowMs: 60_000 } });
    api.answerWith(() => DONE);
    add('a');
    await settle();
    add('b');
    await settle();
    expect(waits).toEqual(['b QUEUED waits for the rate limit of CAD v2']);
    expect(last.get('b')?.state).toMatchObject({ nextTryAt: clock.now() + 60_000 });
  });

  it('lets somebody urgent go first, before thousands', async () => {
    const { add, api, clock, called, queue } = start({ limit: TEN_A_MINUTE, start: false });
    api.answerWith(() => DONE);
    for (const id of numbered(2_000, 'old')) add(id, [id], 'ban', { isFresh: false });
    queue.start();
    await settle();
    add('export', ['export'], 'ban', { origin: 'export' });
    add('urgent', ['urgent'], 'ban', { origin: 'chat' });
    await clock.advance(60_000);
    expect((await called()).slice(10, 12)).toEqual(['urgent', 'export']);
  });
});

describe('a limit that comes free while it is looked at', () => {
  it.each([0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.9, 1.7])('holds nobody up (%s ms a look)', async (lookMs) => {
    const { clock, api, add, changes } = start({ limit: { calls: 2, windowMs: 1_000 }, lookMs });
    api.answerWith(() => DONE);
    for (const id of numbered(20)) add(id);
    // Ten windows, and what the clock has run ahead.
    await clock.advance(12_000);
    expect(changes).toHaveLength(20);
  });
});

describe('a host that is down', () => {
  it('is asked with one call at a time, not the whole queue', async () => {
    const { add, api, clock, called } = start();
    for (const id of numbered(50)) add(id);
    expect(await called()).toHaveLength(10);
    for (const call of api.calls) call.answer(UNREACHABLE);
    await settle();
    for (let round = 0; round < 20; round++) {
      expect(api.open()).toBeLessThanOrEqual(1);
      api.calls.at(-1)?.answer(UNREACHABLE);
      await clock.advance(10_000);
    }
    expect((await called()).length).toBeLessThanOrEqual(10 + 21);
    expect((await called()).length).toBeGreaterThan(16);
  });

  it('has the whole queue drain at the pace of the limit when it is back', async () => {
    const { add, api, clock, changes } = start({ limit: TEN_A_MINUTE });
    api.answerWith(() => UNREACHABLE);
    for (const id of numbered(30)) add(id);
    await clock.advance(HOUR);
    expect(changes.filter((change) => change.endsWith('delivered'))).toEqual([]);
    api.answerWith(() => DONE);
    // Until the next probe; then thirty at ten a minute.
    await clock.advance(300_000 + 120_000);
    expect(changes.filter((change) => change.endsWith('delivered'))).toHaveLength(30);
  });

  it('is asked soon when a person adds something', async () => {
    const { add, api, clock, called } = start();
    api.answerWith(() => UNREACHABLE);
    add('old');
    await clock.advance(10 * HOUR);
    const before = (await called()).length;
    api.answerWith(() => DONE);
    add('urgent', ['urgent'], 'ban', { origin: 'chat' });
    await clock.advance(5_000);
    expect((await called())[before]).toBe('urgent');
  });

  it('is said to whoever adds something', async () => {
    const { add, api, waits } = start();
    api.answerWith(() => UNREACHABLE);
    for (const id of ['a', 'b', 'c', 'd']) add(id);
    await settle();
    add('e');
    await settle();
    expect(waits.at(-1)).toBe('e QUEUED it does not answer');
  });
});

describe.each([
  ['bad credentials', BAD_CREDENTIALS, 'BAD_CREDENTIALS', 'INVALID API KEY'],
  ['an API that is not enabled', NOT_ENABLED, 'REFUSED', 'NOT ENABLED'],
] as const)('%s', (_, result, code, words) => {
  async function held(options: StartOptions = {}) {
    const running = start(options);
    running.add('a');
    await running.answer('a', result);
    return running;
  }

  it('hold the queue: no call, but one an hour to see whether it is over, and one report', async () => {
    const { add, api, called, holds, last, clock } = await held();
    add('b');
    add('urgent', ['u'], 'ban', { origin: 'chat' });
    await clock.advance(HOUR - 1);
    expect(await called()).toEqual(['a']);
    api.answerWith(() => result);
    await clock.advance(23 * HOUR);
    expect(await called()).toHaveLength(24);
    expect(api.most()).toBe(1);
    expect(holds).toEqual([`${code} ${words}`]);
    expect(last.get('a')).toMatchObject({ attempts: 0, state: { status: 'queued', code } });
    api.answerWith(() => DONE);
    await clock.advance(HOUR);
    expect(await called()).toHaveLength(27);
    expect([...last.values()].map(({ state }) => state.status)).toEqual([
      'delivered',
      'delivered',
      'delivered',
    ]);
  });

  it('go on to hold while it cannot be told whether it is over, one call at a time', async () => {
    const { add, api, called, clock } = await held();
    for (const id of ['b', 'c', 'd']) add(id);
    api.answerWith(() => UNREACHABLE);
    await clock.advance(HOUR + 10_000);
    expect(api.most()).toBe(1);
    expect((await called()).length).toBeGreaterThan(1);
  });

  it('are told to whoever adds something', async () => {
    const { add, waits } = await held();
    add('b');
    await settle();
    expect(waits).toEqual([`b ${code} ${words}`]);
  });

  it('are over soon after the credentials were changed', async () => {
    const { add, called, clock, credentials, api } = await held();
    add('b');
    api.answerWith(() => DONE);
    await clock.advance(60_000);
    expect(await called()).toEqual(['a']);
    credentials.areNew = true;
    await clock.advance(30_000);
    expect((await called()).sort()).toEqual(['a', 'a', 'b']);
  });

  it('are over when somebody wants a retry, which reads the credentials first', async () => {
    const { called, queue, credentials } = await held();
    const asked = credentials.asked;
    expect(queue.retry()).toBe(1);
    expect(await called()).toEqual(['a', 'a']);
    expect(credentials.asked).toBeGreaterThan(asked);
  });

  it('are reported again when they go on after a retry', async () => {
    const { queue, answer, holds, clock, called } = await held();
    queue.retry();
    await answer('a', result);
    expect(holds).toHaveLength(2);
    await clock.advance(HOUR - 1);
    expect(await called()).toHaveLength(2);
  });

  it('of several calls at once are reported once', async () => {
    const { add, answer, holds, called, clock } = start();
    for (const id of numbered(11)) add(id);
    for (const id of numbered(10)) await answer(id, result);
    await clock.advance(HOUR - 1);
    expect(holds).toHaveLength(1);
    expect(await called()).toEqual(numbered(10));
  });

  it('that a call from before the change still hears of hold nothing', async () => {
    const { add, answer, queue, called, credentials, holds } = start();
    for (const id of ['a', 'b', 'c']) add(id);
    await answer('a', result);
    credentials.areNew = true;
    queue.retry();
    await answer('a');
    // Sent with the old key.
    await answer('b', result);
    add('d');
    expect(await called()).toContain('d');
    expect(holds).toHaveLength(1);
  });

  it('let a delivery be cancelled, and use up no time', async () => {
    const { add, api, queue, last, clock } = await held({ retryForMs: HOUR });
    add('b');
    expect(queue.cancel('a', false)).toBe('unheard');
    expect(last.get('a')?.state).toMatchObject({ code: 'CANCELLED' });
    api.answerWith(() => result);
    await clock.advance(50 * HOUR);
    expect(last.get('b')?.state).toMatchObject({ status: 'queued', code });
    expect(last.get('b')?.spentMs).toBeLessThan(HOUR / 2);
  });
});

describe('an API that fails itself', () => {
  it('is reported, and the delivery is tried again', async () => {
    const { add, api, answer, bugs, clock, last } = start();
    add('a');
    await settle();
    const failure = new Error('broken');
    api.calls[0]?.fail(failure);
    await settle();
    expect(bugs).toEqual([failure]);
    expect(last.get('a')?.state).toMatchObject({ status: 'queued' });
    expect(last.get('a')?.unanswered).toBe(0);
    await clock.advance(1_000);
    await answer('a');
    expect(last.get('a')?.state.status).toBe('delivered');
  });

  it('does not hold up others', async () => {
    const { add, api, called, answer, last } = start();
    for (const id of numbered(11)) add(id);
    expect(await called()).toEqual(numbered(10));
    api.calls[0]?.fail('broken');
    expect(await called()).toEqual(numbered(11));
    await answer('p10');
    expect(last.get('p10')?.state.status).toBe('delivered');
  });
});

describe('a listener that fails', () => {
  it('is reported, and costs nobody a delivery', async () => {
    const failure = new Error('broken');
    const { add, called, answer, bugs } = start({
      onChange(id) {
        if (id === 'a') throw failure;
      },
    });
    const unhandled: unknown[] = [];
    const keep = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', keep);
    try {
      for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
      await answer('a');
      expect(await called()).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(bugs).toEqual([failure]);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', keep);
    }
  });
});

describe('several people', () => {
  it('are served ten at a time, the rest in the order decided', async () => {
    const { add, called, answer, api } = start();
    const ids = numbered(20);
    for (const id of ids) add(id);
    expect(await called()).toEqual(ids.slice(0, 10));
    await answer('p2');
    expect(await called()).toEqual(ids.slice(0, 11));
    api.answerWith(() => DONE);
    for (const id of ids) await answer(id);
    expect(await called()).toEqual(ids);
  });

  it("do not wait for somebody else's retry", async () => {
    const { add, called, answer } = start();
    for (const id of ['a', 'b']) add(id);
    await answer('a', { ...UNREACHABLE, waitMs: HOUR });
    await answer('b');
    add('c');
    expect(await called()).toEqual(['a', 'b', 'c']);
  });

  it('are tried again each at their own time', async () => {
    const { add, called, answer, clock } = start();
    add('a');
    await answer('a', { ...UNREACHABLE, waitMs: 60_000 });
    add('c');
    await answer('c');
    add('b');
    await answer('b', { ...UNREACHABLE, waitMs: 5_000 });
    await clock.advance(5_000);
    expect(await called()).toEqual(['a', 'c', 'b', 'b']);
    await answer('b');
    await clock.advance(55_000);
    expect(await called()).toEqual(['a', 'c', 'b', 'b', 'a']);
  });
});

describe('several actions about one person', () => {
  it('go out in the order decided, one after the other', async () => {
    const { add, called, answer } = start();
    add('ban', ['license:x']);
    add('unban', ['license:x'], 'unban');
    expect(await called()).toEqual(['ban']);
    await answer('ban');
    expect(await called()).toEqual(['ban', 'unban']);
  });

  it('are about one person when they share any identifier', async () => {
    const { add, called, answer } = start();
    add('first', ['license:x', 'steam:1']);
    add('second', ['steam:1', 'discord:5']);
    add('third', ['discord:5']);
    add('other', ['license:y']);
    expect(await called()).toEqual(['first', 'other']);
    await answer('first');
    expect(await called()).toEqual(['first', 'other', 'second']);
    await answer('second');
    expect(await called()).toEqual(['first', 'other', 'second', 'third']);
  });

  it('say that they wait only behind one that is waiting itself, and once', async () => {
    const { add, waits, answer, last, clock } = start();
    add('ban', ['license:x']);
    add('unban', ['license:x'], 'unban');
    await settle();
    expect(waits).toEqual([]);
    await answer('ban', UNREACHABLE);
    expect(waits).toEqual(['unban QUEUED waits for an earlier action about the same person']);
    expect(last.get('unban')?.state).toMatchObject({ status: 'queued', nextTryAt: null });
    await clock.advance(1_000);
    await answer('ban', UNREACHABLE);
    expect(waits).toHaveLength(1);
  });

  it('go on when an earlier one is refused', async () => {
    const { add, called, answer } = start();
    add('ban', ['license:x']);
    add('kick', ['license:x'], 'kick');
    await answer('ban', { kind: 'refused', words: 'no' });
    expect(await called()).toEqual(['ban', 'kick']);
  });

  it('pull the earlier ones forward when the last is urgent', async () => {
    const { add, api, clock, called, queue } = start({ limit: { calls: 1, windowMs: 1_000 }, start: false });
    api.answerWith(() => DONE);
    for (const id of numbered(100, 'old')) add(id, [id], 'ban', { isFresh: false });
    add('ban', ['license:x'], 'ban', { isFresh: false });
    queue.start();
    add('unban', ['license:x'], 'unban', { origin: 'chat' });
    await clock.advance(2_000);
    expect(await called()).toEqual(['old0', 'ban', 'unban']);
  });
});

describe('taking back', () => {
  it('works for what waits and cannot have been heard', async () => {
    const { add, queue, answer, called, last, clock, changes } = start();
    add('a');
    expect(queue.cancel('a', false)).toBe('under-way');
    await answer('a', UNREACHABLE);
    expect(queue.cancel('a', false)).toBe('unheard');
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'CANCELLED' });
    expect(queue.cancel('a', false)).toBe('not-here');
    await clock.advance(HOUR);
    expect(await called()).toEqual(['a']);
    expect(changes).toEqual(['a queued', 'a refused']);
  });

  it('does nothing to what is done, and what never was', async () => {
    const { add, queue, answer } = start();
    add('a');
    await answer('a');
    expect(queue.cancel('a', true)).toBe('not-here');
    expect(queue.cancel('b', true)).toBe('not-here');
  });

  it.each([
    ['fails', UNREACHABLE, 'CANCELLED'],
    ['is lost', LOST, 'CANCELLED'],
    ['is limited', { kind: 'limited', waitMs: null } as const, 'CANCELLED'],
    ['is refused', { kind: 'refused', words: 'no' } as const, 'CANCELLED'],
  ])(
    'for good of what is under way lets it come to its own end, and not be tried again: it %s',
    async (_, result, code) => {
      const { add, queue, answer, called, last, clock } = start();
      add('a');
      await settle();
      expect(queue.cancel('a', true)).toBe('under-way');
      await answer('a', result);
      expect(last.get('a')?.state).toMatchObject({ status: 'refused', code });
      await clock.advance(HOUR);
      expect(await called()).toEqual(['a']);
    },
  );

  it('for good of what is under way changes nothing when it is done', async () => {
    const { add, queue, answer, last } = start();
    add('a');
    await settle();
    expect(queue.cancel('a', true)).toBe('under-way');
    await answer('a');
    expect(last.get('a')?.state).toMatchObject({ status: 'delivered' });
  });

  it('of several about one person lets none of them go out in between', async () => {
    const { add, queue, called, answer, clock } = start({ limit: { calls: 1, windowMs: 1_000 } });
    add('other');
    await answer('other');
    for (const id of ['first', 'second']) add(id, ['license:x']);
    await settle();
    // A permit has come free, and nobody has had the time to take it.
    clock.pass(1_000);
    expect(['second', 'first'].map((id) => queue.cancel(id, true))).toEqual(['unheard', 'unheard']);
    expect(await called()).toEqual(['other']);
  });

  it('of what came in a moment before comes after its turn', async () => {
    const { add, queue, called } = start();
    add('a');
    expect(queue.cancel('a', false)).toBe('under-way');
    expect(await called()).toEqual(['a']);
  });

  it('lets the next one about the same person go', async () => {
    const { add, queue, answer, called } = start();
    add('ban', ['license:x']);
    await answer('ban', UNREACHABLE);
    add('unban', ['license:x'], 'unban');
    expect(await called()).toEqual(['ban']);
    expect(queue.cancel('ban', true)).toBe('unheard');
    expect(await called()).toEqual(['ban', 'unban']);
  });

  it('works for what may have been heard, and tells so', async () => {
    const { add, queue, answer, called, clock } = start();
    add('a');
    await answer('a', LOST);
    expect(queue.cancel('a', false)).toBe('heard');
    await clock.advance(HOUR);
    expect(await called()).toEqual(['a']);
    expect(clock.timers()).toBe(0);
  });
});

describe('a retry by hand', () => {
  it('tries one at once, and leaves the others', async () => {
    const { add, queue, answer, called } = start();
    for (const id of ['a', 'b', 'c']) add(id);
    await answer('a', UNREACHABLE);
    await answer('b', { kind: 'refused', words: 'no' });
    await answer('c', UNREACHABLE);
    expect(queue.retry('a')).toBe(1);
    expect(await called()).toEqual(['a', 'b', 'c', 'a']);
    expect(queue.retry('unknown')).toBe(0);
  });

  it('tries all, as many at a time as ever', async () => {
    const { add, queue, answer, called } = start();
    for (const id of ['a', 'b', 'c']) {
      add(id);
      await answer(id, UNREACHABLE);
      add(`ok ${id}`);
      await answer(`ok ${id}`);
    }
    const before = (await called()).length;
    expect(queue.retry()).toBe(3);
    expect((await called()).slice(before)).toEqual(['a', 'b', 'c']);
  });

  it('does not make calls faster than the limit', async () => {
    const { add, queue, answer, called } = start({ limit: { calls: 1, windowMs: 60_000 } });
    add('a');
    await answer('a', LOST);
    queue.retry();
    expect(await called()).toEqual(['a']);
  });
});

describe('why something waits', () => {
  it('is told for every state', async () => {
    const { add, queue, answer, clock } = start({ limit: TEN_A_MINUTE });
    expect(queue.whyWaiting('a')).toBeUndefined();
    add('a');
    expect(queue.whyWaiting('a')).toEqual({ detail: 'is sent to CAD v2 now', nextTryAt: null });
    await settle();
    expect(queue.whyWaiting('a')).toEqual({ detail: 'a call to CAD v2 is under way', nextTryAt: null });
    await answer('a', UNREACHABLE);
    expect(queue.whyWaiting('a')).toEqual({ detail: 'could not connect', nextTryAt: clock.now() + 1_000 });
    add('b', ['license:a']);
    expect(queue.whyWaiting('b')?.detail).toContain('earlier action about the same person');
    add('c');
    await answer('c', BAD_CREDENTIALS);
    expect(queue.whyWaiting('a')).toEqual({ detail: 'INVALID API KEY', nextTryAt: null });
    queue.stop('the server shuts down');
    expect(queue.whyWaiting('a')).toEqual({ detail: 'the server shuts down', nextTryAt: null });
  });
});

describe('a queue that was stopped', () => {
  it('starts no call any more, and has no timer', async () => {
    const { add, queue, answer, called, clock, last, waits } = start();
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
    await answer('a', UNREACHABLE);
    expect(await called()).toEqual(['a', 'b', 'c', 'd', 'e']);
    queue.stop('the server shuts down');
    await answer('b');
    add('f');
    await settle();
    expect(waits.at(-1)).toBe('f QUEUED the server shuts down');
    queue.retry();
    await clock.advance(24 * HOUR);
    expect(await called()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(last.get('b')?.state.status).toBe('delivered');
    expect(clock.timers()).toBe(0);
  });
});

describe('any load', () => {
  const load = fc.array(
    fc.record({
      people: fc.uniqueArray(fc.constantFrom('license:1', 'license:2', 'license:3', 'steam:4'), {
        minLength: 1,
      }),
      failures: fc.array(fc.constantFrom(UNREACHABLE, LOST, { ...UNREACHABLE, waitMs: 30_000 }), {
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  );

  it('is delivered completely, each exactly once, in order per person, never more than ten at a time', async () => {
    await fc.assert(
      fc.asyncProperty(load, async (people) => {
        const { add, api, clock, changes } = start();
        const doneOrder: number[] = [];
        const failures = people.map((one) => [...one.failures]);
        let most = 0;
        api.answerWith((_, { value }) => {
          const number = Number(value);
          most = Math.max(most, api.open() + 1);
          const failure = failures[number]?.shift();
          if (!failure) doneOrder.push(number);
          return failure ?? DONE;
        });
        for (const [number, { people: names }] of people.entries()) add(String(number), names);
        await clock.advance(HOUR);
        expect([...doneOrder].sort((a, b) => a - b)).toEqual([...people.keys()]);
        expect(changes.filter((change) => change.endsWith('delivered'))).toHaveLength(people.length);
        for (const [before, first] of doneOrder.entries()) {
          for (const second of doneOrder.slice(before + 1)) {
            const shared = people[first]?.people.some((name) => people[second]?.people.includes(name));
            if (shared) expect(first).toBeLessThan(second);
          }
        }
        expect(most).toBeLessThanOrEqual(10);
        expect(clock.timers()).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

describe('credentials that are awaited', () => {
  const WORDS = 'no key yet';
  function awaiting(options: Parameters<typeof start>[0] = {}) {
    const running = start(options);
    running.credentials.awaited = WORDS;
    return running;
  }

  it('let no call out, and whoever adds something hears why', async () => {
    const { add, called, waits, queue, clock } = awaiting();
    add('a');
    await clock.advance(24 * HOUR);
    expect(queue.retry()).toBe(1);
    expect(await called()).toEqual([]);
    expect(waits).toEqual([`a QUEUED ${WORDS}`]);
    expect(queue.whyWaiting('a')).toEqual({ detail: WORDS, nextTryAt: null });
  });

  it('let everything out when they come', async () => {
    const { add, called, queue, credentials } = awaiting();
    add('a');
    add('b');
    delete credentials.awaited;
    queue.renewed();
    expect(await called()).toEqual(['a', 'b']);
  });

  it('do not use up the time, which counts from then on', async () => {
    const { add, api, changes, clock, credentials, queue } = awaiting({ retryForMs: HOUR });
    add('a');
    await clock.advance(200 * HOUR);
    expect(changes).toEqual([]);
    api.answerWith(() => LOST);
    delete credentials.awaited;
    queue.renewed();
    await clock.advance(HOUR - 1_000);
    expect(changes).not.toContain('a refused');
    await clock.advance(1_000);
    expect(changes.at(-1)).toBe('a refused');
  });

  it('let a delivery be cancelled', () => {
    const { add, queue, changes } = awaiting();
    add('a');
    expect(queue.cancel('a', true)).toBe('unheard');
    expect(changes).toEqual(['a refused']);
  });
});

it('credentials that are others end a hold at once, and the same do not', async () => {
  const { add, answer, called, credentials, queue } = start();
  add('a');
  await answer('a', BAD_CREDENTIALS);
  queue.renewed();
  expect(await called()).toEqual(['a']);
  credentials.areNew = true;
  queue.renewed();
  expect(await called()).toEqual(['a', 'a']);
});

describe('the names after the first', () => {
  const names = (...values: readonly string[]): AddOptions => ({
    subjects: values.map((value) => ({ by: 'apiId', value })),
  });
  /** Links of these names alone; keeps what was asked. */
  function linksOf(...linked: readonly string[]) {
    const asked: string[] = [];
    return {
      asked,
      linked(subject: Subject): LinkResult {
        asked.push(String(subject.value));
        return { kind: linked.includes(String(subject.value)) ? 'linked' : 'not-linked' };
      },
    };
  }

  it('are asked for, so that somebody without an account costs one call of bans', async () => {
    const { asked, linked } = linksOf();
    const { add, called, answer, last } = start({ linked });
    add('a', ['license:a'], 'ban', names('one', 'two', 'three', 'four', 'five'));
    await answer('one', NOT_LINKED);
    expect(await called()).toEqual(['one']);
    expect(asked).toEqual(['two', 'three', 'four', 'five']);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });

  it('are called when they are linked, and once only', async () => {
    const { asked, linked } = linksOf('three');
    const { add, called, answer, last } = start({ linked });
    add('a', ['license:a'], 'ban', names('one', 'two', 'three', 'four'));
    await answer('one', NOT_LINKED);
    expect(await called()).toEqual(['one', 'three']);
    await answer('three');
    expect(asked).toEqual(['two', 'three']);
    expect(last.get('a')?.state).toMatchObject({ status: 'delivered', apiId: 'three' });
  });

  it('are not asked for again where a call may have been heard', async () => {
    const { asked, linked } = linksOf('two');
    const { add, called, answer, clock, last } = start({ linked });
    add('a', ['license:a'], 'ban', names('one', 'two', 'three'));
    await answer('one', NOT_LINKED);
    await answer('two', LOST);
    await clock.advance(1_000);
    expect(await called()).toEqual(['one', 'two', 'two']);
    await answer('two');
    expect(asked).toEqual(['two']);
    expect(last.get('a')?.state).toMatchObject({ status: 'delivered' });
  });

  it('are asked for after a restart: the first cost its call before', async () => {
    const { asked, linked } = linksOf();
    const { add, called, last } = start({ linked });
    add('a', ['license:a'], 'ban', { ...names('one', 'two', 'three'), candidate: 1, isFresh: false });
    await settle();
    expect([await called(), asked]).toEqual([[], ['two', 'three']]);
    expect(last.get('a')?.state).toMatchObject({ code: 'NOT_LINKED' });
  });

  it('are called where nobody can tell whether they are linked', async () => {
    const { add, called, answer } = start({ linked: () => ({ kind: 'unknown' }) });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(await called()).toEqual(['one', 'two']);
  });

  it('are asked for again when that fails, as everything is', async () => {
    const answers: LinkResult[] = [
      { kind: 'try-again', detail: 'status 502', waitMs: null, mayHaveHappened: false },
      { kind: 'limited', waitMs: 30_000 },
      { kind: 'linked' },
    ];
    const { add, called, answer, clock, last } = start({
      linked: () => answers.shift() ?? { kind: 'unknown' },
    });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(last.get('a')).toMatchObject({ candidate: 1, attempts: 1, unanswered: null });
    await clock.advance(1_000);
    expect(answers).toHaveLength(1);
    await clock.advance(29_999);
    expect(await called()).toEqual(['one']);
    await clock.advance(1);
    expect(await called()).toEqual(['one', 'two']);
  });

  it('hold the queue when the credentials are wrong', async () => {
    const { add, answer, holds } = start({
      linked: () => ({ kind: 'bad-credentials', words: 'INVALID API KEY' }),
    });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(holds).toEqual(['BAD_CREDENTIALS INVALID API KEY']);
  });

  it('are said to be asked for, to who asks what a share waits for', async () => {
    const { add, answer, queue } = start({ linked: () => new Promise(() => {}) });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(queue.whyWaiting('a')?.detail).toBe('asks CAD v2 whose account it is');
  });

  it('never keep others from their calls, however long the answer takes', async () => {
    const { promise, resolve } = Promise.withResolvers<LinkResult>();
    const { add, called, answer, queue, waits, clock } = start({ linked: () => promise });
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id, [`license:${id}`], 'ban', names(id, `${id}2`));
    for (const id of ['a', 'b', 'c', 'd', 'e']) await answer(id, NOT_LINKED);
    for (const id of ['f', 'g']) add(id);
    expect(await called()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await clock.advance(3_000);
    expect(waits.slice(0, 2)).toEqual([
      'a QUEUED waits for the rate limit of CAD v2',
      'b QUEUED waits for the rate limit of CAD v2',
    ]);
    // Nothing has happened that could not be called off.
    expect([queue.cancel('a', true), queue.cancel('b', true)]).toEqual(['unheard', 'unheard']);
    resolve({ kind: 'linked' });
    await settle();
    expect((await called()).slice(7)).toEqual(['c2', 'd2', 'e2']);
  });

  it('are asked for one at a time', async () => {
    let open = 0;
    let most = 0;
    const { add, api, called } = start({
      async linked() {
        most = Math.max(most, ++open);
        await settle();
        open--;
        return { kind: 'not-linked' };
      },
    });
    api.answerWith(() => NOT_LINKED);
    for (const id of numbered(20)) add(id, [`license:${id}`], 'ban', names(id, `${id}2`, `${id}3`));
    for (let turn = 0; turn < 60; turn++) await settle();
    expect([most, open, (await called()).length]).toEqual([1, 0, 20]);
  });

  describe('of a kick whose answer was lost', () => {
    async function lostKick(links: ReturnType<typeof linksOf>) {
      const running = start({ linked: links.linked });
      running.add('a', ['license:a'], 'kick', names('one', 'two', 'three'));
      await running.answer('one', LOST);
      await running.clock.advance(1_000);
      await running.answer('one', NOT_LINKED);
      return running;
    }

    it('are asked for, and when nobody has them it was done', async () => {
      const links = linksOf();
      const { called, last } = await lostKick(links);
      expect(await called()).toEqual(['one', 'one']);
      expect(links.asked).toEqual(['two', 'three']);
      expect(last.get('a')?.state).toMatchObject({ status: 'delivered', apiId: 'one' });
    });

    it('are never kicked', async () => {
      const { called, last } = await lostKick(linksOf('three'));
      expect(await called()).toEqual(['one', 'one']);
      expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
      expect(last.get('a')?.state).toMatchObject({ detail: expect.stringContaining('look in Sonoran') });
    });

    it('are not kicked either where nobody can tell whether they are linked', async () => {
      const running = start();
      running.add('a', ['license:a'], 'kick', { ...names('one', 'two'), candidate: 1, unanswered: 0 });
      await settle();
      expect(await running.called()).toEqual([]);
      expect(running.last.get('a')?.state).toMatchObject({ code: 'EXPIRED' });
    });
  });
});
