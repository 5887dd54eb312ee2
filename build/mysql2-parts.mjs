import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as esbuild from 'esbuild';
import { leftOut } from './left-out.mjs';

/** Where mysql2 is; its package names no file but its two entries. */
const LIBRARY = dirname(createRequire(import.meta.url).resolve('mysql2/package.json'));

const FILE = 'build/mysql2-parts.mjs';

/** What of the driver is used. */
const ENTRY = `exports.createConnection = require('./lib/create_connection.js');`;

/**
 * Parts that a connection asks for and that no statement of ours reaches: Amazon's certificates, prepared statements,
 * replication, being a server, promises, placeholders with names; and parsers that are made with `eval`, which the option `disableEval` has in
 * the place of others.
 */
const LEFT_OUT = [
  'mysql2/lib/constants/ssl_profiles.js',
  'mysql2/lib/commands/execute.js',
  'mysql2/lib/commands/binlog_dump.js',
  'mysql2/lib/commands/server_handshake.js',
  'mysql2/lib/parsers/text_parser.js',
  'mysql2/lib/promise/connection.js',
];

/** Names of error numbers: we go by the numbers. */
const ERROR_NAMES = 'mysql2/lib/constants/errors.js';

/**
 * In the place of iconv-lite. All that we send and read is UTF-8, which is what our sessions ask for; in the server's
 * own encoding comes one line about a statement ("Rows matched: …"), of which the driver reads a number.
 */
const UTF8 = `
  const coder = { end: () => undefined };
  module.exports = {
    getDecoder: () => ({ ...coder, write: (bytes) => bytes.toString() }),
    getEncoder: () => ({ ...coder, write: (text) => Buffer.from(text) }),
  };
`;

/**
 * Of mysql2, `createConnection` and what text statements need. A part that is left out fails when it is reached.
 *
 * @type {import('esbuild').Plugin}
 */
const parts = {
  name: 'mysql2-parts',
  setup(build) {
    build.onResolve({ filter: /^(iconv-lite|named-placeholders)$/ }, ({ path }) => ({
      path,
      namespace: 'mysql2-parts',
    }));
    build.onLoad({ filter: /^iconv-lite$/, namespace: 'mysql2-parts' }, () => ({ contents: UTF8 }));
    build.onLoad({ filter: /^named-placeholders$/, namespace: 'mysql2-parts' }, ({ path }) => ({
      contents: leftOut(path, FILE),
    }));
    build.onLoad({ filter: /[\\/]mysql2[\\/]lib[\\/]/ }, ({ path }) => {
      if (path.endsWith(join(ERROR_NAMES))) return { contents: 'module.exports = {};' };
      const part = LEFT_OUT.find((each) => path.endsWith(join(each)));
      return part === undefined ? undefined : { contents: leftOut(part, FILE) };
    });
  },
};

/**
 * The driver as one script.
 * @param {import('esbuild').BuildOptions} bundle what it goes into.
 */
async function driver({ absWorkingDir = process.cwd(), target = 'node22', inject = [] }) {
  /** @type {import('esbuild').BuildOptions & { metafile: true; write: false }} */
  const options = {
    absWorkingDir,
    stdin: { contents: ENTRY, resolveDir: LIBRARY },
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'node',
    target,
    inject,
    plugins: [parts],
    minify: true,
    legalComments: 'none',
    logLevel: 'warning',
  };
  const { outputFiles, metafile } = await esbuild.build(options);
  const [output] = Object.values(metafile.outputs);
  return { text: outputFiles[0]?.text ?? '', inputs: metafile.inputs, parts: output?.inputs ?? {} };
}

/**
 * `import('mysql2')` in the bundle. The driver is there as a text, which is compiled when it is imported: a function
 * that is never called is read through all the same, which takes ten times as long as a text at every start, with
 * `kvp` too. FXServer allows `Function` with a text ("required by some fivem scripts", NodeScriptRuntime.cpp).
 *
 * @type {import('esbuild').Plugin}
 */
export const mysql2Parts = {
  name: 'mysql2',
  setup(build) {
    /** @type {Awaited<ReturnType<typeof driver>> | undefined} */
    let made;
    build.onResolve({ filter: /^mysql2$/ }, ({ path }) => ({ path, namespace: 'mysql2' }));
    build.onLoad({ filter: /.*/, namespace: 'mysql2' }, async () => {
      made = await driver(build.initialOptions);
      return {
        contents: `
          const driver = { exports: {} };
          Function('module', 'exports', 'require', ${JSON.stringify(made.text)})(driver, driver.exports, require);
          export const { createConnection } = driver.exports;
        `,
      };
    });
    // What the text is made of is in the bundle as well: the notices go by that.
    build.onEnd(({ metafile }) => {
      if (made === undefined || metafile === undefined) return;
      Object.assign(metafile.inputs, made.inputs);
      for (const output of Object.values(metafile.outputs)) {
        if (Object.keys(output.inputs).includes('mysql2:mysql2')) Object.assign(output.inputs, made.parts);
      }
    });
  },
};
