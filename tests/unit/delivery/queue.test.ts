import '../fixed-seed.ts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createGate } from '../../../server/delivery/gate.ts';
import type { Limit } from '../../../server/delivery/limiter.ts';
import { createDeliveryQueue } from '../../../server/delivery/queue.ts';
import type { Subject } from '../../../server/identity/subject.ts';
import type { Action, ActionKind, Delivery, Origin } from '../../../server/moderation/action.ts';
import type { LinkResult } from '../../../server/moderation/product-api.ts';
import { action, DISCORD, delivery, person, STEAM } from '../action.ts';
import { createManualClock, type ManualClock, settle } from '../manual-clock.ts';
import { createMemoryStore } from '../memory-store.ts';
import { openGate } from '../open-gate.ts';
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
  readonly onChange?: (action: Action, delivery: Delivery) => void;
  readonly onCall?: (action: Action, delivery: Delivery) => void;
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
  onCall = () => {},
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
  const store = createMemoryStore();
  const gate = limit ? createGate({ name: 'bans', limit, clock, store }) : openGate();
  const changes: string[] = [];
  const waits: string[] = [];
  const holds: string[] = [];
  const last = new Map<string, Delivery>();
  const bugs: unknown[] = [];
  const credentials: { areNew: boolean; asked: number; awaited?: string; waitedMs: number } = {
    areNew: false,
    asked: 0,
    waitedMs: 0,
  };
  const queue = createDeliveryQueue({
    api,
    gate,
    clock,
    random: () => 0,
    retryForMs,
    awaiting: () => credentials.awaited,
    waitedSince: () => credentials.waitedMs,
    onChange(changed, current) {
      changes.push(`${changed.id} ${current.state.status}`);
      last.set(changed.id, current);
      onChange(changed, current);
    },
    onCall(changed, current) {
      last.set(changed.id, current);
      onCall(changed, current);
    },
    onWait({ id }, current) {
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
  const called = () => api.calls.map(({ subject }) => String(subject.value));
  /** Answers the latest call about an action. */
  async function answer(id: string, result = DONE) {
    api.calls.findLast(({ subject }) => subject.value === id)?.answer(result);
    await settle();
  }
  return { clock, api, gate, queue, changes, waits, holds, last, bugs, credentials, add, called, answer };
}

const numbered = (count: number, letter = 'p') =>
  Array.from({ length: count }, (_, number) => `${letter}${number}`);

describe('a delivery', () => {
  it('goes out at once and is settled by its answer', async () => {
    const { add, called, answer, changes, clock } = start();
    add('a');
    expect(called()).toEqual(['a']);
    await answer('a');
    expect(changes).toEqual(['a delivered']);
    expect(clock.timers()).toBe(0);
  });

  it('does not go out before the queue is started', () => {
    const { add, called, queue } = start({ start: false });
    add('a');
    add('b');
    expect(called()).toEqual([]);
    queue.start();
    expect(called()).toEqual(['a', 'b']);
  });

  it('that is here already is not taken in again', async () => {
    const { add, called, answer } = start();
    add('a');
    add('a');
    await answer('a');
    expect(called()).toEqual(['a']);
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
    expect(called()).toEqual(['a']);
    await clock.advance(1);
    expect(called()).toEqual(['a', 'a']);
    await answer('a');
    expect(last.get('a')?.state.status).toBe('delivered');
  });

  it('from before a restart is tried at its time', async () => {
    const { add, called, clock } = start();
    const state = { status: 'queued', code: 'QUEUED', detail: 'x', nextTryAt: clock.now() + 30_000 } as const;
    add('a', ['license:a'], 'ban', { isFresh: false, state });
    await clock.advance(29_999);
    expect(called()).toEqual([]);
    await clock.advance(1);
    expect(called()).toEqual(['a']);
  });

  it.each([-30 * 24 * HOUR, 30 * 24 * HOUR])(
    'from before a restart is tried within minutes though the wall clock was set by %i ms',
    async (jump) => {
      const { add, called, clock } = start();
      const state = { status: 'queued', code: 'QUEUED', detail: 'x', nextTryAt: clock.now() + jump } as const;
      add('a', ['license:a'], 'ban', { isFresh: false, state });
      await clock.advance(300_000);
      expect(called()).toEqual(['a']);
    },
  );

  it('from before a restart goes on with the name it had come to', () => {
    const { add, api } = start();
    add('a', ['license:a'], 'ban', { isFresh: false, subjects: [STEAM, DISCORD], candidate: 1 });
    expect(api.calls.map(({ subject }) => subject)).toEqual([DISCORD]);
  });

  it('tries its names one after the other, without waiting', async () => {
    const { add, api, clock, last } = start();
    add('a', ['license:a'], 'ban', { subjects: [STEAM, DISCORD] });
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
    expect(called()).toHaveLength(2);
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

  it('that was never tried is given up, too, when its time is over', async () => {
    const { add, clock, last, called } = start({ retryForMs: HOUR, limit: { calls: 1, windowMs: 2 * HOUR } });
    add('first');
    add('late');
    await clock.advance(HOUR + 300_000);
    expect(last.get('late')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
    expect(called()).toEqual(['first']);
  });

  it.each([
    ['the rate limit', LIMITED],
    ['bad credentials', BAD_CREDENTIALS],
  ])('whose time ended during a call that met %s is given up after it', async (_, result) => {
    const { add, answer, clock, last } = start({ retryForMs: HOUR, limit: TEN_A_MINUTE });
    add('a');
    await clock.advance(HOUR - 1_000);
    // Something else keeps the queue awake while its time ends.
    add('b');
    await answer('b', UNREACHABLE);
    await clock.advance(2_000);
    await answer('b');
    await answer('a', result);
    await clock.advance(2 * HOUR);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
  });
});

describe('a kick', () => {
  it('is noted as perhaps heard before it goes out, and as unheard when it surely was not', async () => {
    const { add, api, answer, last } = start({
      onChange(_, current) {
        if (api.calls.length === 0) expect(current.unanswered).toBe(0);
      },
    });
    add('a', ['license:a'], 'kick');
    expect(last.get('a')?.unanswered).toBe(0);
    await answer('a', UNREACHABLE);
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
    expect(called()).toEqual(['a']);
    api.answerWith(() => DONE);
    await clock.advance(1);
    expect(called().slice(1).sort()).toEqual(['a', 'b']);
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
    expect(called()).toEqual(['old0', 'urgent']);
    await answer('urgent', LIMITED);
    await clock.advance(60_000);
    expect(called()[2]).toBe('urgent');
  });

  it('is said to whoever has to wait for it, with the time', async () => {
    const { add, api, waits, last, clock } = start({ limit: { calls: 1, windowMs: 60_000 } });
    api.answerWith(() => DONE);
    add('a');
    await settle();
    add('b');
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
    expect(called().slice(10, 12)).toEqual(['urgent', 'export']);
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
    expect(called()).toHaveLength(4);
    for (const call of api.calls) call.answer(UNREACHABLE);
    await settle();
    for (let round = 0; round < 20; round++) {
      expect(api.open()).toBeLessThanOrEqual(1);
      api.calls.at(-1)?.answer(UNREACHABLE);
      await clock.advance(10_000);
    }
    expect(called().length).toBeLessThanOrEqual(4 + 21);
    expect(called().length).toBeGreaterThan(10);
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
    const before = called().length;
    api.answerWith(() => DONE);
    add('urgent', ['urgent'], 'ban', { origin: 'chat' });
    await clock.advance(5_000);
    expect(called()[before]).toBe('urgent');
  });

  it('is said to whoever adds something', async () => {
    const { add, api, waits } = start();
    api.answerWith(() => UNREACHABLE);
    for (const id of ['a', 'b', 'c', 'd']) add(id);
    await settle();
    add('e');
    expect(waits.at(-1)).toBe('e QUEUED CAD v2 does not answer');
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
    expect(called()).toEqual(['a']);
    api.answerWith(() => result);
    await clock.advance(23 * HOUR);
    expect(called()).toHaveLength(24);
    expect(api.most()).toBe(1);
    expect(holds).toEqual([`${code} ${words}`]);
    expect(last.get('a')).toMatchObject({ attempts: 0, state: { status: 'queued', code } });
    api.answerWith(() => DONE);
    await clock.advance(HOUR);
    expect(called()).toHaveLength(27);
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
    expect(called().length).toBeGreaterThan(1);
  });

  it('are told to whoever adds something', async () => {
    const { add, waits } = await held();
    add('b');
    expect(waits).toEqual([`b ${code} ${words}`]);
  });

  it('are over soon after the credentials were changed', async () => {
    const { add, called, clock, credentials, api } = await held();
    add('b');
    api.answerWith(() => DONE);
    await clock.advance(60_000);
    expect(called()).toEqual(['a']);
    credentials.areNew = true;
    await clock.advance(30_000);
    expect(called().sort()).toEqual(['a', 'a', 'b']);
  });

  it('are over when somebody wants a retry, which reads the credentials first', async () => {
    const { called, queue, credentials } = await held();
    const asked = credentials.asked;
    expect(queue.retry()).toBe(1);
    expect(called()).toEqual(['a', 'a']);
    expect(credentials.asked).toBeGreaterThan(asked);
  });

  it('are reported again when they go on after a retry', async () => {
    const { queue, answer, holds, clock, called } = await held();
    queue.retry();
    await answer('a', result);
    expect(holds).toHaveLength(2);
    await clock.advance(HOUR - 1);
    expect(called()).toHaveLength(2);
  });

  it('of several calls at once are reported once', async () => {
    const { add, answer, holds, called, clock } = start();
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
    for (const id of ['a', 'b', 'c', 'd']) await answer(id, result);
    await clock.advance(HOUR - 1);
    expect(holds).toHaveLength(1);
    expect(called()).toEqual(['a', 'b', 'c', 'd']);
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
    expect(called()).toContain('d');
    expect(holds).toHaveLength(1);
  });

  it('let a delivery be cancelled, and given up when its time is over', async () => {
    const { add, api, queue, last, clock } = await held({ retryForMs: HOUR });
    add('b');
    expect(queue.cancel('a', false)).toBe(true);
    expect(last.get('a')?.state).toMatchObject({ code: 'CANCELLED' });
    api.answerWith(() => result);
    await clock.advance(2 * HOUR);
    expect(last.get('b')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
    expect(clock.timers()).toBe(0);
  });
});

describe('an API that fails itself', () => {
  it('is reported, and the delivery is tried again', async () => {
    const { add, api, answer, bugs, clock, last } = start();
    add('a');
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
    const { add, api, called, answer } = start();
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
    expect(called()).toEqual(['a', 'b', 'c', 'd']);
    api.calls[0]?.fail('broken');
    await settle();
    expect(called()).toEqual(['a', 'b', 'c', 'd', 'e']);
    await answer('e');
  });
});

describe('a listener that fails', () => {
  it('is reported, and costs nobody a delivery', async () => {
    const failure = new Error('broken');
    const { add, called, answer, bugs } = start({
      onChange({ id }) {
        if (id === 'a') throw failure;
      },
    });
    const unhandled: unknown[] = [];
    const keep = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', keep);
    try {
      for (const id of ['a', 'b', 'c', 'd', 'e']) add(id);
      await answer('a');
      expect(called()).toEqual(['a', 'b', 'c', 'd', 'e']);
      expect(bugs).toEqual([failure]);
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', keep);
    }
  });

  it('keeps a kick from going out: that it may be heard is not on disk', async () => {
    const { add, called, bugs } = start({
      onCall() {
        throw new Error('no space left on device');
      },
    });
    add('a', ['license:a'], 'kick');
    await settle();
    expect(bugs.length).toBeGreaterThan(0);
    expect(called()).toEqual([]);
  });
});

describe('several people', () => {
  it('are served four at a time, the rest in the order decided', async () => {
    const { add, called, answer, api } = start();
    const ids = numbered(10);
    for (const id of ids) add(id);
    expect(called()).toEqual(ids.slice(0, 4));
    await answer('p2');
    expect(called()).toEqual(ids.slice(0, 5));
    api.answerWith(() => DONE);
    for (const id of ids) await answer(id);
    expect(called()).toEqual(ids);
  });

  it("do not wait for somebody else's retry", async () => {
    const { add, called, answer } = start();
    for (const id of ['a', 'b']) add(id);
    await answer('a', { ...UNREACHABLE, waitMs: HOUR });
    await answer('b');
    add('c');
    expect(called()).toEqual(['a', 'b', 'c']);
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
    expect(called()).toEqual(['a', 'c', 'b', 'b']);
    await answer('b');
    await clock.advance(55_000);
    expect(called()).toEqual(['a', 'c', 'b', 'b', 'a']);
  });
});

describe('several actions about one person', () => {
  it('go out in the order decided, one after the other', async () => {
    const { add, called, answer } = start();
    add('ban', ['license:x']);
    add('unban', ['license:x'], 'unban');
    expect(called()).toEqual(['ban']);
    await answer('ban');
    expect(called()).toEqual(['ban', 'unban']);
  });

  it('are about one person when they share any identifier', async () => {
    const { add, called, answer } = start();
    add('first', ['license:x', 'steam:1']);
    add('second', ['steam:1', 'discord:5']);
    add('third', ['discord:5']);
    add('other', ['license:y']);
    expect(called()).toEqual(['first', 'other']);
    await answer('first');
    expect(called()).toEqual(['first', 'other', 'second']);
    await answer('second');
    expect(called()).toEqual(['first', 'other', 'second', 'third']);
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
    expect(called()).toEqual(['ban', 'kick']);
  });

  it('pull the earlier ones forward when the last is urgent', async () => {
    const { add, api, clock, called, queue } = start({ limit: { calls: 1, windowMs: 1_000 }, start: false });
    api.answerWith(() => DONE);
    for (const id of numbered(100, 'old')) add(id, [id], 'ban', { isFresh: false });
    add('ban', ['license:x'], 'ban', { isFresh: false });
    queue.start();
    add('unban', ['license:x'], 'unban', { origin: 'chat' });
    await clock.advance(2_000);
    expect(called()).toEqual(['old0', 'ban', 'unban']);
  });
});

describe('taking back', () => {
  it('works for what waits and cannot have been heard', async () => {
    const { add, queue, answer, called, last, clock, changes } = start();
    add('a');
    expect(queue.cancel('a', true)).toBe(false);
    await answer('a', UNREACHABLE);
    expect(queue.cancel('a', true)).toBe(true);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'CANCELLED' });
    expect(queue.cancel('a', true)).toBe(false);
    await clock.advance(HOUR);
    expect(called()).toEqual(['a']);
    expect(changes).toEqual(['a queued', 'a refused']);
  });

  it('does not work for what may have been heard, what is done, and what never was', async () => {
    const { add, queue, answer, clock } = start();
    add('a');
    await answer('a', LOST);
    expect(queue.cancel('a', true)).toBe(false);
    await clock.advance(1_000);
    await answer('a');
    expect(queue.cancel('a', true)).toBe(false);
    expect(queue.cancel('b', true)).toBe(false);
  });

  it('lets the next one about the same person go', async () => {
    const { add, queue, answer, called } = start();
    add('ban', ['license:x']);
    await answer('ban', UNREACHABLE);
    add('unban', ['license:x'], 'unban');
    expect(called()).toEqual(['ban']);
    expect(queue.cancel('ban', true)).toBe(true);
    expect(called()).toEqual(['ban', 'unban']);
  });

  it('by somebody who knows works also for what may have been heard, not for what is under way', async () => {
    const { add, queue, answer, called, clock } = start();
    add('a');
    expect(queue.cancel('a', false)).toBe(false);
    await answer('a', LOST);
    expect(queue.cancel('a', false)).toBe(true);
    await clock.advance(HOUR);
    expect(called()).toEqual(['a']);
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
    expect(called()).toEqual(['a', 'b', 'c', 'a']);
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
    const before = called().length;
    expect(queue.retry()).toBe(3);
    expect(called().slice(before)).toEqual(['a', 'b', 'c']);
  });

  it('does not make calls faster than the limit', async () => {
    const { add, queue, answer, called } = start({ limit: { calls: 1, windowMs: 60_000 } });
    add('a');
    await answer('a', LOST);
    queue.retry();
    expect(called()).toEqual(['a']);
  });
});

describe('why something waits', () => {
  it('is told for every state', async () => {
    const { add, queue, answer, clock } = start({ limit: TEN_A_MINUTE });
    expect(queue.whyWaiting('a')).toBeUndefined();
    add('a');
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
    expect(called()).toEqual(['a', 'b', 'c', 'd', 'e']);
    queue.stop('the server shuts down');
    await answer('b');
    add('f');
    expect(waits.at(-1)).toBe('f QUEUED the server shuts down');
    queue.retry();
    await clock.advance(24 * HOUR);
    expect(called()).toEqual(['a', 'b', 'c', 'd', 'e']);
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

  it('is delivered completely, each exactly once, in order per person, never more than four at a time', async () => {
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
        expect(most).toBeLessThanOrEqual(4);
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
    expect(called()).toEqual([]);
    expect(waits).toEqual([`a QUEUED ${WORDS}`]);
    expect(queue.whyWaiting('a')).toEqual({ detail: WORDS, nextTryAt: null });
  });

  it('let everything out when they come', () => {
    const { add, called, queue, credentials } = awaiting();
    add('a');
    add('b');
    delete credentials.awaited;
    queue.renewed();
    expect(called()).toEqual(['a', 'b']);
  });

  it('do not use up the time', async () => {
    const { add, changes, clock, credentials, queue } = awaiting({ retryForMs: HOUR });
    add('a');
    credentials.waitedMs = 2 * HOUR;
    await clock.advance(2 * HOUR);
    expect(changes).toEqual([]);
    await clock.advance(HOUR + 1);
    queue.renewed();
    expect(changes).toEqual(['a refused']);
  });

  it('let a delivery be cancelled', () => {
    const { add, queue, changes } = awaiting();
    add('a');
    expect(queue.cancel('a', true)).toBe(true);
    expect(changes).toEqual(['a refused']);
  });
});

it('credentials that are others end a hold at once, and the same do not', async () => {
  const { add, answer, called, credentials, queue } = start();
  add('a');
  await answer('a', BAD_CREDENTIALS);
  queue.renewed();
  expect(called()).toEqual(['a']);
  credentials.areNew = true;
  queue.renewed();
  expect(called()).toEqual(['a', 'a']);
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
    expect(called()).toEqual(['one']);
    expect(asked).toEqual(['two', 'three', 'four', 'five']);
    expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'NOT_LINKED' });
  });

  it('are called when they are linked, and once only', async () => {
    const { asked, linked } = linksOf('three');
    const { add, called, answer, last } = start({ linked });
    add('a', ['license:a'], 'ban', names('one', 'two', 'three', 'four'));
    await answer('one', NOT_LINKED);
    expect(called()).toEqual(['one', 'three']);
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
    expect(called()).toEqual(['one', 'two', 'two']);
    await answer('two');
    expect(asked).toEqual(['two']);
    expect(last.get('a')?.state).toMatchObject({ status: 'delivered' });
  });

  it('are asked for after a restart: the first cost its call before', async () => {
    const { asked, linked } = linksOf();
    const { add, called, last } = start({ linked });
    add('a', ['license:a'], 'ban', { ...names('one', 'two', 'three'), candidate: 1, isFresh: false });
    await settle();
    expect([called(), asked]).toEqual([[], ['two', 'three']]);
    expect(last.get('a')?.state).toMatchObject({ code: 'NOT_LINKED' });
  });

  it('are called where nobody can tell whether they are linked', async () => {
    const { add, called, answer } = start({ linked: () => ({ kind: 'unknown' }) });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(called()).toEqual(['one', 'two']);
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
    expect(called()).toEqual(['one']);
    await clock.advance(1);
    expect(called()).toEqual(['one', 'two']);
  });

  it('hold the queue when the credentials are wrong', async () => {
    const { add, answer, holds } = start({
      linked: () => ({ kind: 'bad-credentials', words: 'INVALID API KEY' }),
    });
    add('a', ['license:a'], 'ban', names('one', 'two'));
    await answer('one', NOT_LINKED);
    expect(holds).toEqual(['BAD_CREDENTIALS INVALID API KEY']);
  });

  it('never keep others from their calls, however long the answer takes', async () => {
    const { promise, resolve } = Promise.withResolvers<LinkResult>();
    const { add, called, answer, queue, waits, clock } = start({ linked: () => promise });
    for (const id of ['a', 'b', 'c', 'd', 'e']) add(id, [`license:${id}`], 'ban', names(id, `${id}2`));
    for (const id of ['a', 'b', 'c', 'd', 'e']) await answer(id, NOT_LINKED);
    for (const id of ['f', 'g']) add(id);
    expect(called()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    await clock.advance(3_000);
    expect(waits.slice(0, 2)).toEqual([
      'a QUEUED waits for the rate limit of CAD v2',
      'b QUEUED waits for the rate limit of CAD v2',
    ]);
    // Nothing has happened that could not be called off.
    expect([queue.cancel('a', true), queue.cancel('b', true)]).toEqual([true, true]);
    resolve({ kind: 'linked' });
    await settle();
    expect(called().slice(7)).toEqual(['c2', 'd2']);
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
    expect([most, open, called().length]).toEqual([1, 0, 20]);
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
      expect(called()).toEqual(['one', 'one']);
      expect(links.asked).toEqual(['two', 'three']);
      expect(last.get('a')?.state).toMatchObject({ status: 'delivered', apiId: 'one' });
    });

    it('are never kicked', async () => {
      const { called, last } = await lostKick(linksOf('three'));
      expect(called()).toEqual(['one', 'one']);
      expect(last.get('a')?.state).toMatchObject({ status: 'refused', code: 'EXPIRED' });
      expect(last.get('a')?.state).toMatchObject({ detail: expect.stringContaining('look in Sonoran') });
    });

    it('are not kicked either where nobody can tell whether they are linked', async () => {
      const running = start();
      running.add('a', ['license:a'], 'kick', { ...names('one', 'two'), candidate: 1, unanswered: 0 });
      await settle();
      expect(running.called()).toEqual([]);
      expect(running.last.get('a')?.state).toMatchObject({ code: 'EXPIRED' });
    });
  });
});
