import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type BlockList, isIPv6, type Socket } from 'node:net';
import { type HandledRequest, handledRequest } from './http-request.ts';
import { responseTable } from './http-response.ts';
import { packBody } from './message-pack.ts';
import { networkList } from './network-list.ts';
import { RateLimit } from './rate-limit.ts';
import type { ServerParts } from './server-parts.ts';

/** FXServer's own limit for each resource and peer: requests a second, and how many at once. A proxy has none. */
const REQUESTS_PER_SECOND = 10;
const REQUEST_BURST = 25;

/** A head with more lines is not understood, and the connection is closed (net-http-server/src/Http1Server.cpp). */
const MOST_HEADERS = 50;
const MOST_HEAD_BYTES = 5 * 1024 * 1024;

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text);
}

/**
 * The server's HTTP port: `/<resource>/…` goes to what the resource gave to `SetHttpHandler`. Nothing is
 * decoded or tidied up in a path, the resource's name is compared without case, and no connection is ever
 * closed for being slow or idle.
 *
 * Node's parser is stricter than FXServer's about methods and paths: what is not in its list, or not ASCII,
 * never gets here, and its connection is closed without an answer.
 */
export class HttpDoor {
  readonly #server: ServerParts;
  readonly #http: Server;
  readonly #limits = new Map<string, RateLimit>();
  /** What `sv_proxyIPRanges` said last. */
  #proxies: { readonly text: string; readonly networks: BlockList } = { text: '', networks: networkList('') };
  /** The request that each connection sent last, finished or not: whose cancel handler is called. */
  readonly #latest = new WeakMap<Socket, HandledRequest>();

  constructor(server: ServerParts) {
    this.#server = server;
    this.#http = createServer({
      maxHeaderSize: MOST_HEAD_BYTES,
      requestTimeout: 0,
      headersTimeout: 0,
      keepAliveTimeout: 0,
    });
    const handle = (request: IncomingMessage, response: ServerResponse) => this.handle(request, response);
    this.#http.on('request', handle);
    // Nobody tells the peer to go on.
    this.#http.on('checkContinue', handle);
    this.#http.on('clientError', (_error, socket) => socket.destroy());
    this.#http.on('connection', (socket) => {
      socket.once('close', () => this.#latest.get(socket)?.cancel());
    });
  }

  /** Opens the port on 127.0.0.1. @returns its number. */
  async open(port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#http.once('error', reject);
      this.#http.listen(port, '127.0.0.1', resolve);
    });
    const address = this.#http.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Closes the port, and every connection with it. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#http.close(() => resolve());
      this.#http.closeAllConnections();
    });
  }

  /** Takes a request whose head is there, over whatever it came. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => undefined);
    request.on('error', () => undefined);
    if (request.rawHeaders.length > MOST_HEADERS * 2) {
      request.socket.destroy();
      return;
    }
    response.shouldKeepAlive = (request.headers.connection ?? 'keep-alive').toLowerCase() === 'keep-alive';
    const path = request.url ?? '';
    const resource = this.#resourceOf(path);
    if (resource === undefined) {
      response.writeHead(404).end(`Route ${path} not found.`);
    } else if (!this.#isAdmitted(resource, request.socket.remoteAddress ?? '')) {
      answer(response, 429, 'Rate limit exceeded.');
    } else {
      const handler = this.#server.httpHandlers.get(resource);
      if (handler === undefined) {
        answer(response, 404, 'Not found.');
        return;
      }
      const { hostFunctions } = this.#server;
      const handled = handledRequest(request, path.slice(resource.length + 1), (fn, body, kind) => {
        hostFunctions.callPacked(fn, packBody(body, kind));
      });
      this.#latest.set(request.socket, handled);
      handler(handled.table, responseTable(response));
    }
  }

  /** The running resource whose name a path begins with. */
  #resourceOf(path: string): string | undefined {
    const { resources } = this.#server;
    return resources
      .names()
      .find(
        (name) =>
          resources.state(name) === 'started' && path.toLowerCase().startsWith(`/${name.toLowerCase()}/`),
      );
  }

  #isAdmitted(resource: string, address: string): boolean {
    return this.#isProxy(address) || this.#limit(resource).consume(address);
  }

  #isProxy(address: string): boolean {
    const text = this.#server.convars.get('sv_proxyIPRanges') ?? '';
    if (text !== this.#proxies.text) this.#proxies = { text, networks: networkList(text) };
    return this.#proxies.networks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }

  #limit(resource: string): RateLimit {
    const limit =
      this.#limits.get(resource) ?? new RateLimit(this.#server.clock, REQUESTS_PER_SECOND, REQUEST_BURST);
    this.#limits.set(resource, limit);
    return limit;
  }
}
