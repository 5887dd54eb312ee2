import { describe, expect, it } from 'vitest';
import type { Action, DeliveryState } from '../../../server/moderation/action.ts';
import { createTemporaryBans } from '../../../server/moderation/temporary-bans.ts';
import { writeActionRecord } from '../../../server/storage/action-record.ts';
import { createKvpStorage } from '../../../server/storage/kvp.ts';
import { createLedger } from '../../../server/storage/ledger.ts';
import { action, DELIVERED, delivery, person } from '../action.ts';
import { cpuMs, cpuMsOf } from '../cpu-time.ts';
import { createManualClock, type ManualClock, settle } from '../manual-clock.ts';
import { createFakeStore } from '../storage/fake-store.ts';

const HOUR = 3_600_000;
/** For how long the wall clock must have said so that a ban is over that ended before the start. */
const DOUBT = 5 * 60_000;
/** How often it is looked at meanwhile. */
const DOUBTFUL_LOOK = 60_000;

/** Temporary bans on a real ledger. @param disk what an earlier run has left. */
async function start(disk = new Map<string, string>(), at?: number) {
  const clock = createManualClock(at);
  const store = createFakeStore(disk);
  const storage = createKvpStorage({ store, clock, onTrouble() {} });
  const ledger = createLedger({ storage, clock, historyLimit: 3 });
  await ledger.load();
  const lifts: string[] = [];
  const bugs: unknown[] = [];
  const bans = createTemporaryBans({
    clock,
    ledger,
    async expire(ban) {
      lifts.push(ban.id);
      await ledger.save({ ...ban, inForce: false });
      return true;
    },
    onBug: (error) => bugs.push(error),
  });
  bans.resume();
  function accept(id: string, changes: Partial<Action> = {}): void {
    const accepted = action({
      id,
      sequence: ledger.nextSequence(),
      inForce: (changes.expiresAt ?? null) !== null,
      deliveries: [delivery('cad', { state: DELIVERED })],
      ...changes,
    });
    void ledger.save(accepted);
    bans.accepted(accepted);
  }
  /** A ban that ends in so many hours. */
  function ban(id: string, hours: number | null, changes: Partial<Action> = {}): void {
    accept(id, { expiresAt: hours === null ? null : clock.now() + hours * HOUR, ...changes });
  }
  /** The product's answer came in. */
  function settled(id: string, state: DeliveryState): void {
    const known = ledger.byId(id);
    if (known) void ledger.save({ ...known, deliveries: [delivery('cad', { state })] });
  }
  /** Stops in order, and starts anew after a while. */
  const restart = (hours: number) => {
    bans.stop();
    storage.flush();
    return start(disk, clock.now() + hours * HOUR);
  };
  return { clock, store, ledger, lifts, bans, bugs, accept, ban, settled, restart };
}

describe('a temporary ban', () => {
  it('is lifted when it expires, not before, and once', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 2);
    await clock.advance(2 * HOUR - 1);
    expect(lifts).toEqual([]);
    await clock.advance(1);
    expect(lifts).toEqual(['a']);
    await clock.advance(100 * HOUR);
    expect(lifts).toHaveLength(1);
    expect(clock.timers()).toBe(0);
  });

  it('may last longer than a timer can', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 24 * 60);
    await clock.advance(24 * 60 * HOUR - 1);
    expect(lifts).toEqual([]);
    await clock.advance(1);
    expect(lifts).toEqual(['a']);
  });

  it('that has expired already is lifted once the clock has said so for five minutes: it may be wrong', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', -1);
    await clock.advance(DOUBT);
    expect(lifts).toEqual([]);
    await clock.advance(DOUBTFUL_LOOK);
    expect(lifts).toEqual(['a']);
  });

  it('lasts on when the clock was wrong at the start, and is set right', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 2);
    clock.setWall(clock.now() + 48 * HOUR);
    ban('b', -1, { person: person({ identifiers: ['license:b'] }) });
    await clock.advance(DOUBTFUL_LOOK);
    clock.setWall(clock.now() - 48 * HOUR);
    await clock.advance(HOUR);
    expect(lifts).toEqual([]);
    await clock.advance(HOUR);
    expect(lifts).toEqual(['a']);
  });

  it('goes by the wall clock: set back, it lasts on', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 2);
    clock.setWall(clock.now() - 3 * HOUR);
    await clock.advance(5 * HOUR - 1);
    expect(lifts).toEqual([]);
    await clock.advance(1);
    expect(lifts).toEqual(['a']);
  });

  it('goes by the wall clock: set forward, it ends within the hour', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 24 * 7);
    clock.setWall(clock.now() + 24 * 7 * HOUR);
    await clock.advance(HOUR);
    expect(lifts).toEqual(['a']);
  });

  it('is not ended by a clock that jumps ahead and comes back: it ends on time', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 24);
    await clock.advance(HOUR / 2);
    clock.setWall(clock.now() + 30 * 24 * HOUR);
    // The next look is within the hour; it is doubtful for five minutes then.
    await clock.advance(27 * 60_000);
    clock.setWall(clock.now() - 30 * 24 * HOUR);
    await clock.advance(23 * HOUR + 3 * 60_000 - 1);
    expect(lifts).toEqual([]);
    await clock.advance(1);
    expect(lifts).toEqual(['a']);
  });

  it('waits for five minutes when it is over by a jump of the clock alone', async () => {
    const { clock, lifts, ban } = await start();
    ban('short', 1, { person: person({ identifiers: ['license:short'] }) });
    ban('a', 24);
    clock.setWall(clock.now() + 24 * HOUR);
    // The look that was set for the end of the shorter one, or at the latest within the hour, finds both.
    await clock.advance(54 * 60_000);
    expect(lifts).toEqual([]);
    await clock.advance(4 * 60_000);
    expect(lifts).toEqual([]);
    await clock.advance(2 * 60_000);
    expect([...lifts].sort()).toEqual(['a', 'short']);
  });

  it('ends on time though others are in doubt, and does not make those end', async () => {
    const { clock, lifts, ban } = await start();
    ban('late', -HOUR, { person: person({ identifiers: ['license:late'] }) });
    ban('a', 1 / 60);
    await clock.advance(60_000);
    expect(lifts).toEqual(['a']);
    await clock.advance(DOUBT);
    expect(lifts).toEqual(['a', 'late']);
  });

  it('is in doubt anew when the clock says again that it is over', async () => {
    const { clock, lifts, ban } = await start();
    ban('a', 2);
    for (let jump = 0; jump < 3; jump++) {
      clock.setWall(clock.now() + 48 * HOUR);
      await clock.advance(4 * 60_000);
      clock.setWall(clock.now() - 48 * HOUR);
      await clock.advance(4 * 60_000);
    }
    expect(lifts).toEqual([]);
    await clock.advance(2 * HOUR - 24 * 60_000);
    expect(lifts).toEqual(['a']);
  });

  it('is not forgotten though the history is', async () => {
    const { clock, lifts, ban, accept, ledger } = await start();
    ban('a', 1);
    for (const id of ['b', 'c', 'd', 'e', 'f']) {
      accept(id, { person: person({ identifiers: [`license:${id}`] }) });
    }
    expect(ledger.latest(10).map(({ id }) => id)).toContain('a');
    expect(ledger.latest(10).map(({ id }) => id)).not.toContain('b');
    await clock.advance(HOUR);
    expect(lifts).toEqual(['a']);
  });

  it('ends with the resource', async () => {
    const { clock, lifts, ban, bans } = await start();
    ban('a', 1);
    bans.stop();
    expect(clock.timers()).toBe(0);
    await clock.advance(2 * HOUR);
    expect(lifts).toEqual([]);
  });
});

describe('after a restart', () => {
  it('a ban is lifted on time', async () => {
    const first = await start();
    first.ban('a', 3);
    const { clock, lifts } = await first.restart(1);
    await clock.advance(2 * HOUR - 1);
    expect(lifts).toEqual([]);
    await clock.advance(1);
    expect(lifts).toEqual(['a']);
  });

  it('a ban that ended meanwhile is lifted soon, and not again after the next', async () => {
    const first = await start();
    first.ban('a', 3);
    const second = await first.restart(10);
    await second.clock.advance(DOUBT + DOUBTFUL_LOOK);
    expect(second.lifts).toEqual(['a']);
    const third = await second.restart(1);
    await third.clock.advance(HOUR);
    expect(third.lifts).toEqual([]);
    expect(third.clock.timers()).toBe(0);
  });

  it('thousands that ended meanwhile are lifted in slices, at a cost in proportion', async () => {
    const lifted = async (count: number) => {
      const disk = new Map<string, string>();
      for (let number = 1; number <= count; number++) {
        const ended = action({
          id: `t${number}`,
          sequence: number,
          person: person({ identifiers: [`license:${number}`] }),
          deliveries: [delivery('cad', { state: DELIVERED })],
          expiresAt: 1_600_000_000_000,
          inForce: true,
        });
        disk.set(`action:t${number}`, writeActionRecord(ended));
      }
      const still = createManualClock();
      let inTurn = 0;
      let most = 0;
      // Every look at it takes a hundredth of a millisecond, and whoever pauses ends a turn.
      let looks = 0;
      const clock: ManualClock = {
        ...still,
        elapsed: () => still.elapsed() + ++looks / 100,
        pause() {
          inTurn = 0;
          return still.pause();
        },
      };
      const storage = createKvpStorage({ store: createFakeStore(disk), clock, onTrouble() {} });
      const ledger = createLedger({ storage, clock, historyLimit: 3 });
      await ledger.load();
      let lifts = 0;
      const bans = createTemporaryBans({
        clock,
        ledger,
        async expire(ban) {
          lifts++;
          most = Math.max(most, ++inTurn);
          ledger.saveSoon({ ...ban, inForce: false });
          return true;
        },
        onBug: (error) => expect.unreachable(String(error)),
      });
      bans.resume();
      const tookMs = await cpuMsOf(async () => {
        await still.advance(DOUBT + DOUBTFUL_LOOK);
        for (let turns = 0; turns < 200 && lifts < count; turns++) await settle();
      });
      expect(lifts).toBe(count);
      bans.stop();
      return { most, tookMs };
    };
    await lifted(500);
    const { most, tookMs } = await lifted(4_000);
    expect(most).toBeLessThan(1_000);
    expect(tookMs).toBeLessThan(1_500);
  });

  it('starts at once with hundreds of them behind a long history', async () => {
    const disk = new Map<string, string>();
    for (let number = 1; number <= 5_000; number++) {
      const isTemporary = number % 10 === 0;
      const record = action({
        id: `t${number}`,
        sequence: number,
        person: person({ identifiers: [`license:${number}`] }),
        expiresAt: isTemporary ? 1_800_000_000_000 : null,
        inForce: isTemporary,
      });
      disk.set(`action:t${number}`, writeActionRecord(record));
    }
    const { bans, clock } = await start(disk);
    const tookMs = cpuMs(() => {
      bans.stop();
      bans.resume();
    });
    expect(tookMs).toBeLessThan(50);
    expect(clock.timers()).toBeGreaterThan(0);
    bans.stop();
  });
});
