import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { leftOut } from './left-out.mjs';

/** Where mysql2 is; its package names no file but its two entries. */
const LIBRARY = dirname(createRequire(import.meta.url).resolve('mysql2/package.json'));

const FILE = 'build/mysql2-parts.mjs';

/** What `import('mysql2')` means in the bundle. */
const ENTRY = `export { default as createConnection } from './lib/create_connection.js';`;

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
 * Of mysql2, the bundle gets `createConnection` and what text statements need. A part that is left out fails when it
 * is reached.
 *
 * @type {import('esbuild').Plugin}
 */
export const mysql2Parts = {
  name: 'mysql2-parts',
  setup(build) {
    build.onResolve({ filter: /^(mysql2|iconv-lite|named-placeholders)$/ }, ({ path }) => ({
      path,
      namespace: 'mysql2-parts',
    }));
    build.onLoad({ filter: /^mysql2$/, namespace: 'mysql2-parts' }, () => ({
      contents: ENTRY,
      resolveDir: LIBRARY,
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
