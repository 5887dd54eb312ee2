import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('../../../devserver/sonoran/main.ts', import.meta.url));
// Node 22 runs TypeScript, but says each time that this is an experiment.
const execArgv = ['--disable-warning=ExperimentalWarning'];

it('runs by itself, talking in lines, until its input ends', async () => {
  const child = spawn(process.execPath, [...execArgv, main, '--seed', 'x', '--limits', 'off'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const lines: unknown[] = [];
  const reading = createInterface({ input: child.stdout });
  reading.on('line', (line) => lines.push(JSON.parse(line)));
  child.stdin.write('{"id":1,"do":"addAccount","product":"cms","account":{"accName":"Dana"}}\nnonsense\n');
  child.stdin.end('{"id":2,"do":"effects","product":"cad"}\n');
  expect(await exit).toEqual([0, null]);
  expect(lines).toMatchObject([
    {
      cms: { url: expect.stringMatching(/^http:\/\/127(\.\d+){3}:\d+$/), communityId: 'demo-cms-community' },
      cad: { url: expect.stringMatching(/^http:\/\/127(\.\d+){3}:\d+$/), communityId: 'demo-cad-community' },
    },
    { id: 1, ok: true, result: { accName: 'Dana' } },
    { id: null, ok: false },
    { id: 2, ok: true, result: [] },
  ]);
});

it('talks over IPC when it was forked, and stops when told to', async () => {
  const child = fork(main, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  const [started] = (await once(child, 'message')) as [{ cad: { url: string } }];
  expect((await fetch(started.cad.url)).status).toBe(404);
  child.send({ id: 7, do: 'requests', product: 'cad' });
  expect(await once(child, 'message')).toMatchObject([
    { id: 7, ok: true, result: [{ index: 0, operation: 'unknown', status: 404, request: 'GET /' }] },
    undefined,
  ]);
  child.send({ do: 'stop' });
  expect(await exit).toEqual([0, null]);
});

it('ends when whoever forked it lets go', async () => {
  const child = fork(main, { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const exit = once(child, 'exit');
  await once(child, 'message');
  child.disconnect();
  expect(await exit).toEqual([0, null]);
});
