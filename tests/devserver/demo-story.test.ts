import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const DEMO = join(import.meta.dirname, '..', '..', 'devserver', 'demo.ts');

it('the demo plays its story to the end without a terminal', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO]);
  expect(stdout).toContain('That was the main job.');
});
