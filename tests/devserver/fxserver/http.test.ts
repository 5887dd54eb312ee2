import { request } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { printed, World } from './world.ts';

let world: World;
beforeEach(() => {
  world = new World();
});
afterEach(() => world.end());

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly type: string | undefined;
}

function ask(
  server: FxServer,
  path: string,
  options: { body?: string; from?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: options.body === undefined ? 'GET' : 'POST',
        headers: { 'X-Case': 'kept' },
        agent: false,
        ...(options.from === undefined ? {} : { localAddress: options.from }),
      },
      (response) => {
        let body = '';
        response.on('data', (chunk) => (body += String(chunk)));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, body, type: response.headers['content-type'] }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(options.body);
  });
}

const echo = `
  SetHttpHandler((request, response) => {
    if (request.path === '/throw') throw new Error('oops')
    request.setCancelHandler(() => console.log('cancelled'))
    request.setDataHandler((body) => {
      response.writeHead(201, { 'Content-Type': 'application/json' })
      response.write('[')
      response.send(JSON.stringify({ method: request.method, path: request.path, case: request.headers['X-Case'], body }) + ']')
    })
    request.setDataHandler((body) => {
      response.writeHead(201, { 'Content-Type': 'application/json' })
      response.send(JSON.stringify({ method: request.method, path: request.path, case: request.headers['X-Case'], address: /^127\\.0\\.0\\.\\d+:\\d+$/.test(request.address), body }))
    })
  })`;

test('a request reaches the handler of the resource in its path', async () => {
  const server = await world.start({ one: echo });
  const answer = await ask(server, '/one/events?x=1', { body: 'grüße' });
  expect(answer).toMatchObject({ status: 201, type: 'application/json' });
  expect(JSON.parse(answer.body)).toEqual({
    method: 'POST',
    path: '/events?x=1',
    case: 'kept',
    address: true,
    body: 'grüße',
  });
  expect(JSON.parse((await ask(server, '/one')).body)).toMatchObject({ method: 'GET', path: '/', body: '' });
});

test('bytes arrive as an ArrayBuffer', async () => {
  const server = await world.start({
    one: `SetHttpHandler((request, response) => request.setDataHandler((body) => response.send(String(body instanceof ArrayBuffer) + Buffer.from(body).toString('hex')), 'binary'))`,
  });
  expect((await ask(server, '/one/', { body: 'AB' })).body).toBe('true4142');
});

test('there is no answer without a handler, a running resource or a resource at all', async () => {
  const server = await world.start({ one: echo, two: '' });
  expect(await ask(server, '/two/')).toMatchObject({ status: 404, body: 'Not found.' });
  expect(await ask(server, '/nobody/')).toMatchObject({ status: 404 });
  await server.console('stop one');
  expect(await ask(server, '/one/')).toMatchObject({ status: 404 });
  await server.console('start one');
  expect(await ask(server, '/one/')).toMatchObject({ status: 201 });
});

test('a peer has ten requests a second, and bursts of 25', async () => {
  const server = await world.start({ one: echo });
  const statuses = async (count: number, from?: string): Promise<number[]> => {
    const answers = await Promise.all(
      Array.from({ length: count }, () => ask(server, '/one/', from === undefined ? {} : { from })),
    );
    return answers.map(({ status }) => status).sort();
  };
  expect((await statuses(30)).filter((status) => status === 429)).toHaveLength(5);
  expect(await statuses(1, '127.0.0.2')).toEqual([201]);
  await world.clock.advance(1_000);
  expect((await statuses(12)).filter((status) => status === 429)).toHaveLength(2);
  expect(await ask(server, '/one/')).toMatchObject({ status: 429, body: 'Rate limit exceeded.' });
});

test('a body that never ends is cancelled with the connection', async () => {
  const server = await world.start({ one: echo });
  const socket = connect(server.port, '127.0.0.1');
  socket.write('POST /one/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
  // The next request is handled after this one has arrived.
  await ask(server, '/one/');
  socket.destroy();
  await until(() => printed(server, 'one').includes('cancelled'), 'the cancel handler');
});

test('a handler that throws leaves the peer waiting, and the resource alive', async () => {
  const server = await world.start({ one: echo });
  const answer = ask(server, '/one/throw').catch(() => 'closed');
  await until(() => server.swallowed.length > 0, 'the exception');
  expect(await ask(server, '/one/')).toMatchObject({ status: 201 });
  server.crash();
  expect(await answer).toBe('closed');
});
