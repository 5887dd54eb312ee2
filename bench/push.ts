import type { Clock } from '../server/clock.ts';
import { createLog } from '../server/log.ts';
import { Secret } from '../server/text/secret.ts';
import { createPushEndpoint } from '../server/triggers/push-endpoint.ts';
import { figure, quantile } from './figures.ts';

/** What requests of one kind cost the main thread, in microseconds each, the garbage collector's share included. */
interface PushFigures {
  readonly name: string;
  /** What each of them was answered. */
  readonly status: number;
  readonly medianUs: number;
  readonly p99Us: number;
  readonly worstUs: number;
}

const WARM_UP = 300;
const REQUESTS = 3_000;
/** The largest body that is read, in bytes. */
const LIMIT = 64 * 1024;
/** More than FXServer lets anybody send: it hangs up on whoever has 5 MiB waiting to be read. */
const FLOOD = 5 * 1024 * 1024;

/** A kind of request. */
interface Kind {
  readonly name: string;
  /** Undefined: none comes. */
  readonly body?: string;
  readonly path?: string;
  readonly headers?: ReadonlyMap<string, string>;
  /** Whether all of them come at the same moment. */
  readonly isFlood?: boolean;
  readonly requests?: number;
}

/** A body with a wrong key, filled up with something to the limit. */
function filled(
  before: string,
  piece: (index: number) => string,
  after: string,
  pieces = Number.POSITIVE_INFINITY,
) {
  let body = `{"key":"wrong",${before}`;
  let room = LIMIT - Buffer.byteLength(body) - Buffer.byteLength(after) - 1;
  for (let index = 0; index < pieces; index++) {
    const next = piece(index);
    room -= Buffer.byteLength(next);
    if (room < 0) break;
    body += next;
  }
  return `${body}${after}}`;
}

const CHUNKED = new Map([['transfer-encoding', 'chunked']]);
const small = JSON.stringify({
  key: 'wrong',
  type: 'ACCOUNT_BANNED',
  data: { discordId: '235947056630333440', accountId: '1d5b9d8a-2d9e-4c0f-9d6f-7d4bb1d2a001' },
});

const KINDS: readonly Kind[] = [
  { name: 'wrong key, small', body: small },
  { name: 'wrong path', path: '/wrong' },
  { name: 'too large by its header', headers: new Map([['content-length', '10000000']]) },
  { name: 'too many (429)', isFlood: true },
  { name: '64 KiB: one text', body: filled('"a":"', () => 'x', '"') },
  { name: '64 KiB: one text of escapes', body: filled('"a":"', () => '\\u00e9', '"') },
  {
    name: '64 KiB: one text of two-byte characters',
    body: filled('"a":"', () => 'ā', '"'),
  },
  { name: '64 KiB: one number', body: filled('"a":', () => '1', '') },
  { name: '64 KiB: white space', body: filled('', () => ' ', '"a":1') },
  {
    name: '950 long numbers',
    body: filled('"a":[1', () => ',-1.2345678901234567890123456789012345678901234567890e-300', ']', 950),
  },
  {
    name: '64 KiB: 490 different keys',
    body: filled('"a":0', (n) => `,"${String(n).padStart(120, 'k')}":${n}`, '', 490),
  },
  {
    name: '64 KiB: 490 sparse indices',
    body: filled('"a":0', (n) => `,"${n * 2_000_003}":"${'x'.repeat(110)}"`, '', 490),
  },
  { name: '320 objects of different shapes', body: filled('"a":[0', (n) => `,{"k${n}":1}`, ']', 320) },
  { name: '950 lists in each other', body: `{"key":"wrong","a":${'['.repeat(950)}${']'.repeat(950)}}` },
  {
    name: '490 objects in each other',
    body: `{"key":"wrong","a":${Array.from({ length: 490 }, (_, n) => `{"k${n}":`).join('')}1${'}'.repeat(491)}`,
  },
  { name: '64 KiB: nothing but brackets', body: '['.repeat(LIMIT) },
  { name: '64 KiB: no JSON at the very end', body: `${filled('"a":"', () => 'x', '"').slice(0, -1)}!` },
  {
    name: '5 MiB in chunks: one text',
    headers: CHUNKED,
    body: `{"key":"${'x'.repeat(FLOOD)}"}`,
    requests: 200,
  },
  { name: '5 MiB in chunks: white space', headers: CHUNKED, body: ' '.repeat(FLOOD), requests: 200 },
];

/** What requests cost that must cost nothing: the worst that fit into what the endpoint reads. */
export function benchPush(): void {
  for (const { name, status, medianUs, p99Us } of measurePush()) {
    figure(`push, ${name}: ${status}, median`, medianUs, 'µs');
    figure(`push, ${name}: ${status}, p99`, p99Us, 'µs');
  }
}

/** Measures the endpoint alone: what FXServer does with a request before and after is its own. */
function measurePush(): PushFigures[] {
  return KINDS.map(measure);
}

function measure({
  name,
  body,
  path = '/events',
  headers,
  isFlood = false,
  requests = REQUESTS,
}: Kind): PushFigures {
  let elapsed = 0;
  const clock: Clock = {
    now: () => elapsed,
    elapsed: () => elapsed,
    after(ms, callback) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    pause: () => Promise.resolve(),
  };
  const log = createLog(
    'info',
    () => undefined,
    (line) => line,
  );
  const key = new Secret('the-key-of-the-community');
  const handle = createPushEndpoint({ key: () => key, receive: () => 'taken', clock, log });
  const length = new Map([['content-length', String(body === undefined ? 10 : Buffer.byteLength(body))]]);
  const bytes = body === undefined ? undefined : Buffer.from(body);
  const samples: number[] = [];
  let status = 0;
  for (let count = 0; count < WARM_UP + requests; count++) {
    // Within every limit, except in a flood.
    if (!isFlood) elapsed += 1_000;
    // Every body is a text of its own, as if it had just come.
    const text = bytes?.toString();
    let onBody = (_: string) => {};
    const cpu = process.cpuUsage();
    const begin = performance.now();
    handle({
      method: 'POST',
      path,
      address: `10.0.${(count >> 8) & 255}.${count & 255}:40000`,
      headers: headers ?? length,
      onBody(callback) {
        onBody = callback;
      },
      onCancel() {},
      answer(given) {
        status = given;
      },
    });
    if (text !== undefined) onBody(text);
    const us = (performance.now() - begin) * 1_000;
    const { user, system } = process.cpuUsage(cpu);
    // Never more than the processor did: other processes' turns are not ours.
    if (count >= WARM_UP) samples.push(Math.min(us, user + system));
  }
  return {
    name,
    status,
    medianUs: quantile(samples, 0.5),
    p99Us: quantile(samples, 0.99),
    worstUs: Math.max(...samples),
  };
}
