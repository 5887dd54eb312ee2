import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { measureFollow } from '../../bench/follow.ts';
import { type Mariadb, startMariadb } from '../../bench/mariadb.ts';
import { measureRaid } from '../../bench/raid.ts';
import { openStage } from '../../bench/stage.ts';
import { longestOf } from '../../bench/turns.ts';
import { describe } from '../mysql/mariadb.ts';
import { layOutWatched, nativesCalled } from '../resource/watched.ts';
import { leastOf } from '../unit/cpu-time.ts';

const MINUTE_MS = 60_000;
/** How far virtual time goes at once, in milliseconds. */
const STEP_MS = 1_000;
/** Four looks a second for what the others ask, one renewal of the lease in five, one word in fifteen. */
const HOLDER_ASKS = 4 * 60 + 12 + 4;

describe('a community in virtual time', () => {
  let database: Mariadb;
  beforeAll(async () => {
    database = await startMariadb();
  });
  afterAll(() => database?.stop());

  it('asks at most one query a second on each server that is idle, but the one that works; and calls no native', async () => {
    const cmsban = await mkdtemp(join(tmpdir(), 'cmsban-watched-'));
    onTestFinished(() => rm(cmsban, { recursive: true, force: true }));
    await layOutWatched(cmsban);
    const stage = await openStage({ servers: 3, database, cmsban });
    onTestFinished(stage.close);
    const { servers, lines, pass } = stage;
    for (const server of servers) await server.console('ensure cmsban');
    const isWorking = () =>
      servers.map(({ output }) => output.some(({ text }) => text.includes('This server works')));
    await pass(2 * MINUTE_MS, STEP_MS);
    const watched = servers.map((fx) => ({
      fx,
      get log() {
        return fx.output.map(({ text }) => text);
      },
    }));
    const called = () => watched.map(nativesCalled);
    called();
    const before = lines.map(({ passed }) => passed.length);
    await pass(10 * MINUTE_MS, STEP_MS);
    const asked = lines.map(({ passed }, place) => (passed.length - (before[place] ?? 0)) / 10);
    expect(called()).toEqual([{}, {}, {}]);
    expect(isWorking().filter((is) => is)).toHaveLength(1);
    for (const [place, isHolder] of isWorking().entries()) {
      expect(asked[place]).toBeGreaterThan(50);
      expect(asked[place]).toBeLessThanOrEqual(isHolder ? HOLDER_ASKS + 5 : 60);
    }
    expect(servers.flatMap(({ swallowed }) => swallowed)).toEqual([]);
  }, 60_000);

  it('refuses who is banned in a raid on all servers within two seconds, and stays within the limits', async () => {
    const raid = await measureRaid({ servers: 3, players: 20, bans: 30, withinMs: 4_000, database });
    expect(raid.times.refused).toHaveLength(30);
    expect(Math.max(...raid.times.refused)).toBeLessThan(2_000);
    expect(raid.times.dropped).toHaveLength(30);
    expect(raid.tooFast).toBe(0);
  }, 60_000);

  it('reads 10 000 records, and hears of as many, without a turn that takes them all', async () => {
    const longest = async () => {
      const { joined, heard } = await measureFollow(database, 10_000);
      return longestOf([...joined, ...heard]);
    };
    expect(await leastOf(60, longest, 4)).toBeLessThan(60);
  }, 120_000);
});
