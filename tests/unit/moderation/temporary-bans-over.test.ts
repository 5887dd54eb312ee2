import { expect, it } from 'vitest';
import type { Action } from '../../../server/moderation/action.ts';
import { createTemporaryBans } from '../../../server/moderation/temporary-bans.ts';
import { action } from '../action.ts';
import { createManualClock } from '../manual-clock.ts';

/** Whether a ban that is still in force keeps somebody out whose time is up: see the door. */

const HOUR = 3_600_000;
const DOUBT = 5 * 60_000;

/** @param hours until the ban ends, from the start on. @param expire what storing its end comes to. */
function start(hours: number, expire = new Promise<boolean>(() => {})) {
  const clock = createManualClock();
  const ban: Action = action({ inForce: true, expiresAt: clock.now() + hours * HOUR });
  const bans = createTemporaryBans({
    clock,
    ledger: { byId: () => ban, inForce: () => [ban] },
    expire: () => expire,
    onBug: (error) => expect(error).toBeUndefined(),
  });
  return { clock, ban, bans };
}

it('is over from its end on, though its lift is not stored yet', async () => {
  const { clock, ban, bans } = start(2);
  bans.resume();
  await clock.advance(2 * HOUR - 1);
  expect(bans.isOver(ban)).toBe(false);
  clock.pass(1);
  expect(bans.isOver(ban)).toBe(true);
  await clock.advance(HOUR);
  expect(bans.isOver(ban)).toBe(true);
});

it('is not over because the clock jumped, until that has stood for five minutes since somebody asked', async () => {
  const { clock, ban, bans } = start(24);
  bans.resume();
  clock.setWall(clock.now() + 48 * HOUR);
  expect(bans.isOver(ban)).toBe(false);
  clock.pass(DOUBT - 1);
  expect(bans.isOver(ban)).toBe(false);
  clock.pass(1);
  expect(bans.isOver(ban)).toBe(true);
});

it('is not over when the clock comes back', async () => {
  const { clock, ban, bans } = start(24);
  bans.resume();
  clock.setWall(clock.now() + 48 * HOUR);
  expect(bans.isOver(ban)).toBe(false);
  clock.pass(DOUBT / 2);
  clock.setWall(clock.now() - 48 * HOUR);
  await clock.advance(DOUBT);
  clock.setWall(clock.now() + 48 * HOUR);
  expect(bans.isOver(ban)).toBe(false);
});

it('is over after five minutes when it ended before the start, and not before anybody knows of it', async () => {
  const { clock, ban, bans } = start(-1);
  clock.pass(2 * DOUBT);
  expect(bans.isOver(ban)).toBe(false);
  bans.resume();
  expect(bans.isOver(ban)).toBe(false);
  clock.pass(DOUBT);
  expect(bans.isOver(ban)).toBe(true);
});

it('is never over without an end', () => {
  const { bans } = start(1);
  expect(bans.isOver(action({ inForce: true }))).toBe(false);
});
