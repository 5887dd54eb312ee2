import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../server/sonoran/http.ts';
import { bundled } from '../bundled.ts';
import { checkedSay } from '../checked-say.ts';

// As it is in the built bundle, with only a part of undici.
const { createHttp, MAX_BODY } = await bundled<typeof import('../../../server/sonoran/http.ts')>(
  "export * from './server/sonoran/http.ts'",
);

/** Long enough for a loopback call on a busy machine, short enough to wait for. */
const SHORT_MS = 150;
const LONG_MS = 5_000;

interface Peer {
  readonly origin: string;
  readonly requests: { readonly request: IncomingMessage; readonly body: string }[];
  readonly sockets: Set<Socket>;
}

const closing: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function originOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

async function startPeer(
  respond: (response: ServerResponse, request: IncomingMessage) => void,
): Promise<Peer> {
  const peer = { requests: [] as Peer['requests'], sockets: new Set<Socket>() };
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += String(piece);
    });
    request.on('end', () => {
      peer.requests.push({ request, body });
      respond(response, request);
    });
  });
  server.on('connection', (socket) => peer.sockets.add(socket));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { ...peer, origin: await originOf(server) };
}

function start(timeoutMs: number) {
  const { http, close } = createHttp(timeoutMs, (text) => text, checkedSay);
  closing.push(close);
  return http;
}

async function timed(
  call: Promise<HttpAnswer>,
): Promise<{ readonly answer: HttpAnswer; readonly ms: number }> {
  const startedAt = performance.now();
  const answer = await call;
  return { answer, ms: performance.now() - startedAt };
}

describe('a request', () => {
  it('carries JSON, or a bearer token, as it is told', async () => {
    const peer = await startPeer((response) => response.end('ok'));
    const http = start(LONG_MS);
    await http({ method: 'POST', origin: peer.origin, path: '/general/x', body: { a: 'ä' } });
    await http({ method: 'GET', origin: peer.origin, path: '/v2/y?z=1', bearer: 'KEY' });
    const [post, get] = peer.requests;
    expect(post?.request).toMatchObject({ method: 'POST', url: '/general/x' });
    expect(post?.request.headers).toMatchObject({
      'content-type': 'application/json',
      accept: 'application/json',
    });
    expect(post?.request.headers.authorization).toBeUndefined();
    expect(post?.body).toBe('{"a":"ä"}');
    expect(get?.request).toMatchObject({ method: 'GET', url: '/v2/y?z=1' });
    expect(get?.request.headers).toMatchObject({ authorization: 'Bearer KEY', accept: 'application/json' });
    expect(get?.request.headers['content-type']).toBeUndefined();
    expect(get?.body).toBe('');
  });

  it('goes over a connection that is kept alive', async () => {
    const peer = await startPeer((response) => response.end('ok'));
    const http = start(LONG_MS);
    for (let call = 0; call < 8; call++) await http({ method: 'GET', origin: peer.origin, path: '/' });
    expect(peer.requests).toHaveLength(8);
    // A connection is free again a moment after the answer is complete, so a second one may be opened.
    expect(peer.sockets.size).toBeLessThanOrEqual(2);
  });

  it('shares few connections with others', async () => {
    const peer = await startPeer((response) => setTimeout(() => response.end('ok'), 5));
    const http = start(LONG_MS);
    const calls = Array.from({ length: 12 }, () => http({ method: 'GET', origin: peer.origin, path: '/' }));
    for (const answer of await Promise.all(calls)) expect(answer.kind).toBe('answer');
    expect(peer.sockets.size).toBeLessThanOrEqual(8);
  });
});

describe('an answer', () => {
  it('comes with its status, type, text and wish to wait', async () => {
    const peer = await startPeer((response) => {
      response.writeHead(429, { 'content-type': 'application/json', 'retry-after': '7' });
      response.end('{"message":"zu viel ü"}');
    });
    expect(await start(LONG_MS)({ method: 'GET', origin: peer.origin, path: '/' })).toEqual({
      kind: 'answer',
      status: 429,
      contentType: 'application/json',
      retryAfter: '7',
      body: '{"message":"zu viel ü"}',
    });
  });

  it('comes with what Discord says of its limit, to a caller that has a name', async () => {
    const peer = await startPeer((response) => {
      response.writeHead(200, { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset-After': '1.25' }).end('{}');
    });
    const http = start(LONG_MS);
    const request = {
      method: 'GET',
      origin: peer.origin,
      path: '/',
      userAgent: 'DiscordBot (x, 1)',
    } as const;
    expect(await http(request)).toMatchObject({ rateLimit: { remaining: '0', resetAfter: '1.25' } });
    expect(peer.requests[0]?.request.headers['user-agent']).toBe('DiscordBot (x, 1)');
  });

  it('may be empty and untyped', async () => {
    const peer = await startPeer((response) => response.end());
    expect(await start(LONG_MS)({ method: 'GET', origin: peer.origin, path: '/' })).toEqual({
      kind: 'answer',
      status: 200,
      contentType: '',
      retryAfter: undefined,
      body: '',
    });
  });

  it('that redirects is not followed', async () => {
    const peer = await startPeer((response) => response.writeHead(302, { location: '/elsewhere' }).end());
    const answer = await start(LONG_MS)({
      method: 'POST',
      origin: peer.origin,
      path: '/',
      body: { key: 'KEY' },
    });
    expect(answer).toMatchObject({ kind: 'answer', status: 302 });
    expect(peer.requests.map(({ request }) => request.url)).toEqual(['/']);
  });

  it('of exactly one MiB is whole', async () => {
    const peer = await startPeer((response) => response.end('x'.repeat(MAX_BODY)));
    const answer = await start(LONG_MS)({ method: 'GET', origin: peer.origin, path: '/' });
    expect(answer.kind === 'answer' && answer.body.length).toBe(MAX_BODY);
  });

  it('of more than one MiB is cut off, and the rest is not read', async () => {
    let written = 0;
    const piece = 'x'.repeat(256 * 1024);
    const peer = await startPeer((response) => {
      const write = () => {
        while (!response.destroyed && written < 64 * MAX_BODY) {
          written += piece.length;
          if (!response.write(piece)) return void response.once('drain', write);
        }
      };
      write();
    });
    const http = start(LONG_MS);
    const answer = await http({ method: 'GET', origin: peer.origin, path: '/' });
    expect(answer).toMatchObject({ kind: 'answer', status: 200 });
    expect(answer.kind === 'answer' && answer.body.length).toBe(MAX_BODY);
    expect(written).toBeLessThan(32 * MAX_BODY);
  });

  it('after one that was cut off comes as usual', async () => {
    let isFirst = true;
    const peer = await startPeer((response) => {
      response.end(isFirst ? 'x'.repeat(3 * MAX_BODY) : 'ok');
      isFirst = false;
    });
    const http = start(LONG_MS);
    await http({ method: 'GET', origin: peer.origin, path: '/' });
    expect(await http({ method: 'GET', origin: peer.origin, path: '/' })).toMatchObject({ body: 'ok' });
  });
});

describe('without an answer', () => {
  it('because nobody listens, nothing was sent', async () => {
    const server = createServer();
    const origin = await originOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await start(LONG_MS)({ method: 'POST', origin, path: '/', body: {} })).toEqual({
      kind: 'no-answer',
      detail: 'could not connect (ECONNREFUSED)',
      sent: false,
    });
  });

  it('because the peer hung up on the request, it may have been heard', async () => {
    const peer = await startPeer((response) => response.socket?.resetAndDestroy());
    const answer = await start(LONG_MS)({ method: 'POST', origin: peer.origin, path: '/', body: {} });
    expect(answer).toMatchObject({ kind: 'no-answer', sent: true });
    expect(peer.requests).toHaveLength(1);
  });

  it('because the peer hung up in the middle of the body, it may have been heard', async () => {
    const peer = await startPeer((response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.socket?.resetAndDestroy());
    });
    const answer = await start(LONG_MS)({ method: 'POST', origin: peer.origin, path: '/', body: {} });
    expect(answer).toMatchObject({ kind: 'no-answer', sent: true });
  });

  it('because what came is not HTTP, it may have been heard', async () => {
    const peer = await startPeer((response) => response.socket?.end('SSH-2.0-OpenSSH_9.6\r\n\r\n'));
    const answer = await start(LONG_MS)({ method: 'GET', origin: peer.origin, path: '/' });
    expect(answer).toMatchObject({ kind: 'no-answer', sent: true });
  });

  it('because the peer never answers, it ends in time', async () => {
    const peer = await startPeer(() => {});
    const { answer, ms } = await timed(start(SHORT_MS)({ method: 'GET', origin: peer.origin, path: '/' }));
    expect(answer).toEqual({ kind: 'no-answer', detail: 'no answer within 0.15 s', sent: true });
    expect(ms).toBeGreaterThan(SHORT_MS - 20);
    expect(ms).toBeLessThan(SHORT_MS + 1_000);
  });

  it('because the body trickles, it ends in time all the same', async () => {
    const peer = await startPeer((response) => {
      const trickle = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(trickle));
    });
    const { answer, ms } = await timed(start(SHORT_MS)({ method: 'GET', origin: peer.origin, path: '/' }));
    expect(answer).toMatchObject({ kind: 'no-answer', sent: true });
    expect(ms).toBeLessThan(SHORT_MS + 1_000);
  });

  it('the connection of a hung call is given up, and the next call is not held up', async () => {
    let isFirst = true;
    const peer = await startPeer((response) => {
      if (!isFirst) response.end('ok');
      isFirst = false;
    });
    const http = start(SHORT_MS);
    await http({ method: 'GET', origin: peer.origin, path: '/' });
    expect(await http({ method: 'GET', origin: peer.origin, path: '/' })).toMatchObject({ body: 'ok' });
  });

  it('because the client was closed, the call ends', async () => {
    const peer = await startPeer(() => {});
    const { http, close } = createHttp(LONG_MS, (text) => text, checkedSay);
    const call = http({ method: 'GET', origin: peer.origin, path: '/' });
    await close();
    expect(await call).toMatchObject({ kind: 'no-answer' });
  });

  it('because the request cannot be made at all, nothing was sent', async () => {
    const peer = await startPeer((response) => response.end('ok'));
    const http = start(LONG_MS);
    const answer = await http({ method: 'GET', origin: peer.origin, path: '/', bearer: 'a\nb' });
    expect(answer).toMatchObject({ kind: 'no-answer', sent: false });
    expect(JSON.stringify(answer)).not.toContain('a\\nb');
    expect(peer.requests).toHaveLength(0);
  });
});
