import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** A request that a target got. */
export interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly type: string | undefined;
  readonly body: unknown;
}

/** Somebody whom the stand-in pushes to: answers as it is told, and ends with the test. */
export interface Target {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it does with a request whose body is there. */
  reply(response: ServerResponse): void;
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
  return JSON.parse(Buffer.concat(pieces).toString()) as unknown;
}

/** Starts a target that answers `200 ok` until its `reply` is replaced. */
export async function startTarget(path = '/events'): Promise<Target> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const { method, url } = request;
    received.push({ method, path: url, type: request.headers['content-type'], body: await bodyOf(request) });
    target.reply(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const target: Target = {
    url: `http://127.0.0.1:${port}${path}`,
    received,
    reply: (response) => void response.end('ok'),
  };
  return target;
}
