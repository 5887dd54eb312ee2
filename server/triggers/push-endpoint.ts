import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import { isObject, parseJson } from '../text/json.ts';
import type { Secret } from '../text/secret.ts';
import { Callers } from './callers.ts';
import type { PushVerdict } from './push-events.ts';

/** Under the resource's own name: `POST http://server:port/cmsban/events`. */
const PATH = '/events';
/** Largest body, in bytes. FXServer itself sets no bound. */
const MAX_BODY_BYTES = 64 * 1024;
/** Most brackets, commas and colons in a body: what takes JSON.parse time is not its length. A push event has about fifty. */
const MAX_MARKS = 1_000;
/** How long a body may take, in milliseconds. FXServer itself waits for ever. */
const BODY_MS = 10_000;
/** Longest key that is looked at, in characters. */
const MAX_KEY = 1_024;

/** One request to the server's HTTP port, for this resource. */
export interface PortRequest {
  readonly method: string;
  /** After the resource's name, with the query. */
  readonly path: string;
  /** `address:port` of the caller. */
  readonly address: string;
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Calls back with the whole body, once it is there. */
  onBody(callback: (body: string) => void): void;
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
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Takes push events from the open internet. Every request is answered, cheaply, and without a word or a
 * moment that would depend on the key: an answer before the comparison does not know it, and the
 * comparison takes as long for one as for another.
 */
export function createPushEndpoint(options: PushEndpointOptions): (request: PortRequest) => void {
  const { clock, log } = options;
  const callers = new Callers(clock, (line) => log.warn(line));

  function reply(request: PortRequest, { status, text, headers }: Answer): void {
    if (status !== TAKEN.status) callers.noteRefusal(request.address, `${status} ${text}`);
    request.answer(status, text, headers);
  }

  /** What is wrong before the body has come; undefined when nothing is. */
  function checkHead({ address, path, method, headers }: PortRequest): Answer | undefined {
    if (!callers.admit(address)) return TOO_MANY;
    if (path.split('?', 1)[0] !== PATH) return NOT_FOUND;
    if (method !== 'POST') return WRONG_METHOD;
    const length = headers.get('content-length');
    if (length === undefined) return headers.has('transfer-encoding') ? undefined : NO_BODY;
    if (Number(length) === 0) return NO_BODY;
    return Number(length) > MAX_BODY_BYTES ? TOO_LARGE : undefined;
  }

  function take(address: string, body: string): Answer {
    // In characters first: whoever sends megabytes is not to make us count them.
    if (body.length > MAX_BODY_BYTES || Buffer.byteLength(body) > MAX_BODY_BYTES) return TOO_LARGE;
    if (body.trim() === '') return NO_BODY;
    const json = parseObject(body);
    if (!json) return NOT_JSON;
    if (!isSame(json['key'], options.key())) return WRONG_KEY;
    callers.trust(address);
    return VERDICTS[options.receive(json)];
  }

  function waitForBody(request: PortRequest): void {
    const { address } = request;
    let isOver = false;
    /** @returns whether it was not over before. */
    const end = () => {
      if (isOver) return false;
      isOver = true;
      cancelTimer();
      callers.closed(address);
      return true;
    };
    const cancelTimer = clock.after(BODY_MS, () => {
      if (end()) reply(request, TOO_SLOW);
    });
    callers.opened(address);
    request.onCancel(end);
    request.onBody((body) => {
      if (!end()) return;
      try {
        reply(request, take(address, body));
      } catch (error) {
        log.bug('the push endpoint', error);
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

/** What a caller is told. Nothing of it depends on the key but whether it is right. */
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
