import type { Clock } from '../../clock.ts';
import type { Connection } from './connection.ts';
import { type Failure, failure } from './trouble.ts';

/** One for the worker's transactions, one for the small polls, and one for what a person waits for. */
const MOST = 3;
/** Idle for so long, in milliseconds, it is closed: the server would do that a little later, and write a warning. */
const IDLE_MS = 5_000;
/** How long a farewell may take, in milliseconds. */
const FAREWELL_MS = 1_000;

/** A connection for one use; a fresh one was made for it. */
export interface Taken {
  readonly ok: true;
  readonly connection: Connection;
  readonly isFresh: boolean;
}

/** A few connections that are made when they are needed, and kept. */
export interface Pool {
  take(): Promise<Taken | Failure>;
  /** One that nobody uses in this moment; undefined when there is none. */
  takeNow(): Connection | undefined;
  /** Back from a use. */
  give(connection: Connection): void;
  /** Closes those that nobody uses. */
  dropIdle(): void;
  close(): Promise<void>;
}

export interface PoolOptions {
  readonly connect: () => Promise<{ readonly ok: true; readonly connection: Connection } | Failure>;
  readonly clock: Clock;
  /** For waiting until one is free. */
  readonly deadlineMs: number;
}

export function createPool({ connect, clock, deadlineMs }: PoolOptions): Pool {
  /** The one that was used last is used first: the others may go to sleep. */
  let idle: { readonly connection: Connection; readonly since: number }[] = [];
  const inUse = new Set<Connection>();
  const waiting: Array<() => void> = [];
  let connecting = 0;
  let isClosed = false;

  function next(): void {
    waiting.shift()?.();
  }

  /** @returns false when it took too long. */
  function turn(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      const go = () => {
        cancel();
        resolve(true);
      };
      const cancel = clock.after(ms, () => {
        waiting.splice(waiting.indexOf(go), 1);
        resolve(false);
      });
      waiting.push(go);
    });
  }

  /** Without a timer: there is a poll at least every second. */
  function takeIdle(): Connection | undefined {
    const usable = idle.filter(({ connection }) => connection.isUsable());
    const last = usable.pop()?.connection;
    const oldest = clock.elapsed() - IDLE_MS;
    idle = usable.filter(({ since }) => since > oldest);
    for (const { connection, since } of usable) if (since <= oldest) void connection.end(FAREWELL_MS);
    return last;
  }

  async function open(): Promise<Taken | Failure> {
    connecting++;
    const made = await connect();
    connecting--;
    if (made.ok && isClosed) made.connection.destroy();
    if (!made.ok || isClosed) next();
    if (!made.ok) return made;
    if (isClosed) return failure('unreachable', '');
    inUse.add(made.connection);
    return { ok: true, connection: made.connection, isFresh: true };
  }

  return {
    async take() {
      const endAt = clock.elapsed() + deadlineMs;
      while (!isClosed) {
        const connection = takeIdle();
        if (connection) {
          inUse.add(connection);
          return { ok: true, connection, isFresh: false };
        }
        if (inUse.size + connecting < MOST) return open();
        if (!(await turn(Math.max(endAt - clock.elapsed(), 0)))) {
          return failure('too slow', '');
        }
      }
      return failure('unreachable', '');
    },
    takeNow() {
      const connection = takeIdle();
      if (connection) inUse.add(connection);
      return connection;
    },
    give(connection) {
      inUse.delete(connection);
      if (connection.isUsable()) idle.push({ connection, since: clock.elapsed() });
      next();
    },
    dropIdle() {
      for (const { connection } of idle.splice(0)) connection.destroy();
    },
    async close() {
      isClosed = true;
      for (const go of waiting.splice(0)) go();
      for (const connection of inUse) connection.destroy();
      await Promise.all(idle.splice(0).map(({ connection }) => connection.end(FAREWELL_MS)));
    },
  };
}
