import { request } from 'node:http';
import { createConnection, type Socket } from 'node:net';
import { until } from '../../devserver/clock.ts';
import { CAD_KEY, CMS_KEY, type World } from './world.ts';

/** What the tests of the server's HTTP port have in common. Every answer is checked for keys. */

/** Where the resource takes push events. */
export const EVENTS = '/cmsban/events';

/** A request as a test means it, odd or not. */
export interface Knock {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with its length, unless `headers` have another one or say that it is chunked. Undefined: none. */
  readonly body?: string | Uint8Array | undefined;
  /** The loopback address that it comes from. */
  readonly from?: string;
}

/** What came back. */
export interface PortAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Where a resource of the game server is reached. */
export function portUrl({ fx }: World, path = EVENTS): string {
  return `http://127.0.0.1:${fx.port}${path}`;
}

/** Sends one request over a connection of its own, and waits for the answer. */
export function send(world: World, knock: Knock): Promise<PortAnswer> {
  const { method = 'POST', path = EVENTS, body, from = '127.0.0.1' } = knock;
  const isChunked = knock.headers?.['transfer-encoding'] !== undefined;
  const length = body === undefined || isChunked ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const headers = { connection: 'close', ...length, ...knock.headers };
    const { port } = world.fx;
    const outgoing = request(
      { host: '127.0.0.1', port, localAddress: from, method, path, headers, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (piece: string) => {
          text += piece;
        });
        response.on('error', reject);
        response.on('end', () => {
          const answer = { status: response.statusCode ?? 0, headers: response.headers, text };
          withoutKey(JSON.stringify(answer));
          resolve(answer);
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Sends the vendor's body. @param more what differs from the plain request. */
export function push(world: World, type: unknown, data: unknown, more: Knock = {}): Promise<PortAnswer> {
  return send(world, { body: JSON.stringify({ key: CMS_KEY, type, data }), ...more });
}

/** A connection on which a test writes what it likes, byte for byte. */
export interface RawConnection {
  readonly socket: Socket;
  /** Everything that has come back so far. */
  readonly received: string;
  readonly isClosed: boolean;
  /** The status lines that have come back so far. */
  readonly statuses: readonly number[];
  /** Waits, in real time, for so many answers. */
  answers(count: number): Promise<readonly number[]>;
}

/** Opens one, to be destroyed by whoever opens it, or closed with the server. */
export async function connectTo(world: World, from = '127.0.0.1'): Promise<RawConnection> {
  const socket = createConnection({ host: '127.0.0.1', port: world.fx.port, localAddress: from });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  // What is written in two pieces does not wait for the first to be acknowledged.
  socket.setNoDelay(true);
  let received = '';
  let statuses: readonly number[] = [];
  let isClosed = false;
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    received += text;
    withoutKey(received);
    statuses = [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
  });
  return {
    socket,
    get received() {
      return received;
    },
    get isClosed() {
      return isClosed;
    },
    get statuses() {
      return statuses;
    },
    answers: (count) => until(() => statuses.length >= count && statuses, `${count} answers`),
  };
}

function withoutKey(text: string): void {
  for (const key of [CMS_KEY, CAD_KEY]) if (text.includes(key)) throw new Error('an answer shows a key');
}
