import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, describe as vitestDescribe } from 'vitest';
import { findMariadb, HOW_TO_GET_IT, LEFT_OUT } from './installed.ts';
import { beginMariadb, type Mariadb } from './mariadb-process.ts';

export type { Mariadb } from './mariadb-process.ts';
export { PASSWORD, USER } from './mariadb-process.ts';

const installed = findMariadb();
const isNeeded = (process.env['CI'] ?? '') !== '';

/** As vitest's, on a machine with MariaDB; without one the tests are left out, and in CI they fail. */
export const describe: (name: string, tests: () => void) => void =
  installed || isNeeded ? vitestDescribe : leaveOut;

function leaveOut(name: string, tests: () => void): void {
  writeFileSync(join(inject('mariadbFolder'), LEFT_OUT), '');
  vitestDescribe.skip(name, tests);
}

/** Starts a server, mostly for all tests of a file. Without MariaDB this fails. */
export function startMariadb(): Promise<Mariadb> {
  if (!installed) throw new Error(`no MariaDB here. ${HOW_TO_GET_IT}`);
  return beginMariadb(installed, inject('mariadbFolder'));
}
