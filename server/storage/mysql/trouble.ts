import * as v from 'valibot';

/**
 * Why a database did not do what was asked:
 * - `unreachable`: no connection, or a node that takes no part in its cluster; nothing was sent;
 * - `refused`: wrong password, no such database, no rights, no TLS;
 * - `read-only`, `full`: it reads and does not write;
 * - `too slow`: the deadline has passed, **and the statement may still take effect**;
 * - `lost`: the connection broke, and the statement may have taken effect;
 * - `again`: another transaction was in the way, and was so each time that it was tried again;
 * - `fault`: anything else. Trying again does not help.
 */
export type Trouble =
  | 'unreachable'
  | 'refused'
  | 'read-only'
  | 'full'
  | 'too slow'
  | 'lost'
  | 'again'
  | 'fault';

/**
 * What did not work, with the database's own words, without secrets. Where it said nothing, there is no more than a
 * number or a name, or nothing.
 */
export interface Failure {
  readonly ok: false;
  readonly trouble: Trouble;
  readonly detail: string;
  /** The database's number for it; 0 when it said nothing. */
  readonly number: number;
}

/** Where it happened: on the way to a connection that can be used, or on one. */
export type Stage = 'connecting' | 'connected';

/** Longest text of an error that is passed on. */
const DETAIL_LENGTH = 300;

/**
 * The numbers of MariaDB's and MySQL's errors, which agree where both have one.
 * https://mariadb.com/docs/server/reference/error-codes/mariadb-error-code-reference
 * https://dev.mysql.com/doc/mysql-errors/8.0/en/server-error-reference.html
 */
const BY_NUMBER: Readonly<Record<number, Trouble>> = {
  // Too many connections, of all or of this user; not yet part of a Galera cluster.
  1040: 'unreachable',
  1047: 'unreachable',
  1203: 'unreachable',
  1226: 'unreachable',
  // Access denied, to the server, the database, a table or a privilege; no such database; this host may not connect;
  // an account that is locked, or whose password has expired or needs another way to log in; without TLS.
  1044: 'refused',
  1045: 'refused',
  1049: 'refused',
  1129: 'refused',
  1130: 'refused',
  1142: 'refused',
  1143: 'refused',
  1227: 'refused',
  1251: 'refused',
  1370: 'refused',
  1698: 'refused',
  1820: 'refused',
  1862: 'refused',
  3118: 'refused',
  3159: 'refused',
  4151: 'refused',
  // --read-only and --super-read-only; a read lock on everything; a read-only transaction or tablespace.
  1223: 'read-only',
  1290: 'read-only',
  1792: 'read-only',
  1836: 'read-only',
  1874: 'read-only',
  // The disk; a temporary file, a table or its file.
  3: 'full',
  1021: 'full',
  1026: 'full',
  1114: 'full',
  // Shutdown in progress, the same in MySQL; a statement or a connection that was killed; idle for too long.
  1053: 'lost',
  1079: 'lost',
  1317: 'lost',
  1927: 'lost',
  4031: 'lost',
  // Deadlock, and a Galera node's certification; a lock waited for too long; changed since it was read
  // (MariaDB 11.6 with its innodb_snapshot_isolation); a commit that failed.
  1020: 'again',
  1180: 'again',
  1205: 'again',
  1213: 'again',
};

const BY_CODE: Readonly<Record<string, Trouble>> = {
  PROTOCOL_CONNECTION_LOST: 'lost',
  HANDSHAKE_NO_SSL_SUPPORT: 'refused',
  HANDSHAKE_SSL_ERROR: 'refused',
  AUTH_SWITCH_PLUGIN_ERROR: 'refused',
};

/** What the driver and Node tell of an error. */
const DriverError = v.object({
  message: v.string(),
  code: v.optional(v.string(), ''),
  errno: v.optional(v.number(), 0),
  fatal: v.optional(v.boolean(), false),
  syscall: v.optional(v.string(), ''),
});

/** A failure that we have found out ourselves. */
export function failure(trouble: Trouble, detail: string, number = 0): Failure {
  return { ok: false, trouble, detail, number };
}

/**
 * An error of the driver as a value.
 *
 * @param redact takes secrets out of a text.
 */
export function failureOf(error: unknown, stage: Stage, redact: (text: string) => string): Failure {
  const parsed = v.safeParse(DriverError, error);
  if (!parsed.success) return failure('fault', redact(String(error)).slice(0, DETAIL_LENGTH));
  // Several addresses that were tried have no message of their own: https://nodejs.org/api/net.html#socketconnect
  const { message, code, errno } = parsed.output;
  const detail = redact(message === '' ? code : message).slice(0, DETAIL_LENGTH);
  return failure(troubleOf(parsed.output, stage), detail, errno);
}

function troubleOf(error: v.InferOutput<typeof DriverError>, stage: Stage): Trouble {
  const known = BY_NUMBER[error.errno] ?? BY_CODE[error.code];
  // "Got error 28 from storage engine", "Got error 28 during COMMIT": no space left on device.
  if (/\berror 28\b/i.test(error.message) && known !== 'lost') return 'full';
  const isOfNetwork = error.syscall !== '' || error.fatal || /^E[A-Z]+$/.test(error.code);
  const trouble = known ?? (isOfNetwork ? 'lost' : 'fault');
  return stage === 'connecting' && trouble === 'lost' ? 'unreachable' : trouble;
}
