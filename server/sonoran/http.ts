import { Agent, type Dispatcher } from 'undici';
import type { Say } from '../text/locale.ts';
import { withDeadline } from './deadline.ts';
import type { LimitClass } from './limits.ts';

/** One HTTP call, as the API clients phrase it. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Scheme, host and port. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** The bearer token of the v2 APIs; v1 carries its key in the body. */
  readonly bearer?: string;
  /** Who asks, for those who want to know. */
  readonly userAgent?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The class whose limit the call has yet to pass. Without it, whoever calls has a permit already. */
  readonly limit?: LimitClass;
  /** Nobody waits for it: it goes after those that somebody waits for, however long that takes. */
  readonly isBackground?: boolean;
  /** A step of a ban, kick or lift: it takes its turn among those that somebody waits for, however long that takes. */
  readonly isDelivery?: boolean;
  /** Asked in the turn in which it is handed to the network: false ends it there. */
  readonly mayBegin?: () => boolean;
}

/** What came back, if anything did. */
export type HttpAnswer =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly contentType: string;
      /** At most {@link MAX_BODY} bytes of it. */
      readonly body: string;
      /** The `Retry-After` header, as it came. */
      readonly retryAfter: string | undefined;
      /** Discord's `X-RateLimit-Remaining` and `X-RateLimit-Reset-After`, as they came; absent when they did not. */
      readonly rateLimit?: { readonly remaining: string; readonly resetAfter: string };
    }
  | {
      readonly kind: 'no-answer';
      /** In words a moderator can read, for example `could not connect (ECONNREFUSED)`. */
      readonly detail: string;
      /** False only when the request surely never reached the other side. */
      readonly sent: boolean;
    };

/** Sends a request. Never rejects. */
export type Http = (request: HttpRequest) => Promise<HttpAnswer>;

/** Bodies are cut off here, in bytes: nothing that Sonoran answers comes near it. */
export const MAX_BODY = 1024 * 1024;

/** What `mayBegin` has ended, before anything of it was sent. */
class NotBegun extends Error {
  readonly code = 'NOT_BEGUN';
}

/** More than deliveries run at once, so that a look-up need not wait for one of them. */
const CONNECTIONS_PER_HOST = 8;

/** Error codes of a connection that was never made, so nothing can have been sent over it. */
const NEVER_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  // The request cannot be phrased at all.
  'UND_ERR_INVALID_ARG',
]);

/** The same for TLS: certificates that are not believed, and handshakes that fail. */
const NO_TLS = /^(CERT_|ERR_TLS_|ERR_SSL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * An HTTP client with one pool of kept-alive connections per host.
 *
 * @param timeoutMs how long a call may take in all: connecting, waiting and reading.
 * @param redact takes secrets out of what comes back: a proxy that repeats a request must not make us repeat it.
 * @param say says why nothing came back.
 */
export function createHttp(
  timeoutMs: number,
  redact: (text: string) => string,
  say: Say,
): { readonly http: Http; close(): Promise<void> } {
  const agent = new Agent({
    connections: CONNECTIONS_PER_HOST,
    // These free the socket; the deadline below answers the caller. They run on timers that re-arm
    // themselves, which FXServer's global ones cannot: see the `inject` in build.mjs.
    // Shorter than the whole: that nothing was sent is worth knowing.
    connect: { timeout: timeoutMs / 2 },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  });

  const http: Http = async ({ method, origin, path, bearer, userAgent, body, mayBegin }) => {
    try {
      return await withDeadline(timeoutMs, async (signal) => {
        const response = await (mayBegin ? agent.compose(asking(mayBegin)) : agent).request({
          origin,
          path,
          method,
          signal,
          headers: {
            accept: 'application/json',
            ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
            ...(userAgent === undefined ? {} : { 'user-agent': userAgent }),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const remaining = headerOf(response.headers, 'x-ratelimit-remaining');
        const resetAfter = headerOf(response.headers, 'x-ratelimit-reset-after');
        return {
          kind: 'answer',
          status: response.statusCode,
          contentType: headerOf(response.headers, 'content-type') ?? '',
          retryAfter: headerOf(response.headers, 'retry-after'),
          ...(remaining === undefined || resetAfter === undefined
            ? {}
            : { rateLimit: { remaining, resetAfter } }),
          body: redact(await readBody(response.body)),
        };
      });
    } catch (error) {
      if (error instanceof NotBegun)
        return { kind: 'no-answer', detail: say('cluster.noLease'), sent: false };
      return noAnswer(error, timeoutMs, say);
    }
  };

  return { http, close: () => agent.destroy() };
}

/**
 * Between a call of ours and its bytes on a socket lies any number of turns: a connection is made first, or all are in
 * use. undici asks here in the turn in which it writes them.
 */
function asking(mayBegin: () => boolean): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) =>
    dispatch(
      options,
      new Proxy(handler, {
        get(target, name) {
          const value: unknown = Reflect.get(target, name);
          if (typeof value !== 'function') return value;
          if (name !== 'onRequestStart') return value.bind(target);
          return (controller: Dispatcher.DispatchController, context: unknown) =>
            mayBegin()
              ? Reflect.apply(value, target, [controller, context])
              : controller.abort(new NotBegun());
        },
      }),
    );
}

function headerOf(headers: Readonly<Record<string, string | string[] | undefined>>, name: string) {
  const value = headers[name];
  return typeof value === 'string' ? value : value?.[0];
}

async function readBody(body: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    pieces.push(piece.subarray(0, MAX_BODY - size));
    size += piece.length;
    // Leaving the loop destroys the stream, and with it the connection.
    if (size >= MAX_BODY) break;
  }
  // A decoder, unlike a buffer, leaves the byte order mark out.
  return new TextDecoder().decode(Buffer.concat(pieces));
}

function noAnswer(error: unknown, timeoutMs: number, say: Say): HttpAnswer {
  const code = errorCode(error);
  if (code === 'DEADLINE' || code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT') {
    return { kind: 'no-answer', detail: say('http.timeout', { seconds: timeoutMs / 1000 }), sent: true };
  }
  if (NEVER_CONNECTED.has(code) || NO_TLS.test(code)) {
    return { kind: 'no-answer', detail: say('http.unreachable', { code }), sent: false };
  }
  return { kind: 'no-answer', detail: say('http.broken', { code }), sent: true };
}

function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // Several addresses of one host were tried: the first failure speaks for all.
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0]);
  if ('cause' in error) return errorCode(error.cause);
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown';
}
