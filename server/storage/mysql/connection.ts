import { connect as connectSocket, type Socket } from 'node:net';
import type { ResultSetHeader, RowDataPacket } from 'mysql2';
import * as v from 'valibot';
import type { Clock } from '../../clock.ts';
import type { Secret } from '../../text/secret.ts';
import type { ConnectionConfig } from './connection-string.ts';
import { type Failure, failure, failureOf, type Trouble } from './trouble.ts';

/** After so long without a word, in milliseconds, the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 30_000;

/**
 * After these, only another connection may do better: rights that were given meanwhile count from then on, and behind a
 * name there may be another server by now, which takes changes.
 */
const NEEDS_ANOTHER: readonly Trouble[] = ['lost', 'refused', 'read-only'];

type Single = string | number | null;

/** What goes in the place of a `?`; a list becomes `a, b, c`. */
export type Param = Single | readonly Single[];

/** A row, by the names of its columns: whoever reads it parses it. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement has brought. Rows that it matched are affected, even when they were as they should be. */
export interface Done {
  readonly ok: true;
  readonly rows: readonly Row[];
  readonly affectedRows: number;
  /** Also what a statement has put into `LAST_INSERT_ID(…)`. */
  readonly insertId: number;
}

export type Answer = Done | Failure;

/** A connection to the database, with the session that our statements are written for. */
export interface Connection {
  /** One at a time. After `too slow`, `lost`, `refused` and `read-only` it cannot be used any more. */
  query(sql: string, params: readonly Param[], deadlineMs: number): Promise<Answer>;
  isUsable(): boolean;
  /** Closes it at once. What is under way ends as `lost`. */
  destroy(): void;
  /** Closes it in order: without that, the server writes a warning into its log. */
  end(deadlineMs: number): Promise<void>;
}

export interface ConnectionOptions {
  readonly config: ConnectionConfig;
  /** One of its two. */
  readonly password: Secret;
  readonly clock: Clock;
  readonly redact: (text: string) => string;
}

/**
 * What owners may have set for all sessions, and our statements depend on:
 * - backslashes escape: the driver writes its values that way;
 * - too long a text is an error, and is not cut;
 * - a statement is its own transaction, and nobody sees what is not committed; REPEATABLE READ is the one level that
 *   also works with binlog_format=STATEMENT;
 * - UTC: in the hour that comes twice in autumn, `UNIX_TIMESTAMP(NOW())` is wrong in other time zones;
 * - a lock is given up before our deadline: then nothing has happened, after it nobody knows;
 * - who is silent in the middle of a transaction, since its machine is off or its process was paused, must not keep
 *   its locks until TCP gives up: the server ends what is idle for so long.
 */
const SESSION = [
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  `SET NAMES utf8mb4 COLLATE utf8mb4_bin, SESSION autocommit = 1, SESSION time_zone = '+00:00',
    SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', SESSION innodb_lock_wait_timeout = 3,
    SESSION wait_timeout = 10`,
  'SELECT @@max_allowed_packet AS most',
];

const LimitRow = v.object({ most: v.number() });
/** What a packet holds besides a statement: its kind, and that it has no attributes. */
const COMMAND_BYTES = 8;

type Result = RowDataPacket[] | ResultSetHeader;

function answerOf(result: Result): Answer {
  if (Array.isArray(result)) return { ok: true, rows: result, affectedRows: 0, insertId: 0 };
  return { ok: true, rows: [], affectedRows: result.affectedRows, insertId: result.insertId };
}

function openSocket({ host, port, socketPath }: ConnectionConfig): Socket {
  const socket = connectSocket(socketPath === undefined ? { host, port } : { path: socketPath });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  // The driver hears of it as well; should it fail before it listens, nobody would.
  socket.on('error', () => {});
  return socket;
}

/**
 * Connects. The driver is loaded with the first call, and not before.
 *
 * @param deadlineMs for all of it, until the session is ready.
 */
export async function connect(
  { config, password, clock, redact }: ConnectionOptions,
  deadlineMs: number,
): Promise<{ readonly ok: true; readonly connection: Connection } | Failure> {
  const { createConnection } = await import('mysql2');
  const endAt = clock.elapsed() + deadlineMs;
  // A socket of our own: the driver closes its by a farewell alone, which nobody hears on a line that hangs.
  const socket = openSocket(config);
  const raw = createConnection({
    stream: () => socket,
    // The driver's own deadlines are off: ours hold for everything, and on the clock that is handed in.
    connectTimeout: 0,
    host: config.host,
    user: config.user,
    password: password.reveal(),
    database: config.database,
    charset: 'UTF8MB4_BIN',
    supportBigNumbers: true,
    flags: ['-LOCAL_FILES'],
    // The bundle holds the one of its two ways to read rows that needs no `eval`.
    disableEval: true,
    ...(config.ssl === undefined ? {} : { ssl: { ...config.ssl } }),
  });
  /** Ends what is under way. */
  const open = new Set<(answer: Answer) => void>();
  let isOpen = true;
  let mostBytes = Number.POSITIVE_INFINITY;

  function destroy(): void {
    isOpen = false;
    raw.destroy();
    socket.destroy();
    for (const finish of open) finish(failure('lost', ''));
  }

  /** Does something that calls back, until the deadline. */
  function until(ms: number, begin: (done: (answer: Answer) => void) => void): Promise<Answer> {
    return new Promise((resolve) => {
      const cancel = clock.after(ms, () => {
        finish(failure('too slow', ''));
        destroy();
      });
      function finish(answer: Answer): void {
        if (!open.delete(finish)) return;
        cancel();
        resolve(answer);
        if (!answer.ok && NEEDS_ANOTHER.includes(answer.trouble)) destroy();
      }
      open.add(finish);
      begin(finish);
    });
  }

  function query(sql: string, params: readonly Param[], ms: number): Promise<Answer> {
    const text = raw.format(sql, [...params]);
    // The server would break off the connection, as if the network were bad.
    const bytes = Buffer.byteLength(text);
    if (bytes + COMMAND_BYTES > mostBytes) {
      const detail = `max_allowed_packet: ${bytes} > ${mostBytes}`;
      return Promise.resolve(failure('fault', detail));
    }
    return until(ms, (done) =>
      raw.query<Result>(text, (error, result) =>
        done(error ? failureOf(error, 'connected', redact) : answerOf(result)),
      ),
    );
  }

  // Without a listener, an error on an idle connection would end the process.
  raw.on('error', () => {
    isOpen = false;
  });
  socket.on('close', () => destroy());

  const none: Answer = { ok: true, rows: [], affectedRows: 0, insertId: 0 };
  let ready = await until(deadlineMs, (done) =>
    raw.connect((error) => done(error ? failureOf(error, 'connecting', redact) : none)),
  );
  for (const sql of SESSION) {
    if (ready.ok) ready = await query(sql, [], Math.max(endAt - clock.elapsed(), 0));
  }
  if (ready.ok) mostBytes = v.parse(LimitRow, ready.rows[0]).most;
  if (!ready.ok) {
    destroy();
    // Nothing of ours was sent: its outcome is known.
    const isOver = ready.trouble === 'too slow' || ready.trouble === 'lost';
    return isOver ? failure('unreachable', ready.detail) : ready;
  }
  return {
    ok: true,
    connection: {
      query,
      isUsable: () => isOpen,
      destroy: () => destroy(),
      async end(ms) {
        if (!isOpen) return;
        await until(ms, (done) => raw.end(() => done(none)));
        destroy();
      },
    },
  };
}
