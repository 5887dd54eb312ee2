import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { draw } from '../../devserver/pictures/pictures.ts';

const DEMO = join(import.meta.dirname, '..', '..', 'devserver', 'demo.ts');

/** What a server owner is to have seen, in order. */
const TOLD = [
  /Rob is gone +You are banned .* Reason: cheating in races \(by Alice\)/,
  /── A cheater who has not linked an account ─/,
  /Alice sees .* Zed \(7\) is banned\./,
  /Zed sees +You are banned .* Reason: aimbot \(by Alice\)\. .* Ban id: [0-9a-f]{10}/,
  /Zed +links his accounts/,
  /Alice sees .* Zed \(7\) is banned in Sonoran CMS and Sonoran CAD\./,
  /── A wrong ban is taken back by its id ─/,
  /Alice types +\/cmsunban [0-9a-f]{10} /,
  /Alice sees .* Nora is no longer banned in Sonoran CAD\./,
  /Nora +is on the server again/,
  /── A ban for two hours ─/,
  /Oscar sees +You are banned .* Ends: .* UTC \(in 2 h\)/,
  /two hours later/,
  /Alice sees .* Oscar is no longer banned in Sonoran CAD\./,
  /Oscar +is on the server again/,
  /── A kick asks first ─/,
  /Alice sees .* Nothing is done yet\./,
  /Alice types +\/cmskick confirm/,
  /Paul is gone +You were removed .* Reason: insults \(by Alice\)/,
  /── Sonoran is down, three bans, and the server restarts ─/,
  /Una sees +You are banned .* Reason: ramming \(by Alice\)/,
  /Nothing is waiting/,
];

it('the demo plays its story to the end without a terminal', { timeout: 60_000 }, async () => {
  const env = { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined };
  const { stdout } = await promisify(execFile)(process.execPath, [DEMO], { env });
  expect(stdout).toContain('That was the main job.');
  const lines = stripVTControlCharacters(stdout).split('\n');
  let place = 0;
  for (const words of TOLD) {
    const found = lines.findIndex((line, at) => at >= place && words.test(line));
    expect(found, `${words} after line ${place}`).toBeGreaterThanOrEqual(0);
    place = found + 1;
  }
  // What the pictures in the documentation are drawn from.
  for (const picture of Object.values(draw(stdout))) expect(picture).toMatch(/\bbanned\b/);
});
