import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import type { ConnectionConfig } from '../../server/storage/mysql/connection-string.ts';
import { Secret } from '../../server/text/secret.ts';
import type { Installed } from './installed.ts';
import { FRUGAL, template } from './template.ts';
import { until } from './until.ts';

export const USER = 'cmsban';
export const PASSWORD = 'p@ss:w/o#rd?%';
export const DATABASE = 'game';

/** What every server does before it takes anybody in. */
const INIT = `
CREATE DATABASE IF NOT EXISTS ${DATABASE};
CREATE USER IF NOT EXISTS ${USER}@'%' IDENTIFIED BY '${PASSWORD}';
GRANT ALL ON \`${DATABASE}%\`.* TO ${USER}@'%';
`;

/**
 * Starts the server in the background and prints its process id. When our end of the pipe is closed, however we have
 * ended, it kills the server and takes its folder away, unless it was told to keep that.
 */
const KEEPER =
  '"$@" >>"$FOLDER/log" 2>&1 & echo $!; read word; kill -9 $! 2>/dev/null; wait; [ "$word" ] || rm -rf "$FOLDER"';

/** A MariaDB server in a folder of its own. */
export interface Mariadb {
  /** Where it is to be reached, by the game servers' user. */
  readonly config: ConnectionConfig;
  /** Where its root reaches it. */
  readonly socketPath: string;
  /** A statement by its root. */
  admin(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** Starts it again, with further arguments for once. */
  start(...args: readonly string[]): Promise<void>;
  /** Stops it in order. */
  shutdown(): Promise<void>;
  /** As when the machine fails. */
  kill(): Promise<void>;
  /** Nothing is answered any more, and no connection breaks. */
  freeze(): void;
  thaw(): void;
  /** Ends it, and takes everything away. */
  end(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Whether somebody listens. */
function isOpen(where: { readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', ...where });
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/**
 * Starts a server.
 *
 * @param runFolder of this run: what all of its servers begin with is made there once, and each has a folder in it.
 */
export async function beginMariadb(found: Installed, runFolder: string): Promise<Mariadb> {
  const source = await template(found, runFolder);
  const folder = mkdtempSync(join(runFolder, 'server-'));
  const data = join(folder, 'data');
  const log = join(folder, 'log');
  const socketPath = join(folder, 'socket');
  mkdirSync(data);
  cpSync(source, data, { recursive: true });
  writeFileSync(join(folder, 'init.sql'), INIT);
  const port = await freePort();
  let keeper: ChildProcess | undefined;
  let pid = 0;

  function gone(): Promise<void> {
    return until(
      () => keeper === undefined || keeper.exitCode !== null || keeper.signalCode !== null,
      'its end',
    );
  }

  const server: Mariadb = {
    socketPath,
    config: {
      host: '127.0.0.1',
      port,
      user: USER,
      password: new Secret(PASSWORD),
      database: DATABASE,
    },
    async admin(sql) {
      const connection = await mysql.createConnection({ socketPath, user: 'root', multipleStatements: true });
      try {
        const [rows] = await connection.query(sql);
        return Array.isArray(rows) ? rows.map((row) => ({ ...row })) : [];
      } finally {
        connection.destroy();
      }
    },
    async start(...args) {
      const all = [
        ...FRUGAL,
        `--datadir=${data}`,
        // A server that starts takes away what others have in the same place.
        `--tmpdir=${folder}`,
        `--socket=${socketPath}`,
        `--port=${port}`,
        '--bind-address=127.0.0.1',
        `--init-file=${join(folder, 'init.sql')}`,
        `--lc-messages-dir=${found.share}`,
        ...args,
      ];
      const env = { ...process.env, FOLDER: folder };
      const child = spawn('sh', ['-c', KEEPER, 'sh', found.program, ...all], {
        // Not reached by a Ctrl+C in a terminal: the pipe's end is what ends it.
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
        env,
      });
      keeper = child;
      pid = await new Promise<number>((resolve) =>
        child.stdout.once('data', (text) => resolve(Number(text))),
      );
      await until(async () => {
        if (isDead()) throw new Error(`mariadbd did not start:\n${readFileSync(log, 'utf8')}`);
        return (await isOpen({ port })) && isOpen({ path: socketPath });
      }, 'mariadbd');
    },
    async shutdown() {
      await server.admin('SHUTDOWN');
      await until(isDead, 'its end');
      await close();
    },
    async kill() {
      process.kill(pid, 'SIGKILL');
      await until(isDead, 'its end');
      await close();
    },
    freeze: () => void process.kill(pid, 'SIGSTOP'),
    thaw: () => void process.kill(pid, 'SIGCONT'),
    async end() {
      await close('');
      rmSync(folder, { recursive: true, force: true });
    },
  };

  /** A process that has ended and was not waited for yet is dead as well. */
  function isDead(): boolean {
    try {
      return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return true;
    }
  }

  async function close(word = 'keep\n'): Promise<void> {
    keeper?.stdin?.end(word);
    await gone();
    keeper = undefined;
  }

  await server.start();
  return server;
}
