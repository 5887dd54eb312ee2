import { join } from 'node:path';
import { leftOut } from './left-out.mjs';

/** Where undici's parts are. */
const LIBRARY = 'undici/lib';

/**
 * Parts that undici's agent asks for and that no call of ours reaches:
 * - bodies other than text and bytes, which bring half of `fetch` along;
 * - HTTP/2, which the agent speaks only when it is told to;
 * - the faster of the two builds of its parser: answers are small, and the other one runs on every processor.
 *
 * All else (`fetch`, WebSocket, caches, mocks, proxies) stays away by itself: nothing in ENTRY asks for it.
 */
const LEFT_OUT = ['web/fetch/body.js', 'dispatcher/client-h2.js', 'llhttp/llhttp_simd-wasm.js'];

/** What `import … from 'undici'` means in the bundle. The library's own entry adds the method in the same way. */
const ENTRY = `
  import Agent from '${LIBRARY}/dispatcher/agent.js';
  import request from '${LIBRARY}/api/api-request.js';
  Agent.prototype.request = request;
  export { Agent };
`;

/**
 * Of undici, the bundle gets `Agent` and its `request` alone. Another name that is imported fails the build;
 * a part that is left out fails when it is reached.
 *
 * @type {import('esbuild').Plugin}
 */
export const undiciParts = {
  name: 'undici-parts',
  setup(build) {
    // Undici's own switch for the parser that is there.
    build.initialOptions.define = {
      ...build.initialOptions.define,
      'process.env.UNDICI_NO_WASM_SIMD': '"1"',
    };
    const resolveDir = build.initialOptions.absWorkingDir ?? process.cwd();
    build.onResolve({ filter: /^undici$/ }, () => ({ path: 'undici', namespace: 'undici-parts' }));
    build.onLoad({ filter: /.*/, namespace: 'undici-parts' }, () => ({ contents: ENTRY, resolveDir }));
    build.onLoad({ filter: /[\\/]undici[\\/]lib[\\/]/ }, ({ path }) => {
      const part = LEFT_OUT.find((each) => path.endsWith(join(LIBRARY, each)));
      return part === undefined
        ? undefined
        : { contents: leftOut(`${LIBRARY}/${part}`, 'build/undici-parts.mjs') };
    });
  },
};
