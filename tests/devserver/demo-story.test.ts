import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { draw } from '../../devserver/pictures/pictures.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'devserver', 'demo.ts');

it('the demo plays its story to the end without a terminal', { timeout: 60_000 }, async () => {
  const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env });
  expect(stdout).toContain('That was the main job.');
  // What the pictures in the documentation are drawn from.
  for (const picture of Object.values(draw(stdout))) expect(picture).toMatch(/\bbanned\b/);
});
