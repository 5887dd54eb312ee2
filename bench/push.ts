import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { VirtualClock } from '../devserver/clock.ts';
import type { FxServer } from '../devserver/fxserver/server.ts';
import { figureOfRuns, quantile } from './figures.ts';
import { startGameServer } from './game-server.ts';
import type { SonoranProcess } from './sonoran-process.ts';

const RUNS = 5;
const WARM_UP = 100;
const REQUESTS = 300;
/** How many of them at a time; then a second goes by, so that no limit is reached that is not meant. */
const AT_A_TIME = 15;
const KIB = 1024;
/** The largest body that is read, in bytes, and the largest that FXServer takes in. */
const LIMIT = 64 * KIB;
const LARGEST = 5 * KIB * KIB;
const EVENT = 300;
/** The stand-in's, which every bench uses. */
const RIGHT = 'stand-in-cms-api-key';

/** A kind of request. */
interface Kind {
  readonly name: string;
  readonly body: Buffer;
  /** What each of them is to be answered. */
  readonly status: number;
  /** Whether it comes in chunks, so that no header tells its length. */
  readonly isChunked?: boolean;
  readonly path?: string;
  readonly requests?: number;
}

/** An event of just so many bytes, which changes nothing. */
function event(key: string, bytes: number): Buffer {
  const filled = (more: string) =>
    JSON.stringify({ key, type: 'ACCOUNT_UPDATED', data: { discordId: '235947056630333440' }, more });
  return Buffer.from(filled('x'.repeat(Math.max(0, bytes - filled('').length))));
}

/** A body with a wrong key, filled up with something to the limit. */
function filled(
  before: string,
  piece: (index: number) => string,
  after: string,
  pieces = Number.POSITIVE_INFINITY,
): Buffer {
  let body = `{"key":"wrong",${before}`;
  let room = LIMIT - Buffer.byteLength(body) - Buffer.byteLength(after) - 1;
  for (let index = 0; index < pieces; index++) {
    const next = piece(index);
    room -= Buffer.byteLength(next);
    if (room < 0) break;
    body += next;
  }
  return Buffer.from(`${body}${after}}`);
}

const SIZES = [
  ['an event', EVENT],
  ['16 KiB', 16 * KIB],
  ['64 KiB', LIMIT],
  ['1 MiB', KIB * KIB],
  ['5 MiB', LARGEST],
] as const;

const KINDS: readonly Kind[] = [
  { name: 'wrong path', path: '/cmsban/wrong', body: event('wrong', EVENT), status: 404 },
  ...SIZES.flatMap(([size, bytes]) =>
    (['wrong', 'right'] as const).flatMap((key): Kind[] => {
      const body = event(key === 'right' ? RIGHT : key, bytes);
      const read = key === 'right' ? 200 : 401;
      return [
        { name: `${size}, ${key} key, with its length`, body, status: bytes > LIMIT ? 413 : read },
        { name: `${size}, ${key} key, in chunks`, body, isChunked: true, status: 411 },
      ];
    }),
  ),
  {
    name: '64 KiB of two-byte characters',
    body: filled('"a":"', () => 'ā', '"'),
    status: 401,
  },
  { name: '64 KiB of escapes', body: filled('"a":"', () => '\\u00e9', '"'), status: 401 },
  { name: '64 KiB of white space', body: filled('', () => ' ', '"a":1'), status: 401 },
  {
    name: '64 KiB, 490 different keys',
    body: filled('"a":0', (n) => `,"${String(n).padStart(120, 'k')}":${n}`, '', 490),
    status: 401,
  },
  {
    name: '64 KiB, 490 sparse indices',
    body: filled('"a":0', (n) => `,"${n * 2_000_003}":"${'x'.repeat(110)}"`, '', 490),
    status: 401,
  },
  {
    name: '950 long numbers',
    body: filled('"a":[1', () => `,-1.2345678901234567890123456789012345678901234567890e-300`, ']', 950),
    status: 401,
  },
  { name: '64 KiB of brackets', body: Buffer.from('['.repeat(LIMIT)), status: 400 },
];

/** What a resource pays that takes the body as text. */
const AS_TEXT: readonly Kind[] = SIZES.slice(2).map(([size, bytes]) => ({
  name: `${size} as text, in a resource that does nothing with it`,
  path: '/text-port/',
  body: event('wrong', bytes - 1),
  status: 200,
  requests: bytes > LIMIT ? 10 : 100,
}));

/**
 * What a request costs the main thread, from its bytes at the stand-in's door to the answer: everything but the
 * sockets, which FXServer reads elsewhere. The packing and copying that is C++ there is JavaScript here.
 */
export async function benchPush(sonoran: SonoranProcess): Promise<void> {
  const clock = new VirtualClock();
  const server = await startGameServer(sonoran, clock, {
    'text-port': join(import.meta.dirname, 'resources', 'text-port'),
  });
  const started = server.nextLine('cmsban ');
  await server.fx.console('set sv_proxyIPRanges "192.0.2.0/24"\nensure text-port\nensure cmsban');
  await started;
  for (const kind of [...KINDS, ...AS_TEXT]) {
    const runs: number[][] = [];
    for (let run = 0; run < RUNS; run++) runs.push(await measure(server.fx, clock, kind));
    const of = (share: number) => runs.map((samples) => quantile(samples, share));
    figureOfRuns(`push, ${kind.name}: ${kind.status}, median`, of(0.5), 'µs');
    figureOfRuns(`push, ${kind.name}: ${kind.status}, p99`, of(0.99), 'µs');
  }
  await server.close();
}

async function measure(fx: FxServer, clock: VirtualClock, kind: Kind): Promise<number[]> {
  const samples: number[] = [];
  const { requests = REQUESTS } = kind;
  const warmUp = Math.min(WARM_UP, requests);
  for (let count = 0; count < warmUp + requests; count++) {
    if (count % AT_A_TIME === 0) await clock.advance(1_000);
    const us = await ask(fx, kind, `203.0.${count % 200}.1`);
    if (count >= warmUp) samples.push(us);
  }
  return samples;
}

/** @returns what it cost, in microseconds. */
async function ask(fx: FxServer, kind: Kind, from: string): Promise<number> {
  const socket = new Socket();
  Object.defineProperties(socket, { remoteAddress: { value: from }, remotePort: { value: 40_000 } });
  const request = new IncomingMessage(socket);
  const framing = kind.isChunked
    ? (['Transfer-Encoding', 'chunked'] as const)
    : (['Content-Length', String(kind.body.length)] as const);
  request.method = 'POST';
  request.url = kind.path ?? '/cmsban/events';
  request.rawHeaders = [
    'Host',
    'game.example',
    'User-Agent',
    'x',
    'Content-Type',
    'application/json',
    ...framing,
  ];
  request.headers = { [framing[0].toLowerCase()]: framing[1] };
  const response = new ServerResponse(request);
  const { promise: over, resolve } = Promise.withResolvers<number>();
  const end = response.end.bind(response);
  Object.defineProperty(response, 'end', {
    value(text: string) {
      end(text);
      resolve(performance.now());
    },
  });
  const cpu = process.cpuUsage();
  const begin = performance.now();
  fx.receive(request, response);
  if (!response.writableEnded) {
    request.push(kind.body);
    request.push(null);
  }
  const us = ((await over) - begin) * 1_000;
  const { user, system } = process.cpuUsage(cpu);
  if (response.statusCode !== kind.status) throw new Error(`${kind.name}: ${response.statusCode}`);
  // Never more than the processor did: other processes' turns are not ours.
  return Math.min(us, user + system);
}
