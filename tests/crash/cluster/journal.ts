import { setTimeout as pause } from 'node:timers/promises';
import mysql from 'mysql2/promise';
import * as v from 'valibot';
import { DATABASE, type Mariadb } from '../../mysql/mariadb-process.ts';
import { LEASE_MS } from './quick-build.ts';

/** How often it is looked who has the lease, in milliseconds. */
const LOOK_MS = 10;

/**
 * Written down by the database itself when the record of an action changes: with what it commits, and gone with what
 * it does not. (The row of the lease bears no trigger: under one, statements give out no numbers of their own.)
 */
const TABLE = `CREATE TABLE crash_record
  (number BIGINT UNSIGNED PRIMARY KEY, at BIGINT, token BIGINT, name VARCHAR(190), value MEDIUMTEXT)`;

const note = (event: string) => `CREATE TRIGGER crash_${event} AFTER ${event} ON cmsban_record FOR EACH ROW
  INSERT INTO crash_record (number, at, token, name, value)
    SELECT UUID_SHORT(), ROUND(UNIX_TIMESTAMP(SYSDATE(3)) * 1000), token, NEW.name, NEW.value
    FROM cmsban_community WHERE NEW.name LIKE 'action:%'`;

/** One time of somebody having the lease, as the database knows it. */
export interface Term {
  readonly token: number;
  /** `cmsban_server_name`. */
  readonly holder: string;
  /** In Unix milliseconds, as all times here. */
  readonly from: number;
  /** When it ran out, was given back, or somebody else took it. */
  to: number;
  /** When somebody else could take it, as far as was seen: not before it ran out, unless it was given back. */
  freeFrom: number;
}

/** An action's record, at the moment in which it was written. */
export interface WrittenRecord {
  readonly at: number;
  readonly token: number;
  /** The id of the action. */
  readonly id: string;
  readonly value: string;
}

/** Who had the lease, and what was written, from a moment on. */
export interface Journal {
  /** In Unix milliseconds. */
  readonly from: number;
  readonly terms: readonly Term[];
  records(): Promise<readonly WrittenRecord[]>;
  stop(): Promise<void>;
}

const LeaseRow = v.object({
  token: v.number(),
  holder: v.nullable(v.string()),
  holder_name: v.nullable(v.string()),
  expires_at: v.number(),
});
const RecordRow = v.object({
  at: v.number(),
  token: v.number(),
  name: v.string(),
  value: v.nullable(v.string()),
});

/** Begins it, in a database whose tables are there. */
export async function beginJournal(database: Mariadb): Promise<Journal> {
  await database.admin(`USE ${DATABASE}; ${TABLE}`);
  for (const event of ['INSERT', 'UPDATE']) await database.admin(`USE ${DATABASE}; ${note(event)}`);
  const terms: Term[] = [];
  let isStopped = false;
  const { promise: isThere, resolve: seen } = Promise.withResolvers<void>();

  async function look(): Promise<void> {
    const connection = await mysql.createConnection({ socketPath: database.socketPath, user: 'root' });
    connection.on('error', () => {});
    try {
      while (!isStopped) {
        const [rows] = await connection.query(`SELECT * FROM ${DATABASE}.cmsban_community`);
        const [row] = v.parse(v.tuple([LeaseRow]), rows);
        noteLease(terms, row, Date.now());
        seen();
        await pause(LOOK_MS);
      }
    } finally {
      connection.destroy();
    }
  }

  async function lookOn(): Promise<void> {
    while (!isStopped) {
      // The database is not always there.
      await look().catch(() => pause(LOOK_MS));
    }
  }

  const looking = lookOn();
  await isThere;
  return {
    from: Date.now(),
    terms,
    async records() {
      const rows = await database.admin(`SELECT * FROM ${DATABASE}.crash_record ORDER BY number`);
      return rows.flatMap((row) => {
        const { at, token, name, value } = v.parse(RecordRow, row);
        return value === null ? [] : [{ at, token, id: name.slice('action:'.length), value }];
      });
    },
    async stop() {
      isStopped = true;
      await looking;
    },
  };
}

function noteLease(terms: Term[], row: v.InferOutput<typeof LeaseRow>, now: number): void {
  const { token, holder, holder_name: holderName, expires_at: expiresAt } = row;
  const last = terms.at(-1);
  if (holder === null || holderName === null) {
    if (!last || last.token !== token || last.freeFrom < now) return;
    last.to = now;
    last.freeFrom = 0;
  } else if (last?.token === token) {
    last.to = expiresAt;
    last.freeFrom = expiresAt;
  } else {
    // It may be seen a little later than it was granted, and that is before the first time that it is renewed.
    const from = last ? expiresAt - LEASE_MS : 0;
    if (last) last.to = Math.min(last.to, from);
    terms.push({ token, holder: holderName, from, to: expiresAt, freeFrom: expiresAt });
  }
}
