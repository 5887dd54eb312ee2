import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where not every user looks. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
/** What a new database begins with; called after MySQL up to MariaDB 10.11. */
const SHARES = ['/usr/share/mysql', '/usr/share/mariadb', '/usr/local/share/mysql'];

/** MariaDB's server on this machine. */
export interface Installed {
  readonly program: string;
  readonly share: string;
}

/** @returns undefined when there is none. */
export function findMariadb(): Installed | undefined {
  const program = FOLDERS.map((folder) => join(folder, 'mariadbd')).find((file) => existsSync(file));
  const share = SHARES.find((folder) => existsSync(join(folder, 'mysql_system_tables.sql')));
  return program === undefined || share === undefined ? undefined : { program, share };
}
