import { spawn } from 'node:child_process';
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

/**
 * Takes the folder away when our end of the pipe is closed, however we have ended: a run that is interrupted is not to
 * leave data behind. A moment later than that, since the servers in it end by the same.
 */
const KEEPER = 'read word; sleep 1; rm -rf "$FOLDER"';

function keep(folder: string): void {
  const keeper = spawn('sh', ['-c', KEEPER], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...process.env, FOLDER: folder },
  });
  keeper.unref();
  keeper.stdin.on('error', () => {});
  // A pipe that is open is not to keep us from ending.
  if ('unref' in keeper.stdin && typeof keeper.stdin.unref === 'function') keeper.stdin.unref();
}

/** Says at the end whether tests were left out for want of a database. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-mariadb-'));
  keep(folder);
  provide('mariadbFolder', folder);
  return () => {
    const isLeftOut = existsSync(join(folder, LEFT_OUT));
    rmSync(folder, { recursive: true, force: true });
    if (isLeftOut) {
      console.log(
        `Left out: the tests on a real database (tests/mysql, tests/cluster), for want of MariaDB. ${HOW_TO_GET_IT}`,
      );
    }
  };
}
