import type { Clock } from '../../clock.ts';
import { redactor } from '../../text/secret.ts';
import { type Answer, type Connection, connect, type Param } from './connection.ts';
import type { ConnectionConfig } from './connection-string.ts';
import { createPool } from './pool.ts';
import type { Failure } from './trouble.ts';

/** How long a statement may take, and a way to a connection, in milliseconds. */
const DEADLINE_MS = 5_000;
/** How often a statement, or a whole transaction, is begun that others were in the way of. */
const ATTEMPTS = 4;

/** The user, or the password, is wrong. */
const ACCESS_DENIED = 1045;

export interface QueryOptions {
  /** From when it is sent, in milliseconds. Before that, the way to a connection may take as long. */
  readonly deadlineMs?: number;
  /**
   * Whether it may take effect twice without harm. Then it is tried once more when the connection turns out to be
   * gone, which the server may have closed because it was idle.
   */
  readonly isRepeatable?: boolean;
}

/** What belongs together in a transaction. */
export interface Transaction {
  /** After a failure, nothing is sent any more: every further call gets the same failure. */
  query(sql: string, params?: readonly Param[], options?: Pick<QueryOptions, 'deadlineMs'>): Promise<Answer>;
}

export type TransactionResult<T> = { readonly ok: true; readonly value: T } | Failure;

/** A database, over a few connections that are made when they are needed. Never throws. */
export interface Database {
  /** A statement that is its own transaction. */
  query(sql: string, params?: readonly Param[], options?: QueryOptions): Promise<Answer>;
  /**
   * Sends a statement before it returns, for whoever has no later turn.
   *
   * @returns undefined when no connection is free in this moment: nothing was sent.
   */
  queryNow(sql: string, params?: readonly Param[]): Promise<Answer> | undefined;
  /**
   * Runs statements as one transaction: committed when all of them were answered, rolled back when one failed.
   * `run` is called anew, a few times, when other transactions were in the way, so it must be repeatable. After
   * `too slow` and `lost` it may have been committed.
   */
  transaction<T>(
    run: (transaction: Transaction) => Promise<T>,
    options?: Pick<QueryOptions, 'deadlineMs'>,
  ): Promise<TransactionResult<T>>;
  /** Closes all connections, for good. What is under way ends as `lost`. */
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly config: ConnectionConfig;
  readonly clock: Clock;
  readonly deadlineMs?: number;
}

/** @param options nothing is connected before the first statement. */
export function createDatabase({ config, clock, deadlineMs = DEADLINE_MS }: DatabaseOptions): Database {
  const passwords = [config.password, ...(config.literalPassword ? [config.literalPassword] : [])];
  const redact = redactor(passwords);
  const pool = createPool({ connect: open, clock, deadlineMs });

  /** With the password that was right last. */
  async function open(): ReturnType<typeof connect> {
    const [password = config.password, other] = passwords;
    const made = await connect({ config, password, clock, redact }, deadlineMs);
    if (made.ok || made.number !== ACCESS_DENIED || other === undefined) return made;
    passwords.reverse();
    return connect({ config, password: other, clock, redact }, deadlineMs);
  }

  /** Does something on a connection; anew on another one, when the first had been closed before it was asked. */
  async function withConnection<T>(
    work: (connection: Connection) => Promise<T>,
    wasClosed: (result: T) => boolean,
  ): Promise<T | Failure> {
    for (;;) {
      const taken = await pool.take();
      if (!taken.ok) return taken;
      const { connection, isFresh } = taken;
      try {
        const result = await work(connection);
        if (isFresh || !wasClosed(result)) return result;
      } finally {
        pool.give(connection);
      }
      // What was idle as long as this one is gone as well.
      pool.dropIdle();
    }
  }

  async function attempts<T extends { readonly ok: true }>(
    attempt: () => Promise<T | Failure>,
  ): Promise<T | Failure> {
    for (let left = ATTEMPTS - 1; ; left--) {
      const result = await attempt();
      if (result.ok || result.trouble !== 'again' || left === 0) return result;
    }
  }

  async function runOn<T>(
    connection: Connection,
    run: (transaction: Transaction) => Promise<T>,
    ms: number,
  ): Promise<TransactionResult<T>> {
    let failed: Failure | undefined;
    async function query(sql: string, params: readonly Param[] = [], each = ms): Promise<Answer> {
      if (failed) return failed;
      const answer = await connection.query(sql, params, each);
      if (!answer.ok) failed = answer;
      return answer;
    }
    let isCommitted = false;
    try {
      const value = await run({ query: (sql, params, options) => query(sql, params, options?.deadlineMs) });
      const end = await query('COMMIT');
      isCommitted = end.ok;
      return end.ok ? { ok: true, value } : end;
    } finally {
      // One that cannot be rolled back must not be given to others.
      if (!isCommitted && connection.isUsable()) {
        const { ok } = await connection.query('ROLLBACK', [], ms);
        if (!ok) connection.destroy();
      }
    }
  }

  return {
    query(sql, params = [], { deadlineMs: ms = deadlineMs, isRepeatable = false } = {}) {
      const wasClosed = (answer: Answer) => isRepeatable && !answer.ok && answer.trouble === 'lost';
      return attempts(() => withConnection((connection) => connection.query(sql, params, ms), wasClosed));
    },
    queryNow(sql, params = []) {
      const connection = pool.takeNow();
      if (!connection) return undefined;
      return connection.query(sql, params, deadlineMs).finally(() => pool.give(connection));
    },
    transaction(run, { deadlineMs: ms = deadlineMs } = {}) {
      return attempts(async () => {
        const result = await withConnection(
          async (connection) => {
            const begin = await connection.query('START TRANSACTION', [], ms);
            if (begin.ok) return runOn(connection, run, ms);
            return begin.trouble === 'lost' ? { wasClosed: begin } : begin;
          },
          (outcome) => 'wasClosed' in outcome,
        );
        return 'wasClosed' in result ? result.wasClosed : result;
      });
    },
    close: () => pool.close(),
  };
}
