import { inject } from 'vitest';
import { describeWith, missing } from '../left-out/left-out.ts';
import { findMariadb } from './installed.ts';
import { beginMariadb, type Mariadb } from './mariadb-process.ts';

export type { Mariadb } from './mariadb-process.ts';
export { PASSWORD, USER } from './mariadb-process.ts';

const installed = findMariadb();
/** The tests that need it. */
export const describe = describeWith('mariadb', installed !== undefined);

/** Starts a server, mostly for all tests of a file. Without MariaDB this fails. */
export function startMariadb(): Promise<Mariadb> {
  if (!installed) throw missing('mariadb');
  return beginMariadb(installed, inject('mariadbFolder'));
}
