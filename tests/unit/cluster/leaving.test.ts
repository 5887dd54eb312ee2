import { describe, expect, it } from 'vitest';
import { createCluster } from '../../../server/cluster/cluster.ts';
import { createDatabaseNews } from '../../../server/cluster/database-news.ts';
import type { ClusterOptions } from '../../../server/cluster/options.ts';
import type { Database } from '../../../server/storage/mysql/database.ts';
import { checkedSay } from '../checked-say.ts';
import { createManualClock } from '../manual-clock.ts';
import { kvpOn } from '../storage/kvp-on.ts';

/** A server that turns out to belong to another community takes part no longer, whatever it was about to do. */

/** By a part of its statement. */
const DEEDS = {
  'hands in': 'INTO cmsban_request',
  'is there': 'INTO cmsban_server',
  'tries for the lease': 'SET token',
};

interface Moments {
  /** Told of every statement. */
  readonly asked?: (sql: string) => unknown;
  /** Told when what was read is taken in. */
  readonly read?: () => unknown;
}

/** A server that has kept something by itself, on a database that gives the lease to nobody. */
async function start(moments: (leave: () => void) => Moments = () => ({})) {
  const clock = createManualClock();
  const { storage: local } = kvpOn(clock);
  await local.write([{ name: 'limit:cms', value: '{}' }]);
  let asked: string[] = [];
  const faults: unknown[] = [];
  let count = 0;
  const query = async (sql: string) => {
    asked.push(sql);
    at.asked?.(sql);
    const state = { revision: 0, token: 0, holder: null, holder_name: null, expires_at: 0 };
    const row = { ...state, purged: 0, requests: 0, time_now: clock.now() };
    return { ok: true, rows: sql.includes('time_now') ? [row] : [], affectedRows: 0, insertId: 0 } as const;
  };
  const database: Database = {
    query,
    queryNow: query,
    transaction: async (run) => ({ ok: true, value: await run({ query }) }),
    close: async () => {},
  };
  const log = {
    info() {},
    warn() {},
    error() {},
    debug() {},
    bug: (_: string, error: unknown) => faults.push(error),
  };
  // Nothing else of the work is used here.
  const makeWork = () => ({
    lines: [],
    bans: { onBanned() {}, onLate() {} },
    onFollow() {},
    ledger: { latest: () => [] },
    moderation: {},
    read: async () => at.read?.(),
  });
  const options = {
    community: 'sonoran',
    serverName: 'A',
    database,
    news: createDatabaseNews({ clock, log, say: checkedSay }),
    join: async () => {},
    local,
    http: async () => ({ kind: 'no-answer', detail: '', sent: false }),
    makeWork,
    newId: () => `id-${++count}`,
    clock,
    log,
    say: checkedSay,
  } as unknown as ClusterOptions;
  const cluster = createCluster(options);
  function leave(): void {
    asked = [];
    cluster.leave();
  }
  const at = moments(leave);
  await cluster.start();
  /** What it does in the next minutes, of what only whoever takes part does; since it has left, if it has. */
  async function deeds(): Promise<readonly string[]> {
    // In steps: what goes on in many turns, without a timer, is to come to its end.
    for (let second = 0; second < 120; second++) await clock.advance(1_000);
    const found = Object.entries(DEEDS).filter(([, words]) => asked.some((sql) => sql.includes(words)));
    return found.map(([deed]) => deed);
  }
  return { cluster, leave, deeds, faults };
}

describe('who does not leave', () => {
  it('hands in what it has kept, says that it is there, and tries for the lease', async () => {
    const { deeds, faults } = await start();
    expect(await deeds()).toEqual(Object.keys(DEEDS));
    expect(faults).toEqual([]);
  });
});

describe('who leaves', () => {
  it.each<[string, (leave: () => void) => Moments]>([
    ['while it hands in what it has kept', (leave) => ({ asked: (sql) => sql.includes('LIKE') && leave() })],
    ['when it has just done so', (leave) => ({ asked: (sql) => sql.includes(DEEDS['hands in']) && leave() })],
    [
      'while it takes in what was read',
      (leave) => {
        let readings = 0;
        return { read: () => ++readings === 2 && leave() };
      },
    ],
  ])('%s takes part no longer', async (_, moments) => {
    const { deeds, faults } = await start(moments);
    expect(await deeds()).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('when it was to go on after all takes part no longer', async () => {
    const { cluster, leave, deeds, faults } = await start();
    await deeds();
    cluster.end('stopping');
    cluster.resume();
    leave();
    expect(await deeds()).toEqual([]);
    expect(faults).toEqual([]);
  });
});
