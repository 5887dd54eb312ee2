import { createServer } from 'node:http';
import * as esbuild from 'esbuild';
import type { Dispatcher } from 'undici';
import { afterEach, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { serverBundle } from '../../../build.mjs';
import { bundled } from '../bundled.ts';

const LEFT_OUT = [
  'undici/lib/web/fetch/body.js',
  'undici/lib/dispatcher/client-h2.js',
  'undici/lib/llhttp/llhttp_simd-wasm.js',
];

describe('the bundle', () => {
  let inputs: Readonly<Record<string, { bytesInOutput: number }>>;
  beforeAll(async () => {
    const { metafile } = await esbuild.build({ ...serverBundle('server.js'), metafile: true, write: false });
    const script = Object.entries(metafile.outputs).find(([path]) => path.endsWith('.js'))?.[1];
    inputs = script?.inputs ?? {};
  });

  it('has of undici the agent, its request, and what they need', () => {
    const parts = Object.keys(inputs).filter((path) => path.includes('undici/lib/'));
    expect(parts.some((path) => path.endsWith('undici/lib/dispatcher/agent.js'))).toBe(true);
    const others = parts.filter((path) => /lib\/(web|mock|cache|interceptor|encoding)\//.test(path));
    expect(others).toEqual([expect.stringContaining('undici/lib/web/fetch/body.js')]);
    const bytes = Object.entries(inputs).reduce(
      (sum, [path, { bytesInOutput }]) => sum + (path.includes('undici/') ? bytesInOutput : 0),
      0,
    );
    expect(bytes).toBeLessThan(220 * 1024);
  });

  it.each(LEFT_OUT)('has no more than a word in the place of %s', (part) => {
    const [size] = Object.entries(inputs).flatMap(([path, { bytesInOutput }]) =>
      path.endsWith(part) ? [bytesInOutput] : [],
    );
    expect(size).toBeLessThan(500);
  });
});

describe('a part that is left out', () => {
  afterEach(() => void vi.restoreAllMocks());

  async function peer(): Promise<string> {
    const server = createServer((request, response) => request.pipe(response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
  }

  it('is not reached by a text', async () => {
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const { send } = await bundled<{ send(origin: string): Promise<Dispatcher.ResponseData> }>(`
      import { Agent } from 'undici';
      export const send = (origin) =>
        new Agent().request({ origin, path: '/', method: 'POST', body: 'hello' });
    `);
    const { statusCode, body } = await send(await peer());
    expect([statusCode, await body.text()]).toEqual([200, 'hello']);
    expect(said).not.toHaveBeenCalled();
  });

  it.each(LEFT_OUT)('fails when it is touched, and the console says so: %s', async (part) => {
    // Undici would touch it in a socket's callback, where FXServer swallows what is thrown.
    const said = vi.spyOn(console, 'error').mockReturnValue();
    const { touch } = await bundled<{ touch(): unknown }>(
      `export const touch = () => require('${part}').anything`,
    );
    const message = `${part} is left out of this build, see build/undici-parts.mjs`;
    expect(touch).toThrow(message);
    expect(said).toHaveBeenCalledWith(message);
  });
});

it('a name that is not among the parts cannot be built', async () => {
  const code = `import { fetch } from 'undici'; export const get = () => fetch('http://127.0.0.1');`;
  await expect(bundled(code)).rejects.toThrow(/No matching export .* for import "fetch"/);
});
