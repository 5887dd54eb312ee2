import { describe, expect, it } from 'vitest';
import type { Limit, Permit } from '../../../server/sonoran/limiter.ts';
import { createRateLimit } from '../../../server/sonoran/rate-limit.ts';
import { createManualClock, settle } from '../manual-clock.ts';

const TWO: Limit = { calls: 2, windowMs: 10_000 };
const PATIENCE = 15_000;

function start({ limit = TWO, clock = createManualClock() } = {}) {
  /** What was to be kept, oldest first. */
  const kept: string[] = [];
  const rateLimit = createRateLimit({ limit, clock, keep: (record) => kept.push(record) });
  /** What those who wait got, by name, in order. */
  const served: string[] = [];
  const permits = new Map<string, Permit>();
  function ask(name: string, patienceMs = PATIENCE): void {
    void rateLimit.take(patienceMs).then((permit) => {
      served.push(permit ? name : `${name} in vain`);
      if (permit) permits.set(name, permit);
    });
  }
  function askLast(name: string): void {
    void rateLimit.takeLast().then((permit) => {
      served.push(name);
      permits.set(name, permit);
    });
  }
  function permit(): Permit {
    const taken = rateLimit.tryTake();
    if (typeof taken === 'number') throw new Error(`no permit for ${taken} ms`);
    return taken;
  }
  /** The next run, some time later: after a clean stop, or with what was kept last. */
  function restart(laterMs: number, end: 'stop' | 'crash' = 'crash') {
    const next = start({ limit, clock: createManualClock(clock.now() + laterMs) });
    const record = end === 'stop' ? rateLimit.record(true) : kept.at(-1);
    if (record !== undefined) next.rateLimit.restore(record);
    return next;
  }
  return { clock, kept, rateLimit, served, permits, ask, askLast, permit, restart };
}

describe('what nobody waits for', () => {
  it('leaves the part that is spared to those who wait', async () => {
    const { served, ask, askLast, permits, clock } = start({
      limit: { calls: 5, windowMs: 10_000, spared: 1 / 2 },
    });
    for (const name of ['one', 'two', 'three']) askLast(name);
    await settle();
    expect(served).toEqual(['one', 'two']);
    for (const name of ['Ann', 'Ben', 'Cat']) ask(name);
    await settle();
    expect(served).toEqual(['one', 'two', 'Ann', 'Ben', 'Cat']);
    for (const permit of permits.values()) permit.ended();
    await clock.advance(10_000);
    expect(served.at(-1)).toBe('three');
  });
});

describe('bans, kicks and lifts', () => {
  it('get through within the limit, and hear how long to wait', () => {
    const { rateLimit, permit } = start();
    permit().ended();
    permit().ended();
    expect(rateLimit.tryTake()).toBe(10_000);
  });

  it('are served whenever a call has ended, however it did', () => {
    const { rateLimit, permit } = start({ limit: { calls: 3, windowMs: 1 } });
    let calls = 0;
    rateLimit.goesFirst({ serve: () => calls++, isWanting: () => false });
    const [one, two, three] = [permit(), permit(), permit()];
    one.ended();
    two.limited(1_000);
    three.unsent();
    expect(calls).toBe(3);
  });

  it('go before people and background, in the moment in which the limit is free again', async () => {
    const { rateLimit, ask, askLast, clock, permit, served, permits } = start();
    let wanted = 3;
    permit().ended();
    permit().ended();
    rateLimit.goesFirst({
      serve() {
        while (wanted > 0) {
          const taken = rateLimit.tryTake();
          if (typeof taken === 'number') return;
          served.push(`ban ${wanted--}`);
          permits.set(`ban ${wanted}`, taken);
        }
      },
      isWanting: () => wanted > 0,
    });
    ask('Mia', 60_000);
    askLast('list');
    await clock.advance(10_000);
    expect(served).toEqual(['ban 3', 'ban 2']);
    for (const taken of permits.values()) taken.ended();
    await clock.advance(10_000);
    expect(served).toEqual(['ban 3', 'ban 2', 'ban 1', 'Mia']);
  });

  it('keep look-ups waiting while they want more than there is, but not for ever', async () => {
    const { rateLimit, ask, clock, served } = start();
    let isWanting = true;
    rateLimit.goesFirst({ serve() {}, isWanting: () => isWanting });
    ask('Mia');
    ask('Mo', 60_000);
    await clock.advance(PATIENCE);
    expect(served).toEqual(['Mia in vain']);
    isWanting = false;
    await clock.advance(1_000);
    expect(served).toEqual(['Mia in vain', 'Mo']);
  });

  it('find something left of a limit that look-ups use up', async () => {
    const { rateLimit, ask, askLast, clock, served } = start({
      limit: { calls: 5, windowMs: 5_000, reserved: 2 },
    });
    for (const name of ['a', 'b', 'c', 'd']) ask(name, 60_000);
    askLast('list');
    await settle();
    expect(served).toEqual(['a', 'b', 'c']);
    expect(typeof rateLimit.tryTake()).not.toBe('number');
    expect(typeof rateLimit.tryTake()).not.toBe('number');
    expect(typeof rateLimit.tryTake()).toBe('number');
    expect(clock.timers()).toBeLessThanOrEqual(1);
  });
});

describe('people who wait', () => {
  it('get through at once within the limit', async () => {
    const { ask, served, clock } = start();
    ask('Mia');
    ask('Mo');
    await settle();
    expect(served).toEqual(['Mia', 'Mo']);
    expect(clock.timers()).toBe(0);
  });

  it('get through in their order, as soon as the limit allows', async () => {
    const { ask, served, permits, clock, permit } = start();
    permit().ended();
    await clock.advance(3_000);
    permit().ended();
    for (const name of ['Mia', 'Mo', 'Max']) ask(name, 60_000);
    await clock.advance(6_999);
    expect(served).toEqual([]);
    await clock.advance(1);
    expect(served).toEqual(['Mia']);
    permits.get('Mia')?.ended();
    await clock.advance(3_000);
    expect(served).toEqual(['Mia', 'Mo']);
    permits.get('Mo')?.ended();
    await clock.advance(7_000);
    expect(served).toEqual(['Mia', 'Mo', 'Max']);
  });

  it('get through when a running call has ended', async () => {
    const { ask, served, clock, permit } = start({ limit: { calls: 1, windowMs: 1_000 } });
    const running = permit();
    ask('Mia', 60_000);
    await clock.advance(20_000);
    expect(served).toEqual([]);
    running.ended();
    await clock.advance(1_000);
    expect(served).toEqual(['Mia']);
  });

  it('have so much patience and no more, also while a call runs', async () => {
    const { ask, served, clock, permit } = start({ limit: { calls: 1, windowMs: 1_000 } });
    permit();
    ask('Mia');
    ask('Mo');
    await clock.advance(PATIENCE - 1);
    expect(served).toEqual([]);
    await clock.advance(1);
    expect(served).toEqual(['Mia in vain', 'Mo in vain']);
    expect(clock.timers()).toBe(0);
  });
});

describe('what nobody waits for', () => {
  it('gets through at once within the limit', async () => {
    const { askLast, served, clock, rateLimit } = start();
    askLast('list');
    await settle();
    expect(served).toEqual(['list']);
    expect(clock.timers()).toBe(0);
    // It counts like every other call.
    expect(typeof rateLimit.tryTake()).not.toBe('number');
    expect(rateLimit.tryTake()).toBe(Number.POSITIVE_INFINITY);
  });

  it('gets its permit in the end, however long that takes, and nothing has to happen for it', async () => {
    const { askLast, served, clock, permit } = start();
    permit().limited(3_600_000);
    askLast('list');
    await clock.advance(3_599_999);
    expect(served).toEqual([]);
    await clock.advance(1);
    expect(served).toEqual(['list']);
    expect(clock.timers()).toBe(0);
  });

  it('gets through when a running call has ended, and sets no timer for it', async () => {
    const { askLast, served, clock, permit } = start({ limit: { calls: 1, windowMs: 1_000 } });
    const running = permit();
    askLast('list');
    await clock.advance(60_000);
    expect([served, clock.timers()]).toEqual([[], 0]);
    running.ended();
    await clock.advance(1_000);
    expect(served).toEqual(['list']);
  });

  it('gets through at once when a running call turns out not to have gone out', async () => {
    const { askLast, served, permit } = start({ limit: { calls: 1, windowMs: 1_000 } });
    const running = permit();
    askLast('list');
    running.unsent();
    await settle();
    expect(served).toEqual(['list']);
  });

  it('goes after everybody who waits, also after those who have come later', async () => {
    const { ask, askLast, served, permits, clock, permit } = start({ limit: { calls: 1, windowMs: 10_000 } });
    permit().ended();
    askLast('list');
    ask('Mia', 60_000);
    ask('Mo', 60_000);
    await clock.advance(10_000);
    expect(served).toEqual(['Mia']);
    permits.get('Mia')?.ended();
    ask('Max', 60_000);
    await clock.advance(10_000);
    permits.get('Mo')?.ended();
    await clock.advance(10_000);
    permits.get('Max')?.ended();
    expect(served).toEqual(['Mia', 'Mo', 'Max']);
    await clock.advance(10_000);
    expect(served).toEqual(['Mia', 'Mo', 'Max', 'list']);
  });

  it('goes after those who wait when there is room for all of them', async () => {
    const { ask, askLast, served, clock, permit } = start();
    permit().ended();
    permit().ended();
    askLast('list');
    ask('Mia');
    await clock.advance(10_000);
    expect(served).toEqual(['Mia', 'list']);
  });

  it('goes on when those before it have given up', async () => {
    const { ask, askLast, served, clock, permit } = start();
    permit().limited(60_000);
    ask('Mia');
    askLast('list');
    await clock.advance(PATIENCE);
    expect(served).toEqual(['Mia in vain']);
    await clock.advance(60_000 - PATIENCE);
    expect(served).toEqual(['Mia in vain', 'list']);
  });

  it('keeps its order', async () => {
    const { askLast, served, permits, clock, permit } = start();
    permit().ended();
    permit().ended();
    for (const name of ['one', 'two', 'three', 'four', 'five']) askLast(name);
    for (const expected of [['one', 'two'], ['three', 'four'], ['five']]) {
      served.length = 0;
      await clock.advance(10_000);
      expect(served).toEqual(expected);
      for (const name of expected) permits.get(name)?.ended();
    }
    expect(clock.timers()).toBe(0);
  });

  it('never keeps bans waiting: whoever comes first at the moment goes first', async () => {
    const { askLast, rateLimit, served, clock, permit } = start();
    permit().ended();
    await clock.advance(4_000);
    permit().ended();
    askLast('list');
    // Not for ever, as behind people: it hears when the limit is free.
    expect(rateLimit.tryTake()).toBe(6_000);
    await clock.advance(5_999);
    expect(rateLimit.tryTake()).toBe(1);
    await clock.advance(1);
    expect(served).toEqual(['list']);
    await clock.advance(4_000);
    permit().ended();
  });

  it('is not forgotten when a ban was faster', async () => {
    const { askLast, served, permits, clock, permit } = start({ limit: { calls: 1, windowMs: 10_000 } });
    permit().ended();
    // In the same moment, and just before.
    clock.after(10_000, () => permits.set('faster', permit()));
    askLast('list');
    await clock.advance(15_000);
    expect(served).toEqual([]);
    permits.get('faster')?.ended();
    await clock.advance(9_999);
    expect(served).toEqual([]);
    await clock.advance(1);
    expect(served).toEqual(['list']);
  });
});

describe('what is kept', () => {
  it('has every call in it before it can go out, whoever makes it', async () => {
    const { kept, permit, ask, askLast } = start({ limit: { calls: 3, windowMs: 10_000 } });
    permit();
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ calls: [], running: 1 });
    ask('Mia');
    await settle();
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ running: 2 });
    askLast('list');
    await settle();
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ running: 3 });
    expect(kept).toHaveLength(3);
  });

  it('says when a call never went out, and has no place taken by it', () => {
    const { kept, permit } = start();
    permit().unsent();
    expect(JSON.parse(kept.at(-1) ?? '')).toMatchObject({ calls: [], running: 0 });
  });

  it('has the limit hold across a restart', async () => {
    const first = start();
    first.permit().ended();
    await first.clock.advance(2_000);
    first.permit();
    const second = first.restart(3_000);
    expect(second.rateLimit.tryTake()).toBe(5_000);
    await second.clock.advance(10_000);
    second.permit();
    second.permit();
  });

  it('has a block hold across a restart', () => {
    const first = start();
    first.permit().limited(3_600_000);
    expect(first.restart(600_000).rateLimit.tryTake()).toBe(3_000_000);
  });

  it('has a block hold across a crash after look-ups too', async () => {
    const first = start();
    first.ask('Mia');
    await settle();
    first.permits.get('Mia')?.limited(60_000);
    const second = first.restart(20_000);
    expect(second.rateLimit.tryTake()).toBe(40_000);
    await second.clock.advance(40_000);
    second.permit();
  });

  it('knows after a restart how often it was refused in a row without a word on how long', async () => {
    const first = start({ limit: { ...TWO, blocks: true } });
    first.permit().limited(null);
    await first.clock.advance(60_000);
    first.permit().limited(null);
    const second = first.restart(120_000);
    expect(second.permit().limited(null)).toBe(240_000);
  });

  it('has what another limit was told of the host hold across a restart', () => {
    const first = start();
    first.rateLimit.block(60_000);
    expect(first.rateLimit.tryTake()).toBe(60_000);
    expect(first.restart(20_000).rateLimit.tryTake()).toBe(40_000);
  });

  it.each(['stop', 'crash'] as const)(
    'has a call that took long count from its end, also across a %s',
    async (end) => {
      const first = start({ limit: { calls: 1, windowMs: 10_000 } });
      const permit = first.permit();
      await first.clock.advance(9_000);
      permit.ended();
      expect(first.restart(0, end).rateLimit.tryTake()).toBe(10_000);
    },
  );

  it('has a call that was running as the process died count until then', async () => {
    const first = start({ limit: { calls: 1, windowMs: 10_000 } });
    first.permit();
    await first.clock.advance(9_000);
    const wait = first.restart(500).rateLimit.tryTake();
    expect(wait).toBeGreaterThanOrEqual(9_500);
    expect(wait).toBeLessThanOrEqual(10_000);
  });
});

describe('a run that begins', () => {
  it('after a crash takes what look-ups share for just used up: their last second may be missing', async () => {
    const first = start();
    first.ask('Mia');
    await settle();
    first.permits.get('Mia')?.ended();
    const second = first.restart(60_000);
    expect(second.rateLimit.tryTake()).toBe(10_000);
    await second.clock.advance(9_999);
    expect(second.rateLimit.tryTake()).toBe(1);
    await second.clock.advance(1);
    second.permit();
    second.permit();
  });

  it('after a crash counts exactly what bans alone did: each was kept before it was made', () => {
    const first = start();
    first.permit().ended();
    const second = first.restart(0);
    second.permit();
    expect(second.rateLimit.tryTake()).toBeTypeOf('number');
    const third = start().restart(0);
    third.permit();
    third.permit();
  });

  it('after a clean stop counts exactly what was made, by whomever', async () => {
    const first = start();
    first.ask('Mia');
    await settle();
    first.permits.get('Mia')?.ended();
    await first.clock.advance(4_000);
    const second = first.restart(1_000, 'stop');
    second.permit();
    expect(second.rateLimit.tryTake()).toBe(5_000);
    const third = first.restart(6_000, 'stop');
    third.permit();
    third.permit();
  });

  it('and crashes counts its unseen second, though the run before it ended in order', async () => {
    const first = start();
    first.ask('Mia');
    await settle();
    first.permits.get('Mia')?.ended();
    const second = first.restart(60_000, 'stop');
    const third = start({ clock: createManualClock(second.clock.now()) });
    // As it is put on disk before the first call.
    third.rateLimit.restore(second.rateLimit.record(false));
    expect(third.rateLimit.tryTake()).toBe(10_000);
  });

  it('from a record of cmsban 0.1 counts exactly what that says: it was kept before every call', () => {
    const { rateLimit, clock, permit } = start();
    rateLimit.restore(`{"calls":[${clock.now() - 4_000}],"running":0,"blockedUntil":0}`);
    permit();
    expect(rateLimit.tryTake()).toBe(6_000);
  });

  it.each([
    ['nothing', ''],
    ['what cannot be read', undefined],
    ['half a record', '{"calls":[17000'],
    ['another record', '{"calls":"many","running":0,"blockedUntil":0}'],
    ['numbers that are none', '{"calls":[null],"running":0,"blockedUntil":1e999}'],
    ['more calls under way than can be', '{"calls":[],"running":1e9,"blockedUntil":0}'],
    ['a record of an older version', '{"calls":[],"blockedUntil":0}'],
    ['flags that are none', '{"calls":[],"running":0,"blockedUntil":0,"lookUps":1,"isClosed":1}'],
    ['a list', '[]'],
  ])('with %s takes the limit for just used up, and goes on', async (_, text) => {
    const { rateLimit, clock, permit } = start();
    rateLimit.restore(text);
    expect(rateLimit.tryTake()).toBe(10_000);
    await clock.advance(10_000);
    permit();
  });
});
