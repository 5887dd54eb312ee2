import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { inject } from 'vitest';
import { findChromium } from '../../devserver/chromium.ts';
import { describeWith, missing } from '../left-out/left-out.ts';
import { until } from '../mysql/until.ts';
import { ADDRESS, WANTED } from './shared-browser.ts';

const program = findChromium();

/** The tests that need a browser. */
export const describe = describeWith('chromium', program !== undefined);

/** The browser that all test files share. Without one this fails. */
export async function openBrowser(): Promise<Browser> {
  if (program === undefined) throw missing('chromium');
  const folder = inject('browserFolder');
  writeFileSync(join(folder, WANTED), '');
  const address = () =>
    existsSync(join(folder, ADDRESS)) ? readFileSync(join(folder, ADDRESS), 'utf8') : '';
  await until(() => address() !== '', 'the browser');
  return chromium.connect(address());
}
