import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import english from '../../locales/en.json' with { type: 'json' };
import { findMariadb } from '../mysql/installed.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test files write down which messages they have shown. */
    shownFolder: string;
  }
}

const root = join(import.meta.dirname, '..', '..');

/** Fails when all tests have run, and none has shown some message: it is dead, or nobody has looked at it. */
export default function setup({ provide, vitest }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-shown-'));
  provide('shownFolder', folder);
  return () => {
    const files = readdirSync(folder);
    const shown = new Set(
      files.flatMap((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as string[]),
    );
    rmSync(folder, { recursive: true, force: true });
    // Some messages are said where there is a database alone.
    const isWhole =
      findMariadb() !== undefined &&
      files.length >= globSync('tests/**/*.test.ts', { cwd: root }).length &&
      vitest.config.testNamePattern === undefined;
    const missing = Object.keys(english).filter((key) => !shown.has(key));
    if (isWhole && missing.length > 0) {
      throw new Error(`no test shows these messages of locales/en.json: ${missing.join(', ')}`);
    }
  };
}
