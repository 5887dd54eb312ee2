import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserServer, chromium } from 'playwright-core';
import type { TestProject } from 'vitest/node';
import { CHROMIUM_ARGUMENTS, findChromium } from '../../devserver/chromium.ts';
import { ADDRESS, WANTED } from './shared-browser.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where a test file asks for the browser that all of them share, and finds its address. */
    browserFolder: string;
  }
}

/** Slow to start, so there is one for all test files: it starts when the first asks for it. */
export default function setup({ provide }: TestProject): () => Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'cmsban-browser-'));
  provide('browserFolder', folder);
  let browser: Promise<BrowserServer | undefined> | undefined;
  const watcher = watch(folder, (_, file) => {
    if (file === WANTED) browser ??= start(folder);
  });
  return async () => {
    watcher.close();
    await (await browser)?.close();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function start(folder: string): Promise<BrowserServer | undefined> {
  const program = findChromium();
  if (program === undefined) return undefined;
  const browser = await chromium.launchServer({
    executablePath: program,
    args: [...CHROMIUM_ARGUMENTS],
  });
  writeFileSync(join(folder, ADDRESS), browser.wsEndpoint());
  return browser;
}
