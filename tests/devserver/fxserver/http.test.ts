import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../../../devserver/clock.ts';
import type { FxServer } from '../../../devserver/fxserver/server.ts';
import { startCpuWatch } from '../../unit/cpu-time.ts';
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
  options: { method?: string; body?: string | Buffer; from?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: server.port,
        path,
        method: options.method ?? (options.body === undefined ? 'GET' : 'POST'),
        headers: { 'X-Case': 'kept', ...options.headers },
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

/** A peer that says exactly what it is told, byte for byte. */
class Peer {
  readonly socket: Socket;
  heard = '';
  closed = false;

  constructor(server: FxServer) {
    this.socket = connect(server.port, '127.0.0.1');
    this.socket.on('data', (piece) => {
      this.heard += piece.toString();
    });
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => {
      this.closed = true;
    });
    onTestFinished(() => void this.socket.destroy());
  }

  say(...pieces: string[]): void {
    this.socket.write(pieces.join(''));
  }

  hears(text: string): Promise<unknown> {
    return until(() => this.heard.includes(text), `the peer to hear ${text}`);
  }
}

const head = (line: string, ...headers: string[]) =>
  [`${line} HTTP/1.1`, 'Host: x', ...headers, '', ''].join('\r\n');

/** Prints what it gets, and answers with it once the body is there, or at once where there is none. */
const echo = `
  SetHttpHandler((request, response) => {
    const { method, path, headers, address } = request
    console.log('request', method, path)
    if (path === '/throw') throw new Error('oops')
    if (path === '/reject') return Promise.reject(new Error('later'))
    request.setCancelHandler(() => console.log('cancelled', path))
    const answer = (body) => {
      response.writeHead(201, { 'Content-Type': 'application/json' })
      response.write('[')
      response.send(JSON.stringify({ method, path, headers, address, body }) + ']')
    }
    request.setDataHandler(() => console.log('never called'))
    request.setDataHandler((body) => { console.log('body', JSON.stringify(body)); answer(body) })
    if (method === 'GET' || path === '/early') answer(null)
    return undefined
  })`;

interface Echo {
  readonly method: string;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly address: string;
  readonly body: string | null;
}

function echoed({ body }: Answer): Echo | undefined {
  return (JSON.parse(body) as Echo[])[0];
}

describe('a request', () => {
  test('reaches the handler of the resource in its path', async () => {
    const server = await world.start({ one: echo });
    const answer = await ask(server, '/one/events?x=1', { body: 'grüße' });
    expect(answer).toMatchObject({ status: 201, type: 'application/json' });
    expect(echoed(answer)).toMatchObject({
      method: 'POST',
      path: '/events?x=1',
      headers: { 'X-Case': 'kept' },
      body: 'grüße',
    });
  });

  test.each([
    ['/one/', '/'],
    ['/one/?x=1', '/?x=1'],
    ['/ONE/Events', '/Events'],
    ['/one//a/./../b', '//a/./../b'],
    ['/one/a%2Fb%00%zz+c', '/a%2Fb%00%zz+c'],
    ['/one/one/', '/one/'],
  ])('to %s has the path %s', async (sent, path) => {
    const server = await world.start({ one: echo });
    expect(echoed(await ask(server, sent))?.path).toBe(path);
  });

  test('may have a header that is not ASCII, and no name that is not', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head('GET /one/', 'X-Word: grüße'));
    await peer.hears('"X-Word":"grüße"');
    const other = new Peer(server);
    other.say(head('GET /one/', 'X-Wörd: x'));
    await until(() => other.closed);
    expect(other.heard).toBe('');
  });

  test('finds no answer without a handler, a running resource or a resource at all', async () => {
    const server = await world.start({ one: echo, two: '' });
    expect(await ask(server, '/two/')).toMatchObject({ status: 404, body: 'Not found.' });
    for (const path of ['/nobody/', '/one', '/one?x', '//one/', '/onetwo/', '/']) {
      expect(await ask(server, path)).toMatchObject({ status: 404, body: `Route ${path} not found.` });
    }
    await server.console('stop one');
    expect(await ask(server, '/one/')).toMatchObject({ status: 404, body: 'Route /one/ not found.' });
    await server.console('start one');
    expect(await ask(server, '/one/')).toMatchObject({ status: 201 });
  });

  test.each(['HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'SEARCH'])(
    'may come by %s',
    async (method) => {
      const server = await world.start({ one: echo });
      expect(await ask(server, '/one/early', { method })).toMatchObject({ status: 201 });
      expect(printed(server, 'one')).toContain(`request ${method} /early`);
    },
  );

  test('has every spelling of a header, and of one spelling the first', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head('GET /one/', 'X-A: 1', 'x-a: 2', 'X-A: 3', '__proto__: 4', `Long: ${'l'.repeat(100_000)}`));
    await peer.hears(']');
    const json = peer.heard.slice(peer.heard.indexOf('{"method"'), peer.heard.lastIndexOf(']'));
    const { headers } = JSON.parse(json) as Echo;
    expect(headers).toMatchObject({ 'X-A': '1', 'x-a': '2' });
    expect(Object.keys(headers)).not.toContain('__proto__');
    expect(headers['Long']).toHaveLength(100_000);
  });

  test('with more than fifty headers is not understood', async () => {
    const server = await world.start({ one: echo });
    const many = (count: number) => Array.from({ length: count }, (_, number) => `X-${number}: 1`);
    const fifty = new Peer(server);
    fifty.say(head('GET /one/', ...many(49)));
    await fifty.hears(' 201 ');
    const more = new Peer(server);
    more.say(head('GET /one/', ...many(50)));
    await until(() => more.closed);
    expect(more.heard).toBe('');
  });
});

describe('a body', () => {
  const post = 'POST /one/';

  test('may come in chunks, and is there all at once', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head(post, 'Transfer-Encoding: chunked'), '3\r\nabc\r\n');
    // The handler has the request at once; the data handler waits for the end.
    await until(() => printed(server, 'one').includes('request POST /'));
    await ask(server, '/one/early');
    expect(printed(server, 'one')).not.toContain('body "abc"');
    peer.say('2\r\nde\r\n0\r\n\r\n');
    await peer.hears('"body":"abcde"');
  });

  test('that is missing or empty never reaches the data handler', async () => {
    const server = await world.start({ one: echo });
    const peers = [['Content-Length: 0'], []].map((headers) => {
      const peer = new Peer(server);
      peer.say(head(post, ...headers));
      return peer;
    });
    await until(() => printed(server, 'one').length === 2);
    await world.clock.advance(600_000);
    expect(peers.map(({ heard, closed }) => [heard, closed])).toEqual([
      ['', false],
      ['', false],
    ]);
    const chunked = new Peer(server);
    chunked.say(head(post, 'Transfer-Encoding: chunked'), '0\r\n\r\n');
    await chunked.hears('"body":""');
  });

  test('arrives as bytes when it is asked for so', async () => {
    const server = await world.start({
      one: `SetHttpHandler((request, response) => request.setDataHandler((body) => response.send(String(body instanceof ArrayBuffer) + Buffer.from(body).toString('hex')), 'binary'))`,
    });
    expect((await ask(server, '/one/', { body: Buffer.from([0, 0xff, 0x41]) })).body).toBe('true00ff41');
  });

  test('that is not UTF-8 arrives as whatever its bits say, for JavaScript decodes it without a check', async () => {
    const server = await world.start({ one: echo });
    const answer = await ask(server, '/one/', { body: Buffer.from([0x41, 0xff, 0x00, 0xc3]) });
    expect(echoed(answer)?.body).toBe('A\u00ff\0\u00c0');
    const text = 'grüße, 你好, 🦆, \u07ff\u0800\uffff\ufeff';
    expect(echoed(await ask(server, '/one/', { body: text }))?.body).toBe(text);
  });

  test('that is large costs the main thread far more as text than as bytes', async () => {
    const server = await world.start({
      text: `SetHttpHandler((request, response) => request.setDataHandler((body) => response.send(String(body.length))))`,
      bytes: `SetHttpHandler((request, response) => request.setDataHandler((body) => response.send(String(body.byteLength)), 'binary'))`,
    });
    const body = 'x'.repeat(4_000_000);
    const cost = async (name: string): Promise<number> => {
      const passed = startCpuWatch();
      expect((await ask(server, `/${name}/`, { body })).body).toBe('4000000');
      return passed();
    };
    // The sending and the receiving, which are in both, are most of what the bytes cost.
    await cost('bytes');
    const bytes = await cost('bytes');
    expect(await cost('text')).toBeGreaterThan(bytes * 2);
  });

  test.each([
    ['with its length', { 'content-length': '6000000' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('of more than 5 MiB unread, %s, closes the connection', async (_, headers) => {
    const server = await world.start({ one: echo });
    await expect(ask(server, '/one/', { body: 'x'.repeat(6_000_000), headers })).rejects.toThrow();
    expect(printed(server, 'one').filter((line) => line.startsWith('body'))).toEqual([]);
    expect((await ask(server, '/one/', { body: 'x'.repeat(5_000_000) })).status).toBe(201);
  });

  test('is kept for a data handler that is set late', async () => {
    const server = await world.start({
      one: `
        SetHttpHandler((request, response) => {
          setTimeout(() => {
            request.setDataHandler((body) => response.send('got ' + body))
            request.setDataHandler(() => console.log('twice'))
          }, 1000)
        })`,
    });
    const answer = ask(server, '/one/', { body: 'it' });
    await until(() => server.runtime('one').ticksEntered >= 0 && world.clock.untilNext() !== undefined);
    await ask(server, '/nobody/');
    await world.clock.advance(1_000);
    expect((await answer).body).toBe('got it');
    expect(printed(server, 'one')).toEqual([]);
  });

  test('may be answered before it is there, and still comes', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head('POST /one/early', 'Content-Length: 6'), 'abc');
    await peer.hears('"body":null');
    expect(peer.closed).toBe(false);
    peer.say('def');
    await until(() => printed(server, 'one').includes('body "abcdef"'));
    // The connection is as good as new.
    peer.say(head('GET /one/next'));
    await peer.hears('"path":"/next"');
  });

  test('that never ends is cancelled with the connection', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head('POST /one/endless', 'Content-Length: 10'), 'abc');
    await until(() => printed(server, 'one').includes('request POST /endless'));
    await world.clock.advance(600_000);
    expect(printed(server, 'one')).toEqual(['request POST /endless']);
    peer.socket.destroy();
    await until(() => printed(server, 'one').includes('cancelled /endless'));
  });
});

describe('a connection', () => {
  test('tells the last of its requests when it closes, answered or not', async () => {
    const server = await world.start({ one: echo });
    const peer = new Peer(server);
    peer.say(head('GET /one/first'));
    await peer.hears('"path":"/first"');
    peer.say(head('GET /one/second'));
    await peer.hears('"path":"/second"');
    peer.socket.destroy();
    await until(() => printed(server, 'one').includes('cancelled /second'));
    expect(printed(server, 'one')).not.toContain('cancelled /first');
  });

  test('is closed when the peer asks for that, and not when the resource does', async () => {
    const server = await world.start({
      one: `SetHttpHandler((request, response) => { response.writeHead(200, { Connection: 'close', 'Content-Length': '1' }); response.send('whole') })`,
    });
    const staying = new Peer(server);
    staying.say(head('GET /one/'));
    await staying.hears('whole');
    await world.clock.advance(600_000);
    expect(staying.closed).toBe(false);
    const leaving = new Peer(server);
    leaving.say(head('GET /one/', 'Connection: close'));
    await until(() => leaving.closed);
    expect(leaving.heard).toContain('whole');
  });
});

describe('a handler that fails', () => {
  test.each(['throw', 'reject'])('by a %s leaves the peer waiting, and the resource alive', async (how) => {
    const server = await world.start({ one: echo });
    const answer = ask(server, `/one/${how}`).catch(() => 'closed');
    await until(() => server.swallowed.length > 0 || printed(server, 'one').join().includes('rejection'));
    expect(await ask(server, '/one/')).toMatchObject({ status: 201 });
    server.crash();
    expect(await answer).toBe('closed');
  });

  test.each([
    `response.writeHead('200')`,
    `response.writeHead(200.5)`,
    `response.writeHead(200, null)`,
    `response.writeHead(200, [])`,
    `response.writeHead(200, { 'Retry-After': 1 })`,
    `response.send(undefined)`,
    `response.send({})`,
    `response.write(7)`,
    `request.setDataHandler(() => undefined, null)`,
  ])('because of %s can catch it and answer all the same', async (code) => {
    const server = await world.start({
      one: `
        SetHttpHandler((request, response) => {
          try { ${code}; response.send('no error') } catch (error) { response.send(error instanceof Error ? 'caught' : 'odd') }
        })`,
    });
    expect(await ask(server, '/one/')).toMatchObject({ status: 200, body: 'caught' });
  });
});

test('an answer may be bytes, in pieces, with headers that come twice, or nothing at all', async () => {
  const server = await world.start({
    one: `
      SetHttpHandler((request, response) => {
        if (request.path === '/none') return response.send()
        response.writeHead(200, { 'X-List': ['a', 'b'], 'Content-Type': 'text/x' })
        response.writeHead(500)
        response.write(Buffer.from('by'))
        response.write('')
        response.send(new Uint8Array([0x74, 0x65]))
        response.send('too late')
      })`,
  });
  expect(await ask(server, '/one/')).toEqual({ status: 200, body: 'byte', type: 'text/x' });
  expect(await ask(server, '/one/none')).toMatchObject({ status: 200, body: '' });
});

describe('a peer', () => {
  /** Not everybody here is a proxy then. */
  const NO_PROXY = 'set sv_proxyIPRanges "192.0.2.0/24"';

  test('has ten requests a second, and bursts of 25', async () => {
    const server = await world.start({ one: echo }, NO_PROXY);
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

  test('that asks a thousand times reaches the resource 25 times, and disturbs nobody else', async () => {
    const server = await world.start({ one: echo }, NO_PROXY);
    const flood = Array.from({ length: 1_000 }, (_, number) => ask(server, `/one/${number}`));
    const others = Array.from({ length: 20 }, (_, number) =>
      ask(server, '/one/other', { from: `127.0.1.${number + 1}` }),
    );
    const answers = await Promise.all(flood);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(25);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(975);
    expect((await Promise.all(others)).map((answer) => echoed(answer)?.address.split(':')[0])).toEqual(
      Array.from({ length: 20 }, (_, number) => `127.0.1.${number + 1}`),
    );
  });

  test('is limited apart for every resource, also for one that has no handler', async () => {
    const server = await world.start({ one: echo, two: '' }, NO_PROXY);
    const statuses = async (path: string) =>
      (await Promise.all(Array.from({ length: 26 }, () => ask(server, path)))).map(({ status }) => status);
    expect((await statuses('/two/')).filter((status) => status === 429)).toHaveLength(1);
    expect((await statuses('/one/')).filter((status) => status === 429)).toHaveLength(1);
  });

  test.each([
    ['', 0],
    ['set sv_proxyIPRanges "192.0.2.0/24 127.0.0.0/24"', 0],
    ['set sv_proxyIPRanges "  192.0.2.7   127.0.0.1 nonsense 1.2.3.4/99 2001:db8::/32"', 0],
    ['set sv_proxyIPRanges "127.0.1.0/24"', 5],
    ['set sv_proxyIPRanges "nonsense"', 5],
  ])('is a proxy, without a limit, if it is in sv_proxyIPRanges: %j', async (config, refused) => {
    const server = await world.start({ one: echo }, config);
    const answers = await Promise.all(Array.from({ length: 30 }, () => ask(server, '/one/')));
    // Whoever is on the same network is one when nothing is set.
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(refused);
  });
});
