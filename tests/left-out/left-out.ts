import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject, describe as vitestDescribe } from 'vitest';
import { PROGRAMS, type Program } from './programs.ts';

const isNeeded = (process.env['CI'] ?? '') !== '';

/** As vitest's, on a machine that has the program; without it the tests are left out, and in CI they fail. */
export function describeWith(program: Program, isThere: boolean): (name: string, tests: () => void) => void {
  if (isThere || isNeeded) return vitestDescribe;
  return (name, tests) => {
    writeFileSync(join(inject('leftOutFolder'), program), '');
    vitestDescribe.skip(name, tests);
  };
}

/** What is thrown where tests must run that cannot. */
export function missing(program: Program): Error {
  return new Error(`no ${PROGRAMS[program].name} here. ${PROGRAMS[program].howToGetIt}`);
}
