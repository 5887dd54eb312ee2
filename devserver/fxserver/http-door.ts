import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AnyFunction } from './message-pack.ts';
import { RateLimit } from './rate-limit.ts';
import type { ServerParts } from './server-parts.ts';

/** FXServer's own limit for each resource and peer: requests a second, and how many at once. */
const REQUESTS_PER_SECOND = 10;
const REQUEST_BURST = 25;

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/** The headers as the client wrote their names; of one that comes twice, the first. */
function originalHeaders(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  const seen = new Set<string>();
  for (let index = 0; index < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? '';
    if (seen.has(name.toLowerCase())) continue;
    seen.add(name.toLowerCase());
    headers[name] = request.rawHeaders[index + 1] ?? '';
  }
  return headers;
}

/** What the resource's handler gets as its first argument. */
function requestTable(request: IncomingMessage, path: string): Record<string, unknown> {
  const chunks: Buffer[] = [];
  let onData: ((body: Buffer) => void) | undefined;
  let complete = false;
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    complete = true;
    onData?.(Buffer.concat(chunks));
  });
  return {
    method: request.method ?? 'GET',
    path,
    address: `${request.socket.remoteAddress}:${request.socket.remotePort}`,
    headers: originalHeaders(request),
    // The whole body at once, and only once it is there: FXServer limits neither its size nor its time.
    setDataHandler: (handler: unknown, kind: unknown) => {
      if (typeof handler !== 'function') return;
      onData = (body) => (handler as AnyFunction)(kind === 'binary' ? body : body.toString());
      if (complete) onData(Buffer.concat(chunks));
    },
    setCancelHandler: (handler: unknown) => {
      if (typeof handler !== 'function') return;
      request.socket.once('close', () => {
        if (!complete) (handler as AnyFunction)();
      });
    },
  };
}

/** What the resource's handler gets as its second argument. */
function responseTable(response: ServerResponse): Record<string, AnyFunction> {
  return {
    writeHead: (status, headers) => {
      if (response.headersSent) return;
      for (const [name, value] of Object.entries((headers ?? {}) as Record<string, string | string[]>)) {
        response.setHeader(name, value);
      }
      response.writeHead(Number(status));
    },
    write: (text) => void (response.writableEnded || response.write(String(text))),
    send: (text) => void (response.writableEnded || response.end(text === undefined ? '' : String(text))),
  };
}

/** The server's HTTP port: `/<resource>/…` goes to what the resource gave to `SetHttpHandler`. */
export class HttpDoor {
  readonly #server: ServerParts;
  readonly #http: Server;
  readonly #limits = new Map<string, RateLimit>();

  constructor(server: ServerParts) {
    this.#server = server;
    this.#http = createServer((request, response) => this.#handle(request, response));
  }

  /** Opens the port on 127.0.0.1. @returns its number. */
  async open(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, '127.0.0.1', resolve);
    });
    return (this.#http.address() as AddressInfo).port;
  }

  /** Closes the port, and every connection with it. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    const [, resource = '', rest = ''] = /^\/([^/?]*)\/?(.*)$/s.exec(request.url ?? '/') ?? [];
    if (this.#server.resources.state(resource) !== 'started') {
      answer(response, 404, 'Not found.');
    } else if (!this.#limit(resource).consume(request.socket.remoteAddress ?? '')) {
      answer(response, 429, 'Rate limit exceeded.');
    } else {
      const handler = this.#server.httpHandlers.get(resource);
      if (handler === undefined) answer(response, 404, 'Not found.');
      else handler(requestTable(request, `/${rest}`), responseTable(response));
    }
  }

  #limit(resource: string): RateLimit {
    const limit =
      this.#limits.get(resource) ?? new RateLimit(this.#server.clock, REQUESTS_PER_SECOND, REQUEST_BURST);
    this.#limits.set(resource, limit);
    return limit;
  }
}
