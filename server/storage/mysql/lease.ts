import type { Clock } from '../../clock.ts';
import type { Database } from './database.ts';
import { shortened } from './names.ts';
import { DATABASE_NOW } from './now.ts';
import type { Failure } from './trouble.ts';
import { createTroubleReport } from './trouble-report.ts';

/*
 * Who works for the community: one server at a time, by a row in the database.
 *
 * - `trying`: it is not ours. Tried at the start, when it is heard to be free, and every third of its length unless
 *   it was just heard that somebody has it. Granted → `held`.
 * - `held`: renewed every third of its length. → `trying` when it was not renewed in time (on our own clock, counted
 *   from before the statement was sent, so that a process that was paused knows), when somebody else has it, or when
 *   it was given up.
 * - `stopped`: released, for good.
 *
 * Each grant has a token, greater than all before, and all that is written names it: what a holder of the past writes
 * is not taken. A statement whose answer is lost, or that came too late for us, may have taken effect: then nobody
 * works until it has run out.
 */

const LENGTH_MS = 15_000;
/** How far the clocks of a cluster's nodes may be apart, as a part of the length: 2 s of 15. */
const MARGIN = 2 / 15;
/** What does not work is tried again after this part of the length. */
const RETRIES = 15;
/** It is renewed, and tried for, so many times in its length. */
const RENEWALS = 3;

/** One time of being the one who works. */
export interface Term {
  readonly token: number;
  /** Asked in the turn in which something is done that only the one who works may do. */
  isHeld(): boolean;
}

/**
 * Why a term is over: it was not renewed in time; another server has taken over; or somebody here has found out that
 * it must be over.
 */
export type LossReason = 'expired' | 'taken over' | 'given up';

/** What the database says about the lease, as it comes with every poll. */
export interface LeaseState {
  readonly token: number;
  readonly holder: string | null;
  readonly expiresAt: number;
  /** The database's clock. */
  readonly now: number;
}

export interface LeaseOptions {
  readonly database: Database;
  readonly community: string;
  readonly server: { readonly id: string; readonly name: string };
  readonly lengthMs?: number;
  readonly marginMs?: number;
  readonly clock: Clock;
  readonly onGained: (term: Term) => void;
  /** Not called for a term that `stop` has ended. */
  readonly onLost: (why: LossReason) => void;
  /** Once per kind, until it is over: null. */
  readonly onTrouble: (trouble: Failure | null) => void;
}

export interface Lease {
  /** Begins to try. */
  start(): void;
  /** News from a poll: saves tries, and a free lease is taken at once. */
  heard(state: LeaseState): void;
  /** The database has said that this term is over. */
  giveUp(term: Term): void;
  /** Ends the term at once, and then releases it, so that another server need not wait. */
  stop(): Promise<void>;
}

interface Held extends Term {
  /** On our clock that never goes back. */
  until: number;
  isOver: boolean;
}

export function createLease({
  database,
  community,
  server,
  lengthMs = LENGTH_MS,
  marginMs = lengthMs * MARGIN,
  clock,
  onGained,
  onLost,
  onTrouble,
}: LeaseOptions): Lease {
  const every = lengthMs / RENEWALS;
  const note = createTroubleReport(onTrouble);
  let held: Held | undefined;
  /** Of our last grant: what was ours, and nobody else's since, can be ours again at once. */
  let lastToken = -1;
  let isStopped = false;
  /** The statement that is under way; one at a time. */
  let underWay: Promise<void> | undefined;
  let cancelNext = () => {};
  let cancelEnd = () => {};
  /** When it was last heard that somebody else has it. */
  let heardHeldAt = Number.NEGATIVE_INFINITY;

  /** None of them does harm when it takes effect twice: the second time, it finds nothing to change. */
  function query(sql: string, params: readonly (string | number)[]) {
    return database.query(sql, params, { deadlineMs: every, isRepeatable: true });
  }

  function next(ms: number): void {
    cancelNext();
    if (!isStopped) cancelNext = clock.after(ms, step);
  }

  function step(): void {
    if (isStopped || underWay) return;
    // A process that was paused may come by here before its timer for the end.
    if (held && !held.isHeld()) lose('expired');
    if (!held && clock.elapsed() - heardHeldAt < every) {
      next(every);
      return;
    }
    underWay = (held ? renew(held) : acquire()).then((wait) => {
      underWay = undefined;
      next(wait);
    });
  }

  function lose(why: LossReason): void {
    if (!held) return;
    held.isOver = true;
    held = undefined;
    cancelEnd();
    onLost(why);
  }

  function armEnd(term: Held): void {
    cancelEnd();
    cancelEnd = clock.after(term.until - clock.elapsed(), () => {
      if (held !== term) return;
      lose('expired');
      if (!underWay) next(0);
    });
  }

  /** @returns when to go on. */
  async function acquire(): Promise<number> {
    const sentAt = clock.elapsed();
    const answer = await query(
      `UPDATE cmsban_community SET token = LAST_INSERT_ID(token + 1), holder = ?, holder_name = ?,
          expires_at = ${DATABASE_NOW} + ?
        WHERE community = ? AND (token = ? OR expires_at + ? < ${DATABASE_NOW})`,
      [server.id, shortened(server.name), lengthMs, community, lastToken, marginMs],
    );
    note(answer);
    if (!answer.ok) return lengthMs / RETRIES;
    if (answer.affectedRows === 0) return every;
    lastToken = answer.insertId;
    const term: Held = {
      token: answer.insertId,
      until: sentAt + lengthMs,
      isOver: false,
      isHeld: () => !term.isOver && clock.elapsed() < term.until,
    };
    if (isStopped) return every;
    // The answer came too late. Nobody else has it either.
    if (!term.isHeld()) return 0;
    held = term;
    armEnd(term);
    onGained(term);
    return Math.max(sentAt + every - clock.elapsed(), 0);
  }

  async function renew(term: Held): Promise<number> {
    const sentAt = clock.elapsed();
    const answer = await query(
      `UPDATE cmsban_community SET expires_at = ${DATABASE_NOW} + ? WHERE community = ? AND token = ? AND holder = ?`,
      [lengthMs, community, term.token, server.id],
    );
    note(answer);
    if (held !== term) return 0;
    if (!answer.ok) return lengthMs / RETRIES;
    if (answer.affectedRows === 0) {
      lose('taken over');
      return every;
    }
    // It came too late, and before the timer for the end.
    if (!term.isHeld()) {
      lose('expired');
      return 0;
    }
    term.until = sentAt + lengthMs;
    armEnd(term);
    return Math.max(sentAt + every - clock.elapsed(), 0);
  }

  /** Sent in this turn, if a connection is free: a resource that is stopped has no later one. */
  async function release(): Promise<void> {
    const sql = `UPDATE cmsban_community SET holder = NULL, holder_name = NULL, expires_at = 0
        WHERE community = ? AND token = ? AND holder = ?`;
    const params = [community, lastToken, server.id];
    await (database.queryNow(sql, params) ?? query(sql, params));
  }

  return {
    start: () => step(),
    heard({ token, holder, expiresAt, now }) {
      if (held) {
        // What was read before our grant is old.
        if (token <= held.token) return;
        lose('taken over');
      }
      const isFree = expiresAt + marginMs < now || (token === lastToken && holder === server.id);
      heardHeldAt = isFree ? Number.NEGATIVE_INFINITY : clock.elapsed();
      if (isFree) step();
    },
    giveUp(term) {
      if (held !== term) return;
      lose('given up');
      if (!underWay) next(every);
    },
    async stop() {
      if (isStopped) return;
      isStopped = true;
      cancelNext();
      cancelEnd();
      // A renewal that is under way does nothing after the release; a grant must be known before it.
      if (!held) await underWay;
      else held.isOver = true;
      held = undefined;
      // Also what has run out and is still in our name.
      if (lastToken >= 0) await release();
    },
  };
}
