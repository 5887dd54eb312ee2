import { type Clock, sleep } from '../clock.ts';
import type { Log } from '../notify/log.ts';
import { inSlices } from '../slices.ts';
import type { Database } from '../storage/mysql/database.ts';
import { likePrefix } from '../storage/mysql/names.ts';
import { DATABASE_NOW } from '../storage/mysql/now.ts';
import { createPieces, piecesOf } from '../storage/mysql/pieces.ts';
import { RECORD_COLUMNS, readRecordRow } from '../storage/mysql/record-row.ts';
import type { Requests } from '../storage/mysql/requests.ts';
import type { Failure } from '../storage/mysql/trouble.ts';
import { createTroubleReport } from '../storage/mysql/trouble-report.ts';
import type { Change, Storage } from '../storage/storage.ts';
import type { Say } from '../text/locale.ts';
import { type Home, homeChange, readHome } from './home.ts';
import { movedInName, readMovedIn } from './moved-in.ts';
import { readOwn, takenAway, writeAll } from './own-records.ts';
import { writeRequest } from './request.ts';
import { takenPrefix } from './taken.ts';

/** How soon what the database, or the own store, did not do is tried again, in milliseconds. */
const AGAIN_MS = 1_000;
/** Clocks that are no further apart tell the same time, in milliseconds. */
const CLOCKS_APART_MS = 2_000;

/** Hands in what this server has kept by itself, once. */
export interface MovingIn {
  /** Reads it. */
  load(): Promise<void>;
  /** What is known, with what is still to be handed in beside it: that counts here until it is known to all. */
  beside(known: Storage['load']): Storage['load'];
  /** Resolves when it is in the database, for whoever works for the community; in time also when the database is away. */
  handIn(): Promise<void>;
  /** Hands in nothing any more, and so `handIn` does not resolve: the database is another community's. */
  stop(): void;
  /** To be told of every record that was read. */
  heard(name: string, value: string | null): void;
  /** To be told of what this server itself has taken in. */
  takenIn(serverId: string, value: string): void;
}

export interface MovingInOptions {
  readonly local: Pick<Storage, 'load' | 'write'>;
  readonly database: Database;
  readonly community: string;
  readonly server: { readonly id: string; readonly name: string | null };
  readonly requests: Pick<Requests, 'add'>;
  readonly newId: () => string;
  /** Told when all of it is the community's. */
  readonly onMoved: () => void;
  readonly onTrouble: (trouble: Failure | null) => void;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

type InDatabase = Extract<Home, { in: 'mysql' }>;

/**
 * In the own store → (the database is there) named as a batch → in pieces in the database, with a request to take it
 * in → (whoever works has taken it in, and said so) taken in → gone from the own store. After a crash it goes on from
 * what the own store, and the database, say.
 */
export function createMovingIn(options: MovingInOptions): MovingIn {
  const { local, database, community, server, clock, log, say } = options;
  const pieces = createPieces({ database, community });
  const note = createTroubleReport(options.onTrouble);
  let home: Home | undefined;
  let own = new Map<string, string>();
  let isEnding = false;
  let isStopped = false;

  /** Does something in the database, until it is done. */
  async function surely<T extends { readonly ok: true }>(attempt: () => Promise<T | Failure>): Promise<T> {
    for (;;) {
      if (isStopped) return new Promise(() => {});
      const result = await attempt();
      note(result);
      if (result.ok) return result;
      await sleep(clock, AGAIN_MS);
    }
  }

  async function keep(changes: readonly Change[]): Promise<void> {
    while (!(await writeAll(local, changes, clock))) await sleep(clock, AGAIN_MS);
  }

  async function settle(next: InDatabase): Promise<void> {
    await keep([homeChange(next)]);
    home = next;
  }

  const newBatch = (isGivenBack: boolean): InDatabase => ({
    version: 1,
    in: 'mysql',
    batch: options.newId() + options.newId(),
    isTakenIn: false,
    isGivenBack,
  });

  /** Records whose names begin like this, as they are in the database. */
  async function stored(
    prefix: string,
  ): Promise<ReadonlyArray<{ readonly name: string; readonly value: string | null }>> {
    const sql = `SELECT ${RECORD_COLUMNS} FROM cmsban_record
      WHERE community = ? AND name LIKE ? AND value IS NOT NULL LIMIT 1`;
    const params = [community, likePrefix(prefix)];
    const { rows } = await surely(() => database.query(sql, params, { isRepeatable: true }));
    return rows.map((row) => readRecordRow(row).record);
  }

  async function offset(): Promise<number> {
    const { rows } = await surely(() =>
      database.query(`SELECT ${DATABASE_NOW} AS now`, [], { isRepeatable: true }),
    );
    const ahead = Number(rows[0]?.['now']) - clock.now();
    return Math.abs(ahead) > CLOCKS_APART_MS ? Math.round(ahead) : 0;
  }

  /** What is there of it is the community's by now, or of no use. */
  async function forgetOwn(): Promise<void> {
    const changes: Change[] = [];
    const records = await readOwn(local);
    await inSlices(records, clock, ([name, value]) => changes.push(...takenAway(name, value)));
    await keep(changes);
  }

  async function finish(taken: InDatabase, value: string): Promise<void> {
    const counts = readMovedIn(value);
    await settle({ ...taken, isTakenIn: true, isGivenBack: false });
    await forgetOwn();
    own = new Map();
    options.onMoved();
    if (counts && counts.actions > 0) {
      log.info(say('moving.in', { count: counts.actions, inForce: counts.inForce, pending: counts.pending }));
    }
  }

  function heard(name: string, value: string | null): void {
    if (name !== movedInName(server.id) || value === null || isEnding) return;
    if (home?.in !== 'mysql' || home.isTakenIn || readMovedIn(value)?.batch !== home.batch) return;
    isEnding = true;
    void finish(home, value).catch((error: unknown) => log.bug('moving-in', error));
  }

  return {
    async load() {
      home = await readHome(local);
      // Taken in: then it is older than what the database says.
      if (home?.in !== 'mysql' || !home.isTakenIn) own = await readOwn(local);
    },
    beside: (known) => async (prefix, take) => {
      const names = new Set<string>();
      await known(prefix, (record) => {
        names.add(record.name);
        take(record);
      });
      // One list or the other: half of each is none.
      const hasList = [...names].some((name) => name.startsWith('mirror:'));
      for (const [name, value] of own) {
        if (!name.startsWith(prefix) || names.has(name) || name.startsWith('record:')) continue;
        if (!(hasList && name.startsWith('mirror:'))) take({ name, value });
      }
    },
    async handIn() {
      if (home?.in === 'mysql' && home.isTakenIn) {
        await forgetOwn();
        // It had begun to leave, and has thought better of it.
        if ((await stored(takenPrefix(server.id))).length === 0) return;
        await settle(newBatch(true));
      }
      if (home?.in !== 'mysql') {
        const isNew = own.size === 0 && home === undefined;
        await settle({ ...newBatch(false), isTakenIn: isNew });
        if (isNew) return;
      }
      const there = await stored(movedInName(server.id));
      if (home?.in !== 'mysql' || readMovedIn(there[0]?.value)?.batch === home.batch) return;
      const { batch, isGivenBack } = home;
      await surely(() => pieces.clear(server.id));
      let count = 0;
      for (const piece of piecesOf(own)) {
        const number = count++;
        await surely(() => pieces.put(server.id, number, piece));
      }
      const body = writeRequest({
        version: 1,
        id: batch,
        serverId: server.id,
        server: server.name,
        at: clock.now(),
        kind: 'store',
        pieces: count,
        offsetMs: await offset(),
        isGivenBack,
      });
      // Before everything that was decided since.
      await surely(() => options.requests.add({ id: batch, server: server.id, decidedAt: 0, body }));
    },
    stop() {
      isStopped = true;
    },
    heard,
    takenIn: (serverId, value) => heard(movedInName(serverId), value),
  };
}
