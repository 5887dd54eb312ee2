import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { PROGRAMS } from './programs.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files leave a file with the name of a program that they have missed. */
    leftOutFolder: string;
  }
}

/** Says at the end which tests were left out for want of a program. */
export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-left-out-'));
  provide('leftOutFolder', folder);
  return () => {
    for (const [program, { name, tests, howToGetIt }] of Object.entries(PROGRAMS)) {
      if (existsSync(join(folder, program)))
        console.log(`Left out: ${tests}, for want of ${name}. ${howToGetIt}`);
    }
    rmSync(folder, { recursive: true, force: true });
  };
}
