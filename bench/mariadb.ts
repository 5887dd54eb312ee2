import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PROGRAMS } from '../tests/left-out/programs.ts';
import { findMariadb } from '../tests/mysql/installed.ts';

import { FRUGAL, template } from '../tests/mysql/template.ts';
import { until } from '../tests/mysql/until.ts';

const USER = 'cmsban';
const PASSWORD = 'bench';

/** A real MariaDB server on this machine, with a socket of its own and nothing in it. */
export interface Mariadb {
  readonly socketPath: string;
  readonly user: string;
  readonly password: string;
  /** The name of an empty database; another one each time. */
  newDatabase(): string;
  stop(): Promise<void>;
}

/** So many databases are there. */
const DATABASES = 100;
/** Ends the server when our end of the pipe is closed, however we have ended, and takes its folder away. */
const KEEPER = '"$@" & read word; kill -9 $!; wait; rm -rf "$FOLDER"';

/** @throws when there is none on this machine. */
export async function startMariadb(): Promise<Mariadb> {
  const found = findMariadb();
  if (!found) throw new Error(`no MariaDB here. ${PROGRAMS.mariadb.howToGetIt}`);
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-bench-mariadb-'));
  const data = join(folder, 'data');
  const socketPath = join(folder, 'socket');
  cpSync(await template(found, folder), data, { recursive: true });
  const names = Array.from({ length: DATABASES }, (_, number) => `game${number}`);
  const init = [
    ...names.map((name) => `CREATE DATABASE ${name};`),
    `CREATE USER ${USER}@'%' IDENTIFIED BY '${PASSWORD}';`,
    `GRANT ALL ON *.* TO ${USER}@'%';`,
  ];
  writeFileSync(join(folder, 'init.sql'), `${init.join('\n')}\n`);
  const child = spawn(
    'sh',
    [
      '-c',
      KEEPER,
      'sh',
      found.program,
      ...FRUGAL,
      `--datadir=${data}`,
      `--tmpdir=${folder}`,
      `--socket=${socketPath}`,
      '--skip-networking',
      `--init-file=${join(folder, 'init.sql')}`,
      `--lc-messages-dir=${found.share}`,
      // What its disk costs is not what is measured.
      '--innodb-flush-log-at-trx-commit=0',
    ],
    { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env: { ...process.env, FOLDER: folder } },
  );
  await until(() => isOpen(socketPath), 'mariadbd');
  return {
    socketPath,
    user: USER,
    password: PASSWORD,
    newDatabase() {
      const name = names.shift();
      if (name === undefined) throw new Error('no database is left');
      return name;
    },
    async stop() {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

function isOpen(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.on('error', () => resolve(false));
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}
