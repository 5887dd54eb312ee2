import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { HOW_TO_GET_IT, LEFT_OUT } from './installed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the test files of one run share what is made once. */
    mariadbFolder: string;
  }
}

/** Says at the end whether tests were left out for want of a database. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-mariadb-'));
  provide('mariadbFolder', folder);
  return () => {
    const isLeftOut = existsSync(join(folder, LEFT_OUT));
    rmSync(folder, { recursive: true, force: true });
    if (isLeftOut) {
      console.log(
        `Left out: the tests on a real database (tests/mysql), for want of MariaDB. ${HOW_TO_GET_IT}`,
      );
    }
  };
}
