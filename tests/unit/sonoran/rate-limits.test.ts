import { describe, expect, it } from 'vitest';
import { LIMITS, type LimitClass } from '../../../server/sonoran/limits.ts';
import { createRateLimits, type RateLimits } from '../../../server/sonoran/rate-limits.ts';
import { createManualClock } from '../manual-clock.ts';
import { kvpOn } from '../storage/kvp-on.ts';

const BANS = LIMITS['cad-v2-bans'];
const LINKS = LIMITS['cad-v2-links'];

/** A run, as it is before anything was read. */
function begin({
  disk = new Map<string, string>(),
  clock = createManualClock(),
  isVendorRunning = false,
} = {}) {
  const { storage, store } = kvpOn(clock, disk);
  const limits = createRateLimits({ clock, storage, isVendorRunning: () => isVendorRunning });
  return { clock, disk, store, storage, limits };
}

async function run(options: Parameters<typeof begin>[0] = {}) {
  const begun = begin(options);
  await begun.limits.load();
  return begun;
}

/** How many of the first client's calls are let through at once. */
function roomIn(limits: RateLimits, name: LimitClass): number {
  let calls = 0;
  while (typeof limits.of(name).tryTake() !== 'number') calls++;
  return calls;
}

/** So many calls of people who look something up. */
async function lookUp(limits: RateLimits, times: number): Promise<void> {
  for (let call = 0; call < times; call++) (await limits.of('cad-v2-links').take(0))?.ended();
}

describe('the rate limits of all calls', () => {
  it('are one for each class, whoever asks', () => {
    const { limits } = begin();
    expect(limits.of('cms-v1')).toBe(limits.of('cms-v1'));
    expect(limits.of('cms-v1')).not.toBe(limits.of('cad-v1'));
    expect(roomIn(limits, 'cad-v2-bans')).toBe(BANS.calls);
  });

  it('leave the half of what the vendor uses too to the vendor', () => {
    const { limits } = begin({ isVendorRunning: true });
    expect(roomIn(limits, 'cad-v2-links')).toBe(LINKS.calls / 2);
    expect(roomIn(limits, 'cad-v2-bans')).toBe(BANS.calls);
  });

  it('rest together when a host has blocked the caller', () => {
    const { limits } = begin();
    const permit = limits.of('cms-v1').tryTake();
    if (typeof permit === 'number') throw new Error('no permit');
    permit.limited(60_000);
    expect(limits.of('cms-v2-account').tryTake()).toBe(60_000);
    expect(limits.of('cad-v2-bans').tryTake()).not.toBe(60_000);
  });

  it('are said to be read when they are, and not before', async () => {
    const { limits, store, clock } = begin({ disk: new Map([['limit:cad-v2-bans', '']]) });
    let isLoaded = false;
    void limits.loaded.then(() => {
      isLoaded = true;
    });
    store.isBusy = true;
    void limits.load();
    await clock.advance(60_000);
    expect(isLoaded).toBe(false);
    store.isBusy = false;
    await clock.advance(1_000);
    expect(isLoaded).toBe(true);
  });
});

describe('what is kept of them', () => {
  it('takes no write of its own: it goes with the next, or within a second', async () => {
    const { limits, storage, store, clock } = await run();
    limits.of('cad-v2-bans').tryTake();
    await storage.write([{ name: 'action:1', value: '{}' }]);
    expect(store.groups.map((group) => group.map(({ name }) => name))).toEqual([
      ['action:1', 'limit:cad-v2-bans'],
    ]);
    await lookUp(limits, 20);
    await clock.advance(1_000);
    expect(store.groups.slice(1).map((group) => group.map(({ name }) => name))).toEqual([
      ['limit:cad-v2-links'],
    ]);
  });

  it('holds after a clean stop, to the call', async () => {
    const { limits, storage, disk, clock } = await run();
    await lookUp(limits, 10);
    limits.keep(true);
    expect(storage.flush()).toBe(true);
    const next = await run({ disk, clock: createManualClock(clock.now()) });
    expect(roomIn(next.limits, 'cad-v2-links')).toBe(LINKS.calls - 10);
  });

  it('counts the second that nobody wrote down as used up after a crash, for look-ups alone', async () => {
    const { limits, disk, clock, storage } = await run();
    await lookUp(limits, 1);
    limits.of('cad-v2-bans').tryTake();
    await storage.write([{ name: 'action:1', value: '{}' }]);
    await lookUp(limits, LINKS.calls - 1);
    const next = await run({ disk, clock: createManualClock(clock.now()) });
    expect(next.limits.of('cad-v2-links').tryTake()).toBe(LINKS.windowMs);
    expect(roomIn(next.limits, 'cad-v2-bans')).toBe(BANS.calls - 1);
    await next.clock.advance(LINKS.windowMs);
    expect(roomIn(next.limits, 'cad-v2-links')).toBe(LINKS.calls);
  });

  it('says before the first call that this run has not ended: a crash is never taken for a clean stop', async () => {
    const first = await run();
    await lookUp(first.limits, 1);
    first.limits.keep(true);
    first.storage.flush();
    const second = await run({ disk: first.disk, clock: createManualClock(first.clock.now() + 3_600_000) });
    expect(second.store.groups).toHaveLength(1);
    await lookUp(second.limits, LINKS.calls);
    // Killed within the second.
    const third = await run({ disk: first.disk, clock: createManualClock(second.clock.now()) });
    expect(third.limits.of('cad-v2-links').tryTake()).toBe(LINKS.windowMs);
  });

  it('is taken back when the stop did not come', async () => {
    const { limits, storage, disk, clock } = await run();
    await lookUp(limits, 1);
    limits.keep(true);
    storage.flush();
    limits.keep(false);
    await clock.advance(1_000);
    expect(disk.get('limit:cad-v2-links')).toContain('"isClosed":false');
  });

  it('costs a window, and not the start, when it cannot be read', async () => {
    const begun = begin({
      disk: new Map([
        ['limit:cad-v2-bans', '{"calls":[],"running":0,"blockedUntil":0}'],
        ['limit:cms-v1', 'half a rec'],
        ['limit:of another version', '{}'],
      ]),
    });
    begun.store.corrupted.add('limit:cad-v2-bans');
    await begun.limits.load();
    expect(begun.limits.of('cad-v2-bans').tryTake()).toBe(BANS.windowMs);
    expect(begun.limits.of('cms-v1').tryTake()).toBe(LIMITS['cms-v1'].windowMs);
    await begun.clock.advance(BANS.windowMs);
    expect(roomIn(begun.limits, 'cad-v2-bans')).toBe(BANS.calls);
  });
});
