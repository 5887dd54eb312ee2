import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Installed } from './installed.ts';
import { until } from './until.ts';

/** For all of its processes: nothing of the machine's own, and little of its disk. */
export const FRUGAL = [
  '--no-defaults',
  '--user=root',
  '--innodb-log-file-size=4M',
  '--innodb-buffer-pool-size=8M',
  '--log-warnings=0',
];

const BEGIN = [
  'CREATE DATABASE mysql;',
  'USE mysql;',
  'SET @auth_root_socket=NULL;',
  'SET @skip_auth_anonymous=1;',
  "SET @current_hostname='localhost';",
  '',
].join('\n');

/** What mariadb-install-db does, which needs a program of another package. */
function make({ program, share }: Installed, folder: string): void {
  const tables = ['mysql_system_tables.sql', 'mysql_system_tables_data.sql'];
  const sql = BEGIN + tables.map((file) => readFileSync(join(share, file), 'utf8')).join('\n');
  const args = [
    ...FRUGAL,
    '--bootstrap',
    '--skip-networking',
    // A server that starts takes away what others have in the same place.
    `--tmpdir=${dirname(folder)}`,
    `--datadir=${folder}`,
    `--lc-messages-dir=${share}`,
  ];
  execFileSync(program, args, { input: sql, stdio: ['pipe', 'ignore', 'pipe'] });
}

/**
 * A data folder of a database in which nothing is yet, to be copied: made by whoever comes first.
 *
 * @param folder of this run.
 */
export async function template(installed: Installed, folder: string): Promise<string> {
  const ready = join(folder, 'template');
  const making = join(folder, 'template.making');
  let isMine = false;
  try {
    mkdirSync(making);
    isMine = true;
  } catch {
    // Another test file is making it, or has made it.
  }
  if (isMine && !existsSync(ready)) {
    make(installed, making);
    renameSync(making, ready);
  }
  await until(() => existsSync(ready), 'the template');
  return ready;
}
