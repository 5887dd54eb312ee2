import { createReadStream, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import type { Nui } from './nui.ts';

/** What of a resource its page consists of. */
export interface PageFiles {
  readonly folder: string;
  /** `ui_page`; undefined while the resource does not run, or has none. */
  readonly page: string | undefined;
  /** What the manifest lists under `files`, relative to the folder: nothing else is on a player's machine. */
  readonly files: readonly string[];
}

/** A player's page of one resource, to be looked at in a browser. */
export interface NuiPage {
  readonly address: string;
  close(): Promise<void>;
}

/** What it is made of. */
export interface NuiPageOptions {
  readonly resource: string;
  readonly nui: Nui;
  /** As they are when the browser asks. */
  readonly files: () => PageFiles;
  /** Runs something in the game's next tick, where callbacks run. */
  readonly nextTick: (run: () => void) => void;
}

/** Where the page's calls go here; in the game they go to `https://<resource>/`. */
const CALLS = '/nui-callback/';
const MESSAGES = '/nui-messages';
const LARGEST_BODY = 1024 * 1024;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
};

/**
 * Serves a page on loopback, on a port that the system gives, and stands for what the game's browser gives a page:
 *
 * - `GetParentResourceName()`, which the game adds to every page's window (docs.fivem.net, NUI callbacks);
 * - `fetch('https://<resource>/<callback>')` reaches the callback that the client's script has registered, and is
 *   answered with what that gives as JSON, with the status 200 (ResourceUICallbacks.cpp);
 * - messages of the client's script are `message` events of the window (ResourceUIScripting.cpp);
 * - when the resource starts again, there is a new page (ResourceUI.cpp, `Create` and `Destroy`).
 */
export async function serveNuiPage({ resource, nui, files, nextTick }: NuiPageOptions): Promise<NuiPage> {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = new URL(request.url ?? '/', 'http://page').pathname;
    if (path === MESSAGES) return follow(response);
    if (path.startsWith(CALLS)) return answerCall(request, path.slice(CALLS.length), response);
    const { folder, page, files: listed } = files();
    if (page === undefined) return void response.writeHead(503).end();
    if (path === '/') return void response.writeHead(302, { location: `/${page}` }).end();
    const file = decodeURIComponent(path.slice(1));
    if (!listed.includes(file)) return void response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    response.setHeader('cache-control', 'no-store');
    if (file === page) response.end(withShim(readFileSync(join(folder, file), 'utf8'), resource));
    else createReadStream(join(folder, file)).pipe(response);
  }

  function follow(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    response.write(': here\n\n');
    const stop = nui.listen(resource, {
      // On one line: JSON has no line ends outside of its texts, and writes those as escapes.
      message: (json) => void response.write(`data: ${JSON.stringify(JSON.parse(json))}\n\n`),
      reload: () => void response.write('event: reload\ndata:\n\n'),
    });
    response.on('close', stop);
  }

  async function answerCall(request: IncomingMessage, name: string, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    if (body === undefined) return void response.writeHead(413).end();
    nextTick(() => {
      const answer = nui.call(resource, name, body);
      if (answer === undefined) return void response.writeHead(404).end();
      void answer.then((result) => {
        response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' });
        response.end(JSON.stringify(result ?? null));
      });
    });
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    address: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What was posted: JSON, or nothing; undefined for too much. @throws for anything else. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const piece of request.setEncoding('utf8')) {
    text += piece;
    if (text.length > LARGEST_BODY) return undefined;
  }
  return text === '' ? null : JSON.parse(text);
}

/** The page with what the game's browser gives it; before all scripts of its own. */
function withShim(html: string, resource: string): string {
  return html.replace(
    /<head[^>]*>/i,
    (head) => `${head}<script>(${shim})(${JSON.stringify(resource)})</script>`,
  );
}

/** Runs in the browser. */
const shim = `(resource) => {
  window.GetParentResourceName = () => resource;
  const send = window.fetch.bind(window);
  const prefix = 'https://' + resource + '/';
  window.fetch = (target, options) =>
    typeof target === 'string' && target.startsWith(prefix)
      ? send(${JSON.stringify(CALLS)} + target.slice(prefix.length), options)
      : send(target, options);
  const messages = new EventSource(${JSON.stringify(MESSAGES)});
  messages.onmessage = ({ data }) => window.postMessage(JSON.parse(data), '*');
  messages.addEventListener('reload', () => location.reload());
}`;
