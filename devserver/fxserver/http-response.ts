import type { ServerResponse } from 'node:http';
import type { AnyFunction } from './message-pack.ts';

/** Text or bytes, as the platform takes both; anything else is an error in the script that calls. */
function content(value: unknown): string | Buffer {
  if (typeof value === 'string') return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  throw new TypeError('std::bad_cast');
}

function texts(value: unknown): string | string[] {
  return Array.isArray(value) ? value.map((each) => content(each).toString()) : content(value).toString();
}

/** What FXServer decides by itself: every answer is chunked, and the peer says whether it stays connected. */
const ownHeaders = ['connection', 'content-length', 'transfer-encoding'];

/**
 * What a resource's handler gets as its second argument (citizen-server-impl/src/ResourceHttpHandler.cpp).
 * A value of the wrong type raises an error in the calling script. Nothing here closes the connection: only
 * the peer's own `Connection` header does.
 */
export function responseTable(response: ServerResponse): Record<string, AnyFunction> {
  return {
    writeHead: (status, ...more) => {
      if (typeof status !== 'number' || !Number.isInteger(status)) throw new TypeError('std::bad_cast');
      const [headers] = more;
      // An empty table of Lua's arrives as a list.
      if (more.length > 0 && (typeof headers !== 'object' || headers === null || Array.isArray(headers))) {
        throw new TypeError('std::bad_cast');
      }
      const lines = Object.entries(headers ?? {}).map(([name, value]) => [name, texts(value)] as const);
      if (response.headersSent) return;
      for (const [name, value] of lines) {
        if (!ownHeaders.includes(name.toLowerCase())) response.setHeader(name, value);
      }
      response.writeHead(status);
    },
    write: (text) => {
      const piece = content(text);
      if (!response.writableEnded && piece.length > 0) response.write(piece);
    },
    send: (...args) => {
      const last = args.length === 0 ? '' : content(args[0]);
      if (!response.writableEnded) response.end(last);
    },
  };
}
