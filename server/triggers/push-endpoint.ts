import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Log } from '../notify/log.ts';
import { isObject, parseJson } from '../text/json.ts';
import type { Say } from '../text/locale.ts';
import type { Secret } from '../text/secret.ts';
import type { PushVerdict } from './account-event.ts';
import type { CallerOf } from './caller-address.ts';
import { Callers } from './callers.ts';

/** Under the resource's own name: `POST http://server:port/cmsban/events`. */
const PATH = '/events';
/** Largest body, in bytes. FXServer itself hangs up at 5 MiB. */
const MAX_BODY_BYTES = 64 * 1024;
/**
 * A body of no more bytes is read whoever sends it, and however many come: with everything it costs 50 to 85 µs, and a
 * refusal 25, which FXServer spends before and after us (bench/README.md). For that little no limit is worth it that one
 * caller could use up for another: nobody can shut out Sonoran, whose events are smaller, also where all callers
 * share the address of one proxy.
 */
const SMALL_BODY_BYTES = 16 * 1024;
/** Most brackets, commas and colons in a body: what takes JSON.parse time is not its length. A push event has about fifty. */
const MAX_MARKS = 1_000;
/** How long a body may take, in milliseconds. FXServer itself waits for ever. */
const BODY_MS = 10_000;
/** How many requests may wait for their body; one more, and the oldest is given up. Sonoran's come in one piece. */
const MOST_WAITING = 1_024;
/** Longest key that is looked at, in characters. */
const MAX_KEY = 1_024;

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** One request to the server's HTTP port, for this resource. */
export interface PortRequest {
  readonly method: string;
  /** After the resource's name, with the query. */
  readonly path: string;
  /** `address:port` of the caller. */
  readonly address: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Calls back with the whole body, once it is there. Of a request that is refused it is never asked for. */
  onBody(callback: (body: Uint8Array) => void): void;
  /** Calls back when the caller has gone away. */
  onCancel(callback: () => void): void;
  /** Answers; only the first answer counts. */
  answer(status: number, text: string, headers?: Readonly<Record<string, string>>): void;
}

/** What the endpoint is made of. */
export interface PushEndpointOptions {
  /** The CMS key as it is now. */
  readonly key: () => Secret;
  readonly receive: (body: unknown) => PushVerdict;
  readonly callerOf: CallerOf;
  readonly clock: Clock;
  readonly log: Log;
  readonly say: Say;
}

/**
 * Takes push events from the open internet. Every request is answered, cheaply, and without a word or a
 * moment that would depend on the key: an answer before the comparison does not know it, and the
 * comparison takes as long for one as for another.
 */
export function createPushEndpoint(options: PushEndpointOptions): (request: PortRequest) => void {
  const { callerOf, clock, log, say } = options;
  const callers = new Callers(clock, (line) => log.warn(line), say);
  /** What gives up each request that waits for its body, the oldest first. */
  const waiting = new Set<() => void>();

  function reply(request: PortRequest, { status, text, headers }: Answer): void {
    if (status !== TAKEN.status) callers.noteRefusal(callerOf(request), `${status} ${text}`);
    request.answer(status, text, headers);
  }

  /** What is wrong before the body has come; undefined when nothing is. */
  function checkHead(request: PortRequest): Answer | undefined {
    if (request.path.split('?', 1)[0] !== PATH) return NOT_FOUND;
    if (request.method !== 'POST') return WRONG_METHOD;
    const length = request.headers.get('content-length') ?? '';
    // FXServer reads what is no number as none, and then takes in chunks what has no end.
    if (!/^\d+$/.test(length)) return NO_LENGTH;
    const bytes = Number(length);
    if (bytes === 0) return NO_BODY;
    if (bytes > MAX_BODY_BYTES) return TOO_LARGE;
    return bytes <= SMALL_BODY_BYTES || callers.admitLarge(callerOf(request)) ? undefined : TOO_MANY;
  }

  function take(request: PortRequest, bytes: Uint8Array): Answer {
    if (bytes.length > MAX_BODY_BYTES) return TOO_LARGE;
    const body = utf8.decode(bytes);
    if (body.trim() === '') return NO_BODY;
    const json = parseObject(body);
    if (!json) return NOT_JSON;
    if (!isSame(json['key'], options.key())) return WRONG_KEY;
    callers.trust(callerOf(request));
    return VERDICTS[options.receive(json)];
  }

  function waitForBody(request: PortRequest): void {
    /** @returns whether it was not over before. */
    const end = () => {
      cancelTimer();
      return waiting.delete(giveUp);
    };
    const giveUp = () => {
      if (end()) reply(request, TOO_SLOW);
    };
    const cancelTimer = clock.after(BODY_MS, giveUp);
    waiting.add(giveUp);
    const [oldest] = waiting;
    if (waiting.size > MOST_WAITING) oldest?.();
    request.onCancel(end);
    request.onBody((body) => {
      if (!end()) return;
      try {
        reply(request, take(request, body));
      } catch (error) {
        log.bug('push-endpoint', error);
        reply(request, FAULT);
      }
    });
  }

  return (request) => {
    const refusal = checkHead(request);
    if (refusal) reply(request, refusal);
    else waitForBody(request);
  };
}

/** What a caller is told: a program, so in English. Nothing of it depends on the key but whether it is right. */
interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const TAKEN: Answer = { status: 200, text: 'ok' };
const NO_BODY: Answer = { status: 400, text: 'no body' };
const NOT_JSON: Answer = { status: 400, text: 'not a JSON object' };
const WRONG_KEY: Answer = { status: 401, text: 'wrong key' };
const NOT_FOUND: Answer = { status: 404, text: 'not found' };
const WRONG_METHOD: Answer = { status: 405, text: 'POST only', headers: { Allow: 'POST' } };
const TOO_SLOW: Answer = { status: 408, text: 'the body did not come' };
const NO_LENGTH: Answer = { status: 411, text: 'Content-Length is needed' };
const TOO_LARGE: Answer = { status: 413, text: 'too large' };
const TOO_MANY: Answer = { status: 429, text: 'too many requests', headers: { 'Retry-After': '1' } };
const FAULT: Answer = { status: 500, text: 'internal error' };

const VERDICTS: Readonly<Record<PushVerdict, Answer>> = {
  taken: TAKEN,
  'unknown-type': { status: 400, text: 'unknown type' },
  malformed: { status: 400, text: 'the data names no account' },
};

/** @returns undefined for anything that is not a JSON object, or that is more than an event could be. */
function parseObject(body: string): Readonly<Record<string, unknown>> | undefined {
  if (marksIn(body) > MAX_MARKS) return undefined;
  const json = parseJson(body);
  return isObject(json) ? json : undefined;
}

function marksIn(body: string): number {
  let marks = 0;
  for (let index = 0; index < body.length; index++) {
    const code = body.charCodeAt(index);
    if (code === COMMA || code === COLON || code === BRACKET || code === BRACE) marks++;
  }
  return marks;
}

const COMMA = 0x2c;
const COLON = 0x3a;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** Compares in a time that depends on the given text's length alone. */
function isSame(given: unknown, key: Secret): boolean {
  const text = typeof given === 'string' && given.length <= MAX_KEY ? given : '';
  const digest = (value: string) => createHash('sha256').update(value).digest();
  // Both are always made and compared.
  return timingSafeEqual(digest(text), digest(key.reveal())) && text !== '';
}
